"""The simulated clock moves only forward, and only by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dp_assets.domain.errors import ConfigError
from dp_resources.clock import SimulatedClock, WallClock

NOON = datetime(2017, 12, 5, 12, tzinfo=UTC)


def test_a_set_time_stands_still(tmp_path: Path) -> None:
    clock = SimulatedClock(tmp_path / "state" / "clock.json")
    clock.set(NOON)
    assert clock.now() == NOON == SimulatedClock(clock.path).now()


def test_the_clock_does_not_go_back(tmp_path: Path) -> None:
    clock = SimulatedClock(tmp_path / "clock.json")
    clock.set(NOON)
    with pytest.raises(ConfigError, match="does not go back"):
        clock.set(NOON - timedelta(seconds=1))


def test_a_time_without_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a time with a zone"):
        SimulatedClock(tmp_path / "clock.json").set(NOON.replace(tzinfo=None))


def test_a_clock_that_was_never_set_says_how_to_set_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="dp clock set"):
        SimulatedClock(tmp_path / "clock.json").now()


def test_wall_time_has_a_zone() -> None:
    assert WallClock().now().tzinfo is UTC
