"""Answers that say what they are a version of, so that nobody fetches twice what has not changed.

Belongs here: ETags and conditional requests (RFC 9110). Does not belong here: what is in an answer (the services), how
OpenAPI tells of it (`descriptions.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from hashlib import blake2b

from fastapi import Request, Response

from serving.library import Rendered

FORM = "1"
"""Raised when answers change their form while bundles and tables stay as they are: no ETag of before holds then."""
OVERHEAD = 1024
"""Bytes that an answer takes beside its body and its question."""

CACHE_CONTROL = (b"cache-control", b"no-cache")
CONTENT_TYPE = (b"content-type", b"application/json")


class Ready(Response):
    """A response whose parts are bytes already: building headers anew costs as much as finding the answer."""

    def __init__(self, rendered: Rendered) -> None:
        self.status_code = 200
        self.background = None
        self.body = rendered.body
        self.raw_headers = list(rendered.headers)


def etag(version: str, question: Hashable) -> str:
    """The ETag of the answer to a question out of one version of the data.

    >>> etag("3f1c", ("sku", 4)) == etag("3f1c", ("sku", 4)), etag("3f1c", 1) == etag("3f1d", 1)
    (True, False)
    """
    return f'"{version[:16]}-{blake2b(f"{FORM}{question!r}".encode(), digest_size=8).hexdigest()}"'


def headers_of(tag: str) -> dict[str, str]:
    """Headers of an answer with an ETag: it may be kept, but its owner asks each time whether it still holds."""
    return {"etag": tag, "cache-control": "no-cache"}


def rendered(body: bytes, tag: str, question: bytes = b"") -> Rendered:
    """A JSON answer with its headers."""
    coded = tag.encode()
    headers = ((b"etag", coded), CACHE_CONTROL, (b"content-length", b"%d" % len(body)), CONTENT_TYPE)
    return Rendered(coded, headers, body, len(body) + len(question) + OVERHEAD)


def is_known(request: Request, tag: bytes) -> bool:
    """Whether the client says that it has this very answer."""
    for name, given in request.scope["headers"]:
        if name == b"if-none-match":
            return tag in (one.strip().removeprefix(b"W/") for one in given.split(b","))
    return False


def not_modified(tag: str) -> Response:
    """The answer to a client that has it already."""
    return Response(status_code=304, headers=headers_of(tag))


def sent(request: Request, answer: Rendered) -> Response:
    """An answer, or that the client has it already."""
    return not_modified(answer.tag.decode()) if is_known(request, answer.tag) else Ready(answer)


def conditional(request: Request, tag: str, render: Callable[[], bytes]) -> Response:
    """A JSON answer, rendered only for a client that does not have it."""
    return not_modified(tag) if is_known(request, tag.encode()) else Ready(rendered(render(), tag))
