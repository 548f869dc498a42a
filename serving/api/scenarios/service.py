"""Scenarios over HTTP: kept, asked for, compared, promoted.

Belongs here: the order of reads, and answers. Does not belong here: HTTP (`endpoints.py`), what a scenario is
(`dp_assets/domain/scenario_definition.py`), computing one, which is the asset graph's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from serving.api.overrides.service import Answer, numbers_set, proposed, reply
from serving.api.problems import AlreadyDecidedError, ForbiddenError, RefusedEditError
from serving.api.scenarios.schemas import ComparisonQuery, ScenarioToKeep
from serving.api.scenarios.sight import Sight, sight_of
from serving.api.writing import Seen, seen_change
from serving.desk import Desk
from serving.nodes import SERIES

if TYPE_CHECKING:
    from dp_assets.domain.access import Principal
    from dp_assets.domain.scenario_definition import KeptScenario, ScenarioDefinition
    from dp_resources.planning_once import Asked, Joined, Reply

SHOWN_FINDINGS = 10
LEFT = "it no longer lies inside the nodes that you plan"
HELD = "numbers that were set outside of the nodes that you plan stay: other series below them make room"


def listing(desk: Desk, principal: Principal) -> Answer:
    """The answer of `Scenarios`."""
    sight = sight_of(desk, principal)
    return {"scenarios": [_shown(desk, sight, one) for one in desk.database.scenarios() if sight.sees(one)]}


def one(desk: Desk, principal: Principal, name: str) -> Answer:
    """The answer of `Scenario`; UnknownScenarioError when there is none of that name, or none that is seen."""
    sight = sight_of(desk, principal)
    return _shown(desk, sight, sight.find(name, desk.database.scenarios()))


def _shown(desk: Desk, sight: Sight, kept: KeptScenario) -> Answer:
    from dp_assets.scenario_results import record_of, result

    inside = sight.plans(kept)
    missing, units = _missing(desk, sight, kept), None
    record, notes = record_of(desk.lake, kept.name) or {}, []
    if missing is None:
        series = sight.of_result(result(desk.lake, kept)).filter(pl.col("level") == SERIES)
        units = float((series["forecast"] - series["base_forecast"]).sum())
        notes = _notes(sight, inside, record)
    return {
        "number": kept.sequence,
        "name": kept.name,
        "cycle": kept.cycle,
        "user": kept.user,
        "definition": kept.definition.model_dump(mode="json", exclude_defaults=True),
        "state": missing or "up to date",
        "inside": inside,
        "units": units,
        "notes": notes,
        "waits_since": None if missing is None else _waits_since(desk, kept, record),
    }


def _notes(sight: Sight, inside: bool, record: Mapping[str, Any]) -> list[str]:
    """What the computation had to say, as far as it may be told: notes count series, and name nodes that were kept."""
    if not sight.hides:
        return list(record.get("notes", []))
    if not inside:
        return []  # they are of what was theirs once
    return list(record["notes"]) if all(map(sight.plans_node, map(tuple, record["kept"]))) else [HELD]


def _missing(desk: Desk, sight: Sight, kept: KeptScenario) -> str | None:
    """Why the result of a scenario cannot be used, as far as it may be told; None where it can."""
    from dp_assets.scenario_results import REFUSED, what_is_missing

    missing = what_is_missing(desk.lake, kept)
    if missing and missing.startswith(REFUSED) and sight.hides and not sight.plans(kept):
        return f"{REFUSED}{LEFT}"  # why it was refused may name what is near what it names
    return missing


def _waits_since(desk: Desk, kept: KeptScenario, record: Mapping[str, Any]) -> datetime | None:
    from dp_resources.planning_requests import RUN_SCENARIO, newest_request

    asked = newest_request(desk.database, RUN_SCENARIO, kept.name)
    answered = max(kept.sequence, record.get("asked", 0))
    return asked.at if asked and asked.sequence > answered else None


def keep(desk: Desk, principal: Principal, body: ScenarioToKeep, asked: Asked | None) -> Reply:
    """Keeps a scenario; nothing is computed yet.

    Raises:
        RefusedEditError: the name or the definition is none.
        AlreadyDecidedError: there is one of that name, or it is another than the one that was looked at.
        ForbiddenError: it changes something outside, or replaces one that does, or one that is its owner's alone.
    """
    sight = sight_of(desk, principal)
    name = _name(sight, body)
    definition = _definition(body.definition)
    sight.check_definition(definition)
    cycle, at = _cycle(desk, definition), desk.clock.now()

    def change(database: Joined) -> Reply:
        before = {one.name: one for one in database.scenarios() if sight.sees(one)}.get(name)
        if (before and before.sequence) != body.replaces:
            raise AlreadyDecidedError(
                f"scenario {name!r} has number {before and before.sequence}, and {body.replaces} was looked at; look "
                "at it again, and say by `replaces` which one is to be replaced"
            )
        if before is not None:
            _check_replaced(sight, before)
        made = database.create_scenario(name, cycle, definition, principal.name, at, replace=body.replaces is not None)
        return reply(201, _shown(desk, sight, made), {"location": f"/v1/scenarios/{made.name}"})

    return desk.once(asked, change)


def _name(sight: Sight, body: ScenarioToKeep) -> str:
    """The name that a scenario is kept by.

    One of who must not see all scenarios begins with theirs: that a name is taken would tell them of one.
    """
    from dp_assets.domain.scenario_definition import OF_USER, check_name, own_name

    user = sight.principal.name
    if body.replaces is not None:
        return body.name
    if sight.hides and OF_USER not in body.name:
        return own_name(user, check_name(body.name))
    return check_name(body.name, user)


def _check_replaced(sight: Sight, before: KeptScenario) -> None:
    """Refuses to replace what is outside, or what is its owner's alone: they would see that it is another's by then."""
    from dp_assets.domain.scenario_definition import OF_USER

    if OF_USER in before.name and not sight.is_own(before):
        raise ForbiddenError(
            f"scenario {before.name!r} is changed by {before.user} alone; keep yours under another name"
        )
    if not sight.is_own(before):
        sight.check_plans(before)


def _definition(given: dict[str, Any]) -> ScenarioDefinition:
    from pydantic import ValidationError

    from dp_assets.domain.scenario_definition import ScenarioDefinition

    try:
        return ScenarioDefinition.model_validate(given)
    except ValidationError as error:
        told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:SHOWN_FINDINGS]]
        raise RefusedEditError(f"definition: {'; '.join(told)}") from error


def _cycle(desk: Desk, definition: ScenarioDefinition) -> date:
    cycle = definition.cycle or desk.opened().cutoff
    if not desk.lake.exists("published_forecasts", cycle=cycle.isoformat()):
        published = desk.lake.partitions("published_forecasts")
        raise RefusedEditError(f"expected a published cycle, {published[0]} to {published[-1]}, got {cycle}")
    return cycle


def delete(desk: Desk, principal: Principal, name: str, number: int | None, asked: Asked | None) -> Reply:
    """Ends a scenario and removes what it came to; the answer of `Deleted`.

    Raises:
        UnknownScenarioError: there is none of that name, or none that is seen.
        AlreadyDecidedError: it is another than the one that was looked at.
        ForbiddenError: it is not theirs, and changes something outside.
    """
    from dp_assets.scenario_results import forget

    sight, at = sight_of(desk, principal), desk.clock.now()

    def change(database: Joined) -> Reply:
        found = sight.find(name, database.scenarios())
        sight.check_delete(found)
        if number is not None and number != found.sequence:
            raise AlreadyDecidedError(
                f"{found.user} made scenario {name!r} anew, as number {found.sequence}, and {number} was looked at; "
                "look at it again"
            )
        forget(desk.lake, name)  # first: killed in between, it is a scenario that was not computed yet
        database.delete_scenario(name, principal.name, at)
        return reply(200, {"deleted": name})

    return desk.once(asked, change)


def ask_for(desk: Desk, principal: Principal, name: str, asked: Asked | None) -> Reply:
    """Asks the asset graph to compute a scenario; the answer of `Requested`.

    Raises:
        UnknownScenarioError: there is none of that name, or none that is seen.
        ForbiddenError: it changes something outside.
    """
    from dp_resources.planning_requests import RUN_SCENARIO, add_request

    sight, at = sight_of(desk, principal), desk.clock.now()

    def change(database: Joined) -> Reply:
        sight.check_plans(sight.find(name, database.scenarios()))
        number = add_request(database, RUN_SCENARIO, name, principal.name, at)
        return reply(202, {"request": number, "scenario": name}, {"location": f"/v1/scenarios/{name}"})

    return desk.once(asked, change)


def comparison(desk: Desk, principal: Principal, name: str, query: ComparisonQuery) -> Answer:
    """The answer of `Comparison`.

    Raises:
        UnknownScenarioError: there is none of a name, or none that is seen.
        RefusedEditError, ScenarioRefusedError: one is not up to date, or there is no such level.
    """
    from dp_assets.domain.scenario_definition import BASE
    from dp_assets.domain.scenarios import compare, levels_of
    from dp_assets.scenario_results import REFUSED, results

    sight, every = sight_of(desk, principal), desk.database.scenarios()
    names = list(dict.fromkeys([name, *query.beside]))
    kept = [sight.find(one, every) for one in names]
    for one in kept:
        if (missing := _missing(desk, sight, one)) and missing.startswith(REFUSED):
            raise RefusedEditError(f"scenario {one.name!r} has no result: {missing}")
    frame = compare(results(desk.lake, kept), query.level, desk.config, query.hierarchy)
    frame = sight.of_level(frame, levels_of(desk.config, query.hierarchy)[0], query.level)
    if query.node is not None:
        frame = frame.filter(pl.col("node") == query.node)
    return {"names": [BASE, *names], "total": len(frame), "rows": frame.head(query.limit).to_dicts()}


def promote(desk: Desk, principal: Principal, name: str, reason: str, seen: Seen | None, asked: Asked | None) -> Reply:
    """Sets the numbers of a scenario, or proposes them; the answer of `OverridesSet`.

    Raises:
        UnknownScenarioError: there is none of that name, or none that is seen.
        RefusedEditError: it is over another cycle, changes nothing, or is not up to date.
        ForbiddenError: it moves a series that is not theirs.
    """
    from dp_assets.domain.scenarios import numbers_to_promote
    from dp_assets.scenario_results import result
    from dp_resources.planning_once import check_seen

    opened, at = desk.opened(), desk.clock.now()
    sight = sight_of(desk, principal)
    kept = sight.find(name, desk.database.scenarios())
    sight.check_plans(kept)
    if kept.cycle != opened.cutoff:
        raise RefusedEditError(f"{name} is over cycle {kept.cycle}, and {opened.cycle} is current: create it again")
    series = opened.published["series_id"].unique().to_list()
    wanted = numbers_to_promote(name, result(desk.lake, kept), series, reason, kept.cycle, desk.config)
    if not wanted:
        raise RefusedEditError(f"{name} changes no number of a series that cycle {opened.cycle} forecasts")
    if not all(sight.owns(number.node) for number in wanted):
        raise ForbiddenError(
            f"{name} also moves series that lie outside of the nodes that you plan: a number that somebody set above "
            "both makes them give way; whoever plans all of them can make it the plan"
        )
    known = seen_change(seen, opened.cycle)

    def change(database: Joined) -> Reply:
        check_seen(database, wanted, known, opened.cutoff)
        if desk.config.planning.approval != "none":
            made = database.propose_scenario(kept, wanted, principal.name, at)
            return proposed(opened.cycle, made.sequence, wanted)
        return numbers_set(opened.cycle, database.promote_scenario(kept, wanted, principal.name, at))

    return desk.once(asked, change)
