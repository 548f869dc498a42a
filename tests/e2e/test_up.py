"""`dp up` for real: Dagster's web server, daemon and code server, and the API, over a lake in a temporary folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
import yaml
from playwright.sync_api import sync_playwright

from dp_assets.domain.errors import ConfigError
from dp_assets.reload import ask
from dp_assets.supervisor import MARKER, family
from dp_assets.up import LOCATIONS, code_location, ensure_free
from dp_resources.clock import SimulatedClock
from dp_resources.lake import Lake
from tests.e2e.small_world import world_config
from tests.serving.makers import CYCLE, make_forecasts, put_bundle

REPOSITORY = Path(__file__).resolve().parents[2]
DP = Path(sys.executable).parent / "dp"


def free_ports(count: int) -> list[int]:
    """Different ports that are free now: each is held until all are known."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def free_port() -> int:
    return free_ports(1)[0]


class Up:
    """A running `dp up` and what it says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.web, self.api = free_ports(2)
        (folder / "demand.yaml").write_text(yaml.safe_dump(world_config().model_dump(mode="json", exclude_none=True)))
        SimulatedClock(folder / "state" / "clock.json").set(datetime(2017, 8, 1, 12, tzinfo=UTC))
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("DP_", "DAGSTER_"))}
        environment |= {
            "DP_CONFIG": str(folder / "demand.yaml"),
            "DP_STATE_DIR": str(folder / "state"),
            "DP_CLOCK": "simulated",
            "DP_EXECUTOR": "in_process",
        }
        self.process = subprocess.Popen(
            [DP, "up", "--dagster-port", str(self.web), "--api-port", str(self.api)],
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self.said = threading.Thread(target=self._listen)
        self.said.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            self.lines.extend(line.rstrip() for line in iter(lines.readline, ""))

    def wait_until_announced(self, seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while not any("Ctrl-C" in line and "stop  " in line for line in self.lines):
            assert self.process.poll() is None, "\n".join(self.lines)
            assert time.monotonic() < deadline, "\n".join(self.lines)
            time.sleep(0.2)

    def run_id(self) -> str:
        return psutil.Process(self.process.pid).children()[0].environ()[MARKER]

    def stop(self, number: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=120)
        self.said.join(timeout=10)
        return code


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("up"))
    try:
        running.wait_until_announced()
        yield running
    finally:
        running.stop()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("up")
class TestUp:
    """In this order: the last test stops what the others look at."""

    def test_the_graph_is_loaded_and_the_daemon_is_well(self, up: Up) -> None:
        entries = ask(f"http://127.0.0.1:{up.web}", LOCATIONS)["workspaceOrError"]["locationEntries"]
        assert [entry["locationOrLoadError"]["__typename"] for entry in entries] == ["RepositoryLocation"]
        assert not any("WARNING      the graph did not load" in line for line in up.lines)

    def test_the_first_admin_signs_in_with_the_password_that_is_announced_once(self, up: Up) -> None:
        (line,) = [line for line in up.lines if "one-time password" in line]
        password = re.search(r"(?:\w{5}-){3}\w{5}", line)
        assert password is not None
        body = {"user": "admin", "password": password[0], "new_password": "chosen at the first sign-in"}
        question = urllib.request.Request(
            f"http://127.0.0.1:{up.api}/v1/session/password",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(question) as answer:
            assert json.loads(answer.read())["token_type"] == "Bearer"

    @pytest.mark.needs_chromium
    def test_a_browser_shows_the_graph_from_raw_files_to_the_bundle(self, up: Up) -> None:
        chromium = shutil.which("chromium")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1600, "height": 900})
            page.goto(f"http://127.0.0.1:{up.web}/asset-groups", wait_until="domcontentloaded")
            for group in ("ingest", "training", "serving"):
                page.get_by_text(group, exact=True).first.wait_for(timeout=60_000)
            browser.close()

    def test_the_api_waits_for_a_bundle_and_then_serves_it(self, up: Up, tmp_path: Path) -> None:
        url = f"http://127.0.0.1:{up.api}/v1/forecast/skus/sku0001"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url)
        assert json.loads(refused.value.read())["status"] == 503
        refused.value.close()
        put_bundle(Lake(up.folder / "lake"), tmp_path, make_forecasts())
        deadline = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(url) as answer:
                    assert json.loads(answer.read())["cycle"] == CYCLE.isoformat()
                return
            except urllib.error.HTTPError as error:
                error.close()
                assert time.monotonic() < deadline
                time.sleep(0.2)

    def test_a_second_one_says_which_port_is_taken(self, up: Up) -> None:
        with pytest.raises(ConfigError, match=f"port {up.web} is taken.*--dagster-port {up.web + 1}"):
            ensure_free(up.web, "--dagster-port")

    def test_one_interrupt_stops_all_and_leaves_no_process(self, up: Up) -> None:
        run_id = up.run_id()
        before = family(run_id)
        assert len(before) >= 4
        assert up.stop(signal.SIGINT) == 0
        assert family(run_id) == []
        assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in before)
        for port, option in ((up.web, "--dagster-port"), (up.api, "--api-port")):
            ensure_free(port, option)


def test_a_workspace_names_exactly_one_module(tmp_path: Path) -> None:
    assert code_location(REPOSITORY / "workspace.yaml")["module_name"] == "dp_assets.definitions"
    for text in ("", "load_from: []", "load_from: [{python_file: x.py}]", "load_from: {"):
        (tmp_path / "workspace.yaml").write_text(text)
        with pytest.raises(ConfigError, match="workspace"):
            code_location(tmp_path / "workspace.yaml")
