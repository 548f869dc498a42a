"""serving_bundle[cycle]: everything the API needs of a cycle, in one folder that it memory-maps.

Belongs here: which partitions are read, what is written, what the web UI shows. The folder is `serving/bundle.py`'s.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.champions import (
    boosting_folder,
    model_version,
    open_contract,
    open_panel,
    recalls_of_features,
    recalls_of_model,
)
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.forecasts import widening
from dp_assets.domain.hierarchy import TOTAL, configured_hierarchies
from dp_assets.domain.inference import MODELS
from dp_assets.domain.leaderboard import shares_of
from dp_assets.domain.panel import Panel
from dp_assets.domain.scratch import scratch_folder
from dp_assets.partitions import HISTORY, MODEL_ASSETS
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake
from serving.bundle import Bundle, Head, NetworkParts, write_bundle
from serving.nodes import HierarchyHead

REFUSED = 1e-5
"""Difference between a batch forecast and the same one computed from the bundle that cannot be rounding any more. Two
libraries differ by 1e-6 in a mean, and by a few 1e-6 in quantiles, which are shifted between pools and, where demand is
counted, drawn to whole numbers; forecasts of other features, weights or residuals differ by far more."""


def build(project: Project) -> dg.Definitions:
    """The asset `serving_bundle`."""

    @dg.asset(
        partitions_def=project.cycles,
        deps=[
            # The bundle says that a cycle is done, so what planners act on comes before it.
            *(
                dg.AssetDep(name)
                for name in (
                    "forecasts",
                    "published_forecasts",
                    "reconciled_rollups",
                    "sku_attributes",
                    "features",
                    "replenishment",
                    "temporal_rollups",
                    "lost_sales",
                    "exceptions",
                )
            ),
            *(dg.AssetDep(name, partition_mapping=HISTORY) for name in MODEL_ASSETS),
        ],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="serving",
        kinds={"numpy", "onnx", "fastapi"},
        owners=["team:demand-planning"],
    )
    def serving_bundle(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Forecasts, nodes, attributes, history and the network of a cycle; a running API picks it up by itself.

        It is written only if the network, run from the bundle as the API would, repeats the batch's forecasts.
        """
        return each_partition(context, lambda cycle: _bundle(lake, project, cycle))

    return dg.Definitions(assets=[serving_bundle])


def _bundle(lake: Lake, project: Project, cycle: str) -> Mapping[str, Any]:
    forecasts, published = lake.read("forecasts", cycle=cycle), lake.read("published_forecasts", cycle=cycle)
    champion, planned = _champion(lake, forecasts), lake.commit_of("planner_inputs", cycle)
    head = _head(project, cycle, champion)
    with scratch_folder() as folder:
        totals = lake.read("total_forecasts", cycle=cycle) if lake.exists("total_forecasts", cycle=cycle) else None
        panel = open_panel(lake, cycle)
        write_bundle(
            folder,
            forecasts,
            published,
            head,
            _network(lake, cycle, champion, project.config, panel),
            totals=totals,
            rollups=lake.read("reconciled_rollups", cycle=cycle),
            attributes=lake.read("sku_attributes", ["sku", *project.config.attributes], cycle=cycle),
            panel=panel,
        )
        bundle = Bundle(folder)
        difference = _check_agreement(bundle)
        info = {
            "champion": champion,
            "recalls": recalls_of_features(lake, cycle),
            "champion_recalls": recalls_of_model(lake, champion) if champion else [],
            "planned": planned["last_change"] if planned else 0,
        }
        manifest = lake.write_folder("serving_bundle", folder, info, cycle=cycle)
    return {
        "dagster/row_count": len(bundle),
        "skus": bundle.skus,
        "nodes": len(bundle.nodes) if bundle.nodes else 0,
        "champion": champion or "none: statistical methods only",
        "methods": bundle.counts("method"),
        "largest_difference_online": difference,
        "bytes": sum(entry["bytes"] for entry in manifest["files"].values()),
        "sha256": manifest["sha256"],
        "files": dg.MetadataValue.json(manifest["files"]),
    }


def _champion(lake: Lake, forecasts: pl.DataFrame) -> str | None:
    """Cycle of the model that made the network's forecasts, None when there are none.

    Raises:
        ArtefactError: the forecasts are of several models, or of weights that have been replaced since.
    """
    versions = forecasts.filter(pl.col("method").is_in(MODELS))["model_version"].unique().sort().to_list()
    if not versions:
        return None
    cycle = str(versions[0]).partition("+")[0]
    if versions != [present := model_version(lake, cycle)]:
        raise ArtefactError(
            f"expected forecasts of the one model {present}, got {versions}; materialise the asset forecasts of this "
            "cycle again"
        )
    return cycle


def _head(project: Project, cycle: str, champion: str | None) -> Head:
    config: DemandConfig = project.config
    leads = project.grid.leads(project.grid.parse(cycle), config.horizon)
    return Head(
        cycle=cycle,
        champion=champion,
        bucket_weeks=config.bucket.weeks,
        key=config.series_key,
        leads=tuple(start.isoformat() for start in leads),
        quantile_levels=config.quantile_levels,
        interval_levels=config.intervals.levels,
        interval_method=config.intervals.method,
        hierarchies=tuple(HierarchyHead(one.name, (TOTAL, *one.levels)) for one in configured_hierarchies(config)),
    )


def _network(lake: Lake, cycle: str, champion: str | None, config: DemandConfig, panel: Panel) -> NetworkParts | None:
    if champion is None:
        return None
    boosting = boosting_folder(lake, champion)
    return NetworkParts(
        model_folder=lake.open_folder("tuned_model", cycle=champion),
        panel=panel,
        error_distributions=lake.read("error_distributions", cycle=champion),
        boosting_folder=boosting,
        shares=shares_of(lake.read("leaderboard", cycle=champion), panel) if boosting else None,
        widening=widening(open_contract(lake, cycle), panel, config),
    )


def _check_agreement(bundle: Bundle) -> float:
    """Largest difference between batch and online, 0 without a network.

    Raises:
        ArtefactError: it is too large, because features, model or residuals changed after the forecasts were made.
    """
    if not bundle.has_network:
        return 0.0
    from serving.forward import largest_difference

    difference = largest_difference(bundle)
    if not difference <= REFUSED:
        raise ArtefactError(
            f"cycle {bundle.head.cycle}: expected the network to repeat the batch's forecasts to {REFUSED:g}, but "
            f"they differ by {difference:.3g}; features, model or residuals changed since: materialise forecasts, and "
            "what follows from them, again"
        )
    return difference
