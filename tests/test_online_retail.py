"""The example on web-shop lines: the same mess in small, and what becomes of every line of it."""

from __future__ import annotations

import random
import runpy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.config_file import load_config
from dp_assets.domain.ingest.mapping import with_mapping_tables
from dp_assets.domain.ledger import file_ledger, imbalances, rejections
from tests.landed import World

REPOSITORY = Path(__file__).parent.parent
EXAMPLE = REPOSITORY / "examples/online_retail"
MONDAY = datetime(2010, 1, 4, 8)  # noqa: DTZ001
Line = tuple[str, str, str | None, int, datetime, float, str]

MESS: dict[str, list[tuple[str, str, int, float]]] = {
    "postage": [("", "POST", 1, 18.0), ("", "DOT", 1, 120.5), ("", "C2", 1, 50.0), ("C", "POST", -1, 18.0)],
    "discount": [("C", "D", -1, 27.5)],
    "manual_entry": [("", "M", 1, 4.0), ("", "m", 1, 2.5)],
    "bank_charges": [("C", "BANK CHARGES", -1, 15.0)],
    "marketplace_fee": [("C", "AMAZONFEE", -1, 13541.33)],
    "sample": [("", "S", -1, 30.0)],
    "adjustment": [("A", "B", 1, -11062.06), ("", "ADJUST", 1, 5.0), ("", "ADJUST2", 1, 7.0)],
    "charity_commission": [("C", "CRUK", -1, 52.24)],
    "gift_voucher": [("", "gift_0001_20", 1, 17.02)],
    "test_product": [("", "TEST001", 5, 4.5)],
    "cancelled_invoice": [("C", "22423", -2, 12.75), ("C", "23843", -80995, 2.08)],
    "exclude_returns": [("", "21232", -30, 0.0)],
    "no_price": [("", "21232", 4, 0.0), ("", "DCGS0004", 1, 0.0)],
    "bulk_order": [("", "23843", 80995, 2.08)],
}
"""Filter → lines that it rejects: prefix of the invoice, stock code, quantity, price."""
EARLY_LINES = 3


@pytest.fixture(scope="module")
def config() -> DemandConfig:
    return with_mapping_tables(load_config(EXAMPLE / "demand.yaml"), EXAMPLE)


def messy_lines(seed: int = 1, weeks: int = 3) -> list[Line]:
    """Invoice lines as the web shop's: sales of a few products, and the mess strewn among them."""
    chance = random.Random(seed)
    names = {"21232": "STRAWBERRY CERAMIC TRINKET BOX", "85123a": "HEART, HANGING, 10.00", "22423": 'CAKESTAND 3" TIER'}
    lines: list[Line] = []

    def add(prefix: str, code: str, quantity: int, price: float, at: datetime) -> None:
        invoice = f"{prefix}{489434 + len(lines) // 3}"
        lines.append((invoice, code, names.get(code), quantity, at, price, chance.choice(["EIRE", "United Kingdom"])))

    for day in range(7 * weeks):
        for _ in range(chance.randrange(2, 9)):
            code = chance.choice([*names, "85123A"])
            moment = MONDAY + timedelta(days=day, minutes=chance.randrange(600))
            add("", code, chance.randrange(1, 25), chance.choice([1.25, 2.55, 12.75]), moment)
    for wrong in MESS.values():
        for prefix, code, quantity, price in wrong:
            moment = MONDAY + timedelta(minutes=chance.randrange(60 * 24 * 7 * weeks))
            add(prefix, code, quantity, price, moment)
    for _ in range(EARLY_LINES):
        add("", "22423", 6, 12.75, datetime(2009, 12, 1, 7, 45))  # noqa: DTZ001
    chance.shuffle(lines)
    return lines


def prepared(lines: list[Line], folder: Path) -> pl.DataFrame:
    """The lines as prepare.py writes them below the folder, one file a week; the lines as a frame."""
    prepare = runpy.run_path(str(EXAMPLE / "prepare.py"))
    frame = pl.DataFrame(lines, schema=prepare["COLUMNS"], orient="row").sort("InvoiceDate")
    prepare["write_weeks"](frame, folder)
    return frame


@pytest.fixture(scope="module")
def world(config: DemandConfig, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("online_retail")
    world = World(folder, config, now=datetime(2011, 12, 10, 12, tzinfo=UTC))
    prepared(messy_lines(), folder / "landing/web_shop")
    for one in world.register():
        world.ingest(one.file_version_id)
    return world


def test_every_line_of_the_mess_is_rejected_by_the_filter_that_names_it(world: World) -> None:
    rejected = rejections(file_ledger(world.commits()))
    expected = {name: len(lines) for name, lines in MESS.items()} | {"date_range": EARLY_LINES}
    assert dict(rejected.select("reason", "rows").iter_rows()) == expected


def test_every_line_and_unit_is_accounted_for(world: World) -> None:
    lines = messy_lines()
    ledger = file_ledger(world.commits())
    assert imbalances(ledger) == []
    assert ledger["rows_read"].sum() == len(lines)
    assert ledger["units_read"].sum() == sum(line[3] for line in lines)
    mess = sum(quantity for wrong in MESS.values() for _, _, quantity, _ in wrong)
    assert ledger["units_rejected"].sum() == mess + 6 * EARLY_LINES


def test_dates_encoding_commas_and_variants_are_read_as_they_were_meant(world: World, config: DemandConfig) -> None:
    rows = world.lake.read_all("unified_transactions")
    assert rows is not None
    assert set(rows["sku"]) == {"21232", "85123A", "22423"}
    assert set(rows["article"]) == {"21232", "85123", "22423"}
    assert (rows["sold_on"].min().year, rows["sold_on"].max().month) == (2010, 1)
    assert rows["revenue"].sum() == pytest.approx((rows["quantity"] * rows["unit_price"]).sum())
    rejected = world.lake.read_all("rejected_rows")
    assert rejected is not None
    assert rejected.filter(pl.col("reason") == "gift_voucher")["original"].str.contains("gift_0001_20").all()


def test_each_week_counts_as_known_from_the_end_of_its_last_day(world: World) -> None:
    arrivals = [record["arrived_at"] for record in world.commits() if "2010-01-04" in record["uri"]]
    assert arrivals == ["2010-01-11T00:00:00+00:00"]


def test_both_sheets_of_the_workbook_are_read_and_their_shared_days_once(tmp_path: Path) -> None:
    import xlsxwriter

    prepare = runpy.run_path(str(EXAMPLE / "prepare.py"))
    header = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
    first = [489434, 21232, "BOX, £5", 12, datetime(2009, 12, 1, 7, 45), 6.95, 13085, "United Kingdom"]  # noqa: DTZ001
    shared = ["536365", "85123A", "HEART", 6, datetime(2010, 12, 1, 8, 26), 2.55, 17850, "EIRE"]  # noqa: DTZ001
    last = ["C581484", "POST", None, -1, datetime(2011, 12, 9, 9, 27), 2.08, None, "France"]  # noqa: DTZ001
    path = tmp_path / "online_retail_II.xlsx"
    with xlsxwriter.Workbook(path) as book:
        dates = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for sheet, rows in {"Year 2009-2010": [first, shared], "Year 2010-2011": [shared, last]}.items():
            page = book.add_worksheet(sheet)
            page.write_row(0, 0, header)
            for number, row in enumerate(rows, start=1):
                page.write_row(number, 0, row)
                page.write_datetime(number, 4, row[4], dates)
    lines = prepare["read_lines"](path)
    assert lines["Invoice"].to_list() == ["489434", "536365", "C581484"]
    assert lines["StockCode"].to_list() == ["21232", "85123A", "POST"]
    assert prepare["write_weeks"](lines, tmp_path / "weeks") == 3
    written = (tmp_path / "weeks/2009-11-30.csv").read_bytes()
    assert b'489434,21232,"BOX, \xa35",12,01/12/2009 07:45,6.95,United Kingdom' in written


def test_the_readme_names_every_filter_of_the_configuration(config: DemandConfig) -> None:
    text = (EXAMPLE / "README.md").read_text()
    names: list[Any] = [getattr(one, "name", one.kind) for one in config.filters]
    assert [name for name in names if f"`{name}`" not in text] == []
