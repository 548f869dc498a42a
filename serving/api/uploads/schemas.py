"""What an upload is answered with. Belongs here: shapes and their meaning."""

from __future__ import annotations

from pydantic import Field

from serving.api.schemas import Schema


class Uploaded(Schema):
    """A file that lies in the landing folder."""

    producer: str = Field(examples=["north"], description="Whose it is.")
    uri: str = Field(examples=["north/week-50.csv"], description="Path below the landing root.")
    bytes: int = Field(ge=0, examples=[18230], description="Its size.")
    sha256: str = Field(examples=["9c1f"], description="Hash of its content.")
    replaced: bool = Field(
        examples=[False], description="Whether another file lay there, of which it is a new version."
    )


UPLOADED_EXAMPLE = {
    "producer": "north",
    "uri": "north/week-50.csv",
    "bytes": 18230,
    "sha256": "9c1f",
    "replaced": False,
}
