"""What `/v1/session` takes and answers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

LONGEST = 1024
"""Of a password that is asked about; what may be one is said by `dp_resources/accounts.py`."""


class Credentials(BaseModel):
    """Who signs in."""

    model_config = ConfigDict(extra="forbid")

    user: str = Field(max_length=64, examples=["ada"], description="User name.")
    password: SecretStr = Field(max_length=LONGEST, description="The password, or a one-time password.")


class PasswordChange(Credentials):
    """Who chooses another password."""

    new_password: SecretStr = Field(max_length=LONGEST, description="The password from now on, 12 to 256 characters.")


class Session(BaseModel):
    """A token, and how long it holds."""

    model_config = ConfigDict(extra="forbid")

    access_token: str = Field(description="To be shown as `Authorization: Bearer …`.")
    token_type: Literal["Bearer"] = Field(description="How it is shown.")
    expires_in: int = Field(
        examples=[3600],
        description="Seconds that it holds. A change of the user's password, roles or nodes ends it at once.",
    )


class Asking(BaseModel):
    """Who asks, and what they may."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(examples=["ada"], description="User name; `anonymous` where an open API is asked without any.")
    signed_in: bool = Field(description="Whether something was shown; an open API answers readers without.")
    roles: list[str] = Field(examples=[["planner"]], description="viewer, planner, data_engineer or admin.")
    permissions: list[str] = Field(
        examples=[["plan", "read"]], description="What they may here: read, plan, operate, administer."
    )
    nodes: list[str] | None = Field(
        examples=[["product:GROCERY"]], description="Nodes that they are kept to; null is everything."
    )
    sees_outside: bool = Field(description="Whether what lies outside of them can be read.")


ASKING = {
    "name": "ada",
    "signed_in": True,
    "roles": ["planner"],
    "permissions": ["plan", "read"],
    "nodes": ["product:GROCERY"],
    "sees_outside": False,
}
EXAMPLE = {"access_token": "eyJhbGciOiJFUzI1NiJ9…", "token_type": "Bearer", "expires_in": 3600}
CREDENTIALS_EXAMPLE = {"user": "ada", "password": "one of your own"}
CHANGE_EXAMPLE = {"user": "ada", "password": "the one-time password", "new_password": "one of your own"}
