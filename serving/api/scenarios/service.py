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
from serving.api.problems import (
    AlreadyDecidedError,
    RefusedEditError,
    UnknownScenarioError,
)
from serving.api.scenarios.schemas import ComparisonQuery, ScenarioToKeep
from serving.api.writing import Seen, seen_change
from serving.desk import Desk

if TYPE_CHECKING:
    from dp_assets.domain.access import Principal
    from dp_assets.domain.scenario_definition import KeptScenario, ScenarioDefinition
    from dp_resources.planning_db import PlanningDatabase
    from dp_resources.planning_once import Asked, Joined, Reply

SHOWN_FINDINGS = 10


def listing(desk: Desk) -> Answer:
    """The answer of `Scenarios`."""
    return {"scenarios": [_shown(desk, one) for one in desk.database.scenarios()]}


def one(desk: Desk, name: str) -> Answer:
    """The answer of `Scenario`; UnknownScenarioError when there is none of that name."""
    return _shown(desk, _found(desk.database, name))


def _found(database: PlanningDatabase, name: str) -> KeptScenario:
    from dp_assets.domain.scenario_definition import unknown_name

    known = {one.name: one for one in database.scenarios()}
    if name not in known:
        raise UnknownScenarioError(str(unknown_name(name, known)))
    return known[name]


def _shown(desk: Desk, kept: KeptScenario) -> Answer:
    from dp_assets.domain.hierarchy import SERIES
    from dp_assets.scenario_results import record_of, result, what_is_missing

    missing, units = what_is_missing(desk.lake, kept), None
    if missing is None:
        series = result(desk.lake, kept).filter(pl.col("level") == SERIES)
        units = float((series["forecast"] - series["base_forecast"]).sum())
    record = record_of(desk.lake, kept.name) or {}
    return {
        "number": kept.sequence,
        "name": kept.name,
        "cycle": kept.cycle,
        "user": kept.user,
        "definition": kept.definition.model_dump(mode="json", exclude_defaults=True),
        "state": missing or "up to date",
        "units": units,
        "notes": [] if missing else list(record.get("notes", [])),
        "waits_since": None if missing is None else _waits_since(desk, kept, record),
    }


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
    """
    from dp_assets.domain.scenario_definition import check_name

    check_name(body.name)
    definition = _definition(body.definition)
    cycle, at = _cycle(desk, definition), desk.clock.now()

    def change(database: Joined) -> Reply:
        before = {one.name: one.sequence for one in database.scenarios()}.get(body.name)
        if before != body.replaces:
            raise AlreadyDecidedError(
                f"scenario {body.name!r} has number {before}, and {body.replaces} was looked at; look at it again, and "
                "say by `replaces` which one is to be replaced"
            )
        made = database.create_scenario(
            body.name, cycle, definition, principal.name, at, replace=body.replaces is not None
        )
        return reply(201, _shown(desk, made), {"location": f"/v1/scenarios/{made.name}"})

    return desk.once(asked, change)


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
        UnknownScenarioError: there is none of that name.
        AlreadyDecidedError: it is another than the one that was looked at.
    """
    from dp_assets.scenario_results import forget

    at = desk.clock.now()

    def change(database: Joined) -> Reply:
        found = _found(database, name)
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
    """Asks the asset graph to compute a scenario; the answer of `Requested`."""
    from dp_resources.planning_requests import RUN_SCENARIO, add_request

    at = desk.clock.now()

    def change(database: Joined) -> Reply:
        _found(database, name)
        number = add_request(database, RUN_SCENARIO, name, principal.name, at)
        return reply(202, {"request": number, "scenario": name}, {"location": f"/v1/scenarios/{name}"})

    return desk.once(asked, change)


def comparison(desk: Desk, name: str, query: ComparisonQuery) -> Answer:
    """The answer of `Comparison`.

    Raises:
        UnknownScenarioError: there is none of a name.
        ScenarioRefusedError: one is not up to date, or there is no such level.
    """
    from dp_assets.domain.scenario_definition import BASE
    from dp_assets.domain.scenarios import compare
    from dp_assets.scenario_results import results

    names = list(dict.fromkeys([name, *query.beside]))
    kept = [_found(desk.database, one) for one in names]
    frame = compare(results(desk.lake, kept), query.level, desk.config, query.hierarchy)
    if query.node is not None:
        frame = frame.filter(pl.col("node") == query.node)
    return {"names": [BASE, *names], "total": len(frame), "rows": frame.head(query.limit).to_dicts()}


def promote(desk: Desk, principal: Principal, name: str, reason: str, seen: Seen | None, asked: Asked | None) -> Reply:
    """Sets the numbers of a scenario, or proposes them; the answer of `OverridesSet`.

    Raises:
        UnknownScenarioError: there is none of that name.
        RefusedEditError: it is over another cycle, changes nothing, or is not up to date.
        ForbiddenError: it moves a series that is not theirs.
    """
    from dp_assets.domain.scenarios import numbers_to_promote
    from dp_assets.scenario_results import result
    from dp_resources.planning_once import check_seen

    opened, at = desk.opened(), desk.clock.now()
    reach, kept = desk.reach(principal, opened), _found(desk.database, name)
    if kept.cycle != opened.cutoff:
        raise RefusedEditError(f"{name} is over cycle {kept.cycle}, and {opened.cycle} is current: create it again")
    series = opened.published["series_id"].unique().to_list()
    wanted = numbers_to_promote(name, result(desk.lake, kept), series, reason, kept.cycle, desk.config)
    if not wanted:
        raise RefusedEditError(f"{name} changes no number of a series that cycle {opened.cycle} forecasts")
    for number in wanted:
        reach.check(opened, number.hierarchy, number.node)
    known = seen_change(seen, opened.cycle)

    def change(database: Joined) -> Reply:
        check_seen(database, wanted, known, opened.cutoff)
        if desk.config.planning.approval != "none":
            made = database.propose_scenario(kept, wanted, principal.name, at)
            return proposed(opened.cycle, made.sequence, wanted)
        return numbers_set(opened.cycle, database.promote_scenario(kept, wanted, principal.name, at))

    return desk.once(asked, change)
