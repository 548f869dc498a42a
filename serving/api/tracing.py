"""A span per request, sent to an OpenTelemetry collector where one is configured.

Belongs here: which collector, what a span says, the caller's context. Does not belong here: what is logged and counted
(`middleware.py`).

Configured by OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`,
…); without an endpoint nothing of it is imported. Spans are sent by a thread of the library in batches: a collector
that is away costs spans, not requests.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from dp_assets.domain.access import Principal
from dp_assets.domain.errors import ConfigError
from serving.api.access import PRINCIPAL
from serving.api.middleware import TRACE, App, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SERVICE = "demand-planner-api"
CLOSE_MILLISECONDS = 5_000
"""How long the end of the process waits for the last spans."""


def is_configured(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether spans are to be sent anywhere."""
    off = (
        environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none"
    )
    return not off and any(environment.get(name) for name in ENDPOINTS)


class Tracing:
    """Spans of one process.

    Raises:
        ConfigError: the libraries are missing, or the collector is to be spoken to by something else than HTTP.
    """

    def __init__(self) -> None:
        protocol = next((os.environ[name] for name in PROTOCOLS if os.environ.get(name)), "http/protobuf")
        if protocol != "http/protobuf":
            raise ConfigError(f"{PROTOCOLS[1]}: expected http/protobuf (port 4318), got {protocol}")
        try:
            self.provider = _provider()
        except ImportError as error:
            raise ConfigError(
                f"{ENDPOINTS[1]} asks for traces, but OpenTelemetry is not installed: pip install "
                f"'demand-planner[telemetry]', or unset it ({error})"
            ) from error
        self.tracer = self.provider.get_tracer("demand_planner.serving")

    def begin(self, scope: Scope) -> Span:
        """A span of a request, below the span that its `traceparent` names, if any."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        context = TraceContextTextMapPropagator().extract(_carrier(scope))
        return self.tracer.start_span(scope["method"], context, SpanKind.SERVER)

    def close(self) -> None:
        """Sends what was not sent yet; blocks up to CLOSE_MILLISECONDS."""
        self.provider.force_flush(CLOSE_MILLISECONDS)
        self.provider.shutdown()


class Traced:
    """The layer around an app that makes a span of each request.

    Args:
        app: what answers.
        tracing: where spans go.
        cycle: which cycle is in service.
    """

    def __init__(self, app: App, tracing: Tracing, cycle: Callable[[], str | None]) -> None:
        self.app, self.tracing, self.cycle = app, tracing, cycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        span, status, name = self.tracing.begin(scope), 500, ""
        scope[TRACE] = f"{span.get_span_context().trace_id:032x}"

        async def watched(message: Message) -> None:
            nonlocal status, name
            if message["type"] == "http.response.start":
                status = message["status"]
                name = next((value.decode() for key, value in message["headers"] if key == b"x-request-id"), "")
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            _end(span, scope, status, name, self.cycle())


def _end(span: Span, scope: Scope, status: int, request: str, cycle: str | None) -> None:
    """Ends a span: its name becomes the template of the path, never the path."""
    from opentelemetry.trace import StatusCode

    route, who = getattr(scope.get("route"), "path_format", None), scope.get(PRINCIPAL)
    if route is not None:
        span.update_name(f"{scope['method']} {route}")
    said = {
        "http.request.method": scope["method"],
        "http.route": route,
        "http.response.status_code": status,
        "enduser.id": who.label if isinstance(who, Principal) else None,
        "demand_planner.cycle": cycle,
        "demand_planner.request": request or None,
    }
    span.set_attributes({name: value for name, value in said.items() if value is not None})
    if status >= 500:
        span.set_status(StatusCode.ERROR)
    span.end()


def _provider() -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    resource = Resource.create({} if named else {"service.name": SERVICE})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _carrier(scope: Scope) -> dict[str, str]:
    wanted = (b"traceparent", b"tracestate")
    return {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in wanted}
