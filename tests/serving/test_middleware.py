"""What every answer carries and every request must keep to, in this process and behind a real server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from dp_assets.domain.access import Role
from dp_assets.domain.errors import ConfigError
from dp_resources.settings import Settings
from serving.__main__ import check_reach
from serving.api import create_app
from serving.api.problems import MEDIA_TYPE
from serving.library import Library
from tests.serving.access_makers import Place, shown

CYCLE = "/v1/cycles/current"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path, api_access="open", api_body_bytes=1024)
    place.put_bundle()
    return place


@pytest.fixture
def client(place: Place) -> Iterator[TestClient]:
    with place.client() as client:
        yield client


class TestHeaders:
    @pytest.mark.parametrize("path", [CYCLE, "/nothing", "/v1/forecast/skus/x", "/healthz", "/openapi.json", "/docs"])
    def test_every_answer_tells_browsers_to_be_careful(self, client: TestClient, path: str) -> None:
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert ("script-src" in headers["content-security-policy"]) is (path == "/docs")
        assert "strict-transport-security" not in headers
        assert len(headers["x-request-id"]) == 16

    def test_an_answer_to_a_mistake_in_the_program_does_too(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Library, "current", property(lambda _: 1 / 0), raising=False)
        answer = client.get(CYCLE)
        assert (answer.status_code, answer.headers["content-type"]) == (500, MEDIA_TYPE)
        assert answer.headers["x-content-type-options"] == "nosniff"

    def test_requests_have_names_of_their_own(self, client: TestClient) -> None:
        given = {client.get(CYCLE, headers={"X-Request-Id": "mine"}).headers["x-request-id"] for _ in range(20)}
        assert len(given) == 20
        assert "mine" not in given

    def test_over_tls_browsers_are_told_to_stay_there(self, place: Place) -> None:
        with TestClient(create_app(place.settings), base_url="https://planning.example.com") as client:
            assert client.get(CYCLE).headers["strict-transport-security"] == "max-age=31536000"


class TestBodies:
    def test_a_body_that_says_it_is_too_long_is_not_read(self, client: TestClient) -> None:
        answer = client.post("/v1/session", content=b"x" * 1025)
        assert (answer.status_code, answer.headers["content-type"]) == (413, MEDIA_TYPE)
        assert answer.json()["detail"] == "expected a body of at most 1024 bytes, got 1025"
        assert answer.headers["x-content-type-options"] == "nosniff"

    def test_a_body_that_does_not_say_its_length_is_read_up_to_the_longest(self, client: TestClient) -> None:
        def pieces(many: int) -> Iterator[bytes]:
            yield from [b"x" * 100] * many

        answer = client.post("/v1/session", content=pieces(11), headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.headers["content-type"]) == (413, MEDIA_TYPE)
        assert client.post("/v1/session", content=pieces(10)).status_code == 422

    def test_a_body_of_the_longest_is_taken(self, client: TestClient) -> None:
        assert client.post("/v1/session", content=b"x" * 1024).status_code == 422


class TestOrigins:
    def test_no_page_elsewhere_may_call_unless_it_is_named(self, client: TestClient, place: Place) -> None:
        asked = {"Origin": "https://planning.example.com", "Access-Control-Request-Method": "GET"}
        assert "access-control-allow-origin" not in client.options(CYCLE, headers=asked).headers
        assert "access-control-allow-origin" not in client.get(CYCLE, headers=asked).headers
        named = place.settings.model_copy(update={"api_cors_origins": "https://planning.example.com"})
        with TestClient(create_app(named)) as other:
            answer = other.get(CYCLE, headers=asked)
            assert answer.headers["access-control-allow-origin"] == "https://planning.example.com"
            assert "access-control-allow-credentials" not in answer.headers
            foreign = other.get(CYCLE, headers={"Origin": "https://evil.example"})
            assert "access-control-allow-origin" not in foreign.headers

    def test_a_page_that_is_named_can_ask_for_what_changed_write_once_and_read_why_not(self, place: Place) -> None:
        origin = {"Origin": "https://planning.example.com"}
        sent = {"authorization", "content-type", "idempotency-key", "if-match", "if-none-match"}
        asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": ", ".join(sorted(sent))}
        named = place.settings.model_copy(update={"api_cors_origins": origin["Origin"]})
        with TestClient(create_app(named)) as client:
            may = client.options("/v1/overrides", headers={**origin, **asked})
            assert may.status_code == 200, may.text
            assert sent <= set(may.headers["access-control-allow-headers"].lower().split(", "))
            shown = client.get(CYCLE, headers=origin).headers["access-control-expose-headers"].lower().split(", ")
            assert {"etag", "retry-after", "x-request-id", "x-planning-database"} <= set(shown)

    @pytest.mark.parametrize(
        ("host", "answered"),
        [("127.0.0.1:8000", 200), ("localhost", 200), ("[::1]:8000", 200), ("LOCALHOST:1", 200)]
        + [
            (host, 421)
            for host in ("evil.example:8000", "localhost.evil.example", "", "127.0.0.1.evil.example", "[::2]")
        ],
    )
    def test_an_open_api_answers_under_the_names_of_its_machine_only(
        self, place: Place, host: str, answered: int
    ) -> None:
        with TestClient(create_app(place.settings, local_only=True)) as client:
            assert client.get(CYCLE, headers={"Host": host}).status_code == answered


class TestSettings:
    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"environment": "production", "api_access": "open"}, "DP_API_ACCESS=open is for development only"),
            ({"api_cors_origins": "*"}, "expected origins by name"),
            ({"api_trusted_proxies": "*"}, "expected addresses"),
            ({"oidc_issuer": "https://issuer.example"}, "DP_OIDC_ISSUER needs DP_OIDC_AUDIENCE"),
            (
                {"environment": "production", "oidc_issuer": "http://issuer.example", "oidc_audience": "x"},
                "expected https in production",
            ),
        ],
    )
    def test_what_would_open_the_api_refuses_to_start(self, given: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            Settings(**given)

    def test_left_out_development_is_open_and_production_asks_for_keys(self) -> None:
        assert Settings().access == "open"
        assert Settings(environment="production").access == "keys"
        assert Settings(api_access="keys").access == "keys"

    def test_a_setting_that_is_refused_does_not_quote_the_others(self) -> None:
        with pytest.raises(ValueError) as refused:
            Settings(s3_secret_access_key="s3cr3t-of-the-store", api_cors_origins="*")  # type: ignore[arg-type]
        assert "s3cr3t" not in str(refused.value)

    def test_an_open_api_listens_to_its_machine_only(self) -> None:
        for host in ("127.0.0.1", "localhost", "::1"):
            check_reach(Settings(), host)
        for host in ("0.0.0.0", "::", "192.168.1.5"):
            with pytest.raises(ConfigError, match="set DP_API_ACCESS=keys"):
                check_reach(Settings(), host)
            check_reach(Settings(api_access="keys"), host)


class Served:
    """`python -m serving` in a process of its own."""

    def __init__(self, place: Place, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DP_")}
        environment |= {"DP_LAKE_ROOT": str(place.lake.root), "DP_STATE_DIR": str(place.settings.state_dir), **settings}
        self.log = place.folder / "log"
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "serving", "--port", str(self.port)]
            self.process = subprocess.Popen(command, env=environment, stderr=log)
        deadline = time.monotonic() + 60
        while self.ask("/healthz")[0] != 200:
            assert time.monotonic() < deadline
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)

    def ask(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str]]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, dict(answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers)
        except OSError:
            return 0, {}

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.mark.slow
class TestServed:
    def test_a_key_lets_in_and_forwarded_headers_of_strangers_are_not_believed(self, place: Place) -> None:
        place.user("ada", [Role.VIEWER])
        key = place.key("ada")
        served = Served(place, DP_API_ACCESS="keys")
        try:
            assert served.ask(CYCLE)[0] == 401
            forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", **shown(key)}
            status, headers = served.ask(f"{CYCLE}?", forged)
            assert status == 200
            assert "server" not in {name.lower() for name in headers}
            assert "strict-transport-security" not in {name.lower() for name in headers}
        finally:
            served.stop()
        last = served.lines()[-1]
        assert (last["client"], last["status"], last["who"]) == ("127.0.0.1", 200, f"key {key.split('_')[1]}")
        assert key not in served.log.read_text()

    def test_those_of_a_proxy_that_is_named_are(self, place: Place) -> None:
        served = Served(place, DP_API_ACCESS="keys", DP_API_TRUSTED_PROXIES="127.0.0.0/8")
        try:
            headers = served.ask(CYCLE, {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"})[1]
            assert "strict-transport-security" in {name.lower() for name in headers}
        finally:
            served.stop()
        assert served.lines()[-1]["client"] == "203.0.113.9"

    def test_one_that_is_open_refuses_names_of_others_and_to_listen_to_them(self, place: Place) -> None:
        served = Served(place)
        try:
            assert served.ask(CYCLE)[0] == 200
            assert served.ask(CYCLE, {"Host": "evil.example"})[0] == 421
        finally:
            served.stop()
        found = subprocess.run(
            [sys.executable, "-m", "serving", "--host", "0.0.0.0"],
            env={**os.environ, "DP_LAKE_ROOT": str(place.lake.root)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 2
        assert "DP_API_ACCESS=keys" in found.stderr
