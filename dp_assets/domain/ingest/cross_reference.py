"""A producer's own SKU codes → the SKUs of the business, with old SKUs that newer ones replace from a date on.

Belongs here: the cross-reference table, chains in it, what a code stands for on a day.
Does not belong here: reading CSV (`reference_tables.py`), which column holds the code (`mapping.py`).

A line without a date holds always: that is a translation. A line with a date is a supersession: sales from that date on
count for the newer SKU, sales before it for the old one. Lines are followed until a SKU stands in no line that holds,
so that looking up what was looked up changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import polars as pl

from dp_assets.domain.ingest.conversions import newest_valid
from dp_assets.domain.ingest.reference_tables import ALWAYS, ReferenceTable, read_table

Links = Mapping[str, tuple[tuple[date, str], ...]]
"""Code → from which date it leads to which code, ascending."""


@dataclass(frozen=True)
class CrossReference:
    """What codes stand for, chains followed to their end.

    Attributes:
        name: the file, for messages.
        spans: (code, first business date, SKU): the newest one at or before a day holds on it.
        whole_history: whether the newest SKU holds on every day.
    """

    name: str
    spans: tuple[tuple[str, date, str], ...] = field(repr=False)
    whole_history: bool = False

    @cached_property
    def dated(self) -> pl.DataFrame:
        """Columns code, valid_from and sku, ascending by date."""
        schema = {"code": pl.String, "valid_from": pl.Date, "sku": pl.String}
        return pl.DataFrame(self.spans, schema=schema, orient="row").sort("valid_from")

    @cached_property
    def undated(self) -> pl.DataFrame:
        """Columns code and sku: what holds on every day, or, without the whole history, in lines without a date."""
        if self.whole_history:
            return self.dated.group_by("code", maintain_order=True).agg(pl.col("sku").last())
        return self.dated.filter(pl.col("valid_from") == ALWAYS).select("code", "sku")

    def resolve(self, codes: pl.Series, days: pl.Series | None = None) -> pl.Series:
        """SKUs (R) that codes stand for on days; a code without a line is a SKU already, null stays null.

        Args:
            codes: text (R).
            days: business dates (R); None for things without a date, to which only lines without one apply.
        """
        if days is None or self.whole_history or self.dated["valid_from"].max() == ALWAYS:
            rows = pl.DataFrame({"code": codes}).join(self.undated, on="code", how="left", maintain_order="left")
            found = rows["sku"]
        else:
            found = newest_valid(self.dated, "code", "sku", codes, days.fill_null(ALWAYS))
        return found.zip_with(found.is_not_null(), codes).alias(codes.name)


def read_cross_reference(path: Path, whole_history: bool = False) -> CrossReference:
    """A cross-reference table: header `source_sku,sku` and optionally `valid_from`.

    Raises:
        ConfigError: it is missing or wrong, or codes lead back to themselves; one line per mistake.
    """
    table = read_table(path, ["source_sku", "sku"], ["valid_from"])
    links: dict[str, dict[date, str]] = {}
    lines: dict[tuple[str, date], int] = {}
    for row in table.rows:
        code, sku, day = table.text(row, "source_sku"), table.text(row, "sku"), table.day(row, "valid_from")
        if (code, day) in lines:
            since = row.cells.get("valid_from") or "always"
            again = f"{code!r} from {since} again (line {lines[code, day]})"
            table.wrong(row.line, "source_sku", f"expected one SKU per code and date, got {again}; keep one")
        links.setdefault(code, {}).setdefault(day, sku)
        lines.setdefault((code, day), row.line)
    ordered = {code: tuple(sorted(found.items())) for code, found in links.items()}
    spans = [span for code in ordered for span in _spans(code, ordered, table, lines)]
    table.check()
    return CrossReference(path.name, tuple(sorted(spans)), whole_history)


def _spans(
    code: str, links: Links, table: ReferenceTable, lines: Mapping[tuple[str, date], int]
) -> Iterable[tuple[str, date, str]]:
    """What a code stands for from each date on at which that changes; notes it when it leads back to itself."""
    previous: str | None = None
    for day in sorted(_days(code, links)):
        path, here = [code], _leads_to(code, day, links)
        while here is not None and here != path[-1]:
            path.append(here)
            if here in path[:-1]:
                if here == code == min(path):
                    _note_cycle(path, day, links, table, lines)
                return
            here = _leads_to(here, day, links)
        if path[-1] != previous and (previous is not None or path[-1] != code or day == ALWAYS):
            yield code, day, path[-1]
        previous = path[-1]


def _days(code: str, links: Links) -> set[date]:
    """Dates at which something changes on any way that starts at a code."""
    seen, left, days = {code}, [code], set[date]()
    while left:
        for day, sku in links.get(left.pop(), ()):
            days.add(day)
            if sku not in seen:
                seen.add(sku)
                left.append(sku)
    return days


def _leads_to(code: str, day: date, links: Links) -> str | None:
    found = links.get(code, ())
    place = bisect_right(found, day, key=lambda link: link[0])
    return found[place - 1][1] if place else None


def _note_cycle(
    path: list[str], day: date, links: Links, table: ReferenceTable, lines: Mapping[tuple[str, date], int]
) -> None:
    since = max(one for one, _ in links[path[0]] if one <= day)
    when = "" if day == ALWAYS else f" from {day} on"
    chain = " → ".join(path)
    hint = "remove one, or let a code lead to itself where it is to count again"
    table.wrong(lines[path[0], since], "sku", f"expected lines that end at a SKU, got the circle {chain}{when}; {hint}")
