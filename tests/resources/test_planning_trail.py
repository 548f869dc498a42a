"""What the ledger tells of one number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from dp_resources.planning_db import PlanningDatabase
from dp_resources.planning_trail import trail_of
from tests.resources.test_planning_db import AT, CYCLE, LOCK


def test_a_number_names_when_and_why_it_was_set(database: PlanningDatabase) -> None:
    (made,) = database.set_numbers([LOCK], "ada", AT)
    found = trail_of(database, made.sequence)
    assert found is not None
    assert (found.set_at, found.user, found.comment) == (AT.isoformat(), "ada", "agreed with the buyer")
    assert found.hash == database.ledger()[-1]["hash"]
    assert found.approved_by is None


def test_a_row_that_sets_nothing_has_no_trail(database: PlanningDatabase) -> None:
    (made,) = database.set_numbers([LOCK], "ada", AT)
    database.withdraw([made.sequence], "ada", "cancelled", CYCLE, AT)
    assert trail_of(database, made.sequence + 1) is None
    assert trail_of(database, 99) is None


def test_numbers_of_a_proposal_name_who_approved_them_and_later_ones_do_not(database: PlanningDatabase) -> None:
    numbers = [replace(LOCK, bucket_start=date(2017, 12, 11) + timedelta(weeks=week)) for week in range(3)]
    proposal = database.propose(numbers, "ada", AT)
    made = database.approve(proposal.sequence, "bob", CYCLE, True, AT + timedelta(hours=1))
    (later,) = database.set_numbers([replace(LOCK, node="DAIRY")], "ada", AT)
    rejected = database.propose([LOCK], "ada", AT)
    database.reject(rejected.sequence, "bob", "no", AT)
    (last,) = database.set_numbers([replace(LOCK, node="BAKERY")], "ada", AT)
    for one in made:
        found = trail_of(database, one.sequence)
        assert found is not None
        assert (found.user, found.approved_by, found.approval_sequence) == ("ada", "bob", proposal.sequence + 1)
    for number in (later, last):
        found = trail_of(database, number.sequence)
        assert found is not None
        assert found.approved_by is None
