"""What a request finds in the app. Belongs here: library, gate, view. Does not belong here: what is done with them."""

from __future__ import annotations

from datetime import date
from typing import cast

from fastapi import Request

from dp_resources.settings import Settings
from serving.api.access import principal_of
from serving.api.authentication import Gate
from serving.api.meter import Meter
from serving.api.problems import NoBundleError, NotMadeError, UnknownCycleError
from serving.library import Library, Loaded
from serving.tables import Kept
from serving.views import View


def library(request: Request) -> Library:
    """The library of the running app."""
    return cast(Library, request.app.state.library)


def gate(request: Request) -> Gate:
    """The gate of the app, where people sign in."""
    return cast(Gate, request.app.state.gate)


def meter(request: Request) -> Meter:
    """Counts of the requests to the app."""
    return cast(Meter, request.app.state.meter)


def settings(request: Request) -> Settings:
    """The environment that the app was made for."""
    return cast(Settings, request.app.state.settings)


def in_service(request: Request) -> Loaded:
    """The bundle in service.

    Raises:
        NoBundleError: there is none yet; the message says why and what to do.
    """
    shelf = library(request)
    if shelf.current is None:
        raise NoBundleError(
            shelf.problem
            or f"expected a serving bundle below {shelf.lake.root}, but there is none; run `dp run`, or materialise "
            "the asset serving_bundle for a cycle in Dagster, and this API picks it up by itself"
        )
    return shelf.current


async def view(request: Request, loaded: Loaded) -> View:
    """What whoever asks sees of the bundle."""
    scope, views = principal_of(request).scope, loaded.views
    return await views.of(scope) if scope.hides else views.whole


async def view_of_tables(request: Request) -> View | None:
    """What whoever asks sees of tables of any cycle, as the bundle in service hangs series; None is everything.

    Raises:
        NoBundleError: they are kept to nodes, and no bundle says what is below them.
    """
    return await view(request, in_service(request)) if principal_of(request).scope.hides else None


async def of_cycle(request: Request, cycle: date | None) -> Loaded:
    """The bundle of a cycle, that in service where none is named.

    Raises:
        NoBundleError: there is none at all yet.
        UnknownCycleError: there is none of that cycle.
    """
    current = in_service(request)
    if cycle is None:
        return current
    found = await library(request).of_cycle(cycle.isoformat())
    if found is None:
        raise UnknownCycleError(
            f"expected a cycle whose serving bundle is in the lake, got {cycle}; cycle {current.cycle} is served. To "
            f"have another one, materialise serving_bundle for it: dp materialize weekly_cycle {cycle}"
        )
    return found


MADE_BY = {
    "exceptions": "weekly_cycle",
    "series_classes": "weekly_cycle",
    "outlier_log": "weekly_cycle",
    "attribute_conflicts": "weekly_cycle",
    "accuracy": "score_cycles",
    "forecast_value_added": "score_cycles",
    "drift": "weekly_cycle",
    "feature_contributions": "explain",
    "forecast_changes": "explain",
}
"""Table → the job that makes it."""


async def table(request: Request, name: str, cycle: date | None) -> Kept:
    """A table of a cycle, that of the bundle in service where none is named.

    Raises:
        NoBundleError: no cycle is named and none is in service.
        NotMadeError: the table was never made for that cycle.
    """
    wanted = in_service(request).cycle if cycle is None else cycle.isoformat()
    found = await library(request).tables.get(name, wanted)
    if found is None:
        raise NotMadeError(
            f"the table {name} was not made for cycle {wanted}; make it with: dp materialize {MADE_BY[name]} {wanted}"
        )
    return found
