"""Scenarios: what other prices, promotions, influences, growth or launches would make of a cycle's published numbers.

Belongs here: a scenario from its definition to the numbers that differ from the base, comparing several, and what is
promoted to the plan. Does not belong here: what a planner may write (`scenario_definition.py`), the base
(`scenario_base.py`), what the model says of changed channels (`scenario_channels.py`).

Only series that a change speaks of are computed, and only numbers that differ are kept; a node is its base plus the
differences below it. In this order:

1. Promotions and regressors: the model forecasts the series anew under the changed channels. The published number
   moves as the model's does, by its ratio, so what reconciliation and planners added to the model stays.
2. Price and growth: multipliers of the published number and its quantiles. A price p' instead of p multiplies by
   (p' ÷ p)^e with the elasticity e of the series. e is uncertain, which moves the quantile with normal score z by
   z × deviation of e × |log (p' ÷ p)| on the log scale; that and the quantile's own distance from the median are
   independent, so their squares add. The mean takes e as it is estimated. Where a changed promotion with a discount,
   which the model has seen, carries the price, elasticity does not count a second time.
3. Launches: the like series as it now is, times the multiplier. It is not among the base's series; its base is 0.
4. Planners' numbers, locks and overrides alike, stay as they are wherever the base keeps them. A series with a number
   of its own does not change. Below a node with one, the other series make room, in proportion to their size, until
   the sum is the planner's number again: a scenario changes the mix below a lock, never the lock.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.hierarchy import SERIES, Hierarchy, Matrix, configured_hierarchies
from dp_assets.domain.least_squares import Problem, nearest
from dp_assets.domain.node_intervals import moved_quantiles
from dp_assets.domain.planner_inputs import Target
from dp_assets.domain.planning import NumberToSet, check_reason
from dp_assets.domain.scenario_base import Base, Flags, Rows, named, rows_like
from dp_assets.domain.scenario_channels import Reforecast, reforecast
from dp_assets.domain.scenario_definition import (
    BASE,
    Change,
    GrowthChange,
    Launch,
    PriceChange,
    ScenarioDefinition,
    ScenarioRefusedError,
)
from dp_assets.domain.scenario_table import NewSeries, Numbers, scenario_table

SMALLEST = 1e-9
"""Share of the mean that a series of 0 counts for where others make room: it could not move at all otherwise."""


@dataclass(frozen=True)
class Scenario:
    """What a scenario came to.

    Attributes:
        table: `scenario_forecasts` rows.
        series: series computed.
        notes: what had no effect, or was kept, in words.
        kept: hierarchy and path of the nodes whose planners' numbers made others give way, which notes name.
    """

    table: pl.DataFrame
    series: int
    notes: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()


def run_scenario(base: Base, definition: ScenarioDefinition) -> Scenario:
    """Computes a scenario over a base; the same scenario over the same base gives the same bytes.

    Raises:
        ScenarioRefusedError: a change names nothing that exists, lies in the past, or cannot be answered.
    """
    changes = [(f"changes[{number}] ({one.kind})", one) for number, one in enumerate(definition.changes)]
    model = reforecast(base, changes)
    launches = _launches(base, changes)
    places = {
        where: base.rows_of(one.node, one.hierarchy, where)
        for where, one in changes
        if isinstance(one, PriceChange | GrowthChange)
    }
    spoken = np.unique(np.concatenate([model.rows, *places.values()])).astype(np.intp)
    involved, members = _involved(base, spoken, launches)
    likes = np.array([one.like for one in launches], np.intp)
    rows = np.unique(np.concatenate([spoken, members, likes])).astype(np.intp)
    numbers = Numbers(rows, base.final[rows], base.quantiles[rows])
    _follow_model(base, numbers, model)
    notes = [*model.notes, *_multiply(base, numbers, changes, places, model)]
    _launch(base, numbers, launches, changes)
    said, kept = _keep_planners_numbers(base, numbers, involved)
    return Scenario(scenario_table(base, numbers), len(rows) + len(launches), (*notes, *said), kept)


# -- the steps --------------------------------------------------------------------------------------------------------


def _follow_model(base: Base, numbers: Numbers, model: Reforecast) -> None:
    """Moves published numbers as the model's forecasts moved."""
    if not len(model.rows):
        return
    at, differs = numbers.at(model.rows), model.differs
    mean = moved_quantiles(base.final[model.rows][:, :, None], model.before, model.mean)[:, :, 0]
    numbers.mean[at] = np.where(differs, mean, numbers.mean[at])
    moved = moved_quantiles(model.quantiles, model.mean, mean)
    numbers.quantiles[at] = np.where(differs[:, :, None], moved, numbers.quantiles[at])


def _multiply(
    base: Base,
    numbers: Numbers,
    changes: Sequence[tuple[str, Change]],
    places: Mapping[str, Rows],
    model: Reforecast,
) -> list[str]:
    """Price and growth."""
    shape = numbers.mean.shape
    effect, uncertain, growth = np.zeros(shape), np.zeros(shape), np.ones(shape)
    elasticity, deviation = base.elasticity
    notes = []
    carried = np.zeros(shape, np.bool_)
    carried[numbers.at(model.rows)] = model.discounted
    for where, one in changes:
        if not isinstance(one, PriceChange | GrowthChange):
            continue
        rows = places[where]
        at, share = numbers.at(rows), base.period(one.first, one.last, where)
        if isinstance(one, GrowthChange):
            growth[at] *= 1 + share * one.percent / 100
            continue
        logarithm = np.log1p(share * one.percent / 100)[None, :] * ~carried[at]
        if carried[at].any():
            notes.append(f"{where}: elasticity is left out where a changed promotion carries the price as a discount")
        own = elasticity[rows] if one.elasticity is None else np.full(len(rows), one.elasticity)
        if not np.isfinite(own).all():
            raise ScenarioRefusedError(
                f"{where}: no price moved enough before cycle {base.cutoff} to say what it does; state an "
                "`elasticity` of your own, e.g. -1.5"
            )
        effect[at] += own[:, None] * logarithm
        if one.elasticity is None:
            uncertain[at] += deviation[rows][:, None] * logarithm
            if rising := int((own > 0).sum()):
                notes.append(f"{where}: {rising} of {len(rows)} series have an elasticity above 0")
    multiplier = np.exp(effect) * growth
    numbers.mean *= multiplier
    numbers.quantiles *= multiplier[:, :, None]
    touched = uncertain != 0
    numbers.quantiles[touched] = with_uncertain_multiplier(
        numbers.quantiles[touched], np.abs(uncertain[touched]), base.config.quantile_levels
    )
    return notes


def with_uncertain_multiplier(quantiles: Matrix, deviation: Matrix, levels: Sequence[float]) -> Matrix:
    """(n, Q) quantiles of forecasts times a lognormal multiplier of median 1; never negative, never crossing.

    On the log scale a quantile's distance from the median and that of the multiplier are independent, so their squares
    add, which is exact for lognormal forecasts. Where the median is 0 they add up instead, upwards.

    Args:
        quantiles: (n, Q) of the forecasts.
        deviation: (n,) standard deviation of the multiplier's logarithm.
        levels: Q ascending, 0.5 among them.
    """
    from scipy.special import ndtri

    scores = ndtri(np.asarray(levels))
    median = quantiles[:, [int(np.argmin(np.abs(scores)))]]
    known = (quantiles > 0) & (median > 0)
    own = np.log(np.divide(quantiles, median, out=np.ones_like(quantiles), where=known))
    distance = np.sign(scores) * np.hypot(own, scores * deviation[:, None])
    alone = quantiles * np.exp(np.maximum(scores, 0) * deviation[:, None])
    found: Matrix = np.maximum.accumulate(np.where(known, median * np.exp(distance), alone), axis=1)
    return found


def _launch(base: Base, numbers: Numbers, launches: Sequence[NewSeries], changes: Sequence[tuple[str, Change]]) -> None:
    """Adds launched series below the others."""
    if not launches:
        return
    scale = []
    for where, one in changes:
        if isinstance(one, Launch):
            share = base.period(one.first or base.cutoff, base.end, where)
            scale += [one.multiplier * share] * len(_like_rows(base, one, where))
    at = numbers.at(np.array([one.like for one in launches], np.intp))
    factor = np.array(scale)
    numbers.mean = np.concatenate([numbers.mean, numbers.mean[at] * factor])
    numbers.quantiles = np.concatenate([numbers.quantiles, numbers.quantiles[at] * factor[:, :, None]])
    numbers.new = tuple(launches)


def _launches(base: Base, changes: Sequence[tuple[str, Change]]) -> tuple[NewSeries, ...]:
    """Every new series, in the order written."""
    key = base.config.series_key
    names: set[str] = set()
    made: list[NewSeries] = []
    for where, one in changes:
        if not isinstance(one, Launch):
            continue
        rows = _like_rows(base, one, where)
        for row, values in zip(rows.tolist(), base.panel.series[rows.tolist()].select(key).rows(), strict=True):
            named_key = dict(zip(key, values, strict=True)) | one.new
            name = "|".join(named_key.values())
            if name in base.rows_by_series or name in names:
                raise ScenarioRefusedError(f"{where}: expected something new, but series {name!r} exists already")
            names.add(name)
            made.append(NewSeries(name, row, tuple(_paths(each, row, one.new) for each in base.hierarchies)))
    return tuple(made)


def _like_rows(base: Base, one: Launch, where: str) -> Rows:
    key = base.config.series_key
    if strangers := sorted(set(one.like) - set(key)):
        raise ScenarioRefusedError(f"{where}: expected key columns of a series, {list(key)}, got {strangers[0]!r}")
    rows = rows_like(one.like, base.panel.series)
    if not len(rows):
        like = ", ".join(f"{name} {value!r}" for name, value in one.like.items())
        raise ScenarioRefusedError(f"{where}: cycle {base.cutoff} forecasts no series of {like}")
    return rows


def _paths(hierarchy: Hierarchy, row: int, new: Mapping[str, str]) -> tuple[str, ...]:
    """The nodes of a new series: those of the one it is like, under its own key where a level is one."""
    above = [str(hierarchy.nodes["node"][int(node)]) for node in hierarchy.ancestors[row]]
    parts = split_path(above[-1]) if len(above) > 1 else []
    for depth, level in enumerate(hierarchy.levels[1:]):
        if level in new:
            parts[depth] = new[level].replace("\\", "\\\\").replace("/", "\\/")
    return (above[0], *("/".join(parts[: depth + 1]) for depth in range(len(parts))))


def split_path(path: str) -> list[str]:
    r"""The values of a node's path, escaped as they stand there.

    >>> split_path(r"A\/B/C")
    ['A\\/B', 'C']
    """
    parts, escaped = [""], False
    for letter in path:
        if letter == "/" and not escaped:
            parts.append("")
            continue
        parts[-1] += letter
        escaped = letter == "\\" and not escaped
    return parts


# -- planners' numbers ------------------------------------------------------------------------------------------------


def _involved(base: Base, rows: Rows, launches: Sequence[NewSeries]) -> tuple[list[Target], Rows]:
    """Numbers of nodes that changed series lie below, those that share series with them, and all series below them."""
    moved = np.zeros(len(base.final), np.bool_)
    moved[rows] = True
    left, found = list(base.held_nodes), []
    while True:
        met = [one for one in left if moved[one.members].any() or any(_is_above(base, one, new) for new in launches)]
        if not met:
            break
        found += met
        left = [one for one in left if one not in met]
        for one in met:
            moved[one.members] = True
    members = np.concatenate([np.zeros(0, np.intp), *(one.members for one in found)])
    return found, np.unique(members).astype(np.intp)


def _node(base: Base, target: Target) -> str:
    assert target.node is not None
    return str(base.hierarchies[target.hierarchy].nodes["node"][target.node])


def _is_above(base: Base, target: Target, new: NewSeries) -> bool:
    return _node(base, target) in new.paths[target.hierarchy]


def _keep_planners_numbers(
    base: Base, numbers: Numbers, involved: Sequence[Target]
) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    """Puts planners' numbers back, of series and of nodes; says so, and which nodes these were."""
    known = len(numbers.rows)
    held = np.concatenate([base.held[numbers.rows], np.zeros((len(numbers.new), numbers.mean.shape[1]), np.bool_)])
    before = np.concatenate([base.final[numbers.rows], np.zeros((len(numbers.new), numbers.mean.shape[1]))])
    wished = numbers.mean != before
    stays = held[:known]
    numbers.mean[:known][stays] = base.final[numbers.rows][stays]
    numbers.quantiles[:known][stays] = base.quantiles[numbers.rows][stays]
    kept: set[tuple[str, str]] = set()
    for lead in range(numbers.mean.shape[1]):
        wanted = _broken(base, numbers, [one for one in involved if one.lead == lead], lead)
        if wanted:
            _make_room(base, numbers, wanted, held[:, lead], lead)
            kept |= {(base.hierarchies[one.hierarchy].name, _node(base, one)) for one, _ in wanted}
    notes = []
    if still := int((wished & held).any(axis=1).sum()):
        notes.append(f"{still} series keep numbers that planners set for them")
    if kept:
        nodes = named(sorted({node for _, node in kept}))
        notes.append(f"the numbers that planners set for {nodes} stay: other series below make room")
    return notes, tuple(sorted(kept))


def _broken(base: Base, numbers: Numbers, targets: Sequence[Target], lead: int) -> list[tuple[Target, Rows]]:
    """Numbers of one lead with the places of the series below them, new ones too, where any of those has changed."""
    placed = []
    for one in targets:
        new = [len(numbers.rows) + at for at, each in enumerate(numbers.new) if _is_above(base, one, each)]
        placed.append((one, np.concatenate([numbers.at(one.members), np.array(new, np.intp)])))
    before = np.concatenate([base.final[numbers.rows, lead], np.zeros(len(numbers.new))])
    moved = numbers.mean[:, lead] != before
    found: list[tuple[Target, Rows]] = []
    while met := [pair for pair in placed if moved[pair[1]].any()]:
        found += met
        placed = [pair for pair in placed if not moved[pair[1]].any()]
        for _, at in met:
            moved[at] = True
    return found


def _make_room(base: Base, numbers: Numbers, targets: Sequence[tuple[Target, Rows]], held: Flags, lead: int) -> None:
    """Moves series below some nodes as little as can be, in proportion to their size, until every sum is as set."""
    at = np.unique(np.concatenate([places for _, places in targets]))
    value = numbers.mean[at, lead]
    paths = np.full((len(at), len(targets)), -1, np.intp)
    for number, (_, places) in enumerate(targets):
        paths[np.searchsorted(at, places), number] = number
    count = len(targets)
    solved = nearest(
        Problem(
            forecast=value[:, None],
            variance=np.maximum(value, SMALLEST * (float(value.mean()) or 1.0)),
            paths=paths,
            sums=np.array([[one.quantity] for one, _ in targets]),
            sum_variance=np.full(count, np.inf),
            fixed=np.ones((count, 1), np.bool_),
            held=held[at][:, None],
        )
    )[:, 0]
    spans = numbers.quantiles[at, lead][:, None]
    numbers.quantiles[at, lead] = moved_quantiles(spans, value[:, None], solved[:, None])[:, 0]
    numbers.mean[at, lead] = solved


# -- using them -------------------------------------------------------------------------------------------------------


def levels_of(config: DemandConfig, hierarchy: str | None) -> tuple[str, tuple[str, ...]]:
    """A hierarchy by name, the first one where None, and its levels down to the series.

    Raises:
        ScenarioRefusedError: there is none of that name.
    """
    levels = {one.name: one.levels for one in configured_hierarchies(config)}
    name = hierarchy or next(iter(levels))
    if name not in levels:
        raise ScenarioRefusedError(f"expected a hierarchy among {', '.join(levels)}, got {name!r}")
    return name, ("total", *levels[name], SERIES)


def compare(
    results: Mapping[str, pl.DataFrame], level: str, config: DemandConfig, hierarchy: str | None = None
) -> pl.DataFrame:
    """Scenarios side by side on one level, beside the base: one row per bucket of every node that any of them changes.

    Args:
        results: name → its `scenario_forecasts`, all over the same base.
        level: total, a level of the hierarchy, or series.
        config: the hierarchies and intervals; the 80 % interval is shown, else the widest there is.
        hierarchy: the first one when left out.

    Returns:
        node, lead, bucket_start; then for `base` and every scenario `<name>:mean`, `<name>:lower` and `<name>:upper`.
        Nodes with the biggest difference over all buckets come first.

    Raises:
        ScenarioRefusedError: there is no such level.
    """
    chosen, levels = levels_of(config, hierarchy)
    if level not in levels:
        raise ScenarioRefusedError(f"expected a level of hierarchy {chosen!r}, {', '.join(levels)}, got {level!r}")
    # Series stand under the first hierarchy, whichever they are compared in.
    stands = levels_of(config, None)[0] if level == SERIES else chosen
    percent = 80 if 80 in config.intervals.levels else config.intervals.levels[-1]
    low, high = (quantile_name(round(0.5 + sign * percent / 200, 4)) for sign in (-1, 1))
    key = ["node", "lead", "bucket_start"]
    here = {name: table.filter(hierarchy=stands, level=level) for name, table in results.items()}
    numbers = ["forecast", low, high]
    frame = pl.concat(table.select(*key, *(f"base_{name}" for name in numbers)) for table in here.values())
    frame = frame.unique(["node", "lead"], keep="first", maintain_order=True)
    frame = frame.rename(dict(zip([f"base_{name}" for name in numbers], _columns(BASE), strict=True)))
    for name, table in here.items():
        own = table.select(
            "node", "lead", *(pl.col(one).alias(to) for one, to in zip(numbers, _columns(name), strict=True))
        )
        frame = frame.join(own, on=["node", "lead"], how="left", maintain_order="left").with_columns(
            pl.col(column).fill_null(pl.col(of_base))
            for column, of_base in zip(_columns(name), _columns(BASE), strict=True)
        )
    moved = pl.max_horizontal(
        pl.lit(0.0), *((pl.col(f"{name}:mean") - pl.col(f"{BASE}:mean")).sum().over("node").abs() for name in results)
    )
    return frame.with_columns(moved=moved).sort("moved", "node", "lead", descending=[True, False, False]).drop("moved")


def differing(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Rows of `compare` in which one of these scenarios differs from the base, in their order."""
    pairs = [pair for name in names for pair in zip(_columns(name), _columns(BASE), strict=True)]
    return frame.filter(pl.any_horizontal(pl.lit(False), *(pl.col(one) != pl.col(other) for one, other in pairs)))


def _columns(name: str) -> tuple[str, str, str]:
    return f"{name}:mean", f"{name}:lower", f"{name}:upper"


def launched_series(table: pl.DataFrame, series: Collection[str]) -> list[str]:
    """Series of a scenario's `scenario_forecasts` that its cycle does not forecast: what it launches, sorted."""
    known = pl.col("node").is_in(list(series))
    return table.filter((pl.col("level") == SERIES) & ~known)["node"].unique().sort().to_list()


def numbers_to_promote(
    name: str, table: pl.DataFrame, series: Collection[str], reason: str, cycle: date, config: DemandConfig
) -> list[NumberToSet]:
    """A scenario as overrides of its cycle: one number per series and bucket whose mean it changes.

    Args:
        name: of the scenario; it stands in each comment.
        table: its `scenario_forecasts`.
        series: those the cycle forecasts; launched ones are none of them, and left out.
        reason: one of `planning.reason_codes`.
        cycle: its cycle.
        config: the configuration.

    Raises:
        EditRefusedError: the reason is not configured.
    """
    check_reason(reason, config)
    rows = table.filter((pl.col("level") == SERIES) & (pl.col("forecast") != pl.col("base_forecast")))
    rows = rows.filter(pl.col("node").is_in(list(series))).sort("node", "lead")
    return [
        NumberToSet(
            hierarchy=hierarchy,
            node=node,
            bucket_start=start,
            quantity=quantity,
            locked=False,
            reason_code=reason,
            comment=f"scenario {name}",
            cycle=cycle,
        )
        for hierarchy, node, start, quantity in rows.select("hierarchy", "node", "bucket_start", "forecast").iter_rows()
        if math.isfinite(quantity)
    ]
