"""Who made what is current in a lake: for each partition the run that wrote its content first.

Belongs here: the record of one partition, writing and reading it. Does not belong here: who is behind a run
(`dp_assets/authors.py`), what decided the content of forecasts (`dp_assets/receipts.py`).

    <root>/_made/<table>/<partition>.json

It lies beside the data, because it says who and when: the same inputs give the same bytes of data whoever runs them.
A run that finds its content there already leaves the record alone. Tables that are written with a file version are of
the run that `raw_files` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from dp_assets.domain.errors import ArtefactError

if TYPE_CHECKING:
    from dp_resources.lake import Lake

WHOLE = "all"
"""Stands for the partition of a table that has none."""


@dataclass(frozen=True)
class Author:
    """Who writes.

    Attributes:
        run_id: the Dagster run.
        job: its job.
        trigger: sensor, schedule, backfill, automation, command line, API, or user for one started in the web UI.
        by: name of the sensor or schedule, or who asked; None where nobody said.
        cause: why, in words; None where nothing was said.
        code: code revision.
        configuration: hash of the configuration.
    """

    run_id: str
    job: str
    trigger: str
    by: str | None
    cause: str | None
    code: str
    configuration: str


@dataclass(frozen=True)
class Made:
    """What was written, by whom, and when (UTC, ISO 8601).

    Attributes:
        sha256: hash of the partition's file, or of a folder's manifest as the lake names it.
        rows: of a table; None of a folder.
        bytes: size of all files together.
        at: moment.
        author: who.
    """

    sha256: str
    rows: int | None
    bytes: int
    at: str
    author: Author


def note(
    lake: Lake, author: Author, table: str, key: Mapping[str, str], sha256: str, rows: int | None, size: int
) -> None:
    """Says that this run wrote a partition, unless the content was there before. Call it after the write."""
    known = made_of(lake, table, **key)
    if known is None or known.sha256 != sha256:
        made = Made(sha256, rows, size, datetime.now(UTC).isoformat(timespec="seconds"), author)
        lake.write_bytes(_path(lake, table, key), orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2))


def made_of(lake: Lake, table: str, **key: str) -> Made | None:
    """The record of a partition; None where its content was written by no run, or before runs were noted.

    A record that cannot be read, as one with the fields of another release, is none.
    """
    try:
        found: dict[str, Any] = orjson.loads(lake.read_bytes(_path(lake, table, key)))
        return Made(**{**found, "author": Author(**found["author"])})
    except (ArtefactError, orjson.JSONDecodeError, TypeError, KeyError):
        return None


def _path(lake: Lake, table: str, key: Mapping[str, str]) -> str:
    return f"{lake.root}/_made/{table}/{next(iter(key.values()), WHOLE)}.json"
