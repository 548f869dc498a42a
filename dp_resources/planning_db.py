"""The planning database: what people set, and the ledger of who did.

Belongs here: tables and transactions, on SQLite (embedded) or PostgreSQL (production). Does not belong here: which
numbers hold and what may be set (`dp_assets/domain/planning.py`), users and their keys (`accounts.py`), the hash chain
(`planning_ledger.py`), schema changes (`planning_migrations`).

Every change is one transaction that adds its row to the ledger and changes what it is about, or does neither. Writers
take turns: on SQLite by an immediate transaction, on PostgreSQL by an advisory lock. Each row of the ledger carries the
hash of the one before it, so a row that was edited, removed or moved shows; that the last rows are still there shows
against a head kept elsewhere (`PlanningDatabase.verify`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from dp_assets.domain.errors import ConfigError, StorageError
from dp_assets.domain.planning import EditRefusedError, NumberToSet, PlannerNumber, Proposal, check_approval
from dp_assets.domain.scenario_definition import KeptScenario, ScenarioDefinition, ScenarioRefusedError, unknown_name
from dp_resources.database_urls import parse_url, place_of
from dp_resources.planning_ledger import LEDGER, METADATA, Head, chain_faults, enter, head_of, ledger_row

REVISION = "0008"
"""Newest revision of `planning_migrations`, which this code is written for."""
EXAMPLE = "sqlite:////folder/planning.db or postgresql+psycopg://user:password@host/database"
LOCK = 7_231_950_412
"""Key of the advisory lock that writers hold on PostgreSQL."""
BUSY_SECONDS = 30
FEW_NODES = 500
"""Nodes that are looked up by name; of more, all numbers of their buckets are read."""

NUMBERS = sa.Table(
    "planner_numbers",
    METADATA,
    sa.Column("sequence", sa.BigInteger),
    sa.Column("hierarchy", sa.Text),
    sa.Column("node", sa.Text),
    sa.Column("bucket_start", sa.Date),
    sa.Column("quantity", sa.Float(53)),
    sa.Column("locked", sa.Boolean),
    sa.Column("reason_code", sa.Text),
    sa.Column("comment", sa.Text),
    sa.Column("user", sa.Text),
    sa.Column("cycle", sa.Date),
    sa.Column("expires", sa.Date),
    sa.Column("ended", sa.Date),
    sa.Column("ended_sequence", sa.BigInteger),
    sa.Column("split", sa.Text),
)
SCENARIOS = sa.Table(
    "scenarios",
    METADATA,
    sa.Column("sequence", sa.BigInteger),
    sa.Column("name", sa.Text),
    sa.Column("cycle", sa.Date),
    sa.Column("definition", sa.Text),
    sa.Column("user", sa.Text),
    sa.Column("ended_sequence", sa.BigInteger),
)
PROPOSALS = sa.Table(
    "proposals",
    METADATA,
    sa.Column("sequence", sa.BigInteger),
    sa.Column("user", sa.Text),
    sa.Column("cycle", sa.Date),
    sa.Column("numbers", sa.Text),
    sa.Column("decided_sequence", sa.BigInteger),
)
_BATCH = TypeAdapter(tuple[NumberToSet, ...])


@cache
def planning_database(url: str) -> PlanningDatabase:
    """The one of a URL that this process keeps, with its connections."""
    return PlanningDatabase(url)


class PlanningDatabase:
    """Opened by URL: `sqlite:////folder/planning.db` or `postgresql+psycopg://user@host/database`."""

    def __init__(self, url: str) -> None:
        self.url = parse_url(url, "DP_PLANNING_DATABASE_URL", EXAMPLE)
        if self.is_embedded and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = sa.create_engine(self.url, hide_parameters=True)  # they may be hashes of passwords
        if self.is_embedded:
            _take_turns(self.engine)
        self.writer = self.engine.execution_options(writes=True)
        self._current = False

    @property
    def is_embedded(self) -> bool:
        """Whether it is a SQLite file, which this process may change the schema of."""
        return self.url.get_backend_name() == "sqlite"

    def close(self) -> None:
        """Ends its connections; the next call opens others."""
        self.engine.dispose()

    # -- schema -------------------------------------------------------------------------------------------------------

    def migrate(self) -> None:
        """Brings the tables to the newest revision. Several processes may ask at once."""
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", "dp_resources:planning_migrations")
        with self._reached(), self.writer.begin() as connection:
            _wait_for_turn(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        if self.is_embedded and self.url.database and Path(self.url.database).exists():
            Path(self.url.database).chmod(0o600)  # it holds hashes of passwords

    def _check_schema(self) -> None:
        if self._current:
            return
        with self.engine.connect() as connection:
            there = sa.inspect(connection).has_table("alembic_version")
            found = connection.scalar(sa.text("SELECT version_num FROM alembic_version")) if there else None
        if found != REVISION and self.is_embedded and (found is None or found < REVISION):
            self.migrate()
        elif found != REVISION:
            raise ConfigError(
                f"the planning database is at revision {found or 'none'}, this code expects {REVISION}; run "
                "`dp plan migrate` as a user who may create tables"
                + (", or use the newer code" if found and found > REVISION else "")
            )
        self._current = True

    # -- reading ------------------------------------------------------------------------------------------------------

    def numbers(self, sequences: Sequence[int] | None = None) -> list[PlannerNumber]:
        """Every number ever set, or those with some sequences, in the order they were set."""
        query = sa.select(NUMBERS).order_by(NUMBERS.c.sequence)
        if sequences is not None:
            query = query.where(NUMBERS.c.sequence.in_(sequences))
        with self.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [_number(row) for row in rows]

    def last_change(self) -> int:
        """Sequence of the last row of the ledger that set or ended a number; 0 where none did."""
        newest = sa.func.max(NUMBERS.c.sequence), sa.func.max(NUMBERS.c.ended_sequence)
        with self.read() as connection:
            return max(int(found or 0) for found in connection.execute(sa.select(*newest)).one())

    def ledger(self, last: int | None = None) -> list[dict[str, Any]]:
        """Rows of the ledger, oldest first; only the last so many where that is given."""
        query = sa.select(LEDGER).order_by(LEDGER.c.sequence.desc()).limit(last)
        with self.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [dict(row) for row in reversed(rows)]

    def head(self, sequence: int | None = None) -> Head:
        """The end of the ledger; where a row is given, as it was once that had been added."""
        with self.read() as connection:
            return head_of(connection, sequence)

    def verify(self, kept: Sequence[Head] = ()) -> list[str]:
        """What is wrong with the ledger, one sentence each; empty where it is whole.

        Args:
            kept: ends of the ledger as they were noted elsewhere.
        """
        wrong, hashes = chain_faults(self.ledger())
        replaced = [head.sequence for head in kept if hashes.get(head.sequence) != head.hash]
        strays = [number.sequence for number in self.numbers() if number.sequence not in hashes]
        wrong += [f"row {one} is not the one that was noted with a cycle" for one in replaced]
        wrong += [f"number {one} has no row in the ledger" for one in strays]
        wrong += [
            f"scenario {one.name!r} has no row in the ledger" for one in self.scenarios() if one.sequence not in hashes
        ]
        with self.read() as connection:
            forged = [_forged(connection, found) for found in _undecided(connection)]
        return wrong + [str(one) for one in forged if one is not None]

    # -- writing ------------------------------------------------------------------------------------------------------

    def set_numbers(self, numbers: Sequence[NumberToSet], user: str, at: datetime) -> list[PlannerNumber]:
        """Sets numbers, all or none; one that held for the same node and bucket is replaced."""
        with self.write() as connection:
            return _set(connection, numbers, user, at)

    def withdraw(self, sequences: Sequence[int], user: str, reason: str, cycle: date, at: datetime) -> None:
        """Ends numbers from a cycle on, all or none.

        Raises:
            EditRefusedError: one of them does not exist, or no longer holds.
        """
        with self.write() as connection:
            for wanted in sequences:
                row = connection.execute(sa.select(NUMBERS).where(NUMBERS.c.sequence == wanted)).mappings().first()
                if row is None or row["ended"] is not None:
                    state = "was never set" if row is None else f"ended with cycle {row['ended']}"
                    raise EditRefusedError(f"number {wanted} {state}; `dp plan list` shows those that hold")
                number = _number(row)
                sequence = enter(
                    connection, at, user, "withdraw", number.place, asdict(number), {"reason": reason, "cycle": cycle}
                )
                _end(connection, wanted, cycle, sequence)

    # -- approvals ----------------------------------------------------------------------------------------------------

    def propose(self, numbers: Sequence[NumberToSet], user: str, at: datetime) -> Proposal:
        """Keeps numbers that somebody else is to approve; until then none of them holds."""
        with self.write() as connection:
            return _propose(connection, numbers, user, at)

    def proposals(self) -> list[Proposal]:
        """Those that nobody decided on yet, oldest first."""
        with self.read() as connection:
            return _undecided(connection)

    def approve(self, sequence: int, by: str, cycle: date, four_eyes: bool, at: datetime) -> list[PlannerNumber]:
        """Sets the numbers of a proposal, all or none, in the name of who proposed them.

        Raises:
            EditRefusedError: it was decided on already, its cycle is over, it is not what the ledger says was
                proposed, or, under four eyes, it is one's own.
        """
        with self.write() as connection:
            found = _to_decide(connection, sequence)
            check_approval(found, by, cycle, four_eyes)
            if forged := _forged(connection, found):
                raise forged
            decided = enter(connection, at, by, "approve", f"proposal {sequence}", None, {"user": found.user})
            _decide(connection, sequence, decided)
            return _set(connection, found.numbers, found.user, at)

    def reject(self, sequence: int, by: str, reason: str, at: datetime) -> None:
        """Ends a proposal without setting anything; EditRefusedError when it was decided on already."""
        with self.write() as connection:
            found = _to_decide(connection, sequence)
            after = {"user": found.user, "reason": reason}
            decided = enter(connection, at, by, "reject", f"proposal {sequence}", None, after)
            _decide(connection, sequence, decided)

    # -- scenarios ----------------------------------------------------------------------------------------------------

    def scenarios(self) -> list[KeptScenario]:
        """Every scenario that was not deleted or replaced, by name."""
        query = sa.select(SCENARIOS).where(SCENARIOS.c.ended_sequence.is_(None)).order_by(SCENARIOS.c.name)
        with self.read() as connection:
            return [_scenario(row) for row in connection.execute(query).mappings().all()]

    def scenario(self, name: str) -> KeptScenario:
        """The scenario of that name; ScenarioRefusedError when there is none."""
        found = {one.name: one for one in self.scenarios()}
        if name not in found:
            raise unknown_name(name, found)
        return found[name]

    def create_scenario(
        self, name: str, cycle: date, definition: ScenarioDefinition, user: str, at: datetime, replace: bool = False
    ) -> KeptScenario:
        """Keeps a scenario, with a row in the ledger; one of the same name is replaced only where that is asked for.

        Raises:
            ScenarioRefusedError: there is one of that name already.
        """
        text = definition.model_dump_json(exclude_defaults=True)
        with self.write() as connection:
            before = _scenario_in_force(connection, name)
            if before is not None and not replace:
                raise ScenarioRefusedError(
                    f"expected a new name, but {before.user} made a scenario {name!r} already; --replace replaces it"
                )
            after = {"cycle": cycle, "definition": text}
            sequence = enter(connection, at, user, "scenario", name, _written(before), after)
            if before is not None:
                _end_scenario(connection, before.sequence, sequence)
            row = {"name": name, "cycle": cycle, "definition": text, "user": user, "sequence": sequence}
            connection.execute(SCENARIOS.insert().values(**row))
            return _scenario(row)

    def delete_scenario(self, name: str, user: str, at: datetime) -> None:
        """Ends a scenario, with a row in the ledger; ScenarioRefusedError when there is none of that name."""
        self.scenario(name)
        with self.write() as connection:
            before = _scenario_in_force(connection, name)
            if before is not None:
                sequence = enter(connection, at, user, "delete scenario", name, _written(before), None)
                _end_scenario(connection, before.sequence, sequence)

    def promote_scenario(
        self, kept: KeptScenario, numbers: Sequence[NumberToSet], user: str, at: datetime
    ) -> list[PlannerNumber]:
        """Sets the numbers of a scenario, all or none: one row of the ledger for it, then one per number.

        Raises:
            ScenarioRefusedError: it was deleted or replaced meanwhile.
        """
        with self.write() as connection:
            _enter_promotion(connection, kept, numbers, user, at)
            return _set(connection, numbers, user, at)

    def propose_scenario(self, kept: KeptScenario, numbers: Sequence[NumberToSet], user: str, at: datetime) -> Proposal:
        """Like `promote_scenario`, for numbers that somebody else is to approve first."""
        with self.write() as connection:
            _enter_promotion(connection, kept, numbers, user, at)
            return _propose(connection, numbers, user, at)

    # -- connections --------------------------------------------------------------------------------------------------

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that only reads; StorageError when the database does not answer."""
        with self._reached():
            self._check_schema()
            with self.engine.connect() as connection:
                yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction that no other writer runs beside; StorageError when the database does not answer."""
        with self._reached():
            self._check_schema()
            with self.writer.begin() as connection:
                _wait_for_turn(connection)
                yield connection

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except DataError as error:
            raise EditRefusedError(f"expected a value that the planning database can hold: {error.orig}") from error
        except (OperationalError, DBAPIError) as error:
            raise StorageError(
                f"the planning database at {place_of(self.url)} did not answer: "
                f"{str(error.orig).strip()}; forecasts can still be read, nothing was changed: try again once it is up"
            ) from error


def _take_turns(engine: sa.Engine) -> None:
    """SQLite: a transaction that may write takes the lock at once; readers are never in its way."""

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver would begin by itself, and too late
        for pragma in (f"busy_timeout = {BUSY_SECONDS * 1000}", "journal_mode = WAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _wait_for_turn(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def _number(row: Any) -> PlannerNumber:
    return PlannerNumber(**{name: value for name, value in row.items() if name != "ended_sequence"})


def proposal_of(row: Any) -> Proposal:
    """A row of `PROPOSALS` as a proposal."""
    return Proposal(row["sequence"], row["user"], row["cycle"], _BATCH.validate_json(row["numbers"]))


def _propose(connection: sa.Connection, numbers: Sequence[NumberToSet], user: str, at: datetime) -> Proposal:
    text = _BATCH.dump_json(tuple(numbers)).decode()
    places = f"{numbers[0].place}{f' and {len(numbers) - 1:,} more' if len(numbers) > 1 else ''}"
    sequence = enter(connection, at, user, "propose", places, None, {"numbers": json.loads(text)})
    cycle = numbers[0].cycle
    row = {"sequence": sequence, "user": user, "cycle": cycle, "numbers": text}
    connection.execute(PROPOSALS.insert().values(**row))
    return Proposal(sequence, user, cycle, tuple(numbers))


def _undecided(connection: sa.Connection) -> list[Proposal]:
    query = sa.select(PROPOSALS).where(PROPOSALS.c.decided_sequence.is_(None)).order_by(PROPOSALS.c.sequence)
    return [proposal_of(row) for row in connection.execute(query).mappings().all()]


def _to_decide(connection: sa.Connection, sequence: int) -> Proposal:
    row = connection.execute(sa.select(PROPOSALS).where(PROPOSALS.c.sequence == sequence)).mappings().first()
    if row is None or row["decided_sequence"] is not None:
        state = "does not exist" if row is None else f"was decided on in row {row['decided_sequence']} of the ledger"
        raise EditRefusedError(f"proposal {sequence} {state}; `dp plan proposals` shows those that are open")
    return proposal_of(row)


def _forged(connection: sa.Connection, found: Proposal) -> EditRefusedError | None:
    """What is wrong with a proposal that is not what the ledger says was proposed; None where it is."""
    here = (LEDGER.c.sequence == found.sequence) & (LEDGER.c.action == "propose")
    row = connection.execute(sa.select(LEDGER).where(here)).mappings().first()
    if row is not None:
        numbers = _BATCH.validate_json(json.dumps(json.loads(row["after"])["numbers"]))
        if found == Proposal(found.sequence, row["user"], numbers[0].cycle, numbers):
            return None
    return EditRefusedError(f"proposal {found.sequence} is not what the ledger says was proposed; it can be rejected")


def _decide(connection: sa.Connection, sequence: int, by: int) -> None:
    connection.execute(PROPOSALS.update().where(PROPOSALS.c.sequence == sequence).values(decided_sequence=by))


def _set(connection: sa.Connection, numbers: Sequence[NumberToSet], user: str, at: datetime) -> list[PlannerNumber]:
    """Sets numbers in few statements, however many they are: other writers wait for it."""
    standing, head = _in_force(connection, numbers), head_of(connection)
    last, entered, made = head.sequence, [], []
    ended: dict[int, tuple[date, int]] = {}
    for number in numbers:
        before, after = standing.get(number.place), asdict(number)
        row = ledger_row(head, at, user, "set", number.place, None if before is None else asdict(before), after)
        head = Head(row["sequence"], row["hash"])
        if before is not None:
            ended[before.sequence] = (number.cycle, head.sequence)
        standing[number.place] = PlannerNumber(**after, user=user, sequence=head.sequence)
        made.append(standing[number.place])
        entered.append(row)
    if not entered:
        return []
    connection.execute(LEDGER.insert(), entered)
    for sequence, (cycle, by) in ended.items():
        if sequence <= last:
            _end(connection, sequence, cycle, by)
    rows = []
    for one in made:  # one that another of them replaces has ended already
        until = ended.get(one.sequence)
        rows.append({**asdict(one), "ended": until and until[0], "ended_sequence": until and until[1]})
    connection.execute(NUMBERS.insert(), rows)
    return made


def _in_force(connection: sa.Connection, numbers: Sequence[NumberToSet]) -> dict[str, PlannerNumber]:
    """Place → number that holds there, of the buckets of some numbers, and of their nodes unless they are many."""
    here = NUMBERS.c.ended.is_(None) & NUMBERS.c.bucket_start.in_({one.bucket_start for one in numbers})
    nodes = {one.node for one in numbers}
    if len(nodes) <= FEW_NODES:
        here = here & NUMBERS.c.node.in_(nodes)
    found = map(_number, connection.execute(sa.select(NUMBERS).where(here)).mappings().all())
    return {one.place: one for one in found}


def _scenario(row: Any) -> KeptScenario:
    definition = ScenarioDefinition.model_validate_json(row["definition"])
    return KeptScenario(row["name"], row["cycle"], definition, row["user"], row["sequence"])


def _scenario_in_force(connection: sa.Connection, name: str) -> KeptScenario | None:
    here = (SCENARIOS.c.name == name) & SCENARIOS.c.ended_sequence.is_(None)
    row = connection.execute(sa.select(SCENARIOS).where(here)).mappings().first()
    return None if row is None else _scenario(row)


def _enter_promotion(
    connection: sa.Connection, kept: KeptScenario, numbers: Sequence[NumberToSet], user: str, at: datetime
) -> None:
    now = _scenario_in_force(connection, kept.name)
    if now is None or now.sequence != kept.sequence:
        raise ScenarioRefusedError(f"scenario {kept.name!r} was changed meanwhile; look at it again first")
    about = {"scenario": kept.sequence, "numbers": len(numbers)}
    enter(connection, at, user, "promote scenario", kept.name, None, about)


def _written(kept: KeptScenario | None) -> dict[str, Any] | None:
    if kept is None:
        return None
    return {"cycle": kept.cycle, "definition": kept.definition.model_dump_json(exclude_defaults=True)}


def _end_scenario(connection: sa.Connection, sequence: int, by: int) -> None:
    connection.execute(SCENARIOS.update().where(SCENARIOS.c.sequence == sequence).values(ended_sequence=by))


def _end(connection: sa.Connection, sequence: int, cycle: date, by: int) -> None:
    connection.execute(NUMBERS.update().where(NUMBERS.c.sequence == sequence).values(ended=cycle, ended_sequence=by))
