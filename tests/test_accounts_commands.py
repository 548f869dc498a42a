"""`dp user` and `dp key`, and the first admin of `dp up`: what is printed, and what is never."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from dp_assets import up
from dp_assets.cli import app
from dp_assets.domain.access import AccountRefusedError
from dp_resources.accounts import Accounts, secret_matches
from dp_resources.credentials import parse_key
from dp_resources.planning_db import planning_database
from dp_resources.settings import Settings
from tests.factories import make_config

PASSWORD = re.compile(r"(?:[a-z2-9]{5}-){3}[a-z2-9]{5}")
KEY = re.compile(r"^dp_\S+$", re.MULTILINE)


@pytest.fixture
def dp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    (tmp_path / "demand.yaml").write_text(yaml.safe_dump(make_config().model_dump(mode="json", exclude_none=True)))
    monkeypatch.setenv("DP_CONFIG", str(tmp_path / "demand.yaml"))
    monkeypatch.setenv("DP_STATE_DIR", str(tmp_path / "state"))
    return lambda *arguments: CliRunner().invoke(app, arguments)


def accounts() -> Accounts:
    return Accounts(planning_database(Settings().planning_url))


def printed(result: Result, pattern: re.Pattern[str]) -> str:
    assert result.exit_code == 0, result.output
    (found,) = pattern.findall(result.output)
    return str(found)


def test_a_user_is_added_listed_changed_and_disabled(dp: Callable[..., Result]) -> None:
    added = dp("user", "add", "ada", "--role", "planner", "--node", "product:GROCERY", "--by", "root")
    password = printed(added, PASSWORD)
    assert accounts().check_password("ada", password) is not None
    assert re.search(r"ada\s+planner\s+product:GROCERY\s+hidden\s+one-time\s+in use", dp("user", "list").output)
    assert dp("user", "role", "ada", "--role", "viewer", "--node", "product:A", "--sees-outside").exit_code == 0
    assert re.search(r"ada\s+viewer\s+product:A\s+readable", dp("user", "list").output)
    assert accounts().check_password("ada", printed(dp("user", "password", "ada"), PASSWORD)) is not None
    assert dp("user", "disable", "ada").exit_code == 0
    assert "disabled" in dp("user", "list").output
    assert dp("user", "disable", "ada", "--undo").exit_code == 0
    assert password not in dp("user", "list").output + dp("plan", "ledger").output
    assert dp("plan", "verify").exit_code == 0


def test_a_key_is_printed_once_rotated_and_revoked(dp: Callable[..., Result]) -> None:
    dp("user", "add", "shop", "--role", "planner", "--no-password")
    text = printed(dp("key", "create", "shop", "--for", "dashboard", "--scope", "read", "--days", "30"), KEY)
    parsed = parse_key(text)
    assert parsed is not None
    found = accounts().key(parsed[0])
    assert secret_matches(found, parsed[1])
    assert found is not None
    assert (found.key.expires_at - datetime.now(UTC)).days == 29
    listed = dp("key", "list").output
    assert re.search(rf"{parsed[0]}\s+shop\s+dashboard\s+read\s", listed)
    assert parsed[1] not in listed
    renewed = parse_key(printed(dp("key", "rotate", parsed[0], "--overlap-hours", "1"), KEY))
    assert renewed is not None
    assert dp("key", "revoke", renewed[0]).exit_code == 0
    assert renewed[0] not in dp("key", "list").output
    assert "revoked" in dp("key", "list", "--all").output
    assert dp("plan", "verify").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("user add ada --role chief", "expected roles out of viewer"),
        ("user add Ada --role viewer", "expected a name"),
        ("user add ada --role viewer --node GROCERY", "expected a node as hierarchy:node"),
        ("user role nobody --role viewer", "there is no user 'nobody'"),
        ("key create nobody --for x", "there is no user 'nobody'"),
        ("key create viewer --for x --scope plan", "may read, so a key of theirs may not plan"),
        ("key create viewer --for x --scope write", "expected permissions out of read"),
        ("key revoke 22222222", "there is no such key"),
    ],
)
def test_what_cannot_be_done_is_said(dp: Callable[..., Result], arguments: str, message: str) -> None:
    dp("user", "add", "viewer", "--role", "viewer", "--no-password")
    result = dp(*arguments.split())
    assert isinstance(result.exception, AccountRefusedError)
    assert message in str(result.exception)


def test_an_account_that_was_changed_past_the_ledger_ends_verify_with_an_error(dp: Callable[..., Result]) -> None:
    dp("user", "add", "ada", "--role", "viewer", "--no-password")
    with planning_database(Settings().planning_url).writer.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET roles = 'admin'")
    result = dp("plan", "verify")
    assert result.exit_code == 1
    assert "user 'ada' is not what row 1 of the ledger says" in result.output


@pytest.mark.usefixtures("dp")
def test_the_first_admin_is_announced_once() -> None:
    (line,) = up.first_admin()
    (password,) = PASSWORD.findall(line)
    found = accounts().check_password("admin", password)
    assert found is not None
    assert found.must_change_password
    assert up.first_admin() == []


@pytest.mark.usefixtures("dp")
def test_a_database_that_does_not_answer_keeps_nothing_else_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DP_PLANNING_DATABASE_URL", "postgresql+psycopg://planner:hidden@127.0.0.1:1/planning")
    (line,) = up.first_admin()
    assert "WARNING" in line
    assert "hidden" not in line
