"""Answers that say what they are a version of, so that nobody fetches twice what has not changed.

Belongs here: ETags, conditional requests (RFC 9110), and how OpenAPI tells of an answer.
Does not belong here: what is in an answer (the services).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from hashlib import blake2b
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel

FORM = "1"
"""Raised when answers change their form while bundles and tables stay as they are: no ETag of before holds then."""
JSON = "application/json"


def etag(version: str, question: Hashable) -> str:
    """The ETag of the answer to a question out of one version of the data.

    >>> etag("3f1c", ("sku", 4)) == etag("3f1c", ("sku", 4)), etag("3f1c", 1) == etag("3f1d", 1)
    (True, False)
    """
    return f'"{version[:16]}-{blake2b(f"{FORM}{question!r}".encode(), digest_size=8).hexdigest()}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether the client says that it has this very answer."""
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    return tag in (one.strip().removeprefix("W/") for one in given.split(","))


def headers_of(tag: str) -> dict[str, str]:
    """Headers of an answer with an ETag: it may be kept, but its owner asks each time whether it still holds."""
    return {"etag": tag, "cache-control": "no-cache"}


def not_modified(tag: str) -> Response:
    """The answer to a client that has it already."""
    return Response(status_code=304, headers=headers_of(tag))


def answered(
    model: type[BaseModel] | None, description: str, example: Mapping[str, Any], conditional: bool = True
) -> dict[int | str, dict[str, Any]]:
    """`responses` of an endpoint that answers with a model, with one example; with 304 where it has an ETag.

    An example may hold no null: FastAPI leaves it out of the document.
    """
    found: dict[int | str, dict[str, Any]] = {
        200: {"model": model, "description": description, "content": {JSON: {"example": dict(example)}}}
    }
    if conditional:
        found[200]["headers"] = {
            "ETag": {"description": "Version of the answer, for If-None-Match.", "schema": {"type": "string"}}
        }
        found[304] = {"description": "The client has it: `If-None-Match` named the current ETag."}
    return found
