"""What pydantic found wrong with `demand.yaml`, or another file of settings, in the words of someone who edits it.

Belongs here: from a ValidationError to findings (where in the YAML, what was expected, what came, what to do).
Does not belong here: line numbers (`config_file.py`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dp_assets.domain.config import DemandConfig

YamlPath = tuple[str | int, ...]
EXPECTED: dict[str, str] = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "date_from_datetime_inexact": "a date as YYYY-MM-DD",
    "date_from_datetime_parsing": "a date as YYYY-MM-DD",
    "date_parsing": "a date as YYYY-MM-DD",
    "date_type": "a date as YYYY-MM-DD",
    "dict_type": "a section of keys and values",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "model_type": "a section of keys and values",
    "model_attributes_type": "a section of keys and values",
    "string_type": "text",
    "tuple_type": "a list",
}
"""Pydantic error type → what belongs there. Types with a bound in them are worded by `_expected`."""
SCALARS = ("str", "int", "float", "bool")
"""Members of the only wide union: options of a plugin."""
BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


@dataclass(frozen=True)
class Finding:
    """One thing wrong: where it stands in the YAML, and a sentence. `line` only where the path is not enough."""

    path: YamlPath
    text: str
    line: int | None = None

    def message(self) -> str:
        """`bucket.weeks: expected 1, 2 or 4, got 3`."""
        return f"{key_text(self.path)}: {self.text}" if self.path else self.text


def key_text(path: YamlPath) -> str:
    """A path as people write it.

    >>> key_text(("producers", 0, "csv", "delimiter"))
    'producers[0].csv.delimiter'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def show(value: object) -> str:
    """A value as it would stand in YAML, shortened; nothing at all for null."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a section with " + ", ".join(map(str, value)) if value else "an empty section"
    if isinstance(value, list | tuple):
        shown = f"[{', '.join(show(item) for item in value)}]"
        return shown if len(shown) < 80 else f"a list of {len(value)}"
    text = value.isoformat() if isinstance(value, date) else str(value)
    return repr(text) if isinstance(value, str) and len(text) < 80 else text[:80]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'weeks'?` when one of the known names is close, else the names to choose from."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; expected one of {', '.join(names)}" if names else ""


def findings(error: ValidationError, data: Any, root: type[BaseModel] = DemandConfig) -> list[Finding]:
    """Every finding behind a ValidationError, alternatives of one value joined into one sentence.

    Args:
        error: what `root.model_validate(data)` raised.
        data: the plain data it was given.
        root: the whole of the file.
    """
    told: dict[YamlPath, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        if not _follows_from_an_item(detail):
            told.setdefault(yaml_path(detail, data), []).append(detail)
    return [_finding(path, details, root) for path, details in told.items()]


def yaml_path(detail: ErrorDetails, data: Any) -> YamlPath:
    """Pydantic's location without the names of union members, which do not stand in the file."""
    path: list[str | int] = []
    here = data
    for part in detail["loc"]:
        inside = part in here if isinstance(here, Mapping) else isinstance(here, list) and part in range(len(here))
        if inside:
            here = here[part]
        elif detail["type"] == "missing" and part == detail["loc"][-1]:
            here = None
        else:
            continue
        path.append(part)
    raised = detail.get("ctx", {}).get("error")
    return (*path, *getattr(raised, "path", ()))


def _follows_from_an_item(detail: ErrorDetails) -> bool:
    """Pydantic calls a list too short when its items are wrong; those are reported already."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _finding(path: YamlPath, details: list[ErrorDetails], root: type[BaseModel]) -> Finding:
    first = details[0]
    came = first["input"]
    match first["type"]:
        case "value_error":
            return Finding(path, str(first["ctx"]["error"]))
        case "extra_forbidden":
            return Finding(path, f"unknown key{did_you_mean(str(path[-1]), _keys_at(first['loc'][:-1], root))}")
        case "missing":
            return Finding(path, "expected a value, but the key is missing")
        case "union_tag_invalid":
            tags = [tag.strip(" '") for tag in first["ctx"]["expected_tags"].split(",")]
            return Finding((*path, "kind"), f"unknown kind {came['kind']!r}{did_you_mean(str(came['kind']), tags)}")
        case "union_tag_not_found":
            return Finding(path, f"expected a section with the key `kind`, got {show(came)}")
    hint = ""
    if first["type"] == "string_type" and isinstance(came, int | float | date):
        hint = "; put it in quotes"
    elif first["type"] == "model_type" and came is None:
        hint = "; write {} for the defaults"
    elif first["type"] == "literal_error" and isinstance(came, str):
        close = difflib.get_close_matches(came, [word.strip(" '") for word in _words(details)], n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
    return Finding(path, f"expected {_joined(details)}, got {_came(first)}{hint}")


def _came(detail: ErrorDetails) -> str:
    if detail["type"] in {"too_short", "too_long"}:
        return str(detail["ctx"]["actual_length"])
    return show(detail["input"])


def _words(details: list[ErrorDetails]) -> list[str]:
    """Values that literal errors allow, as pydantic words them."""
    allowed = [detail["ctx"]["expected"] for detail in details if detail["type"] == "literal_error"]
    return [word for text in allowed for word in text.replace(" or ", ", ").split(", ")]


def _joined(details: list[ErrorDetails]) -> str:
    words = _words(details) or list(dict.fromkeys(_expected(detail) for detail in details))
    words = ["text, a number, true or false"] if {detail["loc"][-1] for detail in details} == set(SCALARS) else words
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _expected(detail: ErrorDetails) -> str:
    kind = detail["type"]
    ctx: dict[str, Any] = detail.get("ctx", {})
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        return f"{words} {ctx[name]:g}"
    match kind:
        case "too_short":
            return f"at least {ctx['min_length']} item{'' if ctx['min_length'] == 1 else 's'}"
        case "too_long":
            return f"at most {ctx['max_length']} item{'' if ctx['max_length'] == 1 else 's'}"
        case "string_too_short" | "string_too_long":
            return "one character"
        case "string_pattern_mismatch":
            return "lower-case letters, digits and underscores, a letter first"
    return EXPECTED.get(kind, str(detail["msg"]))


def _keys_at(location: tuple[str | int, ...], root: type[BaseModel]) -> list[str]:
    """Keys that a section may have, found by walking the models along pydantic's own location."""
    models: list[type[BaseModel]] = [root]
    for part in location:
        if isinstance(part, int):
            continue
        fields = [model.model_fields[part] for model in models if part in model.model_fields]
        if fields:
            models = [model for field in fields for model in models_in(field.annotation)]
        else:
            models = [model for model in models if part in _kinds(model)] or models
    return sorted({name for model in models for name in model.model_fields})


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    """Values of the key that tells members of a union apart."""
    return get_args(model.model_fields["kind"].annotation) if "kind" in model.model_fields else ()


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Section classes named anywhere in a type: inside tuples, dicts, unions and Annotated."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in models_in(inner)]
