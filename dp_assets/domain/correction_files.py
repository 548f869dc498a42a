"""Corrections of attributes that people make on a screen, as a file that their producer would hand in.

Belongs here: which producer of the configuration takes such files, their bytes, and whether these are read as they were
meant. Does not belong here: where a file lies (`serving/api/uploads`), what corrections mean (the SQL models
`int_sku_corrections`, `sku_attributes`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from dp_assets.domain.errors import DemandPlannerError, FileRejectedError
from dp_assets.domain.producer_config import FEED_COLUMNS, CsvOptions, Feed, ProducerConfig

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig

FEED: Feed = "attribute_corrections"
HOW = (
    "name a producer with `feed: attribute_corrections` in demand.yaml that takes CSV files, with columns for sku, "
    "attribute and value under names of their own (CONTRIBUTING.md, Correct attributes of SKUs), and start the API anew"
)
"""What to do where no producer takes corrections."""
Row = tuple[str, str, str | list[str] | None]
"""SKU, attribute and value, which is a list for a multi-label attribute."""


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


def check_read(path: Path, producer: ProducerConfig, config: DemandConfig, wanted: Sequence[Correction]) -> None:
    """Reads a file of corrections as its producer's files are read, and compares what comes with what was wanted.

    Blanks around values, and the Unicode form of letters, may differ: they do in every file.

    Raises:
        CorrectionRefusedError: something else would count than what was wanted.
    """
    try:
        read = _read(path, producer, config)
    except FileRejectedError as error:
        raise CorrectionRefusedError(f"files of {producer.name} cannot hold what is said: {error}") from error
    for one, got in zip_longest(wanted, read):
        if one is None or got is None or not _is_meant(one, got, config):
            said = "nothing" if one is None else f"{one.value!r} as {one.attribute} of {one.sku!r}"
            raise CorrectionRefusedError(
                f"files of {producer.name} cannot hold what is said: {said} would be read as {got}; leave line breaks "
                "out, and say null where nobody knows the value"
            )


def _read(path: Path, producer: ProducerConfig, config: DemandConfig) -> list[Row]:
    """Corrections that count, in the order of their rows."""
    from dp_assets.domain.ingest.mapping import useful_columns
    from dp_assets.domain.ingest.mapping_entries import source_columns
    from dp_assets.domain.ingest.readers import detect_file, read_source
    from dp_assets.domain.ingest.unified import FileHeader
    from dp_assets.domain.ingest.unify import unify

    mapping = useful_columns(producer, config)
    source = read_source(path, detect_file(path, producer), producer, source_columns(mapping))
    header = FileHeader("asked", producer.name, datetime.now(UTC))
    rows = unify(source, mapping, producer, config, header).rows.sort("row_number")
    return [(row["sku"], row["attribute"], row["labels"] or row["value"]) for row in rows.iter_rows(named=True)]


def _is_meant(one: Correction, row: Row, config: DemandConfig) -> bool:
    """Whether a row says what is wanted, the value taken as every file's values are: text without blanks around it, or
    the labels of a list."""
    import polars as pl

    from dp_assets.domain.ingest.values import labels, texts

    given, attribute = pl.Series([one.value], dtype=pl.String), config.attributes[one.attribute]
    is_list = attribute.kind == "multi"
    taken = labels(given, attribute.separator).list.sort() if is_list else texts(given)
    value = taken.to_list()[0]
    return row == (one.sku, one.attribute, value) and (value is None) == (one.value is None)
