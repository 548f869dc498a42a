"""Which of a producer's columns become which unified columns.

Belongs here: mappings written inline or as tables, and what a file's columns must contain for them.
Does not belong here: reading data files (`readers.py`), the values a mapping gives (`mapping_entries.py`), conversion
tables (`producer_tables.py`).
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ConfigError, FileRejectedError
from dp_assets.domain.ingest.mapping_entries import MappingEntry, Written, mapping_entry
from dp_assets.domain.ingest.producer_tables import read_producer_tables
from dp_assets.domain.ingest.reference_tables import ReferenceTable, Row, read_table
from dp_assets.domain.producer_config import ATTRIBUTE_FEEDS, FEED_COLUMNS, ProducerConfig, feed_columns


def required_columns(producer: ProducerConfig, mapped: Collection[str] | None = None) -> frozenset[str]:
    """Unified columns that a producer's mapping and files must have: its feed's, what its conversions look at, and what
    identifies its lines.

    Args:
        producer: the producer.
        mapped: unified columns of its mapping, where that is a table; those written inline otherwise.
    """
    required = feed_columns(producer.feed, producer.columns if mapped is None else mapped)
    converted = {"unit": producer.unit_table, "currency": producer.currency_table}
    keyed = set(producer.restatement.key) - {"sold_on"} if producer.restatement.by == "rows" else set()
    return required | keyed | {name for name, table in converted.items() if table and producer.feed == "transactions"}


def known_columns(producer: ProducerConfig, config: DemandConfig) -> frozenset[str]:
    """Unified columns that a producer's mapping may name: its feed's, and attributes of SKUs."""
    _, allowed = FEED_COLUMNS[producer.feed]
    return allowed | (frozenset(config.attributes) if producer.feed in ATTRIBUTE_FEEDS else frozenset())


# -- mappings as they are written -------------------------------------------------------------------------------------


def resolve_mapping(producer: ProducerConfig, folder: Path) -> dict[str, Written]:
    """Unified column → entry as written, inline or read from the mapping table below `folder`.

    Raises:
        ConfigError: the table is missing or is no mapping, or required columns are not mapped.
    """
    mapping = dict(producer.columns)
    if producer.mapping_table:
        mapping = read_mapping_table(folder / producer.mapping_table)
    required = required_columns(producer, mapping)
    if missing := sorted(required - mapping.keys()):
        place = producer.mapping_table or f"columns of producer {producer.name!r}"
        raise ConfigError(
            f"{place}: {producer.feed} need {sorted(required)}, but nothing is mapped to {missing}; add them"
        )
    return mapping


def read_mapping_table(path: Path) -> dict[str, Written]:
    """Unified column → entry as written, from a CSV or a JSON file.

    A CSV has the header `source,unified` and optionally `order`; a JSON file holds the same as a list of objects, or
    one object `source: unified`. A source is a column, or an expression behind `=`. Where several lines fill one
    unified column, `order` numbers them: the first one with a value wins. The order of lines never matters.

    Raises:
        ConfigError: the file is missing or of neither form, or lines of it are wrong; one line per mistake.
    """
    table = _json_table(path) if path.suffix.lower() == ".json" else _csv_table(path)
    found: dict[str, dict[int, Row]] = {}
    for row in table.rows:
        source, unified = table.text(row, "source"), table.text(row, "unified")
        place = _order(table, row)
        there = found.setdefault(unified, {})
        if place in there:
            both = f"{there[place].cells['source']!r} (line {there[place].line}) and {source!r}"
            hint = "keep one, or number them in a column `order` (the first with a value wins)"
            table.wrong(row.line, "unified", f"{both} are both mapped to {unified!r}; {hint}")
        there.setdefault(place, row)
        try:
            mapping_entry(source)
        except ConfigError as error:
            table.wrong(row.line, "source", str(error))
    table.check()
    mapping: dict[str, Written] = {}
    for unified, rows in found.items():
        sources = tuple(row.cells["source"] for _, row in sorted(rows.items()))
        mapping[unified] = sources if len(sources) > 1 else sources[0]
    return mapping


def _order(table: ReferenceTable, row: Row) -> int:
    text = row.cells.get("order", "")
    if text and not text.isdecimal():
        table.wrong(row.line, "order", f"expected a whole number such as 1, or nothing, got {text!r}")
        return 0
    return int(text or 0)


def _csv_table(path: Path) -> ReferenceTable:
    return read_table(path, ["source", "unified"], ["order"], allow_others=True)


def _json_table(path: Path) -> ReferenceTable:
    """A JSON mapping as rows; `line` counts its entries."""
    expected = "expected a JSON object source → unified, or a list of objects with source, unified and maybe order"
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_pairs)
    except FileNotFoundError:
        raise ConfigError(f"{path}: expected a mapping table, but there is no such file") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {expected}, got something else ({error})") from error
    if isinstance(data, _Pairs):
        entries = [[("source", source), ("unified", unified)] for source, unified in data]
    elif isinstance(data, list) and all(isinstance(one, _Pairs) for one in data):
        entries = data
    else:
        raise ConfigError(f"{path}: {expected}, got {type(data).__name__ if not isinstance(data, list) else 'a list'}")
    table = ReferenceTable(path)
    for number, entry in enumerate(entries, start=1):
        cells = {key: "" if value is None else str(value).strip() for key, value in entry}
        for key in sorted(cells.keys() - {"source", "unified", "order"}):
            table.wrong(number, key, "expected the keys source, unified and maybe order, got this one")
        for key, value in entry:
            if not isinstance(value, str | int | None) or isinstance(value, bool):
                table.wrong(number, key, f"expected a text, got {value!r}")
        table.rows.append(Row(number, {"source": "", "unified": "", **cells}))
    return table


class _Pairs(list[tuple[str, object]]):
    """A JSON object as its pairs, so that a key that stands twice is seen."""


def _pairs(found: list[tuple[str, object]]) -> _Pairs:
    return _Pairs(found)


def with_mapping_tables(config: DemandConfig, folder: Path) -> DemandConfig:
    """The configuration with every table that producers name read, so that nothing looks for files later.

    Mappings are written out inline; conversion tables stand beside their producer (`ProducerConfig.tables`), where they
    are part of what it dumps only by their hashes.

    Raises:
        ConfigError: see `resolve_mapping` and `read_producer_tables`.
    """
    producers = tuple(_with_tables(producer, folder) for producer in config.producers)
    if all(new is old for new, old in zip(producers, config.producers, strict=True)):
        return config
    return config.model_copy(update={"producers": producers})


def _with_tables(producer: ProducerConfig, folder: Path) -> ProducerConfig:
    if producer.mapping_table:
        inline = {"columns": resolve_mapping(producer, folder), "mapping_table": None}
        producer = producer.model_copy(update=inline)
    if producer.tables is None and (tables := read_producer_tables(producer, folder)) is not None:
        return producer.with_tables(tables)
    return producer


# -- mappings as they are used ----------------------------------------------------------------------------------------


def useful_columns(producer: ProducerConfig, config: DemandConfig) -> dict[str, MappingEntry]:
    """Unified column → entry of what is read from the producer's files; the rest never leaves them.

    A mapping table may name attributes that this configuration does not keep; they are left out.

    Raises:
        ConfigError: the producer's tables were not read (`with_mapping_tables`), required columns are missing, or an
            expression cannot be used.
    """
    if producer.mapping_table:
        raise ConfigError(
            f"the mapping table of producer {producer.name!r} was not read; load it with the configuration"
        )
    if producer.names_tables and producer.tables is None:
        raise ConfigError(
            f"the conversion tables of producer {producer.name!r} were not read; load them with the configuration"
        )
    required, known = required_columns(producer), known_columns(producer, config)
    unused = {"unit", "currency"} - required - set(config.attributes)
    wanted = known if producer.useful_columns is None else known & {*producer.useful_columns, *required}
    mapping = {name: mapping_entry(written) for name, written in producer.columns.items() if name in wanted - unused}
    if missing := sorted(required - mapping.keys()):
        raise ConfigError(f"producer {producer.name!r}: {producer.feed} need {sorted(required)}, but lack {missing}")
    return mapping


def require_columns(mapping: Mapping[str, MappingEntry], found: Collection[str], producer: ProducerConfig) -> None:
    """Checks that a file has the columns its producer's mapping cannot do without.

    Raises:
        FileRejectedError: the message names the missing columns, what was expected and what was found.
    """
    missing = [name for name in sorted(required_columns(producer)) if not mapping[name].available(found)]
    if missing:
        expected = ", ".join(f"{mapping[name]} ({name})" for name in missing)
        absent = [column for name in missing for column in mapping[name].columns if column not in found]
        raise FileRejectedError(
            f"expected the column(s) {expected} by the mapping of producer {producer.name!r}, "
            f"found {sorted(found)}{_look_alikes(absent, sorted(found))}; correct the mapping or the file"
        )


def _look_alikes(absent: Sequence[str], found: Sequence[str]) -> str:
    """`, of which 'Qty ' looks like 'qty'`."""
    lower = {name.strip().lower(): name for name in found}
    close = {name: difflib.get_close_matches(name.strip().lower(), lower, n=1, cutoff=0.7) for name in absent}
    told = [f"{lower[names[0]]!r} looks like {name!r}" for name, names in close.items() if names]
    return f", of which {' and '.join(told)}" if told else ""
