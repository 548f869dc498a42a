"""forecasts[cycle] and refreshed_forecasts[cycle]: mean and quantiles of every active series, and of designated SKUs.

Belongs here: which champion and panel are opened, what is written, what the web UI shows. The rest is
`domain/forecasts.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
import polars as pl

from dp_assets import receipts
from dp_assets.champions import earlier_cycles, open_champion, open_panel
from dp_assets.domain import contracts
from dp_assets.domain.forecasts import Champion, model_forecasts, modelled_rows, receipt_of
from dp_assets.domain.inference import block_count, shard
from dp_assets.domain.interval_contract import BLOCKED, HOLDS, UNJUDGED, interval_contract
from dp_assets.domain.panel import Panel
from dp_assets.forecast_shards import parse_name, read_shards, remove_shards, shard_name, write_shard
from dp_assets.partitions import HISTORY, MODEL_ASSETS
from dp_assets.pictures.models import forecast_pictures
from dp_assets.pictures.previews import preview, table_schema
from dp_assets.pods import IN_RUN_TAGS, ROOMY_TAGS
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The assets `forecasts` and `refreshed_forecasts`; the first in steps of its own where it is made in shards."""
    in_steps = project.config.forecasting.shards > 1
    forecasts = sharded_forecasts(project) if in_steps else whole_forecasts(project)

    @dg.asset(
        partitions_def=project.cycles,
        deps=[dg.AssetDep(name, partition_mapping=mapping) for name, mapping in UPSTREAM.items()],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="forecasting",
        kinds=KINDS,
        owners=OWNERS,
    )
    def refreshed_forecasts(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> dg.MaterializeResult[None]:
        """The designated SKUs (`batch_inference`: list, filter, top N) forecast again with the newest features.

        On CPU, by the champion, without training; the table stands beside `forecasts`, which it does not touch.
        """
        return each_partition(context, lambda cycle: _forecast(lake, project, cycle, "refreshed_forecasts"))

    return dg.Definitions(assets=[forecasts, refreshed_forecasts], asset_checks=[intervals_hold()])


UPSTREAM: dict[str, dg.PartitionMapping | None] = {"features": None, **dict.fromkeys(MODEL_ASSETS, HISTORY)}
"""What forecasts are made of → which of its partitions."""
KINDS = {"pytorch", "polars"}
OWNERS = ["team:demand-planning"]
FORECASTS = """Every active series × lead: mean, quantiles, intervals, by the newest model of a cycle at or before it.

Beside them total_forecasts: demand over a lead time, the sum of the first leads, with quantiles of its own; and
interval_contract: what intervals of earlier cycles covered, by which those of this one may be widened.
That model's own encoders and residuals are used. Series it does not forecast, or all of them where there is no
model yet, are forecast by statistical methods; `method` says which.
"""


def whole_forecasts(project: Project) -> dg.AssetsDefinition:
    """The asset `forecasts` as one step."""

    @dg.asset(
        description=FORECASTS,
        partitions_def=project.cycles,
        deps=[dg.AssetDep(name, partition_mapping=mapping) for name, mapping in UPSTREAM.items()],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="forecasting",
        kinds=KINDS,
        owners=OWNERS,
        op_tags=ROOMY_TAGS,
    )
    def forecasts(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        return each_partition(context, lambda cycle: _forecast(lake, project, cycle, "forecasts"))

    return forecasts


def sharded_forecasts(project: Project) -> dg.AssetsDefinition:
    """The asset `forecasts` as steps: one that shares out the series, one for each shard, one that puts them together.

    Steps hand each other nothing but a shard's name; what they make lies in the lake, so that each may run anywhere.
    """
    nothing = dg.In(dg.Nothing)

    @dg.op(ins=dict.fromkeys(UPSTREAM, nothing), out=dg.DynamicOut(dg.Nothing))
    def share_out(context: dg.OpExecutionContext, lake: dg.ResourceParam[Lake]) -> Iterator[dg.DynamicOutput[None]]:
        """Says what intervals must cover, and names the shards: as many as configured, but no more than blocks."""
        blocks = 1
        for cycle in context.partition_keys:
            _write_contract(lake, project, cycle)
            opened = _open(lake, project, cycle, "forecasts")
            blocks = max(blocks, block_count(modelled_rows(opened.panel, opened.champion, project.config)))
        shards = min(project.config.forecasting.shards, blocks)
        for number in range(shards):
            yield dg.DynamicOutput(None, mapping_key=shard_name(number, shards))

    @dg.op(ins={"shared_out": nothing}, out=dg.Out(dg.Nothing), tags=ROOMY_TAGS)
    def forecast_shard(context: dg.OpExecutionContext, lake: dg.ResourceParam[Lake]) -> None:
        """What the model says of the series of one shard."""
        name = str(context.get_mapping_key())
        for cycle in context.partition_keys:
            opened = _open(lake, project, cycle, "forecasts")
            rows = shard(modelled_rows(opened.panel, opened.champion, project.config), *parse_name(name))
            if opened.champion is None or not len(rows):
                continue
            shares, threads = opened.champion.shares(opened.panel), project.settings.threads
            made = model_forecasts(opened.panel, opened.champion, project.config, rows, shares, threads)
            write_shard(lake, cycle, receipt_of(**opened.parts), name, rows, made)
            context.log.info(f"{cycle}: {len(rows)} series of shard {name}")

    @dg.op(ins={"made": nothing}, out=dg.Out(dg.Nothing), tags=ROOMY_TAGS)
    def put_together(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> None:
        """Adds the series that the model does not forecast, and writes the tables."""
        each_partition(context, lambda cycle: _forecast(lake, project, cycle, "forecasts", in_shards=True))
        for cycle in context.partition_keys:  # only now: begun again, the step must find the shards of all cycles
            remove_shards(lake, cycle)

    @dg.graph_asset(
        description=FORECASTS,
        partitions_def=project.cycles,
        ins={
            name: dg.AssetIn(partition_mapping=mapping, dagster_type=dg.Nothing) for name, mapping in UPSTREAM.items()
        },
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="forecasting",
        kinds=KINDS,
        owners=OWNERS,
    )
    def forecasts(**upstream: Any) -> Any:
        return put_together(share_out(**upstream).map(forecast_shard).collect())

    return forecasts


def intervals_hold() -> dg.AssetChecksDefinition:
    """Says where intervals of earlier cycles broke their contract; stops publication where that is configured."""

    @dg.asset_check(
        op_tags=IN_RUN_TAGS,
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


@dataclass(frozen=True)
class _Opened:
    """What a table of forecasts of a cycle is made of, and the parts of its receipt."""

    panel: Panel
    champion: Champion | None
    contract: pl.DataFrame
    parts: Mapping[str, str]


def _open(lake: Lake, project: Project, cycle: str, table: str) -> _Opened:
    config, panel = project.config, open_panel(lake, cycle)
    champion = open_champion(lake, cycle, config)
    contract = lake.read("interval_contract", cycle=cycle)
    parts = receipts.receipt_parts(lake, table, cycle, champion, contract, config, project.settings)
    return _Opened(panel, champion, contract, parts)


def _write_contract(lake: Lake, project: Project, cycle: str) -> None:
    config, panel = project.config, open_panel(lake, cycle)
    lake.write("interval_contract", interval_contract(earlier_cycles(lake, cycle, config), panel, config), cycle=cycle)


def _forecast(lake: Lake, project: Project, cycle: str, table: str, in_shards: bool = False) -> Mapping[str, Any]:
    config = project.config
    # A refresh keeps to the cycle's contract, and shards to the one that was there when they were named.
    if not in_shards and (table == "forecasts" or not lake.exists("interval_contract", cycle=cycle)):
        _write_contract(lake, project, cycle)
    opened = _open(lake, project, cycle, table)
    panel, champion, contract, parts = opened.panel, opened.champion, opened.contract, opened.parts
    modelled = None
    if in_shards:
        modelled = read_shards(lake, cycle, receipt_of(**parts), modelled_rows(panel, champion, config), config)
    tables = receipts.tables_of(panel, champion, contract, config, parts, project.settings.threads, modelled)
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
