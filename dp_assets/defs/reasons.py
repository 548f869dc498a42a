"""Why numbers are as they are, per cycle: feature_contributions, feature_importance, forecast_changes, outlier_causes,
promotion_uplift and promotion_side_effects.

Belongs here: which partitions are read, what is written, what the web UI shows. The rest is `dp_assets/reasons.py`.
They are made by the job `explain`, when somebody asks: a forecast does not wait for its explanation.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from dp_assets.defs.reconciled_rollups import written
from dp_assets.domain.contracts import (
    FEATURE_CONTRIBUTIONS,
    FEATURE_IMPORTANCE,
    FORECAST_CHANGES,
    OUTLIER_CAUSES,
    PROMOTION_SIDE_EFFECTS,
    PROMOTION_UPLIFT,
)
from dp_assets.domain.forecast_changes import waterfall
from dp_assets.partitions import window
from dp_assets.pictures.reasons import (
    cause_picture,
    contribution_picture,
    importance_picture,
    uplift_picture,
    waterfall_picture,
)
from dp_assets.project import Project
from dp_assets.reasons import (
    causes_of_outliers,
    changes_of,
    comparable_cycle,
    contributions_of,
    importance_of,
    side_effects_of,
    uplift_of,
    worth_explaining,
)
from dp_assets.runs import each_partition
from dp_resources.lake import Lake

OWNERS = ["team:demand-planning"]
GROUP = "reasons"


def build(project: Project) -> dg.Definitions:
    """The six assets."""
    config = project.config

    @dg.asset(
        deps=["forecasts", "features", "series_classes", "exceptions"],
        partitions_def=project.cycles,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "numpy"},
        owners=OWNERS,
    )
    def feature_contributions(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> dg.MaterializeResult[None]:
        """What each driver adds to the forecasts of the series most worth a look, in units."""

        def work(cycle: str) -> Mapping[str, Any]:
            table = contributions_of(lake, config, cycle, worth_explaining(lake, config, cycle))
            picture = {"drivers": contribution_picture(table)} if len(table) else {}
            return {**written(lake, FEATURE_CONTRIBUTIONS, table, cycle), **picture}

        return each_partition(context, work)

    @dg.asset(
        deps=["forecasts", "features"],
        partitions_def=project.cycles,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "numpy"},
        owners=OWNERS,
    )
    def feature_importance(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> dg.MaterializeResult[None]:
        """How much worse the models would be without each driver: the rise of WAPE when its inputs are swapped."""

        def work(cycle: str) -> Mapping[str, Any]:
            table = importance_of(lake, config, cycle, config.reasons.series)
            picture = {"importance": importance_picture(table)} if len(table) else {}
            return {**written(lake, FEATURE_IMPORTANCE, table, cycle), **picture}

        return each_partition(context, work)

    @dg.asset(
        deps=[
            dg.AssetDep(name, partition_mapping=window(-1, 0))
            for name in ("published_forecasts", "forecasts", "features", "planner_inputs")
        ],
        partitions_def=project.cycles,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "numpy"},
        owners=OWNERS,
    )
    def forecast_changes(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Why published numbers differ from the last cycle's: new sales, plans, models, reconciliation, planners.

        The cycle before is the newest published one, whichever that is.
        """

        def work(cycle: str) -> Mapping[str, Any]:
            since = comparable_cycle(lake, config, cycle)
            if since is None:
                shown = written(lake, FORECAST_CHANGES, FORECAST_CHANGES.empty(), cycle)
                return {**shown, "since": "no earlier cycle forecast any of these buckets"}
            both = (lake.read("published_forecasts", ["series_id"], cycle=one)["series_id"] for one in (since, cycle))
            series = sorted({name for column in both for name in column.unique()})
            table = changes_of(project, cycle, since, series)
            picture = {"waterfall": waterfall_picture(waterfall(table))}
            return {**written(lake, FORECAST_CHANGES, table, cycle), "since": since, **picture}

        return each_partition(context, work)

    @dg.asset(
        name="outlier_causes",
        deps=["features"],
        partitions_def=project.cycles,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "numpy"},
        owners=OWNERS,
    )
    def name_causes(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """The likely cause of every capped bucket, with what points to it."""

        def work(cycle: str) -> Mapping[str, Any]:
            table = causes_of_outliers(lake, project, cycle)
            picture = {"units_by_cause": cause_picture(table)} if len(table) else {}
            return {**written(lake, OUTLIER_CAUSES, table, cycle), **picture}

        return each_partition(context, work)

    @dg.asset(
        deps=["forecasts", "features", "series_classes"],
        partitions_def=project.cycles,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "numpy"},
        owners=OWNERS,
    )
    def promotion_uplift(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """What promotions of the last horizon were planned to add and did add, for the promoted with most revenue."""

        def work(cycle: str) -> Mapping[str, Any]:
            table = uplift_of(lake, config, cycle)
            picture = {"planned_and_achieved": uplift_picture(table)} if len(table) else {}
            return {**written(lake, PROMOTION_UPLIFT, table, cycle), **picture}

        return each_partition(context, work)

    @dg.asset(
        deps=["features"],
        partitions_def=project.cycles,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "numpy"},
        owners=OWNERS,
    )
    def promotion_side_effects(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> dg.MaterializeResult[None]:
        """Series that sell less, or more, while another of their category is promoted: candidates, with their p."""

        def work(cycle: str) -> Mapping[str, Any]:
            table = side_effects_of(lake, config, cycle)
            kinds = dict(table["kind"].value_counts().sort("kind").iter_rows())
            return {**written(lake, PROMOTION_SIDE_EFFECTS, table, cycle), "kinds": kinds}

        return each_partition(context, work)

    assets = [feature_contributions, feature_importance, forecast_changes, name_causes]
    return dg.Definitions(assets=[*assets, promotion_uplift, promotion_side_effects])
