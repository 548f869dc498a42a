"""Corrections of attributes that people make on a screen, as a file that their producer would hand in.

Belongs here: which producer of the configuration takes such files, and their bytes. Does not belong here: where a file
lies (`serving/api/uploads`), what corrections mean (the SQL models `int_sku_corrections`, `sku_attributes`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dp_assets.domain.errors import DemandPlannerError
from dp_assets.domain.producer_config import FEED_COLUMNS, CsvOptions, Feed, ProducerConfig

FEED: Feed = "attribute_corrections"
HOW = (
    "name a producer with `feed: attribute_corrections` in demand.yaml that takes CSV files, with columns for sku, "
    "attribute and value under names of their own (CONTRIBUTING.md, Correct attributes of SKUs), and start the API anew"
)
"""What to do where no producer takes corrections."""


class CorrectionRefusedError(DemandPlannerError):
    """A correction cannot be written as its producer's files are."""


@dataclass(frozen=True)
class Correction:
    """What one attribute of a SKU is; a value of None says that nobody knows."""

    sku: str
    attribute: str
    value: str | None


@dataclass(frozen=True)
class CorrectionFiles:
    """How a producer's files of corrections look.

    Attributes:
        producer: its name.
        headers: unified column → column of the file; `sku`, `attribute` and `value` at least.
        csv: how its files are written.
    """

    producer: str
    headers: Mapping[str, str]
    csv: CsvOptions


def correction_files(producers: Sequence[ProducerConfig]) -> Iterator[CorrectionFiles]:
    """Every producer whose files of corrections can be written, in the order of the configuration."""
    needed, known = FEED_COLUMNS[FEED]
    for one in producers:
        headers = {
            name: source
            for name, source in one.columns.items()
            if name in known and isinstance(source, str) and not source.lstrip().startswith("=")
        }
        plain = one.csv.header_row == 1 and one.cross_reference is None and one.useful_columns is None
        if one.feed == FEED and one.format in ("auto", "csv") and plain and needed <= headers.keys():
            yield CorrectionFiles(one.name, headers, one.csv)


def correction_file(files: CorrectionFiles, corrections: Sequence[Correction], user: str, reason: str) -> bytes:
    """A file of corrections: a line per correction, as the producer's other files are written.

    Raises:
        CorrectionRefusedError: its encoding cannot write a value, or a line would be taken for a comment.
    """
    text, options = io.StringIO(), files.csv
    try:
        writer = csv.writer(
            text,
            delimiter=options.delimiter or ",",
            quotechar=options.quote or None,
            quoting=csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE,
            lineterminator="\n",
        )
        writer.writerow(files.headers.values())
        for one in corrections:
            said = {
                "sku": one.sku,
                "attribute": one.attribute,
                "value": one.value or "",
                "user": user,
                "reason": reason,
            }
            writer.writerow(said[name] for name in files.headers)
        if options.comment and any(line.startswith(options.comment) for line in text.getvalue().splitlines()):
            raise CorrectionRefusedError(f"a line would begin with {options.comment!r}, which marks comments there")
        return text.getvalue().encode(options.encoding or "utf-8")
    except (UnicodeEncodeError, csv.Error) as error:
        raise CorrectionRefusedError(f"files of {files.producer} cannot hold what is said: {error}") from error
