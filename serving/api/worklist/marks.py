"""Setting marks on the worklist over HTTP.

Belongs here: what may be marked, and the answer. Does not belong here: HTTP (`endpoints.py`), the table of marks
(`dp_resources/planning_marks.py`).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from serving.api.overrides.service import reply
from serving.api.problems import (
    BadParameterError,
    ChangedMeanwhileError,
    ForbiddenError,
    RefusedEditError,
    UnknownNodeError,
)
from serving.api.worklist.schemas import MarksToSet, MarkToSet
from serving.api.worklist.service import Sight, mark_shown, places_of
from serving.desk import Desk

if TYPE_CHECKING:
    from dp_resources.planning_marks import MarkToSet as Wanted
    from dp_resources.planning_once import Asked, Joined, Reply


def set_marks(desk: Desk, sight: Sight, body: MarksToSet, asked: Asked | None) -> Reply:
    """Sets marks, all or none; the answer of `MarksSet`.

    Raises:
        ChangedMeanwhileError: another cycle was looked at.
        UnknownNodeError: an exception is not on the worklist, or not seen, which are told apart by nothing.
        ForbiddenError: one can be read, but is not theirs.
        RefusedEditError: what is snoozed has no day in a later cycle, or another one has.
        BadParameterError: the same exception stands twice.
        StaleEditError: a mark is another one than was looked at.
    """
    from dp_resources import planning_marks

    cycle, at = date.fromisoformat(sight.exceptions.cycle), desk.clock.now()
    wanted = _wanted(sight, body, cycle)

    def change(database: Joined) -> Reply:
        made = planning_marks.set_marks(database, wanted, sight.user, at)
        return reply(200, {"cycle": cycle, "marks": [mark_shown(one, cycle) for one in made]})

    return desk.once(asked, change)


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
        if place not in seen:
            raise UnknownNodeError(f"the worklist of cycle {cycle} has no exception {place}")
        if planned is not None and place not in planned:
            raise ForbiddenError(f"{place} can be read, but lies outside of the nodes that you plan")
        if place in found:
            raise BadParameterError(f"expected each exception once, got {place} twice")
        _check_until(one, cycle)
        found[place] = Wanted(place, cycle, one.state, one.until, one.assigned_to, one.note, one.replaces)
    return list(found.values())


def _check_until(one: MarkToSet, cycle: date) -> None:
    if one.state == "snoozed" and (one.until is None or one.until <= cycle):
        raise RefusedEditError(f"until: expected a day after cycle {cycle} for what is snoozed, got {one.until}")
    if one.state != "snoozed" and one.until is not None:
        raise RefusedEditError(f"until: expected null for what is not snoozed, got {one.until}")
