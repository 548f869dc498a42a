"""Producers as `demand.yaml` describes them: who delivers which feed, in which format, under which column names.

Belongs here: the sections under `producers`, and the unified columns of each feed. Does not belong here: reading files
or mapping columns (`ingest/`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from dp_assets.domain.alert_config import DueConfig
from dp_assets.domain.config_section import MisplacedValueError, Section, Slug, check_time_zone
from dp_assets.domain.restatement_config import RestatementConfig

if TYPE_CHECKING:
    from dp_assets.domain.ingest.producer_tables import ProducerTables


FileFormat = Literal["csv", "parquet", "arrow", "ndjson", "json", "xlsx", "xls", "ods"]


Feed = Literal[
    "transactions", "products", "attribute_corrections", "promotions", "events", "regressors", "stock", "product_life"
]


TRANSACTION_COLUMNS: frozenset[str] = frozenset(
    {"sku", "sold_at", "quantity", "revenue", "unit_price", "location", "channel", "transaction_id"}
)
"""Unified columns that are not attributes."""


CONVERSION_COLUMNS: frozenset[str] = frozenset({"unit", "currency"})
"""Mapped columns that conversions use up: they say what a quantity and an amount are measured in."""


FEED_COLUMNS: dict[Feed, tuple[frozenset[str], frozenset[str]]] = {
    "transactions": (frozenset({"sku", "sold_at", "quantity"}), TRANSACTION_COLUMNS | CONVERSION_COLUMNS),
    "products": (frozenset({"sku"}), frozenset({"sku"})),
    "attribute_corrections": (
        frozenset({"sku", "attribute", "value"}),
        frozenset({"sku", "attribute", "value", "user", "reason"}),
    ),
    "promotions": (
        frozenset({"sku", "starts_on", "ends_on"}),
        frozenset({"sku", "level", "member", "starts_on", "ends_on", "kind", "discount", "share"}),
    ),
    "events": (
        frozenset({"name", "starts_on"}),
        frozenset({"name", "starts_on", "ends_on", "level", "member"}),
    ),
    "regressors": (
        frozenset({"name", "starts_on", "value"}),
        frozenset({"name", "starts_on", "value", "sku", "level", "member"}),
    ),
    "stock": (
        frozenset({"sku", "starts_on"}),
        frozenset({"sku", "starts_on", "ends_on", "quantity", "location"}),
    ),
    "product_life": (
        frozenset({"sku"}),
        frozenset({"sku", "predecessor", "like_sku", "multiplier", "ramp_weeks", "launch_on", "ends_on"}),
    ),
}
"""Per feed: the unified columns a mapping must have, and those it may have."""


def feed_columns(feed: Feed, mapped: Collection[str]) -> frozenset[str]:
    """Unified columns that a feed's mapping must have, given what it has: a group is a level and a member, and
    promotions of groups need no SKU."""
    required, allowed = FEED_COLUMNS[feed]
    group = {"level", "member"} & allowed
    if not group & set(mapped):
        return required
    return required - {"sku"} | group if feed == "promotions" else required | group


ATTRIBUTE_FEEDS: frozenset[Feed] = frozenset({"transactions", "products"})
"""Feeds whose mapping may name attributes, too."""


class CsvOptions(Section):
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    """One character between fields; left out, the one of comma, semicolon, tab and bar that splits the header best."""
    quote: str = Field('"', max_length=1)
    """Character around fields that hold delimiters or line breaks, empty for none; inside a field it stands twice."""
    comment: str = ""
    """Lines that start with this text are skipped, empty for none; they are not counted in `header_row`."""
    encoding: str | None = None
    """Text encoding, by its Python codec name; left out, UTF-8, or UTF-16 or UTF-32 where the bytes say so. A byte
    order mark always wins."""
    decimal: Literal[".", ","] = "."
    """Decimal mark of numbers."""
    thousands: Literal["", ".", ",", " ", "'"] = ""
    """Thousands mark of numbers, empty for none."""
    header_row: int = Field(1, ge=1)
    """Line number of the header, counted from 1."""


class WorkbookOptions(Section):
    header_row: int = Field(1, ge=1)
    """Row of the column names, counted from 1; with several header rows, the first of them."""
    header_rows: int = Field(1, ge=1, le=5)
    """Rows that make up the column names, joined by a space; a merged cell counts for every column it spans."""


class ReadLimits(Section):
    """Bounds on what one file may cost; a file beyond them goes to quarantine, and its reason names the bound."""

    max_file_bytes: int = Field(16 * 2**30, ge=1)
    """Largest file as landed; a larger one waits, and is not read."""
    max_expanded_bytes: int = Field(32 * 2**30, ge=1)
    """Most bytes that a compressed file, an archive or a workbook may unpack to. In workbooks a text counts once for
    each cell that shows it."""
    max_expansion_ratio: float = Field(200.0, ge=1)
    """Most unpacked bytes per packed byte, looked at beyond the first 64 MiB."""
    max_line_bytes: int = Field(16 * 2**20, ge=1024)
    """Longest line of a text file and largest JSON object, about: between one and two times this is refused."""
    max_document_bytes: int = Field(256 * 2**20, ge=1024)
    """Largest JSON document where `records` takes the rows out of documents; memory holds one at a time."""
    max_columns: int = Field(16_384, ge=1)
    """Most columns of a file."""
    max_members: int = Field(1_000, ge=1)
    """Most data files in a zip archive."""


class CrossReferenceConfig(Section):
    table: str
    """CSV (header `source_sku,sku[,valid_from]`), beside `demand.yaml`. A line without a date holds always; one with a
    date holds for sales from that business date on. Chains are followed to their end."""
    whole_history: bool = False
    """Whether the newest SKU also takes the sales before `valid_from`, and attributes of SKUs it replaces."""


class ProducerConfig(Section):
    """One producer's feed: where its files lie, how to read them, and what its columns are called."""

    name: Slug
    """Short name; appears in file versions, tables and messages."""
    feed: Feed = "transactions"
    """What the files hold: sales lines, a product master (attributes per SKU), planners' corrections of attributes (one
    SKU and attribute per line; they win over every producer), a promotions calendar, a calendar of events (school
    holidays, feasts, closures), or values of regressors (see `regressors`)."""
    files: tuple[str, ...] = Field(min_length=1)
    """Globs below the landing root; the first producer whose glob matches owns the file."""
    format: FileFormat | Literal["auto"] = "auto"
    """File format; `auto` detects it from the content and records what it found."""
    csv: CsvOptions = CsvOptions()
    """How to read CSV files."""
    sheet: str | None = None
    """Sheet of a workbook (XLSX, XLS, ODS); the first one when left out."""
    workbook: WorkbookOptions = WorkbookOptions()
    """How to read the sheet."""
    records: str | None = Field(None, min_length=1)
    """Dotted path of a list inside each JSON document, e.g. `order.lines`: one row per element. Columns are named by
    their paths, those of the document stay reachable beside those of the element (`order.id`, `order.lines.sku`)."""
    members: str = "**"
    """Glob of the data files inside a zip archive; they are read as one file, in the order of their names."""
    limits: ReadLimits = ReadLimits()
    """What one file may cost to read."""
    date_format: str | None = None
    """strptime format of text dates, e.g. `%d/%m/%Y %H:%M`; ISO 8601 when left out. `excel` and `excel1904` read
    numbers as serial days since 1899-12-30 and 1904-01-01; workbooks are read by the former when this is left out."""
    time_zone: str = "UTC"
    """Zone of timestamps that carry none of their own."""
    arrival: Literal["manifest", "modified_at", "first_seen", "initial_load"] = "first_seen"
    """What dates a file's arrival: the producer's `manifest.json`, the object's modification time (only for producers
    trusted to keep it true), the moment the sensor first saw it, or, for a declared initial load, its last date."""
    columns: dict[str, str | Annotated[tuple[str, ...], Field(min_length=1)]] = Field({})
    """Unified column name → this producer's column name, `= 'web'` for a constant, `= boxes * box_size` for an
    expression over its columns, or a list of these, of which the first with a value wins."""
    mapping_table: str | None = None
    """The same mapping as CSV (header `source,unified[,order]`) or JSON (object `source: unified`), beside
    `demand.yaml`. Lines that fill one unified column are numbered by `order`."""
    unit_table: str | None = None
    """Units of measure as CSV (header `unit,factor[,sku]`), beside `demand.yaml`: the quantity of a row is multiplied
    by the factor of its `unit`. A `sku` is the producer's own code. A row of an unknown unit is rejected."""
    currency_table: str | None = None
    """Currencies as CSV (header `currency,valid_from,rate`), beside `demand.yaml`: revenue and unit price are
    multiplied by the rate of the row's `currency` on its business date. A row without a rate is rejected."""
    cross_reference: CrossReferenceConfig | None = None
    """The producer's own SKU codes, and SKUs that replace others."""
    useful_columns: tuple[str, ...] | None = None
    """Unified columns to keep; all mapped ones when left out. The rest is never read from the file."""
    priority: int = 100
    """Rank when producers disagree on an attribute: the lowest number wins."""
    restatement: RestatementConfig = RestatementConfig()
    """What a file replaces besides the version before it under its own name; see `docs/restatements.md`."""
    due_by: DueConfig | None = None
    """When a new file is expected; without one by then there is an alert. Never when left out."""
    owner: str | None = Field(None, min_length=1)
    """Who answers for its files, for `alerts.routes`; left out, whom `alerts.owners` or `alerts.owner` names."""

    _tables: ProducerTables | None = PrivateAttr(None)
    _zone = field_validator("time_zone")(check_time_zone)

    @property
    def tables(self) -> ProducerTables | None:
        """What its conversion tables say; None until they are read, and where it names none."""
        return self._tables

    def with_tables(self, tables: ProducerTables) -> Self:
        """The same producer with its conversion tables read."""
        copy = self.model_copy()
        copy._tables = tables
        return copy

    @property
    def names_tables(self) -> bool:
        """Whether it has conversion tables at all."""
        return bool(self.unit_table or self.currency_table or self.cross_reference)

    @model_serializer(mode="wrap")
    def _with_digests(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Conversion tables are dumped as hashes of what they say, so that a change in one changes the dump."""
        dumped: dict[str, Any] = dump(self)
        return dumped if self._tables is None else {**dumped, "table_digests": dict(self._tables.digests)}

    @model_validator(mode="after")
    def _has_one_mapping(self) -> Self:
        if bool(self.columns) == bool(self.mapping_table):
            raise ValueError(f"producer {self.name!r} needs either columns or mapping_table, and not both")
        return self

    @model_validator(mode="after")
    def _restates_transactions(self) -> Self:
        if self.restatement.by != "file" and self.feed != "transactions":
            raise MisplacedValueError(
                f"only transactions are restated by rows or dates, got feed {self.feed}; leave `restatement` out: a "
                "file under the same name replaces the one before it",
                "restatement",
            )
        return self
