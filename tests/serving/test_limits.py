"""Tokens that come back at a rate: what limits requests and guesses."""

from __future__ import annotations

from serving.api.limits import Buckets


def test_tokens_come_back_at_their_rate_and_never_more_than_a_burst() -> None:
    now = [0.0]
    buckets = Buckets(2.0, 3.0, clock=lambda: now[0])
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] = 0.5
    assert [buckets.take("a"), buckets.take("a")] == [0, 0.5]
    now[0] = 100.0
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b") == 0


def test_no_more_are_kept_than_the_most() -> None:
    buckets = Buckets(1.0, 1.0, most=3)
    for number in range(10):
        assert buckets.take(number) == 0
    assert len(buckets._kept) == 3


def test_a_token_that_is_given_back_can_be_taken_again() -> None:
    buckets = Buckets(0.001, 1.0)
    assert buckets.take("a") == 0
    buckets.give_back("a")
    buckets.give_back("never")
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0
