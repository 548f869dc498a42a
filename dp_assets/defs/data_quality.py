"""data_quality[file]: how each file looks beside what its producer delivered before, and the gates on it.

Belongs here: which file versions a run reports on, what the web UI shows, the two asset checks. Does not belong here:
what is measured (`domain/quality.py`), what is read and written (`dp_assets/quality.py`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from dp_assets.domain.contracts import DATA_QUALITY
from dp_assets.domain.quality import day_volumes, flagged, measures_in_short, sentences
from dp_assets.partitions import FILE_PARTITIONS
from dp_assets.pictures.figures import draw, figure_markdown
from dp_assets.pictures.previews import preview, table_schema
from dp_assets.pods import IN_RUN_TAGS
from dp_assets.project import Project
from dp_assets.quality import QualityReports
from dp_assets.registry import registrations
from dp_assets.runs import each_partition
from dp_resources.clock import Clock
from dp_resources.lake import Lake

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURES = 6
"""A run shows the daily volumes of this many files at most, those with findings first: a picture costs 0.2 s."""
SPOKEN_FILES = 3
"""Findings of a run with more files that stand out are said per measure: years of files would fill the screen."""
SHOWN = ["measure", "subject", "value", "expected", "score", "compared_with", "verdict", "detail"]


def build(project: Project) -> dg.Definitions:
    """The asset `data_quality` and its checks."""

    @dg.asset(
        partitions_def=FILE_PARTITIONS,
        deps=["unified_transactions"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="ingest",
        kinds={"python", "polars"},
        owners=["team:demand-planning"],
    )
    def data_quality(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], clock: dg.ResourceParam[Clock]
    ) -> dg.MaterializeResult[None]:
        """Volumes against the producer's own history, missing values, SKUs never seen before, outliers, days left out.

        A file is compared with files that stood when it arrived, never with later ones. `quality` in the configuration
        says from where on a measure warns or blocks; by default nothing blocks. A file that blocks is recalled in the
        name of the gate; `dp recall --undo` lets it in.
        """
        keys = list(context.partition_keys)
        reports = QualityReports(lake, project.config, registrations(lake), clock.now()).write(keys)
        eventful = [key for key in keys if key in reports and len(flagged(reports[key]))]
        pictured = set([*eventful, *keys][:PICTURES])

        def work(file_version_id: str) -> Mapping[str, Any]:
            found = reports.get(file_version_id, DATA_QUALITY.empty())
            level = context.log.warning if len(eventful) <= SPOKEN_FILES else context.log.debug
            for finding in sentences(flagged(found), limit=3):
                level(finding)
            return _metadata(found, file_version_id in pictured)

        if len(eventful) > SPOKEN_FILES:
            for line in measures_in_short(pl.concat([reports[key] for key in eventful])):
                context.log.warning(line)
            context.log.info("`dp inspect quality` lists what stands out")
        return each_partition(context, work)

    return dg.Definitions(assets=[data_quality], asset_checks=[quality_gates(), quality_warnings()])


def quality_gates() -> dg.AssetChecksDefinition:
    """Fails when a measure of one of the run's files is above its `block` threshold.

    It does not block in Dagster's sense: the file is held out by its recall, and the other files go on.
    """

    @dg.asset_check(
        op_tags=IN_RUN_TAGS,
        asset="data_quality",
        description="No measure of a file is above its `block` threshold. A file that is counts for nothing until "
        "somebody lets it in with `dp recall --undo FILE`.",
    )
    def quality_gates(context: dg.AssetCheckExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
        found = _findings(context, lake, ["block"])
        return dg.AssetCheckResult(
            passed=found.is_empty(), severity=dg.AssetCheckSeverity.ERROR, metadata=_in_words(found)
        )

    return quality_gates


def quality_warnings() -> dg.AssetChecksDefinition:
    """Warns when a measure of one of the run's files is above its `warn` threshold."""

    @dg.asset_check(
        asset="data_quality",
        description="No measure of a file is above its `warn` threshold.",
        op_tags=IN_RUN_TAGS,
    )
    def quality_warnings(context: dg.AssetCheckExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
        found = _findings(context, lake, ["warn", "block"])
        return dg.AssetCheckResult(
            passed=found.is_empty(), severity=dg.AssetCheckSeverity.WARN, metadata=_in_words(found)
        )

    return quality_warnings


def _findings(context: dg.AssetCheckExecutionContext, lake: Lake, verdicts: list[str]) -> pl.DataFrame:
    written = [key for key in context.partition_keys if lake.exists("data_quality", file_version=key)]
    reports = [lake.read("data_quality", file_version=key).filter(pl.col("verdict") != "ok") for key in written]
    return flagged(pl.concat([DATA_QUALITY.empty(), *reports])).filter(pl.col("verdict").is_in(verdicts))


def _in_words(found: pl.DataFrame) -> dict[str, Any]:
    files = found["file_version_id"].n_unique()
    lines = "\n".join(f"- {sentence}" for sentence in sentences(found)) or "nothing stands out"
    return {"findings": len(found), "files": files, "what was found": dg.MetadataValue.md(lines)}


def _metadata(found: pl.DataFrame, pictured: bool) -> dict[str, Any]:
    file_measures = found.filter(~pl.col("measure").is_in(["day_rows", "day_units"]))
    verdicts = found["verdict"].value_counts().sort("verdict")
    shown: dict[str, Any] = {
        "dagster/row_count": len(found),
        "dagster/column_schema": table_schema(DATA_QUALITY),
        "verdicts": dg.MetadataValue.json(dict(verdicts.iter_rows())),
        "measures": preview(file_measures.select(SHOWN), rows=100),
    }
    if len(stand_out := flagged(found)):
        shown["stands out"] = preview(stand_out.select(SHOWN), rows=20)
    days = day_volumes(found)
    if pictured and len(days):
        shown["rows per day"] = volume_picture(days)
    return shown


def volume_picture(days: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Rows per day as lines, the expectation as dots, flagged days in red.

    One collection of lines each: years of days as single bars would take longer to draw than the file took to read.
    """

    def paint(axes: list["Axes"]) -> None:
        axis, marked = axes[0], days.filter("flagged")
        wide = min(8.0, 400 / len(days))
        axis.vlines(days["day"].to_list(), 0, days["rows"].to_list(), lw=wide, color="tab:blue", label="rows")
        axis.vlines(marked["day"].to_list(), 0, marked["rows"].to_list(), lw=wide, color="tab:red", label="flagged")
        known = days.drop_nulls("expected")
        axis.plot(known["day"].to_list(), known["expected"].to_list(), "k_", ms=4, label="usual for the weekday")
        axis.set(title="accepted rows per business date")
        axis.legend(fontsize=8)

    return figure_markdown(draw(1, 1, paint, size=(9.0, 3.0)))
