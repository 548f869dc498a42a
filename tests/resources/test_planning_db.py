from __future__ import annotations

import signal
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from dp_assets.domain.errors import ConfigError, StorageError
from dp_assets.domain.planning import EditRefusedError, NumberToSet
from dp_assets.domain.scenario_definition import ScenarioRefusedError, parse_scenario
from dp_resources.planning_db import REVISION, PlanningDatabase
from dp_resources.planning_decisions import Decision, ToldProposal, told_proposals
from dp_resources.planning_ledger import Head

AT = datetime(2017, 12, 5, 12, tzinfo=UTC)
CYCLE = date(2017, 12, 4)
LOCK = NumberToSet(
    hierarchy="product",
    node="GROCERY",
    bucket_start=date(2017, 12, 11),
    quantity=120.5,
    locked=True,
    reason_code="promotion",
    comment="agreed with the buyer",
    cycle=CYCLE,
)


def test_a_number_comes_back_as_it_was_set(database: PlanningDatabase) -> None:
    (made,) = database.set_numbers([LOCK], "ada", AT)
    assert database.numbers() == [made]
    assert (made.user, made.sequence, made.ended, made.quantity) == ("ada", 1, None, 120.5)
    (row,) = database.ledger()
    assert (row["action"], row["user"], row["at"]) == ("set", "ada", "2017-12-05T12:00:00+00:00")
    assert row["before"] is None
    assert '"quantity":120.5' in row["after"]
    assert database.last_change() == 1


def test_a_number_for_the_same_bucket_replaces_the_one_before_and_both_stay_readable(
    database: PlanningDatabase,
) -> None:
    database.set_numbers([LOCK], "ada", AT)
    database.set_numbers([replace(LOCK, quantity=90.0, cycle=date(2017, 12, 11))], "bob", AT)
    first, second = database.numbers()
    assert (first.quantity, first.ended, second.quantity, second.ended) == (120.5, date(2017, 12, 11), 90.0, None)
    assert '"quantity":120.5' in database.ledger()[-1]["before"]


def test_many_numbers_at_once_are_set_as_one_after_the_other(tmp_path: Path) -> None:
    numbers = [replace(LOCK, node=f"n{at % 600}", quantity=float(at)) for at in range(700)]
    with (
        closing(PlanningDatabase(f"sqlite:///{tmp_path / 'one.db'}")) as single,
        closing(PlanningDatabase(f"sqlite:///{tmp_path / 'many.db'}")) as many,
    ):
        for database in (single, many):
            database.set_numbers([replace(LOCK, node="n7"), replace(LOCK, node="other")], "bob", AT)
        for number in numbers[:40]:
            single.set_numbers([number], "ada", AT)
        many.set_numbers(numbers[:40], "ada", AT)
        assert many.ledger() == single.ledger()
        assert many.numbers() == single.numbers()
        many.set_numbers(numbers[40:], "ada", AT)
        assert many.verify() == []
        holding = {one.node: one.quantity for one in many.numbers() if one.ended is None}
        assert holding == {"other": 120.5} | {one.node: one.quantity for one in numbers}


def test_a_withdrawn_number_ends_and_says_why(database: PlanningDatabase) -> None:
    (made,) = database.set_numbers([LOCK], "ada", AT)
    database.withdraw([made.sequence], "bob", "promotion cancelled", CYCLE, AT)
    assert database.numbers()[0].ended == CYCLE
    assert "promotion cancelled" in database.ledger()[-1]["after"]
    assert database.last_change() == 2


@pytest.mark.parametrize("numbers", [[1, 99], [1, 1]])
def test_a_withdrawal_is_of_all_numbers_or_of_none(database: PlanningDatabase, numbers: list[int]) -> None:
    database.set_numbers([LOCK], "ada", AT)
    with pytest.raises(EditRefusedError, match=r"number (99 was never set|1 ended with cycle 2017-12-04)"):
        database.withdraw(numbers, "bob", "wrong", CYCLE, AT)
    assert database.numbers()[0].ended is None
    assert len(database.ledger()) == 1


def test_numbers_that_the_database_refuses_leave_nothing_behind(database: PlanningDatabase) -> None:
    with pytest.raises(StorageError, match="nothing was changed"):
        database.set_numbers([LOCK, replace(LOCK, node="DAIRY", quantity=-1.0)], "ada", AT)
    assert database.numbers() == []
    assert database.head().sequence == 0


def test_a_whole_ledger_is_found_whole(database: PlanningDatabase) -> None:
    database.set_numbers([LOCK, replace(LOCK, node="DAIRY")], "ada", AT)
    head = database.head()
    database.set_numbers([replace(LOCK, quantity=1.0)], "bob", AT)
    assert database.verify([head, database.head()]) == []


@pytest.mark.parametrize(
    ("forgery", "found"),
    [
        ("UPDATE ledger SET \"user\" = 'eve' WHERE sequence = 2", "row 2 was edited"),
        ("DELETE FROM ledger WHERE sequence = 2", "rows were removed or moved"),
        ("UPDATE ledger SET sequence = 9 WHERE sequence = 2", "rows were removed or moved"),
    ],
)
def test_the_ledger_refuses_changes_and_shows_those_made_past_it(
    database: PlanningDatabase, forgery: str, found: str
) -> None:
    database.set_numbers([replace(LOCK, node=node) for node in "ABC"], "ada", AT)
    with pytest.raises(sa.exc.DBAPIError, match="only ever added to"), database.engine.begin() as connection:
        connection.execute(sa.text(forgery))
    assert database.verify() == []
    _without_guards(database, forgery)
    assert any(found in sentence for sentence in database.verify())


def test_a_ledger_whose_last_rows_are_gone_differs_from_the_head_that_was_noted(database: PlanningDatabase) -> None:
    database.set_numbers([replace(LOCK, node=node) for node in "ABC"], "ada", AT)
    head = database.head()
    _without_guards(database, "DELETE FROM planner_numbers WHERE sequence = 3", "DELETE FROM ledger WHERE sequence = 3")
    assert database.verify() == []
    assert database.verify([head]) == ["row 3 is not the one that was noted with a cycle"]


def _without_guards(database: PlanningDatabase, *statements: str) -> None:
    """What somebody with all rights on the database can do."""
    with database.engine.connect() as connection:
        if database.is_embedded:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            for verb in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER ledger_no_{verb}")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("COMMIT")
    database.engine.dispose()


def test_writers_at_the_same_moment_lose_nothing_and_one_number_holds(url: str, database: PlanningDatabase) -> None:
    def write(number: int) -> None:
        database.set_numbers([replace(LOCK, quantity=float(number))], f"user {number}", AT)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    numbers = database.numbers()
    assert len(numbers) == 40
    assert [one.ended for one in numbers].count(None) == 1
    assert [row["sequence"] for row in database.ledger()] == list(range(1, 41))
    assert database.verify() == []


SALE = parse_scenario(
    "changes: [{kind: price, node: GROCERY, first: 2017-12-11, last: 2017-12-17, percent: -10, elasticity: -1.5}]"
)


def test_a_proposal_holds_once_it_is_approved_in_the_name_of_who_proposed_it(database: PlanningDatabase) -> None:
    numbers = [LOCK, replace(LOCK, node="DAIRY", locked=False, expires=date(2018, 1, 1))]
    proposed = database.propose(numbers, "ada", AT)
    assert database.proposals() == [proposed]
    assert database.numbers() == []
    assert database.last_change() == 0  # nothing is due for what does not hold yet
    made = database.approve(proposed.sequence, "bob", CYCLE, four_eyes=True, at=AT)
    assert [(one.user, one.node, one.expires) for one in made] == [("ada", one.node, one.expires) for one in numbers]
    assert database.numbers() == made
    assert database.proposals() == []
    assert [(row["user"], row["action"]) for row in database.ledger()] == [
        *(("ada", "propose"), ("bob", "approve"), ("ada", "set"), ("ada", "set")),
    ]
    assert database.verify() == []


def test_under_four_eyes_nobody_approves_his_own(database: PlanningDatabase) -> None:
    proposed = database.propose([LOCK], "ada", AT)
    with pytest.raises(EditRefusedError, match="somebody else must approve"):
        database.approve(proposed.sequence, "ada", CYCLE, four_eyes=True, at=AT)
    assert database.proposals() == [proposed]
    assert len(database.ledger()) == 1
    database.approve(proposed.sequence, "ada", CYCLE, four_eyes=False, at=AT)  # a review alone may be one's own


def test_a_proposal_for_a_cycle_that_is_over_is_not_approved(database: PlanningDatabase) -> None:
    proposed = database.propose([LOCK], "ada", AT)
    with pytest.raises(EditRefusedError, match="2017-12-11 is current"):
        database.approve(proposed.sequence, "bob", date(2017, 12, 11), four_eyes=True, at=AT)


def test_a_rejected_proposal_sets_nothing_and_says_why(database: PlanningDatabase) -> None:
    proposed = database.propose([LOCK], "ada", AT)
    database.reject(proposed.sequence, "bob", "the leaflet was cancelled", AT)
    assert database.proposals() == []
    assert database.numbers() == []
    assert "the leaflet was cancelled" in database.ledger()[-1]["after"]
    for decide in (
        lambda: database.reject(proposed.sequence, "bob", "again", AT),
        lambda: database.approve(proposed.sequence, "bob", CYCLE, four_eyes=False, at=AT),
    ):
        with pytest.raises(EditRefusedError, match="was decided on in row 2"):
            decide()


def test_what_became_of_proposals_is_told_with_who_decided_when_and_why(database: PlanningDatabase) -> None:
    first, second, third = (database.propose([replace(LOCK, node=node)], "ada", AT) for node in "ABC")
    assert told_proposals(database) == [ToldProposal(one, AT, None) for one in (first, second, third)]
    assert told_proposals(database, decided=True) == []
    later = AT + timedelta(hours=1)
    database.approve(first.sequence, "bob", CYCLE, four_eyes=True, at=later)
    database.reject(third.sequence, "bob", "cancelled", later)
    assert [one.proposal for one in told_proposals(database)] == [second]
    rejected, approved = told_proposals(database, decided=True)
    assert (rejected.proposal, approved.proposal) == (third, first)
    assert rejected.decision == Decision(6, approved=False, user="bob", at=later, reason="cancelled")
    assert approved.decision == Decision(4, approved=True, user="bob", at=later, reason=None)


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE proposals SET numbers = replace(numbers, '120.5', '999.5')",
        "UPDATE proposals SET \"user\" = 'eve'",
        'INSERT INTO proposals (sequence, "user", cycle, numbers) SELECT 1, "user", cycle, numbers FROM proposals',
    ],
)
def test_a_proposal_that_was_changed_past_the_ledger_is_found_and_not_approved(
    database: PlanningDatabase, forgery: str
) -> None:
    database.set_numbers([replace(LOCK, node="DAIRY")], "ada", AT)
    proposed = database.propose([LOCK], "ada", AT)
    assert database.verify() == []
    with database.writer.begin() as connection:
        connection.execute(sa.text(forgery))
    (wrong,) = database.verify()
    assert "is not what the ledger says was proposed" in wrong
    forged = next(one.sequence for one in database.proposals() if str(one.sequence) in wrong)
    assert forged in (1, proposed.sequence)
    with pytest.raises(EditRefusedError, match="not what the ledger says"):
        database.approve(forged, "bob", CYCLE, four_eyes=True, at=AT)
    assert len(database.numbers()) == 1
    database.reject(forged, "bob", "forged", AT)
    assert database.verify() == []


def test_a_scenario_comes_back_as_it_was_written_and_has_a_row_in_the_ledger(database: PlanningDatabase) -> None:
    made = database.create_scenario("sale", CYCLE, SALE, "ada", AT)
    assert database.scenarios() == [made] == [database.scenario("sale")]
    assert (made.name, made.cycle, made.definition, made.user, made.sequence) == ("sale", CYCLE, SALE, "ada", 1)
    (row,) = database.ledger()
    assert (row["action"], row["subject"], row["before"]) == ("scenario", "sale", None)
    assert "GROCERY" in row["after"]
    assert database.last_change() == 0  # no number was set, so no cycle is due
    assert database.verify() == []


def test_a_scenario_is_replaced_only_where_that_is_asked_for(database: PlanningDatabase) -> None:
    database.create_scenario("sale", CYCLE, SALE, "ada", AT)
    nothing = parse_scenario("changes: []")
    with pytest.raises(ScenarioRefusedError, match=r"ada made a scenario 'sale' already; --replace"):
        database.create_scenario("sale", CYCLE, nothing, "bob", AT)
    assert len(database.ledger()) == 1
    database.create_scenario("sale", CYCLE, nothing, "bob", AT, replace=True)
    (kept,) = database.scenarios()
    assert (kept.definition, kept.user, kept.sequence) == (nothing, "bob", 2)
    assert "GROCERY" in database.ledger()[-1]["before"]


def test_a_deleted_scenario_is_gone_its_name_is_free_and_the_ledger_knows_it(database: PlanningDatabase) -> None:
    database.create_scenario("sale", CYCLE, SALE, "ada", AT)
    database.delete_scenario("sale", "bob", AT)
    assert database.scenarios() == []
    assert "GROCERY" in database.ledger()[-1]["before"]
    database.create_scenario("sale", CYCLE, SALE, "ada", AT)
    with pytest.raises(ScenarioRefusedError, match="there is no scenario 'sail'; did you mean 'sale'"):
        database.delete_scenario("sail", "bob", AT)
    assert database.verify() == []


def test_a_promoted_scenario_sets_its_numbers_behind_a_row_of_its_own(database: PlanningDatabase) -> None:
    kept = database.create_scenario("sale", CYCLE, SALE, "ada", AT)
    numbers = [replace(LOCK, node=node, locked=False) for node in "AB"]
    made = database.promote_scenario(kept, numbers, "bob", AT)
    assert [row["action"] for row in database.ledger()] == ["scenario", "promote scenario", "set", "set"]
    assert '"numbers":2' in database.ledger()[1]["after"]
    assert [one.sequence for one in made] == [3, 4]
    assert database.numbers() == made
    assert database.last_change() == 4


def test_a_proposed_scenario_sets_its_numbers_once_it_is_approved(database: PlanningDatabase) -> None:
    kept = database.create_scenario("sale", CYCLE, SALE, "ada", AT)
    numbers = [replace(LOCK, node=node, locked=False) for node in "AB"]
    proposed = database.propose_scenario(kept, numbers, "bob", AT)
    assert database.numbers() == []
    assert [row["action"] for row in database.ledger()] == ["scenario", "promote scenario", "propose"]
    assert database.ledger()[-1]["subject"].endswith("and 1 more")
    made = database.approve(proposed.sequence, "ada", CYCLE, four_eyes=True, at=AT)
    assert [(one.node, one.user) for one in made] == [("A", "bob"), ("B", "bob")]


def test_a_scenario_that_changed_meanwhile_is_neither_promoted_nor_proposed(database: PlanningDatabase) -> None:
    kept = database.create_scenario("sale", CYCLE, SALE, "ada", AT)
    database.create_scenario("sale", CYCLE, parse_scenario("changes: []"), "bob", AT, replace=True)
    for hand_in in (database.promote_scenario, database.propose_scenario):
        with pytest.raises(ScenarioRefusedError, match="was changed meanwhile"):
            hand_in(kept, [LOCK], "ada", AT)
    assert database.numbers() == []
    assert len(database.ledger()) == 2


def test_a_database_of_the_revision_before_is_brought_up_to_date_and_keeps_its_numbers(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    with closing(PlanningDatabase(f"sqlite:///{tmp_path / 'planning.db'}")) as old:
        settings = Config()
        settings.set_main_option("script_location", "dp_resources:planning_migrations")
        with old.writer.begin() as connection:
            settings.attributes["connection"] = connection
            command.upgrade(settings, "0001")
            connection.execute(
                sa.text(
                    "INSERT INTO ledger (sequence, at, user, action, subject, previous_hash, hash) "
                    "VALUES (1, 'then', 'ada', 'set', 'x', 'y', 'z')"
                )
            )
    with closing(PlanningDatabase(f"sqlite:///{tmp_path / 'planning.db'}")) as database:
        assert database.scenarios() == []
        assert database.head().sequence == 1


WRITER = """
import sys
from dataclasses import replace
from dp_resources.planning_db import PlanningDatabase
from tests.resources.test_planning_db import AT, LOCK

database = PlanningDatabase(sys.argv[1])
for number in range(10_000):
    made = database.set_numbers([replace(LOCK, quantity=float(number)), replace(LOCK, node="B")], "ada", AT)
    print(made[-1].sequence, flush=True)
"""


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_loses_nothing_it_had_acknowledged(url: str, database: PlanningDatabase) -> None:
    acknowledged = 0
    for pause in (0.05, 0.11, 0.17):
        command = [sys.executable, "-c", WRITER, url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline()
            time.sleep(pause)
            writer.send_signal(signal.SIGKILL)
            acknowledged = max((int(line) for line in writer.stdout.read().splitlines()[:-1]), default=acknowledged)
        head = database.head().sequence
        assert head >= acknowledged
        assert head % 2 == 0  # two numbers at once, or none
        assert database.verify() == []
    assert acknowledged > 0


def test_the_code_and_the_newest_revision_of_the_schema_are_the_same() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "dp_resources:planning_migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_numbers_set_before_there_were_splits_are_shared_by_the_forecast(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "dp_resources:planning_migrations")
    with closing(PlanningDatabase(f"sqlite:///{tmp_path / 'planning.db'}")) as database:
        with database.writer.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            connection.execute(
                sa.text("INSERT INTO ledger VALUES (1, '2017-12-05', 'ada', 'set', 'x', NULL, '{}', '0', 'h')")
            )
            connection.execute(
                sa.text(
                    "INSERT INTO planner_numbers VALUES (1, 'product', 'GROCERY', '2017-12-11', 5.0, 0, 'other', '', "
                    "'ada', '2017-12-04', NULL, NULL, NULL)"
                )
            )
        (number,) = database.numbers()
    assert (number.split, number.quantity) == ("forecast", 5.0)


@pytest.mark.slow
def test_a_server_without_tables_says_what_to_run(postgres: str) -> None:
    with (
        closing(PlanningDatabase(postgres)) as database,
        pytest.raises(ConfigError, match=f"revision none, this code expects {REVISION}; run `dp plan migrate`"),
    ):
        database.head()


def test_a_newer_schema_is_not_touched(tmp_path: Path) -> None:
    database = PlanningDatabase(f"sqlite:///{tmp_path / 'planning.db'}")
    database.migrate()
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with (
        closing(PlanningDatabase(f"sqlite:///{tmp_path / 'planning.db'}")) as again,
        pytest.raises(ConfigError, match=r"at revision 9999, this code expects .* or use the newer code"),
    ):
        again.head()


HIDING = [
    "postgresql+psycopg://ada:xyzzy-plugh@127.0.0.1:1/planning",
    "postgresql+psycopg://ada@127.0.0.1:1/planning?password=xyzzy-plugh",
    "postgresql+psycopg://127.0.0.1:1/planning?user=ada&password=xyzzy-plugh&application_name=dp",
    "postgresql+psycopg://ada@/planning?host=127.0.0.1&port=1&password=xyzzy-plugh",
    "postgresql+psycopg://ada:xyzzy@plugh@127.0.0.1:1/planning",
    "postgresql+psycopg://ada:xyzzy@plugh/xyzzy@127.0.0.1:1/planning",
    "postgresql+psycopg://ada:xyzzy@plugh:xyzzy@127.0.0.1:1/planning",
    "postgresql+psycopg://127.0.0.1:1/planning?user=ada&password=xyzzy@plugh",
    "postgresql+psycopg://ada@127.0.0.1:1/planning?password=xyzzy@plugh",
    "postgresql+psycopg://ada/admin:xyzzy-plugh@127.0.0.1:1/planning",
]
"""Addresses where nobody listens, with a password in each place where people put it, also where it needs quoting."""


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(StorageError, match=r"at 127.0.0.1:1/planning did not answer") as caught:
        PlanningDatabase("postgresql+psycopg://ada:topsecret@127.0.0.1:1/planning").head()
    assert "topsecret" not in str(caught.value)


@pytest.mark.parametrize("url", HIDING)
def test_no_part_of_a_password_is_said_wherever_it_stands(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises((ConfigError, StorageError)) as caught, caplog.at_level("DEBUG"):
        PlanningDatabase(url).head()
    said = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert not [part for part in ("xyzzy", "plugh") if part in said], said


def test_the_head_of_an_empty_ledger_is_row_zero(tmp_path: Path) -> None:
    with closing(PlanningDatabase(f"sqlite:///{tmp_path / 'planning.db'}")) as database:
        assert database.head() == Head(0, "0" * 64)
