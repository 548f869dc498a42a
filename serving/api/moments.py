"""What was known when: the cycle that answers a question about a past day.

Belongs here: `as_of`, from the day to the cycle, and the grid that it is counted on. Does not belong here: what is
answered of that cycle (the services).

A day stands for the moment at which it begins, in the business time zone. Each cycle is judged by the grid of its own
receipt: the configuration that its forecasts were made under, whatever `demand.yaml` says by now. What is answered is
that cycle as it stands: with planners' numbers set since, and made again where a file was recalled or dated back.
"""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING

from fastapi import Request

from serving.api.problems import BadParameterError, UnknownCycleError
from serving.api.schemas import MomentQuery
from serving.api.state import in_service, library, of_cycle
from serving.library import Loaded
from serving.pins import TABLE

if TYPE_CHECKING:
    from dp_assets.domain.buckets import BucketGrid
    from dp_resources.lake import Lake

_grids: dict[str, BucketGrid] = {}
"""Receipt → grid: a receipt never changes."""
_receipts: dict[tuple[str, str | None], str] = {}
"""Cycle and version of its forecasts → their receipt."""


async def of_moment(request: Request, asked: MomentQuery) -> Loaded:
    """The bundle of the cycle asked for: the named one, the newest one known on a day, or that in service.

    Raises:
        NoBundleError: there is none at all yet.
        UnknownCycleError: there is none of that cycle, or none was known yet on that day.
        BadParameterError: both a cycle and a day are named.
    """
    if asked.as_of is None:
        return await of_cycle(request, asked.cycle)
    if asked.cycle is not None:
        raise BadParameterError("expected either cycle or as_of, got both; as_of names the cycle itself")
    current, lake = in_service(request), library(request).lake
    newest = await asyncio.to_thread(_newest_known, lake, current, asked.as_of)
    return await of_cycle(request, newest)


async def grid_in_service(request: Request) -> BucketGrid:
    """The grid of the cycle in service.

    Raises:
        UnknownCycleError: the lake has no receipt of its forecasts, so nobody can say what was known when.
    """
    return await asyncio.to_thread(_grid, library(request).lake, in_service(request))


def _newest_known(lake: Lake, current: Loaded, day: date) -> date:
    """The newest cycle with a bundle whose knowledge time is at or before the beginning of a day.

    None newer than that in service: it may have been rolled back to.
    """
    cycles = [date.fromisoformat(one) for one in lake.partitions(TABLE) if one <= current.cycle]
    for cycle in reversed(cycles):  # by its own grace of arrival, which may have been another one
        grid = _grid_of(lake, cycle.isoformat()) or _grid(lake, current)
        if grid.known_at(cycle) <= grid.midnight(day):
            return cycle
    raise UnknownCycleError(
        f"as_of: no cycle with a serving bundle was known when {day} began; the first of them is "
        f"{cycles[0]}, known from {grid.known_at(cycles[0]):%Y-%m-%d %H:%M} UTC on"
    )


def _grid_of(lake: Lake, cycle: str) -> BucketGrid | None:
    """The grid that a cycle was forecast on; None where the lake has no receipt of it."""
    key = (cycle, lake.stamp("forecasts", cycle=cycle))
    if key not in _receipts:
        named = key[1] is not None and lake.read("forecasts", ["receipt"], cycle=cycle)["receipt"].head(1).to_list()
        _receipts[key] = named[0] if named else ""
    return _grid_named(lake, _receipts[key])


def _grid(lake: Lake, current: Loaded) -> BucketGrid:
    found = _grid_named(lake, current.bundle.words("receipt", 0)[0] if len(current.bundle) else "")
    if found is None:
        raise UnknownCycleError(
            f"as_of: the lake has no receipt of cycle {current.cycle}, so nobody can say what was known when; name "
            "a cycle instead"
        )
    return found


def _grid_named(lake: Lake, name: str) -> BucketGrid | None:
    from dp_assets.kept_receipts import receipt_named

    if name not in _grids:
        receipt = receipt_named(lake, name) if name else None
        if receipt is None:
            return None
        _grids[name] = receipt.grid
    return _grids[name]
