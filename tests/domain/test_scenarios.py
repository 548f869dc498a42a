"""Scenarios: what they change, what they leave alone to the bit, and that everything still adds up."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain import contracts
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.forecasts import forecast_table
from dp_assets.domain.hierarchy import SERIES, build_hierarchies
from dp_assets.domain.overrides import publish
from dp_assets.domain.planner_inputs import find_targets
from dp_assets.domain.planning import EditRefusedError, PlannerNumber, inputs_of
from dp_assets.domain.promotions import promotion_channels
from dp_assets.domain.rollups import roll_up
from dp_assets.domain.scenario_base import Base, Inputs, open_base
from dp_assets.domain.scenario_definition import KeptScenario, ScenarioDefinition, ScenarioRefusedError
from dp_assets.domain.scenarios import (
    Scenario,
    compare,
    differing,
    launched_series,
    numbers_to_promote,
    run_scenario,
    split_path,
    with_uncertain_multiplier,
)
from dp_assets.scenario_results import record_of
from dp_assets.scenarios import compute
from dp_resources.lake import Lake, parquet_bytes
from tests.domain.rollup_inputs import make_inputs as make_planner_inputs
from tests.domain.scenario_inputs import (
    CUTOFF,
    HISTORY,
    HORIZON,
    make_inputs,
    make_scenario_panel,
    scenario_config,
    train_champion,
    week,
)

CONFIG = scenario_config()
LEVELS = CONFIG.quantile_levels
QUANTILES = [quantile_name(level) for level in LEVELS]
PRODUCT, PLACE = "product", "place"


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    panel, promotions = make_scenario_panel()
    return make_inputs(panel, promotions, train_champion(panel, CONFIG, tmp_path_factory.mktemp("model")), CONFIG)


@pytest.fixture(scope="module")
def base(inputs: Inputs) -> Base:
    return open_base(inputs, CONFIG)


def locked(inputs: Inputs, *rows: Mapping[str, Any]) -> Base:
    """The same cycle published under planners' numbers."""
    numbered = [{"ledger_sequence": at, **row} for at, row in enumerate(rows, start=1)]
    planned = make_planner_inputs(CONFIG, *({"bucket_start": week(1), **row} for row in numbered))
    again = make_inputs(inputs.panel, inputs.promotions, inputs.champion, CONFIG, planned)
    return open_base(again, CONFIG)


def change(kind: str, **fields: Any) -> dict[str, Any]:
    """A change over the second bucket of everything, unless it says otherwise."""
    period = {} if kind == "launch" else {"first": week(2), "last": week(2, 6)}
    node = {} if kind in {"launch", "regressor"} else {"node": "total"}
    return {"kind": kind, **period, **node, **fields}


def run(base: Base, *changes: Mapping[str, Any]) -> Scenario:
    return run_scenario(base, ScenarioDefinition.model_validate({"changes": list(changes)}))


def changed(table: pl.DataFrame) -> pl.DataFrame:
    """The buckets of `scenario_forecasts` in which the scenario is another than its base."""
    numbers = ["forecast", *QUANTILES]
    return table.filter(pl.any_horizontal(pl.col(name) != pl.col(f"base_{name}") for name in numbers))


def series_rows(found: Scenario) -> pl.DataFrame:
    """Of series."""
    return changed(found.table).filter(pl.col("level") == SERIES)


def numbers_of(base: Base, found: Scenario) -> pl.DataFrame:
    """Every series × lead of the world of a scenario, launched ones too: series_id, sku, location, lead, forecast."""
    names = base.panel.series["series_id"].to_list()
    whole = pl.DataFrame(
        {
            "node": np.repeat(names, HORIZON),
            "lead": np.tile(np.arange(1, HORIZON + 1), len(names)),
            "published": base.final.ravel(),
        }
    )
    rows = found.table.filter(level=SERIES).select("node", "lead", "forecast")
    joined = whole.join(rows, on=["node", "lead"], how="full", coalesce=True)
    return joined.with_columns(
        forecast=pl.coalesce("forecast", "published"),
        sku=pl.col("node").str.split("|").list.first(),
        location=pl.col("node").str.split("|").list.last(),
    )


def assert_sums_hold(base: Base, found: Scenario) -> None:
    """Every node that a scenario gives is the sum of the series below, changed or not, launched or not."""
    numbers = numbers_of(base, found)
    of_sku = base.panel.series.select("sku", "department", "brand").unique()
    numbers = numbers.join(of_sku, on="sku", how="left").with_columns(
        total=pl.lit("total"), product=pl.col("department") + "/" + pl.col("brand")
    )
    for hierarchy, level, column in (
        (PRODUCT, "total", "total"),
        (PRODUCT, "department", "department"),
        (PRODUCT, "brand", "product"),
        (PLACE, "location", "location"),
    ):
        sums = numbers.group_by(pl.col(column).alias("node"), "lead").agg(pl.col("forecast").sum().alias("sum"))
        rows = found.table.filter(hierarchy=hierarchy, level=level).join(sums, on=["node", "lead"], how="left")
        assert rows["sum"].null_count() == 0
        np.testing.assert_allclose(rows["forecast"], rows["sum"], rtol=1e-9, atol=1e-9)


# -- what is left alone -----------------------------------------------------------------------------------------------


def test_a_scenario_without_changes_is_the_base_to_the_bit(base: Base) -> None:
    found = run(base)
    assert found.table.is_empty()
    assert found.table.schema == contracts.scenario_forecasts(CONFIG).schema


@pytest.mark.parametrize(
    "nothing",
    [
        change("growth", percent=0),
        change("price", percent=0),
        change("move_promotion", node="sku00", first=week(1), last=week(4, 6), days=0),
        change("regressor", name="temperature", percent=0),
    ],
    ids=lambda one: one["kind"],
)
def test_changes_that_change_nothing_leave_the_base_to_the_bit(base: Base, nothing: dict[str, Any]) -> None:
    assert run(base, nothing).table.is_empty()


def test_series_buckets_and_nodes_that_no_change_speaks_of_are_not_in_the_result(base: Base) -> None:
    found = run(
        base,
        change("growth", node="dairy/own", percent=10),
        change("add_promotion", node="sku00|s1", promotion="display", first=week(3), last=week(3, 6)),
    )
    rows = changed(found.table)
    assert set(rows["lead"]) == {2, 3}
    assert set(found.table["lead"]) == set(range(1, HORIZON + 1))
    skus = {sku for sku, brand in base.panel.series.select("sku", "brand").rows() if brand == "own"}
    names = set(series_rows(found)["node"])
    assert {name.split("|")[0] for name in names} <= skus
    assert set(rows.filter(level="department")["node"]) == {"dairy"}
    assert set(rows.filter(pl.col("lead") == 3)["node"]) == {"sku00|s1", "s1", "dairy", "dairy/own", "total"}
    place = {name: row for row, name in enumerate(base.panel.series["series_id"])}
    for node, lead, number in series_rows(found).select("node", "lead", "base_forecast").iter_rows():
        assert number == base.final[place[node], lead - 1]


def test_the_same_scenario_gives_the_same_bytes(inputs: Inputs) -> None:
    changes = [
        change("price", node="dairy", percent=-10),
        change("add_promotion", node="sku03", promotion="display"),
        change("launch", new={"location": "s9"}, like={"location": "s1"}),
    ]
    made = [parquet_bytes(run(open_base(inputs, CONFIG), *changes).table) for _ in range(2)]
    assert made[0] == made[1]


def test_the_base_of_a_node_is_what_reconciliation_says_where_no_planner_set_a_number(base: Base) -> None:
    found = run(base, change("growth", percent=10)).table
    inputs = base.inputs
    nodes = _node_forecasts(inputs)
    rollups = roll_up(
        inputs.forecasts, inputs.attributes, nodes, inputs.planner_inputs, inputs.residuals, inputs.panel, CONFIG
    ).table
    key = ["hierarchy", "level", "node", "lead"]
    both = found.join(rollups, on=key, suffix="_rolled")
    assert len(both) == len(found)
    for name in QUANTILES:
        np.testing.assert_allclose(both[f"base_{name}"], both[f"{name}_rolled"], rtol=1e-9, atol=1e-12)


def _node_forecasts(inputs: Inputs) -> pl.DataFrame:
    from dp_assets.domain.node_forecasts import node_forecast_table

    hierarchies = build_hierarchies(inputs.panel.series, inputs.attributes, CONFIG, CUTOFF)
    return node_forecast_table(inputs.panel, hierarchies, CONFIG)


# -- what changes -----------------------------------------------------------------------------------------------------


def test_growth_multiplies_numbers_and_quantiles_and_every_total_follows(base: Base) -> None:
    found = run(base, change("growth", percent=20))
    rows = series_rows(found)
    np.testing.assert_allclose(rows["forecast"], 1.2 * rows["base_forecast"])
    np.testing.assert_allclose(rows["q0.9"], 1.2 * rows["base_q0.9"])
    total = changed(found.table).filter(hierarchy=PLACE, level="total")
    np.testing.assert_allclose(total["forecast"], 1.2 * total["base_forecast"])
    assert_sums_hold(base, found)


def test_a_period_that_covers_a_bucket_in_part_changes_it_in_part(base: Base) -> None:
    found = series_rows(run(base, change("growth", first=week(2, 5), last=week(3, 1), percent=70)))
    by_lead = found.with_columns(ratio=pl.col("forecast") / pl.col("base_forecast")).group_by("lead")
    ratios = dict(by_lead.agg(pl.col("ratio").mean()).iter_rows())
    assert ratios == pytest.approx({2: 1 + 0.7 * 2 / 7, 3: 1 + 0.7 * 2 / 7})


def test_a_price_works_through_the_elasticity_of_each_series(base: Base) -> None:
    found = series_rows(run(base, change("price", node="dairy", percent=-10)))
    elasticity = dict(base.inputs.elasticity.select("series_id", "elasticity").iter_rows())
    for node, forecast, before in found.select("node", "forecast", "base_forecast").iter_rows():
        assert forecast == pytest.approx(before * 0.9 ** elasticity[node])
    stated = series_rows(run(base, change("price", node="dairy", percent=-10, elasticity=-2.0)))
    np.testing.assert_allclose(stated["forecast"], stated["base_forecast"] * 0.9**-2.0)


def test_two_changes_of_a_price_multiply(base: Base) -> None:
    twice = run(
        base,
        change("price", node="dairy", percent=-10, elasticity=-2.0),
        change("price", node="sku00|s1", percent=25, elasticity=-2.0),
    )
    row = series_rows(twice).filter(node="sku00|s1").row(0, named=True)
    assert row["forecast"] == pytest.approx(row["base_forecast"] * (0.9 * 1.25) ** -2.0)


def test_an_uncertain_elasticity_widens_the_interval_and_a_stated_one_does_not(base: Base) -> None:
    found = series_rows(run(base, change("price", node="sku00|s1", percent=-40))).row(0, named=True)
    sure = series_rows(run(base, change("price", node="sku00|s1", percent=-40, elasticity=-2.0))).row(0, named=True)
    for row, wider in ((found, True), (sure, False)):
        relative = (row["q0.9"] - row["q0.1"]) / row["forecast"]
        before = (row["base_q0.9"] - row["base_q0.1"]) / row["base_forecast"]
        assert (relative > before * 1.0001) == wider


def test_the_uncertain_multiplier_is_near_what_simulation_says() -> None:
    from scipy import stats

    rng = np.random.default_rng(1)
    shape, scale, deviation = 6.0, 5.0, 0.25
    levels = np.asarray(LEVELS)
    quantiles = stats.gamma.ppf(levels, shape, scale=scale)[None, :]
    found = with_uncertain_multiplier(quantiles, np.array([deviation]), LEVELS)[0]
    drawn = rng.gamma(shape, scale, 400_000) * np.exp(rng.normal(0, deviation, 400_000))
    np.testing.assert_allclose(found, np.quantile(drawn, levels), rtol=0.05)
    kept = with_uncertain_multiplier(quantiles, np.zeros(1), LEVELS)
    np.testing.assert_allclose(kept, quantiles)


def edited_world(base: Base, lines: pl.DataFrame) -> np.ndarray:
    """(S, M) mean forecasts of the model where another calendar had been known: the slow way, over the whole panel."""
    panel = base.panel
    made, kinds = promotion_channels(lines, panel.series, panel.starts, 1)
    known = np.array(panel.known)
    for number, name in enumerate(kinds):
        known[:, HISTORY:, panel.known_names.index(name)] = made[:, HISTORY:, number]
    table = forecast_table(dataclasses.replace(panel, known=known), base.inputs.champion, CONFIG, "receipt")
    return table.sort("series_id", "lead")["forecast"].to_numpy().reshape(-1, HORIZON)


def line_of(base: Base, **fields: Any) -> pl.DataFrame:
    return base.inputs.promotions.head(1).with_columns(**{name: pl.lit(value) for name, value in fields.items()})


@pytest.mark.parametrize("kind", ["add_promotion", "move_promotion", "remove_promotion"])
def test_a_changed_promotion_is_what_the_model_says_of_the_changed_calendar(base: Base, kind: str) -> None:
    lines = base.inputs.promotions
    mine = pl.col("sku") == "sku00"
    if kind == "add_promotion":
        asked = change(kind, node="sku03", promotion="Display", share=0.5, discount=0.3)
        dates = {"starts_on": week(2), "ends_on": week(2, 6)}
        more = line_of(base, sku="sku03", kind="display", share=0.5, discount=0.3, **dates)
        lines = pl.concat([lines, more.cast(lines.schema)])
    elif kind == "move_promotion":
        asked = change(kind, node="sku00", first=week(1), last=week(4, 6), days=3)
        moved = mine & (pl.col("starts_on") >= CUTOFF)
        lines = lines.with_columns(
            (pl.when(moved).then(pl.col(name) + pl.duration(days=3)).otherwise(pl.col(name))).alias(name)
            for name in ("starts_on", "ends_on")
        )
    else:
        asked = change(kind, node="sku00", first=week(1), last=week(4, 6))
        lines = lines.filter(~(mine & (pl.col("starts_on") >= CUTOFF)))
    found = series_rows(run(base, asked))
    assert len(found)
    before, after = base.forecasts.mean, edited_world(base, lines)
    place = {name: row for row, name in enumerate(base.panel.series["series_id"])}
    for node, lead, forecast, published in found.select("node", "lead", "forecast", "base_forecast").iter_rows():
        at = place[node], lead - 1
        assert forecast == pytest.approx(published * after[at] / before[at], rel=1e-4)
    told = {(place[node], lead - 1) for node, lead in found.select("node", "lead").iter_rows()}
    moved = np.abs(after / before - 1) > 1e-4
    moved[-1] = False  # forecast by its family's growth, which a scenario leaves alone
    assert {(row, lead) for row, lead in np.argwhere(moved).tolist()} <= told


def test_removing_days_of_a_promotion_leaves_what_ran_before_the_cutoff(base: Base) -> None:
    found = run(base, change("remove_promotion", node="sku01", first=week(1), last=week(1, 6)))
    assert set(series_rows(found)["lead"]) == {1}


def test_a_promotion_of_one_store_leaves_the_others_alone(base: Base) -> None:
    found = series_rows(run(base, change("add_promotion", node="s1", hierarchy=PLACE, promotion="display")))
    assert {name.split("|")[1] for name in found["node"]} == {"s1"}


def test_a_regressor_changes_forecasts_within_its_reach_and_series_that_read_none_are_named(base: Base) -> None:
    found = run(base, change("regressor", name="temperature", first=week(1), last=week(2, 6), value=35))
    assert len(series_rows(found))
    assert "sku07|s3" not in set(series_rows(found)["node"])
    assert any("1 of 24 series with changed channels are forecast by statistical methods" in one for one in found.notes)


def test_a_price_that_a_promotion_carries_as_a_discount_does_not_count_twice(base: Base) -> None:
    promotion = change("add_promotion", node="sku03", promotion="display", discount=0.3)
    price = change("price", node="sku03", percent=-30, first=week(2), last=week(3, 6))
    alone, both = run(base, promotion), run(base, promotion, price)
    second = [series_rows(one).filter(pl.col("lead") == 2)["forecast"].to_list() for one in (alone, both)]
    assert second[0] == second[1]
    third = series_rows(both).filter(pl.col("lead") == 3)
    assert (third["forecast"] > third["base_forecast"]).all()
    assert any("elasticity is left out" in note for note in both.notes)


def test_a_new_store_is_like_an_old_one_and_adds_up_in_every_hierarchy(base: Base) -> None:
    found = run(base, change("launch", new={"location": "s9"}, like={"location": "s1"}, multiplier=0.5, first=week(2)))
    assert_sums_hold(base, found)
    rows = series_rows(found)
    place = {name: row for row, name in enumerate(base.panel.series["series_id"])}
    assert len(rows) == 8 * 3
    for node, lead, forecast, high in rows.select("node", "lead", "forecast", "q0.9").iter_rows():
        like = place[node.replace("s9", "s1")]
        assert forecast == pytest.approx(0.5 * base.final[like, lead - 1])
        assert high == pytest.approx(0.5 * base.quantiles[like, lead - 1, LEVELS.index(0.9)])
    store = found.table.filter(hierarchy=PLACE, level="location")
    assert set(store["node"]) == {"s9"}
    assert store["base_forecast"].to_list() == [0.0] * HORIZON


def test_a_new_product_is_like_an_old_one_after_all_other_changes(base: Base) -> None:
    found = run(
        base,
        change("growth", node="sku00|s1", percent=100),
        change("launch", new={"sku": "new"}, like={"sku": "sku00"}),
    )
    rows = series_rows(found).filter(pl.col("lead") == 2)
    numbers = dict(rows.select("node", "forecast").iter_rows())
    assert numbers["new|s1"] == pytest.approx(numbers["sku00|s1"])
    assert set(found.table.filter(level="brand")["node"]) == {"dairy/own"}


# -- planners' numbers ------------------------------------------------------------------------------------------------


def test_a_locked_node_keeps_its_number_and_the_mix_below_it_changes(inputs: Inputs) -> None:
    base = locked(inputs, {"node": "dairy", "quantity": 200.0, "bucket_start": week(2)})
    found = run(base, change("growth", node="dairy/own", percent=50))
    dairy = found.table.filter(level="department", node="dairy", lead=2).row(0, named=True)
    assert dairy["forecast"] == pytest.approx(200.0, rel=1e-9)
    assert dairy["held"]
    brands = {
        row["node"]: row["forecast"] - row["base_forecast"]
        for row in found.table.filter(level="brand", lead=2).to_dicts()
    }
    assert brands["dairy/own"] > 0 > brands["dairy/national"]
    below = series_rows(found).with_columns(ratio=pl.col("forecast") / pl.col("base_forecast"))
    own = base.panel.series.filter(pl.col("brand") == "own")["series_id"]
    raised = below.filter(pl.col("node").is_in(own.implode()))["ratio"]
    others = below.filter(~pl.col("node").is_in(own.implode()))["ratio"]
    np.testing.assert_allclose(raised / others[0], 1.5)
    np.testing.assert_allclose(others, others[0])
    assert any("set for dairy stay" in note for note in found.notes)
    assert_sums_hold(base, found)


def test_a_series_with_a_number_of_its_own_does_not_change(inputs: Inputs) -> None:
    base = locked(
        inputs,
        {"node": "sku00|s1", "quantity": 9.0, "bucket_start": week(2)},
        {"node": "sku02|s1", "quantity": 7.0, "bucket_start": week(2), "locked": False},
    )
    found = run(base, change("growth", percent=50))
    names = set(series_rows(found)["node"])
    assert not names & {"sku00|s1", "sku02|s1"}
    assert len(names) == 22
    assert any("2 series keep numbers" in note for note in found.notes)


def test_what_a_lock_has_nothing_to_do_with_does_not_move(inputs: Inputs) -> None:
    base = locked(inputs, {"node": "bakery", "quantity": 150.0, "bucket_start": week(2)})
    found = run(base, change("growth", node="dairy", percent=50))
    assert not found.table["held"].any()
    assert {name.split("|")[0] for name in series_rows(found)["node"]} == {"sku00", "sku02", "sku04", "sku06"}


def test_a_lock_has_room_for_a_new_store_below_it(inputs: Inputs) -> None:
    base = locked(inputs, {"node": "total", "quantity": 500.0, "bucket_start": week(2)})
    found = run(base, change("launch", new={"location": "s9"}, like={"location": "s1"}))
    total = found.table.filter(hierarchy=PRODUCT, level="total", lead=2).row(0, named=True)
    assert total["forecast"] == pytest.approx(500.0, rel=1e-9)
    assert_sums_hold(base, found)


def test_locks_that_cross_are_all_kept(inputs: Inputs) -> None:
    base = locked(
        inputs,
        {"node": "dairy", "quantity": 130.0, "bucket_start": week(2)},
        {"node": "s1", "hierarchy": PLACE, "quantity": 100.0, "bucket_start": week(2)},
        {"node": "sku04|s1", "quantity": 11.0, "bucket_start": week(2)},
    )
    found = run(base, change("growth", node="dairy/own", percent=80), change("growth", node="sku01", percent=-50))
    numbers = numbers_of(base, found).filter(pl.col("lead") == 2)
    dairy = base.panel.series.filter(pl.col("department") == "dairy")["series_id"].implode()
    assert numbers.filter(pl.col("node").is_in(dairy))["forecast"].sum() == pytest.approx(130.0, rel=1e-9)
    assert numbers.filter(pl.col("location") == "s1")["forecast"].sum() == pytest.approx(100.0, rel=1e-9)
    assert numbers.filter(pl.col("node") == "sku04|s1")["forecast"].item() == pytest.approx(11.0)
    assert_sums_hold(base, found)


NODES = ["total", "dairy", "bakery/own", "sku00", "sku05|s2", "sku07"]
CHANGES = st.lists(
    st.one_of(
        st.builds(
            lambda node, lead, percent: change(
                "growth", node=node, first=week(lead), last=week(lead, 3), percent=percent
            ),
            st.sampled_from(NODES),
            st.integers(1, HORIZON),
            st.integers(-100, 300),
        ),
        st.builds(
            lambda node, lead, percent: change(
                "price", node=node, first=week(lead), last=week(HORIZON), percent=percent
            ),
            st.sampled_from(NODES),
            st.integers(1, HORIZON),
            st.integers(-60, 60),
        ),
        st.just(change("launch", new={"location": "s9"}, like={"location": "s2"}, multiplier=0.7)),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: (one["kind"], one.get("node"), one.get("first")),
)


@pytest.fixture(scope="module")
def under_locks(inputs: Inputs) -> Base:
    return locked(
        inputs,
        *({"node": "dairy", "quantity": 150.0 + at, "bucket_start": week(at)} for at in (1, 2)),
        {"node": "s2", "hierarchy": PLACE, "quantity": 70.0, "bucket_start": week(2)},
        {"node": "sku05|s2", "quantity": 4.0, "bucket_start": week(3), "locked": False},
        {"node": "bakery/own", "quantity": 60.0, "bucket_start": week(4), "locked": False},
    )


@settings(max_examples=25)
@given(changes=CHANGES)
def test_whatever_changes_sums_hold_numbers_stay_and_quantiles_never_cross(
    under_locks: Base, changes: list[dict[str, Any]]
) -> None:
    base = under_locks
    found = run(base, *changes)
    assert contracts.scenario_forecasts(CONFIG).violations(found.table) == []
    assert_sums_hold(base, found)
    quantiles = found.table.select(QUANTILES).to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    numbers = numbers_of(base, found)
    new = numbers.filter(pl.col("published").is_null()).with_columns(like=pl.col("node").str.replace("s9", "s2"))
    targets, _ = find_targets(base.inputs.planner_inputs, base.hierarchies, base.forecasts.starts)
    names = base.panel.series["series_id"].to_numpy()
    for target in targets:
        here = numbers.filter(
            (pl.col("lead") == target.lead + 1) & pl.col("node").is_in(names[target.members].tolist())
        )
        total = here["forecast"].sum()
        if target.node is not None and target.hierarchy == 0:  # a launch is below a product's node, not below s2
            likes = new.filter((pl.col("lead") == target.lead + 1) & pl.col("like").is_in(here["node"].implode()))
            total += likes["forecast"].sum()
        assert total == pytest.approx(target.quantity, rel=1e-9)


# -- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (change("growth", node="dary", percent=1), r"changes\[0\] \(growth\): expected a node .* did you mean 'dairy'"),
        (
            change("growth", node="dairy", hierarchy="shop", percent=1),
            "expected a hierarchy among product, place, got 'shop'",
        ),
        (change("growth", node="s1", percent=1), "expected a node of hierarchy 'product'"),
        (change("growth", percent=1, first=week(0, 6)), "the past is not changed"),
        (change("growth", percent=1, last=week(5)), "later buckets are not forecast"),
        (change("price", percent=1, first=week(-5), last=week(-4)), "the past is not changed"),
        (change("add_promotion", promotion="display", first=week(0)), "the past is not changed"),
        (change("add_promotion", promotion="flyer"), "promotion 'flyer' is unknown to the model of cycle 2017-07-31"),
        (change("move_promotion", node="sku00", first=week(1), last=week(4, 6), days=-60), "before the cutoff"),
        (change("move_promotion", node="sku01|s1", first=week(1), last=week(1), days=1), r"planned is display \d{4}"),
        (change("remove_promotion", promotion="flyer"), "no promotion 'flyer' of 'total' lies between"),
        (change("regressor", name="temprature", value=1), "did you mean 'temperature'"),
        (change("regressor", name="footfall", value=1), "past-only"),
        (change("regressor", name="temperature", value=1, last=week(3)), r"known 2 bucket\(s\) ahead"),
        (change("regressor", name="temperature", value=1, node="nowhere"), "got 'nowhere'"),
        (change("launch", new={"shop": "a"}, like={"shop": "b"}), "expected key columns of a series"),
        (change("launch", new={"sku": "a"}, like={"sku": "b"}), "forecasts no series of sku 'b'"),
        (change("launch", new={"location": "s2"}, like={"location": "s1"}), "series 'sku00|s2' exists already"),
        (change("launch", new={"sku": "a"}, like={"sku": "sku00"}, first=week(0)), "the past is not changed"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_what_was_expected(
    base: Base, asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(ScenarioRefusedError, match=message):
        run(base, asked)


def test_a_refusal_is_noted_with_the_request_that_it_answers(base: Base, tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    odd = ScenarioDefinition.model_validate({"changes": [change("growth", node="nowhere", percent=1)]})
    kept = KeptScenario("odd", CUTOFF, odd, "ada", 3)
    with pytest.raises(ScenarioRefusedError, match="expected a node"):
        compute(lake, kept, base, {}, asked=4)
    record = record_of(lake, "odd") or {}
    assert (record["definition"], record["asked"]) == (3, 4)
    assert "expected a node" in record["refused"]


def test_a_price_is_refused_where_no_price_ever_moved_and_a_stated_elasticity_answers(inputs: Inputs) -> None:
    unknown = inputs.elasticity.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("elasticity", "deviation")
    )
    base = open_base(dataclasses.replace(inputs, elasticity=unknown), CONFIG)
    with pytest.raises(ScenarioRefusedError, match="state an `elasticity` of your own"):
        run(base, change("price", percent=-10))
    assert len(run(base, change("price", percent=-10, elasticity=-1.0)).table)


def test_a_calendar_that_is_not_the_one_of_the_features_is_refused(inputs: Inputs) -> None:
    later = inputs.promotions.with_columns(pl.col("starts_on") - timedelta(days=1))
    base = open_base(dataclasses.replace(inputs, promotions=later), CONFIG)
    with pytest.raises(ArtefactError, match="not those that the features of cycle"):
        run(base, change("add_promotion", promotion="display"))


def test_promotions_need_a_model(inputs: Inputs) -> None:
    base = open_base(dataclasses.replace(inputs, champion=None), CONFIG)
    with pytest.raises(ScenarioRefusedError, match="was forecast without one"):
        run(base, change("add_promotion", promotion="display"))


def test_tables_of_different_states_are_no_base(inputs: Inputs) -> None:
    fewer = inputs.published.filter(pl.col("series_id") != "sku00|s1")
    with pytest.raises(ArtefactError, match="with the same series"):
        open_base(dataclasses.replace(inputs, published=fewer), CONFIG)


# -- using them -------------------------------------------------------------------------------------------------------


def test_scenarios_stand_side_by_side_and_one_that_changes_nothing_there_shows_the_base(base: Base) -> None:
    results = {
        "more": run(base, change("growth", node="dairy", percent=20)).table,
        "less": run(base, change("growth", node="bakery", percent=-20, first=week(3), last=week(3, 6))).table,
    }
    found = compare(results, "department", CONFIG)
    assert found.columns[:3] == ["node", "lead", "bucket_start"]
    ends = ("mean", "lower", "upper")
    assert found.columns[3:] == [f"{name}:{end}" for name in ("base", "more", "less") for end in ends]
    assert found.group_by("node").len()["len"].to_list() == [HORIZON, HORIZON]
    only = differing(found, list(results))
    assert sorted(only.select("node", "lead").rows()) == [("bakery", 3), ("dairy", 2)]
    rows = {row["node"]: row for row in only.to_dicts()}
    assert rows["dairy"]["more:mean"] == pytest.approx(1.2 * rows["dairy"]["base:mean"])
    assert rows["dairy"]["less:mean"] == rows["dairy"]["base:mean"]
    assert rows["dairy"]["less:lower"] == rows["dairy"]["base:lower"] < rows["dairy"]["base:mean"]
    assert rows["bakery"]["less:upper"] < rows["bakery"]["base:upper"]
    assert len(compare(results, SERIES, CONFIG, PLACE)) == 24 * HORIZON


def test_a_comparison_on_a_level_that_is_none_says_which_there_are(base: Base) -> None:
    with pytest.raises(ScenarioRefusedError, match="total, location, series, got 'department'"):
        compare({"a": run(base).table}, "department", CONFIG, PLACE)
    with pytest.raises(ScenarioRefusedError, match="expected a hierarchy among product, place, got 'x'"):
        compare({"a": run(base).table}, "department", CONFIG, "x")


def test_a_promoted_scenario_is_what_is_published_then_and_locks_still_hold(under_locks: Base) -> None:
    base, inputs = under_locks, under_locks.inputs
    found = run(
        base,
        change("price", node="dairy", percent=-20),
        change("growth", node="bakery", percent=10, first=week(1), last=week(4, 6)),
    )
    series = base.panel.series["series_id"].to_list()
    wanted = numbers_to_promote("spring", found.table, series, "price", CUTOFF, CONFIG)
    assert {one.comment for one in wanted} == {"scenario spring"}
    assert not any(one.locked for one in wanted)
    promoted = inputs_of(
        [PlannerNumber(**vars(one), user="ada", sequence=10 + at) for at, one in enumerate(wanted)], CUTOFF, CONFIG
    )
    planned = pl.concat([inputs.planner_inputs, promoted])
    nodes = _node_forecasts(inputs)
    rollups = roll_up(inputs.forecasts, inputs.attributes, nodes, planned, inputs.residuals, inputs.panel, CONFIG)
    published, applied = publish(inputs.forecasts, rollups.table, planned, rollups.hierarchies, CONFIG, inputs.panel)
    assert not rollups.locks.conflicts
    assert not applied.conflicts
    changed = series_rows(found).select(pl.col("node").alias("series_id"), "lead", "forecast")
    both = published.join(changed, on=["series_id", "lead"])
    assert len(both) == len(changed)
    np.testing.assert_allclose(both["final"], both["forecast"], rtol=1e-9)
    total = pl.col("final").sum().alias("total")
    sums = published.group_by("lead").agg(total).join(found.table.filter(hierarchy=PRODUCT, level="total"), on="lead")
    np.testing.assert_allclose(sums["total"], sums["forecast"], rtol=1e-9)


def test_launched_series_are_not_promoted_because_the_cycle_does_not_forecast_them(base: Base) -> None:
    found = run(base, change("launch", new={"sku": "new"}, like={"sku": "sku00"}))
    series = base.panel.series["series_id"].to_list()
    assert numbers_to_promote("x", found.table, series, "launch", CUTOFF, CONFIG) == []
    launched = launched_series(found.table, series)
    assert launched
    assert not set(launched) & set(series)


def test_a_reason_that_is_not_configured_is_refused(base: Base) -> None:
    with pytest.raises(EditRefusedError, match="expected a reason among promotion"):
        numbers_to_promote("x", run(base).table, [], "because", date(2017, 1, 2), CONFIG)


def test_a_path_comes_apart_at_its_own_slashes_only() -> None:
    assert split_path("A\\/B/C\\\\/D") == ["A\\/B", "C\\\\", "D"]
