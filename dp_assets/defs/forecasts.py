"""forecasts[cycle] and refreshed_forecasts[cycle]: mean and quantiles of every active series, and of designated SKUs.

Belongs here: which champion and panel are opened, what is written, what the web UI shows. The rest is
`domain/forecasts.py`.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from dp_assets import receipts
from dp_assets.champions import earlier_cycles, open_champion, open_panel
from dp_assets.domain import contracts
from dp_assets.domain.forecasts import Champion
from dp_assets.domain.interval_contract import BLOCKED, HOLDS, UNJUDGED, interval_contract
from dp_assets.partitions import HISTORY, MODEL_ASSETS
from dp_assets.pictures.models import forecast_pictures
from dp_assets.pictures.previews import preview, table_schema
from dp_assets.pods import ROOMY_TAGS
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The assets `forecasts` and `refreshed_forecasts`."""
    upstream = [
        dg.AssetDep("features"),
        *(dg.AssetDep(name, partition_mapping=HISTORY) for name in MODEL_ASSETS),
    ]

    @dg.asset(
        partitions_def=project.cycles,
        deps=upstream,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="forecasting",
        kinds={"pytorch", "polars"},
        owners=["team:demand-planning"],
        op_tags=ROOMY_TAGS,
    )
    def forecasts(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Every active series × lead: mean, quantiles, intervals, by the newest model of a cycle at or before this one.

        Beside them total_forecasts: demand over a lead time, the sum of the first leads, with quantiles of its own; and
        interval_contract: what intervals of earlier cycles covered, by which those of this one may be widened.
        That model's own encoders and residuals are used. Series it does not forecast, or all of them where there is no
        model yet, are forecast by statistical methods; `method` says which.
        """
        return each_partition(context, lambda cycle: _forecast(lake, project, cycle, "forecasts"))

    @dg.asset(
        partitions_def=project.cycles,
        deps=upstream,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="forecasting",
        kinds={"pytorch", "polars"},
        owners=["team:demand-planning"],
    )
    def refreshed_forecasts(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> dg.MaterializeResult[None]:
        """The designated SKUs (`batch_inference`: list, filter, top N) forecast again with the newest features.

        On CPU, by the champion, without training; the table stands beside `forecasts`, which it does not touch.
        """
        return each_partition(context, lambda cycle: _forecast(lake, project, cycle, "refreshed_forecasts"))

    return dg.Definitions(assets=[forecasts, refreshed_forecasts], asset_checks=[intervals_hold()])


def intervals_hold() -> dg.AssetChecksDefinition:
    """Says where intervals of earlier cycles broke their contract; stops publication where that is configured."""

    @dg.asset_check(
        asset="forecasts",
        description=(
            "Intervals of the newest cycles covered what they promise in every demand class; where they did not, those "
            "of this cycle are widened, or nothing is published (`intervals.when_too_narrow`)."
        ),
        blocking=True,
    )
    def intervals_hold(context: dg.AssetCheckExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
        keys = [key for key in context.partition_keys if lake.exists("interval_contract", cycle=key)]
        found = pl.concat(
            [
                contracts.INTERVAL_CONTRACT.empty().select(pl.lit("").alias("cycle"), pl.all()),
                *(
                    lake.read("interval_contract", cycle=key).select(pl.lit(key).alias("cycle"), pl.all())
                    for key in keys
                ),
            ]
        )
        broken = found.filter(~pl.col("verdict").is_in([HOLDS, UNJUDGED]))
        blocks = broken.filter(pl.col("verdict") == BLOCKED)
        shown = (broken if len(broken) else found).drop("shifts").with_columns(pl.col(pl.Float64).round(4))
        return dg.AssetCheckResult(
            passed=broken.is_empty(),
            severity=dg.AssetCheckSeverity.ERROR if len(blocks) else dg.AssetCheckSeverity.WARN,
            metadata={
                "contract": preview(shown, rows=200),
                "next": "retrain, so that intervals are calibrated on newer weeks" if len(broken) else "nothing to do",
            },
        )

    return intervals_hold


def _forecast(lake: Lake, project: Project, cycle: str, table: str) -> Mapping[str, Any]:
    config, panel = project.config, open_panel(lake, cycle)
    champion = open_champion(lake, cycle, config)
    if table == "forecasts" or not lake.exists("interval_contract", cycle=cycle):  # a refresh keeps to the cycle's
        lake.write(
            "interval_contract", interval_contract(earlier_cycles(lake, cycle, config), panel, config), cycle=cycle
        )
    contract = lake.read("interval_contract", cycle=cycle)
    parts = receipts.receipt_parts(lake, table, cycle, champion, contract, config, project.settings)
    tables = receipts.tables_of(panel, champion, contract, config, parts, project.settings.threads)
    receipt, made = receipts.keep(lake, parts, config, tables), tables[table]
    for name, frame in reversed(tables.items()):  # forecasts last: they are what says that a cycle was forecast
        lake.write(name, frame, cycle=cycle)
    methods = made.filter(pl.col("lead") == 1)["method"].value_counts().sort("method")
    return {
        "dagster/row_count": len(made),
        "champion": champion.version if champion else "none: statistical methods only",
        "unknown_values": champion.encoders.codes(panel.series).unknown if champion else {},
        "methods": dict(methods.iter_rows()),
        "units": round(float(made["forecast"].sum()), 1),
        "receipt": receipt.id,
        "interval_contract": preview(contract.drop("shifts").with_columns(pl.col(pl.Float64).round(4)), rows=100),
        "dagster/column_schema": table_schema(contracts.table(config, table)),
        "preview": preview(made),
        **(forecast_pictures(panel, made, _backtest(lake, champion)) if len(made) else {}),
    }


def _backtest(lake: Lake, champion: Champion | None) -> pl.DataFrame | None:
    """The champion's residuals, which say which SKUs it forecasts worst."""
    wanted = ["series_id", "actual", "residual"]
    return lake.read("residuals", wanted, cycle=champion.cycle) if champion else None
