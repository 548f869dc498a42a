"""Differences between the columns of a file and what its producer's mapping and its earlier files lead one to expect.

Belongs here: what is only reported (new, missing, retyped columns), and the one difference that a file is not read
with: a required column whose values changed their type. Does not belong here: missing required columns (`mapping.py`),
drift of a model, rows that are rejected one by one (`type_rules.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dp_assets.domain.ingest.mapping_entries import MappingEntry, source_columns
from dp_assets.domain.ingest.sources import Source

EVIDENCE = 3
"""Values that must fail to type before a column's type is said to have changed: one odd row is that row's matter."""
EXAMPLES = 3
"""Such values in a sentence."""
LISTED = 20
"""Column names in one sentence."""


@dataclass(frozen=True)
class EarlierColumns:
    """What the producer's file before this one had.

    Attributes:
        uri: its path, for messages.
        format: its format; types are compared only within one format.
        columns: source column → type as found.
    """

    uri: str
    format: str
    columns: Mapping[str, str]


def missing_columns(source: Source, mapping: Mapping[str, MappingEntry]) -> tuple[str, ...]:
    """The optional columns that a file lacks, one sentence each.

    Args:
        source: the file; `columns` lists all it has.
        mapping: unified column → its entry.
    """
    if source.is_blank:
        return ()
    return tuple(
        f"the optional column {one} ({name}) is missing; {name} stays empty"
        for name, one in mapping.items()
        if one.columns and not one.available(source.columns)
    )


def changed_columns(
    source: Source, mapping: Mapping[str, MappingEntry], earlier: EarlierColumns | None
) -> tuple[str, ...]:
    """What is different about a file's columns since the producer's file before, in a fixed order.

    Args:
        source: the file; `columns` lists all it has.
        mapping: unified column → its entry.
        earlier: the producer's file before; None when there is none, and then nothing is.
    """
    if source.is_blank or earlier is None:
        return ()
    found, before, read = source.columns, earlier.columns, source_columns(mapping)
    sentences: list[str] = []
    added = [name for name in found if name not in before]
    if ignored := [name for name in added if name not in read]:
        sentences.append(f"new since {earlier.uri}, not mapped and ignored: {_listed(ignored, found)}")
    if taken := [name for name in added if name in read]:
        sentences.append(f"new since {earlier.uri}, mapped and read: {_listed(taken, found)}")
    if gone := [name for name in before if name not in found and name not in read]:
        sentences.append(f"missing since {earlier.uri}, not mapped: {_listed(gone, before)}")
    available = {name for one in mapping.values() if one.available(found) for name in one.columns}
    if replaced := [name for name in before if name not in found and name in available]:
        sentences.append(
            f"missing since {earlier.uri}, another source is mapped beside it: {_listed(replaced, before)}"
        )
    if earlier.format == source.format:
        sentences += [
            f"the column {name!r} is {kind}; it was {before[name]} in {earlier.uri}"
            for name, kind in found.items()
            if name in read and name in before and _plain(before[name]) != _plain(kind)
        ]
    return tuple(sentences)


def _plain(kind: str) -> str:
    """A type without its size of offsets, in which only writers differ."""
    return kind.removeprefix("large_")


def _listed(names: list[str], types: Mapping[str, str]) -> str:
    shown = ", ".join(f"{name!r} ({types[name]})" for name in names[:LISTED])
    return shown + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


@dataclass(frozen=True)
class TypeEvidence:
    """How many of a column's values are not what they should be; of one chunk of a file, or of several.

    Attributes:
        name: the unified column.
        present: values that are not nothing.
        failing: those that could not be typed.
        examples: the first distinct ones of these.
        is_text: whether every source column is text, so that the file itself says nothing about the type.
    """

    name: str
    present: int
    failing: int
    examples: tuple[str, ...]
    is_text: bool

    @classmethod
    def of(cls, name: str, entry: MappingEntry, source: Source, came: pl.Series, typed: pl.Series) -> TypeEvidence:
        """What one chunk says.

        Args:
            name: the unified column.
            entry: where it comes from.
            source: the chunk.
            came: its values as text (R'), null for nothing.
            typed: the same rows typed (R'), null where that failed.
        """
        failing = came.filter(came.is_not_null() & typed.is_null())
        own_types = [source.frame.schema[one] for one in entry.columns if one in source.frame.columns]
        is_text = not own_types or any(dtype == pl.String for dtype in own_types)
        examples = failing.unique(maintain_order=True).head(EXAMPLES).to_list()
        return cls(name, len(came) - came.null_count(), len(failing), tuple(examples), is_text)

    def __add__(self, other: TypeEvidence) -> TypeEvidence:
        """Both, the other behind this one."""
        examples = tuple(dict.fromkeys([*self.examples, *other.examples]))[:EXAMPLES]
        present, failing = self.present + other.present, self.failing + other.failing
        return TypeEvidence(self.name, present, failing, examples, self.is_text)

    @property
    def is_change(self) -> bool:
        """Mostly other values; a few are enough where the file itself says that the column holds another type."""
        if self.failing and self.failing == self.present and not self.is_text:
            return True
        return self.failing >= EVIDENCE and 2 * self.failing >= self.present


def changed_type(found: TypeEvidence, entry: MappingEntry, columns: Mapping[str, str], expected: str) -> str | None:
    """A sentence where at least half of a column's values, and at least three, are not what they should be.

    One value is enough where the column's own type is another one, such as lists in a Parquet file.

    Args:
        found: of the whole file.
        entry: where the column comes from.
        columns: source column → type as found.
        expected: what values should be, e.g. `a number`.
    """
    if not found.is_change:
        return None
    examples = ", ".join(repr(_short(value)) for value in found.examples)
    types = sorted({columns[one] for one in entry.columns if one in columns}) or ["a constant"]
    return (
        f"expected the column {entry} ({found.name}) to hold {expected} in every row, found {' and '.join(types)} of "
        f"which {found.failing} of {found.present} values are not, such as {examples}; correct the mapping or the file"
    )


def _short(value: str, limit: int = 60) -> str:
    return value if len(value) <= limit else value[:limit] + "…"
