"""Reports of data quality: which earlier files a file is compared with, and where its report goes.

Belongs here: the order of reads and writes around the pure functions of `domain/quality.py`. Does not belong here: what
is measured and judged, Dagster.

    data_quality/file_version=<version>   the report of one file version
    _quality/<producer>/seen.parquet      what the producer's files have shown so far; see `quality_catalogue.py`

A report costs its own file, the reports of `quality.history_files` earlier ones, and the producer's catalogue of SKUs
and days, however long the history is. A file above a `block` threshold is recalled in the name of the gate, once: what
a person decides about it afterwards holds. From then on it is no part of what later files are compared with, those of
the same run included.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import DATA_QUALITY
from dp_assets.domain.ingest.registration import FEED_ORDER, Registration
from dp_assets.domain.ingest.unify import FEED_TABLES
from dp_assets.domain.producer_config import FEED_COLUMNS, Feed
from dp_assets.domain.quality import (
    FIGURES,
    SEEN,
    Delivered,
    figures,
    flagged,
    merge_seen,
    report,
    sentences,
    shown,
)
from dp_assets.domain.recall import last_events, recalled
from dp_assets.quality_catalogue import (
    COUNTED,
    NOTHING,
    RECALLED,
    catalogue_path,
    read_catalogue,
    reported_rows,
    rows_hash,
)
from dp_assets.recalls import write_event
from dp_assets.registry import file_events
from dp_resources.lake import Lake, parquet_bytes

GATE = "quality gate"
"""Who recalls files above a `block` threshold."""
NEEDED: dict[Feed, tuple[str, ...]] = {
    "transactions": ("row_number", "sku", "sold_on", "quantity", "unit_price"),
    "products": ("row_number", "sku"),
    "attribute_corrections": ("row_number", "sku"),
    "promotions": ("row_number", "sku"),
    "events": ("row_number", "name"),
    "regressors": ("row_number", "name"),
    "stock": ("row_number", "sku"),
    "product_life": ("row_number", "sku"),
}
"""Feed → columns of its table that its figures are made of, beside those whose missing values are counted."""


@dataclass
class QualityReports:
    """Writes the reports of file versions, producer by producer; reads of one run are shared.

    Attributes:
        lake: where commits and tables lie.
        config: producers and thresholds.
        known: every registration, in order of arrival.
        now: the clock, for recalls.
    """

    lake: Lake
    config: DemandConfig
    known: Sequence[Registration]
    now: datetime
    _figures: dict[str, pl.DataFrame | None] = field(default_factory=dict, repr=False)
    _judged: set[str] = field(default_factory=set, repr=False)
    _recalled: frozenset[str] = frozenset()

    def write(self, versions: Iterable[str]) -> dict[str, pl.DataFrame]:
        """Writes the reports of committed file versions, and those that earlier runs left out; by version.

        Runs that take in parts of many files leave theirs to the last one, and a killed run leaves some.

        The catalogue is written last: a version that it does not hold is reported on again by the next call.
        """
        events = file_events(self.lake)
        self._judged, self._recalled = set(last_events(events)), recalled(events)
        wanted, files_of = set(versions), by_producer(self.known, self.config)
        found: dict[str, pl.DataFrame] = {}
        for producer, files in files_of.items():
            found |= self._write_producer(producer, files, wanted)
        return {version: found[version] for version in found if version in wanted}

    def _write_producer(
        self, producer: str, files: Mapping[str, Registration], wanted: set[str]
    ) -> dict[str, pl.DataFrame]:
        catalogue = read_catalogue(self.lake, producer)
        counted = reported_rows(catalogue)
        due: dict[str, dict[str, Any] | None] = {
            version: self._commit(version) for version in files if self._is_due(version, wanted, counted)
        }
        commits = {version: commit for version, commit in due.items() if commit is not None}
        if not commits:
            return {}
        hashes = {version: self._rows_of(version, commit) for version, commit in commits.items()}
        if any(counted.get(version, NOTHING) not in (NOTHING, RECALLED, hashes[version]) for version in hashes):
            # Rows that were counted have changed, and what only they had shown cannot be taken out again.
            # Reports compare with earlier rows, so all are made anew, whatever a killed run has left of them.
            catalogue = pl.DataFrame(schema=SEEN)
            commits |= {version: commit for version in files if (commit := self._commit(version)) is not None}
            due = dict(commits)
            hashes = {version: self._rows_of(version, commit) for version, commit in commits.items()}
        parts = {version: self._look_at(files[version], commit) for version, commit in commits.items()}
        known = catalogue.filter(pl.col("kind") != COUNTED)
        seen = self._merged(known, parts)
        order = list(files)
        reports = {}
        for version in due:
            if version in commits:
                reports[version] = self._report(files, order, version, commits[version], parts[version], seen)
                self.lake.write("data_quality", reports[version], file_version=version)
                if self._hold(version, reports[version]):
                    hashes[version], seen = RECALLED, self._merged(known, parts)
        versions = {**counted, **hashes} if len(catalogue) else hashes
        listed = pl.DataFrame(
            {"kind": [COUNTED] * len(versions), "value": list(versions), "seen_from": list(versions.values())},
            schema=SEEN,
        )
        everything = pl.concat([seen, listed]).sort("kind", "value")
        self.lake.write_bytes(catalogue_path(self.lake, producer), parquet_bytes(everything))
        return reports

    def _merged(self, known: pl.DataFrame, parts: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """What the producer's files have shown, without those that are recalled."""
        return merge_seen([known, *(part for version, part in parts.items() if version not in self._recalled)])

    def _is_due(self, version: str, wanted: set[str], counted: Mapping[str, str]) -> bool:
        changed_sides = (version in self._recalled) != (counted.get(version) == RECALLED)
        return version in wanted or version not in counted or changed_sides

    def _hold(self, version: str, found: pl.DataFrame) -> bool:
        """Recalls a file above a `block` threshold, unless somebody has decided about it before; whether it did."""
        above = flagged(found).filter(pl.col("verdict") == "block")
        if above.is_empty() or version in self._judged:
            return False
        write_event(self.lake, version, undo=False, by=GATE, reason="; ".join(sentences(above)), now=self.now)
        self._recalled |= {version}
        return True

    # -- one file -----------------------------------------------------------------------------------------------------

    def _report(
        self,
        files: Mapping[str, Registration],
        order: Sequence[str],
        version: str,
        commit: Mapping[str, Any],
        parts: pl.DataFrame,
        seen: pl.DataFrame,
    ) -> pl.DataFrame:
        if commit["status"] != "accepted":
            return DATA_QUALITY.empty()
        one = files[version]
        own = self._figures[version]
        assert own is not None
        file = Delivered(version, one.producer, place(one), own, parts)
        return report(file, self._history(files, order, one), seen, self.config.quality)

    def _history(
        self, files: Mapping[str, Registration], order: Sequence[str], one: Registration
    ) -> list[pl.DataFrame]:
        """Figures of the files that stood when this one arrived, the newest ones, without the one it replaces.

        Files that were recalled since are left out: what is wrong with them must not pass for usual.
        """
        found: list[pl.DataFrame] = []
        paths = {one.uri}
        for version in reversed(order[: order.index(one.file_version_id)]):
            earlier = files[version]
            if earlier.uri in paths or earlier.feed != one.feed or version in self._recalled:
                continue
            figures_ = self._known_figures(earlier)
            if figures_ is None:
                continue  # in quarantine: what stood there before it still holds
            paths.add(earlier.uri)
            if len(figures_):
                found.append(figures_)
            if len(found) == self.config.quality.history_files:
                break
        return found

    def _known_figures(self, one: Registration) -> pl.DataFrame | None:
        """Figures of an earlier file, from its report if there is one; empty for a duplicate, None where none count."""
        version = one.file_version_id
        if version not in self._figures:
            commit = self._commit(version)
            if commit is None or commit["status"] == "quarantined":
                self._figures[version] = None
            elif self.lake.exists("data_quality", file_version=version):
                self._figures[version] = self.lake.read("data_quality", columns=list(FIGURES), file_version=version)
            else:
                self._look_at(one, commit)
        return self._figures[version]

    def _look_at(self, one: Registration, commit: Mapping[str, Any]) -> pl.DataFrame:
        """Reads a file's rows once: keeps its figures, returns what it shows."""
        if commit["status"] != "accepted":
            quarantined = commit["status"] == "quarantined"
            self._figures[one.file_version_id] = None if quarantined else pl.DataFrame(schema=FIGURES)
            return pl.DataFrame(schema=SEEN)
        mapped = self._mapped(one)
        rows = self._rows(one, [*NEEDED[one.feed], *mapped])
        read, rejected_by = commit["rows"]["read"], commit["rejected_by"]
        self._figures[one.file_version_id] = figures(rows, one.feed, read, rejected_by, mapped)
        return shown(rows, one.feed, place(one))

    def _mapped(self, one: Registration) -> list[str]:
        """Columns of the file's table that its producer delivers."""
        producer = self.config.producer(one.producer)
        useful = set(producer.columns) if producer.useful_columns is None else set(producer.useful_columns)
        table = FEED_COLUMNS[one.feed][1] - {"starts_on", "ends_on"}
        return sorted(useful & {*table, *self.config.attributes})

    def _rows(self, one: Registration, columns: Iterable[str]) -> pl.DataFrame:
        data = self.lake.read_bytes(self.lake.path(FEED_TABLES[one.feed], file_version=one.file_version_id))
        present = set(pl.read_parquet_schema(io.BytesIO(data)))
        return pl.read_parquet(io.BytesIO(data), columns=sorted(set(columns) & present))

    def _rows_of(self, version: str, commit: Mapping[str, Any]) -> str:
        return RECALLED if version in self._recalled else rows_hash(commit)

    # -- the lake -----------------------------------------------------------------------------------------------------

    def _commit(self, version: str) -> dict[str, Any] | None:
        return self.lake.commit_of("ingest", version)


def by_producer(known: Iterable[Registration], config: DemandConfig) -> dict[str, dict[str, Registration]]:
    """Producer of the configuration → its file versions, in order of arrival."""
    present = {producer.name for producer in config.producers}
    files: dict[str, dict[str, Registration]] = defaultdict(dict)
    for one in known:
        if one.producer in present:
            files[one.producer][one.file_version_id] = one
    return files


def place(one: Registration) -> str:
    """A file's place in the order of arrival, as text that sorts like `Registration.order`."""
    return f"{one.to_record()['arrived_at']:<32}{FEED_ORDER[one.feed]}{one.uri}"
