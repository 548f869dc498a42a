from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.hierarchy import build_hierarchy
from dp_assets.domain.reconciliation_config import HierarchyConfig
from dp_assets.domain.value_added import step_errors, value_added_table

FIRST = date(2017, 10, 2)
SECOND = FIRST + timedelta(weeks=1)
ROWS = pl.DataFrame(
    {
        "series_id": ["a", "a", "b", "b"],
        "lead": [1, 2, 1, 2],
        "bucket_start": [FIRST, SECOND] * 2,
        "statistical": [8.0, 8.0, 5.0, 5.0],
        "reconciled": [9.0, 9.0, 5.0, 5.0],
        "final": [10.0, 9.0, 5.0, 20.0],
        "user": ["ada", None, None, "bob"],
        "reason_code": ["promotion", None, None, "other"],
    }
)
FORECASTS = ROWS.select("series_id", "lead").with_columns(naive=pl.lit(4.0))
ACTUALS = pl.DataFrame({"series_id": ["a", "a", "b"], "bucket_start": [FIRST, SECOND, FIRST], "actual": [10.0, 10, 5]})
TREE = build_hierarchy(
    HierarchyConfig(name="product", levels=("department",)),
    pl.DataFrame({"series_id": ["a", "b"], "department": ["dairy", "bakery"]}),
)


def added(closed: list[date]) -> pl.DataFrame:
    return value_added_table(step_errors(ROWS, FORECASTS, ACTUALS, closed), [TREE])


def test_the_steps_add_up_to_the_whole_change_of_the_error() -> None:
    table = added([FIRST, SECOND])
    assert contracts.FORECAST_VALUE_ADDED.violations(table) == []
    steps = pl.sum_horizontal("added_by_model", "added_by_reconciled", "added_by_published")
    whole = pl.col("error_naive") - pl.col("error_published")
    assert table.select((steps - whole).abs().max()).item() < 1e-12


def test_what_each_step_saved_is_in_units_and_a_series_without_sales_sold_nothing() -> None:
    row = added([FIRST, SECOND]).row(by_predicate=(pl.col("grouping") == "all") & (pl.col("lead") == 0), named=True)
    assert (row["observations"], row["actual"]) == (4, 25.0)
    assert (row["error_naive"], row["error_model"]) == (6 + 6 + 1 + 4, 2 + 2 + 0 + 5)
    assert (row["added_by_model"], row["added_by_reconciled"], row["added_by_published"]) == (8.0, 2.0, -14.0)


def test_planners_and_reasons_are_judged_by_the_rows_they_changed() -> None:
    table = added([FIRST, SECOND]).filter(pl.col("lead") == 0)
    people = dict(table.filter(pl.col("grouping") == "user").select("name", "added_by_published").iter_rows())
    assert people == {"ada": 1.0, "bob": -15.0}
    reasons = table.filter(pl.col("grouping") == "reason_code")
    assert reasons["name"].to_list() == ["other", "promotion"]


def test_nodes_and_leads_are_judged_apart() -> None:
    table = added([FIRST, SECOND])
    dairy = table.filter((pl.col("grouping") == "product.department") & (pl.col("name") == "dairy")).sort("lead")
    assert dairy["added_by_published"].to_list() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(("closed", "rows"), [([], 0), ([FIRST], 2)])
def test_buckets_that_are_not_over_are_not_judged(closed: list[date], rows: int) -> None:
    table = added(closed)
    assert table.filter((pl.col("grouping") == "all") & (pl.col("lead") == 0))["observations"].sum() == rows
