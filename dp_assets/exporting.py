"""Writes the published numbers of a cycle to every configured target, and notes what was written.

Belongs here: reading the lake, one target after another, the record. Does not belong here: rows (`domain/exports.py`),
how a target is written (`dp_resources/export_targets.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

from dp_assets.domain.errors import ConfigError, StorageError
from dp_assets.domain.export_config import ExportConfig
from dp_assets.domain.exports import Published, export_table
from dp_assets.domain.hierarchy import build_hierarchies
from dp_assets.project import Project
from dp_resources.export_targets import replace_rows, table_bytes, write_file
from dp_resources.lake import Lake

EVENT = "forecast_exports"
"""Name of the records in the lake, one per cycle."""


@dataclass(frozen=True)
class Written:
    """What became of one export.

    Attributes:
        name: of the export.
        target: path, or table of the database.
        rows, sha256: what stands there; the hash is that of the file, or of the table's rows as CSV.
        at: when it first stood there, ISO 8601.
        error: why it could not be written; the former content stays then.
    """

    name: str
    target: str
    rows: int = 0
    sha256: str | None = None
    at: str | None = None
    error: str | None = None


def published_of(lake: Lake, project: Project, cycle: str) -> Published:
    """What exports of a cycle are made of; ArtefactError where it was not published yet."""
    published = lake.read("published_forecasts", cycle=cycle)
    forecasts, attributes = lake.read("forecasts", cycle=cycle), lake.read("sku_attributes", cycle=cycle)
    day = date.fromisoformat(cycle)
    hierarchies = build_hierarchies(forecasts, attributes, project.config, day)
    return Published(day, published, lake.read("reconciled_rollups", cycle=cycle), forecasts, hierarchies)


def export_cycle(lake: Lake, project: Project, cycle: str) -> list[Written]:
    """Writes all exports of a cycle, also after one that fails, then the record `_commits/forecast_exports/<cycle>`.

    Written again, the same numbers give the same bytes, and the record keeps the moment of the first time.
    """
    source = published_of(lake, project, cycle)
    former = (lake.commit_of(EVENT, cycle) or {}).get("exports", [])
    done = []
    for one in project.config.exports:
        found = _write(source, one, project)
        same = (before["at"] for before in former if _same(before, found))
        at = None if found.error else next(same, project.clock.now().isoformat())
        done.append(Written(**{**asdict(found), "at": at}))
    lake.commit(EVENT, cycle, {"cycle": cycle, "exports": [asdict(one) for one in done]})
    return done


def failures(done: Iterable[Written]) -> str | None:
    """What could not be written, and what to do; None where all was."""
    failed = [one for one in done if one.error]
    if not failed:
        return None
    lines = "\n".join(f"{one.name}: {one.error}" for one in failed)
    return f"{len(failed)} export(s) could not be written, all others were:\n{lines}\nthen: dp export CYCLE"


def _same(before: dict[str, object], found: Written) -> bool:
    return (before["name"], before["target"], before["sha256"]) == (found.name, found.target, found.sha256)


def _write(source: Published, wanted: ExportConfig, project: Project) -> Written:
    """Writes one export; the moment is left to the caller."""
    try:
        frame = export_table(source, wanted, project.config.series_key)
        if wanted.table is not None:
            url = project.settings.export_database_url
            if url is None:
                raise ConfigError("expected DP_EXPORT_DATABASE_URL to say which database, but it is not set")
            digest = replace_rows(url.get_secret_value(), wanted.table, source.cycle, frame)
            return Written(wanted.name, wanted.to, len(frame), digest)
        root = project.place(wanted.to)
        data = table_bytes(frame, wanted.suffix)
        name = f"{wanted.name}_{source.cycle}.{wanted.suffix}"
        path = write_file(root, name, data, project.settings.storage_options(root))
        return Written(wanted.name, path, len(frame), hashlib.sha256(data).hexdigest())
    except (ConfigError, StorageError) as error:
        return Written(wanted.name, wanted.to, error=str(error))
