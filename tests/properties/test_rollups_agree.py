"""Whatever the hierarchy, the numbers and the locks: sums agree, nothing is negative, what is locked holds."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.hierarchy import build_hierarchies
from dp_assets.domain.overrides import apply_inputs
from dp_assets.domain.rollups import roll_up
from tests.domain.rollup_inputs import (
    CUTOFF,
    make_attributes,
    make_forecasts,
    make_inputs,
    make_residuals,
    rollup_config,
)
from tests.factories import make_panel

METHODS = (
    "bottom_up",
    "top_down",
    "top_down_average_proportions",
    "middle_out",
    "mint_ols",
    "mint_wls_struct",
    "mint_wls_var",
)
CONFIGS = {
    method: rollup_config(horizon_weeks=2, reconciliation={"method": method, "middle_level": "department"})
    for method in METHODS
}
PANEL = make_panel(series=9, history=20, horizon=2, seed=1)
quantities = st.floats(0, 1e4).map(lambda number: 0.0 if number < 1e-6 else number)


@st.composite
def cycles(draw: st.DrawFn) -> tuple[DemandConfig, dict[str, pl.DataFrame]]:
    """A random cycle: a few series, ragged attributes, base forecasts of any size, missing nodes, random locks."""
    config = CONFIGS[draw(st.sampled_from(METHODS))]
    count = draw(st.integers(1, 9))
    mean = np.array(draw(st.lists(quantities, min_size=2 * count, max_size=2 * count))).reshape(count, 2)
    skus = [f"sku{number:04d}" for number in range(count)]
    known = draw(st.integers(0, count))
    attributes = make_attributes(
        config, skus[:known], seed=draw(st.integers(0, 99)), missing=draw(st.sampled_from([0, 0.5]))
    )
    forecasts = make_forecasts(config, mean)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    rows, inputs = [], []
    for hierarchy in build_hierarchies(forecasts, attributes, config, CUTOFF):
        for level, node in hierarchy.nodes.select("level", "node").rows():
            if draw(st.booleans()):
                continue
            rows += [
                {
                    "hierarchy": hierarchy.name,
                    "level": level,
                    "node": node,
                    "lead": lead,
                    "bucket_start": CUTOFF + timedelta(weeks=lead - 1),
                    "forecast": draw(quantities),
                    "residual_variance": draw(quantities),
                    "method": "ses",
                }
                for lead in (1, 2)
            ]
        names = [*hierarchy.nodes["node"].to_list(), *skus]
        for name in draw(st.lists(st.sampled_from(names), max_size=3, unique=True)):
            inputs.append(
                {
                    "hierarchy": hierarchy.name,
                    "node": name,
                    "quantity": draw(quantities),
                    "locked": draw(st.booleans()),
                    "ledger_sequence": len(inputs),
                }
            )
    nodes = contracts.node_forecasts(config)
    return config, {
        "forecasts": forecasts,
        "attributes": attributes,
        "node_forecasts": nodes.conform(pl.DataFrame(rows)) if rows else nodes.empty(),
        "planner_inputs": make_inputs(config, *inputs),
        "residuals": make_residuals(config, rng.normal(size=(count, 4)), skus),
    }


@settings(max_examples=60, deadline=None)
@given(cycles())
@pytest.mark.slow
def test_sums_agree_on_every_level_and_nothing_is_negative(cycle: tuple[DemandConfig, dict[str, pl.DataFrame]]) -> None:
    config, tables = cycle
    made = roll_up(**tables, panel=PANEL, config=config)
    assert contracts.reconciled_rollups(config).violations(made.table) == []
    series = made.table.filter(pl.col("level") == "series")
    for hierarchy in made.hierarchies:
        bottom = series.filter(pl.col("hierarchy") == hierarchy.name).sort("node", "lead")["forecast"].to_numpy()
        sums = hierarchy.summing().toarray() @ bottom.reshape(-1, 2)
        for row, (level, node) in enumerate(hierarchy.nodes.select("level", "node").rows()):
            here = (pl.col("hierarchy") == hierarchy.name) & (pl.col("level") == level) & (pl.col("node") == node)
            found = made.table.filter(here).sort("lead")["forecast"].to_numpy()
            assert np.allclose(found, sums[row], rtol=1e-6, atol=1e-9)
    by_hierarchy = [frame.sort("node", "lead")["forecast"].to_list() for frame in series.partition_by("hierarchy")]
    assert all(values == by_hierarchy[0] for values in by_hierarchy)


@settings(max_examples=100, deadline=None)
@given(cycles())
@pytest.mark.slow
def test_every_lock_holds_or_is_named_as_a_conflict(cycle: tuple[DemandConfig, dict[str, pl.DataFrame]]) -> None:
    config, tables = cycle
    hierarchies = build_hierarchies(tables["forecasts"], tables["attributes"], config, CUTOFF)
    values = tables["forecasts"].sort("series_id", "lead")["forecast"].to_numpy().reshape(-1, 2)
    inputs = tables["planner_inputs"]
    found = apply_inputs(values, inputs, hierarchies, [CUTOFF, CUTOFF + timedelta(weeks=1)])
    assert (found.values >= 0).all()
    assert np.array_equal(found.values[:, 1], values[:, 1])  # no input speaks of the second bucket
    series = hierarchies[0].series.to_list()
    index = {hierarchy.name: number for number, hierarchy in enumerate(hierarchies)}
    for row in inputs.iter_rows(named=True):
        if any(f"for {row['node']!r} ({row['hierarchy']})" in sentence for sentence in found.conflicts):
            continue
        if row["node"] in series:
            sums = found.values[series.index(row["node"]), 0]
        else:
            hierarchy = hierarchies[index[row["hierarchy"]]]
            sums = hierarchy.aggregate(found.values)[hierarchy.nodes["node"].to_list().index(row["node"]), 0]
        assert sums == pytest.approx(row["quantity"], rel=1e-6, abs=1e-6)
