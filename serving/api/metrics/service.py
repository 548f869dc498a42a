"""What the process tells Prometheus. Does not belong here: HTTP, counting (`meter.py`)."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from itertools import accumulate
from typing import TYPE_CHECKING

from dp_assets.domain.errors import ConfigError
from dp_resources.settings import Settings
from serving.api.authentication import Gate
from serving.api.meter import BOUNDS, Meter, Tally
from serving.library import Library

if TYPE_CHECKING:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    from prometheus_client.metrics_core import Metric

ROUTE = ["route", "method"]
REFUSED = ("key", "token", "password", "credential")


@dataclass(frozen=True)
class Measured:
    """What is counted, at one moment.

    Attributes:
        tallies: requests by route, method and class of status.
        in_flight: requests being answered, this one included.
        loads, refusals: bundles put into service, and refused.
        problem: whether a newer bundle is in the lake that cannot be served.
        pinned: whether somebody rolled back.
        refused: sign-ins refused, by what was shown.
        cycle, bundle: what is served; None before the first bundle.
        loaded_at: since when.
        answers, answer_bytes: answers kept, and the memory that they take.
    """

    tallies: tuple[Tally, ...]
    in_flight: int
    loads: int
    refusals: int
    problem: bool
    pinned: bool
    refused: Mapping[str, int]
    cycle: str | None
    bundle: str | None
    loaded_at: datetime | None
    answers: int
    answer_bytes: int


def measured(meter: Meter, library: Library, gate: Gate) -> Measured:
    """All counts now."""
    current = library.current
    return Measured(
        tuple(meter.tallies()),
        meter.in_flight,
        library.loads,
        library.refusals,
        library.problem is not None,
        library.pin is not None,
        {name: gate.refused[name] for name in REFUSED},
        current.cycle if current else None,
        current.version if current else None,
        current.loaded_at if current else None,
        len(current.answers) if current else 0,
        current.answers.bytes if current else 0,
    )


def business_time(settings: Settings) -> datetime:
    """What time it is for the business, which is simulated in demos; the wall's where its clock cannot be read."""
    from dp_resources.clock import SimulatedClock

    if settings.clock == "simulated":
        try:
            return SimulatedClock(settings.state_dir / "clock.json").now()
        except ConfigError:
            pass
    return datetime.now(UTC)


def text(found: Measured, moment: datetime) -> bytes:
    """All metrics in Prometheus' text format.

    Args:
        found: what was counted.
        moment: time for the business.
    """
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.process_collector import ProcessCollector

    class Collector:
        def collect(self) -> Iterable[Metric]:
            yield from _requests(found)
            yield from _serving(found, moment)
            yield from _sign_in(found)

    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(Collector())
    return generate_latest(registry)


def _requests(found: Measured) -> Iterable[Metric]:
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

    total = CounterMetricFamily("dp_api_requests", "Requests answered.", labels=[*ROUTE, "status"])
    latency = HistogramMetricFamily("dp_api_request_seconds", "From a request to the end of its answer.", labels=ROUTE)
    for one in found.tallies:
        total.add_metric([one.route, one.method, one.status], sum(one.classes))
    for (route, method), group in _by_route(found.tallies).items():
        classes = list(accumulate(map(sum, zip(*(one.classes for one in group), strict=True))))
        ends = [*map(str, BOUNDS), "+Inf"]
        buckets = list(zip(ends, classes, strict=True))
        latency.add_metric([route, method], buckets, sum(one.seconds for one in group))
    yield total
    yield latency
    yield _gauge("dp_api_requests_in_flight", "Requests being answered, this one included.", found.in_flight)


def _by_route(tallies: Iterable[Tally]) -> dict[tuple[str, str], list[Tally]]:
    found: dict[tuple[str, str], list[Tally]] = {}
    for one in tallies:
        found.setdefault((one.route, one.method), []).append(one)
    return found


def _serving(found: Measured, moment: datetime) -> Iterable[Metric]:
    yield _labelled("dp_api_build_info", "What answers.", {"version": _version(), "python": platform.python_version()})
    yield _gauge("dp_api_ready", "1 where forecasts can be served.", found.cycle is not None)
    yield _gauge("dp_api_bundle_problem", "1 where a newer bundle cannot be served; /healthz says why.", found.problem)
    yield _gauge("dp_api_bundle_pinned", "1 while somebody rolled back; /healthz says who and why.", found.pinned)
    yield _count("dp_api_bundle_loads", "Bundles put into service.", found.loads)
    yield _count("dp_api_bundle_refusals", "Times that a bundle was not put into service.", found.refusals)
    yield _gauge("dp_api_answers_kept", "Rendered answers in memory.", found.answers)
    yield _gauge("dp_api_answers_kept_bytes", "What they take.", found.answer_bytes)
    if found.cycle is None or found.bundle is None or found.loaded_at is None:
        return
    begun = datetime.fromisoformat(found.cycle).replace(tzinfo=UTC)
    yield _labelled("dp_api_cycle_info", "What is served.", {"cycle": found.cycle, "bundle": found.bundle[:12]})
    age = (moment - begun).total_seconds()
    yield _gauge("dp_api_cycle_age_seconds", "Time since the first day that the cycle served forecasts.", age)
    yield _gauge("dp_api_bundle_loaded_timestamp_seconds", "Since when it is served.", found.loaded_at.timestamp())


def _sign_in(found: Measured) -> Iterable[Metric]:
    from prometheus_client.core import CounterMetricFamily

    refused = CounterMetricFamily("dp_api_sign_in_refusals", "Refused, by what was shown.", labels=["shown"])
    for name, count in found.refused.items():
        refused.add_metric([name], count)
    yield refused


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, text, value=float(value))


def _count(name: str, text: str, value: int) -> CounterMetricFamily:
    from prometheus_client.core import CounterMetricFamily

    return CounterMetricFamily(name, text, value=value)


def _labelled(name: str, text: str, labels: Mapping[str, str]) -> GaugeMetricFamily:
    from prometheus_client.core import GaugeMetricFamily

    found = GaugeMetricFamily(name, text, labels=list(labels))
    found.add_metric(list(labels.values()), 1.0)
    return found


@cache
def _version() -> str:
    return version("demand-planner")
