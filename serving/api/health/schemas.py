"""What `/healthz` answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.api.cycles.schemas import PINNED_EXAMPLE, Pinned


class Health(BaseModel):
    """Liveness; to readers also what is being served."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["ok"] = Field(description="The process answers.")
    ready: bool = Field(description="Whether forecasts can be served.")
    cycle: str | None = Field(
        None, examples=["2017-12-04"], description="Cycle being served; null before the first bundle."
    )
    bundle: str | None = Field(None, examples=["3f1c9a"], description="Content hash of the bundle being served.")
    loaded_at: datetime | None = Field(None, description="Since when it is served.")
    problem: str | None = Field(None, description="Why a newer bundle in the lake is not being served.")
    planning_database: Literal["answers", "away"] = Field(
        "answers",
        description="away while users and keys cannot be looked up: known readers read on, and nothing can be changed.",
    )
    pinned: Pinned | None = Field(
        None, description="Why something else than the newest bundle is served; null where it is."
    )


EXAMPLE = {
    "status": "ok",
    "ready": True,
    "cycle": "2017-12-04",
    "bundle": "3f1c9a01",
    "loaded_at": "2017-12-04T06:00:00Z",
    "problem": "expected a serving bundle of format 7, got 6; materialise the asset serving_bundle",
    "planning_database": "answers",
    "pinned": PINNED_EXAMPLE,
}
