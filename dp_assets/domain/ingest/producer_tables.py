"""The tables of one producer that convert its rows: units of measure, currencies, SKU codes.

Belongs here: reading all of them at load, and their hashes. Does not belong here: what each does with rows
(`conversions.py`, `cross_reference.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dp_assets.domain.errors import ConfigError
from dp_assets.domain.ingest.conversions import CurrencyTable, UnitTable, read_currency_table, read_unit_table
from dp_assets.domain.ingest.cross_reference import CrossReference, read_cross_reference

if TYPE_CHECKING:
    from dp_assets.domain.producer_config import ProducerConfig


@dataclass(frozen=True)
class ProducerTables:
    """What was read; None for each table that the producer does not name."""

    units: UnitTable | None = None
    currencies: CurrencyTable | None = None
    cross_reference: CrossReference | None = None

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """Table → hash of what it says, whatever the order of its lines."""
        contents: dict[str, Sequence[object] | None] = {
            "unit_table": sorted(self.units.factors.items()) if self.units else None,
            "currency_table": sorted(self.currencies.rates.items()) if self.currencies else None,
            "cross_reference": self.cross_reference.spans if self.cross_reference else None,
        }
        return {
            name: hashlib.sha256(repr(content).encode()).hexdigest()[:16]
            for name, content in contents.items()
            if content is not None
        }


def read_producer_tables(producer: ProducerConfig, folder: Path) -> ProducerTables | None:
    """The conversion tables that a producer names, read below `folder`; None when it names none.

    Raises:
        ConfigError: one line per mistake in any of them.
    """
    found: dict[str, UnitTable | CurrencyTable | CrossReference] = {}
    mistakes: list[str] = []
    for key in ("unit_table", "currency_table", "cross_reference"):
        try:
            if (table := read_producer_table(producer, key, folder)) is not None:
                found[key] = table
        except ConfigError as error:
            mistakes.append(str(error))
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    units, currencies, codes = (found.get(key) for key in ("unit_table", "currency_table", "cross_reference"))
    if not found:
        return None
    return ProducerTables(
        units if isinstance(units, UnitTable) else None,
        currencies if isinstance(currencies, CurrencyTable) else None,
        codes if isinstance(codes, CrossReference) else None,
    )


def read_producer_table(
    producer: ProducerConfig, key: str, folder: Path
) -> UnitTable | CurrencyTable | CrossReference | None:
    """The table behind one key of a producer; None when the key is not set. Raises ConfigError as its reader does."""
    if key == "unit_table":
        return read_unit_table(folder / producer.unit_table) if producer.unit_table else None
    if key == "currency_table":
        return read_currency_table(folder / producer.currency_table) if producer.currency_table else None
    if producer.cross_reference is None:
        return None
    return read_cross_reference(folder / producer.cross_reference.table, producer.cross_reference.whole_history)
