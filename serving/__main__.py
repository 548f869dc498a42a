"""`python -m serving`: the forecast API under uvicorn, on loopback unless told otherwise."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from dp_assets.domain.errors import DemandPlannerError
from dp_resources.settings import Settings
from serving.library import open_lake


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


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until interrupted; 2 when the environment or `demand.yaml` is wrong."""
    options = arguments(argv)
    settings = Settings()
    try:
        open_lake(settings)
    except DemandPlannerError as error:
        sys.stderr.write(f"python -m serving: {error}\n")
        return 2
    logging.basicConfig(level=options.log_level.upper(), format="%(levelname)s:     %(message)s")
    import uvicorn

    from serving.api import create_app

    uvicorn.run(
        create_app(settings), host=options.host, port=options.port, log_level=options.log_level, access_log=False
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
