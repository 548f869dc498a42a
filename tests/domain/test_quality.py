"""Figures of one file, and their comparison with what the producer delivered before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dp_assets.domain import quality
from dp_assets.domain.config_file import parse_config
from dp_assets.domain.daily_sums import daily_sums
from dp_assets.domain.errors import ConfigError
from dp_assets.domain.quality import (
    DAY_VOLUMES,
    SEEN,
    Delivered,
    day_volumes,
    figures,
    flagged,
    gap_days,
    measures_in_short,
    merge_seen,
    report,
    sentences,
    shown,
    summary,
)
from dp_assets.domain.quality_config import QualityConfig

MONDAY = date(2017, 1, 2)


def sales(week: int = 0, per_day: int = 20, seed: int = 0, skus: int = 10, days: int = 7) -> pl.DataFrame:
    """A week of sales: `per_day` rows a day give or take a few, one or two units each, one price per SKU."""
    rng = np.random.default_rng([seed, week])
    dates = [MONDAY + timedelta(weeks=week, days=day) for day in range(days) for _ in range(per_day + day % 3)]
    sku = rng.integers(1, skus + 1, len(dates))
    return pl.DataFrame(
        {
            "row_number": np.arange(1, len(dates) + 1),
            "sold_on": dates,
            "sku": [str(number) for number in sku],
            "quantity": rng.integers(1, 3, len(dates)).astype(float),
            "unit_price": 1.5 + sku * 0.5,
            "location": [None if number % 4 == 0 else "x" for number in range(len(dates))],
        }
    )


def delivered(rows: pl.DataFrame, number: int, rejected_by: dict[str, int] | None = None) -> Delivered:
    rejected = rejected_by or {}
    found = figures(rows, "transactions", len(rows) + sum(rejected.values()), rejected, ["sku", "location", "quantity"])
    place = f"{number:04d}"
    return Delivered(f"shop-{number}", "shop", place, found, shown(rows, "transactions", place))


def judged(last: pl.DataFrame, earlier: int = 10, rejected_by: dict[str, int] | None = None, **quality: Any) -> Any:
    """The report of a file that comes after ordinary weeks, by (measure, subject)."""
    past = [delivered(sales(week), week) for week in range(earlier)]
    file = delivered(last, earlier, rejected_by)
    seen = merge_seen([one.shown for one in [*past, file]])
    found = report(file, [one.figures for one in past], seen, QualityConfig(**quality))
    return {(row["measure"], row["subject"]): row for row in found.iter_rows(named=True)}


def verdicts(found: Any) -> dict[str, str]:
    return {measure: row["verdict"] for (measure, subject), row in found.items() if row["verdict"] in ("warn", "block")}


def test_an_ordinary_week_is_ok_in_every_respect() -> None:
    found = judged(sales(10))
    assert {row["verdict"] for row in found.values()} == {"ok"}
    assert found["rows", "file"]["value"] == 20 * 7 + 6
    assert found["rows", "file"]["expected"] == 20 * 7 + 6
    assert found["missing_share", "location"]["value"] == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("per_day", [1, 200])
def test_a_file_of_a_tenth_or_ten_times_the_volume_is_noticed(per_day: int) -> None:
    assert {"rows", "units", "day_rows"} <= verdicts(judged(sales(10, per_day=per_day))).keys()


def test_prices_in_cents_are_noticed_by_the_median_price() -> None:
    cents = sales(10).with_columns(pl.col("unit_price") * 100)
    assert verdicts(judged(cents)) == {"median_price": "warn"}


def test_a_file_is_not_judged_by_volume_before_there_is_enough_history() -> None:
    found = judged(sales(3, per_day=400), earlier=3)
    assert found["rows", "file"]["verdict"] == "unjudged"
    assert found["rows", "file"]["compared_with"] == 3


def test_new_skus_are_counted_named_and_not_judged_in_the_first_file() -> None:
    found = judged(sales(10, skus=20))
    assert found["new_sku_share", "file"]["value"] == pytest.approx(0.5)
    assert found["new_sku_share", "file"]["detail"].startswith("10 of 20: 11, 12")
    assert judged(sales(0), earlier=0)["new_sku_share", "file"]["verdict"] == "unjudged"


def test_a_price_and_a_quantity_out_of_line_are_found_with_their_rows() -> None:
    rows = sales(10)
    wrong = pl.col("row_number") == 7
    rows = rows.with_columns(
        pl.when(wrong).then(80995.0).otherwise("quantity").alias("quantity"),
        pl.when(wrong).then(0.01).otherwise("unit_price").alias("unit_price"),
    )
    found = judged(rows)
    sku = rows["sku"][6]
    assert found["quantity_outlier_share", "file"]["value"] == pytest.approx(1 / len(rows))
    assert found["quantity_outlier_share", "file"]["detail"].startswith(f"row 7: 80995 where SKU {sku} usually has ")
    assert found["price_outlier_share", "file"]["detail"].startswith(f"row 7: 0.01 where SKU {sku} usually has ")
    assert found["units", "file"]["verdict"] == "warn"


def test_prices_that_are_not_above_zero_are_outliers() -> None:
    rows = sales(0).with_columns(
        pl.when(pl.col("row_number") <= 3).then(0.0).otherwise("unit_price").alias("unit_price")
    )
    found = judged(rows)["price_outlier_share", "file"]
    assert found["value"] == pytest.approx(3 / len(rows))
    assert found["detail"] == "3 rows not above zero"


def test_rows_rejected_for_a_missing_value_count_as_missing() -> None:
    found = judged(sales(10), rejected_by={"require_sku": 40, "exclude_returns": 14})
    read = 20 * 7 + 6 + 54
    assert found["missing_share", "sku"]["value"] == pytest.approx(40 / read)
    assert found["rejected_share", "file"]["value"] == pytest.approx(54 / read)
    assert found["rejected_share", "file"]["verdict"] == "warn"


def test_gates_block_only_where_somebody_said_so_and_per_producer() -> None:
    gates = {"rejected_share": {"warn": 0.01, "block": 0.2}, "rows": {}}
    huge = sales(10, per_day=400)
    rejected = {"exclude_returns": 2000}
    assert verdicts(judged(huge, rejected_by=rejected, gates=gates))["rejected_share"] == "block"
    assert "rows" not in verdicts(judged(huge, gates=gates))
    own = {"shop": {"rejected_share": {"warn": 0.9}}}
    found = verdicts(judged(huge, rejected_by=rejected, gates=gates, producers=own))
    assert "rejected_share" not in found
    assert "block" not in verdicts(judged(huge, rejected_by=rejected)).values()


def test_a_week_that_never_came_is_a_gap_of_the_next_file() -> None:
    found = judged(sales(11))
    assert found["gap_days", "file"]["value"] == 7
    assert found["gap_days", "file"]["detail"].startswith("2017-03-13, 2017-03-14")
    assert found["gap_days", "file"]["verdict"] == "warn"


def days(*texts: str) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    return np.array(texts, dtype="datetime64[D]")


def test_a_weekday_on_which_the_shop_is_closed_is_no_gap() -> None:
    every = np.arange("2017-01-02", "2017-02-27", dtype="datetime64[D]")
    open_ = every[(every.astype(int) + 3) % 7 != 6]
    assert gap_days(open_, days()).tolist() == []
    without = open_[open_ != np.datetime64("2017-01-18")]
    assert gap_days(without, days()).tolist() == [date(2017, 1, 18)]


def test_a_late_file_that_fills_a_gap_has_none_of_its_own() -> None:
    before = days("2017-01-02", "2017-01-03", "2017-01-06", "2017-01-07")
    assert gap_days(days("2017-01-04", "2017-01-05"), before).tolist() == []
    assert gap_days(days("2017-01-09"), before).tolist() == [date(2017, 1, 8)]


@pytest.mark.slow
def test_impossible_dates_make_long_gaps_but_no_failure() -> None:
    assert len(gap_days(days("0001-01-01", "2017-01-01", "9999-12-31"), days())) > 3_600_000
    every = np.arange("2017-01-02", "2017-02-27", dtype="datetime64[D]")
    before = np.append(every[every != np.datetime64("2017-02-10")], np.datetime64("9999-12-31"))
    assert gap_days(days("2017-02-28"), before).tolist() == [date(2017, 2, 27)]


def test_a_file_without_accepted_rows_is_reported_on() -> None:
    found = judged(sales(10).clear(), rejected_by={"invalid_quantity": 50})
    assert found["rows", "file"]["verdict"] == "warn"
    assert found["rejected_share", "file"]["value"] == 1.0
    assert found["median_price", "file"]["verdict"] == "unjudged"
    assert ("gap_days", "file") not in found


def test_a_master_without_sales_has_only_what_it_can_have() -> None:
    rows = pl.DataFrame({"row_number": [1, 2], "sku": ["1", "2"], "brand": ["a", None]})
    found = figures(rows, "products", 3, {"missing_sku": 1}, ["sku", "brand"])
    assert [(row[0], row[1], row[2]) for row in found.rows()] == [
        ("missing_share", "brand", 0.5),
        ("missing_share", "sku", pytest.approx(1 / 3)),
        ("rejected_share", "file", pytest.approx(1 / 3)),
        ("rows", "file", 2.0),
    ]


def test_findings_are_said_in_words_what_blocks_first() -> None:
    file = delivered(sales(10, per_day=400), 10, {"exclude_returns": 5000})
    past = [delivered(sales(week), week) for week in range(10)]
    quality = QualityConfig.model_validate({"gates": {"rejected_share": {"block": 0.3}}})
    found = report(file, [one.figures for one in past], merge_seen([one.shown for one in past]), quality)
    said = sentences(flagged(found), limit=2)
    assert said[0].startswith("shop-10: rejected_share is 64.1%")
    assert said[1].startswith("shop-10: rows is 2,806, usually 146 (score ") or "day_" in said[1]
    assert said[2].startswith("and ")
    by_measure = {row["measure"]: row for row in summary(found).iter_rows(named=True)}
    assert (by_measure["rejected_share"]["block"], by_measure["rows"]["warn"]) == (1, 1)
    volumes = day_volumes(found)
    assert volumes["flagged"].all()
    assert volumes["rows"].sum() == 2806


def test_findings_of_many_files_are_said_once_per_measure_with_the_worst_file() -> None:
    rejected = {3: 50, 5: 200, 7: 20}
    quality = QualityConfig.model_validate({"gates": {"rejected_share": {"warn": 0.1}}})
    reports = [
        report(delivered(sales(week), week, {"exclude_returns": count}), [], merge_seen([]), quality)
        for week, count in rejected.items()
    ]
    said = measures_in_short(pl.concat(reports))
    (share,) = [line for line in said if line.startswith("rejected_share")]
    assert share.startswith("rejected_share stands out in 3 file(s), most in shop-5: rejected_share is ")
    assert len(said) == len({line.split(" ")[0] for line in said})


def slow_scores(values: list[float], value: float) -> float:
    levels = [float(np.arcsinh(one)) for one in values]
    centre = float(np.median(levels))
    spread = max(1.4826 * float(np.median([abs(one - centre) for one in levels])), 0.1)
    return abs(float(np.arcsinh(value)) - centre) / spread


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=6, max_size=9), st.integers(1, 200))
def test_scores_equal_their_slow_twin(volumes: list[int], last: int) -> None:
    past = [delivered(sales(week, per_day=count, days=1), week) for week, count in enumerate(volumes)]
    file = delivered(sales(len(volumes), per_day=last, days=1), len(volumes))
    found = report(file, [one.figures for one in past], merge_seen([]), QualityConfig())
    rows = {row["measure"]: row for row in found.iter_rows(named=True)}
    assert rows["rows"]["score"] == pytest.approx(slow_scores([float(one) for one in volumes], float(last)))
    with_itself = [float(one) for one in [*volumes, last]]
    assert rows["day_rows"]["score"] == pytest.approx(slow_scores(with_itself, float(last)))
    assert rows["day_rows"]["compared_with"] == len(volumes) + 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.randoms())
def test_what_was_seen_depends_neither_on_order_nor_on_repetition(weeks: list[int], shuffled: Any) -> None:
    parts = [shown(sales(week, per_day=2, skus=40), "transactions", f"{week:04d}") for week in weeks]
    together = merge_seen(parts)
    shuffled.shuffle(parts)
    step_by_step = pl.DataFrame(schema=SEEN)
    for part in [*parts, *parts]:
        step_by_step = merge_seen([step_by_step, part])
    assert step_by_step.equals(together)


def test_what_came_later_changes_no_report() -> None:
    past = [delivered(sales(week), week) for week in range(8)]
    file, later = delivered(sales(8, skus=14), 8), delivered(sales(9, skus=30), 9)
    history = [one.figures for one in past]
    before = report(file, history, merge_seen([one.shown for one in [*past, file]]), QualityConfig())
    after = report(file, history, merge_seen([one.shown for one in [*past, file, later]]), QualityConfig())
    assert before.equals(after)
    assert set(DAY_VOLUMES) <= set(before["measure"])


PRODUCER = "producers: [{name: shop, files: ['*'], columns: {sku: a, sold_at: b, quantity: c}}]\n"


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        ("{gates: {rows: {warn: 9, block: 5}}}", "expected warn at or below block, got warn 9 and block 5"),
        ("{gates: {row: {warn: 9}}}", "did you mean 'rows'"),
        ("{producers: {shpo: {rows: {warn: 9}}}}", "expected one of the producers ['shop'], got 'shpo'"),
        ("{gates: {rows: {warn: -1}}}", "quality.gates.rows.warn"),
    ],
)
def test_mistakes_in_gates_are_named_with_their_line(quality: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config(f"{PRODUCER}quality: {quality}\n")
    assert said in str(error.value)
    assert str(error.value).startswith("demand.yaml:2: quality")


VALUES = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from([-1.0, 0.0, 1.0, 2.0, 4.0, 5.0, 5.01, 9.0, 50.0, 1e6]), st.booleans()
    ),
    min_size=1,
    max_size=40,
)


@given(VALUES)
@settings(deadline=None)
def test_files_without_suspects_have_no_outliers(values: list[tuple[str, float, bool]]) -> None:
    rows = pl.DataFrame(
        {
            "row_number": range(1, len(values) + 1),
            "sku": [sku for sku, _, _ in values],
            "unit_price": [None if is_missing else value for _, value, is_missing in values],
        },
        schema_overrides={"unit_price": pl.Float64},
    )
    suspect = quality._may_hold_outliers(rows, {"unit_price": quality.PRICE_FLOOR})
    assert suspect["unit_price"] or quality._outliers(rows, "unit_price", quality.PRICE_FLOOR) == ([], 0)


@given(st.lists(st.tuples(st.integers(-3, 400), st.integers(-5, 9)), max_size=50))
@settings(deadline=None)
def test_sums_per_day_equal_their_slow_twin(lines: list[tuple[int, int]]) -> None:
    rows = pl.DataFrame(
        {
            "sold_on": [MONDAY + timedelta(days=day) for day, _ in lines],
            "quantity": [float(units) for _, units in lines],
        },
        schema={"sold_on": pl.Date, "quantity": pl.Float64},
    )
    expected = rows.group_by("sold_on").agg(pl.len().cast(pl.Int64).alias("rows"), pl.col("quantity").sum())
    assert_frame_equal(daily_sums(rows), expected.sort("sold_on"))
