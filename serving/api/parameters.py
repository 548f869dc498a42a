"""Query parameters as a Pydantic model. Belongs here: reading, documenting. Does not belong here: their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

Query = TypeVar("Query", bound=BaseModel)


def parse(model: type[Query], request: Request) -> Query:
    """The query string as a model; a parameter that stands more than once is joined by commas.

    Raises:
        RequestValidationError: an unknown parameter, or a value of the wrong type.
    """
    if not request.scope["query_string"]:
        return model()
    given = request.query_params
    try:
        return model.model_validate({name: ",".join(given.getlist(name)) for name in given})
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("query", *one["loc"])} for one in error.errors()]) from error


def documented(model: type[BaseModel], path: Mapping[str, str]) -> list[dict[str, Any]]:
    """OpenAPI's `parameters` of an endpoint: those of the path (name → description), then those of the model."""
    schema = model.model_json_schema()
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in path.items()
    ]
    for name, field in schema["properties"].items():
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", []),
                "description": field["description"],
                "schema": {key: field[key] for key in field if key not in {"description", "title"}},
            }
        )
    return found
