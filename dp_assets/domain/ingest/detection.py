"""What format a file is, judged by its first bytes.

Belongs here: magic numbers and the look of text. Does not belong here: reading the file (`readers.py`).
Names are not trusted: producers rename exports, and a landing folder has no suffix to go by.
"""

from __future__ import annotations

import re

from dp_assets.domain.config import FileFormat
from dp_assets.domain.errors import FileRejectedError

HEAD_BYTES = 65_536
"""How much of a file detection needs to see."""
BINARY_FORMATS: tuple[FileFormat, ...] = ("parquet", "arrow", "xlsx")
FOREIGN_MAGIC: dict[bytes, str] = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xd0\xcf\x11\xe0": "the old Excel format (.xls)",
    b"%PDF": "PDF",
    b"PK\x03\x04": "a zip archive",
}
WORKBOOK_PARTS = (b"[Content_Types].xml", b"xl/", b"docProps/", b"_rels/")
ARROW_STREAM_START = b"\xff\xff\xff\xff"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def sniff(head: bytes) -> FileFormat | None:
    """Format by content alone; None when it is nothing that can be read.

    >>> sniff(b"PAR1...."), sniff(b' [ {"sku": 1}'), sniff(b'{"sku": 1}'), sniff(b"sku;day;qty")
    ('parquet', 'json', 'ndjson', 'csv')
    """
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"ARROW1", ARROW_STREAM_START)):
        return "arrow"
    if head.startswith(b"PK\x03\x04") and any(part in head for part in WORKBOOK_PARTS):
        return "xlsx"
    if any(head.startswith(magic) for magic in FOREIGN_MAGIC) or not head.removeprefix(BYTE_ORDER_MARK).strip():
        return None
    text = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    if re.match(rb"\[\s*([{\]]|\Z)", text):
        return "json"
    if re.match(rb"\{\s*(\"|\}|\Z)", text):
        return "ndjson"
    return None if b"\0" in head else "csv"


def describe(head: bytes) -> str:
    """What unreadable bytes look like, for people."""
    if not head.strip():
        return "an empty file"
    return next((name for magic, name in FOREIGN_MAGIC.items() if head.startswith(magic)), "unknown binary data")


def detect(head: bytes, declared: FileFormat | str = "auto", encoding: str = "utf-8") -> FileFormat:
    """Format to read a file as.

    Args:
        head: its first HEAD_BYTES bytes.
        declared: the producer's format, or `auto`.
        encoding: the producer's text encoding; UTF-16 and UTF-32 text holds zero bytes.

    Raises:
        FileRejectedError: the content is of no readable format, or contradicts the declared one.
    """
    wide_text = encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))
    found = sniff(head)
    if found is None and wide_text and head:
        found = "csv"
    if declared == "auto":
        if found is None:
            raise FileRejectedError(
                f"expected CSV, Parquet, Arrow, NDJSON, JSON or XLSX, found {describe(head)}; "
                "hand in the file again, unpacked and in one of these formats"
            )
        return found
    return _agreed(declared, found, head)


def _agreed(declared: str, found: FileFormat | None, head: bytes) -> FileFormat:
    format_: FileFormat = declared  # type: ignore[assignment]
    contradicts = found != format_ if format_ in BINARY_FORMATS else found in BINARY_FORMATS
    unreadable_text = found is None and format_ not in BINARY_FORMATS and bool(head.strip())
    if contradicts or unreadable_text:
        raise FileRejectedError(
            f"expected {format_} as the producer declares, found {found or describe(head)}; "
            "correct `format` of the producer, or hand in the right file"
        )
    return format_
