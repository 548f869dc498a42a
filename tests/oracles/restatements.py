"""Slow twin of `domain/ingest/restatements.py`: one line, one moment and one other file at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dp_assets.domain.config import DemandConfig

Row = dict[str, Any]


@dataclass(frozen=True)
class File:
    """One file version with its lines as delivered, numbered from 1."""

    version: str
    producer: str
    uri: str
    known_from: datetime
    superseded_from: datetime | None
    lines: Sequence[Row]

    def counts_at(self, moment: datetime) -> bool:
        return self.known_from <= moment and (self.superseded_from is None or moment < self.superseded_from)


def files_of(landed: Sequence[Row], spans: Sequence[Row], name_of: Any) -> list[File]:
    """Landed versions with the spans in which they count."""
    span_of = {span["file_version_id"]: span for span in spans}
    return [
        File(
            name_of(one),
            one["producer"],
            one["uri"],
            span_of[name_of(one)]["known_from"],
            span_of[name_of(one)]["superseded_from"],
            one["rows"],
        )
        for one in landed
    ]


def events(config: DemandConfig, files: Sequence[File]) -> list[tuple[str, int, str, datetime, int]]:
    """(version, row number, event, from when it is known, sign) of every line that counts in its file, sorted."""
    found = []
    for file in files:
        for number, line in enumerate(file.lines, start=1):
            if is_accepted(config, file, line):
                found += [(file.version, number, *event) for event in events_of(config, files, file, line)]
    return sorted(found)


def is_accepted(config: DemandConfig, file: File, line: Row) -> bool:
    """A line of zero units is no line where files correct each other; it only withdraws what was there."""
    return config.producer(file.producer).restatement.by != "rows" or line["quantity"] != 0


def events_of(config: DemandConfig, files: Sequence[File], file: File, line: Row) -> list[tuple[str, datetime, int]]:
    moments = {one.known_from for one in files} | {one.superseded_from for one in files}
    found: list[tuple[str, datetime, int]] = []
    stood = True
    for moment in sorted(moment for moment in moments if moment is not None and file.counts_at(moment)):
        others = [one for one in in_order(config, files) if one.counts_at(moment) and touches(config, one, file, line)]
        if stood and others:
            found.append(("corrected" if has_key(config, others[0], line) else "replaced", moment, -1))
        elif others == [] and not stood:
            found.append(("restored", moment, 1))
        stood = not others
    return found


def in_order(config: DemandConfig, files: Sequence[File]) -> list[File]:
    """By arrival; a producer before those that restate it; then by path."""

    def order(file: File) -> tuple[datetime, bool, str, str]:
        apart = config.producer(file.producer).restatement.of is not None
        return (file.known_from, apart, file.uri, file.version)

    return sorted(files, key=order)


def touches(config: DemandConfig, other: File, file: File, line: Row) -> bool:
    """Whether another file, if it counts, takes a line of this one back."""
    ordered = [one.version for one in in_order(config, [other, file])]
    if other is file or ordered[0] == other.version or group(config, other) != group(config, file):
        return False
    rule = config.producer(other.producer).restatement
    if rule.by == "dates" and other.lines:
        days = [one["sold_on"] for one in other.lines]
        return bool(min(days) <= line["sold_on"] <= max(days))
    return config.producer(file.producer).restatement.by == "rows" and has_key(config, other, line)


def has_key(config: DemandConfig, other: File, line: Row) -> bool:
    rule = config.producer(other.producer).restatement
    return rule.by == "rows" and key_of(rule.key, line) in [key_of(rule.key, one) for one in other.lines]


def key_of(columns: Sequence[str], line: Row) -> tuple[str, ...]:
    return tuple(str(line.get(column) or "") for column in columns)


def group(config: DemandConfig, file: File) -> str:
    """The producer whose lines a file's producer restates: its own, or those of another."""
    return config.producer(file.producer).restatement.of or file.producer
