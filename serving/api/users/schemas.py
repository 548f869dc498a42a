"""What `/v1/users` is asked and answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from serving.api.schemas import Schema

ROLES = Field(
    min_length=1, max_length=4, examples=[["planner"]], description="Out of viewer, planner, data_engineer and admin."
)
NODES = Field(
    None,
    min_length=1,
    max_length=100,
    examples=[["product:GROCERY"]],
    description="Nodes that they are kept to, as hierarchy:node; null, or left out, is everything.",
)
SEES_OUTSIDE = Field(False, description="With `nodes`: whether what lies outside can be read, though not changed.")


class Access(Schema):
    """What a user is from now on, and where."""

    roles: list[str] = ROLES
    nodes: list[str] | None = NODES
    sees_outside: bool = SEES_OUTSIDE


class NewUser(Access):
    """Somebody who may ask the API from now on."""

    user: str = Field(max_length=200, examples=["ada"], description="Name: up to 64 small letters, digits and `._@-`.")
    with_password: bool = Field(True, description="False for a program, which cannot sign in and only has keys.")


class User(Schema):
    """Somebody who may ask the API."""

    user: str = Field(examples=["ada"], description="Name.")
    roles: list[str] = Field(examples=[["planner"]], description="viewer, planner, data_engineer or admin.")
    nodes: list[str] | None = Field(
        examples=[["product:GROCERY"]], description="Nodes that they are kept to; null is everything."
    )
    sees_outside: bool = Field(examples=[False], description="Whether what lies outside of them can be read.")
    password: Literal["none", "one_time", "own"] = Field(
        examples=["own"], description="None: only has keys. One-time: chosen anew at the next sign-in."
    )
    disabled: bool = Field(examples=[False], description="Whether neither they nor their keys are let in.")


class Users(Schema):
    """Everybody who may ask the API, but for whoever signs in elsewhere."""

    users: list[User] = Field(description="By name.")


class UserChanged(User):
    """A user as they are now."""

    one_time_password: str | None = Field(
        examples=["abcde-fghij-kmnpq-rstuv"],
        description=(
            "Told once, and kept nowhere: null where none was made, and when the same request is asked again."
        ),
    )


USER_EXAMPLE = {
    "user": "ada",
    "roles": ["planner"],
    "nodes": ["product:GROCERY"],
    "sees_outside": False,
    "password": "one_time",
    "disabled": False,
}
CHANGED_EXAMPLE = {**USER_EXAMPLE, "one_time_password": "abcde-fghij-kmnpq-rstuv"}
ACCESS_EXAMPLE = {"roles": ["planner"], "nodes": ["product:GROCERY"]}
