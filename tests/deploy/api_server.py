"""An API server on loopback: as much of Kubernetes' HTTP as dagster-k8s and `kubectl get` ask for, over a `Cluster`.

Belongs here: paths, selectors, status codes. Does not belong here: what becomes of Jobs (`cluster.py`).
Manifests are taken only where a real server would: each is checked strictly against Kubernetes' own schemas.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.deploy.cluster import Cluster, Manifest
from tests.deploy.manifests import check

NAMESPACED = re.compile(
    r"/(?:api/v1|apis/batch/v1)(?:/namespaces/(?P<namespace>[\w-]+))?/(?P<kind>pods|jobs|events|nodes)"
    r"(?:/(?P<name>[\w.-]+)(?:/(?P<part>log|status))?)?"
)
KINDS = {"pods": ("v1", "Pod"), "events": ("v1", "Event"), "nodes": ("v1", "Node"), "jobs": ("batch/v1", "Job")}
_VERSIONS: list[Manifest] = [{"groupVersion": "batch/v1", "version": "v1"}]
DISCOVERY: dict[str, Manifest] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "groups": [{"name": "batch", "versions": _VERSIONS, "preferredVersion": _VERSIONS[0]}],
    },
    "/version": {"major": "1", "minor": "33", "gitVersion": "v1.33.0"},
}


def resources(version: str) -> Manifest:
    """What a version of the API holds, as kubectl asks before anything else."""
    listed = [
        {
            **{"name": plural, "singularName": kind.lower(), "kind": kind, "namespaced": kind != "Node"},
            "verbs": ["create", "delete", "get", "list"],
        }
        for plural, (where, kind) in KINDS.items()
        if where == version
    ]
    return {"kind": "APIResourceList", "groupVersion": version, "resources": listed}


class Handler(BaseHTTPRequestHandler):
    """One request; `cluster` and `asked` are set on a class of each server."""

    cluster: Cluster
    asked: list[str]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Lists and single things, their parts, and what the API holds."""
        url = urlsplit(self.path)
        known = DISCOVERY | {"/api/v1": resources("v1"), "/apis/batch/v1": resources("batch/v1")}
        found = NAMESPACED.fullmatch(url.path)
        if url.path in known:
            self._answer(200, known[url.path])
        elif not found:
            self._refuse(404, "NotFound", f"no path {url.path}")
        elif found["name"]:
            self._one(found)
        else:
            self._list(found, {key: values[0] for key, values in parse_qs(url.query).items()})

    def do_POST(self) -> None:
        """A Job that Kubernetes would take is taken."""
        found = NAMESPACED.fullmatch(urlsplit(self.path).path)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert found, self.path
        assert found["kind"] == "jobs", self.path
        self.asked.append("POST jobs")
        try:
            check(body)
        except Exception as error:
            self._refuse(422, "Invalid", str(error).splitlines()[0])
            return
        body["metadata"]["namespace"] = found["namespace"]
        if self.cluster.create_job(body):
            self._answer(201, body)
        else:
            self._refuse(409, "AlreadyExists", f"job {body['metadata']['name']} is there")

    def do_DELETE(self) -> None:
        """Removes a Job, or a pod and its process."""
        found = NAMESPACED.fullmatch(urlsplit(self.path).path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        assert found, self.path
        assert found["name"], self.path
        self.asked.append(f"DELETE {found['kind']}")
        kept = self.cluster.jobs if found["kind"] == "jobs" else self.cluster.pods
        if self.cluster.delete(kept, found["name"]):
            self._answer(200, {"kind": "Status", "apiVersion": "v1", "status": "Success"})
        else:
            self._refuse(404, "NotFound", f"{found['kind']} {found['name']} not found")

    def _items(self, kind: str) -> list[Manifest]:
        cluster = self.cluster
        kept: dict[str, list[Manifest]] = {
            "pods": list(cluster.pods.values()),
            "jobs": list(cluster.jobs.values()),
            "events": list(cluster.events),
            "nodes": [node.manifest() for node in cluster.nodes],
        }
        return kept[kind]

    def _one(self, found: re.Match[str]) -> None:
        self.asked.append(f"GET {found['kind']}/{found['part'] or ''}")
        with self.cluster.lock:
            item = next((one for one in self._items(found["kind"]) if one["metadata"]["name"] == found["name"]), None)
            if item is None:
                self._refuse(404, "NotFound", f"{found['kind']} {found['name']} not found")
            elif found["part"] == "log":
                self._send(200, self.cluster.log(found["name"]).encode(), "text/plain")
            else:
                self._answer(200, item)

    def _list(self, found: re.Match[str], query: Mapping[str, str]) -> None:
        self.asked.append(f"GET {found['kind']}")
        version, kind = KINDS[found["kind"]]
        with self.cluster.lock:
            items = [item for item in self._items(found["kind"]) if _selected(item, query)]
            listed = {
                "apiVersion": version,
                "kind": f"{kind}List",
                "metadata": {"resourceVersion": "1"},
                "items": items,
            }
            self._answer(200, listed)

    def _answer(self, status: int, body: Manifest) -> None:
        self._send(status, json.dumps(body).encode(), "application/json")

    def _refuse(self, status: int, reason: str, message: str) -> None:
        told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status}
        self._answer(status, told | {"reason": reason, "message": message})

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing: `asked` keeps what was asked."""


def _selected(item: Manifest, query: Mapping[str, str]) -> bool:
    """Whether a thing has the labels and fields that a list is asked for."""
    labels = item["metadata"].get("labels", {})
    for wanted in filter(None, query.get("labelSelector", "").split(",")):
        key, _, value = wanted.partition("=")
        if labels.get(key) != value.lstrip("="):
            return False
    for wanted in filter(None, query.get("fieldSelector", "").split(",")):
        path, _, value = wanted.partition("=")
        if reduce(lambda found, key: found.get(key, {}), path.split("."), item) != value.lstrip("="):
            return False
    return True


@contextmanager
def serving(cluster: Cluster, folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """A server over a cluster: the kubeconfig that leads to it, and a list that grows by what it is asked."""
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"cluster": cluster, "asked": asked}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    cluster.start()
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(kubeconfig(f"http://127.0.0.1:{server.server_port}")))
    try:
        yield path, asked
    finally:
        cluster.stop()
        server.shutdown()
        server.server_close()
        thread.join(10)


def kubeconfig(server: str) -> Manifest:
    """A kubeconfig for a server that asks nobody who they are."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "anybody", "user": {}}],
        "contexts": [
            {"name": "here", "context": {"cluster": "here", "user": "anybody", "namespace": "demand-planner"}}
        ],
    }
