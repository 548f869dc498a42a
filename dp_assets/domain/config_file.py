"""`demand.yaml` as text: reading it, and naming the line of everything that is wrong with it.

Belongs here: YAML with line numbers, the checks that need more than one section or the folder of the file.
Does not belong here: the fields themselves (`config.py`), the wording of one finding (`config_errors.py`), the
reference and the JSON Schema (`config_reference.py`, offered here too).

    >>> parse_config("producers: []\\nbucket: {weeks: 3}")
    Traceback (most recent call last):
    ...
    dp_assets.domain.errors.ConfigError: demand.yaml:1: producers: expected at least 1 item, got 0
    demand.yaml:2: bucket.weeks: expected 1, 2 or 4, got 3
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.config_errors import Finding, YamlPath, did_you_mean, findings
from dp_assets.domain.config_reference import json_schema, reference_markdown
from dp_assets.domain.errors import ConfigError
from dp_assets.domain.filter_config import ValuesFilter
from dp_assets.domain.hierarchy_table import read_hierarchy_table
from dp_assets.domain.ingest.mapping import known_columns, read_mapping_table, required_columns
from dp_assets.domain.ingest.mapping_entries import Written, mapping_entry
from dp_assets.domain.ingest.producer_tables import read_producer_table
from dp_assets.domain.producer_config import TRANSACTION_COLUMNS, ProducerConfig, feed_columns
from dp_assets.domain.reporting_units import read_reporting_units
from dp_assets.domain.split_keys import read_split_key

__all__ = ["json_schema", "load_config", "parse_config", "reference_markdown"]


def load_config(path: Path) -> DemandConfig:
    """The configuration in a file; the tables it names must lie where it says.

    Raises:
        ConfigError: one line per finding, each with file, line, key, what was expected and what came.
    """
    if not path.exists():
        raise ConfigError(f"{path}: expected a configuration file, got nothing; set DP_CONFIG to its path")
    return parse_config(read_text(path), path.name, path.parent)


def read_text(path: Path) -> str:
    """The text of a file; ConfigError where it cannot be read as such."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text: {error}") from error


def parse_config(text: str, name: str = "demand.yaml", folder: Path | None = None) -> DemandConfig:
    """The configuration in a text.

    Args:
        text: YAML.
        name: file name for messages.
        folder: where relative tables lie; they are not looked for when left out.

    Raises:
        ConfigError: one line per finding, in the order of the file.
    """
    document = read_yaml(text, name)
    found = list(document.duplicates)
    config: DemandConfig | None = None
    try:
        config = DemandConfig.model_validate(document.data)
    except ValidationError as error:
        found += findings(error, document.data)
    if config is not None:
        found += _cross_findings(config, folder)
    if found or config is None:
        raise document.error(found)
    return config


@dataclass
class Document:
    """Plain data of a YAML text, its name, the line of each key in it, and keys that stand twice."""

    data: Any
    name: str
    lines: dict[YamlPath, int] = field(default_factory=dict)
    duplicates: list[Finding] = field(default_factory=list)

    def line(self, finding: Finding) -> int:
        """Line of a finding: its own, else that of the nearest part around it that has one."""
        if finding.line is not None:
            return finding.line
        path = finding.path
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, found: list[Finding]) -> ConfigError:
        """One line per finding, in the order of the file."""
        lines = sorted({(self.line(finding), finding.message()) for finding in found})
        return ConfigError("\n".join(f"{self.name}:{line}: {message}" for line, message in lines))


class _Loader(yaml.SafeLoader):
    """Safe YAML whose impossible dates name their line."""

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> date | datetime:
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError as error:
            problem = f"{node.value} is no date: {error}"
            raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark) from error


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def read_yaml(text: str, name: str, example: str = "producers: …") -> Document:
    """A YAML text of keys and values with its lines; ConfigError where it is none.

    Args:
        text: YAML.
        name: file name for messages.
        example: a key that such a file has.
    """
    try:
        loader = _Loader(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}:1: not valid YAML: {error}") from error
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            came = "an empty file" if node is None else "a list" if isinstance(node, yaml.SequenceNode) else "text"
            raise ConfigError(f"{name}:1: expected keys and values (`{example}`), got {came}")
        document = Document(None, name)
        _note_lines(node, (), document, frozenset())
        document.data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{name}:{line}: not valid YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}:1: not valid YAML: {error}") from error
    finally:
        loader.dispose()
    return document


def _note_lines(node: yaml.Node, path: YamlPath, document: Document, around: frozenset[int]) -> None:
    """Notes the line of every key and item below a node; `around` stops at an alias of something it stands in."""
    document.lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in around:
        raise yaml.MarkedYAMLError(problem="an alias contains itself", problem_mark=node.start_mark)
    inside = around | {id(node)}
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note_lines(item, (*path, index), document, inside)
    elif isinstance(node, yaml.MappingNode):
        first_lines: dict[str, int] = {}
        for key, value in node.value:
            name = str(key.value)
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            line = key.start_mark.line + 1
            if name in first_lines:
                message = f"this key already stands on line {first_lines[name]}; keep one of the two"
                document.duplicates.append(Finding((*path, name), message, line))
            first_lines.setdefault(name, line)
            document.lines[(*path, name)] = line
            _note_lines(value, (*path, name), document, inside)


def _cross_findings(config: DemandConfig, folder: Path | None) -> Iterator[Finding]:
    """What only shows when sections are seen together: names that point at nothing."""
    for index, producer in enumerate(config.producers):
        for finding in _mapping_findings(producer, config, folder):
            yield Finding(("producers", index, *finding.path), finding.text)
    columns = TRANSACTION_COLUMNS | set(config.attributes)
    for index, chosen in enumerate(config.filters):
        if isinstance(chosen, ValuesFilter) and chosen.column not in columns:
            hint = did_you_mean(chosen.column, columns)
            message = f"{chosen.column!r} is neither a unified column nor an attribute{hint}"
            yield Finding(("filters", index, "column"), message)
    for index, hierarchy in enumerate(config.hierarchies if folder else ()):
        try:
            if hierarchy.table:
                read_hierarchy_table((folder or Path()) / hierarchy.table, hierarchy.levels, config.series_key)
        except ConfigError as error:
            yield Finding(("hierarchies", index, "table"), str(error))
    for index, key in enumerate(config.reconciliation.keys if folder else ()):
        try:
            read_split_key((folder or Path()) / key.table, config.series_key)
        except ConfigError as error:
            yield Finding(("reconciliation", "keys", index, "table"), str(error))
    if folder and config.reporting.unit_table:
        try:
            read_reporting_units(folder / config.reporting.unit_table)
        except ConfigError as error:
            yield from (Finding(("reporting", "unit_table"), line) for line in str(error).splitlines())
    for name in config.batch_inference.attribute_filter:
        if name not in config.attributes:
            message = f"{name!r} is not an attribute{did_you_mean(name, config.attributes)}"
            yield Finding(("batch_inference", "attribute_filter", name), message)


def _mapping_findings(producer: ProducerConfig, config: DemandConfig, folder: Path | None) -> Iterator[Finding]:
    """Columns that the feed does not have or lacks, and mistakes in tables. Paths are below the producer."""
    required, known = required_columns(producer), known_columns(producer, config)
    mapping: Mapping[str, Written] | None = producer.columns or None
    place: YamlPath = ("columns",)
    if folder and producer.mapping_table:
        place = ("mapping_table",)
        try:
            mapping = read_mapping_table(folder / producer.mapping_table)
        except ConfigError as error:
            yield from (Finding(place, line) for line in str(error).splitlines())
    named = [((*place, name) if place == ("columns",) else place, name) for name in mapping or ()]
    named += [(("useful_columns", index), name) for index, name in enumerate(producer.useful_columns or ())]
    for path, name in named:
        if name not in known:
            hint = did_you_mean(name, known)
            yield Finding(path, f"{name!r} is neither a column of {producer.feed} nor an attribute{hint}")
    needed = feed_columns(producer.feed, mapping or ())
    for path, names in ((place, mapping), (("useful_columns",), producer.useful_columns)):
        if names is not None and (missing := sorted(needed - set(names))):
            yield Finding(path, f"{producer.feed} need the columns {missing}, too")
    for name, written in producer.columns.items():
        try:
            mapping_entry(written)
        except ConfigError as error:
            yield Finding(("columns", name), str(error))
    yield from _conversion_findings(producer, mapping, place, required | set(config.attributes))
    for key in ("unit_table", "currency_table", "cross_reference") if folder else ():
        try:
            read_producer_table(producer, key, folder or Path())
        except ConfigError as error:
            yield from (Finding((key,), line) for line in str(error).splitlines())


def _conversion_findings(
    producer: ProducerConfig, mapping: Mapping[str, Written] | None, place: YamlPath, needed: frozenset[str]
) -> Iterator[Finding]:
    """Conversion tables without the column they look at, and such columns without a table."""
    for name, table in (("unit", producer.unit_table), ("currency", producer.currency_table)):
        key = f"{name}_table"
        if table and producer.feed != "transactions":
            yield Finding((key,), f"only transactions are converted, but the feed is {producer.feed}; remove it")
        elif table and mapping is not None and name not in mapping:
            yield Finding((key,), f"expected a column mapped to {name!r}, got none; map one, or a constant (= '…')")
        elif not table and name in (mapping or {}) and name not in needed and producer.feed == "transactions":
            path = (*place, name) if place == ("columns",) else place
            yield Finding(path, f"{name!r} is only read with a {key}, which the producer lacks; add one or remove this")
