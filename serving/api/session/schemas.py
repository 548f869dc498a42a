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


EXAMPLE = {"access_token": "eyJhbGciOiJFUzI1NiJ9…", "token_type": "Bearer", "expires_in": 3600}
CREDENTIALS_EXAMPLE = {"user": "ada", "password": "one of your own"}
CHANGE_EXAMPLE = {"user": "ada", "password": "the one-time password", "new_password": "one of your own"}
