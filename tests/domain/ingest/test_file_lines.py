"""What ingestion notes of files that restate each other's lines or dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.file_lines import EVERYTHING, Dates, declared_dates, is_indexed
from dp_assets.domain.ingest.mapping import useful_columns
from dp_assets.domain.ingest.mapping_entries import source_columns
from dp_assets.domain.ingest.readers import detect_file, open_source
from dp_assets.domain.ingest.unified import FileHeader
from dp_assets.domain.ingest.unify_chunks import Totals, unify_chunks
from dp_assets.domain.restatement_config import RestatementConfig
from tests.landed import COLUMNS, shop_config

HEADER = "item,day,qty,money,id\n"
ROWS = {"by": "rows"}
FILTERS = [{"kind": "positive_quantity"}, {"kind": "date_range", "last": date(2017, 12, 31)}]


def shop(rule: dict[str, Any], **rest: Any) -> DemandConfig:
    return shop_config(
        restatement=rule, columns={**COLUMNS, "transaction_id": "id"}, config={"filters": FILTERS}, **rest
    )


@dataclass
class Whole:
    """A whole file as it was unified; `lines` is None where none are noted."""

    rows: pl.DataFrame
    rejected: pl.DataFrame
    lines: pl.DataFrame | None
    totals: Totals

    @property
    def replaces(self) -> Dates | None:
        return self.totals.replaces


def unified(tmp_path: Path, lines: str, config: DemandConfig, uri: str = "shop/a.csv") -> Whole:
    path, producer = tmp_path / "file", config.producers[0]
    path.write_text(HEADER + lines)
    mapping = useful_columns(producer, config)
    header = FileHeader("shop-1", "shop", datetime(2017, 2, 1, tzinfo=UTC), uri)
    parts: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    noted: list[pl.DataFrame] = []
    with open_source(path, detect_file(path, producer), producer, source_columns(mapping)) as reading:
        totals = unify_chunks(
            reading, mapping, producer, config, header, lambda *tables: parts.append(tables), write_lines=noted.append
        )
    rows, rejected = (pl.concat(tables) for tables in zip(*parts, strict=True))
    return Whole(rows, rejected, pl.concat(noted) if is_indexed(producer, config) else None, totals)


def reasons(found: Whole) -> dict[int, str]:
    return dict(found.rejected.select("row_number", "reason").iter_rows())


def test_files_that_only_replace_their_own_name_note_nothing(tmp_path: Path) -> None:
    found = unified(tmp_path, "milk,2017-01-02,2,,\n", shop({"by": "file"}))
    assert found.lines is None
    assert found.replaces is None
    assert len(found.rows) == 1


def test_a_line_without_its_transaction_is_rejected_where_lines_are_corrected(tmp_path: Path) -> None:
    found = unified(tmp_path, "milk,2017-01-02,2,,t1\nmilk,2017-01-02,2,,\n", shop(ROWS))
    assert reasons(found) == {2: "missing_transaction_id"}
    assert "by which the producer's files restate its lines" in found.rejected["detail"][0]
    assert found.lines["line_key"].to_list() == ["t1\x1fmilk"]


def test_zero_and_what_a_filter_rejects_withdraws_and_what_cannot_be_understood_does_not(tmp_path: Path) -> None:
    lines = [
        "milk,2017-01-02,0,5,t1",
        "milk,2017-01-02,-3,,t2",
        "milk,2018-01-02,3,,t3",
        "milk,soon,3,,t4",
        "milk,2017-01-02,4,,t5",
    ]
    found = unified(tmp_path, "\n".join(lines) + "\n", shop(ROWS))
    assert reasons(found) == {1: "cancelled", 2: "positive_quantity", 3: "date_range", 4: "invalid_sold_at"}
    noted = found.lines.select("row_number", "line_key", "rows", "quantity").rows()
    assert [(number, key[:2], rows, units) for number, key, rows, units in noted] == [
        (1, "t1", 0, 0.0),
        (2, "t2", 0, 0.0),
        (3, "t3", 0, 0.0),
        (5, "t5", 1, 4.0),
    ]
    assert found.totals.units_rejected_by == {
        "cancelled": 0.0,
        "date_range": 3.0,
        "invalid_sold_at": 3.0,
        "positive_quantity": -3.0,
    }


def test_a_line_of_no_location_is_identified_like_any_other(tmp_path: Path) -> None:
    config = shop_config(
        restatement={"by": "rows", "key": ["transaction_id", "location"]},
        columns={"sku": "item", "sold_at": "day", "quantity": "qty", "transaction_id": "id", "location": "money"},
    )
    found = unified(tmp_path, "milk,2017-01-02,2,rome,t1\nmilk,2017-01-02,2,,t1\n", config)
    assert found.lines["line_key"].to_list() == ["t1\x1frome", "t1\x1f"]


def test_dates_are_noted_as_days_and_a_day_whose_rows_are_all_rejected_is_replaced_too(tmp_path: Path) -> None:
    lines = "milk,2017-01-03,2,,\nsalt,2017-01-03,1,,\nmilk,2017-01-09,-1,,\nmilk,2071-01-03,2,,\n"
    found = unified(tmp_path, lines, shop({"by": "dates"}))
    assert found.replaces == (date(2017, 1, 3), date(2017, 1, 9))
    assert found.lines.select("row_number", "sold_on", "rows", "quantity").rows() == [(None, date(2017, 1, 3), 2, 3.0)]


def test_a_file_without_rows_replaces_nothing_by_its_content(tmp_path: Path) -> None:
    assert unified(tmp_path, "", shop({"by": "dates"})).replaces is None


def test_a_whole_history_without_an_accepted_row_is_refused(tmp_path: Path) -> None:
    everything = shop({"by": "dates", "range": "everything"})
    assert unified(tmp_path, "milk,2017-01-03,2,,\n", everything).replaces == EVERYTHING
    with pytest.raises(FileRejectedError, match="expected the whole history of its producer, got no row"):
        unified(tmp_path, "milk,2017-01-03,-2,,\n", everything)


MONTHS = {"by": "dates", "range": "name", "pattern": r"(?P<first>\d{4}-\d{2})"}


def test_rows_outside_the_dates_that_the_path_declares_are_rejected(tmp_path: Path) -> None:
    lines = "milk,2017-01-31,2,,\nmilk,2017-02-01,2,,\n"
    found = unified(tmp_path, lines, shop(MONTHS), "shop/2017-01.csv")
    assert found.replaces == (date(2017, 1, 1), date(2017, 1, 31))
    assert reasons(found) == {2: "outside_declared_dates"}
    assert unified(tmp_path, "", shop(MONTHS), "shop/2017-02.csv").replaces == (date(2017, 2, 1), date(2017, 2, 28))


@pytest.mark.parametrize(
    ("uri", "pattern", "dates"),
    [
        ("a/2017-03-05.csv", r"(?P<first>\d{4}-\d\d-\d\d)", ("2017-03-05", "2017-03-05")),
        ("a/20170305_20170311.csv", r"(?P<first>\d{8})_(?P<last>\d{8})", ("2017-03-05", "2017-03-11")),
        ("a/201612.csv", r"(?P<first>\d{6})", ("2016-12-01", "2016-12-31")),
        ("a/2016.csv", r"(?P<first>\d{4})", ("2016-01-01", "2016-12-31")),
        ("a/2016-11-to-2017-02.csv", r"(?P<first>\d{4}-\d\d)(-to-(?P<last>\d{4}-\d\d))?", ("2016-11-01", "2017-02-28")),
        ("a/2016-11.csv", r"(?P<first>\d{4}-\d\d)(-to-(?P<last>\d{4}-\d\d))?", ("2016-11-01", "2016-11-30")),
    ],
)
def test_paths_name_days_months_and_years(uri: str, pattern: str, dates: tuple[str, str]) -> None:
    rule = RestatementConfig(by="dates", range="name", pattern=pattern)
    found = declared_dates(uri, rule)
    assert found is not None
    assert tuple(map(str, found)) == dates


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("a/march.csv", "expected dates in the path 'a/march.csv'"),
        ("a/2017-13.csv", "expected a day, a month or a year"),
        ("a/2017-03_2017-02.csv", "in order, found 2017-03-01 to 2017-02-28"),
    ],
)
def test_a_path_without_dates_sends_its_file_to_quarantine(uri: str, said: str) -> None:
    rule = RestatementConfig(by="dates", range="name", pattern=r"(?P<first>\d{4}-\d\d)(_(?P<last>\d{4}-\d\d))?")
    with pytest.raises(FileRejectedError, match=said):
        declared_dates(uri, rule)


@pytest.mark.parametrize("rule", [ROWS, {"by": "dates"}, MONTHS])
def test_a_file_of_many_slices_notes_what_it_notes_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: dict[str, Any]
) -> None:
    days = [f"2017-01-{day:02d}" for day in (9, 2, 31)]
    lines = "".join(f"milk,{days[number % 3]},{number % 4},,t{number}\n" for number in range(200))
    whole = unified(tmp_path, lines, shop(rule), "shop/2017-01.csv")
    monkeypatch.setattr("dp_assets.domain.ingest.plain_csv.slices.__defaults__", (500,))
    cut = unified(tmp_path, lines, shop(rule), "shop/2017-01.csv")
    assert_frame_equal(cut.lines, whole.lines)
    assert cut.replaces == whole.replaces
    assert cut.totals.units_rejected_by == whole.totals.units_rejected_by
