from __future__ import annotations

import doctest

from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

import serving.api.answers
from serving.api.answers import etag, is_known

VERSIONS = st.text("0123456789abcdef", min_size=64, max_size=64)
QUESTIONS = st.tuples(st.text(max_size=8), st.integers(1, 60), st.lists(st.integers(1, 99), max_size=4).map(tuple))


def asking(given: bytes | None) -> Request:
    headers = [] if given is None else [(b"host", b"here"), (b"if-none-match", given)]
    return Request({"type": "http", "headers": headers})


def test_the_example_in_the_documentation_holds() -> None:
    assert doctest.testmod(serving.api.answers).failed == 0


@given(one=st.tuples(VERSIONS, QUESTIONS), other=st.tuples(VERSIONS, QUESTIONS))
def test_an_answer_is_known_exactly_when_data_and_question_are_the_same(
    one: tuple[str, object], other: tuple[str, object]
) -> None:
    tag, same = etag(*one), etag(*one)  # type: ignore[arg-type]
    different = etag(*other)  # type: ignore[arg-type]
    assert is_known(asking(tag.encode()), same.encode())
    assert is_known(asking(tag.encode()), different.encode()) == (one == other)


def test_one_of_several_tags_is_enough_and_no_tag_is_none() -> None:
    assert is_known(asking(b'"a", W/"b" , "c"'), b'"b"')
    assert not is_known(asking(b'"a", "bb"'), b'"b"')
    assert not is_known(asking(b"*"), b'"b"')
    assert not is_known(asking(None), b'"b"')
