"""What a scenario stands on: the published numbers of a cycle, what they were made of, and what planners hold fixed.

Belongs here: the base as matrices, finding the series and buckets that a change speaks of. Does not belong here: what
changes do (`scenarios.py`, `scenario_channels.py`), reading the tables.

It is opened once for any number of scenarios; what all of them need is computed at the first use.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.demand_classes import Names
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.forecasts import Champion
from dp_assets.domain.hierarchy import Hierarchy, Matrix, build_hierarchies
from dp_assets.domain.node_intervals import error_correlation, moved_quantiles, quantile_variance
from dp_assets.domain.panel import Panel
from dp_assets.domain.planner_inputs import Target, find_targets
from dp_assets.domain.policies import methods_of
from dp_assets.domain.rollups import SeriesForecasts, series_matrices
from dp_assets.domain.scenario_definition import ScenarioRefusedError

Rows = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
KEPT = 1e-6
"""Relative difference up to which a planner's number counts as kept by the base."""


@dataclass(frozen=True)
class Inputs:
    """The tables of a cycle that scenarios over it are made of, and its panel.

    Attributes:
        forecasts, published, attributes, planner_inputs, elasticity: the contracted tables of the cycle.
        residuals: the champion's; empty where there are none.
        contract: the cycle's `interval_contract`.
        promotions: the lines that the cycle knows, as `promotions.known_promotions` gives them.
        panel: the cycle's panel.
        champion: the model that made the forecasts; None where there was none.
    """

    forecasts: pl.DataFrame
    published: pl.DataFrame
    attributes: pl.DataFrame
    planner_inputs: pl.DataFrame
    elasticity: pl.DataFrame
    residuals: pl.DataFrame
    contract: pl.DataFrame
    promotions: pl.DataFrame
    panel: Panel
    champion: Champion | None


@dataclass(frozen=True)
class Sums:
    """Of A nodes (A, M) each: published mean, summed variance of the series below, summed standard deviation."""

    mean: Matrix
    variance: Matrix
    deviation: Matrix


@dataclass(frozen=True)
class Base:
    """The base of scenarios: S series as in the panel, M leads, Q quantile levels.

    Attributes:
        inputs: the tables it was made of.
        config: the configuration.
        hierarchies: over the same series.
        forecasts: what the models said.
        final: (S, M) published numbers.
        threads: threads of torch.
    """

    inputs: Inputs
    config: DemandConfig
    hierarchies: tuple[Hierarchy, ...]
    forecasts: SeriesForecasts
    final: Matrix
    threads: int = 1

    @property
    def panel(self) -> Panel:
        return self.inputs.panel

    @property
    def cutoff(self) -> date:
        """First day that a scenario may change."""
        return self.panel.cutoff

    @property
    def end(self) -> date:
        """Last day that a scenario may change."""
        return self.forecasts.starts[-1] + timedelta(days=7 * self.panel.bucket_weeks - 1)

    @cached_property
    def quantiles(self) -> Matrix:
        """(S, M, Q) quantiles of the published numbers."""
        return moved_quantiles(self.forecasts.quantiles, self.forecasts.mean, self.final)

    @cached_property
    def variance(self) -> Matrix:
        """(S, M) variance of each series."""
        return quantile_variance(self.quantiles, self.config.quantile_levels)

    @cached_property
    def sums(self) -> tuple[Sums, ...]:
        """Per hierarchy what its nodes sum to."""
        return tuple(
            Sums(each.aggregate(self.final), each.aggregate(self.variance), each.aggregate(np.sqrt(self.variance)))
            for each in self.hierarchies
        )

    @cached_property
    def correlation(self) -> tuple[Matrix, ...]:
        """Per hierarchy (D,) correlation of errors on its levels."""
        return tuple(error_correlation(each, self.inputs.residuals) for each in self.hierarchies)

    @cached_property
    def only(self) -> tuple[Rows, ...]:
        """Per hierarchy (A,) a series below each node: the one where it has no other."""
        found = tuple(np.zeros(len(each), np.intp) for each in self.hierarchies)
        for each, rows in zip(self.hierarchies, found, strict=True):
            rows[each.ancestors] = np.arange(len(each.series))[:, None]
        return found

    @cached_property
    def elasticity(self) -> tuple[Matrix, Matrix]:
        """(S,) elasticity of each series and its standard deviation, NaN where it is not known."""
        names = pl.DataFrame({"series_id": self.panel.series["series_id"]})
        found = names.join(self.inputs.elasticity, on="series_id", how="left", maintain_order="left")
        values = found.select(pl.col("elasticity", "deviation").fill_null(np.nan))
        return values["elasticity"].to_numpy(), values["deviation"].to_numpy()

    @cached_property
    def _kept(self) -> tuple[Flags, tuple[Target, ...]]:
        held = np.zeros(self.final.shape, np.bool_)
        nodes = []
        targets, _ = find_targets(self.inputs.planner_inputs, self.hierarchies, self.forecasts.starts)
        for target in targets:
            found = float(self.final[target.members, target.lead].sum())
            if abs(found - target.quantity) > KEPT * max(1.0, target.quantity):
                continue  # it could not be kept beside others
            if target.node is None:
                held[target.members, target.lead] = True
            else:
                nodes.append(target)
        return held, tuple(nodes)

    @property
    def held(self) -> Flags:
        """(S, M) whether a planner set the number of the series itself."""
        return self._kept[0]

    @property
    def held_nodes(self) -> tuple[Target, ...]:
        """Numbers that planners set for nodes, and the base keeps."""
        return self._kept[1]

    @cached_property
    def methods(self) -> Names:
        """(S,) statistical method that forecasts each series which the model could forecast; empty where it does."""
        if self.inputs.champion is None:
            return np.full(len(self.panel), "", np.str_)
        return methods_of(self.inputs.champion.leaderboard, self.panel, self.config)

    @cached_property
    def rows_by_series(self) -> dict[str, int]:
        """Row of each series."""
        return {name: row for row, name in enumerate(self.panel.series["series_id"])}

    def rows_of(self, node: str, hierarchy: str | None, where: str) -> Rows:
        """Rows of the series that a change speaks of, ascending: a series, else everything below a node, else a SKU's.

        Args:
            node: its name.
            hierarchy: of the node; the first one where None.
            where: the change, for messages.

        Raises:
            ScenarioRefusedError: nothing is called so.
        """
        if (row := self.rows_by_series.get(node)) is not None:
            return np.array([row], np.intp)
        names = [each.name for each in self.hierarchies]
        if hierarchy is not None and hierarchy not in names:
            raise ScenarioRefusedError(f"{where}: expected a hierarchy among {', '.join(names)}, got {hierarchy!r}")
        tree = self.hierarchies[names.index(hierarchy) if hierarchy else 0]
        rows = rows_called(node, tree, self.panel.series)
        if len(rows):
            return rows
        known = [*tree.nodes["node"], *self.rows_by_series, *self.panel.series["sku"].unique().sort()]
        near = difflib.get_close_matches(node, known, n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(map(repr, dict.fromkeys(near)))}?" if near else ""
        raise ScenarioRefusedError(
            f"{where}: expected a node of hierarchy {tree.name!r}, a series or a SKU that cycle {self.cutoff} "
            f"forecasts, got {node!r}{hint}"
        )

    def period(self, first: date, last: date, where: str) -> Matrix:
        """(M,) share of each bucket's days that lies in a period.

        Raises:
            ScenarioRefusedError: it begins before the cutoff, or ends after the last bucket.
        """
        if first < self.cutoff or last > self.end:
            reason = "the past is not changed" if first < self.cutoff else "later buckets are not forecast"
            raise ScenarioRefusedError(
                f"{where}: expected days from the cutoff {self.cutoff} to {self.end}, got {first} to {last}: {reason}"
            )
        days = 7 * self.panel.bucket_weeks
        starts = np.array(self.forecasts.starts, "datetime64[D]").astype(np.int64)
        low, high = (np.datetime64(day, "D").astype(np.int64) for day in (first, last))
        overlap = np.minimum(starts + days, high + 1) - np.maximum(starts, low)
        share: Matrix = np.clip(overlap, 0, days) / days
        return share


def rows_called(name: str, tree: Hierarchy, series: pl.DataFrame) -> Rows:
    """Rows of the series that a change of `name` speaks of, ascending; none where nothing is called so.

    Args:
        name: a series, else a node of the hierarchy, else a SKU.
        tree: the hierarchy.
        series: its series in its order: series_id and key columns.
    """
    own: Rows = (series["series_id"] == name).arg_true().to_numpy().astype(np.intp)
    if len(own):
        return own
    nodes = (tree.nodes["node"] == name).arg_true()
    if len(nodes):
        return tree.members(int(nodes[0]))
    found: Rows = (series["sku"] == name).arg_true().to_numpy().astype(np.intp)
    return found


def rows_like(columns: Mapping[str, str], series: pl.DataFrame) -> Rows:
    """Rows of the series with these key columns, ascending; none where a column is no key column."""
    if not set(columns) <= set(series.columns):
        return np.zeros(0, np.intp)
    matches = pl.all_horizontal(pl.col(name) == value for name, value in columns.items())
    found: Rows = series.select(matches.arg_true()).to_series().to_numpy().astype(np.intp)
    return found


def open_base(inputs: Inputs, config: DemandConfig, threads: int = 1) -> Base:
    """The base of scenarios over a cycle.

    Raises:
        ArtefactError: the tables do not line up.
    """
    hierarchies = build_hierarchies(inputs.forecasts, inputs.attributes, config, inputs.panel.cutoff)
    forecasts = series_matrices(inputs.forecasts, config.quantile_levels)
    published = inputs.published.sort("series_id", "lead")
    series = inputs.panel.series["series_id"]
    same = hierarchies[0].series.equals(series) and len(published) == forecasts.mean.size
    if not same or not published["series_id"].unique(maintain_order=True).equals(series):
        raise ArtefactError(
            f"expected features, forecasts and published_forecasts of cycle {inputs.panel.cutoff} with the same "
            "series; they are of different states: run `dp run` first"
        )
    final = published["final"].to_numpy().reshape(forecasts.mean.shape)
    return Base(inputs, config, hierarchies, forecasts, final, threads)


def named(nodes: Sequence[str], most: int = 3) -> str:
    """A few names, and how many more there are.

    >>> named(["a", "b", "c", "d"], most=2)
    'a, b and 2 more'
    """
    shown = ", ".join(nodes[:most])
    return shown if len(nodes) <= most else f"{shown} and {len(nodes) - most} more"
