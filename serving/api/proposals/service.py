"""Approvals over HTTP. Does not belong here: HTTP (`endpoints.py`), who may approve (`domain/planning.py`)."""

from __future__ import annotations

from datetime import date
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
    from dp_resources.planning_decisions import ToldProposal
    from dp_resources.planning_once import Asked, Joined, Reply

SHOWN = 100


def listing(desk: Desk, principal: Principal, query: ProposalsQuery) -> Answer:
    """The answer of `Proposals`.

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    from dp_resources.planning_decisions import told_proposals

    opened = desk.opened()
    reach = desk.reach(principal, opened)
    found = [
        one
        for one in told_proposals(desk.database, query.decided)
        if _sees(one.proposal, reach) and query.user in (None, one.proposal.user)
    ]
    order = [-one.decision.sequence if one.decision else one.proposal.sequence for one in found]
    version = str(max(map(abs, order), default=0))
    asked = ("proposals", query.decided, query.user)
    part = page(range(len(found)), lambda row: [order[row]], query.limit, query.cursor, version, asked)
    return {
        "version": version,
        "total": len(found),
        "changed": part.changed,
        "next": part.next,
        "cycle": opened.cycle,
        "approval": desk.config.planning.approval,
        "proposals": [_told(found[row], reach, opened.cutoff) for row in part.rows],
    }


def _told(one: ToldProposal, reach: Reach, cutoff: date) -> Answer:
    proposal, decision = one.proposal, one.decision
    return {
        "proposal": proposal.sequence,
        "user": proposal.user,
        "cycle": proposal.cycle,
        "is_current": proposal.cycle == cutoff,
        "total": len(proposal.numbers),
        "numbers": [wanted_shown(number) for number in proposal.numbers[:SHOWN]],
        "proposed_at": one.at,
        "inside": _covers(proposal, reach),
        "decision": decision
        and {"approved": decision.approved, "user": decision.user, "at": decision.at, "reason": decision.reason},
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


def _covers(proposal: Proposal, reach: Reach) -> bool:
    return all(reach.covers(one.hierarchy, one.node) for one in proposal.numbers)


def _found(database: PlanningDatabase, reach: Reach, number: int, to_see: bool = False) -> Proposal:
    """An open proposal that may be decided on, or seen."""
    found = next((one for one in database.proposals() if one.sequence == number), None)
    if found is None or not _sees(found, reach):
        raise NoSuchNumberError(f"there is no open proposal {number}; GET /v1/proposals lists them")
    if not to_see and not _covers(found, reach):
        raise ForbiddenError(f"proposal {number} has numbers outside of the nodes that you plan")
    return found
