"""What a request finds in the app. Belongs here: library, gate, view. Does not belong here: what is done with them."""

from __future__ import annotations

from typing import cast

from fastapi import Request

from serving.api.access import principal_of
from serving.api.authentication import Gate
from serving.api.problems import NoBundleError
from serving.library import Library, Loaded
from serving.views import View


def library(request: Request) -> Library:
    """The library of the running app."""
    return cast(Library, request.app.state.library)


def gate(request: Request) -> Gate:
    """The gate of the app, where people sign in."""
    return cast(Gate, request.app.state.gate)


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
    """What whoever asks sees of the bundle.

    Raises:
        StorageError, ArtefactError: it cannot be told what they may see; then they see nothing.
    """
    scope, views = principal_of(request).scope, loaded.views
    return await views.of(scope) if scope.hides else views.whole
