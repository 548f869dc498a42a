"""`dp up`: the Dagster UI, its daemon and the forecast API, started and stopped as one.

Belongs here: which programs those are, when they count as healthy, and what is said once they are.
Does not belong here: processes and signals (`supervisor.py`).

The web server and the daemon share one code server: loading the graph once saves half of the start, and a reload asked
of the web server, as `dp clock advance` does, reaches the daemon too.
"""

from __future__ import annotations

import errno
import json
import socket
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from dp_assets.domain.errors import ConfigError, DemandPlannerError
from dp_assets.reload import ask
from dp_assets.supervisor import Service, Supervisor

HOST = "127.0.0.1"
WORKSPACE = Path(__file__).resolve().parent.parent / "workspace.yaml"
HEALTH = """query { instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"""
LOCATIONS = """query { workspaceOrError { __typename ... on Workspace { locationEntries { name loadStatus
  locationOrLoadError { __typename ... on PythonError { message } } } } } }"""


def run_up(dagster_port: int = 3000, api_port: int = 8000, workspace: Path | None = None) -> int:
    """Runs the three until Ctrl-C or a termination signal; returns the exit code.

    The environment is this process' own: `DAGSTER_HOME`, `DP_*`. Both servers listen on this machine only.

    Args:
        dagster_port: port of the UI.
        api_port: port of the API.
        workspace: the file that names the code location; that of the repository when left out.

    Raises:
        ConfigError: a port is taken, or the workspace file cannot be used.
    """
    ensure_free(dagster_port, "--dagster-port")
    ensure_free(api_port, "--api-port")
    if dagster_port == api_port:
        raise ConfigError(f"the Dagster UI and the API cannot share port {api_port}; give one another port")
    urls = {"DP_DAGSTER_URL": f"http://{HOST}:{dagster_port}", "DP_API_URL": f"http://{HOST}:{api_port}"}
    with tempfile.TemporaryDirectory(prefix="dp-up-") as folder:
        waves = services(workspace or WORKSPACE, Path(folder), dagster_port, api_port)
        sys.stdout.write("starting the code server, the Dagster UI, its daemon and the API; Ctrl-C stops them all\n")
        return Supervisor(urls).run(waves, lambda: announcement(dagster_port, api_port, first_admin()))


def ensure_free(port: int, option: str) -> None:
    """Raises ConfigError when something already listens on the port, or it may not be used."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            what = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise ConfigError(
                f"port {port} {what}; stop what listens there (is another `dp up` running?) or choose another: "
                f"dp up {option} {port + 1}"
            ) from error


def services(workspace: Path, folder: Path, dagster_port: int, api_port: int) -> list[list[Service]]:
    """Code server and API first, then the two that need the code server.

    Args:
        workspace: file with the one code location, as a Python module.
        folder: where the code server's socket and the workspace that points at it go.
    """
    location = code_location(workspace)
    code_socket, shared = folder / "code.sock", folder / "workspace.yaml"
    shared.write_text(
        yaml.safe_dump({"load_from": [{"grpc_server": {"socket": str(code_socket), **_named(location)}}]})
    )
    url, python = f"http://{HOST}:{dagster_port}", sys.executable
    code = [python, "-m", "dagster", "code-server", "start", "--socket", str(code_socket), "--log-level", "warning"]
    code += ["--module-name", location["module_name"]]
    for option in ("working_directory", "location_name", "attribute"):
        if option in location:
            code += [f"--{option.replace('_', '-')}", location[option]]
    web = [python, "-m", "dagster_webserver", "--host", HOST, "--port", str(dagster_port), "--workspace", str(shared)]
    daemon = [python, "-m", "dagster._daemon", "run", "--workspace", str(shared)]
    api = [python, "-m", "serving", "--host", HOST, "--port", str(api_port)]
    return [
        [
            Service("code", tuple(code), lambda: code_server_answers(code_socket)),
            Service("api", tuple(api), lambda: answers(f"http://{HOST}:{api_port}/healthz")),
        ],
        [
            Service("web", tuple(web), lambda: graph_is_loaded(url)),
            Service("daemon", tuple(daemon), lambda: daemon_is_healthy(url)),
        ],
    ]


def code_location(workspace: Path) -> dict[str, str]:
    """The one Python module that a workspace file loads.

    Raises:
        ConfigError: the file is missing, or does not name exactly one Python module.
    """
    try:
        entries = yaml.safe_load(workspace.read_text())["load_from"]
        found: list[dict[str, str]] = [entry["python_module"] for entry in entries]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigError(f"expected Python modules under load_from in {workspace}: {error!r}") from error
    if len(found) != 1:
        raise ConfigError(f"expected one Python module under load_from in {workspace}, got {len(found)}")
    return found[0]


def _named(location: dict[str, str]) -> dict[str, str]:
    return {"location_name": location["location_name"]} if "location_name" in location else {}


def answers(url: str) -> bool:
    """Whether a GET is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  always this machine
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def code_server_answers(path: Path) -> bool:
    """Whether the code server serves its definitions, or the error they load with."""
    if not path.exists():
        return False
    from dagster._grpc.client import DagsterGrpcClient

    client: Any = DagsterGrpcClient(socket=str(path))
    return bool(client.health_check_query() == "SERVING")


def _asked(url: str, query: str) -> dict[str, Any] | None:
    try:
        return ask(url, query)
    except (urllib.error.URLError, OSError, DemandPlannerError, json.JSONDecodeError):
        return None


def _locations(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (_asked(url, LOCATIONS) or {}).get("workspaceOrError", {}).get("locationEntries", [])
    return found


def graph_is_loaded(url: str) -> bool:
    """Whether the web server answers and has loaded every code location, even if with an error that the UI shows."""
    entries = _locations(url)
    return bool(entries) and all(entry["loadStatus"] == "LOADED" for entry in entries)


def load_errors(url: str) -> list[str]:
    """What code locations failed to load with, one message each."""
    results = [entry["locationOrLoadError"] or {} for entry in _locations(url)]
    return [result["message"].strip() for result in results if result.get("__typename") == "PythonError"]


def daemon_is_healthy(url: str) -> bool:
    """Whether every daemon that is required reports to be well."""
    reply = _asked(url, HEALTH)
    if reply is None:
        return False
    found = reply["instance"]["daemonHealth"]["allDaemonStatuses"]
    return bool(found) and all(status["healthy"] for status in found if status["required"])


def first_admin() -> list[str]:
    """What is said of the user `admin`, who is made where there is no user yet; nothing where there is one.

    It is the last thing before the announcement, so that a password that was made is also shown.
    """
    from dp_resources.accounts import ADMIN, Accounts
    from dp_resources.planning_db import planning_database
    from dp_resources.settings import Settings

    try:
        password = Accounts(planning_database(Settings().planning_url)).ensure_admin("dp up", datetime.now(UTC))
    except DemandPlannerError as error:
        return [f"  WARNING      nobody can sign in: {error}"]
    if password is None:
        return []
    return [f"  sign in      as {ADMIN}, with the one-time password {password} (shown only now; see docs/access.md)"]


def announcement(dagster_port: int, api_port: int, sign_in: Sequence[str] = ()) -> str:
    """What is said once everything is healthy; a graph that does not load is told first, for it can be mended live."""
    errors = load_errors(f"http://{HOST}:{dagster_port}")
    return "\n".join(
        [
            *(
                f"  WARNING      the graph did not load; mend it, then press Reload in the UI: {error}"
                for error in errors
            ),
            "",
            f"  Dagster UI   http://{HOST}:{dagster_port}      the graph; sensors and schedules run",
            f"  API          http://{HOST}:{api_port}/docs  what it answers, to try in the browser",
            *sign_in,
            "",
            f"  try          curl http://{HOST}:{api_port}/v1/cycles/current",
            "               make demo-next-week    in another terminal: a week passes, its files land",
            "  stop         Ctrl-C",
            "",
        ]
    )
