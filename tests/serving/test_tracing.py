"""Spans of a served API, as a collector on loopback receives them (OTLP over HTTP)."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from dp_assets.domain.access import Role
from serving.api.tracing import is_configured
from tests.serving.access_makers import Place, shown
from tests.serving.makers import CYCLE
from tests.serving.test_middleware import Served

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SKU = "/v1/forecast/skus/{sku}"


class Collector:
    """Takes spans as a collector does, and keeps them."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.services: set[str] = set()
        self.spans: list[Any] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.take(self.path, ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def take(self, path: str, sent: ExportTraceServiceRequest) -> None:
        self.paths.append(path)
        for group in sent.resource_spans:
            self.services |= {one.value.string_value for one in group.resource.attributes if one.key == "service.name"}
            self.spans += [span for scope in group.scope_spans for span in scope.spans]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    yield found
    found.close()


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


@pytest.mark.slow
class TestServed:
    def test_each_request_is_a_span_below_that_of_its_caller(self, tmp_path: Path, collector: Collector) -> None:
        place = Place(tmp_path)
        place.put_bundle()
        place.user("ada", [Role.VIEWER])
        key = place.key("ada")
        served = Served(place, DP_API_ACCESS="keys", OTEL_EXPORTER_OTLP_ENDPOINT=collector.address)
        try:
            parent = {"traceparent": f"00-{TRACE}-{PARENT}-01", **shown(key)}
            status, headers = served.ask("/v1/forecast/skus/sku0001?horizon=1", parent)
            assert status == 200
            assert served.ask("/v1/forecast/skus/sku0001")[0] == 401
            assert served.ask("/nothing", {"traceparent": "nonsense", **shown(key)})[0] == 404
        finally:
            served.stop()  # which sends what was not sent yet
        assert set(collector.paths) == {"/v1/traces"}
        assert collector.services == {"demand-planner-api"}
        ours, refused, nowhere = [span for span in collector.spans if span.name != "GET /healthz"]
        assert (ours.name, ours.trace_id.hex(), ours.parent_span_id.hex()) == (f"GET {SKU}", TRACE, PARENT)
        assert attributes(ours) == {
            "http.request.method": "GET",
            "http.route": SKU,
            "http.response.status_code": 200,
            "enduser.id": f"key {key.split('_')[1]}",
            "demand_planner.cycle": CYCLE.isoformat(),
            "demand_planner.request": headers["x-request-id"],
        }
        assert 0 < ours.end_time_unix_nano - ours.start_time_unix_nano < 10e9
        assert attributes(refused)["http.response.status_code"] == 401
        assert "enduser.id" not in attributes(refused)
        assert nowhere.name == "GET"
        assert nowhere.trace_id.hex() not in ("", TRACE)
        lines = [line for line in served.lines() if line["path"] != "/healthz"]
        assert [line["trace"] for line in lines] == [one.trace_id.hex() for one in (ours, refused, nowhere)]
        assert key.split("_", 2)[2] not in str(collector.spans)

    def test_a_collector_that_is_away_costs_no_request(self, tmp_path: Path) -> None:
        place = Place(tmp_path)
        place.put_bundle()
        served = Served(place, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_BSP_SCHEDULE_DELAY="50")
        try:
            assert [served.ask("/v1/forecast/skus/sku0001")[0] for _ in range(50)] == [200] * 50
        finally:
            served.stop()

    def test_another_protocol_is_refused_at_the_start(self, tmp_path: Path) -> None:
        environment = {
            "DP_LAKE_ROOT": str(tmp_path),
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        }
        command = [sys.executable, "-m", "serving"]
        found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert found.returncode == 2
        assert "expected http/protobuf (port 4318), got grpc" in found.stderr


def test_without_an_endpoint_nothing_is_sent_and_nothing_imported() -> None:
    assert not is_configured({})
    assert not is_configured({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"})
    assert is_configured({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"})
    code = "import sys, serving.api; serving.api.create_app(); sys.exit('opentelemetry.sdk' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
