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

REVISION = "0002"
"""Newest revision of `planning_migrations`, which this code is written for."""
GENESIS = "0" * 64
"""What the first row of the ledger follows."""
LOCK = 7_231_950_412
"""Key of the advisory lock that writers hold on PostgreSQL."""
BUSY_SECONDS = 30

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
    sa.Column("split", sa.Text),
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
        return wrong + [f"number {one} has no row in the ledger" for one in strays]

    # -- writing ------------------------------------------------------------------------------------------------------

    def set_numbers(self, numbers: Sequence[NumberToSet], user: str, at: datetime) -> list[PlannerNumber]:
        """Sets numbers, all or none; one that held for the same node and bucket is replaced."""
        with self._write() as connection:
            return [self._set(connection, number, user, at) for number in numbers]

    def _set(self, connection: sa.Connection, number: NumberToSet, user: str, at: datetime) -> PlannerNumber:
        place = (
            (NUMBERS.c.hierarchy == number.hierarchy)
            & (NUMBERS.c.node == number.node)
            & (NUMBERS.c.bucket_start == number.bucket_start)
            & NUMBERS.c.ended.is_(None)
        )
        replaced = connection.execute(sa.select(NUMBERS).where(place)).mappings().first()
        before = None if replaced is None else _number(replaced)
        after = asdict(number)
        sequence = _enter(connection, at, user, "set", number.place, None if before is None else asdict(before), after)
        if before is not None:
            _end(connection, before.sequence, number.cycle, sequence)
        connection.execute(NUMBERS.insert().values(**after, user=user, sequence=sequence))
        return PlannerNumber(**after, user=user, sequence=sequence)

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
    head = _head(connection)
    sequence = head.sequence + 1
    row = {
        "sequence": sequence,
        "at": at.isoformat(),
        "user": user,
        "action": action,
        "subject": subject,
        "before": None if before is None else _json(before),
        "after": None if after is None else _json(after),
        "previous_hash": head.hash,
    }
    connection.execute(LEDGER.insert().values(**row, hash=_hash_of(row)))
    return sequence


def _hash_of(row: Any) -> str:
    content = {name: row[name] for name in LEDGER.c.keys() if name != "hash"}  # noqa: SIM118
    return hashlib.sha256(_json(content).encode()).hexdigest()


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
