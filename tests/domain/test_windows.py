"""Windows: the gather against a loop, the leak rule, and what may be trained on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from dp_assets.domain import windows
from dp_assets.domain.encoders import fit_encoders
from dp_assets.domain.panel import Panel
from dp_assets.domain.windows import (
    MIN_OBSERVED,
    WindowIndex,
    forecastable,
    gather,
    targets,
    training_windows,
    windows_at,
)
from tests.domain.engine_inputs import MULTI, SINGLE, engine_panel
from tests.factories import make_config

CONFIG = make_config(attributes={**SINGLE, **MULTI})


def gathered(panel: Panel, index: WindowIndex, lookback: int = 8) -> dict[str, np.ndarray]:
    encoders = fit_encoders(panel, CONFIG)
    return gather(panel, encoders.scale(panel), encoders.codes(panel.series), index.rows, index.origins, lookback)


def slow_gather(panel: Panel, row: int, origin: int, lookback: int) -> dict[str, np.ndarray]:
    """One window, bucket by bucket."""
    encoders = fit_encoders(panel, CONFIG)
    scaled, codes = encoders.scale(panel), encoders.codes(panel.series)
    names = ("quantity", "observed", "past", "known", "calendar")
    found: dict[str, list[np.ndarray]] = {name: [] for name in (*names, "known_ahead", "calendar_ahead", "season")}
    for bucket in range(origin - lookback, origin):
        inside = bucket >= 0
        at = max(bucket, 0)
        observed = panel.observed[row, at] * inside
        found["quantity"].append(panel.capped[row, at] * observed)
        found["observed"].append(observed)
        found["past"].append(scaled.past[row, at] * inside)
        found["known"].append(scaled.known[row, at] * inside)
        found["calendar"].append(scaled.calendar[at] * inside)
    for bucket in range(origin, origin + panel.horizon):
        found["known_ahead"].append(scaled.known[row, bucket])
        found["calendar_ahead"].append(scaled.calendar[bucket])
        around = [bucket - 52 // panel.bucket_weeks + shift for shift in (-1, 0, 1)]
        seen = [b for b in around if max(0, origin - lookback) <= b < origin and panel.observed[row, b]]
        mean = np.mean([panel.capped[row, b] for b in seen]) if seen else 0.0
        found["season"].append(np.array([mean, float(bool(seen))]))
    result = {name: np.array(values, dtype=np.float32) for name, values in found.items()}
    return {
        **result,
        "age": np.float32(max(origin - panel.first[row], 0)),
        "single": codes.single[row],
        "multi": codes.multi[row],
        "peers": panel.past[row, origin - 1, [panel.past_names.index(name) for name in encoders.peers]],
    }


@pytest.mark.parametrize(("bucket_weeks", "lookback"), [(1, 8), (1, 60), (4, 20), (2, 5)])
def test_gathered_windows_are_those_of_a_loop(bucket_weeks: int, lookback: int) -> None:
    panel = engine_panel(history=40, series=7, bucket_weeks=bucket_weeks)
    rng = np.random.default_rng(5)
    index = WindowIndex(rng.integers(0, 7, 30), rng.integers(1, 41, 30))
    fast = gathered(panel, index, lookback)
    for number, (row, origin) in enumerate(zip(index.rows.tolist(), index.origins.tolist(), strict=True)):
        slow = slow_gather(panel, row, origin, lookback)
        assert set(slow) == set(fast)
        for name, values in slow.items():
            np.testing.assert_allclose(fast[name][number], values, rtol=1e-5, atol=1e-6, err_msg=name)


def test_nothing_at_or_after_an_origin_is_read_but_what_is_known_ahead() -> None:
    panel = engine_panel(history=30)
    origin = 20
    rng = np.random.default_rng(9)
    noisy = {name: np.array(getattr(panel, name)) for name in ("quantity", "capped", "observed", "price", "past")}
    for array in noisy.values():
        array[:, origin:] = rng.normal(size=array[:, origin:].shape)
    changed = dataclasses.replace(panel, **noisy)
    encoders = fit_encoders(panel, CONFIG)
    index = windows_at(np.arange(len(panel)), origin)
    codes = encoders.codes(panel.series)
    before, after = (gather(one, encoders.scale(one), codes, index.rows, index.origins, 8) for one in (panel, changed))
    for name, values in before.items():
        assert values.tobytes() == after[name].tobytes(), name


def test_training_windows_have_enough_history_and_all_targets_before_the_end() -> None:
    panel = engine_panel(history=30, horizon=3)
    rows = np.array([2, 5, 11])
    index = training_windows(panel, rows, end=25)
    found = set(zip(index.rows.tolist(), index.origins.tolist(), strict=True))
    expected = {
        (row, origin)
        for row in rows.tolist()
        for origin in range(1, 31)
        if origin + 3 <= 25 and panel.observed[row, :origin].sum() >= MIN_OBSERVED
    }
    assert found == expected
    assert len(index) == len(found)


def test_targets_beyond_the_history_are_masked() -> None:
    panel = engine_panel(history=30, horizon=3)
    actual, mask = targets(panel, windows_at(np.arange(3), 29), capped=False)
    assert mask[:, 0].tolist() == panel.observed[:3, 29].tolist()
    assert mask[:, 1:].sum() == 0
    np.testing.assert_array_equal(actual[:, 0], panel.quantity[:3, 29])


def test_a_panel_cut_to_its_lookback_gives_the_same_windows() -> None:
    panel = engine_panel(history=70, series=5)
    encoders, lookback = fit_encoders(panel, CONFIG), 56
    skip = panel.history - lookback
    tail = dataclasses.replace(
        panel,
        starts=panel.starts[skip:],
        calendar=panel.calendar[skip:],
        first=(panel.first - skip).astype(np.int32),
        **{
            name: getattr(panel, name)[:, skip:]
            for name in ("quantity", "capped", "observed", "price", "past", "known")
        },
    )
    rows = np.arange(5)
    whole, short = (
        gather(one, encoders.scale(one), encoders.codes(one.series), rows, np.full(5, one.history), lookback)
        for one in (panel, tail)
    )
    for name, values in whole.items():
        np.testing.assert_array_equal(values, short[name], err_msg=name)


def test_only_series_with_enough_observed_history_are_forecastable() -> None:
    panel = engine_panel(history=8, series=30)
    assert forecastable(panel).tolist() == (panel.observed.sum(1) >= MIN_OBSERVED).tolist()


@pytest.mark.parametrize("seed", range(3))
def test_spans_copied_as_blocks_are_those_copied_bucket_by_bucket(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for shape in ((5, 30), (5, 30, 3), (1, 30, 2), (5, 6, 2)):
        array = rng.random(shape, dtype=np.float32)
        rows = rng.integers(0, shape[0], 40)
        stops = rng.integers(1, shape[1] + 5, 40)  # some begin before the first bucket, some end beyond the last
        for chosen in (np.arange(40), np.flatnonzero((stops >= 8) & (stops <= shape[1])), np.flatnonzero(stops < 8)):
            found = windows._before(array, rows[chosen], stops[chosen], 8)
            twin = windows._one_by_one(array, rows[chosen], stops[chosen] - 8, 8)
            assert found.tobytes() == twin.tobytes()
