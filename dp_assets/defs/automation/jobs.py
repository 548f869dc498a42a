"""Jobs: the named selections of assets that people, schedules and sensors run, and events of a file.

Belongs here: which assets run together. Does not belong here: when they run (`schedules.py`, `sensors.py`), what a
recall or a backdated arrival means (`dp_assets/domain/recall.py`).
"""

from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache

import dagster as dg
import polars as pl
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from pydantic import Field

from dp_assets.archiving import apply_plan, archive_of, make_plan
from dp_assets.domain.retention import summary
from dp_assets.pictures.previews import preview
from dp_assets.project import Project
from dp_assets.recalls import (
    backdate_meant,
    reached_by,
    reached_by_backdate,
    version_meant,
    write_backdate,
    write_event,
)
from dp_resources.clock import Clock
from dp_resources.lake import Lake

INGESTION = ("raw_files", "unified_transactions", "data_quality", "file_ledger")
BUCKETS = ("weekly_buckets", "transactions_cleaned")
PREPARATION = ("sku_attributes", "attribute_conflicts", "sku_attribute_history", "features")
TRAINING = ("encoders", "tuned_model", "boosted_model", "residuals")
FORECASTING = (
    "forecasts",
    "node_forecasts",
    "planner_inputs",
    "reconciled_rollups",
    "published_forecasts",
    "forecast_exports",
    "series_classes",
    "price_elasticity",
    "replenishment",
    "temporal_rollups",
    "lost_sales",
    "exceptions",
    "serving_bundle",
    "drift",
)
REPLANNING = (
    "planner_inputs",
    "reconciled_rollups",
    "published_forecasts",
    "forecast_exports",
    "temporal_rollups",
    "exceptions",
    "serving_bundle",
)
SELECTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "ingest_files": (
        INGESTION[:2],
        "Read and unify a part of many landed files; `ingest_new_files` accounts for them.",
    ),
    "ingest_new_files": (INGESTION, "Read, unify and account for every row of newly landed files."),
    "refresh_buckets": (BUCKETS, "Rebuild the time buckets that landed files touch."),
    "retrain": (
        (*PREPARATION, *TRAINING),
        "Fit encoders, tune and train the network and its challenger, judge both on the past.",
    ),
    "weekly_cycle": (
        (*PREPARATION, *FORECASTING),
        "Forecast, reconcile, publish and bundle a cycle with the champion.",
    ),
    "replan": (
        REPLANNING,
        "Take planners' numbers into a cycle: reconcile under their locks, publish and bundle again.",
    ),
    "score_cycles": (("accuracy",), "Score the leads whose actuals have arrived."),
    "explain": (
        (
            *("feature_contributions", "feature_importance", "forecast_changes", "outlier_causes"),
            *("promotion_uplift", "promotion_side_effects"),
        ),
        "Say why the forecasts of a cycle are what they are, and why they changed.",
    ),
    "batch_inference": (("refreshed_forecasts",), "Refresh designated SKUs with the newest features and champion."),
    "run_scenarios": (("scenario_forecasts",), "Compute scenarios; only what they change is computed and kept."),
}


@cache
def define_job(name: str) -> UnresolvedAssetJobDefinition:
    """The job of that name, one object however often it is asked for; KeyError when there is none."""
    assets, description = SELECTIONS[name]
    return dg.define_asset_job(name, selection=dg.AssetSelection.assets(*assets), description=description)


class RecallConfig(dg.Config):
    """What the job `recall` is told."""

    file: str = Field(description="File version, or path below the landing root: the version that counts there.")
    reason: str = Field("", description="Why; a recall must say it, an undo may.")
    by: str = Field(description="Who asks for it.")
    undo: bool = Field(False, description="Put a recalled version back in force instead.")


def recall_job(project: Project) -> dg.JobDefinition:
    """The job `recall`: it writes the event, and the sensors recompute what it reaches."""

    @dg.op(description="Writes the event, after which the file version counts for nothing, or counts again.")
    def write_recall(
        context: dg.OpExecutionContext,
        config: RecallConfig,
        lake: dg.ResourceParam[Lake],
        clock: dg.ResourceParam[Clock],
    ) -> None:
        version = version_meant(lake, config.file, config.undo)
        reached = reached_by(lake, project.config, version, config.undo)
        event = write_event(lake, version, config.undo, config.by, config.reason, clock.now())
        context.log.info(f"{event.event} of {version} by {event.by}: {event.reason}")
        context.add_output_metadata(
            {"file_version_id": version, **{name: dg.MetadataValue.json(keys) for name, keys in vars(reached).items()}}
        )

    @dg.job(
        description="Takes a file version back, or puts it back in force; what was computed from it is computed again."
    )
    def recall() -> None:
        write_recall()

    return recall


class BackdateConfig(dg.Config):
    """What the job `backdate` is told."""

    file: str = Field(description="File version, or path below the landing root: the version that counts there.")
    arrived_at: str | None = Field(None, description="From when on it counts, ISO 8601; UTC where no zone is said.")
    reason: str = Field("", description="Why; a backdated arrival must say it, an undo may.")
    by: str = Field(description="Who asks for it.")
    undo: bool = Field(False, description="Let it count from its recorded arrival on again.")

    @property
    def moment(self) -> datetime | None:
        """The arrival asked for; None for an undo."""
        if (self.arrived_at is None) != self.undo:
            raise dg.Failure(description=f"expected either arrived_at or undo, got {self.arrived_at} and {self.undo}")
        moment = datetime.fromisoformat(self.arrived_at) if self.arrived_at else None
        return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def backdate_job(project: Project) -> dg.JobDefinition:
    """The job `backdate`: it writes the event, and the sensors recompute what it reaches."""

    @dg.op(description="Writes the event, after which the file version counts from the declared moment on.")
    def write_arrival(
        context: dg.OpExecutionContext,
        config: BackdateConfig,
        lake: dg.ResourceParam[Lake],
        clock: dg.ResourceParam[Clock],
    ) -> None:
        version, arrivals = backdate_meant(lake, config.file, config.moment)
        reached = reached_by_backdate(lake, project.config, version, arrivals)
        write_backdate(lake, version, arrivals, config.by, config.reason, clock.now())
        context.log.info(f"{version} counts from {config.moment or 'its recorded arrival'} on: {config.reason}")
        context.add_output_metadata(
            {"file_version_id": version, **{name: dg.MetadataValue.json(keys) for name, keys in vars(reached).items()}}
        )

    @dg.job(
        description="Lets a file that came late count as if it had come in time; cycles that lack it are made again."
    )
    def backdate() -> None:
        write_arrival()

    return backdate


def archive_job(project: Project) -> dg.JobDefinition:
    """The job `archive_old_files`: it makes a plan of retention and applies it at once."""

    @dg.op(
        description="Archives what is older than retention allows and nothing reads, and removes what nothing names."
    )
    def apply_retention(
        context: dg.OpExecutionContext, lake: dg.ResourceParam[Lake], clock: dg.ResourceParam[Clock]
    ) -> None:
        archive, planning, now = archive_of(lake, project), project.planning(), clock.now()
        plan = make_plan(lake, project.config, planning, now)
        wanted = next(iter(plan.unfinished), plan.hash)  # what was begun is finished first
        context.add_output_metadata(
            {"what, and why": preview(pl.DataFrame([asdict(one) for one in summary(plan.decisions)]), 50)}
        )
        came = apply_plan(archive, project.config, planning, wanted, "archive_old_files", now, context.log.info)
        context.add_output_metadata(asdict(came))

    @dg.job(
        description="Moves what is older than `retention` says to the archive; `dp retention plan` shows it before."
    )
    def archive_old_files() -> None:
        apply_retention()

    return archive_old_files


def build(project: Project) -> dg.Definitions:
    """Every job; runs of one job on the same partitions are safe to repeat."""
    own = [recall_job(project), backdate_job(project), archive_job(project)]
    return dg.Definitions(jobs=[*(define_job(name) for name in SELECTIONS), *own])
