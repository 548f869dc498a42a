"""Planners' numbers over HTTP: from wishes to numbers, what they would do, and what holds.

Belongs here: what is wanted by a request, whether it may be, and answers. Does not belong here: HTTP (`endpoints.py`),
rules (`dp_assets/domain/planning.py`), transactions (`dp_resources/planning_once.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson
import polars as pl

from serving.api.cursors import page
from serving.api.overrides.schemas import (
    MOST_NUMBERS,
    CellsQuery,
    EditToMake,
    OverridesQuery,
    OverridesToSet,
    Selection,
    Wish,
)
from serving.api.overrides.selections import series_of_sku, series_selected
from serving.api.problems import AlreadyDecidedError, BadParameterError, ForbiddenError, NoSuchNumberError
from serving.api.writing import Seen, plan_tag, seen_change
from serving.desk import Desk, Reach

if TYPE_CHECKING:
    from dp_assets.domain.access import Principal
    from dp_assets.domain.planning import Edit, NumberToSet, PlannerNumber
    from dp_assets.planning import PlanningCycle
    from dp_resources.planning_once import Asked, Joined, Reply

Answer = dict[str, Any]
WANTED = ("hierarchy", "node", "bucket_start", "quantity", "reason_code", "comment", "expires", "split")


# -- wishes -----------------------------------------------------------------------------------------------------------


def wanted_of(opened: PlanningCycle, reach: Reach, body: OverridesToSet) -> list[NumberToSet]:
    """The numbers that a request would set.

    Raises:
        UnknownNodeError, ForbiddenError: a node is none of theirs.
        EditRefusedError: a rule is broken.
        BadParameterError: the same place stands twice, or there are too many numbers.
    """
    edits = list(_edits(opened, reach, body))
    for edit in edits:
        reach.check(opened, edit.hierarchy, edit.node)
    if (many := sum(edit.buckets for edit in edits)) > MOST_NUMBERS:
        raise BadParameterError(f"expected at most {MOST_NUMBERS:,} numbers (edits × buckets), got {many:,}")
    wanted = [number for edit in edits for number in opened.wanted(edit)]
    places: set[str] = set()
    for number in wanted:
        if number.place in places:
            raise BadParameterError(f"expected each node and bucket once, got {number.place} twice")
        places.add(number.place)
    return wanted


def _edits(opened: PlanningCycle, reach: Reach, body: OverridesToSet) -> Iterable[Edit]:
    from dp_assets.domain.hierarchy import configured_hierarchies

    first = configured_hierarchies(opened.config)[0].name
    if body.selection is not None:
        yield from _selected(opened, reach, body.selection, first)
    for one in body.edits:
        hierarchy = one.hierarchy or first
        for node in _nodes(opened, reach, one, hierarchy):
            yield _edit(one, hierarchy, node, one.quantity)


def _selected(opened: PlanningCycle, reach: Reach, selection: Selection, hierarchy: str) -> Iterable[Edit]:
    names = [one for one in series_selected(opened, selection.attribute) if reach.sees(hierarchy, one)]
    if not names:
        raise BadParameterError(f"no series of cycle {opened.cycle} passes {', '.join(selection.attribute)}")
    for name in names:
        yield _edit(selection, hierarchy, name, None)


def _nodes(opened: PlanningCycle, reach: Reach, edit: EditToMake, hierarchy: str) -> Sequence[str]:
    """The node of an edit, or the series of its SKU."""
    if edit.sku is None:
        return [str(edit.node)]
    found = [one for one in series_of_sku(opened, edit.sku) if reach.sees(hierarchy, one)]
    if len(found) > 1 and edit.quantity is not None:
        raise BadParameterError(
            f"SKU {edit.sku!r} has {len(found)} series, {found[0]} and others: give a quantity for a series (node), or "
            "a percent for all of them"
        )
    return found or [edit.sku]


def _edit(wish: Wish, hierarchy: str, node: str, quantity: float | None) -> Edit:
    from dp_assets.domain.planning import Edit

    return Edit(
        hierarchy=hierarchy,
        node=node,
        first=wish.first,
        buckets=wish.buckets,
        quantity=quantity,
        percent=wish.percent,
        locked=wish.lock,
        reason_code=wish.reason_code,
        comment=wish.comment,
        expires=wish.expires,
        split=wish.split,
    )


# -- reading ----------------------------------------------------------------------------------------------------------


def wanted_shown(one: NumberToSet) -> Answer:
    """The answer of `NumberWanted`."""
    return {**{name: getattr(one, name) for name in WANTED}, "lock": one.locked}


def number_shown(one: PlannerNumber) -> Answer:
    """The answer of `PlannersNumber`."""
    return {**wanted_shown(one), "number": one.sequence, "user": one.user, "cycle": one.cycle, "ended": one.ended}


def listing(desk: Desk, principal: Principal, query: OverridesQuery) -> tuple[Answer, str]:
    """The answer of `Overrides`, and its ETag.

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    from dp_assets.domain.planning import holds

    opened = desk.opened()
    reach = desk.reach(principal, opened)
    seen = [pair for pair in desk.numbers() if reach.sees(pair[0].hierarchy, pair[0].node)]
    filters = {name: getattr(query, name) for name in ("hierarchy", "node", "user", "reason_code")}
    found = [
        number
        for number, _ in seen
        if (query.all or holds(number, opened.cutoff))
        and all(value is None or getattr(number, name) == value for name, value in filters.items())
    ]
    last = max((change for _, change in seen), default=0)
    asked = ("overrides", query.all, *filters.values())
    part = page(range(len(found)), lambda row: [found[row].sequence], query.limit, query.cursor, str(last), asked)
    answer = {
        "version": str(last),
        "total": len(found),
        "changed": part.changed,
        "next": part.next,
        "cycle": opened.cycle,
        "overrides": [number_shown(found[row]) for row in part.rows],
        "reason_codes": opened.config.planning.reason_codes,
        "approval": opened.config.planning.approval,
    }
    return answer, plan_tag(last, opened.cycle)


def cells(desk: Desk, principal: Principal, hierarchy: str, node: str, query: CellsQuery) -> tuple[Answer, str]:
    """The answer of `Cells`, and its ETag.

    Raises:
        UnknownNodeError: there is none, or none that they see.
        BadParameterError: a bucket is not forecast.
    """
    opened = desk.opened()
    reach = desk.reach(principal, opened)
    if (hierarchy, node) not in opened.places or not reach.sees(hierarchy, node):
        reach.check(opened, hierarchy, node)
    rows = _buckets_asked(opened, hierarchy, node, query)
    here = [pair for pair in desk.numbers() if (pair[0].hierarchy, pair[0].node) == (hierarchy, node)]
    holding = _holding(here, opened.cutoff)
    published = dict(_published(opened, hierarchy, node).iter_rows())
    shown = [
        {
            "bucket_start": start,
            "reconciled": forecast,
            "published": published.get(start, 0.0),
            "override": number_shown(holding[start]) if start in holding else None,
        }
        for start, forecast in rows.iter_rows()
    ]
    planning = opened.config.planning
    answer = {
        "hierarchy": hierarchy,
        "node": node,
        "cycle": opened.cycle,
        "cells": shown,
        "reason_codes": planning.reason_codes,
        "approval": planning.approval,
    }
    return answer, plan_tag(max((change for _, change in here), default=0), opened.cycle)


def _holding(numbers: Iterable[tuple[PlannerNumber, int]], cutoff: date) -> dict[date, PlannerNumber]:
    from dp_assets.domain.planning import holds

    return {number.bucket_start: number for number, _ in numbers if holds(number, cutoff)}


def _published(opened: PlanningCycle, hierarchy: str, node: str) -> pl.DataFrame:
    here = (pl.col("hierarchy") == hierarchy) & (pl.col("node") == node)
    return opened.units.filter(here).select("bucket_start", "units")


def _buckets_asked(opened: PlanningCycle, hierarchy: str, node: str, query: CellsQuery) -> pl.DataFrame:
    rows = opened.rows(hierarchy, node).select("bucket_start", "forecast").unique("bucket_start").sort("bucket_start")
    starts = rows["bucket_start"].to_list()
    first = query.first or starts[0]
    if first not in starts or starts.index(first) + (query.buckets or 1) > len(starts):
        raise BadParameterError(
            f"first, buckets: expected buckets that cycle {opened.cycle} forecasts, {starts[0]} to {starts[-1]}, got "
            f"{query.buckets or 1} from {first} on"
        )
    return rows.slice(starts.index(first), query.buckets)


# -- looking first ----------------------------------------------------------------------------------------------------


def preview(desk: Desk, principal: Principal, body: OverridesToSet, series: int) -> tuple[Answer, str]:
    """The answer of `Preview`, and the ETag of the numbers that it looked at."""
    opened = desk.opened()
    reach = desk.reach(principal, opened)
    return preview_of(desk, reach, wanted_of(opened, reach, body), series)


def preview_of(desk: Desk, reach: Reach, wanted: Sequence[NumberToSet], series: int) -> tuple[Answer, str]:
    """What numbers would do, as far as somebody sees it."""
    from dp_assets.domain.hierarchy import SERIES
    from dp_assets.domain.planning import holds

    opened, every = desk.opened(), desk.numbers()
    numbers = [number for number, _ in every]
    effect, conflicts = opened.preview(numbers, wanted)
    advice = opened.advice(numbers, wanted, reach.principal.name)
    effect = _seen_part(effect, reach)
    places = {one.place for one in wanted}
    nodes, moved = effect.filter(pl.col("level") != SERIES), effect.filter(pl.col("level") == SERIES)
    answer = {
        "cycle": opened.cycle,
        "wanted": [wanted_shown(one) for one in wanted],
        "replaced": [number_shown(one) for one in numbers if one.place in places and holds(one, opened.cutoff)],
        "effect": [*nodes.to_dicts(), *moved.head(series).to_dicts()],
        "series": len(moved),
        "conflicts": _seen_sentences(conflicts, numbers, reach),
        "advice": advice,
    }
    seen = [change for number, change in every if reach.sees(number.hierarchy, number.node)]
    return answer, plan_tag(max(seen, default=0), opened.cycle)


def _seen_part(effect: pl.DataFrame, reach: Reach) -> pl.DataFrame:
    if reach.inside is None or not reach.principal.scope.hides:
        return effect
    seen = pl.DataFrame(sorted(reach.inside), {"hierarchy": pl.String, "node": pl.String}, orient="row")
    return effect.join(seen, on=["hierarchy", "node"], how="semi", maintain_order="left")


def _seen_sentences(sentences: Iterable[str], numbers: Iterable[PlannerNumber], reach: Reach) -> list[str]:
    """Sentences, without those that name a number which must not be seen."""
    hidden = {f"{one.node!r} ({one.hierarchy})" for one in numbers if not reach.sees(one.hierarchy, one.node)}
    told = [
        "a number cannot be kept beside others that lie outside of your nodes"
        if any(name in sentence for name in hidden)
        else sentence
        for sentence in sentences
    ]
    return list(dict.fromkeys(told))


# -- changing ---------------------------------------------------------------------------------------------------------


def set_overrides(
    desk: Desk, principal: Principal, body: OverridesToSet, seen: Seen | None, asked: Asked | None
) -> Reply:
    """Sets numbers, or proposes them where somebody must approve; the answer of `OverridesSet`."""
    opened = desk.opened()
    return hand_in(desk, principal, wanted_of(opened, desk.reach(principal, opened), body), seen, asked)


def hand_in(
    desk: Desk, principal: Principal, wanted: Sequence[NumberToSet], seen: Seen | None, asked: Asked | None
) -> Reply:
    """Sets numbers that were checked, or proposes them where somebody must approve."""
    from dp_resources.planning_once import check_seen

    opened = desk.opened()
    known, at = seen_change(seen, opened.cycle), desk.clock.now()

    def change(database: Joined) -> Reply:
        check_seen(database, wanted, known, opened.cutoff)
        if desk.config.planning.approval != "none":
            return proposed(opened.cycle, database.propose(wanted, principal.name, at).sequence, wanted)
        return numbers_set(opened.cycle, database.set_numbers(wanted, principal.name, at))

    return desk.once(asked, change)


def numbers_set(cycle: str, made: Sequence[PlannerNumber]) -> Reply:
    """The reply where numbers hold now."""
    shown = {"cycle": cycle, "proposal": None, "overrides": [number_shown(one) for one in made], "proposed": []}
    return reply(201, shown)


def proposed(cycle: str, proposal: int, wanted: Sequence[NumberToSet]) -> Reply:
    """The reply where numbers wait for approval."""
    shown = {"cycle": cycle, "proposal": proposal, "overrides": [], "proposed": [wanted_shown(one) for one in wanted]}
    return reply(202, shown, {"location": f"/v1/proposals/{proposal}"})


def reply(status: int, answer: Answer, headers: dict[str, str] | None = None) -> Reply:
    """A reply that can be kept."""
    from dp_resources.planning_once import Reply

    return Reply(status, orjson.dumps(answer).decode(), headers or {})


def withdraw(desk: Desk, principal: Principal, numbers: Sequence[int], reason: str, asked: Asked | None) -> Reply:
    """Takes numbers back; the answer of `Withdrawn`.

    Raises:
        NoSuchNumberError: one was never set, or is not seen.
        ForbiddenError: one is not theirs.
        AlreadyDecidedError: one ended before.
    """
    opened, at = desk.opened(), desk.clock.now()
    reach, wanted = desk.reach(principal, opened), list(dict.fromkeys(numbers))

    def change(database: Joined) -> Reply:
        known = {one.sequence: one for one in database.numbers(wanted)}
        for one in wanted:
            _check_withdrawal(known.get(one), one, reach)
        database.withdraw(wanted, principal.name, reason, opened.cutoff, at)
        return reply(200, {"cycle": opened.cycle, "withdrawn": wanted})

    return desk.once(asked, change)


def _check_withdrawal(found: PlannerNumber | None, number: int, reach: Reach) -> None:
    if found is None or not reach.sees(found.hierarchy, found.node):
        raise NoSuchNumberError(f"there is no number {number}; GET /v1/overrides lists those that hold")
    if not reach.covers(found.hierarchy, found.node):
        raise ForbiddenError(f"number {number} lies outside of the nodes that you plan")
    if found.ended is not None:
        raise AlreadyDecidedError(f"number {number} ended with cycle {found.ended}: it was replaced or taken back")
