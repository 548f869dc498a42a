"""Liveness out of the library. Does not belong here: HTTP."""

from __future__ import annotations

from serving.api.authentication import Gate
from serving.api.cycles.service import pinned
from serving.api.health.schemas import Health
from serving.library import Library


def health(library: Library, gate: Gate) -> Health:
    """What is served now."""
    current = library.current
    return Health(
        status="ok",
        ready=current is not None,
        cycle=current.cycle if current else None,
        bundle=current.version if current else None,
        loaded_at=current.loaded_at if current else None,
        problem=library.problem,
        planning_database="away" if gate.is_away else "answers",
        pinned=pinned(library),
    )
