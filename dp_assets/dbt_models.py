"""The SQL models as assets, and their tests as checks of them, told by the manifest alone.

Belongs here: what Dagster knows of a model before it runs. Does not belong here: making the manifest
(`dbt_manifest.py`), running models (`dp_resources/dbt_runner.py`).

dagster-dbt tells the same, but it loads dbt for it, which takes longer than all else that a process needs to start;
only steps that run models pay for that. A test compares the two.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg

SOURCE = dg.AssetKey("unified_transactions")
"""What writes all files behind dbt's sources."""
Node = Mapping[str, Any]


@cache
def nodes(manifest: Path) -> Mapping[str, Node]:
    """Models, tests and sources of a manifest by their id; each manifest is read once."""
    found = json.loads(manifest.read_text())
    return {**found["nodes"], **found["sources"]}


def models(manifest: Path, tag: str, contract: str) -> dict[str, Any]:
    """Models with a tag and the tests of each, as `specs` and `check_specs` of a multi-asset.

    Which files a bucket or a cycle reads follows from commit records, so the declared mapping is all of them: it is
    lineage, not scheduling.

    Args:
        manifest: path of the manifest.
        tag: of the models that are wanted.
        contract: tag of tests that no run makes.
    """
    known = nodes(manifest)
    wanted = {
        unique_id: node for unique_id, node in known.items() if node["resource_type"] == "model" and tag in node["tags"]
    }
    checks = [
        dg.AssetCheckSpec(
            node["name"], asset=known[model]["name"], blocking=node["config"]["severity"].lower() == "error"
        )
        for node in known.values()
        if node["resource_type"] == "test" and contract not in node["tags"]
        if (model := tested(node)) in wanted
    ]
    specs = [_spec(known, node) for node in wanted.values()]
    return {
        "specs": sorted(specs, key=lambda spec: spec.key),
        "check_specs": sorted(checks, key=lambda check: check.name),
    }


def tested(node: Node) -> str | None:
    """Id of the model that a test judges: the one it is written at, or the only one that it reads."""
    reads = set(node["depends_on"]["nodes"])
    return next(iter(reads)) if len(reads) == 1 else node.get("attached_node") or _named(node, reads)


def _named(node: Node, reads: Collection[str]) -> str | None:
    """The model that a test of several names in its `meta`."""
    name = node["config"].get("meta", {}).get("dagster", {}).get("ref", {}).get("name")
    return next((model for model in reads if model.rsplit(".", 1)[-1] == name), None)


def _spec(known: Mapping[str, Node], node: Node) -> dg.AssetSpec:
    columns = [
        dg.TableColumn(name, column["data_type"] or "?", column["description"])
        for name, column in node["columns"].items()
    ]
    metadata = {
        "dagster/column_schema": dg.TableSchema(columns),
        "dagster/table_name": ".".join((node["database"], node["schema"], node["alias"])),
        "dagster/storage_kind": "duckdb",
    }
    return dg.AssetSpec(
        node["name"],
        deps=[
            dg.AssetDep(key, partition_mapping=dg.AllPartitionMapping() if key == SOURCE else None)
            for key in sorted(_upstream(known, node))
        ],
        description=str(node["description"]).strip(),
        metadata=metadata,
        skippable=True,
        group_name="buckets",
        code_version=hashlib.sha1(node["raw_code"].encode()).hexdigest(),  # noqa: S324  as dagster-dbt names it
        owners=["team:demand-planning"],
        tags=dict.fromkeys(node["tags"], ""),
        kinds={"dbt", "duckdb"},
    )


def _upstream(known: Mapping[str, Node], node: Node) -> set[dg.AssetKey]:
    """Assets that a model is made of: through the models that dbt inlines, down to sources and to models kept."""
    found: set[dg.AssetKey] = set()
    for unique_id in node["depends_on"]["nodes"]:
        parent = known[unique_id]
        if parent["resource_type"] == "source":
            found.add(SOURCE)
        elif parent["config"]["materialized"] == "ephemeral":
            found |= _upstream(known, parent)
        else:
            found.add(dg.AssetKey(parent["name"]))
    return found
