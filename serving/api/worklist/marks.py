"""Setting marks on the worklist over HTTP.

Belongs here: what may be marked, and the answer. Does not belong here: HTTP (`endpoints.py`), the table of marks
(`dp_resources/planning_marks.py`).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from serving.api.overrides.service import Answer, reply
from serving.api.problems import (
    BadParameterError,
    ChangedMeanwhileError,
    ForbiddenError,
    RefusedEditError,
    UnknownNodeError,
)
from serving.api.worklist.assignees import Assignees
from serving.api.worklist.schemas import AssigneesQuery, MarksToSet, MarkToSet
from serving.api.worklist.service import Key, Sight, mark_shown, places_of
from serving.desk import Desk

if TYPE_CHECKING:
    from dp_resources.planning_marks import MarkToSet as Wanted
    from dp_resources.planning_marks import Place
    from dp_resources.planning_once import Asked, Joined, Reply


def set_marks(desk: Desk, sight: Sight, assignees: Assignees | None, body: MarksToSet, asked: Asked | None) -> Reply:
    """Sets marks, all or none; the answer of `MarksSet`.

    Raises:
        ChangedMeanwhileError: another cycle was looked at.
        UnknownNodeError: an exception is not on the worklist, or not seen, which are told apart by nothing.
        ForbiddenError: one can be read, but is not theirs.
        RefusedEditError: what is snoozed has no day in a later cycle, or another one has; or somebody is assigned who
            cannot be.
        BadParameterError: the same exception stands twice.
        StaleEditError: a mark is another one than was looked at.
    """
    from dp_resources import planning_marks

    cycle, at = date.fromisoformat(sight.exceptions.cycle), desk.clock.now()
    wanted = _wanted(sight, body, cycle)
    if assignees is not None:
        _check_assignees(desk, assignees, wanted)

    def change(database: Joined) -> Reply:
        made = planning_marks.set_marks(database, wanted, sight.user, at)
        return reply(200, {"cycle": cycle, "marks": [mark_shown(one, cycle) for one in made]})

    return desk.once(asked, change)


def assigned(sight: Sight, assignees: Assignees, query: AssigneesQuery) -> Answer:
    """The answer of `Assignees`.

    Raises:
        UnknownNodeError, ForbiddenError: as `check_place`.
    """
    from dp_resources.planning_marks import Place

    place = Place(query.hierarchy, query.level, query.node, query.rule)
    check_place(sight, place, frozenset(places_of(sight.frame)), sight.planned())
    return assignees.answer(place)


def _wanted(sight: Sight, body: MarksToSet, cycle: date) -> list[Wanted]:
    from dp_resources.planning_marks import MarkToSet as Wanted
    from dp_resources.planning_marks import Place

    if body.cycle not in (None, cycle):
        raise ChangedMeanwhileError(
            f"the worklist of cycle {body.cycle} was looked at, but {cycle} is served by now; look at it again"
        )
    seen, planned = frozenset(places_of(sight.frame)), sight.planned()
    found: dict[Place, Wanted] = {}
    for one in body.marks:
        place = Place(one.hierarchy, one.level, one.node, one.rule)
        check_place(sight, place, seen, planned)
        if place in found:
            raise BadParameterError(f"expected each exception once, got {place} twice")
        _check_until(one, cycle)
        found[place] = Wanted(place, cycle, one.state, one.until, one.assigned_to, one.note, one.replaces)
    return list(found.values())


def _check_assignees(desk: Desk, assignees: Assignees, wanted: list[Wanted]) -> None:
    """Of what is assigned anew: whom an exception was assigned before may have been shut out since."""
    before = desk.marks()
    for one in wanted:
        standing = before.get(one.place)
        if one.assigned_to is not None and (standing is None or standing.says.assigned_to != one.assigned_to):
            assignees.check(one.assigned_to, one.place)


def check_place(sight: Sight, place: Place, seen: frozenset[Key], planned: frozenset[Key] | None) -> None:
    """Refuses an exception that is not on the worklist, not seen or not theirs.

    Raises:
        UnknownNodeError: there is none, or none that they see, which are told apart by nothing.
        ForbiddenError: it can be read, but is not theirs.
    """
    if place not in seen:
        raise UnknownNodeError(f"the worklist of cycle {sight.exceptions.cycle} has no exception {place}")
    if planned is not None and place not in planned:
        raise ForbiddenError(f"{place} can be read, but lies outside of the nodes that you plan")


def _check_until(one: MarkToSet, cycle: date) -> None:
    if one.state == "snoozed" and (one.until is None or one.until <= cycle):
        raise RefusedEditError(f"until: expected a day after cycle {cycle} for what is snoozed, got {one.until}")
    if one.state != "snoozed" and one.until is not None:
        raise RefusedEditError(f"until: expected null for what is not snoozed, got {one.until}")
