"""What scenarios came to, as it lies in the lake, and whether that still holds.

Belongs here: reading and removing results. Does not belong here: computing them (`scenarios.py`), printing
(`commands/scenario.py`), HTTP (`serving`). Nothing here knows Dagster.

The commit record of a result notes what it was computed from, so it shows as out of date once its base, or its
definition, is another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from dp_assets.domain.scenario_definition import KeptScenario, ScenarioRefusedError
from dp_resources.lake import Lake

TABLE = "scenario_forecasts"
REFUSED = "refused: "
"""How the reason begins where a scenario cannot be computed as it is written."""


def made_of(lake: Lake, cycle: date) -> dict[str, str]:
    """Hashes of what scenarios over a cycle stand on."""
    key = cycle.isoformat()
    return {table: lake.digest(table, cycle=key) for table in ("forecasts", "published_forecasts", "planner_inputs")}


def record_of(lake: Lake, name: str) -> Mapping[str, Any] | None:
    """What is noted of a scenario's computation; None where it was never computed."""
    return lake.commit_of(TABLE, name)


def what_is_missing(lake: Lake, kept: KeptScenario) -> str | None:
    """Why the result of a scenario cannot be used, in a few words; None where it can."""
    record = record_of(lake, kept.name)
    if record is None:
        return "not computed yet"
    if record["definition"] != kept.sequence:
        return "definition changed since"
    if record["made_of"] != made_of(lake, kept.cycle):
        return "base changed since"
    if "refused" in record:
        return f"{REFUSED}{record['refused']}"
    return None if "kept" in record else "computed by an earlier version"  # which kept fewer buckets


def result(lake: Lake, kept: KeptScenario) -> pl.DataFrame:
    """The `scenario_forecasts` of a scenario.

    Raises:
        ScenarioRefusedError: it was not computed as it now is, over its base as it now is.
    """
    if reason := what_is_missing(lake, kept):
        raise ScenarioRefusedError(
            f"expected scenario {kept.name!r} computed over cycle {kept.cycle} as it now is, got: {reason}; run "
            f"`dp scenario run {kept.name}`"
        )
    return lake.read(TABLE, scenario=kept.name)


def results(lake: Lake, kept: Sequence[KeptScenario]) -> dict[str, pl.DataFrame]:
    """Of several scenarios over the same cycle, by name.

    Raises:
        ScenarioRefusedError: they are over several cycles, or one of them is out of date.
    """
    cycles = sorted({one.cycle for one in kept})
    if len(cycles) > 1:
        raise ScenarioRefusedError(
            f"expected scenarios over one cycle, got {', '.join(map(str, cycles))}; make the older ones again"
        )
    return {one.name: result(lake, one) for one in kept}


def forget(lake: Lake, name: str) -> None:
    """Removes what a scenario came to; the lake keeps the bytes among its versions."""
    lake.withdraw(TABLE, name)
    lake.remove(TABLE, scenario=name)
