"""What a request finds in the app. Belongs here: access to the library. Does not belong here: what is done with it."""

from __future__ import annotations

from typing import cast

from fastapi import Request

from serving.api.problems import NoBundleError
from serving.library import Library, Loaded


def library(request: Request) -> Library:
    """The library of the running app."""
    return cast(Library, request.app.state.library)


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
