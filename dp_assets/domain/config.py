"""The typed configuration: everything a customer may say in `demand.yaml`.

Belongs here: the models, their defaults (those of the requirement) and what can be judged from the file alone.
Does not belong here: reading files and naming lines (`config_file.py`), secrets and places that change between
machines (`dp_resources/settings.py`, environment variables).

Every field carries its description: `docs/configuration.md` and the JSON Schema for editors are generated from it.
Durations named `_weeks` are calendar weeks, whatever the bucket; `in_buckets` converts them.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

if TYPE_CHECKING:
    from dp_assets.domain.ingest.producer_tables import ProducerTables

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FileFormat = Literal["csv", "parquet", "arrow", "ndjson", "json", "xlsx", "xls", "ods"]
Feed = Literal["transactions", "products", "promotions", "events", "regressors"]
AttributeKind = Literal["single", "multi"]
Seasonality = Literal["yearly", "half_yearly", "quarterly", "monthly"]

KNOWN_ATTRIBUTES: dict[str, AttributeKind] = {
    "composition": "multi",
    "gender_description": "single",
    "department_description": "single",
    "class_description": "single",
    "group_description": "single",
    "color_description": "single",
    "family_description": "single",
    "subclass_description": "single",
    "size": "single",
    "season": "single",
    "channel": "single",
    "brand": "single",
    "collection": "single",
}
"""The attributes the requirement names, with the kind each has unless the configuration says otherwise."""

TRANSACTION_COLUMNS: frozenset[str] = frozenset(
    {"sku", "sold_at", "quantity", "revenue", "unit_price", "location", "channel", "transaction_id"}
)
"""Unified columns that are not attributes."""

CONVERSION_COLUMNS: frozenset[str] = frozenset({"unit", "currency"})
"""Mapped columns that conversions use up: they say what a quantity and an amount are measured in."""

FEED_COLUMNS: dict[Feed, tuple[frozenset[str], frozenset[str]]] = {
    "transactions": (frozenset({"sku", "sold_at", "quantity"}), TRANSACTION_COLUMNS | CONVERSION_COLUMNS),
    "products": (frozenset({"sku"}), frozenset({"sku"})),
    "promotions": (
        frozenset({"sku", "starts_on", "ends_on"}),
        frozenset({"sku", "starts_on", "ends_on", "kind", "discount", "share", "location"}),
    ),
    "events": (frozenset({"name", "starts_on"}), frozenset({"name", "starts_on", "ends_on"})),
    "regressors": (frozenset({"name", "starts_on", "value"}), frozenset({"name", "starts_on", "value", "sku"})),
}
"""Per feed: the unified columns a mapping must have, and those it may have."""

ATTRIBUTE_FEEDS: frozenset[Feed] = frozenset({"transactions", "products"})
"""Feeds whose mapping may name attributes, too."""

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class MisplacedValueError(ValueError):
    """A ValueError of a section that knows which key inside the section it is about; messages then name its line."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


def check_time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"expected an IANA time zone such as Europe/Rome, got {name!r}")
    return name


class Section(BaseModel):
    """Base of every part: frozen, and an unknown key is an error rather than a silent no-op."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class LandingConfig(Section):
    root: str = "landing"
    """Folder (relative to `demand.yaml`), `s3://bucket/prefix` or `sftp://user@host:port/path` where files are dropped.
    `DP_LANDING_ROOT` overrides it. Keys and passwords stand in `DP_S3_*` and `DP_SFTP_*` variables, never here."""
    settle_seconds: float = Field(5, ge=0)
    """A file on disk or SFTP is read once it has stood unchanged that long: it may still be written. S3 shows whole
    objects only."""
    unfinished_seconds: float = Field(300, ge=0)
    """The same for a file that lacks its end, e.g. Parquet without its footer; after that long it counts as it is, and
    is quarantined."""


class LakeConfig(Section):
    root: str = "lake"
    """Folder or `s3://` prefix of the Parquet lake; relative to `demand.yaml`. `DP_LAKE_ROOT` overrides it."""


class BucketConfig(Section):
    weeks: Literal[1, 2, 4] = 1
    """Length of a time bucket in weeks. Changing it means another lake and state folder, not a migration in place."""
    anchor_weekday: Weekday = "monday"
    """First day of a bucket."""
    first: date = date(2017, 1, 2)
    """First day of the first bucket; buckets are counted from it. Must fall on `anchor_weekday`."""
    time_zone: str = "UTC"
    """The business time zone: a transaction belongs to the date it has there."""

    _zone = field_validator("time_zone")(check_time_zone)

    @model_validator(mode="after")
    def _first_is_on_anchor(self) -> Self:
        if WEEKDAYS[self.first.weekday()] != self.anchor_weekday:
            raise MisplacedValueError(
                f"bucket.first must fall on a {self.anchor_weekday}, but {self.first} is a "
                f"{WEEKDAYS[self.first.weekday()]}; move it to the {self.anchor_weekday} before",
                "first",
            )
        return self


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
    """Largest file as landed."""
    max_expanded_bytes: int = Field(32 * 2**30, ge=1)
    """Most bytes that a compressed file, an archive or a workbook may unpack to."""
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
    """What the files hold: sales lines, a product master (attributes per SKU), a promotions calendar, a calendar of
    events (school holidays, feasts, closures), or values of regressors (see `regressors`)."""
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
    columns: dict[str, str | Annotated[tuple[str, ...], Field(min_length=1)]] = {}
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


class PositiveQuantityFilter(Section):
    """Rejects rows whose quantity is zero or negative."""

    kind: Literal["positive_quantity"]


class RequireSkuFilter(Section):
    """Rejects rows without a SKU."""

    kind: Literal["require_sku"]


class ReturnsFilter(Section):
    """Rejects returns: rows with a negative quantity."""

    kind: Literal["exclude_returns"]


class DateRangeFilter(Section):
    """Rejects rows sold outside a range of business dates, both ends included."""

    kind: Literal["date_range"]
    first: date | None = None
    """First business date kept."""
    last: date | None = None
    """Last business date kept."""


class ChannelsFilter(Section):
    """Keeps or drops sales channels by name."""

    kind: Literal["channels"]
    include: tuple[str, ...] | None = None
    """Only these channels are kept."""
    exclude: tuple[str, ...] = ()
    """These channels are dropped."""


class ValuesFilter(Section):
    """Rejects rows whose attribute has one of the listed values, e.g. departments sold by weight or volume."""

    kind: Literal["exclude_values"]
    column: str
    """Unified column to look at. An attribute that the row lacks is looked up in the product master known then."""
    values: tuple[str, ...]
    """Values that reject a row."""


class ExpressionFilter(Section):
    """Keeps the rows for which a SQL expression over unified columns is true."""

    kind: Literal["expression"]
    name: Slug
    """Name under which rejected rows are counted."""
    keep: str
    """SQL expression over unified columns, e.g. `quantity < 10000`."""


class PluginFilter(Section):
    """A customer's own function, published under the entry point group `demand_planner.filters`."""

    kind: Literal["plugin"]
    name: Slug
    """Entry point name; also the name under which rejected rows are counted."""
    options: dict[str, str | int | float | bool] = {}
    """Keyword arguments handed to the function."""


Filter = Annotated[
    PositiveQuantityFilter
    | RequireSkuFilter
    | ReturnsFilter
    | DateRangeFilter
    | ChannelsFilter
    | ValuesFilter
    | ExpressionFilter
    | PluginFilter,
    Field(discriminator="kind"),
]
DEFAULT_FILTERS: tuple[Filter, ...] = (
    RequireSkuFilter(kind="require_sku"),
    PositiveQuantityFilter(kind="positive_quantity"),
)


class AttributeConfig(Section):
    kind: AttributeKind | None = None
    """`single` (one value per SKU) or `multi` (a list, such as composition); known names have their own default."""
    separator: str = "|"
    """Separator of the values of a multi-label attribute in text files."""


class OutlierConfig(Section):
    enabled: bool = True
    """Whether extreme buckets are capped at all."""
    z_threshold: float = Field(3.0, gt=0)
    """A bucket above mean + z_threshold × standard deviation is capped to that value."""


class LowVolumeConfig(Section):
    min_selling_weeks: int = Field(10, ge=0)
    """Selling weeks a series needs within `window_weeks` before the cutoff to be trained on."""
    window_weeks: int = Field(52, ge=1)
    """Weeks before the cutoff in which selling weeks are counted."""
    mandatory_skus: tuple[str, ...] = ()
    """SKUs trained on whatever their volume or attributes."""


class FeatureConfig(Section):
    seasonalities: tuple[Seasonality, ...] = ("yearly",)
    """Cycles that get a sine and a cosine."""
    rolling_windows_weeks: tuple[int, ...] = (4, 12)
    """Windows of the rolling mean, standard deviation, minimum and maximum."""
    target_transform: Literal["none", "log1p"] = "log1p"
    """Transform of quantities fed to the network. Its output and its loss are always in units."""
    holidays: str | None = None
    """ISO country code (optionally `-subdivision`, e.g. `IT` or `US-OH`) of the holiday calendar."""
    audit_table: bool = True
    """Whether the per-row Parquet table of all channels is written beside the dense panel."""


class RegressorConfig(Section):
    """One outside quantity over time, delivered by a producer with `feed: regressors` under the name of this entry."""

    known_ahead_weeks: int = Field(0, ge=0)
    """Weeks after a cutoff for which its values are known, e.g. 1 for a weather forecast; 0 for past-only. Values
    beyond are never used, even where they were delivered: they count as the last one known."""
    aggregate: Literal["mean", "sum", "min", "max", "last"] = "mean"
    """How several values of one bucket become one."""
    missing: Literal["previous", "zero"] = "previous"
    """What a bucket without a value counts as. Buckets before the first value ever count as 0."""


class ValidationConfig(Section):
    scheme: Literal["rolling", "split"] = "rolling"
    """`rolling`: folds of one horizon each, training window growing; `split`: one fold."""
    folds: int = Field(2, ge=1)
    """Rolling-origin folds used for tuning and for out-of-sample residuals."""
    held_back_skus: tuple[str, ...] = ()
    """SKUs kept out of training altogether, to judge cold starts."""


class EmbeddingConfig(Section):
    max_size: int = Field(50, ge=1)
    """Upper bound of an embedding: size = min(max_size, ceil(values / 2)) × scale, at least 1."""
    scale: float = Field(1.0, gt=0)
    """Factor on the rule's size; tuned."""


class ModelConfig(Section):
    loss: Literal["point", "sum"] = "point"
    """`point`: error of every bucket; `sum`: error of the horizon's total. Both are always evaluated."""
    point_loss: Literal["mse", "mae", "huber"] = "mse"
    """Shape of the error, for both loss modes. `mse` makes the forecast a mean, which adds up over series."""
    static_strategy: Literal["A", "B"] = "B"
    """Where embeddings enter: `A` repeated at each time step, `B` beside the last LSTM state."""
    embedding: EmbeddingConfig = EmbeddingConfig()
    """Sizes of the embeddings of attributes."""
    layers: int = Field(1, ge=1, le=4)
    """LSTM layers before tuning."""
    hidden_size: int = Field(64, ge=4)
    """LSTM units before tuning."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """Dropout before tuning."""
    learning_rate: float = Field(2e-3, gt=0)
    """Learning rate before tuning."""
    batch_size: int = Field(256, ge=1)
    """Windows per step before tuning."""
    epochs: int = Field(60, ge=1)
    """Epochs of the final fit at most; early stopping usually ends it sooner."""
    patience: int = Field(8, ge=1)
    """Epochs without a better validation loss after which training stops."""
    steps_per_epoch: int | None = Field(None, ge=1)
    """Gradient steps in one epoch at most; all windows once when left out."""
    seed: int = 20170102
    """Seed of everything random."""


class SearchSpace(Section):
    layers: tuple[int, int] = (1, 3)
    """Fewest and most LSTM layers."""
    hidden_size: tuple[int, int] = (32, 256)
    """Fewest and most LSTM units, in steps of 32."""
    dropout: tuple[float, float] = (0.0, 0.5)
    """Range of dropout."""
    learning_rate: tuple[float, float] = (1e-4, 1e-2)
    """Range of the learning rate, searched on a log scale."""
    batch_size: tuple[int, ...] = (32, 64, 128)
    """Batch sizes tried."""
    embedding_scale: tuple[float, float] = (0.5, 2.0)
    """Range of the factor on embedding sizes."""


class TuningConfig(Section):
    trials: int = Field(50, ge=0)
    """Optuna trials; 0 trains with the values under `model`."""
    epochs: int = Field(5, ge=1)
    """Epochs per trial."""
    space: SearchSpace = SearchSpace()
    """What is searched."""


class IntervalConfig(Section):
    levels: tuple[int, ...] = (50, 80, 95)
    """Central interval levels in percent."""
    method: Literal["empirical", "gaussian"] = "empirical"
    """`empirical`: quantiles of out-of-sample residuals; `gaussian`: only where the normality check passes."""

    @field_validator("levels")
    @classmethod
    def _levels_are_percent(cls, levels: tuple[int, ...]) -> tuple[int, ...]:
        if not levels or any(not 1 <= level <= 99 for level in levels):
            raise ValueError(f"expected levels between 1 and 99 percent, got {list(levels)}")
        return tuple(sorted(set(levels)))


class HierarchyConfig(Section):
    name: Slug
    """Name of the hierarchy."""
    levels: tuple[str, ...]
    """Attributes (or key columns) from the top, e.g. `[department, category, type]`; total and series are implied."""


class ReconciliationConfig(Section):
    method: Literal["bottom_up", "top_down", "mint_ols", "mint_wls_struct", "mint_wls_var"] = "mint_wls_struct"
    """How levels are made to agree."""


class RetentionConfig(Section):
    raw_years: int = Field(1, ge=1)
    """Years raw files are kept before they are archived."""
    processed_years: int = Field(2, ge=1)
    """Years processed tables are kept."""
    forecast_years: int = Field(5, ge=1)
    """Years forecasts are kept."""


class ThresholdConfig(Section):
    metric: Literal["wape", "mape", "smape", "rmsse"] = "wape"
    """Metric the thresholds apply to. MAPE is over non-zero actuals."""
    retrain_increase: float = Field(0.15, gt=0)
    """Relative rise of the metric over the level at training that asks for a retraining."""
    category_alert: float = Field(0.20, gt=0)
    """Metric of a category above which an alert is raised."""


class BatchInferenceConfig(Section):
    skus: tuple[str, ...] = ()
    """SKUs refreshed by the `batch_inference` job."""
    attribute_filter: dict[str, str] = {}
    """Attribute values a SKU must have to be refreshed."""
    top_n: int | None = Field(100, ge=1)
    """The N biggest SKUs by units of the last 13 weeks, after the two choices above; all when left out."""
    cadence: Literal["daily", "weekly"] = "daily"
    """How often the schedule runs it."""


class ReplayConfig(Section):
    cycles: int = Field(6, ge=1)
    """Past cycles, all leads closed, that `dp run` replays before the current one."""


class Gate(Section):
    """Thresholds of one measure of data quality; a measure above the threshold fails it."""

    warn: float | None = Field(None, ge=0)
    """Above this a warning shows on the asset check `quality_warnings`; never when left out."""
    block: float | None = Field(None, ge=0)
    """Above this the asset check `quality_gates` fails, and the file counts for nothing until somebody lets it in with
    `dp recall --undo`; never when left out."""

    @model_validator(mode="after")
    def _warns_before_it_blocks(self) -> Self:
        if self.warn is not None and self.block is not None and self.warn > self.block:
            message = f"expected warn at or below block, got warn {self.warn:g} and block {self.block:g}"
            raise MisplacedValueError(message, "warn")
        return self


class QualityGates(Section):
    """A gate per measure. Scores are robust: distance from the median of earlier files in standard deviations."""

    rows: Gate = Gate(warn=5)
    """Score of the accepted rows of a file against the producer's earlier files."""
    units: Gate = Gate(warn=5)
    """Score of the accepted units of a file against the producer's earlier files."""
    median_price: Gate = Gate(warn=5)
    """Score of the median unit price of a file against the producer's earlier files."""
    day_rows: Gate = Gate(warn=5)
    """Score of the rows of one day against the same weekday in this file and earlier ones."""
    day_units: Gate = Gate(warn=5)
    """Score of the units of one day against the same weekday in this file and earlier ones."""
    rejected_share: Gate = Gate(warn=0.1)
    """Rejected rows ÷ rows read."""
    missing_share: Gate = Gate(warn=0.5)
    """Rows without a value ÷ rows, for each mapped column."""
    new_sku_share: Gate = Gate(warn=0.2)
    """SKUs that the producer never sold before ÷ SKUs of the file; not judged in the producer's first file."""
    price_outlier_share: Gate = Gate(warn=0.01)
    """Rows whose unit price is not above zero or far from the SKU's median in the file ÷ rows with a price."""
    quantity_outlier_share: Gate = Gate(warn=0.01)
    """Rows whose quantity is far from the SKU's median in the file ÷ rows."""
    gap_days: Gate = Gate(warn=3)
    """Days without rows, on weekdays that usually have some, that the file opens or leaves open."""


class QualityConfig(Section):
    """When the measures of the table `data_quality` warn or block. By default nothing blocks."""

    history_files: int = Field(52, ge=1)
    """Earlier files of the producer, the newest ones, that a file is compared with."""
    minimum_history: int = Field(6, ge=2)
    """Earlier files (or days of the same weekday) without which a volume is not judged."""
    gates: QualityGates = QualityGates()
    """Thresholds for every producer."""
    producers: dict[str, QualityGates] = {}
    """Producer → gates that differ from `gates`; the measures that are not named stay."""

    def gate(self, producer: str, measure: str) -> Gate:
        """The thresholds of a measure for a producer."""
        own = self.producers.get(producer)
        chosen = own if own is not None and measure in own.model_fields_set else self.gates
        gate: Gate = getattr(chosen, measure)
        return gate


class DemandConfig(Section):
    """The whole of `demand.yaml`."""

    landing: LandingConfig = LandingConfig()
    """Where files arrive."""
    lake: LakeConfig = LakeConfig()
    """Where tables are kept."""
    series_key: tuple[str, ...] = ("sku",)
    """Columns that identify one series: `[sku]` or `[sku, location]`."""
    bucket: BucketConfig = BucketConfig()
    """The time grid."""
    arrival_grace_days: float = Field(1.0, ge=0)
    """Days after a cutoff during which arriving files still count for its cycle."""
    producers: tuple[ProducerConfig, ...] = Field(min_length=1)
    """Who delivers what."""
    filters: tuple[Filter, ...] = DEFAULT_FILTERS
    """Row filters, applied in this order."""
    attributes: dict[str, AttributeConfig] = {}
    """Attributes of a SKU that the network embeds."""
    zero_fill: Literal["zero", "ignore"] = "zero"
    """Buckets without sales since the first sale: an explicit zero, or masked as not observed."""
    active_weeks: int = Field(52, ge=1)
    """A series is active, and so forecast, if it sold within this many weeks before the cutoff."""
    outliers: OutlierConfig = OutlierConfig()
    """Capping of extreme buckets."""
    low_volume: LowVolumeConfig = LowVolumeConfig()
    """What is trained on."""
    features: FeatureConfig = FeatureConfig()
    """Channels of the panel."""
    regressors: dict[Slug, RegressorConfig] = {}
    """Outside quantities that the network sees, such as temperature or marketing spend, by name."""
    lookback_weeks: int = Field(52, ge=1)
    """Weeks of history the network sees."""
    horizon_weeks: int = Field(13, ge=1)
    """Weeks forecast ahead."""
    validation: ValidationConfig = ValidationConfig()
    """How models are judged before they are used."""
    model: ModelConfig = ModelConfig()
    """The network and its training."""
    tuning: TuningConfig = TuningConfig()
    """The search for hyper-parameters."""
    intervals: IntervalConfig = IntervalConfig()
    """Published uncertainty."""
    hierarchies: tuple[HierarchyConfig, ...] = ()
    """Levels forecasts are rolled up to."""
    reconciliation: ReconciliationConfig = ReconciliationConfig()
    """How the levels are made to agree."""
    retention: RetentionConfig = RetentionConfig()
    """How long things are kept."""
    thresholds: ThresholdConfig = ThresholdConfig()
    """When to retrain and to alert."""
    batch_inference: BatchInferenceConfig = BatchInferenceConfig()
    """The refresh between cycles."""
    replay: ReplayConfig = ReplayConfig()
    """How far back `dp run` goes."""
    quality: QualityConfig = QualityConfig()
    """When delivered data looks wrong."""

    @field_validator("series_key")
    @classmethod
    def _key_starts_with_sku(cls, key: tuple[str, ...]) -> tuple[str, ...]:
        if key not in {("sku",), ("sku", "location")}:
            raise ValueError(f"expected [sku] or [sku, location], got {list(key)}")
        return key

    @field_validator("attributes")
    @classmethod
    def _attributes_have_a_kind(cls, attributes: dict[str, AttributeConfig]) -> dict[str, AttributeConfig]:
        return {
            name: attribute.model_copy(update={"kind": attribute.kind or KNOWN_ATTRIBUTES.get(name, "single")})
            for name, attribute in attributes.items()
        }

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        names = [producer.name for producer in self.producers]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise MisplacedValueError(f"producer names must differ, but {repeated} stand more than once", "producers")
        if clash := sorted(set(self.attributes) & (TRANSACTION_COLUMNS - {"channel"})):
            message = f"attributes may not be called like transaction columns: {clash}"
            raise MisplacedValueError(message, "attributes", clash[0])
        for index, producer in enumerate(self.producers):
            for name, table in (("unit", producer.unit_table), ("currency", producer.currency_table)):
                if table and name in self.attributes:
                    message = f"an attribute may not be called {name!r} where a producer has a {name}_table; rename it"
                    raise MisplacedValueError(message, "producers", index, f"{name}_table")
        if strangers := sorted(set(self.quality.producers) - set(names)):
            message = f"expected one of the producers {sorted(names)}, got {strangers[0]!r}"
            raise MisplacedValueError(message, "quality", "producers", strangers[0])
        for index, hierarchy in enumerate(self.hierarchies):
            unknown = [level for level in hierarchy.levels if level not in {*self.attributes, *self.series_key}]
            if unknown:
                raise MisplacedValueError(
                    f"hierarchy {hierarchy.name!r} names levels {unknown} that are neither attributes nor key columns",
                    "hierarchies",
                    index,
                    "levels",
                )
        if self.regressors and not any(producer.feed == "regressors" for producer in self.producers):
            message = "regressors need a producer with `feed: regressors` that delivers them, but there is none"
            raise MisplacedValueError(message, "regressors")
        for name in ("horizon_weeks", "lookback_weeks"):
            if getattr(self, name) < self.bucket.weeks:
                message = f"expected at least one bucket ({self.bucket.weeks} weeks), got {getattr(self, name)} week(s)"
                raise MisplacedValueError(message, name)
        return self

    def in_buckets(self, weeks: int) -> int:
        """Weeks as whole buckets, rounded up, at least one."""
        return max(1, -(-weeks // self.bucket.weeks))

    @property
    def horizon(self) -> int:
        """M: leads forecast, in buckets."""
        return self.in_buckets(self.horizon_weeks)

    @property
    def lookback(self) -> int:
        """L: buckets of history the network sees."""
        return self.in_buckets(self.lookback_weeks)

    @property
    def zone(self) -> ZoneInfo:
        """The business time zone."""
        return ZoneInfo(self.bucket.time_zone)

    @property
    def quantile_levels(self) -> tuple[float, ...]:
        """Published quantile levels: the nine standard ones and the ends of every configured interval, ascending."""
        standard = {0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975}
        ends = {round(0.5 + sign * level / 200, 4) for level in self.intervals.levels for sign in (-1, 1)}
        return tuple(sorted(standard | ends))

    def producer(self, name: str) -> ProducerConfig:
        """The producer of that name; KeyError when there is none."""
        return next(producer for producer in self.producers if producer.name == name)
