"""Receipts as the lake keeps them.

Belongs here: what a receipt says, and finding one, for whoever only reads. Does not belong here: keeping one, repeating
what it stands for (`receipts.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.forecasts import receipt_of
from dp_resources.lake import Lake

if TYPE_CHECKING:
    from dp_assets.domain.buckets import BucketGrid

EVENT = "receipts"
NONE = "none"
WHERE = ("code", "libraries", "threads")
"""Parts that say where it was computed; they are shown, not enforced."""


@dataclass(frozen=True)
class Receipt:
    """What decided a table of forecasts.

    Attributes:
        parts: name → hash of a content, or a word: table, cycle, features, model (its cycle, the features it was
            trained on, hash of the network), its encoders, weights, trial, seed and revision, boosting, leaderboard,
            errors, interval_contract, configuration, code, libraries, threads. `none` for what had no part in it.
        configuration: what the business had decided, without places, as JSON; `parts` has its hash.
        hashes: table → SHA-256 of the file it decided: forecasts and total_forecasts, or refreshed_forecasts.
    """

    parts: Mapping[str, str]
    configuration: str
    hashes: Mapping[str, str]

    @property
    def id(self) -> str:
        """SHA-256 over the parts."""
        return receipt_of(**self.parts)

    @cached_property
    def grid(self) -> BucketGrid:
        """The grid that its configuration describes, whatever else that says or lacks by now."""
        from dp_assets.domain.buckets import BucketGrid
        from dp_assets.domain.config import BucketConfig

        said = self._said
        bucket = BucketConfig.model_validate(said["bucket"], extra="ignore")
        grace = timedelta(days=said["arrival_grace_days"])
        return BucketGrid(bucket.first, bucket.weeks, ZoneInfo(bucket.time_zone), grace)

    @property
    def series_key(self) -> tuple[str, ...]:
        """Columns that identify a series."""
        return tuple(self._said["series_key"])

    @cached_property
    def _said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.configuration)
        return found


def find(lake: Lake, asked: str) -> Receipt:
    """The receipt of that id or beginning of an id, or that of the forecasts of a cycle.

    Raises:
        ArtefactError: there is none, or there are several.
    """
    wanted = asked
    if lake.exists("forecasts", cycle=asked):
        wanted = str(lake.read("forecasts", ["receipt"], cycle=asked)["receipt"][0])
    found = {name: record for name, record in lake.committed(EVENT).items() if name.startswith(wanted)}
    if len(found) != 1:
        raise ArtefactError(
            f"expected one receipt whose id begins with {wanted!r}, or a cycle with forecasts, got {len(found)}; "
            "`dp inspect sku` shows the receipt of a forecast"
        )
    return Receipt(**next(iter(found.values())))


def receipt_named(lake: Lake, identifier: str) -> Receipt | None:
    """The receipt of that very id; None where the lake has none."""
    record = lake.commit_of(EVENT, identifier)
    return None if record is None else Receipt(**record)
