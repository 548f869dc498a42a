"""NDJSON, JSON arrays and documents: which rows and fields they hold, however deep.

Belongs here: paths into objects, lists that become rows. Does not belong here: encodings (`text_files.py`), what values
mean (`values.py`).

Names are dotted paths: `order.lines.sku` is the `sku` in the `lines` of the `order`. A key that itself holds dots is
found first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.detection import HEAD_BYTES
from dp_assets.domain.ingest.duckdb_tables import column_types, duckdb_frame, literal, quoted
from dp_assets.domain.ingest.sources import Table
from dp_assets.domain.ingest.text_files import as_utf8, refuse_endless_lines
from dp_assets.domain.producer_config import FileFormat, ReadLimits

SAMPLE = 1_000
"""Objects looked at to list a file's keys for people; useful keys are found wherever they stand."""


@dataclass(frozen=True)
class _Opening:
    """A JSON file as DuckDB opens it."""

    path: Path
    layout: str
    max_bytes: int

    def __str__(self) -> str:
        return (
            f"read_json({literal(self.path)}, format='{self.layout}', records='true', "
            f"maximum_object_size={self.max_bytes}"
        )


def read_json(
    path: Path,
    format_: FileFormat,
    records: str | None,
    encoding: str | None,
    limits: ReadLimits,
    wanted: Collection[str],
) -> Table:
    """The wanted fields of a JSON file as text; objects and lists as JSON text.

    Args:
        path: the file.
        format_: ndjson (an object per line) or json (an array, or objects of any layout).
        records: dotted path of the list whose elements are the rows; the objects themselves when None.
        encoding: declared encoding.
        limits: of the producer.
        wanted: dotted names.
    """
    names = list(dict.fromkeys(wanted))
    largest = limits.max_document_bytes if records else limits.max_line_bytes
    with as_utf8(path, encoding) as (readable, found):
        layout = _layout(readable, format_)
        if layout == "newline_delimited":
            refuse_endless_lines(readable, largest)
        opening = _Opening(readable, layout, max(1024, min(largest, readable.stat().st_size + 1)))
        if records is None and not any("." in name for name in names):
            frame = duckdb_frame(
                f"select {', '.join(quoted(name) for name in names)} from {opening}, "  # noqa: S608
                f"columns={column_types(names)})"
            )
        else:
            frame = duckdb_frame(_nested(opening, names, records))
        columns = _described(opening, records) if len(frame) else {}
    late = {name: "text" for name in names if name not in columns and frame[name].null_count() < len(frame)}
    columns |= late
    return frame.select(name for name in names if name in columns), columns, {"encoding": found}


def _layout(path: Path, format_: FileFormat) -> str:
    if format_ == "ndjson":
        return "newline_delimited"
    with path.open("rb") as file:
        if not file.read(HEAD_BYTES).lstrip().startswith(b"["):
            return "unstructured"
        file.seek(max(path.stat().st_size - HEAD_BYTES, 0))
        if not file.read().rstrip().endswith(b"]"):
            raise FileRejectedError("cannot be read as json: expected the array to end with ], it was cut off before")
    return "array"


def _nested(opening: _Opening, names: Sequence[str], records: str | None) -> str:
    """A query for dotted names, one row per element of the list at `records` where there is one.

    A document without the list, or with something else in its place, is one row: its fields are missing, and the row is
    rejected for that where they are needed. An empty list has no rows.
    """
    outer = [name for name in names if records is None or not name.startswith(f"{records}.")]
    keys = list(dict.fromkeys([*outer, *(_first(name) for name in (*outer, *([records] if records else [])))]))
    documents = f"select {', '.join(map(quoted, keys))} from {opening}, columns={column_types(keys, 'JSON')})"  # noqa: S608
    if records is None:
        fields = [f"{_text_at(name)} as {quoted(name)}" for name in names]
        return f"select {', '.join(fields)} from ({documents})"  # noqa: S608
    fields = [
        f"{_text_at(name) if name in outer else _element_text(name, records)} as {quoted(name)}" for name in names
    ]
    return (
        f"select {', '.join(fields)} from (select {', '.join(map(quoted, keys))}, "  # noqa: S608
        f"unnest({_elements(records)}) as __element__ from ({documents}))"
    )


def _elements(records: str) -> str:
    found = _json_at(records)
    return f"case when json_type({found}) = 'ARRAY' then from_json({found}, '[\"JSON\"]') else [null::JSON] end"


def _described(opening: _Opening, records: str | None) -> dict[str, str]:
    """Keys of the first objects → type, for people; keys of the elements under their paths."""
    described = duckdb_frame(
        f"select column_name, column_type from (describe select * from {opening}, "  # noqa: S608
        f"sample_size={SAMPLE}, maximum_depth=2, map_inference_threshold=-1))"
    )
    columns = {str(name): str(kind).lower() for name, kind in described.rows()}
    if records is None:
        return columns
    first = _first(records)
    keys = duckdb_frame(
        "select distinct unnest(json_keys(__element__)) as name from ("  # noqa: S608
        f"select unnest({_elements(records)}) as __element__ from {opening}, "
        f"columns={column_types([first], 'JSON')}) limit {SAMPLE}) where json_type(__element__) = 'OBJECT'"
    )
    return columns | {f"{records}.{name}": "text" for name in sorted(keys["name"].to_list())}


def _first(name: str) -> str:
    return name.partition(".")[0]


def _path(rest: str) -> str:
    return literal("$" + "".join(f".{_quoted_key(step)}" for step in rest.split(".")))


def _json_at(name: str) -> str:
    first, _, rest = name.partition(".")
    return f"json_extract({quoted(first)}, {_path(rest)})" if rest else quoted(first)


def _text_at(name: str) -> str:
    first, _, rest = name.partition(".")
    whole = f"({quoted(name)} ->> '$')"
    return f"coalesce({whole}, {quoted(first)} ->> {_path(rest)})" if rest else whole


def _element_text(name: str, records: str) -> str:
    rest = name.removeprefix(f"{records}.")
    exact = f"__element__ ->> {literal('$.' + _quoted_key(rest))}"
    return f"coalesce({exact}, __element__ ->> {_path(rest)})" if "." in rest else exact


def _quoted_key(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
