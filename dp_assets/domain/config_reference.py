"""The configuration described for people and for editors, from the typed models alone.

Belongs here: `docs/configuration.md` and `docs/demand.schema.json` as text. Does not belong here: writing them to disk.
"""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Collection
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dp_assets.domain.config import KNOWN_ATTRIBUTES, DemandConfig
from dp_assets.domain.config_errors import models_in
from dp_assets.domain.filter_config import Filter
from dp_assets.domain.producer_config import FEED_COLUMNS

INTRODUCTION = """\
# Configuration reference: `demand.yaml`

Generated from `dp_assets/domain/config.py`; do not edit by hand (`make golden` writes it anew).

Everything a business decides stands in `demand.yaml`. What differs between machines (places, storage keys, the clock)
stands in `DP_*` environment variables, see `.env.example`. A mistake is reported when the file is loaded, all mistakes
at once, each as `demand.yaml:<line>: <key>: expected …, got …`. Unknown keys and keys that stand twice are mistakes.

Durations named `_weeks` are calendar weeks, whatever `bucket.weeks` is; they are rounded up to whole buckets.

For completion and checks while typing, the first line of `demand.yaml` points editors at `docs/demand.schema.json`.
"""


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `demand.yaml`, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **DemandConfig.model_json_schema(),
        "title": "demand.yaml",
    }


def reference_markdown() -> str:
    """`docs/configuration.md`: one table for the top level, one for every section, one for every filter."""
    parts = [INTRODUCTION, "## Top level\n", _table(DemandConfig)]
    for name, info in DemandConfig.model_fields.items():
        for model in models_in(info.annotation):
            if name != "filters":
                parts += _section(model, f"{name}[]" if _is_list(info) else _keyed(name, info))
    parts += [
        "## `filters[]`: row filters by kind\n",
        "Filters run in the order of the list; a row is counted under the first one that rejects it.\n",
    ]
    for model in models_in(Filter):
        kind = get_args(model.model_fields["kind"].annotation)[0]
        parts += [f"### `kind: {kind}`\n", f"{inspect.getdoc(model)}\n", _table(model, skip={"kind"})]
    parts += [_columns_by_feed(), _known_attributes()]
    return "\n".join(part for part in parts if part).rstrip() + "\n"


def _section(model: type[BaseModel], title: str) -> list[str]:
    own = inspect.cleandoc(vars(model).get("__doc__") or "")
    parts = [f"## `{title}`\n", f"{own}\n" if own else "", _table(model)]
    inside = {name: models_in(info.annotation) for name, info in model.model_fields.items()}
    for inner in dict.fromkeys(inner for models in inside.values() for inner in models):
        # A section that several keys hold is described once.
        holders = [name for name, info in model.model_fields.items() if info.annotation is inner]
        holders = holders or [name for name, models in inside.items() if inner in models]
        parts += _section(inner, f"{title}.{holders[0] if len(holders) == 1 else '<name>'}")
    return parts


def _table(model: type[BaseModel], skip: Collection[str] = ()) -> str:
    rows = [
        f"| `{name}` | {_type(info.annotation, info.metadata)} | {_default(info)} | {_line(info.description)} |"
        for name, info in model.model_fields.items()
        if name not in skip
    ]
    if not rows:
        return ""
    return "\n".join(["| key | type | default | meaning |", "| --- | --- | --- | --- |", *rows, ""])


def _line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _is_list(info: FieldInfo) -> bool:
    return get_origin(info.annotation) is tuple


def _keyed(name: str, info: FieldInfo) -> str:
    return f"{name}.<name>" if get_origin(info.annotation) is dict else name


def _type(annotation: Any, metadata: list[Any]) -> str:
    """A type as an editor of YAML would say it."""
    bounds = _bounds(metadata)
    return _type_words(annotation) + (f", {bounds}" if bounds else "")


def _type_words(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(inner[0], list(inner[1:]))
    if origin is Literal:
        return ", ".join(f"`{value}`" if value else "empty" for value in inner)
    if origin is tuple:
        items = [item for item in inner if item is not Ellipsis]
        if Ellipsis in inner:
            return "list of sections" if models_in(annotation) else f"list of {_type_words(items[0])}"
        return f"[{', '.join(_type_words(item) for item in items)}]"
    if origin is dict:
        return "name → section" if models_in(annotation) else f"name → {_type_words(inner[1])}"
    if origin in (Union, types.UnionType):
        return " or ".join(_type_words(item) for item in inner if item is not type(None))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    names = {"str": "text", "int": "whole number", "float": "number", "bool": "`true`, `false`", "date": "date"}
    return names.get(getattr(annotation, "__name__", ""), str(annotation))


def _bounds(metadata: list[Any]) -> str:
    words = []
    for item in metadata:
        for name, sign in (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤")):
            if (value := getattr(item, name, None)) is not None:
                words.append(f"{sign} {value:g}")
        if pattern := getattr(item, "pattern", None):
            words.append(f"`{pattern}`")
    return " and ".join(words)


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    default: Any = info.get_default(call_default_factory=True)
    if default is None:
        return "–"
    if isinstance(default, BaseModel):
        own = ", ".join(f"`{name}: {getattr(default, name):g}`" for name in sorted(default.model_fields_set))
        return own or "see below"
    if models_in(info.annotation):
        return ", ".join(f"`{item.kind}`" for item in default) or "none"
    if hasattr(default, "isoformat"):
        return f"`{default.isoformat()}`"
    text = json.dumps(default, ensure_ascii=False)
    return _line(f"`{text.strip(chr(34))}`") if text.strip('"') else "empty"


def _columns_by_feed() -> str:
    rows = []
    for feed, (required, allowed) in FEED_COLUMNS.items():
        optional = ", ".join(f"`{name}`" for name in sorted(allowed - required)) or "–"
        rows.append(f"| `{feed}` | {', '.join(f'`{name}`' for name in sorted(required))} | {optional} |")
    return "\n".join(
        [
            "## Unified columns by feed\n",
            "What `producers[].columns` or a mapping table may name.",
            "Attributes come on top for transactions and products.\n",
            "| feed | required | optional |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _known_attributes() -> str:
    rows = [f"| `{name}` | `{kind}` |" for name, kind in KNOWN_ATTRIBUTES.items()]
    return "\n".join(
        [
            "## Attributes known by name\n",
            "Any name may be used under `attributes`; it is single-valued unless it says `kind: multi`. These names",
            "have a kind of their own:\n",
            "| attribute | kind |",
            "| --- | --- |",
            *rows,
            "",
        ]
    )
