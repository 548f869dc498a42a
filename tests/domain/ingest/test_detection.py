"""Formats are told by content."""

from __future__ import annotations

import pytest

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.detection import HEAD_BYTES, detect
from tests.landed import FORMATS, encode, make_rows


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_is_told_by_its_content(format_: str) -> None:
    assert detect(encode(make_rows(), format_)[:HEAD_BYTES]) == format_


def test_an_arrow_stream_is_arrow() -> None:
    import io

    buffer = io.BytesIO()
    make_rows().write_ipc_stream(buffer)
    assert detect(buffer.getvalue()) == "arrow"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x1f\x8b\x08rest", "a gz archive"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04 some other archive", "a zip archive"),
        (b"x" * 257 + b"ustar\x0000", "a tar archive"),
        (b"MZ\x90\x00\x03", "a program"),
        (b"", "an empty file"),
        (b"  \n\n", "an empty file"),
        (b"\x00\x01\x02\x03" * 9, "unknown binary data"),
    ],
)
def test_what_cannot_be_read_is_rejected_by_name(head: bytes, name: str) -> None:
    with pytest.raises(FileRejectedError, match=name):
        detect(head)


def test_content_that_contradicts_the_declared_format_is_rejected() -> None:
    with pytest.raises(FileRejectedError, match="expected parquet as the producer declares, found csv"):
        detect(b"a,b\n1,2\n", "parquet")
    with pytest.raises(FileRejectedError, match="expected csv as the producer declares, found xlsx"):
        detect(encode(make_rows(), "xlsx")[:HEAD_BYTES], "csv")


def test_a_declared_text_format_is_believed_where_the_text_could_be_either() -> None:
    assert detect(b'{"a": 1}\n', "json") == "json"
    assert detect(b"[x];[y]\n1;2\n", "csv") == "csv"


def test_utf_16_text_is_no_binary_data() -> None:
    head = "a,b\n1,2\n".encode("utf-16")
    assert detect(head, encoding="utf-16") == detect(head) == "csv"
    assert detect("a,b\n1,2\n".encode("utf-16-le")) == "csv"
    assert detect('{"a": 1}\n'.encode("utf-16-be")) == "ndjson"
