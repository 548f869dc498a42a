"""`python -m serving`: the forecast API under uvicorn, on loopback unless told otherwise."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dp_assets.domain.errors import ConfigError, DemandPlannerError
from dp_resources.settings import Settings
from serving.library import open_lake

if TYPE_CHECKING:
    from fastapi import FastAPI

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m serving",
        description="Serves the forecasts of the newest serving bundle in the lake. The lake is that of DP_LAKE_ROOT, "
        "or of the demand.yaml that DP_CONFIG names. A newer bundle is picked up without a restart.",
        epilog="Then try: curl http://127.0.0.1:8000/healthz, or open http://127.0.0.1:8000/docs in a browser.",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine only)"
    )
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--log-level", default="info", choices=["debug", "info", "warning", "error"], help="how much to log"
    )
    return parser.parse_args(argv)


def loaded_app(settings: Settings) -> FastAPI:
    """The API of these settings, with all that it imports.

    Nothing imported is garbage: looking for some while modules are executed costs a tenth of the start, and what stays
    for good (`gc.freeze`) is not looked through again while requests are answered.

    Raises:
        ConfigError: traces are to be sent somewhere, and cannot be.
    """
    gc.disable()
    try:
        from serving.api import create_app

        app = create_app(settings, local_only=settings.access == "open")
        gc.freeze()
    finally:
        gc.enable()
    return app


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until interrupted; 2 when the environment or `demand.yaml` is wrong."""
    options = arguments(argv)
    try:
        settings = Settings()
        open_lake(settings)
        check_reach(settings, options.host)
        app = loaded_app(settings)
    except (DemandPlannerError, ValueError) as error:
        sys.stderr.write(f"python -m serving: {error}\n")
        return 2
    log_to_stderr(options.log_level.upper())
    import uvicorn

    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        log_level=options.log_level,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.api_trusted_proxies),
        forwarded_allow_ips=settings.api_trusted_proxies,
    )
    return 0


def check_reach(settings: Settings, host: str) -> None:
    """Raises ConfigError when an API that asks nobody who they are would listen to more than this machine."""
    if settings.access == "open" and host not in LOOPBACK:
        raise ConfigError(
            f"expected --host {LOOPBACK[0]} while DP_API_ACCESS is open, got {host}: everybody who reaches it could "
            "read; set DP_API_ACCESS=keys, and make a key by `dp key create`"
        )


def log_to_stderr(level: str) -> None:
    """Sends messages as text, and lines of the access log as the JSON that they are, to the standard error stream."""
    logging.basicConfig(level=level, format="%(levelname)s:     %(message)s")
    access = logging.getLogger("demand_planner.access")
    # What no line of ours shows is not collected either; it costs as much as the line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    bare = logging.StreamHandler()
    bare.setFormatter(logging.Formatter("%(message)s"))
    access.handlers, access.propagate = [bare], False


if __name__ == "__main__":
    sys.exit(main())
