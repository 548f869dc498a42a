"""residuals[cycle]: what the cycle's model got wrong on buckets it had not seen, and the distributions made of that.

Belongs here: which artefacts are read and written, what the web UI shows. The rest is `domain/residuals.py` and
`domain/error_distributions.py`.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from dp_assets.champions import open_encoders, open_panel
from dp_assets.domain.contracts import ERROR_DISTRIBUTIONS
from dp_assets.domain.contracts import residuals as residuals_table
from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.inference import network_rows
from dp_assets.domain.intervals import ErrorDistributions
from dp_assets.gpu import GPU_TAGS
from dp_assets.model_pictures import residual_picture
from dp_assets.previews import preview, table_schema
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The asset `residuals`."""

    @dg.asset(
        partitions_def=project.cycles,
        deps=["features", "encoders", "tuned_model"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="training",
        kinds={"pytorch", "polars"},
        owners=["team:demand-planning"],
        op_tags=GPU_TAGS,
    )
    def residuals(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Residuals per series and lead of rolling-origin refits, at every origin after each one's training end.

        Beside them error_distributions: mean, std, quantiles and a normality check per series and lead, and pools of
        like forecasts.
        """
        return each_partition(context, lambda cycle: _judge(lake, project, cycle, context.log))

    return dg.Definitions(assets=[residuals])


def _judge(lake: Lake, project: Project, cycle: str, log: dg.DagsterLogManager) -> Mapping[str, Any]:
    import torch

    from dp_assets.domain.model_folder import load_card, load_network
    from dp_assets.domain.residuals import backtest
    from dp_assets.domain.training import WindowSource, choose_device

    torch.set_num_threads(project.settings.threads)
    folder = lake.open_folder("tuned_model", cycle=cycle)
    panel, device = open_panel(lake, cycle), choose_device()
    source = WindowSource.of(panel, open_encoders(lake, cycle), device)
    card, champion = load_card(folder), load_network(folder).to(device)
    rows = network_rows(panel)
    found = backtest(source, card.spec, card.hyper, project.config, rows, card.epochs, champion, log.info)
    made = error_distributions(found, project.config)
    lake.write("residuals", found, cycle=cycle)
    lake.write("error_distributions", made, cycle=cycle)
    # Which weights they are of: a model trained again counts once its residuals are its own.
    lake.commit("residuals", cycle, {"cycle": cycle, "model": lake.manifest("tuned_model", cycle=cycle)["sha256"]})
    errors, actual = found["residual"].to_numpy(), found["actual"].to_numpy()
    return {
        "dagster/row_count": len(found),
        "out_of_sample": bool(found["out_of_sample"].all()),
        "origins": found["cutoff"].n_unique(),
        "bias": round(float(-errors.sum() / max(actual.sum(), 1e-9)), 4),
        "pools": int(made["pooled"].to_numpy().sum()),
        "normal_rows": int(made["normal"].to_numpy().sum()),
        "dagster/column_schema": table_schema(residuals_table(project.config)),
        "error_distributions_schema": table_schema(ERROR_DISTRIBUTIONS),
        "preview": preview(found),
        "residual_quantiles": residual_picture(ErrorDistributions.of(made, project.config.quantile_levels)),
    }
