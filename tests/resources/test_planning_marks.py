"""Marks on the worklist, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dp_assets.domain.planning import StaleEditError
from dp_resources.planning_db import PlanningDatabase
from dp_resources.planning_marks import Mark, MarkToSet, Place, last_mark, marks_of, set_marks

AT = datetime(2017, 12, 5, 12, tzinfo=UTC)
CYCLE = date(2017, 12, 4)
WEEK = timedelta(weeks=1)
SOUP = MarkToSet(Place("product", "series", "soup", "biased"), CYCLE, "accepted")
TEA = MarkToSet(Place("product", "series", "tea", "new"), CYCLE, "snoozed", CYCLE + 2 * WEEK, "bob", "wait")


def test_marks_come_back_as_they_were_set_each_with_a_row_in_the_ledger(database: PlanningDatabase) -> None:
    assert (last_mark(database), marks_of(database)) == (0, {})
    made = set_marks(database, [SOUP, TEA], "ada", AT)
    assert made == [Mark(SOUP, "ada", AT, 1), Mark(TEA, "ada", AT, 2)]
    assert marks_of(database) == {one.says.place: one for one in made}
    assert last_mark(database) == 2
    row = database.ledger()[-1]
    assert (row["action"], row["subject"], row["user"]) == ("mark", "product:tea (series, new)", "ada")
    assert '"until":"2017-12-18"' in row["after"]
    assert database.verify() == []


def test_a_mark_that_is_set_again_is_set_once(database: PlanningDatabase) -> None:
    made = set_marks(database, [TEA], "ada", AT)
    assert set_marks(database, [TEA], "bob", AT + WEEK) == made
    assert len(database.ledger()) == 1


def test_a_mark_that_was_not_seen_is_not_replaced_and_nothing_beside_it_is_set(database: PlanningDatabase) -> None:
    (made,) = set_marks(database, [SOUP], "ada", AT)
    back = replace(SOUP, state=None)
    with pytest.raises(StaleEditError, match=r"ada marked product:soup .* meanwhile"):
        set_marks(database, [TEA, back], "bob", AT)
    assert marks_of(database) == {SOUP.place: made}
    set_marks(database, [replace(back, replaces=made.sequence)], "bob", AT)
    assert (marks_of(database)[SOUP.place].says.state, last_mark(database)) == (None, 2)
    with pytest.raises(StaleEditError, match=r"tea .* has no mark"):
        set_marks(database, [replace(TEA, replaces=2)], "bob", AT)
    assert set_marks(database, [SOUP], "bob", AT)[0].sequence == 3  # one that was taken back is none


def test_what_is_accepted_comes_back_with_the_next_cycle_and_what_is_snoozed_when_its_time_is_over() -> None:
    accepted, snoozed = Mark(SOUP, "ada", AT, 1), Mark(TEA, "ada", AT, 2)
    assigned = Mark(replace(SOUP, state=None, assigned_to="bob"), "ada", AT, 3)
    cycles = [CYCLE + weeks * WEEK for weeks in (-1, 0, 1, 2)]
    assert [accepted.holds(one) for one in cycles] == [False, True, False, False]
    assert [snoozed.holds(one) for one in cycles] == [False, True, True, False]
    assert not any(assigned.holds(one) for one in cycles)
