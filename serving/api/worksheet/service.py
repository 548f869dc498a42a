"""Worksheets: what planners are given to fill in, and what a filled-in one would do.

Belongs here: rows of a worksheet, and what each row that comes back says. Does not belong here: files (`files.py`),
rules (`dp_assets/domain/planning.py`), HTTP.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from serving.api.overrides.schemas import MOST_NUMBERS
from serving.api.overrides.selections import series_selected
from serving.api.overrides.service import Answer, hand_in, preview_of, wanted_shown
from serving.api.problems import BadParameterError, ProblemError, RefusedEditError
from serving.api.worksheet.files import Row, as_csv, as_xlsx, read
from serving.api.worksheet.schemas import WorksheetQuery
from serving.api.writing import Seen
from serving.desk import Desk, Reach

if TYPE_CHECKING:
    from dp_assets.domain.access import Principal
    from dp_assets.domain.planning import NumberToSet, PlannerNumber
    from dp_assets.planning import PlanningCycle
    from dp_resources.planning_once import Asked, Reply

VERSION = re.compile(r"(\d{4}-\d\d-\d\d)/(\d{1,18})")
TOLD = 20
"""Refused rows that an error names."""


def worksheet(desk: Desk, principal: Principal, query: WorksheetQuery) -> bytes:
    """The file of a worksheet.

    Raises:
        BadParameterError: there is no such level or bucket, or there are too many rows.
    """
    opened = desk.opened()
    reach, numbers = desk.reach(principal, opened), desk.numbers()
    frame = _asked(opened, reach, query)
    if len(frame) > MOST_NUMBERS:
        raise BadParameterError(
            f"expected at most {MOST_NUMBERS:,} rows, got {len(frame):,}: name fewer buckets, attributes, or a level"
        )
    last = max((change for one, change in numbers if reach.sees(one.hierarchy, one.node)), default=0)
    rows = list(_rows(opened, frame, [one for one, _ in numbers], f"{opened.cycle}/{last}"))
    return as_csv(rows) if query.format == "csv" else as_xlsx(rows)


def _asked(opened: PlanningCycle, reach: Reach, query: WorksheetQuery) -> pl.DataFrame:
    """hierarchy, level, node, bucket_start and units published of the rows asked for."""
    from dp_assets.domain.hierarchy import SERIES, configured_hierarchies

    hierarchy = query.hierarchy or configured_hierarchies(opened.config)[0].name
    frame = opened.units.filter((pl.col("hierarchy") == hierarchy) & (pl.col("level") == query.level))
    if frame.is_empty():
        levels = opened.units["level"].unique(maintain_order=True).sort().to_list()
        raise BadParameterError(f"level: expected one of {', '.join(levels)} of a hierarchy, got {query.level!r}")
    if query.attribute:
        if query.level != SERIES:
            raise BadParameterError("attribute: expected the level series, whose rows have attributes")
        frame = frame.filter(pl.col("node").is_in(series_selected(opened, query.attribute)))
    first = query.first or opened.starts[0]
    if first not in opened.starts:
        raise BadParameterError(f"first: expected a bucket of {opened.starts[0]} to {opened.starts[-1]}, got {first}")
    at = opened.starts.index(first)
    frame = frame.filter(pl.col("bucket_start").is_in(opened.starts[at:][: query.buckets]))
    if reach.inside is not None:
        frame = frame.filter(pl.col("node").is_in([node for name, node in reach.inside if name == hierarchy]))
    return frame.sort("node", "bucket_start")


def _rows(
    opened: PlanningCycle, frame: pl.DataFrame, numbers: list[PlannerNumber], version: str
) -> Iterator[tuple[object, ...]]:
    from dp_assets.domain.planning import holds

    holding = {(one.hierarchy, one.node, one.bucket_start): one for one in numbers if holds(one, opened.cutoff)}
    columns = ("hierarchy", "level", "node", "bucket_start", "units")
    for hierarchy, level, node, start, units in frame.select(columns).iter_rows():
        now = holding.get((hierarchy, node, start))
        said = (None, "") if now is None else (now.quantity, "yes" if now.locked else "no")
        yield (hierarchy, level, node, start.isoformat(), units, *said, None, "", "", "", version)


@dataclass(frozen=True)
class Filled:
    """A worksheet that came back.

    Attributes:
        changes: row, number to set, and the last change that it knows.
        refusals: rows that cannot be taken, as `Refusal`.
        unchanged: rows without a new quantity.
    """

    changes: list[tuple[int, NumberToSet, int]]
    refusals: list[Answer]
    unchanged: int


def filled(desk: Desk, reach: Reach, body: bytes) -> Filled:
    """What a worksheet says, row by row.

    Raises:
        BadParameterError: it cannot be read as one, or has too many rows.
    """
    opened, rows = desk.opened(), read(body)
    changed_at = {number.place: change for number, change in desk.numbers()}
    found = Filled([], [], sum(not row["new_quantity"] for _, row in rows))
    places: dict[str, int] = {}
    for at, row in rows:
        if not row["new_quantity"]:
            continue
        try:
            number, version = _number(opened, reach, row, changed_at)
            if (before := places.setdefault(number.place, at)) != at:
                raise BadParameterError(f"row {before} sets the same node and bucket")
            found.changes.append((at, number, version))
        except (ProblemError, _refused()) as error:
            reason = error.detail if isinstance(error, ProblemError) else str(error)
            found.refusals.append(
                {"row": at, "node": row["node"], "bucket_start": row["bucket_start"], "reason": reason}
            )
    return found


def _refused() -> type[Exception]:
    from dp_assets.domain.planning import EditRefusedError

    return EditRefusedError


def _number(opened: PlanningCycle, reach: Reach, row: Row, changed_at: dict[str, int]) -> tuple[NumberToSet, int]:
    """The number that a row sets, and the last change that it knows."""
    from dp_assets.domain.planning import Edit

    if column := next((name for name, text in row.items() if "\0" in text), None):
        raise BadParameterError(
            f"expected text as {column}, got one with the character U+0000, which no database keeps"
        )
    reach.check(opened, row["hierarchy"], row["node"], offer=False)
    version = VERSION.fullmatch(row["version"])
    if version is None:
        raise BadParameterError(f"expected the version that the worksheet came with, got {row['version']!r}")
    if version[1] != opened.cycle:
        raise BadParameterError(f"it is of cycle {version[1]}, but {opened.cycle} is current; fetch a new worksheet")
    edit = Edit(
        hierarchy=row["hierarchy"],
        node=row["node"],
        first=_day(row["bucket_start"]),
        buckets=1,
        quantity=_units(row["new_quantity"]),
        percent=None,
        locked=_said(row.get("lock", "")),
        reason_code=row["reason_code"],
        comment=row.get("comment", ""),
    )
    (number,) = opened.wanted(edit)
    if changed_at.get(number.place, 0) > int(version[2]):
        raise BadParameterError("the number was changed since the worksheet was made; fetch a new one")
    return number, int(version[2])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise BadParameterError(f"expected a day such as 2017-12-11 as bucket_start, got {text[:40]!r}") from None


def _units(text: str) -> float:
    try:
        units = float(text)
    except ValueError:
        units = math.nan
    if not math.isfinite(units) or units < 0:
        raise BadParameterError(f"expected units of at least 0 as new_quantity, got {text[:40]!r}")
    return units


def _said(text: str) -> bool:
    word = text.lower()
    if word in {"", "no", "n", "false", "0", "0.0"}:
        return False
    if word in {"yes", "y", "true", "x", "1", "1.0"}:
        return True
    raise BadParameterError(f"expected yes or no as lock, got {text[:40]!r}")


def preview(desk: Desk, principal: Principal, body: bytes) -> Answer:
    """The answer of `WorksheetPreview`."""
    opened = desk.opened()
    reach = desk.reach(principal, opened)
    found = filled(desk, reach, body)
    shown: Answer = {"effect": [], "conflicts": [], "advice": []}
    if found.changes:
        answer, _ = preview_of(desk, reach, [number for _, number, _ in found.changes], 0)
        shown = {name: answer[name] for name in shown}
    changes = [{**wanted_shown(number), "row": at} for at, number, _ in found.changes]
    told = {"changes": changes, "refusals": found.refusals, "unchanged": found.unchanged}
    return {"cycle": opened.cycle, **told, **shown}


def hand_in_worksheet(desk: Desk, principal: Principal, body: bytes, asked: Asked | None) -> Reply:
    """Sets, or proposes, every number of a worksheet, or none; the answer of `OverridesSet`.

    Raises:
        RefusedEditError: a row cannot be taken, or none has a new quantity.
    """
    opened = desk.opened()
    found = filled(desk, desk.reach(principal, opened), body)
    if found.refusals:
        told = "; ".join(f"row {one['row']}: {one['reason']}" for one in found.refusals[:TOLD])
        raise RefusedEditError(f"{len(found.refusals):,} rows cannot be taken, so none was: {told}")
    if not found.changes:
        raise RefusedEditError("expected at least one row with a new_quantity, got none")
    # The oldest version counts for all rows: what changed since then at one of them is not replaced.
    seen = Seen(min(version for _, _, version in found.changes), opened.cycle)
    return hand_in(desk, principal, [number for _, number, _ in found.changes], seen, asked)
