"""Promotion uplift: what promotions were planned to add to sales, what they added, and what they did to neighbours.

Belongs here: runs of promoted buckets, their baseline and uplift, cannibals and halos within a category. Does not
belong here: promotions as inputs (`promotions.py`), the models (`feature_contributions.py`).

A run is a stretch of promoted buckets of one series, as long as the horizon at most. Its **baseline** is what the
models forecast from the bucket before it as if nothing were planned; its **planned uplift** is what the plan adds to
that, shared among the kinds of promotion by Shapley values; its **achieved uplift** is what was sold above the
baseline. Uplift may be negative.

Side effects are looked for between series of the same category at the same place: how a series that is not promoted
itself sells, in logarithms against its own recent mean, while another is promoted and while it is not. Student's t
decides, and Benjamini and Hochberg's (1995) procedure keeps the share of false findings below FALSE. It is a comparison
of weeks, not an experiment: hence candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.contracts import PROMOTION_SIDE_EFFECTS, PROMOTION_UPLIFT
from dp_assets.domain.feature_contributions import Cells, Forecast, scaled_zeros, with_drivers
from dp_assets.domain.promotions import PROMO, PROMOTION_CHANNELS, promoted_buckets
from dp_assets.domain.shapley import shapley_values
from dp_assets.domain.windows import MIN_OBSERVED, IndexArray, WindowIndex, Windows

if TYPE_CHECKING:
    from dp_assets.domain.encoders import Encoders
    from dp_assets.domain.panel import Panel

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ORDERS = 8
"""Pairs of orders drawn where a plan has more than five kinds."""
SEED = 20170102
FALSE = 0.1
"""Share of side effects that may be false."""
LEAST_BUCKETS = 3
"""Buckets under the other's promotion, and without it, that are needed to judge."""
RECENT_WEEKS = 8
"""A side effect is against the mean of so many weeks before."""
CAUSES_AT_ONCE = 256
"""Promoted series whose pairs are judged together: what bounds the memory of a large category."""
LEAST_SPREAD = 0.5
"""The variance of a logarithm counts as at least half of what counts of that level have by chance, which is 1 ÷ level:
a series that has sold alike of late is not one that always will."""
CANNIBAL, HALO = "cannibal", "halo"


@dataclass(frozen=True)
class Runs:
    """N runs of promoted buckets: `rows` of the panel, `starts` (bucket indices), `lengths` in buckets."""

    rows: IndexArray
    starts: IndexArray
    lengths: IndexArray

    def __len__(self) -> int:
        return len(self.rows)


def promotion_runs(panel: Panel, rows: IndexArray, since: int) -> Runs:
    """Runs of some series that begin at bucket `since` or later, history and leads, with enough history before them.

    A run that is longer than the horizon is cut into several.
    """
    promoted = promoted_buckets(panel.known[rows], panel.known_names)
    seen = np.pad(np.cumsum(panel.observed[rows], axis=1), ((0, 0), (1, panel.horizon)), mode="edge")
    found: list[tuple[int, int, int]] = []
    for number, row in enumerate(rows.tolist()):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], promoted[number].astype(np.int8), [0]])))
        for begin, end in edges.reshape(-1, 2).tolist():
            for start in range(begin, end, panel.horizon):
                stop = min(start + panel.horizon, end)
                within = start <= panel.history and stop <= start + panel.horizon
                if start >= since and within and seen[number, min(start, panel.history)] >= MIN_OBSERVED:
                    found.append((row, start, stop - start))
    parts = np.array(found, np.int64).reshape(-1, 3)
    return Runs(parts[:, 0], parts[:, 1], parts[:, 2])


def uplift_table(
    panel: Panel, windows: Windows, runs: Runs, encoders: Encoders, lookback: int, forecast: Forecast
) -> pl.DataFrame:
    """The `promotion_uplift` table: a row per run and kind of promotion.

    Args:
        panel, windows, encoders, lookback: as in `feature_contributions.contribution_table`.
        runs: what to judge.
        forecast: the models, over windows in the order of the runs.
    """
    kinds = [number for number, name in enumerate(encoders.known) if name.startswith(PROMOTION_CHANNELS)]
    if not len(runs) or not kinds:
        return PROMOTION_UPLIFT.empty()
    inputs = windows.gather(WindowIndex(runs.rows, runs.starts), lookback)
    unplanned = {
        **inputs,
        "known_ahead": scaled_zeros(inputs["known_ahead"], encoders.known, encoders, PROMOTION_CHANNELS),
    }
    unplanned["known_ahead"][..., _others(encoders, kinds)] = inputs["known_ahead"][..., _others(encoders, kinds)]
    inside = np.arange(panel.horizon) < runs.lengths[:, None]

    def value(switched: frozenset[int]) -> Array:
        cells = [Cells("known_ahead", tuple(kinds[number] for number in sorted(switched)))] if switched else []
        return np.asarray((forecast(with_drivers(inputs, unplanned, cells)) * inside).sum(axis=1))

    planned = shapley_values(len(kinds), value, ORDERS, SEED)  # (kinds, N)
    baseline = value(frozenset())
    buckets = runs.starts[:, None] + np.arange(panel.horizon)
    closed = runs.starts + runs.lengths <= panel.history
    at = np.minimum(buckets, panel.history - 1)
    sold = (panel.quantity[runs.rows[:, None], at] * inside).sum(axis=1).astype(np.float64)
    coverage = _coverage(panel, runs, [encoders.known[number] for number in kinds])
    rows = {
        "series_id": panel.series["series_id"].gather(runs.rows.tolist()),
        "bucket_start": pl.Series(panel.starts[runs.starts].astype("datetime64[ms]")).cast(pl.Date),
        "buckets": runs.lengths,
        "baseline": baseline,
        "planned": planned.sum(axis=0),
        "sold": pl.Series(np.where(closed, sold, np.nan)).fill_nan(None),
        "achieved": pl.Series(np.where(closed, sold - baseline, np.nan)).fill_nan(None),
    }
    frames = [
        pl.DataFrame(
            {
                **rows,
                "kind": [encoders.known[kind].removeprefix(PROMO)] * len(runs),
                "coverage": coverage[number],
                "planned_by_kind": planned[number],
            }
        ).filter(pl.col("coverage") > 0)
        for number, kind in enumerate(kinds)
    ]
    return PROMOTION_UPLIFT.conform(pl.concat(frames))


def _others(encoders: Encoders, kinds: list[int]) -> list[int]:
    return [number for number in range(len(encoders.known)) if number not in kinds]


def _coverage(panel: Panel, runs: Runs, names: list[str]) -> Array:
    """(kinds, N) mean value of each promotion channel over the buckets of each run; 0 where the panel lacks it."""
    found = np.zeros((len(names), len(runs)))
    for number, name in enumerate(names):
        if name in panel.known_names:
            channel = panel.known[:, :, panel.known_names.index(name)]
            for place, (row, start, length) in enumerate(zip(runs.rows, runs.starts, runs.lengths, strict=True)):
                found[number, place] = channel[row, start : start + length].mean()
    return found


# -- neighbours --------------------------------------------------------------------------------------------------------


def side_effects(panel: Panel, category: str, places: Sequence[str] = ()) -> pl.DataFrame:
    """The `promotion_side_effects` table: candidates for cannibals and halos among series of the same category that
    are sold at the same place.

    Args:
        panel: the cycle's panel; its history is read.
        category: attribute or key column whose values are the categories; series without one are left out.
        places: key columns that say where a series is sold, such as store.
    """
    promoted = promoted_buckets(panel.known[:, : panel.history], panel.known_names)
    change, judged = _against_recent(panel, (panel.observed > 0) & ~promoted)
    frames, tests = [PROMOTION_SIDE_EFFECTS.empty()], 0
    groups = panel.series.with_row_index("row").drop_nulls(category).group_by(category, *places, maintain_order=True)
    for (name, *_), members in groups:
        rows = members["row"].to_numpy().astype(np.int64)
        causes = np.flatnonzero(promoted[rows].sum(axis=1) >= LEAST_BUCKETS)
        for start in range(0, len(causes), CAUSES_AT_ONCE):
            some = causes[start : start + CAUSES_AT_ONCE]
            found, judged_pairs = _of_category(panel, str(name), rows, some, promoted, judged, change)
            frames.append(found)
            tests += judged_pairs
    found = pl.concat(frames)
    return PROMOTION_SIDE_EFFECTS.conform(found.filter(_not_false(found["p_value"].to_numpy(), tests)))


def _against_recent(panel: Panel, plain: npt.NDArray[np.bool_]) -> tuple[Array, npt.NDArray[np.bool_]]:
    """(S, T) log of demand over the mean of the plain weeks before, both plus half a unit, and which of them to judge:
    plain ones with at least LEAST_BUCKETS such weeks before them."""
    weeks = max(1, RECENT_WEEKS // panel.bucket_weeks)
    capped = panel.capped.astype(np.float64)
    total = np.pad(np.cumsum(np.where(plain, capped, 0.0), axis=1), ((0, 0), (1, 0)))
    seen = np.pad(np.cumsum(plain, axis=1), ((0, 0), (1, 0)))
    stop = np.arange(panel.history)
    start = np.maximum(stop - weeks, 0)
    behind: IntArray = seen[:, stop] - seen[:, start]
    mean = (total[:, stop] - total[:, start]) / np.maximum(behind, 1)
    return np.log((capped + 0.5) / (mean + 0.5)), plain & (behind >= LEAST_BUCKETS)


def _of_category(
    panel: Panel,
    name: str,
    rows: IndexArray,
    causes: IndexArray,
    promoted: npt.NDArray[np.bool_],
    judged: npt.NDArray[np.bool_],
    change: Array,
) -> tuple[pl.DataFrame, int]:
    """Pairs of some causes (places in `rows`) and any series of their category that may be kept, with their p; and how
    many had enough buckets to be judged."""
    during, weight = promoted[rows[causes]].astype(np.float64), judged[rows].astype(np.float64)
    apart = 1.0 - during
    values = change[rows] * weight

    def moments(when: Array) -> tuple[Array, Array, Array]:
        """Size, mean and squared deviations (causes, rows) of the affected's change in the buckets of the cause."""
        size = when @ weight.T
        mean = when @ values.T / np.maximum(size, 1)
        return size, mean, np.maximum(when @ (values * values).T - size * mean * mean, 0)

    (n, mean, squares), (m, other, other_squares) = moments(during), moments(apart)
    enough = (n >= LEAST_BUCKETS) & (m >= LEAST_BUCKETS) & (causes[:, None] != np.arange(len(rows)))
    at, to = np.nonzero(enough)
    from scipy import stats  # half a second of imports, which only this is in need of

    freedom = (n + m - 2)[enough]
    variance = (squares + other_squares)[enough] / freedom  # of both: a few promoted weeks alone say little about it
    level = (panel.capped[rows] * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1)
    variance = np.maximum(variance, LEAST_SPREAD / (level[to] + 0.5))
    effect = (mean - other)[enough]
    t = effect / np.sqrt(np.maximum(variance * (1 / n[enough] + 1 / m[enough]), 1e-12))
    p_value = 2 * stats.t.sf(np.abs(t), freedom)
    open_ = p_value <= FALSE  # no other is kept, however many there are
    names = panel.series["series_id"].gather(rows.tolist())
    found = pl.DataFrame(
        {
            "promoted": names.gather(causes[at[open_]].tolist()),
            "affected": names.gather(to[open_].tolist()),
            "category": pl.repeat(name, int(open_.sum()), dtype=pl.String, eager=True),
            "kind": np.where(effect[open_] < 0, CANNIBAL, HALO).astype(object),
            "effect": np.expm1(effect[open_]),
            "buckets": n[enough][open_].astype(np.int64),
            "p_value": p_value[open_],
        },
        schema_overrides={"kind": pl.String, "promoted": pl.String, "affected": pl.String},
    )
    return PROMOTION_SIDE_EFFECTS.conform(found), len(p_value)


def _not_false(p: Array, tests: int) -> npt.NDArray[np.bool_]:
    """Which of the lowest p of so many tests to keep so that a share of FALSE of those kept is false at most (Benjamini
    and Hochberg 1995)."""
    order = np.argsort(p, kind="stable")
    below = p[order] <= FALSE * np.arange(1, len(p) + 1) / max(tests, 1)
    kept = np.zeros(len(p), np.bool_)
    if below.any():
        kept[order[: int(np.flatnonzero(below)[-1]) + 1]] = True
    return kept
