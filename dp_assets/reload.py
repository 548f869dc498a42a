"""Talks to a running Dagster web server: is it there, and does it list a partition yet.

Belongs here: the few GraphQL calls that the simulated clock needs. Does not belong here: starting Dagster (`up.py`).
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

from dp_assets.domain.errors import DemandPlannerError

LOCATION = "demand_planner"
RELOAD = """mutation($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) {
  __typename
  ... on PythonError { message }
  ... on WorkspaceLocationEntry { locationOrLoadError { __typename ... on PythonError { message } } } } }"""
KEYS = """query { assetNodes(assetKeys: [{path: ["features"]}]) { partitionKeys } }"""


def ask(url: str, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """One GraphQL call; raises DemandPlannerError when the server answers with errors."""
    body = json.dumps({"query": query, "variables": variables or {}}).encode()
    request = urllib.request.Request(  # noqa: S310  the URL is the operator's own setting
        f"{url}/graphql", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        reply: dict[str, Any] = json.loads(answer.read())
    if reply.get("errors"):
        raise DemandPlannerError(f"Dagster at {url} answered: {reply['errors'][0]['message']}")
    data: dict[str, Any] = reply["data"]
    return data


def is_up(url: str) -> bool:
    """Whether a Dagster web server answers there."""
    try:
        ask(url, "query { version }")
    except (urllib.error.URLError, OSError, DemandPlannerError, ValueError):
        return False
    return True


def reload_and_wait(url: str, cycle: str, seconds: float = 120) -> None:
    """Reloads the code location and waits until it lists a cycle.

    Raises:
        DemandPlannerError: it cannot be reloaded, or does not list the cycle in time.
    """
    answer = ask(url, RELOAD, {"name": LOCATION})["reloadRepositoryLocation"]
    failure = answer.get("message") or (answer.get("locationOrLoadError") or {}).get("message")
    if failure:
        raise DemandPlannerError(f"Dagster could not reload {LOCATION}: {failure}")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        nodes = ask(url, KEYS)["assetNodes"]
        if nodes and cycle in nodes[0]["partitionKeys"]:
            return
        time.sleep(1)
    raise DemandPlannerError(f"Dagster at {url} does not list cycle {cycle} after {seconds:.0f} s; look at its log")
