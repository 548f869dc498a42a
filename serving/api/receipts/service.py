"""Receipts out of the lake. Does not belong here: HTTP (`endpoints.py`), repeating one (`dp_assets/receipts.py`)."""

from __future__ import annotations

import hashlib
import json
import re

from dp_assets.domain.errors import ArtefactError
from dp_resources.archive import location_of
from dp_resources.lake import Lake
from serving.api.problems import BadParameterError, UnknownReceiptError
from serving.api.questions import Answer

ID = re.compile(r"[0-9a-f]{6,64}|\d{4}-\d\d-\d\d", re.ASCII)
SHOWN = 12


def receipt(lake: Lake, asked: str, with_configuration: bool) -> Answer:
    """The answer of `Receipt`.

    Raises:
        BadParameterError: what is asked for can be no receipt.
        UnknownReceiptError: there is none, or several begin so.
    """
    from dp_assets.kept_receipts import NONE, find

    if not ID.fullmatch(asked):
        raise BadParameterError(
            f"id: expected a receipt's id, six letters of it or more, or a cycle as YYYY-MM-DD, got {asked[:80]!r}"
        )
    try:
        found = find(lake, asked)
    except ArtefactError as error:
        raise UnknownReceiptError(str(error)) from None
    configuration = hashlib.sha256(found.configuration.encode()).hexdigest()
    verify = f"dp receipt verify {found.id[:SHOWN]}"
    return {
        "id": found.id,
        "table": found.parts["table"],
        "cycle": found.parts["cycle"],
        "parts": dict(found.parts),
        "tables": [_decided(lake, name, found.parts["cycle"], digest) for name, digest in found.hashes.items()],
        "configuration": json.loads(found.configuration) if with_configuration else None,
        "intact": configuration == found.parts["configuration"] and lake.commit_of("receipts", found.id) is not None,
        "verify": verify,
        "verify_training": None if found.parts["network"] == NONE else f"{verify} --training",
    }


def _decided(lake: Lake, table: str, cycle: str, digest: str) -> Answer:
    path, kept = lake.path(table, cycle=cycle), f"{lake.root}/_versions/{table}/{digest}/part.parquet"
    current = lake.has_bytes(path) and lake.digest(table, cycle=cycle) == digest
    location = path if current else kept if lake.has_bytes(kept) else None
    return {"table": table, "sha256": digest, "current": current, "location": location and location_of(lake, location)}
