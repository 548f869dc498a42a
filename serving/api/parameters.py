"""Questions as Pydantic models: query parameters, and bodies.

Belongs here: reading them. Does not belong here: what they mean (`questions.py`, the services), how OpenAPI tells of
them (`descriptions.py`).
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, TypeVar, get_origin

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams

SHORT, KEPT = 200, 500
"""Questions of so many bytes at most are kept, so many of them."""
Query = TypeVar("Query", bound=BaseModel)


def parse(model: type[Query], request: Request) -> Query:
    """The query string as a model; a parameter that stands more than once is joined by commas, or is a list where the
    model says so. The same question is read once and its model shared, so it is only read.

    Raises:
        RequestValidationError: an unknown parameter, a value of the wrong type, or the character U+0000.
    """
    text = request.scope["query_string"]
    return _short(model, text) if len(text) <= SHORT else _read(model, text)


def _read(model: type[Query], text: bytes) -> Query:
    given = QueryParams(text)
    if b"%00" in text:
        raise _holds_nul("query", *(name for name, one in given.multi_items() if "\0" in name + one))
    every = {name: given.getlist(name) for name in given}
    lists = _lists(model)
    try:
        return model.model_validate({name: one if name in lists else ",".join(one) for name, one in every.items()})
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("query", *one["loc"])} for one in error.errors()]) from error


_short = lru_cache(KEPT)(_read)


def _holds_nul(where: str, *names: str) -> RequestValidationError:
    said = "expected text without the character U+0000"
    error = {"type": "value_error", "msg": said, "input": "\0"}
    return RequestValidationError([{**error, "loc": (where, name)} for name in names or (where,)])


def _refuse_nul(body: bytes) -> None:
    """Looks closer at a body that seems to hold U+0000; what is no JSON is left to the model."""

    def holds(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(holds, (*value, *value.values())))
        if isinstance(value, list):
            return any(map(holds, value))
        return isinstance(value, str) and "\0" in value

    try:
        found = holds(orjson.loads(body))
    except orjson.JSONDecodeError:
        return
    if found:
        raise _holds_nul("body")


@cache
def _lists(model: type[BaseModel]) -> frozenset[str]:
    """Names of the fields that are lists."""
    return frozenset(name for name, field in model.model_fields.items() if get_origin(field.annotation) is list)


async def parse_body(model: type[Query], request: Request) -> Query:
    """The JSON body of a request as a model.

    Raises:
        RequestValidationError: it is not JSON, has an unknown field or a value of the wrong type, or text with the
            character U+0000, which PostgreSQL cannot hold.
    """
    body = await request.body()  # as long as the middleware lets it be
    if b"\\u0000" in body:
        _refuse_nul(body)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        found = [{**one, "loc": ("body", *(one["loc"] or ("body",)))} for one in error.errors()]
        raise RequestValidationError(found) from error
