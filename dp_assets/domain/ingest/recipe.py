"""Everything that decides what becomes of a file's bytes, as short hashes: recipes of ingestion.

Belongs here: which parts of the configuration matter to the tables of a file version, and which do not.
Does not belong here: reading files, deciding what to read again (`freshness.py`).

Two files of one producer and feed have the same recipe. A commit record carries the recipe it was made by; where the
current one differs, the file is read again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import entry_points

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.filter_config import PluginFilter
from dp_assets.domain.groups import group_levels
from dp_assets.domain.ingest.file_lines import is_indexed
from dp_assets.domain.ingest.filters import ENTRY_POINT_GROUP
from dp_assets.domain.producer_config import ATTRIBUTE_FEEDS, Feed, ProducerConfig

INGEST_FORMAT = 2
"""Raise it with every change of code after which the same bytes give other tables or another commit record."""
ELSEWHERE = frozenset({"name", "feed", "files", "arrival", "priority", "restatement", "due_by", "owner"})
"""Keys of a producer that decide nothing here: who owns a file, its feed and its arrival were fixed by its
registration; ranks matter where attributes are merged; when files are due and who answers for them, to alerts alone.
What restatements decide is added where there are any."""


def recipe(producer: ProducerConfig, feed: Feed, config: DemandConfig) -> str:
    """Hash of what decides the tables of a producer's files of one feed, besides their bytes and their arrival.

    A key that a producer gains counts unless it is listed in `ELSEWHERE`: reading once too often costs time, reading
    once too seldom costs the truth.
    """
    parts: dict[str, object] = {
        "format": INGEST_FORMAT,
        "feed": feed,
        "producer": producer.model_dump(mode="json", exclude=set(ELSEWHERE)),
    }
    if feed in ATTRIBUTE_FEEDS | {"attribute_corrections"}:
        parts["attributes"] = [(name, one.model_dump(mode="json")) for name, one in config.attributes.items()]
    else:
        parts["zone"] = config.bucket.time_zone
    if feed in {"promotions", "events", "regressors"}:
        parts["levels"] = list(group_levels(config))
    if feed == "transactions":
        parts["bucket"] = config.bucket.model_dump(mode="json")
        parts["filters"] = [one.model_dump(mode="json") for one in config.filters]
        parts["plugins"] = plugin_versions(one.name for one in config.filters if isinstance(one, PluginFilter))
        if is_indexed(producer, config):
            parts["restatement"] = producer.restatement.model_dump(mode="json", exclude={"of"})
    return short_hash(json.dumps(parts, sort_keys=True, default=str))


def plugin_versions(names: Iterable[str]) -> dict[str, str]:
    """Plugin filter → package and version that publish it; `missing` for one that nobody does."""
    wanted = set(names)
    published = entry_points(group=ENTRY_POINT_GROUP) if wanted else ()
    found = {
        point.name: f"{point.dist.name} {point.dist.version}" if point.dist else point.value for point in published
    }
    return {name: found.get(name, "missing") for name in sorted(wanted)}


def short_hash(*parts: str) -> str:
    """The first 16 digits of the SHA-256 over texts, in their order."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
