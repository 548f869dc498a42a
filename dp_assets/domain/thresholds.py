"""What a configuration judges by, as a list that can be read: key, value, meaning, and what it is when left out.

Belongs here: walking through sections. Does not belong here: the settings (`config.py` and its neighbours), judging.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.config_section import Section

JUDGING = ("exceptions", "quality", "outliers", "stockouts", "low_volume", "intervals", "thresholds", "drift", "alerts")
"""Sections by which something is called odd, held back, left out, widened, trained again or told of."""
NOT_JUDGING = frozenset(f"alerts.{name}" for name in ("channels", "routes", "owner", "owners", "runbooks_url"))
"""Settings of these sections that say whom something is told, and not when."""
REFERENCE = "docs/configuration.md"
RUNBOOKS = "/runbooks"
Value = str | float | bool | list[Any] | None


@dataclass(frozen=True)
class Threshold:
    """One setting.

    Attributes:
        key: as it stands in `demand.yaml`, with dots between sections.
        value: what holds.
        usual: what holds where it is left out; None where there is no such value.
        meaning: in words.
    """

    key: str
    value: Value
    usual: Value
    meaning: str


def thresholds(config: DemandConfig) -> list[Threshold]:
    """Every setting that something is judged by, section by section."""
    fields = type(config).model_fields
    return [one for name in JUDGING for one in _settings(name, getattr(config, name), fields[name].get_default(), "")]


def _settings(key: str, section: Section, usual: Section | None, about: str) -> Iterator[Threshold]:
    """Settings of a section.

    Args:
        key: of the section.
        section: what holds.
        usual: what holds where it is left out; None where nothing does.
        about: what the section is about, in front of what its settings mean.
    """
    for name, field in type(section).model_fields.items():
        if f"{key}.{name}" in NOT_JUDGING:
            continue
        value, default = getattr(section, name), None if usual is None else getattr(usual, name)
        meaning = " ".join((field.description or "").split())
        inner = value if isinstance(value, Mapping) else {"": value}
        for part, one in inner.items():
            place = ".".join(filter(None, (key, name, part)))
            if isinstance(one, Section):
                yield from _settings(place, one, default if isinstance(default, Section) else None, meaning)
            else:
                yield Threshold(place, _plain(one), _plain(default), " ".join(filter(None, (about, meaning))))


def reference_of(config: DemandConfig) -> str:
    """Where every key is described: an address beside that of the runbooks where `alerts.runbooks_url` is one such as
    https://wiki.example.com/docs/runbooks/, else the file."""
    base = config.alerts.runbooks_url.rstrip("/")
    known = base.startswith(("https://", "http://")) and base.endswith(RUNBOOKS)
    return base.removesuffix(RUNBOOKS) + REFERENCE.removeprefix("docs") if known else REFERENCE


def _plain(value: Any) -> Value:
    if isinstance(value, (tuple, list)):
        return list(value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else None
