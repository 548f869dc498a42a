"""The garbage collector rests as long as it should, and no longer."""

from __future__ import annotations

import gc

import pytest

from dp_resources import collector


def test_the_collector_works_again_after_a_rest_and_after_a_failure() -> None:
    with collector.at_rest():
        assert not gc.isenabled()
        with collector.at_rest():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="half way"), collector.at_rest():
        raise ValueError("half way")
    assert gc.isenabled()


def test_a_collector_that_was_switched_off_stays_off() -> None:
    gc.disable()
    try:
        with collector.at_rest():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_is_there_is_set_aside_only_as_long_as_the_work_goes_on() -> None:
    assert gc.get_freeze_count() == 0
    with collector.set_aside():
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0
