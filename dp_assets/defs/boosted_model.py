"""boosted_model[cycle]: gradient boosting, the network's challenger, trained on the same windows.

Belongs here: which artefacts are read and written, what the web UI shows. The rest is `domain/boosting.py`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from dp_assets.champions import open_encoders, open_panel, recalls_of_features
from dp_assets.domain.errors import ChallengerError, NotEnoughHistoryError
from dp_assets.domain.scratch import scratch_folder
from dp_assets.pictures.models import importance_picture
from dp_assets.pods import ROOMY_TAGS
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The asset `boosted_model`."""

    @dg.asset(
        partitions_def=project.cycles,
        deps=["features", "encoders"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="training",
        kinds={"lightgbm"},
        owners=["team:demand-planning"],
        op_tags=ROOMY_TAGS,
    )
    def boosted_model(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Gradient boosting of all leads at once, a model of the mean and one per quantile, as LightGBM's own text.

        Where it is switched off or fails, the reason is stored instead, and forecasts are the network's alone.
        """
        return each_partition(context, lambda cycle: _train(lake, project, cycle, context.log))

    return dg.Definitions(assets=[boosted_model])


def _train(lake: Lake, project: Project, cycle: str, log: dg.DagsterLogManager) -> Mapping[str, Any]:
    from dp_assets.domain.boosting import save_absence

    config = project.config
    with scratch_folder() as folder:
        if config.boosting.enabled:
            shown = _fitted(lake, project, cycle, folder, log)
        else:
            shown = {"absent": "switched off: boosting.enabled is false"}
            save_absence(folder, shown["absent"])
        info = {"recalls": recalls_of_features(lake, cycle)}
        manifest = lake.write_folder("boosted_model", folder, info, cycle=cycle)
    return {**shown, "sha256": manifest["sha256"]}


def _fitted(lake: Lake, project: Project, cycle: str, folder: Path, log: dg.DagsterLogManager) -> dict[str, Any]:
    """Fits and writes the model, or the reason why it cannot be fitted; returns what the web UI shows."""
    from dp_assets.domain.boosting import fit_boosting, save_absence
    from dp_assets.domain.windows import Windows, trainable_rows

    panel, encoders = open_panel(lake, cycle), open_encoders(lake, cycle)
    windows = Windows.of(panel, encoders)
    try:
        fitted = fit_boosting(
            windows, encoders, trainable_rows(panel), project.config, panel.history, project.settings.boosting_threads
        )
    except (ChallengerError, NotEnoughHistoryError) as error:
        log.warning(f"gradient boosting is left out of cycle {cycle}: {error}")
        save_absence(folder, f"failed: {error}")
        return {"absent": str(error)}
    fitted.save(folder)
    importance = fitted.importance()
    return {
        "features": len(fitted.features),
        "models": 1 + len(fitted.levels),
        "importance": importance_picture(importance),
        "importance_shares": dg.MetadataValue.json({name: round(share, 5) for name, share in importance.items()}),
    }
