"""Cycles out of the lake. Does not belong here: HTTP (`endpoints.py`), reading (`dp_assets/cycle_cards.py`)."""

from __future__ import annotations

from datetime import date

from dp_assets.domain.access import Permission, Principal
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from serving.api.problems import BadParameterError, UnknownCycleError
from serving.api.questions import Answer


def cycles(lake: Lake, served: str | None) -> Answer:
    """The answer of `Cycles`."""
    from dp_assets.cycle_cards import cycles

    return {"cycles": [{**one, "served": one["cycle"] == served} for one in cycles(lake)]}


def dagster_url(settings: Settings, principal: Principal) -> str | None:
    """Where runs of the graph are looked at; None where nobody said so, or to whom it is of no use."""
    is_known = "dagster_url" in settings.model_fields_set
    return settings.dagster_url.rstrip("/") if is_known and principal.may(Permission.OPERATE) else None


def card(lake: Lake, cycle: str, served: str | None) -> Answer:
    """The answer of `CycleCard`.

    Raises:
        BadParameterError: what is asked for is no date.
        UnknownCycleError: the lake has nothing of that cycle.
    """
    from dp_assets.cycle_cards import card

    try:
        wanted = date.fromisoformat(cycle).isoformat()
    except ValueError:
        raise BadParameterError(f"cycle: expected a cutoff as YYYY-MM-DD, got {cycle[:40]!r}") from None
    known = {one["cycle"]: one for one in cycles(lake, served)["cycles"]}
    if wanted not in known:
        raise UnknownCycleError(
            f"expected a cycle of the lake, such as {', '.join(sorted(known)[-3:]) or 'none yet'}; got {wanted}; "
            "GET /v1/cycles lists them"
        )
    return {**known[wanted], **card(lake, wanted)}
