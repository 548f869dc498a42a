"""Numbers go out as a worksheet, are edited in a spreadsheet, and come back."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastexcel
import pytest
import xlsxwriter
from fastapi.testclient import TestClient

from dp_assets.domain.access import Role
from dp_assets.domain.planning import Edit, PlannerNumber
from dp_assets.planning import PlanningCycle
from serving.api.worksheet.files import COLUMNS, as_csv, read
from serving.api.worksheet.schemas import WorksheetPreview
from tests.serving.access_makers import GROCERY, SKUS, shown
from tests.serving.makers import CYCLE
from tests.serving.planning_makers import FIRST, Planned, asking, edit, refused

pytestmark = pytest.mark.slow

Sheet = list[dict[str, str]]


class Desk:
    """Somebody with a spreadsheet."""

    def __init__(self, client: TestClient, key: str) -> None:
        self.client, self.key = client, key
        self.ask: Callable[..., Any] = asking(client, key)

    def fetch(self, query: str = "level=department") -> Sheet:
        answer = self.ask("GET", f"/v1/worksheet?format=csv&{query}")
        assert answer.status_code == 200, answer.text
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    def hand_in(self, sheet: Sheet | bytes, path: str = "", **headers: str) -> Any:
        body = sheet if isinstance(sheet, bytes) else as_file(sheet)
        return self.client.post(f"/v1/worksheet{path}", content=body, headers={**shown(self.key), **headers})


def as_file(sheet: Sheet, delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(sheet)
    return out.getvalue().encode()


def as_workbook(sheet: Sheet, formula: str = "", value: float = 0) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, COLUMNS)
        for at, row in enumerate(sheet, start=1):
            page.write_row(at, 0, [row[name] for name in COLUMNS])
        if formula:
            page.write_formula(1, COLUMNS.index("new_quantity"), formula, None, value)
    return out.getvalue()


@pytest.fixture
def place(tmp_path: Path) -> Planned:
    place = Planned(tmp_path)
    place.user("ada", [Role.PLANNER])
    place.user("kept", [Role.PLANNER], GROCERY)
    return place


@pytest.fixture
def ada(place: Planned) -> Iterator[Desk]:
    with place.client() as client:
        yield Desk(client, place.key("ada"))


def filled(row: dict[str, str], **cells: str) -> dict[str, str]:
    return {**row, "reason_code": "promotion", **cells}


def test_a_worksheet_goes_out_is_filled_in_and_comes_back(place: Planned, ada: Desk) -> None:
    sheet = ada.fetch()
    assert [(row["node"], row["new_quantity"]) for row in sheet[:3]] == [("DAIRY", "")] * 3
    sheet[0] = filled(sheet[0], new_quantity="12.5", comment="agreed", lock="yes")
    found = WorksheetPreview.model_validate_json(ada.hand_in(sheet, "/preview").content)
    assert [(one.row, one.node, one.quantity, one.lock) for one in found.changes] == [(2, "DAIRY", 12.5, True)]
    assert (found.refusals, found.unchanged) == ([], len(sheet) - 1)
    assert {one.node for one in found.effect} >= {"DAIRY"}
    assert place.accounts.database.numbers() == []
    answer = ada.hand_in(sheet, **{"Idempotency-Key": "w"})
    assert answer.status_code == 201, answer.text
    assert ada.hand_in(sheet, **{"Idempotency-Key": "w"}).content == answer.content
    (number,) = place.accounts.database.numbers()
    assert (number.node, number.quantity, number.locked, number.comment) == ("DAIRY", 12.5, True, "agreed")
    again = ada.fetch()
    assert (again[0]["override"], again[0]["locked"]) == ("12.5", "yes")


def test_every_row_that_cannot_be_taken_is_named_and_then_none_is(place: Planned, ada: Desk) -> None:
    row = ada.fetch("level=series")[0]
    sheet = [
        filled(row, new_quantity="5"),
        filled(row, new_quantity="6"),
        filled(row, new_quantity="=1+1"),
        filled(row, new_quantity="-3"),
        filled(row, new_quantity="5", reason_code=""),
        filled(row, new_quantity="5", node="sku9999"),
        filled(row, new_quantity="5", bucket_start="soon"),
        filled(row, new_quantity="5", version=""),
        filled(row, new_quantity="5", version="2001-01-01/9"),
        filled(row, new_quantity="5", lock="maybe"),
    ]
    found = ada.hand_in(sheet, "/preview").json()
    assert [one["row"] for one in found["changes"]] == [2]
    assert [one["row"] for one in found["refusals"]] == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    words = ("row 2", "=1+1", "-3", "expected a reason", "no node", "soon", "version", "is current", "maybe")
    assert all(word in one["reason"] for word, one in zip(words, found["refusals"], strict=True))
    assert "9 rows cannot be taken, so none was: row 3" in refused(ada.hand_in(sheet), 422, "edit-refused")
    assert place.accounts.database.numbers() == []


def test_a_number_that_changed_since_is_not_replaced_and_others_are(ada: Desk) -> None:
    sheet = ada.fetch()
    ada.ask("POST", "/v1/overrides", edit("GROCERY"))
    at = next(at for at, row in enumerate(sheet) if (row["node"], row["bucket_start"]) == ("GROCERY", FIRST))
    stale = [filled(sheet[at], new_quantity="5")]
    assert "changed since the worksheet was made" in refused(ada.hand_in(stale), 422, "edit-refused")
    assert ada.hand_in([filled(sheet[0], new_quantity="5")]).status_code == 201


def test_a_workbook_comes_back_with_the_values_that_its_formulas_had(place: Planned, ada: Desk) -> None:
    body = ada.ask("GET", "/v1/worksheet?level=department").content
    frame = fastexcel.read_excel(body).load_sheet(0).to_polars()
    assert tuple(frame.columns) == COLUMNS
    assert frame["published"].dtype.is_numeric()
    sheet = ada.fetch()
    book = as_workbook([filled(sheet[0])], "=40+2", 42)
    assert ada.hand_in(book).status_code == 201
    assert place.accounts.database.numbers()[0].quantity == 42


def test_semicolons_and_decimal_commas_are_read(place: Planned, ada: Desk) -> None:
    assert ada.hand_in(as_file([filled(ada.fetch()[0], new_quantity="1,5")], ";")).status_code == 201
    assert place.accounts.database.numbers()[0].quantity == 1.5


def test_names_that_a_spreadsheet_would_compute_are_guarded_and_come_back() -> None:
    names = ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "plain", "'quoted"]
    body = as_csv([("product", "series", name, *[""] * 9) for name in names])
    cells = [row[2] for row in csv.reader(io.StringIO(body.decode("utf-8-sig")))][1:]
    assert all(cell[0] not in "=+-@" for cell in cells)
    assert [row["node"] for _, row in read(body)] == names


@pytest.mark.parametrize("body", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"PK\x03\x04nothing", b'hierarchy,"x\n'])
def test_what_is_no_worksheet_is_refused(place: Planned, ada: Desk, body: bytes) -> None:
    for path in ("", "/preview"):
        assert refused(ada.hand_in(body, path), 422, "bad-parameter").startswith("expected ")
    assert place.accounts.database.numbers() == []


def test_rows_are_chosen_by_level_attributes_and_buckets(ada: Desk) -> None:
    assert {row["node"] for row in ada.fetch("attribute=department:DAIRY")} == {"sku0002", "sku0003"}
    assert {row["node"] for row in ada.fetch("level=total")} == {"total"}
    assert len(ada.fetch(f"level=total&first={CYCLE}&buckets=2")) == 2
    for query in ("level=shelf", "first=2001-01-01", "level=total&attribute=brand:TEA", "hierarchy=x"):
        refused(ada.ask("GET", f"/v1/worksheet?{query}"), 422, "bad-parameter")


def test_who_is_kept_to_nodes_is_given_those_and_may_fill_in_no_others(place: Planned, ada: Desk) -> None:
    kept = Desk(ada.client, place.key("kept"))
    inside = {sku for sku, above in SKUS.items() if above.startswith("GROCERY")}
    assert {row["node"] for row in kept.fetch("level=series")} == inside
    row = next(row for row in ada.fetch("level=series") if row["node"] not in inside)
    found = kept.hand_in([filled(row, new_quantity="5")], "/preview").json()
    assert "no node" in found["refusals"][0]["reason"]
    refused(kept.hand_in([filled(row, new_quantity="5")]), 422, "edit-refused")


def test_a_row_with_an_unknown_node_is_refused_without_a_search_for_names_like_it(ada: Desk) -> None:
    row = ada.fetch("level=series")[0]
    found = ada.hand_in([filled(row, new_quantity="5", node="sku000")], "/preview").json()
    assert found["refusals"][0]["reason"] == "hierarchy 'product' has no node 'sku000' in this cycle"
    assert "did you mean" in refused(ada.ask("POST", "/v1/overrides", edit("GROCERI")), 404, "unknown-node")


def test_who_is_kept_to_nodes_is_offered_no_names_of_others(place: Planned, ada: Desk) -> None:
    kept = Desk(ada.client, place.key("kept"))
    told = refused(kept.ask("POST", "/v1/overrides", edit("DAIRI")), 404, "unknown-node")
    assert "'DAIRY'" not in told
    assert "'GROCERY'" in refused(kept.ask("POST", "/v1/overrides", edit("GROCERI")), 404, "unknown-node")


def test_a_row_with_a_character_that_no_text_has_is_refused(place: Planned, ada: Desk) -> None:
    row = filled(ada.fetch()[0], new_quantity="5", comment="a\0b")
    (refusal,) = ada.hand_in([row], "/preview").json()["refusals"]
    assert (refusal["row"], "U+0000" in refusal["reason"], "comment" in refusal["reason"]) == (2, True, True)
    refused(ada.hand_in([row]), 422, "edit-refused")


def test_thousands_of_numbers_are_judged_in_a_moment(place: Planned) -> None:
    opened = PlanningCycle.open(place.lake, place.config)
    wish = Edit("product", "GROCERY", CYCLE, 1, 5.0, None, locked=False, reason_code="promotion")
    (number,) = opened.wanted(wish)
    assert opened.advice([PlannerNumber(**vars(number), user="ada")], [number], "ada") == []
    begun = time.perf_counter()
    wanted = [number for _ in range(2_000) for number in opened.wanted(wish)]
    opened.advice([PlannerNumber(**vars(number), user="ada")], wanted, "ada")
    assert time.perf_counter() - begun < 0.5
