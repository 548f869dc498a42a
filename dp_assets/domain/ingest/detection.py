"""What a file is, judged by its first bytes: compression, format, text encoding.

Belongs here: magic numbers and the look of text. Does not belong here: unpacking (`archives.py`), reading the file
(`readers.py`). Names are not trusted: producers rename exports, and a landing folder has no suffix to go by.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import orjson

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.producer_config import FileFormat

Compression = Literal["gz", "bz2", "zst", "zip"]

HEAD_BYTES = 65_536
"""How much of a file detection needs to see."""
WORKBOOK_FORMATS: tuple[FileFormat, ...] = ("xlsx", "xls", "ods")
BINARY_FORMATS: tuple[FileFormat, ...] = ("parquet", "arrow", *WORKBOOK_FORMATS)
ZIP_START = b"PK\x03\x04"
EMPTY_ZIP_START = b"PK\x05\x06"
WORKBOOK_PARTS = (b"xl/", b"docProps/", b"_rels/")
COMPRESSION_STARTS: dict[bytes, Compression] = {
    b"\x1f\x8b": "gz",
    b"\x28\xb5\x2f\xfd": "zst",
    ZIP_START: "zip",
    EMPTY_ZIP_START: "zip",
}
BZIP2_START = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
FOREIGN_STARTS: dict[bytes, str] = {
    b"%PDF": "PDF",
    b"\xfd7zXZ\x00": "an xz archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"Obj\x01": "Avro",
    b"ORC": "ORC",
    b"SQLite format 3\x00": "an SQLite database",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}
TAR_MARK, TAR_MARK_AT = b"ustar", 257
OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ODS_MARK = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
ARROW_STREAM_START = b"\xff\xff\xff\xff"
BYTE_ORDER_MARK = codecs.BOM_UTF8
BYTE_ORDER_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Marks and codecs that swallow them; those of UTF-32 first, because one of UTF-16 begins like it."""


@dataclass(frozen=True)
class FileKind:
    """What a file is.

    Attributes:
        format: format of its data.
        compression: how it is packed; None where it lies open.
    """

    format: FileFormat
    compression: Compression | None = None

    def __str__(self) -> str:
        return f"{self.format}+{self.compression}" if self.compression else self.format


def compression(head: bytes) -> Compression | None:
    """How a file is packed. Workbooks, which are zip archives of a fixed layout, count as zip here."""
    if BZIP2_START.match(head):
        return "bz2"
    return next((name for start, name in COMPRESSION_STARTS.items() if head.startswith(start)), None)


def workbook_format(members: Collection[str], head: bytes) -> FileFormat | None:
    """Format of the workbook that a zip archive is; None when it is an archive like any other.

    Args:
        members: names in the archive.
        head: its first bytes.

    Raises:
        FileRejectedError: an office document that is no readable workbook.
    """
    if "xl/workbook.xml" in members:
        return "xlsx"
    if ODS_MARK in head[:256]:
        return "ods"
    if "[Content_Types].xml" in members or "content.xml" in members:
        kind = "a binary Excel workbook (.xlsb)" if "xl/workbook.bin" in members else "an office document"
        raise FileRejectedError(f"expected data, found {kind} that is no XLSX or ODS workbook; save it as XLSX or CSV")
    return None


def starts_as_workbook(head: bytes) -> bool:
    """Whether a zip archive opens with a part of a workbook, as far as its first bytes tell.

    An archive that holds a workbook opens with the workbook's own name.
    """
    if not head.startswith(ZIP_START) or len(head) < 30:
        return False
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    return name == b"[Content_Types].xml" or name.startswith(WORKBOOK_PARTS) or ODS_MARK in head[:256]


def text_encoding(head: bytes, declared: str | None = None) -> str:
    """Python codec of a text: by its byte order mark, as declared, or by where its zero bytes are; UTF-8 otherwise.

    No single-byte encoding is ever guessed: every byte is a letter in each of them, so a wrong guess would change names
    in silence.

    >>> text_encoding("a;b".encode("utf-16")), text_encoding("a;b;c;d".encode("utf-16-be")), text_encoding(b"a;b")
    ('utf-16', 'utf-16-be', 'utf-8')
    """
    marked = next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)
    if marked is not None or declared is not None:
        return marked or declared or "utf-8"
    sample = head[:1024]
    even, odd, half = sample[::2].count(0), sample[1::2].count(0), len(sample) // 2
    if half and even == 0 and odd > 0.8 * half:
        return "utf-16-le"
    return "utf-16-be" if half and odd == 0 and even > 0.8 * half else "utf-8"


def as_text(head: bytes, declared: str | None = None) -> bytes:
    """The first bytes of a text in UTF-8 and without a byte order mark, whatever its encoding.

    Raises:
        FileRejectedError: Python knows no such encoding.
    """
    encoding = text_encoding(head, declared)
    if is_utf8(encoding):
        return head.removeprefix(BYTE_ORDER_MARK)
    require_encoding(encoding)
    return codecs.getincrementaldecoder(encoding)("replace").decode(head).encode("utf-8", "replace")


def is_utf8(encoding: str) -> bool:
    """Whether a codec's text can be read as UTF-8."""
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii")


def require_encoding(encoding: str) -> None:
    """Checks that a codec exists and gives text.

    Raises:
        FileRejectedError: it does not.
    """
    try:
        (b" " * 4).decode(encoding, "replace")
    except (LookupError, ValueError) as error:
        raise FileRejectedError(
            f"expected a text encoding that Python knows, got {encoding!r}; correct `csv.encoding`"
        ) from error


def sniff(head: bytes, encoding: str | None = None) -> FileFormat | None:
    """Format of an unpacked file by content alone; None when it is nothing that can be read.

    >>> sniff(b"PAR1...."), sniff(b' [ {"sku": 1}'), sniff(b'{"sku": 1}'), sniff(b"sku;day;qty")
    ('parquet', 'json', 'ndjson', 'csv')
    """
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"ARROW1", ARROW_STREAM_START)):
        return "arrow"
    if head.startswith(OLE_START):
        return "xls"
    if starts_as_workbook(head):
        return "ods" if ODS_MARK in head[:256] else "xlsx"
    if foreign(head) is not None or compression(head) is not None:
        return None
    text = as_text(head, encoding).lstrip()
    if not text.strip() or b"\0" in text:
        return None
    if re.match(rb"\[\s*([{\]]|\Z)", text):
        return "json"
    if re.match(rb"\{\s*(\"|\}|\Z)", text):
        return "ndjson" if _is_object_per_line(text) else "json"
    return "csv"


def _is_object_per_line(text: bytes) -> bool:
    """Whether the first line is an object by itself, or too long to see its end."""
    first, line_break, _ = text.partition(b"\n")
    if not line_break:
        return True
    try:
        return isinstance(orjson.loads(first), dict)
    except orjson.JSONDecodeError:
        return False


def foreign(head: bytes) -> str | None:
    """Name of a format that is known and cannot be read."""
    if head[TAR_MARK_AT : TAR_MARK_AT + len(TAR_MARK)] == TAR_MARK:
        return "a tar archive"
    # Programs start with two letters that a header may start with, too.
    named = (name for start, name in FOREIGN_STARTS.items() if head.startswith(start))
    return next((name for name in named if name != "a program" or b"\0" in head), None)


def describe(head: bytes) -> str:
    """What unreadable bytes look like, for people."""
    if not as_text(head).strip():
        return "an empty file"
    packed = compression(head)
    return f"a {packed} archive" if packed else foreign(head) or "unknown binary data"


def detect(head: bytes, declared: FileFormat | str = "auto", encoding: str | None = None) -> FileFormat:
    """Format to read an unpacked file as.

    Args:
        head: its first HEAD_BYTES bytes.
        declared: the producer's format, or `auto`.
        encoding: the producer's text encoding, where it declares one.

    Raises:
        FileRejectedError: the content is of no readable format, or contradicts the declared one.
    """
    found = sniff(head, encoding)
    if declared == "auto":
        if found is None:
            raise FileRejectedError(
                f"expected CSV, Parquet, Arrow, NDJSON, JSON, XLSX, XLS or ODS, found {describe(head)}; "
                "hand in the file again in one of these formats"
            )
        return found
    return agreed(declared, found, head)


def agreed(declared: str, found: FileFormat | None, head: bytes) -> FileFormat:
    """The declared format, where the content does not contradict it."""
    format_: FileFormat = declared  # type: ignore[assignment]
    contradicts = found != format_ if format_ in BINARY_FORMATS else found in BINARY_FORMATS
    unreadable_text = found is None and format_ not in BINARY_FORMATS and bool(as_text(head).strip())
    if contradicts or unreadable_text:
        raise FileRejectedError(
            f"expected {format_} as the producer declares, found {found or describe(head)}; "
            "correct `format` of the producer, or hand in the right file"
        )
    return format_
