"""The planning database: what people set, and the ledger of who did.

Belongs here: tables, transactions and the hash chain of the ledger, on SQLite (embedded) or PostgreSQL (production).
Does not belong here: which numbers hold and what may be set (`dp_assets/domain/planning.py`), schema changes
(`planning_migrations`).

Every change is one transaction that adds its row to the ledger and changes what it is about, or does neither. Writers
take turns: on SQLite by an immediate transaction, on PostgreSQL by an advisory lock. Each row of the ledger carries the
hash of the one before it, so a row that was edited, removed or moved shows; that the last rows are still there shows
against a head kept elsewhere (`PlanningDatabase.verify`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from dp_assets.domain.errors import ConfigError, StorageError
from dp_assets.domain.planning import EditRefusedError, NumberToSet, PlannerNumber
from dp_assets.domain.scenario_definition import KeptScenario, ScenarioDefinition, ScenarioRefusedError, unknown_name

REVISION = "0002"
"""Newest revision of `planning_migrations`, which this code is written for."""
GENESIS = "0" * 64
"""What the first row of the ledger follows."""
LOCK = 7_231_950_412
"""Key of the advisory lock that writers hold on PostgreSQL."""
BUSY_SECONDS = 30
FEW_NODES = 500
"""Nodes that are looked up by name; of more, all numbers of their buckets are read."""

_metadata = sa.MetaData()
LEDGER = sa.Table(
    "ledger",
    _metadata,
    *(
        sa.Column(name, sa.BigInteger if name == "sequence" else sa.Text)
        for name in (
            "sequence",
            "at",
            "user",
            "action",
            "subject",
            "before",
            "after",
            "previous_hash",
            "hash",
        )
    ),
)
NUMBERS = sa.Table(
    "planner_numbers",
    _metadata,
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
)
SCENARIOS = sa.Table(
    "scenarios",
    _metadata,
    sa.Column("sequence", sa.BigInteger),
    sa.Column("name", sa.Text),
    sa.Column("cycle", sa.Date),
    sa.Column("definition", sa.Text),
    sa.Column("user", sa.Text),
    sa.Column("ended_sequence", sa.BigInteger),
)


@dataclass(frozen=True)
class Head:
    """The end of the ledger: sequence (0 while it is empty) and hash of its last row."""

    sequence: int
    hash: str


@cache
def planning_database(url: str) -> PlanningDatabase:
    """The one of a URL that this process keeps, with its connections."""
    return PlanningDatabase(url)


class PlanningDatabase:
    """Opened by URL: `sqlite:////folder/planning.db` or `postgresql+psycopg://user@host/database`."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        if self.is_embedded and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = sa.create_engine(self.url)
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

    def numbers(self) -> list[PlannerNumber]:
        """Every number ever set, in the order they were."""
        with self._read() as connection:
            rows = connection.execute(sa.select(NUMBERS).order_by(NUMBERS.c.sequence)).mappings().all()
        return [_number(row) for row in rows]

    def last_change(self) -> int:
        """Sequence of the last row of the ledger that set or ended a number; 0 where none did."""
        newest = sa.func.max(NUMBERS.c.sequence), sa.func.max(NUMBERS.c.ended_sequence)
        with self._read() as connection:
            return max(int(found or 0) for found in connection.execute(sa.select(*newest)).one())

    def ledger(self, last: int | None = None) -> list[dict[str, Any]]:
        """Rows of the ledger, oldest first; only the last so many where that is given."""
        query = sa.select(LEDGER).order_by(LEDGER.c.sequence.desc()).limit(last)
        with self._read() as connection:
            rows = connection.execute(query).mappings().all()
        return [dict(row) for row in reversed(rows)]

    def head(self) -> Head:
        """The end of the ledger."""
        with self._read() as connection:
            return _head(connection)

    def verify(self, kept: Sequence[Head] = ()) -> list[str]:
        """What is wrong with the ledger, one sentence each; empty where it is whole.

        Args:
            kept: ends of the ledger as they were noted elsewhere.
        """
        wrong, previous, hashes = [], Head(0, GENESIS), {0: GENESIS}
        for row in self.ledger():
            sequence = row["sequence"]
            if sequence != previous.sequence + 1:
                wrong.append(f"expected row {previous.sequence + 1}, got {sequence}: rows were removed or moved")
            elif row["previous_hash"] != previous.hash:
                wrong.append(f"row {sequence} does not follow the row before it: one of them was replaced")
            if row["hash"] != _hash_of(row):
                wrong.append(f"row {sequence} was edited: its content does not have its hash")
            previous = Head(sequence, row["hash"])
            hashes[sequence] = row["hash"]
        replaced = [head.sequence for head in kept if hashes.get(head.sequence) != head.hash]
        strays = [number.sequence for number in self.numbers() if number.sequence not in hashes]
        wrong += [f"row {one} is not the one that was noted when a cycle took in planners' numbers" for one in replaced]
        wrong += [f"number {one} has no row in the ledger" for one in strays]
        return wrong + [
            f"scenario {one.name!r} has no row in the ledger" for one in self.scenarios() if one.sequence not in hashes
        ]

    # -- writing ------------------------------------------------------------------------------------------------------

    def set_numbers(self, numbers: Sequence[NumberToSet], user: str, at: datetime) -> list[PlannerNumber]:
        """Sets numbers, all or none; one that held for the same node and bucket is replaced."""
        with self._write() as connection:
            return _set(connection, numbers, user, at)

    def withdraw(self, sequences: Sequence[int], user: str, reason: str, cycle: date, at: datetime) -> None:
        """Ends numbers from a cycle on, all or none.

        Raises:
            EditRefusedError: one of them does not exist, or no longer holds.
        """
        with self._write() as connection:
            for wanted in sequences:
                row = connection.execute(sa.select(NUMBERS).where(NUMBERS.c.sequence == wanted)).mappings().first()
                if row is None or row["ended"] is not None:
                    state = "was never set" if row is None else f"ended with cycle {row['ended']}"
                    raise EditRefusedError(f"number {wanted} {state}; `dp plan list` shows those that hold")
                number = _number(row)
                sequence = _enter(
                    connection, at, user, "withdraw", number.place, asdict(number), {"reason": reason, "cycle": cycle}
                )
                _end(connection, wanted, cycle, sequence)

    # -- scenarios ----------------------------------------------------------------------------------------------------

    def scenarios(self) -> list[KeptScenario]:
        """Every scenario that was not deleted or replaced, by name."""
        query = sa.select(SCENARIOS).where(SCENARIOS.c.ended_sequence.is_(None)).order_by(SCENARIOS.c.name)
        with self._read() as connection:
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
        with self._write() as connection:
            before = _scenario_in_force(connection, name)
            if before is not None and not replace:
                raise ScenarioRefusedError(
                    f"expected a new name, but {before.user} made a scenario {name!r} already; --replace replaces it"
                )
            after = {"cycle": cycle, "definition": text}
            sequence = _enter(connection, at, user, "scenario", name, _written(before), after)
            if before is not None:
                _end_scenario(connection, before.sequence, sequence)
            row = {"name": name, "cycle": cycle, "definition": text, "user": user, "sequence": sequence}
            connection.execute(SCENARIOS.insert().values(**row))
            return _scenario(row)

    def delete_scenario(self, name: str, user: str, at: datetime) -> None:
        """Ends a scenario, with a row in the ledger; ScenarioRefusedError when there is none of that name."""
        self.scenario(name)
        with self._write() as connection:
            before = _scenario_in_force(connection, name)
            if before is not None:
                sequence = _enter(connection, at, user, "delete scenario", name, _written(before), None)
                _end_scenario(connection, before.sequence, sequence)

    def promote_scenario(
        self, kept: KeptScenario, numbers: Sequence[NumberToSet], user: str, at: datetime
    ) -> list[PlannerNumber]:
        """Sets the numbers of a scenario, all or none: one row of the ledger for it, then one per number.

        Raises:
            ScenarioRefusedError: it was deleted or replaced meanwhile.
        """
        with self._write() as connection:
            now = _scenario_in_force(connection, kept.name)
            if now is None or now.sequence != kept.sequence:
                raise ScenarioRefusedError(f"scenario {kept.name!r} was changed meanwhile; look at it again first")
            about = {"scenario": kept.sequence, "numbers": len(numbers)}
            _enter(connection, at, user, "promote scenario", kept.name, None, about)
            return _set(connection, numbers, user, at)

    # -- connections --------------------------------------------------------------------------------------------------

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with self._reached():
            self._check_schema()
            with self.engine.connect() as connection:
                yield connection

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        with self._reached():
            self._check_schema()
            with self.writer.begin() as connection:
                _wait_for_turn(connection)
                yield connection

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, DBAPIError) as error:
            raise StorageError(
                f"the planning database at {self.url.render_as_string(hide_password=True)} did not answer: "
                f"{str(error.orig).strip()}; forecasts can still be read, nothing was changed: try again once it is up"
            ) from error


def _take_turns(engine: sa.Engine) -> None:
    """SQLite: a transaction that may write takes the lock at once; readers are never in its way."""

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver would begin by itself, and too late
        for pragma in ("journal_mode = WAL", f"busy_timeout = {BUSY_SECONDS * 1000}", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _wait_for_turn(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def _number(row: Any) -> PlannerNumber:
    return PlannerNumber(**{name: value for name, value in row.items() if name != "ended_sequence"})


def _set(connection: sa.Connection, numbers: Sequence[NumberToSet], user: str, at: datetime) -> list[PlannerNumber]:
    """Sets numbers in few statements, however many they are: other writers wait for it."""
    standing, head = _in_force(connection, numbers), _head(connection)
    last, entered, made = head.sequence, [], []
    ended: dict[int, tuple[date, int]] = {}
    for number in numbers:
        before, after = standing.get(number.place), asdict(number)
        row = _ledger_row(head, at, user, "set", number.place, None if before is None else asdict(before), after)
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


def _written(kept: KeptScenario | None) -> dict[str, Any] | None:
    if kept is None:
        return None
    return {"cycle": kept.cycle, "definition": kept.definition.model_dump_json(exclude_defaults=True)}


def _end_scenario(connection: sa.Connection, sequence: int, by: int) -> None:
    connection.execute(SCENARIOS.update().where(SCENARIOS.c.sequence == sequence).values(ended_sequence=by))


def _end(connection: sa.Connection, sequence: int, cycle: date, by: int) -> None:
    connection.execute(NUMBERS.update().where(NUMBERS.c.sequence == sequence).values(ended=cycle, ended_sequence=by))


def _head(connection: sa.Connection) -> Head:
    row = connection.execute(sa.select(LEDGER.c.sequence, LEDGER.c.hash).order_by(LEDGER.c.sequence.desc())).first()
    return Head(0, GENESIS) if row is None else Head(int(row[0]), str(row[1]))


def _enter(
    connection: sa.Connection,
    at: datetime,
    user: str,
    action: str,
    subject: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> int:
    """Adds a row to the ledger; returns its sequence."""
    row = _ledger_row(_head(connection), at, user, action, subject, before, after)
    connection.execute(LEDGER.insert().values(**row))
    return int(row["sequence"])


def _ledger_row(
    head: Head,
    at: datetime,
    user: str,
    action: str,
    subject: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> dict[str, Any]:
    """The row of the ledger that follows an end of it."""
    row = {
        "sequence": head.sequence + 1,
        "at": at.isoformat(),
        "user": user,
        "action": action,
        "subject": subject,
        "before": None if before is None else _json(before),
        "after": None if after is None else _json(after),
        "previous_hash": head.hash,
    }
    return {**row, "hash": _hash_of(row)}


def _hash_of(row: Any) -> str:
    content = {name: row[name] for name in LEDGER.c.keys() if name != "hash"}  # noqa: SIM118
    return hashlib.sha256(_json(content).encode()).hexdigest()


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
