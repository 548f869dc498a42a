"""What `/v1/keys` is asked and answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from serving.api.schemas import Schema

DAYS = Field(90, ge=1, le=366, examples=[90], description="After so many days it is refused.")


class KeysQuery(Schema):
    """Which keys are listed."""

    all: bool = Field(False, description="Also those that no longer hold.")


class NewKey(Schema):
    """A key that is wanted."""

    user: str = Field(max_length=200, examples=["shop"], description="Whose it is; it may at most what they may.")
    purpose: str = Field(
        min_length=1, max_length=200, pattern=r"\S", examples=["dashboard"], description="What it is for."
    )
    permissions: list[str] | None = Field(
        None,
        min_length=1,
        max_length=4,
        examples=[["read"]],
        description="At most this, of read, plan, operate and administer; all that the user may when left out.",
    )
    days: int = DAYS


class Rotation(Schema):
    """How a key is replaced by another one."""

    overlap_hours: int = Field(24, ge=0, le=720, examples=[24], description="How long the present one goes on.")
    days: int = DAYS


class ApiKey(Schema):
    """A key, without its secret."""

    prefix: str = Field(examples=["k3m9q2xw"], description="What names it: the part between `dp_` and the next `_`.")
    user: str = Field(examples=["shop"], description="Whose it is.")
    purpose: str = Field(examples=["dashboard"], description="What it is for.")
    permissions: list[str] = Field(examples=[["read"]], description="What it may at most.")
    expires_at: datetime = Field(examples=["2018-03-05T12:00:00Z"], description="From then on it is refused.")
    state: Literal["holds", "expired", "revoked"] = Field(examples=["holds"], description="Whether it is let in.")


class Keys(Schema):
    """Keys of all users."""

    keys: list[ApiKey] = Field(description="By user and prefix.")


class KeyMade(ApiKey):
    """A key that was made now."""

    key: str | None = Field(
        examples=["dp_k3m9q2xw_…"],
        description="What is shown to the API. Told once, and kept nowhere: null when the same request is asked again.",
    )


KEY_EXAMPLE = {
    "prefix": "k3m9q2xw",
    "user": "shop",
    "purpose": "dashboard",
    "permissions": ["read"],
    "expires_at": "2018-03-05T12:00:00Z",
    "state": "holds",
}
MADE_EXAMPLE = {**KEY_EXAMPLE, "key": "dp_k3m9q2xw_…"}
