"""What `/v1/receipts` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from serving.api.schemas import Schema

HASH = "3f1c9ab01d2e"


class ReceiptQuery(Schema):
    """Nothing may be asked beside the id."""


class DecidedTable(Schema):
    """A table that a receipt decided."""

    table: str = Field(examples=["forecasts"], description="Table.")
    sha256: str = Field(examples=[HASH], description="Hash of its file as it was made.")
    current: bool = Field(examples=[True], description="Whether the cycle's partition still is that file.")
    location: str | None = Field(
        None,
        examples=["lake/forecasts/cycle=2017-12-04/part.parquet"],
        description="Where that file lies, also once it is replaced; null where it is gone.",
    )


class Receipt(Schema):
    """What decided a table of forecasts."""

    id: str = Field(examples=[HASH], description="SHA-256 over the parts.")
    table: str = Field(examples=["forecasts"], description="Table that the receipt is of.")
    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of its cycle.")
    parts: dict[str, str] = Field(
        examples=[{"features": HASH, "weights": HASH, "seed": "20170102", "code": "2f417ac1", "threads": "1"}],
        description=(
            "Name → hash of a content, or a word: features, model (cycle, network, weights, encoders, trial, seed, "
            "boosting, leaderboard, errors), interval_contract, configuration, code, libraries, threads. `none` for "
            "what had no part in it."
        ),
    )
    tables: list[DecidedTable] = Field(description="The tables that these parts decide.")
    configuration: dict[str, Any] | None = Field(
        None,
        examples=[{"series_key": ["sku"]}],
        description="What the business had decided, without places; `parts` has its hash. Null to who sees some nodes.",
    )
    intact: bool = Field(
        examples=[True], description="Whether id and hash of the configuration are those of what the receipt says."
    )
    verify: str = Field(
        examples=["dp receipt verify 3f1c9ab01d2e"], description="Computes the tables again, and compares their bytes."
    )
    verify_training: str | None = Field(
        None,
        examples=["dp receipt verify 3f1c9ab01d2e --training"],
        description="Trains the models again as well; null where statistical methods alone forecast.",
    )


EXAMPLE = {
    "id": HASH,
    "table": "forecasts",
    "cycle": "2017-12-04",
    "parts": {"features": HASH, "weights": HASH, "seed": "20170102", "code": "2f417ac1", "threads": "1"},
    "tables": [
        {
            "table": "forecasts",
            "sha256": HASH,
            "current": True,
            "location": "lake/forecasts/cycle=2017-12-04/part.parquet",
        }
    ],
    "configuration": {"series_key": ["sku"]},
    "intact": True,
    "verify": "dp receipt verify 3f1c9ab01d2e",
    "verify_training": "dp receipt verify 3f1c9ab01d2e --training",
}
