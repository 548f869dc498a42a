"""forecasts[cycle] and refreshed_forecasts[cycle]: mean and quantiles of every active series, and of designated SKUs.

Belongs here: which champion and panel are opened, what is written, what the web UI shows. The rest is
`domain/forecasts.py`.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from dp_assets import receipts
from dp_assets.champions import open_champion, open_panel
from dp_assets.domain import contracts
from dp_assets.domain.forecasts import Champion
from dp_assets.model_pictures import forecast_pictures
from dp_assets.partitions import HISTORY, MODEL_ASSETS
from dp_assets.previews import preview, table_schema
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
    )
    def forecasts(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Every active series × lead: mean, quantiles, intervals, by the newest model of a cycle at or before this one.

        Beside them total_forecasts: demand over a lead time, the sum of the first leads, with quantiles of its own.
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

    return dg.Definitions(assets=[forecasts, refreshed_forecasts])


def _forecast(lake: Lake, project: Project, cycle: str, table: str) -> Mapping[str, Any]:
    config, panel = project.config, open_panel(lake, cycle)
    champion = open_champion(lake, cycle, config)
    parts = receipts.receipt_parts(lake, table, cycle, champion, config, project.settings)
    tables = receipts.tables_of(panel, champion, config, parts, project.settings.threads)
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
        "dagster/column_schema": table_schema(contracts.table(config, table)),
        "preview": preview(made),
        **(forecast_pictures(panel, made, _backtest(lake, champion)) if len(made) else {}),
    }


def _backtest(lake: Lake, champion: Champion | None) -> pl.DataFrame | None:
    """The champion's residuals, which say which SKUs it forecasts worst."""
    wanted = ["series_id", "actual", "residual"]
    return lake.read("residuals", wanted, cycle=champion.cycle) if champion else None
