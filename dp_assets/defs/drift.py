"""drift[cycle]: whether the world is still the one that the champion was trained on.

Belongs here: which artefacts are read, what is written and committed, what the web UI shows. The rest is
`domain/drift.py`; who acts upon it is `automation/drift_sensor.py`.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.champions import champion_cycle, model_version, open_encoders, open_panel
from dp_assets.domain.contracts import DRIFT
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.drift import (
    DRIFTED,
    NEEDED_OF_RESIDUALS,
    UNJUDGED,
    DriftVerdict,
    Trained,
    drift_table,
    verdict_of,
)
from dp_assets.partitions import HISTORY, MODEL_ASSETS
from dp_assets.pictures.drift import drift_picture
from dp_assets.pictures.previews import preview, table_schema
from dp_assets.pods import IN_RUN_TAGS
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The asset `drift`."""

    @dg.asset(
        partitions_def=project.cycles,
        deps=[
            "features",
            dg.AssetDep("forecasts", partition_mapping=HISTORY),
            *(dg.AssetDep(name, partition_mapping=HISTORY) for name in MODEL_ASSETS),
        ],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="monitoring",
        kinds={"python", "polars"},
        owners=["team:demand-planning"],
    )
    def drift(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Errors, coverage, channels and attributes of the newest closed buckets against the champion's training.

        Everything is as known at the cutoff. Where a kind that may ask for it has drifted, `drift_sensor` retrains.
        """
        return each_partition(context, lambda cycle: _judge(lake, project, cycle))

    return dg.Definitions(assets=[drift], asset_checks=[nothing_drifted()])


def nothing_drifted() -> dg.AssetChecksDefinition:
    """Warns where the newest cycle has drifted, and says what and what to do."""

    @dg.asset_check(
        op_tags=IN_RUN_TAGS,
        asset="drift",
        description="Errors, coverage, channels and attributes of the newest cycle are as at the champion's training.",
    )
    def nothing_drifted(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
        cycle, record = max(lake.committed("drift").items(), default=("none", {"verdict": UNJUDGED, "cause": ""}))
        drifted = record["verdict"] == DRIFTED
        return dg.AssetCheckResult(
            passed=not drifted,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "cycle": cycle,
                "verdict": str(record["verdict"]),
                "cause": str(record["cause"]),
                "next": "drift_sensor asks for a retraining; see docs/runbooks/drift.md"
                if drifted
                else "nothing to do",
            },
        )

    return nothing_drifted


def _judge(lake: Lake, project: Project, cycle: str) -> Mapping[str, Any]:
    """Writes the table, then commits the verdict, by which the sensor goes."""
    config, model = project.config, champion_cycle(lake, cycle)
    if model is None:
        table, found, version = DRIFT.empty(), DriftVerdict(UNJUDGED), None
    else:
        version = model_version(lake, model)
        table = drift_table(
            open_panel(lake, cycle),
            lake.read("forecasts", cycle=cycle),
            _earlier(lake, project, model, cycle),
            Trained(
                version,
                open_panel(lake, model),
                open_encoders(lake, model),
                lake.read("residuals", NEEDED_OF_RESIDUALS, cycle=model),
            ),
            config,
        )
        found = verdict_of(table, config)
    written = lake.write("drift", table, cycle=cycle)
    record = {"cycle": cycle, "champion": version, **{name: getattr(found, name) for name in ("verdict", "cause")}}
    lake.commit("drift", cycle, record | {"kinds": list(found.kinds), "sha256": written.sha256})
    judged = table.filter(~pl.col("kind").is_in(["channels"]) | (pl.col("name") == "all"))
    return {
        "verdict": found.verdict,
        "cause": found.cause or "none",
        "champion": version or "none: statistical methods only",
        "dagster/partition_row_count": written.rows,
        "dagster/column_schema": table_schema(DRIFT),
        "compared": preview(judged.drop("words").with_columns(pl.col(pl.Float64).round(4)), rows=200),
        **({} if table.is_empty() else {"channels": drift_picture(table)}),
        **{name: value for name, value in _numbers(table).items() if value is not None},
    }


def _earlier(lake: Lake, project: Project, model: str, cycle: str) -> list[pl.DataFrame]:
    """Forecasts of the cycles whose leads reach into the window, since the champion was trained."""
    config = project.config
    back = (config.horizon + config.in_buckets(config.drift.window_weeks)) * project.grid.step
    first = max(model, (project.grid.parse(cycle) - back).isoformat())
    quantiles = [quantile_name(level) for level in config.quantile_levels]
    columns = ["series_id", "lead", "bucket_start", "forecast", "naive", "model_version", *quantiles]
    since = [found for found in lake.partitions("forecasts") if first <= found < cycle]
    there = [found for found in since if set(columns) <= set(lake.shape("forecasts", cycle=found)[1])]
    return [lake.read("forecasts", columns, cycle=found) for found in there]


def _numbers(table: pl.DataFrame) -> dict[str, float | None]:
    """The figures that are followed over cycles."""
    followed = {
        "error": ("metric", None, "against its backtest"),
        "expected_error": ("estimate", "this cycle", "wape"),
        "channels_drifted": ("channels", "all", "share that drifted"),
    }
    found = {}
    for name, (kind, of, measure) in followed.items():
        rows = table.filter((pl.col("kind") == kind) & (pl.col("measure") == measure))
        rows = rows if of is None else rows.filter(pl.col("name") == of)
        found[name] = rows["value"][0] if len(rows) else None
    return found
