"""price_elasticity[cycle]: by how much demand of each series answers to its price.

Belongs here: what is read and written, what the web UI shows. The rest is `domain/elasticity.py`.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from dp_assets.champions import open_panel
from dp_assets.defs.reconciled_rollups import written
from dp_assets.domain.contracts import price_elasticity
from dp_assets.domain.elasticity import elasticity_table
from dp_assets.pictures.planning import elasticity_picture
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The asset `price_elasticity`."""
    config = project.config

    @dg.asset(
        name="price_elasticity",
        partitions_def=project.cycles,
        deps=["features"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="planning",
        kinds={"python", "numpy"},
        owners=["team:demand-planning"],
    )
    def estimate(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Price elasticity of every series with its 80 % interval, pooled over its family and the catalogue.

        From buckets before the cutoff only. `basis` says whether a series' own price moved enough to count.
        """

        def work(cycle: str) -> Mapping[str, Any]:
            table = elasticity_table(open_panel(lake, cycle), config)
            rests_on = dict(table["basis"].value_counts().sort("basis").iter_rows())
            known = table.drop_nulls("elasticity")
            picture = {"elasticities": elasticity_picture(known)} if len(known) else {}
            return {**written(lake, price_elasticity(config), table, cycle), "basis": rests_on, **picture}

        return each_partition(context, work)

    return dg.Definitions(assets=[estimate])
