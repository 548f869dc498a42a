"""encoders[cycle]: vocabularies of attributes and scalers of channels, fitted as of the cycle's cutoff.

Belongs here: reading the panel, writing the JSON artefact, what the web UI shows. The fit is `domain/encoders.py`.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.domain.encoders import Encoders, fit_encoders
from dp_assets.domain.panel import Panel
from dp_assets.domain.scratch import scratch_folder
from dp_assets.pictures.previews import preview
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake

FILE = "encoders.json"


def build(project: Project) -> dg.Definitions:
    """The asset `encoders`."""

    @dg.asset(
        partitions_def=project.cycles,
        deps=["features"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="features",
        kinds={"python", "numpy"},
        owners=["team:demand-planning"],
    )
    def encoders(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """One encoder per configured attribute (`<UNK>` = 0) and one scaler per channel, from eligible series only."""

        def work(cycle: str) -> Mapping[str, Any]:
            panel = Panel.load(lake.open_folder("features", cycle=cycle))
            fitted = fit_encoders(panel, project.config)
            with scratch_folder() as folder:
                (folder / FILE).write_text(fitted.to_json(), encoding="utf-8")
                lake.write_folder("encoders", folder, {"fitted_on": fitted.fitted_on}, cycle=cycle)
            return _metadata(fitted, panel)

        return each_partition(context, work)

    return dg.Definitions(assets=[encoders])


def _metadata(fitted: Encoders, panel: Panel) -> dict[str, Any]:
    unseen = fitted.codes(panel.series).unknown
    attributes = pl.DataFrame(
        {
            "attribute": [encoder.name for encoder in fitted.attributes],
            "kind": [encoder.kind for encoder in fitted.attributes],
            "values": [len(encoder.known) for encoder in fitted.attributes],
            "embedding_size": [encoder.embedding_size for encoder in fitted.attributes],
            "unseen_values": [unseen[encoder.name] for encoder in fitted.attributes],
        },
        schema_overrides={"attribute": pl.String(), "kind": pl.String()},
    )
    scalers = pl.DataFrame(
        [{"channel": name, **vars(scaler)} for name, scaler in sorted(fitted.scalers.items())], infer_schema_length=None
    )
    return {
        "fitted_on_series": fitted.fitted_on,
        "active_series": len(panel),
        "unseen_values": unseen,
        "left_out_of_network": fitted.left_out,
        "attributes": preview(attributes, rows=len(attributes)),
        "scalers": preview(scalers, rows=len(scalers)),
    }
