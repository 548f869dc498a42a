"""One line of a benchmark's table, and how tables are shown and kept.

Belongs here: what every benchmark shares. Does not belong here: measuring anything.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

OUT = Path(__file__).parent / "out"


@dataclass(frozen=True)
class Finding:
    """One line of the table: a value, what it is measured against, the bar, and whether it holds."""

    name: str
    value: float
    unit: str
    peer: str
    bar: str
    holds: bool


def at_most(name: str, value: float, peer: str, bar: float) -> Finding:
    """A ratio that must not be above its bar."""
    return Finding(name, round(value, 3), "ratio", peer, f"<= {bar}", value <= bar)


def at_least(name: str, value: float, peer: str, bar: float) -> Finding:
    """A ratio that must not be below its bar."""
    return Finding(name, round(value, 3), "ratio", peer, f">= {bar}", value >= bar)


def share(name: str, value: float, peer: str) -> Finding:
    """A ratio without a bar, for the picture."""
    return Finding(name, round(value, 3), "ratio", peer, "", True)


def say(table: list[Finding]) -> None:
    """Prints lines, so that a long benchmark has said what it found before it ends."""
    for one in table:
        print(f"{one.name:56} {one.value:7.3f}  {one.bar:8} {_verdict(one):7} against {one.peer}", flush=True)


def show(table: list[Finding], benchmark: str) -> None:
    """Prints the table and writes it to benchmarks/out/<benchmark>.json."""
    say(table)
    OUT.mkdir(parents=True, exist_ok=True)
    out = OUT / f"{benchmark}.json"
    out.write_text(json.dumps([asdict(one) for one in table], indent=1) + "\n")
    print(f"written to {out}")


def _verdict(one: Finding) -> str:
    if not one.bar:
        return ""
    return "holds" if one.holds else "MISSED"
