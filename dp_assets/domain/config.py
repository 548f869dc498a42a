"""The typed configuration: everything a customer may say in `demand.yaml`.

Belongs here: the models, their defaults (those of the requirement) and what can be judged from the file alone.
Does not belong here: reading files and naming lines (`config_file.py`), secrets and places that change between
machines (`dp_resources/settings.py`, environment variables).

Every field carries its description: `docs/configuration.md` and the JSON Schema for editors are generated from it.
Durations named `_weeks` are calendar weeks, whatever the bucket; `in_buckets` converts them.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    field_validator,
    model_validator,
)

from dp_assets.domain.alert_config import AlertConfig, alert_mistake
from dp_assets.domain.config_section import WEEKDAYS, MisplacedValueError, Section, Slug, Weekday, check_time_zone
from dp_assets.domain.drift_config import DriftConfig, ThresholdConfig
from dp_assets.domain.export_config import ExportConfig, export_mistake
from dp_assets.domain.filter_config import DEFAULT_FILTERS, Filter
from dp_assets.domain.groups import group_levels
from dp_assets.domain.planning_config import (
    ClassConfig,
    ExceptionConfig,
    PlanningConfig,
    PolicyConfig,
    ReasonConfig,
    ReplenishmentConfig,
    Thresholds,
)
from dp_assets.domain.producer_config import TRANSACTION_COLUMNS, ProducerConfig
from dp_assets.domain.quality_config import QualityConfig
from dp_assets.domain.reconciliation_config import HierarchyConfig, ReconciliationConfig
from dp_assets.domain.reporting_config import ReportingConfig
from dp_assets.domain.restatement_config import restatement_mistakes
from dp_assets.domain.stockout_config import StockoutConfig
from dp_assets.domain.training_config import (
    BoostingConfig,
    IntervalConfig,
    ModelConfig,
    TuningConfig,
    ValidationConfig,
)

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
    files_per_run: int = Field(500, ge=1)
    """Files that one run takes in at most. More are split into several runs, which the pool `ingestion` lets run side
    by side; the last one reports on all of them and balances the ledger."""


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


class HolidayPlacesConfig(Section):
    level: str
    """Attribute, key column or level of a hierarchy's table that says where a series is sold, e.g. `country`."""
    calendars: dict[str, str] = Field(min_length=1)
    """Member of the level → holiday calendar, e.g. `{Bavaria: DE-BY, Rome: IT}`."""


class FeatureConfig(Section):
    seasonalities: tuple[Seasonality, ...] = ("yearly",)
    """Cycles that get a sine and a cosine."""
    rolling_windows_weeks: tuple[int, ...] = (4, 12)
    """Windows of the rolling mean, standard deviation, minimum and maximum."""
    target_transform: Literal["none", "log1p"] = "log1p"
    """Transform of quantities fed to the network. Its output and its loss are always in units."""
    holidays: str | None = None
    """ISO country code (optionally `-subdivision`, e.g. `IT` or `US-OH`) of the holiday calendar."""
    holidays_by: HolidayPlacesConfig | None = None
    """Where holidays differ from place to place; `holidays` then holds for series of no place named here."""
    audit_table: bool = True
    """Whether the per-row Parquet table of all channels is written beside the dense panel."""
    shards: int = Field(1, ge=1, le=200)
    """Shards of the catalogue that a cycle's features are made in; more than one are steps of their own, on Kubernetes
    pods. Their number changes no byte of the features; never more than there are series."""


class RegressorConfig(Section):
    """One outside quantity over time, delivered by a producer with `feed: regressors` under the name of this entry."""

    known_ahead_weeks: int = Field(0, ge=0)
    """Weeks after a cutoff for which its values are known, e.g. 1 for a weather forecast; 0 for past-only. Values
    beyond are never used, even where they were delivered: they count as the last one known."""
    aggregate: Literal["mean", "sum", "min", "max", "last"] = "mean"
    """How several values of one bucket become one."""
    missing: Literal["previous", "zero"] = "previous"
    """What a bucket without a value counts as. Buckets before the first value ever count as 0."""
    relative: bool = False
    """Whether a series' values count as multiples of their mean before the cutoff, as planned prices must: what is dear
    differs from SKU to SKU. Where there is none, they count as 1."""


class RetentionConfig(Section):
    raw_years: int = Field(1, ge=1)
    """Years raw files are kept before they are archived."""
    processed_years: int = Field(2, ge=1)
    """Years processed tables are kept."""
    forecast_years: int = Field(5, ge=1)
    """Years forecasts are kept."""
    archive: str | None = None
    """Folder, best on another disk, to which `dp retention apply` moves what is older; relative to `demand.yaml`.
    Nothing is archived when left out. A lake on S3 needs none: lifecycle rules of its bucket do it."""

    @field_validator("archive")
    @classmethod
    def _is_a_folder(cls, archive: str | None) -> str | None:
        if archive is not None and "://" in archive:
            raise ValueError(
                f"expected a folder, such as /mnt/archive/demand_planner, got {archive!r}; what lies on S3 is archived "
                "by lifecycle rules of its bucket, see docs/operating.md"
            )
        if archive is not None and not archive.strip():
            raise ValueError("expected a folder, got nothing; leave the key out to archive nothing")
        return archive


class BatchInferenceConfig(Section):
    skus: tuple[str, ...] = ()
    """SKUs refreshed by the `batch_inference` job."""
    attribute_filter: dict[str, str] = Field({})
    """Attribute values a SKU must have to be refreshed."""
    top_n: int | None = Field(100, ge=1)
    """The N biggest SKUs by units of the last 13 weeks, after the two choices above; all when left out."""
    cadence: Literal["daily", "weekly"] = "daily"
    """How often the schedule runs it."""


class ForecastingConfig(Section):
    shards: int = Field(1, ge=1, le=200)
    """Shards of the catalogue that a cycle is forecast in; more than one are steps of their own, on Kubernetes pods.
    Their number changes no forecast; never more than there are blocks of 512 series."""


class ReplayConfig(Section):
    cycles: int = Field(6, ge=1)
    """Past cycles, all leads closed, that `dp run` replays before the current one."""


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
    attributes: dict[str, AttributeConfig] = Field({})
    """Attributes of a SKU that the network embeds."""
    zero_fill: Literal["zero", "ignore"] = "zero"
    """Buckets without sales since the first sale: an explicit zero, or masked as not observed."""
    active_weeks: int = Field(52, ge=1)
    """A series is active, and so forecast, if it sold within this many weeks before the cutoff."""
    outliers: OutlierConfig = OutlierConfig()
    """Capping of extreme buckets."""
    stockouts: StockoutConfig = StockoutConfig()
    """Buckets that were out of stock, from which nothing is learned."""
    low_volume: LowVolumeConfig = LowVolumeConfig()
    """What is trained on."""
    features: FeatureConfig = FeatureConfig()
    """Channels of the panel."""
    regressors: dict[Slug, RegressorConfig] = Field({})
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
    boosting: BoostingConfig = BoostingConfig()
    """Gradient boosting, the network's challenger."""
    intervals: IntervalConfig = IntervalConfig()
    """Published uncertainty."""
    forecasting: ForecastingConfig = ForecastingConfig()
    """How the work of forecasting is shared out."""
    hierarchies: tuple[HierarchyConfig, ...] = ()
    """Levels forecasts are rolled up to."""
    reconciliation: ReconciliationConfig = ReconciliationConfig()
    """How the levels are made to agree."""
    planning: PlanningConfig = PlanningConfig()
    """Planners' numbers."""
    classes: ClassConfig = ClassConfig()
    """ABC and XYZ classes of series."""
    policies: tuple[PolicyConfig, ...] = ()
    """What is decided for series of some classes: their method, service level, thresholds of the worklist."""
    replenishment: ReplenishmentConfig = ReplenishmentConfig()
    """Safety stock and reorder points."""
    exceptions: ExceptionConfig = ExceptionConfig()
    """What is on the worklist of a cycle."""
    reasons: ReasonConfig = ReasonConfig()
    """How far forecasts are explained."""
    reporting: ReportingConfig = ReportingConfig()
    """Periods that forecasts are summed over, and units of measure that they are stated in."""
    exports: tuple[ExportConfig, ...] = ()
    """Files and tables of other programs that published numbers are written to."""
    retention: RetentionConfig = RetentionConfig()
    """How long things are kept."""
    thresholds: ThresholdConfig = ThresholdConfig()
    """When to retrain and to alert."""
    drift: DriftConfig = DriftConfig()
    """When a model counts as outdated, and what becomes of a retrained one."""
    batch_inference: BatchInferenceConfig = BatchInferenceConfig()
    """The refresh between cycles."""
    replay: ReplayConfig = ReplayConfig()
    """How far back `dp run` goes."""
    quality: QualityConfig = QualityConfig()
    """When delivered data looks wrong."""
    alerts: AlertConfig = AlertConfig()
    """Who is told, and how, when something goes wrong."""

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
        for index, mistake in restatement_mistakes(self.producers).items():
            raise MisplacedValueError(mistake, "producers", index, "restatement")
        if strangers := sorted(set(self.quality.producers) - set(names)):
            message = f"expected one of the producers {sorted(names)}, got {strangers[0]!r}"
            raise MisplacedValueError(message, "quality", "producers", strangers[0])
        for index, hierarchy in enumerate(self.hierarchies):
            unknown = [level for level in hierarchy.levels if level not in {*self.attributes, *self.series_key}]
            if unknown and not hierarchy.table:
                raise MisplacedValueError(
                    f"hierarchy {hierarchy.name!r} names levels {unknown} that are neither attributes nor key columns",
                    "hierarchies",
                    index,
                    "levels",
                )
        places = self.features.holidays_by
        if places is not None and places.level not in group_levels(self):
            message = f"expected one of the levels {list(group_levels(self))}, got {places.level!r}"
            raise MisplacedValueError(message, "features", "holidays_by", "level")
        first = self.hierarchies[0].levels if self.hierarchies else ()
        if self.reconciliation.method == "middle_out" and self.reconciliation.middle_level not in first:
            message = (
                f"middle_out needs a level of the first hierarchy as reconciliation.middle_level: expected one of "
                f"{list(first)}, got {self.reconciliation.middle_level!r}"
            )
            raise MisplacedValueError(message, "reconciliation", "middle_level")
        self._check_thresholds()
        if told_wrongly := alert_mistake(self.alerts):
            raise MisplacedValueError(str(told_wrongly), "alerts", *told_wrongly.path)
        spans = [(one.name, one.levels) for one in self.hierarchies]
        if wrong := export_mistake(self.exports, spans, self.series_key):
            raise MisplacedValueError(str(wrong), "exports", *wrong.path)
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

    def _check_thresholds(self) -> None:
        judged: list[tuple[int | None, tuple[str | int, ...]]] = [(self.exceptions.interval, ("exceptions",))]
        judged += [(one.interval, ("exceptions", "levels", name)) for name, one in self.exceptions.levels.items()]
        judged += [
            (one.exceptions.interval, ("policies", number, "exceptions"))
            for number, one in enumerate(self.policies)
            if one.exceptions is not None
        ]
        for interval, place in judged:
            if interval not in {None, *self.intervals.levels}:
                message = f"expected one of intervals.levels {list(self.intervals.levels)}, got {interval}"
                raise MisplacedValueError(message, *place, "interval")
        levels = ["total", *dict.fromkeys(level for one in self.hierarchies for level in one.levels)]
        if unknown := sorted(set(self.exceptions.levels) - set(levels)):
            message = f"expected one of the levels {levels}, got {unknown[0]!r}"
            raise MisplacedValueError(message, "exceptions", "levels", unknown[0])

    @property
    def exception_policies(self) -> tuple[PolicyConfig, ...]:
        """The policies that decide by what series are judged."""
        return tuple(policy for policy in self.policies if policy.exceptions is not None)

    @property
    def exception_thresholds(self) -> tuple[Thresholds, ...]:
        """By what series are judged where no policy says otherwise, then by each of `exception_policies`."""
        own = self.exceptions
        widest = max(self.intervals.levels)
        usual = Thresholds(own.change_share, own.bias_buckets, own.interval or widest, own.uncertain_share)
        return (usual, *(one.exceptions.over(usual) for one in self.exception_policies if one.exceptions is not None))

    @property
    def quantile_levels(self) -> tuple[float, ...]:
        """Published quantile levels: the nine standard ones and the ends of every configured interval, ascending."""
        standard = {0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975}
        ends = {round(0.5 + sign * level / 200, 4) for level in self.intervals.levels for sign in (-1, 1)}
        return tuple(sorted(standard | ends))

    def producer(self, name: str) -> ProducerConfig:
        """The producer of that name; KeyError when there is none."""
        return next(producer for producer in self.producers if producer.name == name)
