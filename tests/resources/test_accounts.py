"""Users and keys on both databases: what is kept, what is refused, and what the ledger says of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from dp_assets.domain.access import (
    AccountRefusedError,
    NodeScope,
    Permission,
    Role,
    ScopeNode,
    parse_permissions,
    parse_roles,
    parse_scope_node,
    permissions_of,
)
from dp_resources.accounts import Accounts, secret_matches
from dp_resources.credentials import parse_key
from dp_resources.planning_db import PlanningDatabase

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = AT + timedelta(days=90)
GROCERY = NodeScope((ScopeNode("product", "GROCERY"),))
READ = frozenset({Permission.READ})


@pytest.fixture
def accounts(database: PlanningDatabase) -> Accounts:
    return Accounts(database)


def actions(accounts: Accounts) -> list[tuple[str, str, str]]:
    return [(row["user"], row["action"], row["subject"]) for row in accounts.database.ledger()]


def everything_kept(accounts: Accounts) -> str:
    """All rows of all tables as text."""
    with accounts.database.read() as connection:
        names = [name for name in sa.inspect(connection).get_table_names() if name != "alembic_version"]
        return str([connection.execute(sa.text(f'SELECT * FROM "{name}"')).all() for name in names])


def test_the_first_admin_is_made_once_and_must_choose_a_password(accounts: Accounts) -> None:
    password = accounts.ensure_admin("setup", AT)
    assert password is not None
    assert accounts.ensure_admin("setup", AT) is None
    (admin,) = accounts.users()
    assert (admin.name, admin.roles, admin.scope.nodes, admin.must_change_password) == (
        *("admin", (Role.ADMIN,), None, True),
    )
    assert password not in everything_kept(accounts)
    assert actions(accounts) == [("setup", "add user", "admin")]


def test_a_user_comes_back_as_added_and_signs_in_with_the_password_that_was_told(accounts: Accounts) -> None:
    password = accounts.add_user("ada", (Role.PLANNER,), GROCERY, "admin", AT)
    assert password is not None
    found = accounts.user("ada")
    assert found is not None
    assert (found.roles, found.scope, found.disabled) == ((Role.PLANNER,), GROCERY, False)
    assert accounts.check_password("ada", password) == found
    for name, given in (("ada", password.upper()), ("ada", ""), ("bob", password), ("ada", "x" * 5000)):
        assert accounts.check_password(name, given) is None
    assert accounts.user("bob") is None


def test_a_password_of_ones_own_ends_the_one_time_password(accounts: Accounts) -> None:
    told = accounts.add_user("ada", (Role.VIEWER,), NodeScope(), "admin", AT)
    assert told is not None
    user = accounts.check_password("ada", told)
    assert user is not None
    for new in ("short", told, "y" * 257):
        with pytest.raises(AccountRefusedError, match="expected a new password"):
            accounts.change_password(user, told, new, AT)
    changed = accounts.change_password(user, told, "a long enough one", AT)
    assert not changed.must_change_password
    assert accounts.check_password("ada", told) is None
    assert accounts.check_password("ada", "a long enough one") == changed
    reset = accounts.reset_password("ada", "admin", AT)
    assert accounts.check_password("ada", "a long enough one") is None
    again = accounts.check_password("ada", reset)
    assert again is not None
    assert again.must_change_password
    assert actions(accounts)[1:] == [("ada", "change password", "ada"), ("admin", "reset password", "ada")]
    assert accounts.verify() == []


def test_a_disabled_user_is_not_let_in_nor_are_his_keys(accounts: Accounts) -> None:
    password = accounts.add_user("ada", (Role.VIEWER,), NodeScope(), "admin", AT)
    assert password is not None
    key, _ = accounts.create_key("ada", "dashboard", READ, LATER, "admin", AT)
    accounts.set_disabled("ada", True, "admin", AT)
    assert accounts.check_password("ada", password) is None
    found = accounts.key(key.prefix)
    assert found is not None
    assert not found.holds(AT)
    accounts.set_disabled("ada", False, "admin", AT)
    assert accounts.check_password("ada", password) is not None


def test_roles_and_scope_change_together_and_the_ledger_keeps_both_states(accounts: Accounts) -> None:
    accounts.add_user("ada", (Role.VIEWER,), NodeScope(), "admin", AT, with_password=False)
    accounts.set_access("ada", (Role.PLANNER, Role.DATA_ENGINEER), GROCERY, "admin", AT)
    found = accounts.user("ada")
    assert found is not None
    assert (found.roles, found.scope, found.has_password) == ((Role.PLANNER, Role.DATA_ENGINEER), GROCERY, False)
    row = accounts.database.ledger()[-1]
    assert '"roles":"viewer"' in row["before"]
    assert "planner data_engineer" in row["after"]
    assert "product:GROCERY" in row["after"]


@pytest.mark.parametrize("name", ["", "Ada", "oidc:ada", "ada\n", "a" * 65, ".ada", "ada lovelace"])
def test_a_name_that_could_be_taken_for_another_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountRefusedError, match="expected a name"):
        accounts.add_user(name, (Role.VIEWER,), NodeScope(), "admin", AT)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda them: them.add_user("ada", (Role.ADMIN,), NodeScope(), "eve", AT), "there is a user 'ada'"),
        (lambda them: them.set_disabled("bob", True, "eve", AT), "there is no user 'bob'"),
        (lambda them: them.reset_password("bob", "eve", AT), "there is no user 'bob'"),
        (lambda them: them.create_key("bob", "x", READ, LATER, "eve", AT), "there is no user 'bob'"),
        (lambda them: them.create_key("ada", "x", READ, AT, "eve", AT), "an end later than now"),
        (
            lambda them: them.create_key("ada", "x", frozenset({Permission.ADMINISTER}), LATER, "eve", AT),
            "so a key of theirs may not administer",
        ),
        (lambda them: them.rotate_key("22222222", timedelta(0), LATER, "eve", AT), "there is no such key"),
        (lambda them: them.revoke_key("22222222", "eve", AT), "there is no such key"),
    ],
)
def test_what_cannot_be_done_says_why_and_leaves_nothing_behind(
    accounts: Accounts, change: Callable[[Accounts], object], message: str
) -> None:
    accounts.add_user("ada", (Role.VIEWER,), NodeScope(), "admin", AT)
    before = everything_kept(accounts)
    with pytest.raises(AccountRefusedError, match=message):
        change(accounts)
    assert everything_kept(accounts) == before


def test_a_key_holds_until_it_expires_and_its_secret_is_nowhere(accounts: Accounts) -> None:
    accounts.add_user("ada", (Role.VIEWER,), NodeScope(), "admin", AT)
    key, text = accounts.create_key("ada", "dashboard", READ, LATER, "admin", AT)
    parsed = parse_key(text)
    assert parsed is not None
    prefix, secret = parsed
    assert prefix == key.prefix
    assert secret not in everything_kept(accounts)
    found = accounts.key(prefix)
    assert found is not None
    assert found.key == key == accounts.api_keys()[0]
    assert found.user.name == "ada"
    assert secret_matches(found, secret)
    assert not secret_matches(found, secret[::-1])
    assert not secret_matches(None, secret)
    assert found.holds(LATER - timedelta(seconds=1))
    assert not found.holds(LATER)


def test_a_rotated_key_goes_on_for_the_overlap_and_the_new_one_may_the_same(accounts: Accounts) -> None:
    accounts.add_user("ada", (Role.VIEWER,), NodeScope(), "admin", AT)
    old, _ = accounts.create_key("ada", "dashboard", READ, LATER, "admin", AT)
    new, _ = accounts.rotate_key(old.prefix, timedelta(hours=24), LATER + timedelta(days=90), "admin", AT)
    assert (new.user, new.label, new.permissions) == (old.user, old.label, old.permissions)
    before, after = accounts.key(old.prefix), accounts.key(new.prefix)
    assert before is not None
    assert after is not None
    assert before.holds(AT + timedelta(hours=23))
    assert not before.holds(AT + timedelta(hours=24))
    assert after.holds(LATER)
    with pytest.raises(AccountRefusedError, match="it no longer holds"):
        accounts.rotate_key(old.prefix, timedelta(0), LATER, "admin", AT + timedelta(hours=25))


def test_rotation_never_lengthens_the_key_that_it_ends(accounts: Accounts) -> None:
    accounts.add_user("ada", (Role.VIEWER,), NodeScope(), "admin", AT)
    old, _ = accounts.create_key("ada", "dashboard", READ, AT + timedelta(hours=1), "admin", AT)
    accounts.rotate_key(old.prefix, timedelta(hours=24), LATER, "admin", AT)
    kept = accounts.key(old.prefix)
    assert kept is not None
    assert kept.key.expires_at == AT + timedelta(hours=1)


def test_a_revoked_key_no_longer_holds_and_every_step_has_its_row(accounts: Accounts) -> None:
    accounts.add_user("ada", (Role.VIEWER,), NodeScope(), "admin", AT)
    old, _ = accounts.create_key("ada", "dashboard", READ, LATER, "admin", AT)
    new, _ = accounts.rotate_key(old.prefix, timedelta(hours=1), LATER, "admin", AT)
    accounts.revoke_key(new.prefix, "admin", AT)
    found = accounts.key(new.prefix)
    assert found is not None
    assert not found.holds(AT)
    with pytest.raises(AccountRefusedError, match="revoked already"):
        accounts.revoke_key(new.prefix, "admin", AT)
    assert actions(accounts)[1:] == [
        ("admin", "create key", old.prefix),
        ("admin", "create key", new.prefix),
        ("admin", "rotate key", old.prefix),
        ("admin", "revoke key", new.prefix),
    ]
    assert accounts.verify() == []
    assert accounts.database.verify() == []


def test_a_refused_sign_in_has_a_row_that_says_from_where(accounts: Accounts) -> None:
    accounts.enter_refusal("ada", "password", "203.0.113.9", 3, AT)
    (row,) = accounts.database.ledger()
    assert (row["user"], row["action"], row["subject"]) == ("ada", "refuse sign-in", "password")
    assert row["after"] == '{"address":"203.0.113.9","left_out":3}'


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE users SET roles = 'admin'",
        "UPDATE users SET disabled = NOT disabled",
        "UPDATE api_keys SET permissions = 'administer'",
        "UPDATE api_keys SET expires_at = '2999-01-01T00:00:00+00:00'",
        "INSERT INTO users (name, sequence, roles, sees_outside, must_change_password, disabled) "
        "SELECT 'eve', sequence, 'admin', sees_outside, must_change_password, disabled FROM users",
    ],
)
def test_an_account_that_was_changed_past_the_ledger_is_found(accounts: Accounts, forgery: str) -> None:
    accounts.add_user("ada", (Role.VIEWER,), NodeScope(), "admin", AT)
    accounts.create_key("ada", "dashboard", READ, LATER, "admin", AT)
    assert accounts.verify() == []
    with accounts.database.writer.begin() as connection:
        connection.execute(sa.text(forgery))
    (wrong,) = accounts.verify()
    assert "is not what row" in wrong


def test_the_tables_come_and_go_with_their_revision_and_leave_the_rest(database: PlanningDatabase) -> None:
    from alembic import command
    from alembic.config import Config

    accounts = Accounts(database)
    accounts.add_user("ada", (Role.VIEWER,), NodeScope(), "admin", AT)
    config = Config()
    config.set_main_option("script_location", "dp_resources:planning_migrations")
    for move, target, there in ((command.downgrade, "0004", False), (command.upgrade, "0005", True)):
        with database.writer.begin() as connection:
            config.attributes["connection"] = connection
            move(config, target)
            assert sa.inspect(connection).has_table("users") is there
    assert accounts.users() == []
    assert len(database.ledger()) == 1


def test_an_embedded_database_is_its_owners_to_read(tmp_path: Path) -> None:
    with closing(PlanningDatabase(f"sqlite:///{tmp_path / 'planning.db'}")) as database:
        Accounts(database).add_user("ada", (Role.VIEWER,), NodeScope(), "admin", AT)
        assert {oct(one.stat().st_mode & 0o777) for one in tmp_path.iterdir() if one.suffix == ".db"} == {"0o600"}


@pytest.mark.parametrize(
    "text", ["", "dp_", "dp_abcdefgh_short", "dp_ABCDEFGH_" + "a" * 43, "dp_abcdefgh_" + "a" * 43 + "\n", "x"]
)
def test_a_text_that_is_no_key_is_told_from_one(text: str) -> None:
    assert parse_key(text) is None


def test_roles_permissions_and_nodes_are_read_by_their_names() -> None:
    assert parse_roles(["admin", "viewer", "admin"]) == (Role.VIEWER, Role.ADMIN)
    assert permissions_of([Role.PLANNER]) == {Permission.READ, Permission.PLAN}
    assert permissions_of([]) == frozenset()
    assert permissions_of([Role.ADMIN]) == set(Permission)
    assert str(parse_scope_node("product:A/B:C")) == "product:A/B:C"
    for parse, wrong in (
        (parse_roles, ["root"]),
        (parse_roles, []),
        (parse_permissions, ["write"]),
        (parse_scope_node, "GROCERY"),
        (parse_scope_node, ":x"),
    ):
        with pytest.raises(AccountRefusedError, match="expected"):
            parse(wrong)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("node", "inside"),
    [
        ("product:total", True),
        ("product:A", True),
        ("product:A/B", True),
        ("product:s1", True),
        ("product:A/", False),
        ("product:A/B/C", False),
        ("product:B", False),
        ("place:A", False),
        ("product:s2", False),
    ],
)
def test_a_node_covers_what_lies_below_it(node: str, inside: bool) -> None:
    assert parse_scope_node(node).covers("product", "s1", "A/B") is inside


def test_a_department_whose_name_begins_like_another_is_not_the_other() -> None:
    assert not parse_scope_node("product:A").covers("product", "s1", "AB/C")
    assert not parse_scope_node("product:A").covers("product", "s1", "A\\/B")
