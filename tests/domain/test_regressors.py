"""regressors: which values a bucket has, for whom, and how far ahead they may be used."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.encoders import fit_encoders
from dp_assets.domain.features import build_features
from dp_assets.domain.outline import Plans
from dp_assets.domain.panel import FloatArray
from dp_assets.domain.regressors import known_regressors, of_series, regressor_channels, unused_regressors
from dp_assets.domain.windows import gather
from tests.domain.feature_inputs import attributes, moment, random_contributions, random_regressors, regressors, value
from tests.factories import MONDAY, make_config

SKUS = pl.Series(["a", "b", "c"])
SERIES = pl.DataFrame(
    {"series_id": SKUS, "sku": SKUS, "region": ["north", "north", None], "labels": [["x", "y"], ["y"], None]}
)
HISTORY, LEADS = 6, 3
STARTS = np.array([MONDAY + timedelta(weeks=week) for week in range(HISTORY + LEADS)], dtype="datetime64[D]")


def day(offset: int) -> date:
    return MONDAY + timedelta(days=offset)


def configured(**settings_of: dict[str, Any]) -> DemandConfig:
    return make_config(horizon_weeks=LEADS, regressors=settings_of)


def channel(lines: list[dict[str, Any]], **settings_of: Any) -> FloatArray:
    """(S, B) channel of the regressor `temperature`."""
    config = configured(temperature=settings_of)
    return regressor_channels(of_series(regressors(lines), SERIES), SKUS, STARTS, HISTORY, config)[0][:, :, 0]


def test_a_value_counts_for_the_bucket_of_its_day_and_stays_until_the_next_one() -> None:
    lines = [value("temperature", day(7), 4), value("temperature", day(22), 6)]
    assert channel(lines)[0].tolist() == [0, 4, 4, 6, 6, 6, 6, 6, 6]


def test_a_bucket_without_a_value_counts_as_zero_where_that_is_configured() -> None:
    lines = [value("temperature", day(7), 4), value("temperature", day(36), 6)]
    assert channel(lines, missing="zero")[0].tolist() == [0, 4, 0, 0, 0, 6, 6, 6, 6]


def test_a_value_from_before_the_panel_is_the_first_one_carried_on() -> None:
    lines = [value("temperature", day(-30), 9), value("temperature", day(-3), 2)]
    assert channel(lines)[0].tolist() == [2] * 9


@pytest.mark.parametrize(
    ("aggregate", "expected"), [("mean", 3), ("sum", 9), ("min", 1), ("max", 6), ("last", 2), (None, 3)]
)
def test_several_values_of_a_bucket_become_one_as_configured(aggregate: str | None, expected: float) -> None:
    lines = [value("temperature", day(1), 1), value("temperature", day(3), 6), value("temperature", day(5), 2)]
    assert channel(lines, **({"aggregate": aggregate} if aggregate else {}))[0, 0] == expected


def test_a_sku_s_own_value_goes_before_the_one_for_all() -> None:
    lines = [
        value("temperature", day(0), 5),
        value("temperature", day(14), 7),
        value("temperature", day(7), 1, sku="b"),
    ]
    found = channel(lines)
    assert found[0, :4].tolist() == [5, 5, 7, 7]
    assert found[1, :4].tolist() == [5, 1, 7, 7]


def test_a_value_of_a_group_is_that_of_its_skus_between_their_own_and_the_one_for_all() -> None:
    lines = [
        value("temperature", day(0), 5),
        value("temperature", day(7), 8, level="region", member="north"),
        value("temperature", day(7), 1, sku="b"),
        value("temperature", day(14), 9, level="region", member="south"),
    ]
    found = channel(lines)
    assert found[0, :3].tolist() == [5, 8, 8]
    assert found[1, :3].tolist() == [5, 1, 1]
    assert found[2, :3].tolist() == [5, 5, 5]


def test_a_value_of_a_sku_in_a_group_goes_before_the_sku_s_own() -> None:
    lines = [
        value("temperature", day(0), 1, sku="a"),
        value("temperature", day(0), 5, sku="a", level="region", member="north"),
        value("temperature", day(0), 7, sku="c", level="region", member="north"),
    ]
    assert channel(lines)[:, 0].tolist() == [5, 0, 0]


def test_a_label_makes_a_group_too_and_a_level_that_no_series_has_makes_none() -> None:
    lines = [
        value("temperature", day(0), 4, level="labels", member="y"),
        value("temperature", day(0), 7, level="colour", member="red"),
    ]
    assert channel(lines)[:, 0].tolist() == [4, 4, 0]


def test_relative_values_are_multiples_of_their_own_mean_before_the_cutoff() -> None:
    lines = [
        *(value("price", day(7 * week), 2.0, sku="a") for week in range(HISTORY)),
        value("price", day(7 * HISTORY), 1.0, sku="a"),
        *(value("price", day(7 * week), 90.0 + 20 * (week % 2), sku="b") for week in range(HISTORY)),
    ]
    config = configured(price={"known_ahead_weeks": LEADS, "relative": True})
    values = regressor_channels(of_series(regressors(lines), SERIES), SKUS, STARTS, HISTORY, config)[0][:, :, 0]
    assert values[0].tolist() == [1.0] * HISTORY + [0.5] * LEADS
    assert values[1, :2].tolist() == pytest.approx([0.9, 1.1])
    assert values[2].tolist() == [1.0] * len(STARTS)  # nobody said anything of it


def test_names_are_matched_without_regard_to_case_and_punctuation() -> None:
    config = configured(marketing_spend={})
    lines = regressors([value("Marketing spend", day(0), 5)])
    values, names, _ = regressor_channels(of_series(lines, SERIES), SKUS, STARTS, HISTORY, config)
    assert (names, values[0, 0, 0]) == (("regressor_marketing_spend",), 5)


def test_a_past_only_value_behind_the_cutoff_is_never_used_even_when_it_was_delivered() -> None:
    lines = [value("temperature", day(7 * week), week + 1) for week in range(9)]
    assert channel(lines)[0].tolist() == [1, 2, 3, 4, 5, 6, 6, 6, 6]


def test_a_value_known_two_weeks_ahead_is_used_for_two_leads_and_no_further() -> None:
    lines = [value("temperature", day(7 * week), week + 1) for week in range(9)]
    assert channel(lines, known_ahead_weeks=2)[0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 8]


def test_part_of_a_bucket_known_ahead_is_not_a_bucket_known_ahead() -> None:
    config = make_config(bucket={"weeks": 2}, horizon_weeks=8, regressors={"temperature": {"known_ahead_weeks": 3}})
    starts = np.array([MONDAY + timedelta(weeks=2 * bucket) for bucket in range(8)], dtype="datetime64[D]")
    assert regressor_channels(of_series(regressors([]), SERIES), SKUS, starts, 4, config)[2] == (1,)


def test_of_values_sent_again_the_newest_known_one_speaks() -> None:
    def sent(version: str, week: int, number: float) -> dict[str, Any]:
        return value("temperature", day(0), number, file_version_id=version, known_from=moment(day(7 * week)))

    lines = regressors([sent("1", 0, 4), sent("2", 1, 8)])
    config = configured(temperature={})
    found = [
        regressor_channels(
            of_series(known_regressors(lines, moment(day(7 * week))), SERIES), SKUS, STARTS, HISTORY, config
        )[0][0, 0, 0]
        for week in (0, 1)
    ]
    assert found == [4, 8]


def test_delivered_names_nobody_configured_and_configured_ones_nobody_delivered_are_noted() -> None:
    notes = unused_regressors(regressors([value("humidity", day(0), 1)]), configured(temperature={}))
    assert notes == [
        "regressor humidity is delivered but not configured",
        "regressor temperature has no value known by then",
    ]


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    ahead=st.integers(0, 4),
    origin=st.integers(12, 36),
    missing=st.sampled_from(["previous", "zero"]),
)
def test_no_window_reads_a_value_further_ahead_of_its_origin_than_configured(
    seed: int, ahead: int, origin: int, missing: str
) -> None:
    config = make_config(
        horizon_weeks=3, lookback_weeks=8, regressors={"temperature": {"known_ahead_weeks": ahead, "missing": missing}}
    )
    skus = [f"sku{number:02d}" for number in range(4)]
    buckets = random_contributions(config, series=4, buckets=36, seed=1)
    values = random_regressors(skus, weeks=42, seed=seed)
    limit = MONDAY + timedelta(weeks=origin + ahead)
    other = values.with_columns(
        value=pl.when(pl.col("starts_on") >= limit).then(pl.col("value") + 100).otherwise("value")
    )
    cutoff = MONDAY + timedelta(weeks=36)
    known = attributes(config, skus)

    def inputs(lines: pl.DataFrame) -> dict[str, Any]:
        panel = build_features(buckets, known, Plans(regressors=lines), config, cutoff).panel
        at = origin - 36 + panel.history
        encoders = fit_encoders(panel, config)
        plain = {name: encoders.scalers[name].__class__(0.0, 1.0) for name in encoders.scalers}
        encoders = encoders.__class__(**{**vars(encoders), "scalers": plain})
        rows = np.arange(len(panel))
        return dict(gather(panel, encoders.scale(panel), encoders.codes(panel.series), rows, np.full(len(rows), at), 8))

    before, after = inputs(values), inputs(other)
    for name, array in before.items():
        np.testing.assert_array_equal(array, after[name], err_msg=name)
