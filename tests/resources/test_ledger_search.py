"""The audit ledger is found by who, what, when and any word, in SQLite and PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dp_resources.ledger_search import ACCOUNT_ACTIONS, LONGEST, Search, actions_of, numbers_of, rows_of
from dp_resources.planning_db import PlanningDatabase
from tests.resources.test_planning_db import AT, CYCLE, LOCK

DAY = timedelta(days=1)


@pytest.fixture
def filled(database: PlanningDatabase) -> PlanningDatabase:
    """Rows 1 and 2 set numbers, row 3 takes one back a day later, row 4 refuses a sign-in."""
    from dp_resources.accounts import Accounts

    (made,) = database.set_numbers([LOCK], "ada", AT)
    database.set_numbers([replace(LOCK, node="DAIRY", comment="100 % sure, wie Björn sagt")], "bob", AT)
    database.withdraw([made.sequence], "bob", "cancelled", CYCLE, AT + DAY)
    Accounts(database).enter_refusal("unknown", "password", "192.0.2.7", 0, AT + DAY)
    return database


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(), [4, 3, 2, 1]),
        (Search(user="bob"), [3, 2]),
        (Search(user="bo"), []),
        (Search(action="set"), [2, 1]),
        (Search(subject="grocery"), [3, 1]),
        (Search(text="WIE BJöRN"), [2]),
        (Search(text="cancelled"), [3]),
        (Search(text="192.0.2.7"), [4]),
        (Search(text="100 %"), [2]),
        (Search(text="100 _ sure"), []),
        (Search(text='"quantity":120.5', user="ada"), [1]),
        (Search(first=date(2017, 12, 6)), [4, 3]),
        (Search(last=date(2017, 12, 5)), [2, 1]),
        (Search(first=date(2017, 12, 5), last=date(2017, 12, 5)), [2, 1]),
        (Search(first=date(2017, 12, 7)), []),
        (Search(last=date.max), [4, 3, 2, 1]),
        (Search(with_accounts=False), [3, 2, 1]),
    ],
    ids=repr,
)
def test_rows_are_found(filled: PlanningDatabase, search: Search, found: list[int]) -> None:
    assert numbers_of(filled, search) == found


def test_a_row_says_what_was_before_and_what_is_after(filled: PlanningDatabase) -> None:
    newer, older = rows_of(filled, [1, 3])
    assert (older.number, older.at, older.user, older.action, older.before, older.is_cut) == (
        *(1, AT, "ada", "set", None, False),
    )
    assert older.after is not None
    assert older.after["quantity"] == 120.5
    assert newer.before is not None
    assert (newer.before["comment"], newer.after) == (
        "agreed with the buyer",
        {"reason": "cancelled", "cycle": "2017-12-04"},
    )


def test_what_is_very_long_is_left_out_and_said_to_be(database: PlanningDatabase) -> None:
    database.propose([replace(LOCK, node=f"n{number}") for number in range(500)], "ada", AT)
    database.propose([LOCK], "ada", AT)
    short, long = rows_of(database, [1, 2])
    assert (short.is_cut, long.is_cut, long.after) == (False, True, None)
    assert len(database.ledger(2)[0]["after"]) > LONGEST


def test_actions_are_named(filled: PlanningDatabase) -> None:
    assert actions_of(filled) == ["refuse sign-in", "set", "withdraw"]
    assert actions_of(filled, with_accounts=False) == ["set", "withdraw"]


def test_every_change_of_an_account_is_known_to_be_one(database: PlanningDatabase) -> None:
    from dp_assets.domain.access import EVERYTHING, Permission, Role
    from dp_resources.accounts import Accounts

    accounts, at = Accounts(database), datetime(2099, 1, 1, tzinfo=UTC)
    password = accounts.add_user("ada", (Role.VIEWER,), EVERYTHING, "test", at)
    accounts.set_access("ada", (Role.ADMIN,), EVERYTHING, "test", at)
    accounts.set_disabled("ada", True, "test", at)
    accounts.set_disabled("ada", False, "test", at)
    accounts.reset_password("ada", "test", at)
    ada = accounts.user("ada")
    assert ada is not None
    assert password is not None
    accounts.change_password(ada, password, "long enough to be one", at)
    made, _ = accounts.create_key("ada", "x", frozenset({Permission.READ}), at + DAY, "test", at)
    again, _ = accounts.rotate_key(made.prefix, DAY, at + DAY, "test", at)
    accounts.revoke_key(again.prefix, "test", at)
    accounts.enter_refusal("ada", "password", "192.0.2.7", 0, at)
    assert set(actions_of(database)) == ACCOUNT_ACTIONS
