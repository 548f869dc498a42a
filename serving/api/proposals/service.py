"""Approvals over HTTP. Does not belong here: HTTP (`endpoints.py`), who may approve (`domain/planning.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.api.cursors import page
from serving.api.overrides.service import Answer, numbers_set, preview_of, reply, wanted_shown
from serving.api.problems import ForbiddenError, NoSuchNumberError
from serving.api.proposals.schemas import ProposalsQuery
from serving.desk import Desk, Reach

if TYPE_CHECKING:
    from dp_assets.domain.access import Principal
    from dp_assets.domain.planning import Proposal
    from dp_resources.planning_db import PlanningDatabase
    from dp_resources.planning_once import Asked, Joined, Reply

SHOWN = 100


def listing(desk: Desk, principal: Principal, query: ProposalsQuery) -> Answer:
    """The answer of `Proposals`.

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    opened = desk.opened()
    reach = desk.reach(principal, opened)
    found = [one for one in desk.database.proposals() if _sees(one, reach)]
    version = str(max((one.sequence for one in found), default=0))
    part = page(range(len(found)), lambda row: [found[row].sequence], query.limit, query.cursor, version, "proposals")
    return {
        "version": version,
        "total": len(found),
        "changed": part.changed,
        "next": part.next,
        "cycle": opened.cycle,
        "proposals": [
            {
                "proposal": one.sequence,
                "user": one.user,
                "cycle": one.cycle,
                "is_current": one.cycle == opened.cutoff,
                "total": len(one.numbers),
                "numbers": [wanted_shown(number) for number in one.numbers[:SHOWN]],
            }
            for one in (found[row] for row in part.rows)
        ],
    }


def preview(desk: Desk, principal: Principal, number: int, series: int) -> tuple[Answer, str]:
    """The answer of `Preview` for a proposal, and the ETag of the numbers that it looked at."""
    from dp_assets.domain.planning import check_approval

    opened = desk.opened()
    reach = desk.reach(principal, opened)
    found = _found(desk.database, reach, number, to_see=True)
    check_approval(found, principal.name, opened.cutoff, four_eyes=False)  # its cycle alone
    return preview_of(desk, reach, found.numbers, series)


def approve(desk: Desk, principal: Principal, number: int, asked: Asked | None) -> Reply:
    """Lets the numbers of a proposal hold; the answer of `OverridesSet`.

    Raises:
        NoSuchNumberError: there is no such proposal, or none that is seen.
        ForbiddenError: a number of it is not theirs.
        StaleEditError: a number was set or ended at one of its places since it was proposed.
    """
    from dp_resources.planning_once import check_seen

    opened, at = desk.opened(), desk.clock.now()
    reach, four_eyes = desk.reach(principal, opened), desk.config.planning.approval == "four_eyes"

    def change(database: Joined) -> Reply:
        found = _found(database, reach, number)
        check_seen(database, found.numbers, found.sequence, opened.cutoff)
        made = database.approve(number, principal.name, opened.cutoff, four_eyes, at)
        return numbers_set(opened.cycle, made)

    return desk.once(asked, change)


def reject(desk: Desk, principal: Principal, number: int, reason: str, asked: Asked | None) -> Reply:
    """Ends a proposal; the answer of `Rejected`."""
    opened, at = desk.opened(), desk.clock.now()
    reach = desk.reach(principal, opened)

    def change(database: Joined) -> Reply:
        _found(database, reach, number)
        database.reject(number, principal.name, reason, at)
        return reply(200, {"rejected": number})

    return desk.once(asked, change)


def _sees(proposal: Proposal, reach: Reach) -> bool:
    return all(reach.sees(one.hierarchy, one.node) for one in proposal.numbers)


def _found(database: PlanningDatabase, reach: Reach, number: int, to_see: bool = False) -> Proposal:
    """An open proposal that may be decided on, or seen."""
    found = next((one for one in database.proposals() if one.sequence == number), None)
    if found is None or not _sees(found, reach):
        raise NoSuchNumberError(f"there is no open proposal {number}; GET /v1/proposals lists them")
    if not to_see and not all(reach.covers(one.hierarchy, one.node) for one in found.numbers):
        raise ForbiddenError(f"proposal {number} has numbers outside of the nodes that you plan")
    return found
