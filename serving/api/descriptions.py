"""What OpenAPI tells of questions and answers, made when somebody asks for the document.

Belongs here: putting schemas into the document. Does not belong here: the schemas (each noun's own), the examples.

Most processes are never asked for their description, but each would pay for it at its start: schemas of all answers
take longer than everything else that the API imports of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

REFERENCE = "#/components/schemas/{model}"
Mode = Literal["validation", "serialization"]
_models: dict[type[BaseModel], Mode] = {}
_waiting: list[Callable[[], None]] = []


def reference(model: type[BaseModel], mode: Mode = "serialization") -> dict[str, str]:
    """A reference to a model's schema, which `document` puts among the components."""
    _models[model] = mode
    return {"$ref": REFERENCE.format(model=model.__name__)}


def documented(model: type[BaseModel], path: Mapping[str, str]) -> list[dict[str, Any]]:
    """OpenAPI's `parameters` of an endpoint: those of the path (name → description), then those of the model.

    The list is empty until `document` fills it.
    """
    found: list[dict[str, Any]] = []
    _waiting.append(lambda: found.extend(_parameters(model, path)))
    return found


def in_path(name: str, description: str) -> dict[str, Any]:
    """One of OpenAPI's `parameters`: a part of the path, as text."""
    return {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}


def documented_body(model: type[BaseModel], example: Mapping[str, Any]) -> dict[str, Any]:
    """OpenAPI's `requestBody` of an endpoint whose body is that model."""
    content = {"application/json": {"schema": reference(model, "validation"), "example": dict(example)}}
    return {"required": True, "content": content}


def answered(
    model: type[BaseModel], description: str, example: Mapping[str, Any], conditional: bool = True
) -> dict[int | str, dict[str, Any]]:
    """`responses` of an endpoint that answers with a model, with one example; with 304 where it has an ETag.

    An example may hold no null: FastAPI leaves it out of the document.
    """
    content = {"application/json": {"schema": reference(model), "example": dict(example)}}
    if not conditional:
        return {200: {"description": description, "content": content}}
    tag = {"description": "Version of the answer, for If-None-Match.", "schema": {"type": "string"}}
    return {
        200: {"description": description, "content": content, "headers": {"ETag": tag}},
        304: {"description": "The client has it: `If-None-Match` named the current ETag."},
    }


def document(generate: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The OpenAPI document with every schema that endpoints refer to."""
    while _waiting:
        _waiting.pop()()
    found = generate()
    _, definitions = models_json_schema(list(_models.items()), ref_template=REFERENCE)
    found.setdefault("components", {}).setdefault("schemas", {}).update(definitions["$defs"])
    return found


def _parameters(model: type[BaseModel], path: Mapping[str, str]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    found = [in_path(name, text) for name, text in path.items()]
    for name, field in schema.get("properties", {}).items():
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
