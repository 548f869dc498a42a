from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.accuracy import (
    accuracy_summary,
    accuracy_table,
    category_of,
    coverage_summary,
    known_actuals,
    past_scales,
    rolling_coverage,
    scored_frame,
)
from dp_assets.domain.demand_classes import demand_classes
from dp_assets.domain.hierarchy import build_hierarchies
from dp_assets.domain.metrics import score
from tests.domain.rollup_inputs import CUTOFF, make_attributes, make_forecasts, rollup_config
from tests.factories import make_panel

CONFIG = rollup_config()
NOON = datetime(2017, 11, 1, 12, tzinfo=UTC)


def contribution(series: str, lead: int, quantity: float, version: str = "v1", days: int = 0) -> dict[str, object]:
    return {
        "series_id": series,
        "sku": series,
        "bucket_start": CUTOFF + timedelta(weeks=lead - 1),
        "file_version_id": version,
        "event": "landed" if quantity >= 0 else "superseded",
        "known_from": NOON + timedelta(days=days),
        "quantity": quantity,
        "revenue": 1.0,
        "transactions": 1,
        "promoted_quantity": 0.0,
    }


def buckets(*rows: dict[str, object]) -> pl.DataFrame:
    return contracts.weekly_buckets(CONFIG).conform(pl.DataFrame(list(rows)))


def scales(*series: str) -> pl.DataFrame:
    classes = ["smooth" if number % 2 else "lumpy" for number in range(len(series))]
    return pl.DataFrame({"series_id": series, "scale_squared": 1.0, "weight": 1.0, "demand_class": classes})


def test_the_actual_is_the_sum_of_what_is_known_corrections_included() -> None:
    sold = buckets(
        contribution("a", 1, 5),
        contribution("a", 1, -5, days=1),
        contribution("a", 1, 8, "v2", days=1),
        contribution("b", 1, 3),
    )
    before = known_actuals(sold, NOON).sort("series_id")
    after = known_actuals(sold, NOON + timedelta(days=2)).sort("series_id")
    assert before["actual"].to_list() == [5.0, 3.0]
    assert after["actual"].to_list() == [8.0, 3.0]


def test_a_series_without_a_sale_in_a_closed_bucket_sold_zero_and_open_buckets_are_not_scored() -> None:
    forecasts = make_forecasts(CONFIG, np.full((2, 3), 4.0))
    sold = known_actuals(buckets(contribution("sku0000", 1, 5), contribution("sku0000", 3, 9)), NOON)
    frame = scored_frame(forecasts, sold, scales("sku0000", "sku0001"), [CUTOFF, CUTOFF + timedelta(weeks=1)])
    assert frame.select("series_id", "lead", "actual").rows() == [
        ("sku0000", 1, 5.0),
        ("sku0000", 2, 0.0),
        ("sku0001", 1, 0.0),
        ("sku0001", 2, 0.0),
    ]


def test_scales_and_weights_come_from_history_since_the_first_sale() -> None:
    panel = make_panel(series=10, history=30, horizon=3)
    found = past_scales(panel, CONFIG)
    for row in range(10):
        history = panel.quantity[row, panel.first[row] :].astype(float)
        assert found["scale_squared"][row] == pytest.approx((np.diff(history) ** 2).mean())
        assert found["weight"][row] == pytest.approx(
            (panel.quantity[row, -13:] * panel.price[row, -13:]).sum(), rel=1e-6
        )
    unpriced = past_scales(panel.__class__(**{**vars(panel), "price": np.zeros_like(panel.price)}), CONFIG)
    assert unpriced["weight"].to_numpy() == pytest.approx(panel.quantity[:, -13:].sum(axis=1))


def cycle_table(seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng = np.random.default_rng(seed)
    forecasts = make_forecasts(CONFIG, rng.gamma(2.0, 3.0, (12, 3)))
    actuals = forecasts.select("series_id", "bucket_start").with_columns(
        actual=pl.Series(rng.poisson(forecasts["forecast"].to_numpy()).astype(float))
    )
    skus = forecasts["sku"].unique().sort().to_list()
    closed = forecasts["bucket_start"].unique().sort().to_list()[:2]
    frame = scored_frame(forecasts, actuals, scales(*skus), closed)
    hierarchies = build_hierarchies(forecasts, make_attributes(CONFIG, skus), CONFIG, CUTOFF)
    return frame, accuracy_table(frame, hierarchies, CONFIG)


def test_every_level_is_scored_pooled_and_per_closed_lead() -> None:
    frame, table = cycle_table()
    assert contracts.ACCURACY.violations(table) == []
    assert set(table["lead"]) == {0, 1, 2}
    assert set(table.select("hierarchy", "level").unique().rows()) == {
        ("-", "total"),
        ("-", "method"),
        ("-", "demand_class"),
        ("product", "department"),
        ("product", "brand"),
        ("pack", "size"),
    }
    total = table.filter((pl.col("level") == "total") & (pl.col("lead") == 0)).row(0, named=True)
    expected = score(frame, quantile_levels=CONFIG.quantile_levels)
    assert {name: total[name] for name in expected} == pytest.approx(expected)
    for level in ("method", "department", "brand", "size"):
        pooled = table.filter((pl.col("level") == level) & (pl.col("lead") == 0))
        assert pooled["observations"].sum() == len(frame)
        assert pooled["actual"].sum() == pytest.approx(frame["actual"].sum())


def test_the_accuracy_of_a_node_is_that_of_the_series_below_it() -> None:
    frame, table = cycle_table()
    attributes = make_attributes(CONFIG, frame["sku"].unique().sort().to_list())
    row = table.filter((pl.col("level") == "size") & (pl.col("lead") == 2)).row(0, named=True)
    skus = attributes.filter(pl.col("size").fill_null("<UNK>") == row["node"])["sku"]
    below = frame.filter(pl.col("sku").is_in(skus.to_list()) & (pl.col("lead") == 2))
    assert row["wape"] == pytest.approx(score(below, quantile_levels=CONFIG.quantile_levels)["wape"])


def test_a_cycle_without_closed_leads_has_an_empty_table() -> None:
    forecasts = make_forecasts(CONFIG, np.ones((2, 3)))
    actuals = known_actuals(buckets(contribution("sku0000", 1, 5)), NOON)
    assert accuracy_table(scored_frame(forecasts, actuals, scales("sku0000"), []), [], CONFIG).is_empty()


def test_the_summary_has_a_row_per_cycle_and_pools_them_by_units() -> None:
    (one, table), (two, other) = cycle_table(1), cycle_table(2)
    found = accuracy_summary({"2017-10-09": other, "2017-10-02": table})
    assert found["cycle"].to_list() == ["2017-10-02", "2017-10-09", "all"]
    both = pl.concat([one, two.with_columns(pl.col("series_id") + "x")])
    expected = score(both, quantile_levels=CONFIG.quantile_levels)
    pooled = found.row(2, named=True)
    for name in ("wape", "naive_wape", "bias", "naive_bias", "rmsse", "coverage_50", "coverage_80", "coverage_95"):
        assert pooled[name] == pytest.approx(expected[name]), name
    assert pooled["better_by"] == pytest.approx(1 - expected["wape"] / expected["naive_wape"])


def test_the_summary_can_be_of_one_method_and_of_nothing() -> None:
    _, table = cycle_table(1)
    found = accuracy_summary({"2017-10-02": table}, method="croston")
    assert found["observations"].to_list() == [4]
    assert accuracy_summary({"2017-10-02": table}, method="none").is_empty()
    assert accuracy_summary({}).columns == found.columns


def covered(coverage: float, observations: int = 600, name: str = "lumpy") -> pl.DataFrame:
    """One row of `accuracy` of a demand class, with the same coverage of every interval."""
    _, table = cycle_table()
    row = table.filter(level="demand_class", node="lumpy", lead=0)
    columns = [pl.lit(coverage).alias(column) for column in row.columns if column.startswith("coverage_")]
    return row.with_columns(*columns, observations=pl.lit(observations, pl.Int64()), node=pl.lit(name))


@pytest.mark.parametrize(("coverage", "level", "holds"), [(0.76, 80, True), (0.759, 80, False), (0.971, 95, False)])
def test_coverage_outside_its_tolerance_breaks_the_contract(coverage: float, level: int, holds: bool) -> None:
    found = rolling_coverage({"2017-10-02": covered(coverage)}).row(by_predicate=pl.col("level") == level, named=True)
    assert (found["coverage"], found["holds"]) == (pytest.approx(coverage), holds)


def test_coverage_is_that_of_all_rows_of_the_cycles_together() -> None:
    found = rolling_coverage({"2017-10-09": covered(0.9, 300), "2017-10-02": covered(0.6, 600)})
    assert found.filter(level=80)["coverage"].item() == pytest.approx(0.7)
    assert found.filter(level=80)["observations"].item() == 900


def test_a_class_with_few_rows_has_nothing_to_break() -> None:
    assert rolling_coverage({"2017-10-02": covered(0.1, 499)})["holds"].all()
    assert not rolling_coverage({"2017-10-02": covered(0.1, 500)})["holds"].any()
    assert rolling_coverage({}).is_empty()


def test_coverage_of_the_first_hierarchys_top_level_stands_beside_that_of_demand_classes() -> None:
    _, table = cycle_table()
    category = category_of(CONFIG)
    assert category == ("product", "department")
    found = rolling_coverage({"2017-10-02": table, "2017-10-09": table}, category)
    departments = table.filter(level="department", lead=0)
    assert found["by"].unique(maintain_order=True).to_list() == ["demand_class", "department"]
    for name, covered_80, count in departments.select("node", "coverage_80", "observations").rows():
        row = found.filter(by="department", node=name, level=80).row(0, named=True)
        assert row["coverage"] == pytest.approx(covered_80)
        assert row["observations"] == 2 * count
    assert found.filter(by="demand_class").equals(rolling_coverage({"2017-10-02": table, "2017-10-09": table}))
    assert category_of(CONFIG.model_copy(update={"hierarchies": ()})) is None


def test_coverage_of_a_cycle_is_told_in_all_per_lead_demand_class_and_category() -> None:
    frame, table = cycle_table()
    found = coverage_summary(table, ("product", "department"))
    assert found["by"].unique(maintain_order=True).to_list() == ["all", "lead", "demand_class", "department"]
    for kind in found["by"].unique():
        assert found.filter(by=kind)["observations"].sum() == len(frame)
    assert found.filter(by="lead")["node"].to_list() == ["1", "2"]
    lead = table.filter(level="total", lead=2)["coverage_95"].item()
    assert found.filter(by="lead", node="2")["coverage_95"].item() == lead
    assert "department" not in set(coverage_summary(table)["by"])
    assert coverage_summary(table.clear()).is_empty()


def test_demand_classes_are_scored_by_the_history_before_the_cutoff() -> None:
    frame, table = cycle_table()
    pooled = table.filter(level="demand_class", lead=0)
    assert dict(pooled.select("node", "observations").rows()) == dict(
        frame.group_by("demand_class").len().select("demand_class", pl.col("len").cast(pl.Int64)).rows()
    )
    panel = make_panel(series=10, history=30, horizon=3)
    assert past_scales(panel, CONFIG)["demand_class"].to_list() == demand_classes(panel).tolist()
