"""Causes of outliers: each planted cause is found by what points to it, and nothing is made up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from dp_assets.domain.contracts import OUTLIER_LOG
from dp_assets.domain.outlier_causes import outlier_causes
from dp_assets.domain.panel import Panel
from tests.domain.reason_worlds import HISTORY, Sales, make_sales

BUCKET = HISTORY - 5
ROW, NAME = 2, "sku0002"


def calm() -> Sales:
    """No promotion anywhere."""
    sales = make_sales()
    return sales.with_values("promoted", slice(None), slice(None), 0)


def outlier(panel: Panel) -> pl.DataFrame:
    day = panel.starts[BUCKET].item()
    frame = pl.DataFrame(
        {"series_id": [NAME], "bucket_start": [day], "original": [90.0], "capped": [40.0], "threshold": [40.0]}
    )
    return OUTLIER_LOG.conform(frame.with_columns(promoted=pl.lit(False)))


def line(day: date, quantity: float, transactions: int, file: str = "shop-1") -> dict[str, object]:
    return {
        "series_id": NAME,
        "bucket_start": day,
        "file_version_id": file,
        "event": "landed",
        "known_from": datetime(2017, 1, 1, tzinfo=UTC),
        "quantity": quantity,
        "transactions": transactions,
    }


def ordinary(panel: Panel) -> list[dict[str, object]]:
    """Two units a line in every bucket but that of the outlier."""
    days = [day for number, day in enumerate(panel.starts[: panel.history].tolist()) if number != BUCKET]
    return [line(day, 30.0, 15) for day in days]


def causes(panel: Panel, *extra: dict[str, object]) -> list[tuple[str, str]]:
    table = outlier_causes(outlier(panel), pl.DataFrame([*ordinary(panel), *extra]), panel)
    assert table["excess"].unique().to_list() == [50.0]
    return list(table.sort("rank").select("cause", "evidence").iter_rows())


def test_the_same_sales_from_two_files_are_a_duplicate() -> None:
    panel = calm().panel(HISTORY)
    day = panel.starts[BUCKET].item()
    found = causes(panel, line(day, 45.0, 22, "north-1"), line(day, 45.0, 22, "south-9"))
    assert found == [("feed_duplicate", "north-1 and south-9 both report 45 units in 22 lines")]


def test_a_duplicate_that_was_taken_back_is_none() -> None:
    panel = calm().panel(HISTORY)
    day = panel.starts[BUCKET].item()
    rows = [line(day, 45.0, 22, "north-1"), line(day, 45.0, 22, "south-9"), line(day, -45.0, -22, "south-9")]
    assert causes(panel, *rows) == [("unknown", "nothing points to a cause")]


def test_few_big_lines_are_a_bulk_order() -> None:
    panel = calm().panel(HISTORY)
    assert causes(panel, line(panel.starts[BUCKET].item(), 90.0, 9)) == [
        ("bulk_order", "10 units per line in 9 lines, usually 2")
    ]


def test_a_promotion_is_named_with_its_kind() -> None:
    panel = calm().with_values("promoted", ROW, BUCKET, 0.4).panel(HISTORY)
    assert causes(panel, line(panel.starts[BUCKET].item(), 90.0, 45)) == [("promotion", "leaflet 40%")]


def test_a_low_price_is_named() -> None:
    panel = calm().with_values("price", ROW, BUCKET, 2.0).panel(HISTORY)
    ((cause, evidence),) = causes(panel, line(panel.starts[BUCKET].item(), 90.0, 45))
    assert cause == "price"
    assert evidence.endswith("% below its usual")


def test_causes_are_ranked_from_the_most_specific() -> None:
    panel = calm().with_values("promoted", ROW, BUCKET, 0.4).panel(HISTORY)
    found = causes(panel, line(panel.starts[BUCKET].item(), 90.0, 9))
    assert [cause for cause, _ in found] == ["bulk_order", "promotion"]


def test_nothing_is_made_up() -> None:
    panel = calm().panel(HISTORY)
    assert causes(panel, line(panel.starts[BUCKET].item(), 90.0, 45)) == [("unknown", "nothing points to a cause")]


@pytest.mark.parametrize("kind", ["event_fair", "holiday"])
def test_events_and_holidays_are_named(kind: str) -> None:
    from dataclasses import replace

    panel = calm().panel(HISTORY)
    calendar = np.zeros((len(panel.starts), 1), np.float32)
    calendar[BUCKET] = 1
    panel = replace(panel, calendar=calendar, calendar_names=(kind,))
    expected = {"event_fair": ("event", "fair"), "holiday": ("holiday", "a public holiday falls into the bucket")}
    assert causes(panel, line(panel.starts[BUCKET].item() + timedelta(0), 90.0, 45)) == [expected[kind]]


def test_without_outliers_there_are_no_causes() -> None:
    panel = calm().panel(HISTORY)
    assert outlier_causes(OUTLIER_LOG.empty(), pl.DataFrame(), panel).is_empty()
