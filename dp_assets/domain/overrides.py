"""Overrides of the published forecast.

Belongs here: applying `planner_inputs` to forecasts of series so that sums still agree, and the published table.
Does not belong here: what inputs speak of (`planner_inputs.py`), locks within reconciliation (`locks.py`).

An input sets one node (or series) in one bucket. It changes the series below it and nothing else: those not yet fixed
are scaled until the node's sum is the planner's number, in proportion or by the split that came with it
(`split_keys.py`); nodes above follow, because they are sums. Inputs are applied from the lowest level up, so that the
more specific one wins: a locked category stays as it is when its department is locked, and the rest of the department
takes the difference. Where nothing is left to take it, the higher input cannot be kept; it is left out and named among
the conflicts. But a lock never yields to a mere override: then it is the overrides below the lock that are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import published_forecasts
from dp_assets.domain.hierarchy import SERIES, Hierarchy, Matrix
from dp_assets.domain.panel import Panel
from dp_assets.domain.planner_inputs import Target, find_targets, named
from dp_assets.domain.rollups import last_year
from dp_assets.domain.split_keys import FORECAST, HISTORY, key_weights, split

TOLERANCE = 1e-9
"""Relative difference up to which two sums are the same number."""


@dataclass(frozen=True)
class Applied:
    """Forecasts after inputs.

    Attributes:
        values: (S, M) forecasts of the series.
        source: (S, M) row of the input that fixed each number, −1 where none did.
        nodes: per hierarchy (A, M) whether the node's own input holds.
        series: (S, M) whether the series' own input holds.
        conflicts: inputs that cannot be kept beside more specific ones, one sentence each.
        unmatched: inputs for nodes that the cycle does not forecast, one sentence each.
    """

    values: Matrix
    source: npt.NDArray[np.intp]
    nodes: tuple[npt.NDArray[np.bool_], ...]
    series: npt.NDArray[np.bool_]
    conflicts: tuple[str, ...]
    unmatched: tuple[str, ...]


def apply_inputs(
    values: Matrix,
    inputs: pl.DataFrame,
    hierarchies: Sequence[Hierarchy],
    starts: Sequence[date],
    weights: Mapping[str, Matrix] | None = None,
) -> Applied:
    """Makes forecasts keep planners' numbers; sums above and below agree by construction.

    Args:
        values: (S, M) forecasts, never negative, in the order of the hierarchies' series.
        inputs: `planner_inputs` rows; buckets outside `starts` are for other cycles and are passed over.
        hierarchies: over the same series.
        starts: M bucket starts.
        weights: split → (S,) weights of the series, NaN for one it does not name; an input whose split is not among
            them is shared in proportion to the forecast.
    """
    targets, unmatched = find_targets(inputs, hierarchies, starts)
    yielded: list[str] = []
    while True:
        applied, broken = _attempt(values, targets, inputs, hierarchies, weights or {})
        locks = [target for target in broken if target.locked]
        weaker = [target for target in targets if not target.locked and any(target.meets(lock) for lock in locks)]
        if not weaker:
            return replace(applied, conflicts=(*yielded, *applied.conflicts), unmatched=tuple(unmatched))
        yielded += [
            f"{named(inputs, target)} cannot be kept: a lock above it needs the difference" for target in weaker
        ]
        targets = [target for target in targets if target not in weaker]


def _attempt(
    values: Matrix,
    targets: Sequence[Target],
    inputs: pl.DataFrame,
    hierarchies: Sequence[Hierarchy],
    weights: Mapping[str, Matrix],
) -> tuple[Applied, list[Target]]:
    """Settles targets in order; also gives those that cannot be kept."""
    values, fixed = values.copy(), np.zeros(values.shape, dtype=np.bool_)
    source = np.full(values.shape, -1, dtype=np.intp)
    nodes = tuple(np.zeros((len(hierarchy), values.shape[1]), dtype=np.bool_) for hierarchy in hierarchies)
    series = np.zeros(values.shape, dtype=np.bool_)
    conflicts: list[str] = []
    broken: list[Target] = []
    for target in targets:
        weight = weights.get(inputs["split"][target.row]) if "split" in inputs.columns else None
        if reason := _settle(target, values, fixed, source, weight):
            conflicts.append(f"{named(inputs, target)} cannot be kept: {reason}")
            broken.append(target)
        elif target.node is None:
            series[target.members, target.lead] = True
        else:
            nodes[target.hierarchy][target.node, target.lead] = True
    return Applied(values, source, nodes, series, tuple(conflicts), ()), broken


def _settle(
    target: Target,
    values: Matrix,
    fixed: npt.NDArray[np.bool_],
    source: npt.NDArray[np.intp],
    weight: Matrix | None = None,
) -> str | None:
    """Scales the members that are not fixed yet, and fixes them; says why when that cannot be done."""
    members, lead = target.members, target.lead
    free = members[~fixed[members, lead]]
    held = float(values[members[fixed[members, lead]], lead].sum())
    rest = target.quantity - held
    slack = TOLERANCE * max(1.0, target.quantity)
    if rest < -slack or (not len(free) and rest > slack):
        return f"numbers set below it already sum to {held:g}"
    if len(free):
        rest, current = max(rest, 0.0), float(values[free, lead].sum())
        if weight is None:
            values[free, lead] = values[free, lead] * (rest / current) if current > 0 else rest / len(free)
        else:
            values[free, lead] = split(rest, values[free, lead], weight[free])
        fixed[free, lead] = True
        source[free, lead] = target.row
    return None


def split_weights(inputs: pl.DataFrame, series: pl.DataFrame, panel: Panel, config: DemandConfig) -> dict[str, Matrix]:
    """Split → (S,) weights, for the splits that inputs name: series that sold nothing in the last year have none.

    Args:
        inputs: `planner_inputs` rows.
        series: series_id and key columns, any number of rows per series.
        panel: for what was sold.
        config: the keys.
    """
    wanted = set(inputs["split"]) if "split" in inputs.columns else set()
    rows = series.select("series_id", *config.series_key).unique().sort("series_id")
    keys = [key for key in config.reconciliation.keys if key.name in wanted]
    weights = {key.name: key_weights(key, rows) for key in keys}
    if HISTORY in wanted:
        sold = last_year(panel, rows["series_id"]).sum(axis=1)
        weights[HISTORY] = np.where(sold > 0, sold, np.nan)
    return weights


def _lost_keys(inputs: pl.DataFrame, weights: Mapping[str, Matrix]) -> list[str]:
    """Names of keys that inputs were set with and that are not configured any more, in sentences."""
    wanted = sorted(set(inputs["split"]) - {FORECAST, *weights}) if "split" in inputs.columns else []
    return [
        f"no key {name!r} is configured any more: numbers set with it are shared by the forecast" for name in wanted
    ]


def publish(
    forecasts: pl.DataFrame,
    rollups: pl.DataFrame,
    inputs: pl.DataFrame,
    hierarchies: Sequence[Hierarchy],
    config: DemandConfig,
    panel: Panel,
) -> tuple[pl.DataFrame, Applied]:
    """The `published_forecasts` table, and how planners' inputs went into it.

    Locks that reconciliation could not keep beside others are passed over here as well.

    `override` is the number set for the series itself; an input further up shows in `final`, `user`, `reason_code` and
    `ledger_sequence` of every series it changed.

    Args:
        forecasts: `forecasts` rows of the cycle.
        rollups: `reconciled_rollups` rows; the first hierarchy's series level is read (all hierarchies agree on it).
        inputs: `planner_inputs` rows, locks and overrides.
        hierarchies: from `build_hierarchies` over the same forecasts.
        config: the configuration.
        panel: the cycle's panel, for what was sold in the last year.
    """
    reconciled = rollups.filter((pl.col("level") == SERIES) & (pl.col("hierarchy") == hierarchies[0].name))
    frame = (
        forecasts.select(
            "series_id", *config.series_key, "lead", "bucket_start", pl.col("forecast").alias("statistical")
        )
        .join(
            reconciled.select(pl.col("node").alias("series_id"), "lead", pl.col("forecast").alias("reconciled")),
            on=["series_id", "lead"],
            how="left",
        )
        .sort("series_id", "lead")
    )
    starts = frame["bucket_start"].unique().sort().to_list()
    values = frame["reconciled"].to_numpy().reshape(-1, max(len(starts), 1))
    kept = rollups.filter("locked").select("hierarchy", "node", "bucket_start", kept=pl.lit(True))
    inputs = inputs.join(kept, on=["hierarchy", "node", "bucket_start"], how="left", maintain_order="left")
    inputs = inputs.filter(~pl.col("locked") | pl.col("kept").fill_null(False)).drop("kept")
    weights = split_weights(inputs, frame, panel, config)
    applied = apply_inputs(values, inputs, hierarchies, starts, weights)
    applied = replace(applied, conflicts=(*applied.conflicts, *_lost_keys(inputs, weights)))
    source = pl.Series("source", applied.source.ravel())
    names = ("user", "reason_code", "ledger_sequence")
    who = inputs.select(*names, pl.col("quantity").alias("override")).with_row_index("source")
    frame = (
        frame.with_columns(source, pl.Series("final", applied.values.ravel()), pl.Series("own", applied.series.ravel()))
        .join(who.with_columns(pl.col("source").cast(pl.Int64())), on="source", how="left", maintain_order="left")
        .with_columns(pl.when("own").then("override").otherwise(None).alias("override"))
    )
    return published_forecasts(config).conform(frame), applied
