"""Every kind of file that people and machines send, through the real path from landing to commit.

A variant is bytes, what its producer declares, and what must become of it: accepted with so many rows of so many units,
or in quarantine for a reason. In both cases every row is accounted for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from tests import foreign_files as foreign
from tests.foreign_files import ROWS
from tests.landed import World, encode, make_rows, shop_config

COLUMNS = {"sku": "item", "sold_at": "day", "quantity": "qty"}
TEXT = ROWS.decode()
DAYS = [datetime(2017, 1, 2), datetime(2017, 1, 3), datetime(2017, 1, 10)]  # noqa: DTZ001
FRAME = pl.DataFrame({"item": ["A1", "B2", "C3"], "day": DAYS, "qty": [1.0, 2.0, 3.0]})
LINES = b'{"item":"A1","day":"2017-01-02","qty":1}\n{"item":"B2","day":"2017-01-03","qty":2}\n'
ORDERS = {
    "order": {"id": 7, "day": "2017-01-02", "lines": [{"sku": "A1", "n": 2}, {"sku": "B2", "n": 3}]},
    "store": "north",
}
ORDER_COLUMNS = {"sku": "order.lines.sku", "sold_at": "order.day", "quantity": "order.lines.n", "location": "store"}
SMALL = {"max_line_bytes": 4096, "max_expansion_ratio": 50, "max_columns": 100, "max_members": 5}


@dataclass(frozen=True)
class Variant:
    """A file and its fate.

    Attributes:
        name: what is special about it.
        data: its bytes, or what makes them.
        accepted: rows accepted; None where it belongs in quarantine.
        reason: pattern of the reason of a quarantine, or of the first rejected row.
        rejected: rows rejected.
        units: quantity accepted, where it tells something.
        format: as recorded, where it tells something.
        producer: what the producer declares.
    """

    name: str
    data: bytes | Callable[[], bytes]
    accepted: int | None = 3
    reason: str = ""
    rejected: int = 0
    units: float | None = None
    format: str | None = None
    producer: dict[str, Any] = field(default_factory=dict)


def json_bytes(*documents: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in documents)


CSV = [
    Variant("plain", ROWS, units=6, format="csv"),
    Variant("semicolons nobody declared", ROWS.replace(b",", b";")),
    Variant("tabs nobody declared", ROWS.replace(b",", b"\t")),
    Variant("bars nobody declared", ROWS.replace(b",", b"|")),
    Variant("carets, declared", ROWS.replace(b",", b"^"), producer={"csv": {"delimiter": "^"}}),
    Variant(
        "semicolons where commas are declared",
        ROWS.replace(b",", b";"),
        None,
        "expected the column",
        producer={"csv": {"delimiter": ","}},
    ),
    Variant(
        "decimal commas between semicolons",
        b"item;day;qty\nA1;2017-01-02;1.234,5\n",
        1,
        units=1234.5,
        producer={"csv": {"decimal": ",", "thousands": "."}},
    ),
    Variant("single quotes", b"item,day,qty\n'A,1',2017-01-02,1\n", 1, producer={"csv": {"quote": "'"}}),
    Variant(
        "quotes that quote nothing",
        b'item,day,qty\n"A,2017-01-02,1\nB",2017-01-02,1\n',
        2,
        producer={"csv": {"quote": ""}},
    ),
    Variant(
        "comments above and between",
        b"# made by hand\nitem,day,qty\n# more\nA#1,2017-01-02,1\n",
        1,
        producer={"csv": {"comment": "#"}},
    ),
    Variant("header further down", b"Sales report\n\n" + ROWS, producer={"csv": {"header_row": 3}}),
    Variant("UTF-8 with a byte order mark", b"\xef\xbb\xbf" + ROWS),
    Variant("UTF-16 with a byte order mark", TEXT.encode("utf-16")),
    Variant("UTF-16 without one", TEXT.encode("utf-16-le")),
    Variant("UTF-32 with a byte order mark", TEXT.encode("utf-32")),
    Variant(
        "Latin-1, declared", TEXT.replace("A1", "Größe").encode("latin-1"), producer={"csv": {"encoding": "latin-1"}}
    ),
    Variant("Latin-1 nobody declared", TEXT.replace("A1", "Größe").encode("latin-1"), None, "utf-8"),
    Variant("half a UTF-16 character at the end", TEXT.encode("utf-16")[:-1], None, "is not utf-16-le text"),
    Variant("German dates", b"item,day,qty\nA1,02.01.2017,1\n", 1, producer={"date_format": "%d.%m.%Y"}),
    Variant("mixed line endings", b"item,day,qty\r\nA1,2017-01-02,1\nB2,2017-01-03,2\rC3,2017-01-10,3\r\n", units=6),
    Variant("old Macintosh line endings", ROWS.replace(b"\n", b"\r"), units=6),
    Variant(
        "ragged rows", b"item,day,qty\nA1,2017-01-02\nB2,2017-01-03,2,x\nC3,2017-01-10,3,\n", 1, "missing_quantity", 2
    ),
    Variant("header only", b"item,day,qty\n", 0),
    Variant("a repeated useful column", b"item,day,qty,qty\nA1,2017-01-02,1,2\n", None, "once, found \\['qty'\\]"),
    Variant("empty column names", b"item,,day,,qty\nA1,x,2017-01-02,y,1\n", 1),
    Variant("decomposed letters in the header", "itë̈m,day,qty\nA,2017-01-02,1\n".encode(), None, "expected the column"),
    Variant(
        "a quoted field that never ends",
        b'item,day,qty\nA1,2017-01-02,1\n"B2,2017-01-03,2\nC3,2017-01-10,3\n',
        None,
        "each quoted field to end",
    ),
    Variant(
        "formulas meant for a spreadsheet",
        b"item,day,qty\n\"=cmd|'/C calc'!A0\",2017-01-02,1\n@SUM(1),2017-01-02,1\n",
        2,
    ),
    Variant(
        "no numbers",
        ROWS * 2 + b"A1,2017-01-02,NaN\nB2,2017-01-02,inf\nC3,2017-01-02,1e999\n",
        6,
        "invalid_quantity",
        4,
    ),
    Variant("a number that no shop sells", ROWS + b"A1,2017-01-02,1e300\n", 3, "invalid_quantity", 1),
    Variant("negative zero", b"item,day,qty\nA1,2017-01-02,-0\n", 0, "positive_quantity", 1),
    Variant("dates of the year 1 and 9999", ROWS + b"A1,0001-01-01,1\nB2,9999-12-31,2\n", 3, "invalid_sold_at", 2, 6),
    Variant("zero bytes", b"item,day,qty\nA\x001,2017-01-02,1\n", None, "unknown binary data"),
    Variant("SKUs that look alike", "item,day,qty\nA1,2017-01-02,1\nА1,2017-01-02,2\nＡ1,2017-01-02,3\n".encode()),
    Variant(
        "one endless line",
        lambda: b"item,day,qty\nA1,2017-01-02," + b"1" * 20_000,
        None,
        "lines of at most 4,096",
        producer={"limits": SMALL},
    ),
    Variant(
        "a million columns",
        lambda: b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n",
        None,
        "at most 16,384 columns",
    ),
    Variant("empty", b"", None, "an empty file"),
    Variant("blank", b" \n\n ", None, "an empty file"),
]
JSON = [
    Variant("NDJSON", LINES, 2, format="ndjson"),
    Variant("NDJSON in UTF-16", LINES.decode().encode("utf-16"), 2),
    Variant("an array", b"[" + LINES.replace(b"}\n{", b"},\n{") + b"]", 2, format="json"),
    Variant("an empty array", b"[]", 0),
    Variant("truncated NDJSON", LINES[:-9], None, "cannot be read as ndjson"),
    Variant("a truncated array", b"[" + LINES[:40] + b",", None, "cannot be read as json"),
    Variant(
        "nested objects",
        json_bytes({"p": {"sku": "A1"}, "at": {"day": "2017-01-02"}, "qty": 1}),
        1,
        producer={"columns": {"sku": "p.sku", "sold_at": "at.day", "quantity": "qty"}},
    ),
    Variant(
        "keys with dots",
        json_bytes({"p.sku": "A1", "day": "2017-01-02", "qty": 1}),
        1,
        producer={"columns": {**COLUMNS, "sku": "p.sku"}},
    ),
    Variant(
        "orders with lines",
        json_bytes(ORDERS, ORDERS),
        4,
        units=10,
        producer={"columns": ORDER_COLUMNS, "records": "order.lines"},
    ),
    Variant(
        "one document over many lines",
        json.dumps(ORDERS, indent=1).encode(),
        2,
        units=5,
        format="json",
        producer={"columns": ORDER_COLUMNS, "records": "order.lines"},
    ),
    Variant(
        "an array of orders",
        json.dumps([ORDERS, ORDERS]).encode(),
        4,
        producer={"columns": ORDER_COLUMNS, "records": "order.lines"},
    ),
    Variant(
        "orders without lines",
        json_bytes(ORDERS, {"order": {"day": "2017-01-02"}}, {"order": {"lines": []}}),
        2,
        "missing_quantity",
        1,
        producer={"columns": ORDER_COLUMNS, "records": "order.lines"},
    ),
    Variant(
        "lines that are no objects",
        json_bytes({"order": {"day": "2017-01-02", "lines": [5, None, "x"]}}, ORDERS),
        2,
        "missing_quantity",
        3,
        producer={"columns": ORDER_COLUMNS, "records": "order.lines"},
    ),
    Variant("brackets without end", b'{"a":' * 100_000, None, "cannot be read"),
    Variant(
        "numbers JSON does not have",
        LINES + b'{"item":"A1","day":"2017-01-02","qty":NaN}\n',
        2,
        "invalid_quantity",
        1,
        producer={"format": "ndjson"},
    ),
    Variant(
        "an endless object",
        lambda: b'{"item":"' + b"x" * 40_000 + b'"}\n',
        None,
        "lines of at most",
        producer={"limits": SMALL},
    ),
]
COLUMNAR = [
    Variant("Parquet", foreign.parquet(FRAME), format="parquet"),
    Variant("truncated Parquet", foreign.parquet(FRAME)[:-20], None, "cannot be read as parquet"),
    Variant("Parquet without a body", b"PAR1PAR1", None, "cannot be read as parquet"),
    Variant(
        "decimals, nanoseconds and dictionaries",
        foreign.arrow_parquet(
            pa.table(
                {
                    "item": pa.array(["A1", "B2", "A1"]).dictionary_encode(),
                    "day": pa.array(DAYS, pa.timestamp("ns")),
                    "qty": pa.array([Decimal("1.50"), Decimal(2), Decimal(3)]),
                }
            )
        ),
        units=6.5,
    ),
    Variant(
        "structs",
        foreign.arrow_parquet(
            pa.table({"p": [{"sku": "A1", "tags": ["x"]}] * 3, "day": [date(2017, 1, 2)] * 3, "qty": [1, 2, 3]})
        ),
        producer={"columns": {**COLUMNS, "sku": "p.sku"}},
    ),
    Variant(
        "a list for a quantity",
        foreign.arrow_parquet(pa.table({"item": ["A1"] * 20, "day": [date(2017, 1, 2)] * 20, "qty": [[1, 2]] * 20})),
        None,
        "qty",
    ),
    Variant(
        "floats that are none",
        foreign.parquet(pl.concat([FRAME, FRAME.with_columns(qty=pl.Series([float("nan"), float("inf"), -0.0]))])),
        3,
        "invalid_quantity",
        3,
    ),
    Variant(
        "times beyond all calendars",
        foreign.arrow_parquet(
            pa.table({"item": ["A1", "B2"], "day": pa.array([2**62, 1483315200000], pa.timestamp("ms")), "qty": [1, 2]})
        ),
        1,
        "invalid_sold_at",
        1,
        2,
    ),
    Variant(
        "a billion rows in a few bytes",
        lambda: foreign.parquet(
            pl.select(
                item=pl.repeat(1, 30_000_000, dtype=pl.Int8),
                day=pl.repeat(1, 30_000_000, dtype=pl.Int8),
                qty=pl.repeat(1, 30_000_000, dtype=pl.Int8),
            )
        ),
        None,
        "zip bomb",
    ),
    Variant("Arrow file", foreign.arrow_file(FRAME), format="arrow"),
    Variant("Arrow file with zstd", foreign.arrow_file(FRAME, "zstd")),
    Variant("Arrow stream", foreign.arrow_stream(FRAME), format="arrow"),
    Variant("truncated Arrow file", foreign.arrow_file(FRAME)[:-30], None, "cannot be read as arrow"),
    Variant("truncated Arrow stream", foreign.arrow_stream(FRAME)[:-150], None, "cannot be read as arrow"),
]
PACKED = [
    *(Variant(f"{how} of CSV", foreign.packed(ROWS, how), format=f"csv+{how}") for how in ("gz", "bz2", "zst")),
    *(
        Variant(
            f"truncated {how}", foreign.packed(encode(make_rows(500), "csv"), how)[:-30], None, "cannot be read|damaged"
        )
        for how in ("gz", "bz2", "zst")
    ),
    Variant("gz of gz", foreign.packed(foreign.packed(ROWS, "gz"), "gz"), None, "pack it only once"),
    Variant("gz of two parts", foreign.packed(ROWS, "gz") + foreign.packed(b"D4,2017-01-02,4\n", "gz"), 4, units=10),
    Variant("gz of Parquet", foreign.packed(foreign.parquet(FRAME), "gz"), format="parquet+gz"),
    Variant("gz bomb", lambda: foreign.packed(ROWS + b"\n" * 80_000_000, "gz"), None, "zip bomb"),
    Variant(
        "zip of two months",
        foreign.zipped(
            {"b.csv": b"item,day,qty\nD4,2017-01-02,4\n", "a.csv": ROWS, "__MACOSX/a.csv": b"x", ".hidden": b"x"}
        ),
        4,
        units=10,
        format="csv+zip",
    ),
    Variant(
        "zip with other things",
        foreign.zipped({"sales/a.csv": ROWS, "readme.pdf": b"%PDF"}),
        producer={"members": "sales/*.csv"},
    ),
    Variant(
        "zip of a workbook",
        foreign.zipped({"a.xlsx": foreign.xlsx([("item", "day", "qty"), ("A1", "2017-01-02", 1)])}),
        1,
        format="xlsx+zip",
    ),
    Variant("zip of CSV and JSON", foreign.zipped({"a.csv": ROWS, "b.json": LINES}), None, "members of one format"),
    Variant("zip of nothing", foreign.zipped({}), None, "expected data files"),
    Variant("zip in a zip", foreign.zipped({"a.zip": foreign.zipped({"a.csv": ROWS})}), None, "pack it only once"),
    Variant("zip with a way out", foreign.zipped({"../../etc/passwd": ROWS}), None, "inside the archive"),
    Variant("zip with an absolute path", foreign.zipped({"/etc/passwd": ROWS}), None, "inside the archive"),
    Variant("zip with a drive", foreign.zipped({"C:\\data.csv": ROWS}), None, "inside the archive"),
    Variant("zip with a link", foreign.linked("/etc/passwd"), None, "found the link"),
    Variant("zip with a password", foreign.encrypted(ROWS), None, "encrypted"),
    Variant(
        "zip with too many members",
        foreign.zipped({f"{n}.csv": ROWS for n in range(9)}),
        None,
        "at most 5 data files",
        producer={"limits": SMALL},
    ),
    Variant("zip bomb", lambda: foreign.zipped({"a.csv": ROWS + b"\n" * 80_000_000}), None, "zip bomb"),
    Variant("truncated zip", foreign.zipped({"a.csv": ROWS})[:-30], None, "damaged archive"),
]
WORKBOOKS = [
    Variant("XLSX", foreign.xlsx([("item", "day", "qty"), *FRAME.iter_rows()]), units=6, format="xlsx"),
    Variant("serial dates", foreign.xlsx([("item", "day", "qty"), ("A1", 42737, 1), ("B2", 42738.5, 2)]), 2),
    Variant(
        "serial dates and text in one column",
        foreign.xlsx([("item", "day", "qty"), ("A1", 42737, 1), ("B2", "2017-01-03", 2)]),
        2,
    ),
    Variant("serial dates in CSV", b"item,day,qty\nA1,41275,1\n", 1, producer={"date_format": "excel1904"}),
    Variant(
        "a title above the header",
        foreign.xlsx([("Sales",), (None,), ("item", "day", "qty"), ("A1", "2017-01-02", 1)]),
        1,
        producer={"workbook": {"header_row": 3}},
    ),
    Variant(
        "merged header rows",
        foreign.xlsx(
            [("Article", "Sale", None), ("item", "day", "qty"), ("A1", "2017-01-02", 1)], merged=[(0, 1, 0, 2)]
        ),
        1,
        producer={
            "workbook": {"header_rows": 2},
            "columns": {"sku": "Article item", "sold_at": "Sale day", "quantity": "Sale qty"},
        },
    ),
    Variant(
        "a repeated useful column in XLSX",
        foreign.xlsx([("item", "day", "qty", "qty"), ("A1", "2017-01-02", 1, 2)]),
        None,
        "once, found \\['qty'\\]",
    ),
    Variant(
        "a numbered column beside a useful one",
        foreign.xlsx([("item", "day", "qty", "qty_1"), ("A1", "2017-01-02", 1, 2)]),
        1,
        units=1,
    ),
    Variant("formulas are read as last computed", foreign.xlsx([("item", "day", "qty"), ("=1+1", "2017-01-02", 1)]), 1),
    Variant("an unknown sheet", foreign.xlsx([("item",)]), None, "found \\['sales'\\]", producer={"sheet": "turnover"}),
    Variant(
        "a cell in the last corner",
        foreign.xlsx([("item", "day", "qty"), *[()] * 1_048_574, [None] * 16_383 + [1]]),
        None,
        "rectangle of 17,179,869,184",
    ),
    Variant("an empty workbook", foreign.xlsx([]), 0, "", producer={"name": "shop"}),
    Variant(
        "a zip of something else",
        foreign.zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}),
        None,
        "office document",
    ),
    Variant(
        "a workbook of junk",
        foreign.zipped({"[Content_Types].xml": b"<T/>", "xl/workbook.xml": b"junk"}),
        None,
        "cannot be read as xlsx",
    ),
    Variant("truncated XLSX", encode(make_rows(), "xlsx")[:-50], None, "damaged archive"),
    Variant(
        "XLS",
        (foreign.FIXTURES / "sales.xls").read_bytes(),
        2,
        "positive_quantity",
        1,
        format="xls",
        producer={"sheet": "sales"},
    ),
    Variant("truncated XLS", (foreign.FIXTURES / "sales.xls").read_bytes()[:3000], None, "cannot be read as xls"),
    Variant("ODS", foreign.ods_sales(), units=6, format="ods"),
    Variant(
        "ODS that repeats itself",
        foreign.ods(foreign.ods_row(foreign.ods_cell(1, 16384), repeated=1_048_576)),
        None,
        "rectangle of",
    ),
]
FOREIGN = [
    Variant(
        "random bytes", bytes((n * 7919 + 13) % 251 for n in range(5000)), None, "binary data|cannot be read|utf-8"
    ),
    Variant("PDF", b"%PDF-1.7 junk", None, "found PDF"),
    Variant("a tar archive", b"sales.csv".ljust(257, b"\0") + b"ustar\x0000" + b"\0" * 200, None, "a tar archive"),
    Variant("a 7z archive", b"7z\xbc\xaf\x27\x1c\0\x04", None, "a 7z archive"),
    Variant(
        "a web page", b"<!doctype html><html><body>503 Service Unavailable</body></html>\n", None, "expected the col"
    ),
    Variant("CSV where Parquet is declared", ROWS, None, "expected parquet", producer={"format": "parquet"}),
]
VARIANTS = [*CSV, *JSON, *COLUMNAR, *PACKED, *WORKBOOKS, *FOREIGN]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_variant_is_accepted_or_quarantined_and_every_row_is_accounted_for(tmp_path: Path, variant: Variant) -> None:
    world = World(tmp_path, shop_config(**{"columns": COLUMNS, **variant.producer}))
    report = world.land("shop/file", variant.data if isinstance(variant.data, bytes) else variant.data())
    record, rows = report.record, report.rows
    assert rows["read"] == rows["accepted"] + rows["rejected"] + rows["duplicate"]
    if variant.accepted is None:
        assert report.status == "quarantined"
        assert rows["read"] == 0
        (profile,) = world.lake.read("raw_files", file_version=record["file_version_id"]).to_dicts()
        assert pl.Series([profile["reason"]]).str.contains(variant.reason).item(), profile["reason"]
        return
    assert (report.status, record["reason"]) == ("accepted", None)
    assert (rows["accepted"], rows["rejected"]) == (variant.accepted, variant.rejected), report.totals.rejected
    if variant.reason:
        assert variant.reason in record["rejected_by"]
    if variant.units is not None:
        assert record["quantity"]["accepted"] == variant.units
    if variant.format is not None:
        (profile,) = world.lake.read("raw_files", file_version=record["file_version_id"]).to_dicts()
        assert profile["format"] == variant.format


def test_there_are_at_least_sixty_variants_and_each_has_its_own_name() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS) >= 60


def landed(tmp_path: Path, data: bytes, **producer: Any) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Unified rows and the profile of one file."""
    world = World(tmp_path, shop_config(**{"columns": COLUMNS, **producer}))
    report = world.land("shop/file", data)
    (profile,) = world.lake.read("raw_files", file_version=report.record["file_version_id"]).to_dicts()
    rows = world.lake.read("unified_transactions", file_version=report.record["file_version_id"])
    return rows, profile


def test_what_was_sniffed_is_recorded(tmp_path: Path) -> None:
    months = {"a.csv": TEXT.replace(",", ";").encode("utf-16"), "b.csv": b"item;day;qty\n"}
    _, profile = landed(tmp_path, foreign.zipped(months))
    assert json.loads(profile["sniffed"]) == {
        "encoding": "utf-16",
        "delimiter": ";",
        "members": {"a.csv": 3, "b.csv": 0},
    }


def test_row_numbers_run_on_from_member_to_member(tmp_path: Path) -> None:
    rows, _ = landed(tmp_path, foreign.zipped({"b.csv": ROWS, "a.csv": ROWS, "c/c.csv": ROWS}))
    assert rows["row_number"].to_list() == list(range(1, 10))


def test_serial_dates_are_days_and_times_since_the_end_of_1899(tmp_path: Path) -> None:
    whole = foreign.xlsx([("item", "day", "qty"), ("A1", 42737, 1), ("B2", "2017-01-03", 1)])
    rows, _ = landed(tmp_path / "whole", whole, time_zone="Asia/Tokyo")
    assert rows["sold_on"].to_list() == [date(2017, 1, 2), date(2017, 1, 3)]
    part = foreign.xlsx([("item", "day", "qty"), ("A1", 42737.75, 1)])
    rows, _ = landed(tmp_path / "part", part)
    assert rows["sold_at"].to_list() == [datetime(2017, 1, 2, 18, tzinfo=UTC)]


def test_look_alike_skus_stay_apart_and_two_spellings_of_one_letter_are_one(tmp_path: Path) -> None:
    text = "item,day,qty\nA1,2017-01-02,1\nА1,2017-01-02,1\nＡ1,2017-01-02,1\n"
    rows, _ = landed(tmp_path / "alike", text.encode())
    assert rows["sku"].n_unique() == 3
    rows, _ = landed(tmp_path / "same", "item,day,qty\nö,2017-01-02,1\no\u0308,2017-01-02,1\n".encode())
    assert rows["sku"].to_list() == ["ö", "ö"]


def test_a_formula_stays_text(tmp_path: Path) -> None:
    rows, _ = landed(tmp_path, b"item,day,qty\n=1+1,2017-01-02,1\n")
    assert rows["sku"].to_list() == ["=1+1"]


def test_fields_of_the_document_stay_reachable_beside_those_of_its_records(tmp_path: Path) -> None:
    rows, profile = landed(tmp_path, json_bytes(ORDERS), columns=ORDER_COLUMNS, records="order.lines")
    assert rows.select("sku", "quantity", "location").rows() == [("A1", 2.0, "north"), ("B2", 3.0, "north")]
    assert {"order", "store", "order.day", "order.lines.sku", "order.lines.n"} == set(
        json.loads(profile["columns_found"])
    )


@pytest.mark.slow
def test_a_line_of_300_megabytes_costs_neither_memory_nor_time(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "landing" / "shop" / "file"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.write(b"item,day,qty\nA1,2017-01-02,")
        file.truncate(300_000_000)
    from dp_assets.domain.errors import FileRejectedError
    from dp_assets.domain.ingest.readers import detect_file, read_source

    producer = shop_config(columns=COLUMNS, format="csv").producers[0]
    with path.open("r+b") as file:
        file.seek(50)
        file.write(b"1" * 70_000)  # the head shows text only; the rest is a hole in the file
        file.seek(14)
        file.write(b"A1,2017-01-02,1" + b"1" * 70_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FileRejectedError, match="lines of at most"):
        read_source(path, detect_file(path, producer), producer, set(COLUMNS.values()))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
