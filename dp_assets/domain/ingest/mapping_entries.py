"""Where a unified column comes from: source columns, constants, expressions, or the first of several that has a value.

Belongs here: one entry of a mapping, and what a file holds for it, before it is typed.
Does not belong here: reading mappings (`mapping.py`), the types (`type_rules.py`), what expressions may say
(`expressions.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from dp_assets.domain.ingest import values
from dp_assets.domain.ingest.expressions import Expression, parse_expression
from dp_assets.domain.ingest.sources import Source

EXPRESSION_MARK = "="
Written = str | tuple[str, ...]
"""An entry as it stands in a configuration: a source column, `= …` for an expression, or several of these."""


@dataclass(frozen=True)
class MappingEntry:
    """Where one unified column comes from.

    Attributes:
        terms: source columns and expressions; the first one with a value in a row gives that row's value.
    """

    terms: tuple[str | Expression, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every source column that any term needs."""
        return tuple(dict.fromkeys(name for term in self.terms for name in needed(term)))

    def available(self, found: Collection[str]) -> tuple[str | Expression, ...]:
        """The terms that a file with these columns can give."""
        return tuple(term for term in self.terms if all(name in found for name in needed(term)))

    def __str__(self) -> str:
        """As people read it: `'qty' or 'pieces'`, `'boxes' and 'size'`."""
        return " or ".join(" and ".join(f"{name!r}" for name in needed(term)) for term in self.terms)


def needed(term: str | Expression) -> tuple[str, ...]:
    """Source columns that a term needs; none for a constant."""
    return (term,) if isinstance(term, str) else term.columns


def mapping_entry(written: Written) -> MappingEntry:
    """The entry that a configuration states.

    Raises:
        ConfigError: an expression in it cannot be used.
    """
    terms = (written,) if isinstance(written, str) else written
    return MappingEntry(
        tuple(
            parse_expression(term.removeprefix(EXPRESSION_MARK).strip()) if term.startswith(EXPRESSION_MARK) else term
            for term in terms
        )
    )


def source_columns(mapping: Mapping[str, MappingEntry]) -> set[str]:
    """Every source column that a mapping needs."""
    return {name for one in mapping.values() for name in one.columns}


@dataclass(frozen=True)
class Candidate:
    """What one term gives for every row of a file.

    Attributes:
        values: untyped values (R).
        came: gives them as text (R), null for nothing, for messages and to know where there is a value.
        is_absent: whether the file has no such column, and all values are null.
    """

    values: pl.Series
    came: Callable[[], pl.Series]
    is_absent: bool = False


class MappedColumns:
    """What a file holds for each unified column, before it is typed.

    Args:
        source: the file.
        mapping: unified column → its entry.
        decimal: decimal mark of numbers in its text.
        thousands: thousands mark of numbers in its text, empty for none.
    """

    def __init__(
        self, source: Source, mapping: Mapping[str, MappingEntry], decimal: str = ".", thousands: str = ""
    ) -> None:
        self.source = source
        self.mapping = mapping
        self.marks = (decimal, thousands)
        self._candidates: dict[str, tuple[Candidate, ...]] = {}

    def candidates(self, name: str) -> tuple[Candidate, ...]:
        """What each term of a unified column gives, in their order; nulls where the file has none of them."""
        if name not in self._candidates:
            mapped = self.mapping.get(name)
            terms = mapped.available(self.source.frame.columns) if mapped else ()
            self._candidates[name] = tuple(self._candidate(term) for term in terms) or (
                replace(_column(self.source.column(None)), is_absent=True),
            )
        return self._candidates[name]

    def _candidate(self, term: str | Expression) -> Candidate:
        if isinstance(term, str):
            return _column(self.source.column(term))
        columns = {name: self.source.column(name) for name in term.columns}
        return Candidate(*term.evaluate(columns, self.source.rows, *self.marks))

    def came(self, name: str) -> pl.Series:
        """What stood in the rows, as text (R); null for nothing."""
        first, *others = (one.came() for one in self.candidates(name))
        for other in others:
            first = first.zip_with(first.is_not_null(), other)
        return first

    def typed(self, name: str, convert: Callable[[pl.Series], pl.Series]) -> pl.Series:
        """A unified column (R): each row's first value, converted. `convert` takes and gives R values."""
        return self.typed_parts(name, lambda series: (convert(series),))[0]

    def typed_parts(self, name: str, convert: Callable[[pl.Series], Sequence[pl.Series]]) -> list[pl.Series]:
        """As `typed`, for a conversion that gives several series."""
        *earlier, last = self.candidates(name)
        if last.is_absent:
            return [part.clear(self.source.rows) for part in convert(last.values.clear())]
        parts = list(convert(last.values))
        for one in reversed(earlier):
            has_value = one.came().is_not_null()
            parts = [own.zip_with(has_value, part) for own, part in zip(convert(one.values), parts, strict=True)]
        return parts


def _column(series: pl.Series) -> Candidate:
    return Candidate(series, lambda: values.texts(series))
