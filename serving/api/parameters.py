"""Questions as Pydantic models: query parameters, and bodies.

Belongs here: reading them. Does not belong here: what they mean (`questions.py`, the services), how OpenAPI tells of
them (`descriptions.py`).
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar, get_origin

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

Query = TypeVar("Query", bound=BaseModel)


def parse(model: type[Query], request: Request) -> Query:
    """The query string as a model; a parameter that stands more than once is joined by commas, or is a list where the
    model says so.

    Raises:
        RequestValidationError: an unknown parameter, or a value of the wrong type.
    """
    try:
        if not request.scope["query_string"]:
            return model()
        given = request.query_params
        every = {name: given.getlist(name) for name in given}
        lists = _lists(model)
        return model.model_validate({name: one if name in lists else ",".join(one) for name, one in every.items()})
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("query", *one["loc"])} for one in error.errors()]) from error


@cache
def _lists(model: type[BaseModel]) -> frozenset[str]:
    """Names of the fields that are lists."""
    return frozenset(name for name, field in model.model_fields.items() if get_origin(field.annotation) is list)


async def parse_body(model: type[Query], request: Request) -> Query:
    """The JSON body of a request as a model.

    Raises:
        RequestValidationError: it is not JSON, or has an unknown field or a value of the wrong type.
    """
    body = await request.body()  # as long as the middleware lets it be
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        found = [{**one, "loc": ("body", *(one["loc"] or ("body",)))} for one in error.errors()]
        raise RequestValidationError(found) from error
