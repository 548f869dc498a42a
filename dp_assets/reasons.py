"""Reasons as asked for: which models and cycles are behind a forecast, and what explains it.

Belongs here: the order of reads around `domain/feature_contributions.py`, `forecast_changes.py` and
`outlier_causes.py`. Does not belong here: assets (`defs/reasons.py`), printing (`commands/why.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from dp_assets.champions import open_panel
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import PROMOTION_SIDE_EFFECTS, planner_inputs
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.feature_contributions import Forecast, contribution_table, forecaster, importance_table
from dp_assets.domain.forecast_changes import CycleInputs, change_table
from dp_assets.domain.forecasts import Champion
from dp_assets.domain.hierarchy import SERIES
from dp_assets.domain.inference import MODELS, onnx_session
from dp_assets.domain.model_folder import load_card
from dp_assets.domain.outlier_causes import outlier_causes
from dp_assets.domain.panel import Panel
from dp_assets.domain.promotion_uplift import promotion_runs, side_effects, uplift_table
from dp_assets.domain.windows import IndexArray, Windows
from dp_assets.kept_receipts import NONE, find
from dp_assets.project import Project
from dp_assets.receipts import champion_of, configuration_of, configuration_with_tables
from dp_assets.reconciling import reconcile_cycle
from dp_resources.lake import Lake


@dataclass(frozen=True)
class Models:
    """The models behind a cycle's forecasts and what they read."""

    panel: Panel
    windows: Windows
    champion: Champion
    lookback: int
    levels: tuple[float, ...]

    @classmethod
    def of(cls, lake: Lake, cycle: str) -> Models:
        """As the receipt of the cycle's forecasts names them; ArtefactError where no model forecast it."""
        receipt = find(lake, cycle)
        champion = champion_of(receipt, lake, configuration_of(receipt))
        if champion is None:
            raise ArtefactError(f"cycle {cycle} was forecast without a model; there are no drivers to tell apart")
        panel = Panel.load(lake.open_version("features", receipt.parts["features"]))
        spec = load_card(champion.folder).spec
        return cls(panel, Windows.of(panel, champion.encoders), champion, spec.lookback, spec.levels)

    def forecast(self, rows: IndexArray) -> Forecast:
        """The mean that the models forecast for some rows of the panel."""
        shares = self.champion.shares(self.panel)[rows]
        return forecaster(onnx_session(self.champion.folder), self.levels, self.champion.boosting, shares)

    def rows_of(self, forecasts: pl.DataFrame, series: Sequence[str] | None = None) -> IndexArray:
        """Rows of the series, all or those given, that the models forecast, in the panel's order."""
        modelled = forecasts.filter(pl.col("method").is_in(MODELS))["series_id"].unique()
        wanted = modelled if series is None else modelled.filter(modelled.is_in(list(series)))
        return np.flatnonzero(self.panel.series["series_id"].is_in(wanted.implode()).to_numpy()).astype(np.int64)


def contributions_of(lake: Lake, config: DemandConfig, cycle: str, series: Sequence[str]) -> pl.DataFrame:
    """`feature_contributions` of some series of a cycle; those that no model forecasts have no rows."""
    models = Models.of(lake, cycle)
    rows = models.rows_of(lake.read("forecasts", ["series_id", "method"], cycle=cycle), series)
    return contribution_table(
        models.panel,
        models.windows,
        rows,
        models.champion.encoders,
        models.lookback,
        models.forecast(rows),
        config.reasons.orders,
    )


def importance_of(lake: Lake, config: DemandConfig, cycle: str, most: int) -> pl.DataFrame:
    """`feature_importance` of a cycle over at most so many series, evenly spread over the panel."""
    models = Models.of(lake, cycle)
    rows = models.rows_of(lake.read("forecasts", ["series_id", "method"], cycle=cycle))
    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(np.int64))]
    old_enough = chosen[models.panel.first[chosen] < models.panel.history - models.panel.horizon]
    return importance_table(
        models.panel,
        models.windows,
        old_enough,
        models.champion.encoders,
        models.lookback,
        models.forecast(old_enough),
        config.reasons.swaps,
    )


def uplift_of(lake: Lake, config: DemandConfig, cycle: str, series: Sequence[str] | None = None) -> pl.DataFrame:
    """`promotion_uplift` of some series of a cycle: runs that began within the last horizon, or begin with lead 1.

    Where no series are named, of those with such runs the ones with most revenue.
    """
    models = Models.of(lake, cycle)
    panel, rows = models.panel, models.rows_of(lake.read("forecasts", ["series_id", "method"], cycle=cycle), series)
    since = panel.history - panel.horizon
    runs = promotion_runs(panel, rows, since)
    if series is None:
        ranked = {name: place for place, name in enumerate(_by_revenue(lake, cycle))}
        names = panel.series["series_id"].gather(np.unique(runs.rows).tolist())
        biggest = sorted(names, key=lambda name: ranked.get(name, len(ranked)))[: config.reasons.series]
        rows = np.flatnonzero(panel.series["series_id"].is_in(biggest).to_numpy()).astype(np.int64)
        runs = promotion_runs(panel, rows, since)
    forecast = models.forecast(runs.rows)
    return uplift_table(panel, models.windows, runs, models.champion.encoders, models.lookback, forecast)


def side_effects_of(lake: Lake, config: DemandConfig, cycle: str) -> pl.DataFrame:
    """`promotion_side_effects` of a cycle, within a place and the values of the first hierarchy's lowest level."""
    levels = (
        [level for level in config.hierarchies[0].levels if level in config.attributes] if config.hierarchies else []
    )
    panel = open_panel(lake, cycle)
    single = [level for level in levels if panel.series.schema[level] == pl.String]
    places = [name for name in config.series_key if name != "sku"]
    return side_effects(panel, single[-1], places) if single else PROMOTION_SIDE_EFFECTS.empty()


def worth_explaining(lake: Lake, config: DemandConfig, cycle: str) -> list[str]:
    """The series whose drivers are computed ahead: those on the worklist, then those with most revenue."""
    ranked = _by_revenue(lake, cycle)
    listed = lake.read("exceptions", ["node"], cycle=cycle)["node"].to_list()
    known = set(ranked)
    return list(dict.fromkeys([*(name for name in listed if name in known), *ranked]))[: config.reasons.series]


def _by_revenue(lake: Lake, cycle: str) -> list[str]:
    classes = lake.read("series_classes", ["series_id", "revenue"], cycle=cycle)
    return classes.sort(["revenue", "series_id"], descending=[True, False])["series_id"].to_list()


def inputs_of_cycle(lake: Lake, today: DemandConfig, cycle: str) -> CycleInputs:
    """What decided a cycle's numbers, as the receipt of its forecasts names it, and the numbers.

    Args:
        lake: the lake.
        today: the project's configuration, whose tables are the cycle's where they say the same.
        cycle: the cycle.

    Raises:
        ArtefactError: planners set numbers in it, and a table it was reconciled by says something else by now.
    """
    receipt = find(lake, cycle)
    own = configuration_of(receipt)
    published = lake.read("published_forecasts", cycle=cycle)
    if len(lake.read("planner_inputs", cycle=cycle)):
        config = configuration_with_tables(receipt, today)
        without = reconcile_cycle(lake, config, cycle, open_panel(lake, cycle), planner_inputs(own).empty())
        series = without.table.filter(
            (pl.col("level") == SERIES) & (pl.col("hierarchy") == without.hierarchies[0].name)
        ).select(pl.col("node").alias("series_id"), "lead", pl.col("forecast").alias("reconciled"))
        published = published.drop("reconciled").join(series, on=["series_id", "lead"], how="left")
    return CycleInputs(
        panel=Panel.load(lake.open_version("features", receipt.parts["features"])),
        champion=champion_of(receipt, lake, own) if receipt.parts["network"] != NONE else None,
        config=own,
        published=published.select("series_id", "bucket_start", "statistical", "reconciled", "final"),
    )


def comparable_cycle(lake: Lake, config: DemandConfig, cycle: str) -> str | None:
    """The newest earlier cycle that forecast some of the same buckets; None where there is none."""
    reach = timedelta(weeks=config.horizon * config.bucket.weeks)
    oldest = (date.fromisoformat(cycle) - reach).isoformat()
    return max((found for found in lake.partitions("published_forecasts") if oldest < found < cycle), default=None)


def changes_of(project: Project, cycle: str, since: str, series: Sequence[str]) -> pl.DataFrame:
    """`forecast_changes` of some series between two cycles."""
    lake = project.lake()
    earlier, later = (inputs_of_cycle(lake, project.config, one) for one in (since, cycle))
    return change_table(earlier, later, series, project.settings.threads)


def causes_of_outliers(lake: Lake, project: Project, cycle: str) -> pl.DataFrame:
    """`outlier_causes` of a cycle."""
    outliers, grid = lake.read("outlier_log", cycle=cycle), project.grid
    known_at = grid.known_at(grid.parse(cycle))
    past = [bucket for bucket in lake.partitions("weekly_buckets") if bucket < cycle]
    columns = ("series_id", "bucket_start", "file_version_id", "event", "known_from", "quantity", "transactions")
    parts = [
        part.filter(
            pl.col("series_id").is_in(outliers["series_id"].unique().implode()), pl.col("known_from") <= known_at
        )
        for part in lake.frames("weekly_buckets", past, columns)
    ]
    buckets = pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(columns, pl.Null))
    return outlier_causes(outliers, buckets, open_panel(lake, cycle))
