"""The rules that strike before any other: no more fields than columns, and values of the type that a column has.

Belongs here: which columns have which type in which feed, the rows and the files that break it. Does not belong here:
how values become that type (`values.py`), sentences about changed types (`schema_drift.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.feed_files import FeedFile
from dp_assets.domain.ingest.mapping_entries import MappingEntry
from dp_assets.domain.ingest.schema_drift import TypeEvidence, changed_type
from dp_assets.domain.ingest.sources import SURPLUS, Source
from dp_assets.domain.ingest.verdicts import Verdicts, texts_of
from dp_assets.domain.producer_config import Feed

TYPE_RULES: dict[Feed, dict[str, str]] = {
    "transactions": {"sold_at": "a time", "quantity": "a number", "revenue": "a number", "unit_price": "a number"},
    "products": {},
    "attribute_corrections": {},
    "promotions": {"starts_on": "a date", "ends_on": "a date", "discount": "a number", "share": "a number"},
    "events": {"starts_on": "a date", "ends_on": "a date"},
    "regressors": {"starts_on": "a date", "value": "a number"},
    "stock": {"starts_on": "a date", "ends_on": "a date", "quantity": "a number"},
    "product_life": {"launch_on": "a date", "ends_on": "a date", "multiplier": "a number", "ramp_weeks": "a number"},
}
"""Feed → unified column → what its values must be; the rules strike in this order."""
TYPED: dict[Feed, tuple[str, ...]] = {
    "transactions": ("sold_at", "quantity"),
    "products": (),
    "attribute_corrections": (),
    "promotions": ("starts_on", "ends_on"),
    "events": ("starts_on",),
    "regressors": ("starts_on", "value"),
    "stock": ("starts_on",),
    "product_life": (),
}
"""Feed → columns whose values must mostly be of their type for a file to be read at all."""


def surplus_verdicts(source: Source) -> Verdicts:
    """The first verdicts on a file: lines with more fields than it has columns are rejected."""
    verdicts, surplus = Verdicts(source.rows), source.frame[SURPLUS]
    expected = f"expected {len(source.columns)} fields, got more: {{}}"
    verdicts.reject(surplus.is_not_null(), "surplus_fields", texts_of(expected, surplus))
    return verdicts


def apply_type_rules(file: FeedFile, typed: pl.DataFrame, verdicts: Verdicts) -> tuple[TypeEvidence, ...]:
    """Rejects rows whose source holds something that the unified type cannot; evidence of every mapped column."""
    evidence: list[TypeEvidence] = []
    regular = verdicts.accepted  # the fields of ragged rows may stand in the wrong columns
    ragged = not regular.all()
    for name, expected in TYPE_RULES[file.producer.feed].items():
        found, entry = typed[name], file.mapped.mapping.get(name)
        if entry is None:
            continue
        if not found.null_count():
            evidence.append(TypeEvidence(name, int(regular.sum()), 0, (), is_text=True))
            continue
        came = file.mapped.came(name)
        seen = (came.filter(regular), found.filter(regular)) if ragged else (came, found)
        evidence.append(TypeEvidence.of(name, entry, file.source, *seen))
        failing = came.is_not_null() & found.is_null()
        details = texts_of(f"expected {name} to be {expected}, got '{{}}'", came)
        verdicts.reject(failing, f"invalid_{name}", details)
    return tuple(evidence)


def type_drift(
    evidence: Sequence[TypeEvidence], mapping: Mapping[str, MappingEntry], columns: Mapping[str, str], feed: Feed
) -> tuple[str, ...]:
    """A sentence for every optional column of a file that holds mostly something else; its rows are rejected singly.

    Args:
        evidence: of all chunks of the file, in the order of the type rules.
        mapping: unified column → its entry.
        columns: source column → type as found.
        feed: of the file.

    Raises:
        FileRejectedError: a required column does.
    """
    drift: list[str] = []
    for one in evidence:
        sentence = changed_type(one, mapping[one.name], columns, TYPE_RULES[feed][one.name])
        if sentence and one.name in TYPED[feed]:
            raise FileRejectedError(sentence)
        if sentence:
            drift.append(f"{sentence}; their rows are rejected")
    return tuple(drift)
