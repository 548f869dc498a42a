"""Which of a producer's columns become which unified columns.

Belongs here: mappings written inline or as tables, and what a file's columns must contain for them.
Does not belong here: reading data files (`readers.py`).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Mapping
from pathlib import Path

from dp_assets.domain.config import ATTRIBUTE_FEEDS, FEED_COLUMNS, DemandConfig, ProducerConfig
from dp_assets.domain.errors import ConfigError, FileRejectedError


def resolve_mapping(producer: ProducerConfig, folder: Path) -> dict[str, str]:
    """Unified column → source column, inline or read from the mapping table below `folder`.

    Raises:
        ConfigError: the table is missing or is no mapping, or required columns are not mapped.
    """
    mapping = dict(producer.columns)
    if producer.mapping_table:
        mapping = read_mapping_table(folder / producer.mapping_table)
    required, _ = FEED_COLUMNS[producer.feed]
    if missing := sorted(required - mapping.keys()):
        place = producer.mapping_table or f"columns of producer {producer.name!r}"
        raise ConfigError(
            f"{place}: {producer.feed} need {sorted(required)}, but nothing is mapped to {missing}; add them"
        )
    return mapping


def read_mapping_table(path: Path) -> dict[str, str]:
    """Unified column → source column from a CSV (header `source,unified`) or JSON (object `source: unified`) file.

    Raises:
        ConfigError: the file is missing, is of neither form, or maps two columns to one name.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        pairs = _json_pairs(text) if path.suffix.lower() == ".json" else _csv_pairs(text)
    except FileNotFoundError:
        raise ConfigError(f"{path}: expected a mapping table, but there is no such file") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path}: expected a CSV with the header source,unified or a JSON object source → unified, "
            f"got something else ({error})"
        ) from error
    mapping: dict[str, str] = {}
    for source, unified in pairs:
        if unified in mapping:
            raise ConfigError(f"{path}: {mapping[unified]!r} and {source!r} are both mapped to {unified!r}; keep one")
        mapping[unified] = source
    return mapping


def _json_pairs(text: str) -> list[tuple[str, str]]:
    return [(str(source), str(unified)) for source, unified in json.loads(text).items()]


def _csv_pairs(text: str) -> list[tuple[str, str]]:
    rows = csv.DictReader(text.splitlines())
    return [(row["source"].strip(), row["unified"].strip()) for row in rows]


def with_mapping_tables(config: DemandConfig, folder: Path) -> DemandConfig:
    """The configuration with every mapping table read and written out inline, so that nothing looks for files later.

    Raises:
        ConfigError: see `resolve_mapping`.
    """
    if not any(producer.mapping_table for producer in config.producers):
        return config
    producers = tuple(
        producer.model_copy(update={"columns": resolve_mapping(producer, folder), "mapping_table": None})
        if producer.mapping_table
        else producer
        for producer in config.producers
    )
    return config.model_copy(update={"producers": producers})


def useful_columns(producer: ProducerConfig, config: DemandConfig) -> dict[str, str]:
    """Unified column → source column of what is read from the producer's files; the rest never leaves them.

    A mapping table may name attributes that this configuration does not keep; they are left out.

    Raises:
        ConfigError: the producer's mapping table was not read (`with_mapping_tables`), or required columns are missing.
    """
    if producer.mapping_table:
        raise ConfigError(
            f"the mapping table of producer {producer.name!r} was not read; load it with the configuration"
        )
    required, allowed = FEED_COLUMNS[producer.feed]
    known = set(allowed) | (set(config.attributes) if producer.feed in ATTRIBUTE_FEEDS else set())
    wanted = known if producer.useful_columns is None else known & {*producer.useful_columns, *required}
    mapping = {unified: source for unified, source in producer.columns.items() if unified in wanted}
    if missing := sorted(required - mapping.keys()):
        raise ConfigError(f"producer {producer.name!r}: {producer.feed} need {sorted(required)}, but lack {missing}")
    return mapping


def require_columns(mapping: Mapping[str, str], found: Collection[str], producer: ProducerConfig) -> None:
    """Checks that a file has the columns its producer's mapping cannot do without.

    Raises:
        FileRejectedError: the message names the missing columns, what was expected and what was found.
    """
    required, _ = FEED_COLUMNS[producer.feed]
    missing = {unified: mapping[unified] for unified in sorted(required) if mapping[unified] not in found}
    if missing:
        expected = ", ".join(f"{source!r} ({unified})" for unified, source in missing.items())
        raise FileRejectedError(
            f"expected the column(s) {expected} by the mapping of producer {producer.name!r}, "
            f"found {sorted(found)}; correct the mapping or the file"
        )
