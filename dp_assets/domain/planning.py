"""Planners' numbers over time: which hold in a cycle, what may be set, what an edit would do.

Belongs here: the rules, on plain values. Does not belong here: where numbers are kept (`dp_resources/planning_db.py`),
how reconciliation keeps them (`locks.py`, `overrides.py`).

A number is set in a cycle, for a node (or series) and a bucket that this cycle forecasts. An override holds in that
cycle alone: the next forecast knows more, and is made anew. A lock holds in every cycle from then on that still
forecasts its bucket, until it is withdrawn, replaced, or expires. So the numbers of a past cycle are the same whenever
it is computed again.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import planner_inputs
from dp_assets.domain.errors import DemandPlannerError
from dp_assets.domain.split_keys import FORECAST, HISTORY

COMMENT_LENGTH = 1000
MOST_UNITS = 1e12
"""Largest number that can be set: sums with it keep three decimals, and anything near it is a slip of the hand."""


class EditRefusedError(DemandPlannerError):
    """An edit breaks a rule; the message says which, and what would do."""


class UnseenNumberError(EditRefusedError):
    """A number would be replaced that whoever replaces it does not say to have seen."""


class StaleEditError(EditRefusedError):
    """What an edit was made for was changed meanwhile."""


class OtherRequestError(EditRefusedError):
    """Something else was asked under the same key before."""


class UnknownNumberError(EditRefusedError):
    """There is no such number or proposal."""


@dataclass(frozen=True)
class NumberToSet:
    """What a planner asks for: one number for a node in a bucket, units."""

    hierarchy: str
    node: str
    bucket_start: date
    quantity: float
    locked: bool
    reason_code: str
    comment: str
    cycle: date
    expires: date | None = None
    split: str = FORECAST

    @property
    def place(self) -> str:
        """Hierarchy, node and bucket, as the ledger names them."""
        return f"{self.hierarchy}:{self.node}:{self.bucket_start.isoformat()}"


@dataclass(frozen=True)
class PlannerNumber(NumberToSet):
    """A number that was set.

    Attributes:
        user: who set it.
        sequence: place in the audit ledger, which identifies it.
        ended: cycle from which on it no longer holds, because it was withdrawn or replaced; None while it does.
    """

    user: str = ""
    sequence: int = 0
    ended: date | None = None


@dataclass(frozen=True)
class Proposal:
    """Numbers that wait for approval.

    Attributes:
        sequence: place in the audit ledger, which identifies it.
        user: who proposes them, in whose name they are set.
        cycle: the cycle they are for.
        numbers: what is proposed.
    """

    sequence: int
    user: str
    cycle: date
    numbers: tuple[NumberToSet, ...]


def check_approval(proposal: Proposal, by: str, cycle: date, four_eyes: bool) -> None:
    """Refuses an approval of one's own numbers under four eyes, and of numbers for another cycle than the current one.

    Raises:
        EditRefusedError: as said.
    """
    if four_eyes and by == proposal.user:
        raise EditRefusedError(
            f"proposal {proposal.sequence} is {by}'s own; planning.approval is four_eyes, so somebody else must approve"
        )
    if proposal.cycle != cycle:
        raise EditRefusedError(
            f"proposal {proposal.sequence} is for cycle {proposal.cycle}, but {cycle} is current, whose forecast knows "
            "more; reject it and propose the numbers again"
        )


def holds(number: PlannerNumber, cycle: date) -> bool:
    """Whether a number holds in a cycle; see the module's docstring."""
    since = number.cycle <= cycle if number.locked else number.cycle == cycle
    until = (number.ended is None or cycle < number.ended) and (number.expires is None or cycle <= number.expires)
    return since and until and cycle <= number.bucket_start


def inputs_of(numbers: Iterable[PlannerNumber], cycle: date, config: DemandConfig) -> pl.DataFrame:
    """The `planner_inputs` table of a cycle."""
    table = planner_inputs(config)
    rows = [
        {
            "hierarchy": number.hierarchy,
            "node": number.node,
            "bucket_start": number.bucket_start,
            "quantity": number.quantity,
            "locked": number.locked,
            "reason_code": number.reason_code,
            "user": number.user,
            "expires": number.expires,
            "ledger_sequence": number.sequence,
            "split": number.split,
        }
        for number in numbers
        if holds(number, cycle)
    ]
    return table.conform(pl.DataFrame(rows, schema=table.schema)) if rows else table.empty()


@dataclass(frozen=True)
class Edit:
    """A planner's wish for some buckets of a node: an absolute number for each, or a change in percent.

    Attributes:
        hierarchy, node: where.
        first: first bucket.
        buckets: how many.
        quantity: units per bucket; None where `percent` is given.
        percent: change against what reconciliation says now; None where `quantity` is given.
        locked: whether it holds in later cycles, and reconciliation solves for all other numbers under it.
        reason_code, comment: why.
        expires: last cycle a lock holds in; None for as long as its bucket is forecast.
        split: how the series below share an override: `forecast`, `history`, or a key of `reconciliation.keys`.
    """

    hierarchy: str
    node: str
    first: date
    buckets: int
    quantity: float | None
    percent: float | None
    locked: bool
    reason_code: str
    comment: str = ""
    expires: date | None = None
    split: str = FORECAST


def numbers_of(edit: Edit, now: Mapping[date, float], cycle: date, config: DemandConfig) -> list[NumberToSet]:
    """The numbers that an edit sets.

    Args:
        edit: what a planner asks for.
        now: first day of every bucket forecast for that node, at least one → units as reconciled.
        cycle: the current cycle.
        config: the reason codes.

    Raises:
        EditRefusedError: a bucket is not forecast, the reason is not configured, or the number cannot be.
    """
    _check_words(edit, cycle, config)
    starts = sorted(now)
    if edit.first not in starts or starts.index(edit.first) + edit.buckets > len(starts):
        raise EditRefusedError(
            f"expected buckets among those that cycle {cycle} forecasts, {starts[0]} to {starts[-1]}; got "
            f"{edit.buckets} from {edit.first} on"
        )
    wanted = starts[starts.index(edit.first) :][: edit.buckets]
    numbers = []
    for start in wanted:
        quantity = edit.quantity if edit.percent is None else now[start] * (1 + edit.percent / 100)
        if quantity is None or not 0 <= quantity <= MOST_UNITS:
            raise EditRefusedError(
                f"expected units between 0 and {MOST_UNITS:,.0f}, got {quantity} for the bucket of {start}"
            )
        numbers.append(
            NumberToSet(
                hierarchy=edit.hierarchy,
                node=edit.node,
                bucket_start=start,
                quantity=quantity,
                locked=edit.locked,
                reason_code=edit.reason_code,
                comment=edit.comment,
                cycle=cycle,
                expires=edit.expires,
                split=edit.split,
            )
        )
    return numbers


def _check_words(edit: Edit, cycle: date, config: DemandConfig) -> None:
    if (edit.quantity is None) == (edit.percent is None):
        raise EditRefusedError("expected either a quantity or a change in percent, got both or neither")
    if edit.buckets < 1:
        raise EditRefusedError(f"expected at least one bucket, got {edit.buckets}")
    check_reason(edit.reason_code, config)
    if len(edit.comment) > COMMENT_LENGTH:
        raise EditRefusedError(f"expected a comment of at most {COMMENT_LENGTH} characters, got {len(edit.comment)}")
    splits = [FORECAST, HISTORY, *(key.name for key in config.reconciliation.keys)]
    if edit.split not in splits:
        raise EditRefusedError(f"expected a split among {', '.join(splits)} (reconciliation.keys), got {edit.split!r}")
    if edit.locked and edit.split != FORECAST:
        raise EditRefusedError(
            "a lock is spread by reconciliation, under which everything else is solved for: set it without a split, or "
            "an override with one"
        )
    if edit.expires is not None and (not edit.locked or edit.expires < cycle):
        raise EditRefusedError(f"only a lock expires, and not before cycle {cycle}; got {edit.expires}")


def check_reason(code: str, config: DemandConfig) -> None:
    """Raises EditRefusedError where a reason is not configured."""
    if code not in config.planning.reason_codes:
        raise EditRefusedError(
            f"expected a reason among {', '.join(config.planning.reason_codes)} (planning.reason_codes), got {code!r}"
        )


def unknown_node(hierarchy: str, node: str, known: Collection[tuple[str, str]]) -> str:
    """What to say where a node is none of some known ones, by hierarchy and name; it takes a moment for many."""
    hierarchies = sorted({one for one, _ in known})
    if hierarchy not in hierarchies:
        return f"expected a hierarchy among {', '.join(hierarchies)}, got {hierarchy!r}"
    names = sorted(name for one, name in known if one == hierarchy)
    near = difflib.get_close_matches(node, names, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"hierarchy {hierarchy!r} has no node {node!r} in this cycle{hint}"


def effect(before: pl.DataFrame, after: pl.DataFrame, starts: Sequence[date]) -> pl.DataFrame:
    """What an edit does: hierarchy, level, node, units before, after, and the difference, over some buckets.

    Args:
        before, after: rows with hierarchy, level, node, bucket_start and `units`.
        starts: the buckets.
    """
    keys = ["hierarchy", "level", "node"]
    sums = [
        frame.filter(pl.col("bucket_start").is_in(list(starts))).group_by(keys).agg(pl.col("units").sum().alias(name))
        for frame, name in ((before, "before"), (after, "after"))
    ]
    joined = sums[0].join(sums[1], on=keys, how="full", coalesce=True).fill_null(0.0)
    found = joined.with_columns(difference=pl.col("after") - pl.col("before"))
    return found.filter(pl.col("difference").abs() > 1e-9 * pl.max_horizontal("before", "after", 1.0)).sort(
        pl.col("difference").abs(), *keys, descending=[True, False, False, False]
    )
