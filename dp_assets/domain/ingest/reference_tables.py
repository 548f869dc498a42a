"""Small CSV tables beside `demand.yaml`: reading them, and naming line and key of everything wrong in them.

Belongs here: headers, cells, numbers and dates of such tables. Does not belong here: what a table means (`mapping.py`,
`conversions.py`, `cross_reference.py`), producers' data files (`readers.py`).
"""

from __future__ import annotations

import csv
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from dp_assets.domain.errors import ConfigError

ALWAYS = date(1, 1, 1)
"""Valid from the beginning: what an empty `valid_from` means."""
SIZES = (1e-9, 1e9)
"""Factors outside are slips of a keyboard; converted numbers stay finite with those inside."""


@dataclass(frozen=True)
class Row:
    """One line of a table: its number in the file, and its cells by column.

    Cells have no blanks around them and are in Unicode normal form C, as values of data files are.
    """

    line: int
    cells: dict[str, str]


@dataclass
class ReferenceTable:
    """Rows of one table, and what is wrong with it, one sentence per mistake."""

    path: Path
    rows: list[Row] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)

    def wrong(self, line: int, key: str, text: str) -> None:
        """Notes a mistake: `units.csv:3: factor: expected a number above zero, got 'x'`."""
        self.mistakes.append(f"{self.path}:{line}: {key}: {text}")

    def check(self) -> None:
        """Raises ConfigError with every mistake noted, one per line, in the order of the file."""
        if self.mistakes:
            raise ConfigError("\n".join(self.mistakes))

    def text(self, row: Row, key: str) -> str:
        """A cell that must not be empty; an empty one is noted."""
        if not row.cells[key]:
            self.wrong(row.line, key, "expected a value, got nothing")
        return row.cells[key]

    def positive(self, row: Row, key: str) -> float:
        """A number above zero and in `SIZES`; 1 where it is none, which is noted."""
        try:
            number = float(row.cells[key].replace("_", "?"))
        except ValueError:
            number = math.nan
        smallest, largest = SIZES
        if smallest <= number <= largest:
            return number
        expected = f"expected a number above zero such as 12 or 0.5 (from {smallest:g} to {largest:g})"
        self.wrong(row.line, key, f"{expected}, got {row.cells[key]!r}")
        return 1.0

    def day(self, row: Row, key: str) -> date:
        """A date; `ALWAYS` where the cell is empty or the column missing, and where it is no date, which is noted."""
        text = row.cells.get(key, "")
        try:
            return date.fromisoformat(text) if text else ALWAYS
        except ValueError:
            self.wrong(row.line, key, f"expected a date as YYYY-MM-DD or nothing for always, got {text!r}")
            return ALWAYS


def read_table(
    path: Path, required: Sequence[str], optional: Sequence[str] = (), allow_others: bool = False
) -> ReferenceTable:
    """The rows of a CSV table; lines that are entirely empty are none.

    Args:
        path: UTF-8, fields between commas, the header on the first line.
        required: columns it must have.
        optional: columns it may have.
        allow_others: whether columns of other names are passed over instead of refused.

    Raises:
        ConfigError: the file is missing, is no UTF-8 text, or has another header.
    """
    form = ",".join(required) + "".join(f"[,{name}]" for name in optional)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: expected a table, but there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path}: expected a CSV with the header {form} in UTF-8, got something else ({error})"
        ) from error
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    table = ReferenceTable(path)
    try:
        header = [name.strip() for name in next(reader, [])]
        others = [name for name in header if name not in {*required, *optional}]
        twice = len(set(header)) < len(header)
        if not set(required) <= set(header) or twice or (others and not allow_others):
            raise ConfigError(f"{path}:1: expected a CSV with the header {form}, got {','.join(header)!r}")
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(header):
                table.wrong(reader.line_num, header[-1], f"expected {len(header)} fields, got {len(cells)}")
            padded = [*cells, *[""] * (len(header) - len(cells))]
            cleaned = (unicodedata.normalize("NFC", cell.strip()) for cell in padded)
            table.rows.append(Row(reader.line_num, dict(zip(header, cleaned, strict=False))))
    except csv.Error as error:
        raise ConfigError(f"{path}:{reader.line_num}: expected a CSV with the header {form}, got {error}") from error
    return table
