"""The clock: what time it is for the platform.

Belongs here: wall time, and the simulated time that demo, replay and soak runs move by hand.
Does not belong here: what follows from the time (`dp_assets/domain/buckets.py`).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from dp_assets.domain.errors import ConfigError
from dp_resources.settings import Settings


class Clock(Protocol):
    """Tells the time, in UTC."""

    def now(self) -> datetime: ...


class WallClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class SimulatedClock:
    """A time kept in a file of the state folder; it moves only forward, and only when told to."""

    path: Path

    def now(self) -> datetime:
        try:
            return datetime.fromisoformat(json.loads(self.path.read_text())["now"])
        except FileNotFoundError:
            raise ConfigError(
                f"the simulated clock {self.path} was never set; run `dp clock set <time>` or unset DP_CLOCK"
            ) from None
        except (ValueError, KeyError, TypeError):
            raise ConfigError(
                f'expected {{"now": "<time with zone>"}} in {self.path}, got {self.path.read_text()[:80]!r}; '
                "remove the file and run `dp clock set <time>`"
            ) from None

    def set(self, moment: datetime) -> None:
        """Sets the time. Raises ConfigError for a time without zone, or one before the present simulated time."""
        if moment.tzinfo is None:
            raise ConfigError(f"expected a time with a zone, e.g. 2017-12-05T12:00:00+00:00, got {moment}")
        if self.path.exists() and moment < self.now():
            raise ConfigError(f"the clock stands at {self.now()} and does not go back to {moment}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        staged = self.path.with_suffix(".tmp")
        staged.write_text(json.dumps({"now": moment.astimezone(UTC).isoformat()}))
        os.replace(staged, self.path)


def clock_of(settings: Settings) -> Clock:
    """The clock that the environment asks for."""
    return SimulatedClock(settings.state_dir / "clock.json") if settings.clock == "simulated" else WallClock()
