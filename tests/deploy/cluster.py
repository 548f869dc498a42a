"""A cluster of made-up nodes whose pods are processes of this machine: jobs, a scheduler, kubelets, and nothing else.

Belongs here: what becomes of Jobs and pods. Does not belong here: how they are asked for (`api_server.py`).

Nothing is isolated: a container's command runs here, with the environment that its manifest says and the PATH and
PYTHONPATH of the tests. What a manifest mounts lies below a folder of the pod's own, and paths in its environment lead
there: empty folders, files of ConfigMaps, and claims, which alone outlive a pod. What a manifest asks for is heeded
where it decides on placing, trying again and ending: node selectors, taints, sums of resources, `backoffLimit`,
`activeDeadlineSeconds`.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

UNITS = {"m": 1e-3, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
Manifest = dict[str, Any]


def amount(text: Any) -> float:
    """A quantity of Kubernetes as a number: 500m, 2, 4Gi."""
    text = str(text)
    unit = next((unit for unit in UNITS if text.endswith(unit)), "")
    return float(text.removesuffix(unit)) * UNITS.get(unit, 1.0)


def moment() -> str:
    """Now, as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Node:
    """A machine: labels that selectors ask for, taints that pods must tolerate, and what it has."""

    name: str
    capacity: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Mapping[str, str]] = ()

    def lacks(self, pod: Manifest, others: Sequence[Manifest]) -> str:
        """Why a pod cannot be placed here beside others, in the scheduler's words; empty where it can."""
        spec = pod["spec"]
        if any(not any(_tolerates(one, taint) for one in spec.get("tolerations", [])) for taint in self.taints):
            return "node(s) had untolerated taint"
        if not dict(spec.get("nodeSelector") or {}).items() <= self.labels.items():
            return "node(s) didn't match Pod's node affinity/selector"
        for name, asked in _requests(spec).items():
            taken = sum(_requests(other["spec"]).get(name, 0.0) for other in others)
            if taken + asked > amount(self.capacity.get(name, 0)):
                return f"Insufficient {name}"
        return ""

    def manifest(self) -> Manifest:
        """The node as the API shows it."""
        ready = {"type": "Ready", "status": "True"}
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": self.name, "labels": dict(self.labels)},
            "spec": {"taints": [dict(taint) for taint in self.taints]},
            "status": {"capacity": dict(self.capacity), "allocatable": dict(self.capacity), "conditions": [ready]},
        }


def _tolerates(toleration: Mapping[str, str], taint: Mapping[str, str]) -> bool:
    same_value = toleration.get("operator") == "Exists" or toleration.get("value") == taint.get("value")
    return toleration.get("key") in (None, taint["key"]) and same_value


def _requests(spec: Manifest) -> dict[str, float]:
    """Sums over a pod's containers; a limit without a request is the request."""
    found: dict[str, float] = {}
    for container in spec["containers"]:
        resources = container.get("resources") or {}
        for name, asked in ((resources.get("limits") or {}) | (resources.get("requests") or {})).items():
            found[name] = found.get(name, 0.0) + amount(asked)
    return found


class Cluster:
    """Jobs, their pods, and events about both.

    Args:
        nodes: where pods may be placed.
        folder: for what pods print, what they find mounted, and what claims keep (`claims/<name>`).
        config_maps, secrets: name → entries, for environments and volumes that name them.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        folder: Path,
        config_maps: Mapping[str, Mapping[str, str]] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.nodes, self.folder = list(nodes), folder
        self.config_maps, self.secrets = dict(config_maps or {}), dict(secrets or {})
        self.jobs: dict[str, Manifest] = {}
        self.pods: dict[str, Manifest] = {}
        self.events: list[Manifest] = []
        self.placed: list[tuple[str, str]] = []
        """Pods that were started, and their nodes, in this order; pods that are gone included."""
        self.lock = threading.RLock()
        self._since: dict[str, float] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()
        self._loop = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Lets the scheduler, the job controller and the kubelets work."""
        self._loop.start()

    def stop(self) -> None:
        """Ends them, and every process."""
        self._stopping.set()
        self._loop.join(10)
        for name in list(self._processes):
            self.kill(name)

    def create_job(self, job: Manifest) -> bool:
        """Takes a Job; False where one of that name is there."""
        with self.lock:
            name = job["metadata"]["name"]
            if name in self.jobs:
                return False
            self._born(job)
            self.jobs[name] = job | {"status": {"active": 0, "startTime": moment()}}
            self._since[name] = time.monotonic()
            self._add_pod(self.jobs[name])
            return True

    def delete(self, kept: dict[str, Manifest], name: str) -> bool:
        """Removes a Job, or a pod with its process; False where there is none."""
        with self.lock:
            if name in self._processes:
                self.kill(name)
            return kept.pop(name, None) is not None

    def kill(self, pod: str) -> None:
        """Ends a pod's process as a node that goes away does: without warning."""
        process = self._processes.pop(pod)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with self.lock:
            if pod in self.pods:
                self._ended(self.pods[pod], 137)

    def log(self, pod: str) -> str:
        """What a pod has printed."""
        path = self.folder / f"{pod}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def pods_of(self, job: str) -> list[Manifest]:
        """Pods of a Job."""
        return [pod for pod in self.pods.values() if pod["metadata"]["labels"]["job-name"] == job]

    def running(self, run: str, step: str) -> list[str]:
        """Pods that work on a step of a Dagster run."""
        wanted = {"dagster/run-id": run, "dagster/op": step}
        return [
            name
            for name, pod in self.pods.items()
            if wanted.items() <= pod["metadata"]["labels"].items() and pod["status"]["phase"] == "Running"
        ]

    def steps(self, run: str) -> dict[str, list[str]]:
        """Step of a Dagster run → the nodes that its pods were placed on."""
        found: dict[str, list[str]] = {}
        for pod in self.pods.values():
            labels = pod["metadata"]["labels"]
            if labels.get("dagster/run-id") == run and "dagster/op" in labels:
                found.setdefault(labels["dagster/op"], []).append(pod["spec"].get("nodeName", ""))
        return found

    def _run(self) -> None:
        while not self._stopping.wait(0.1):
            with self.lock:
                for pod in [one for one in self.pods.values() if one["status"]["phase"] == "Pending"]:
                    self._place(pod)
                for name, process in list(self._processes.items()):
                    if (code := process.poll()) is not None:
                        del self._processes[name]
                        self._ended(self.pods[name], code if code >= 0 else 128 - code)
                for job in self.jobs.values():
                    self._control(job)

    def _place(self, pod: Manifest) -> None:
        reasons: dict[str, int] = {}
        for node in self.nodes:
            alive = (one for one in self.pods.values() if one["status"]["phase"] == "Running")
            others = [one for one in alive if one["spec"].get("nodeName") == node.name]
            reason = node.lacks(pod, others)
            if not reason:
                return self._begin(pod, node)
            reasons[reason] = reasons.get(reason, 0) + 1
        told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        message = f"0/{len(self.nodes)} nodes are available: {told}."
        unplaced = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        if pod["status"].get("conditions") != [unplaced]:
            pod["status"]["conditions"] = [unplaced]
            self._tell("Pod", pod, "FailedScheduling", message)
        return None

    def _begin(self, pod: Manifest, node: Node) -> None:
        name = pod["metadata"]["name"]
        (container,) = pod["spec"]["containers"]
        command = [*container.get("command", []), *container.get("args", [])]
        pod["spec"]["nodeName"] = node.name
        environment = self._environment(pod, container, node)
        with (self.folder / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
                cwd=self.folder / name,
            )
        self.placed.append((name, node.name))
        self._status(pod, "Running", {"running": {"startedAt": moment()}})
        self._tell("Pod", pod, "Scheduled", f"Successfully assigned {name} to {node.name}")

    def _environment(self, pod: Manifest, container: Manifest, node: Node) -> dict[str, str]:
        """Exactly what the manifest says, with paths that are mounted where they are, and what finds the programs of
        this machine."""
        name = pod["metadata"]["name"]
        root, mounted = self._mounts(pod, container)
        found = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}", "HOSTNAME": name, "NODE": node.name}
        found |= {key: os.environ[key] for key in ("PYTHONPATH", "OMP_NUM_THREADS") if key in os.environ}
        found |= {"TMPDIR": str(root / "tmp")} if "/tmp" in mounted else {}
        for source in container.get("envFrom", []):
            for kind, kept in (("configMapRef", self.config_maps), ("secretRef", self.secrets)):
                if kind in source:
                    found |= kept[source[kind]["name"]]
        for entry in container.get("env", []):
            given = entry.get("valueFrom", {}).get("secretKeyRef")
            value = self.secrets[given["name"]][given["key"]] if given else str(entry.get("value", ""))
            within = any(f"{value}/".startswith(f"{path}/") or path.startswith(f"{value}/") for path in mounted)
            found[entry["name"]] = f"{root}{value}" if value.startswith("/") and within else value
        return found

    def _mounts(self, pod: Manifest, container: Manifest) -> tuple[Path, list[str]]:
        """The pod's own folder, in which everything lies where it is mounted, and the paths that are."""
        root = self.folder / pod["metadata"]["name"]
        root.mkdir()
        volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
        mounts = sorted(container.get("volumeMounts", []), key=lambda mount: str(mount["mountPath"]))
        for mount in mounts:
            place, part = root / mount["mountPath"].lstrip("/"), mount.get("subPath", "")
            volume = volumes[mount["name"]]
            place.parent.mkdir(parents=True, exist_ok=True)
            if "persistentVolumeClaim" in volume:
                kept = self.folder / "claims" / volume["persistentVolumeClaim"]["claimName"] / part
                kept.mkdir(parents=True, exist_ok=True)
                place.symlink_to(kept)
            elif "configMap" in volume:
                entries = self.config_maps[volume["configMap"]["name"]]
                for path, text in (
                    [(place, entries[part])] if part else [(place / key, entries[key]) for key in entries]
                ):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text)
            else:
                place.mkdir()
        return root, [mount["mountPath"] for mount in mounts]

    def _ended(self, pod: Manifest, code: int) -> None:
        (container,) = pod["spec"]["containers"]
        ended = {"exitCode": code, "finishedAt": moment(), "reason": "Completed" if code == 0 else "Error"}
        self._status(pod, "Failed" if code else "Succeeded", {"terminated": ended})
        if code:
            self._tell("Pod", pod, "Failed", f"container {container['name']} ended with {code}")

    def _status(self, pod: Manifest, phase: str, state: Manifest) -> None:
        (container,) = pod["spec"]["containers"]
        pod["status"] = {
            "phase": phase,
            "startTime": pod["status"].get("startTime", moment()),
            "conditions": [{"type": "PodScheduled", "status": "True"}],
            "containerStatuses": [
                {
                    **{"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0},
                    **{"ready": phase == "Running", "started": phase == "Running", "state": state},
                }
            ],
        }

    def _control(self, job: Manifest) -> None:
        """Counts a Job's pods, tries again where it may, and ends it when its time is over."""
        status, spec, name = job["status"], job["spec"], job["metadata"]["name"]
        if status.get("conditions"):
            return
        phases = [pod["status"]["phase"] for pod in self.pods_of(name)]
        failed, done = phases.count("Failed"), phases.count("Succeeded")
        status |= {"active": len(phases) - failed - done, "failed": failed, "succeeded": done}
        deadline = spec.get("activeDeadlineSeconds")
        if done:
            self._finish(job, "Complete", "")
        elif failed > spec.get("backoffLimit", 6):
            self._finish(job, "Failed", "BackoffLimitExceeded")
        elif deadline and time.monotonic() - self._since[name] > deadline:
            for pod in self.pods_of(name):
                self.delete(self.pods, pod["metadata"]["name"])
            status |= {"active": 0, "failed": failed + 1}
            self._finish(job, "Failed", "DeadlineExceeded")
        elif failed == len(phases):
            self._add_pod(job)

    def _finish(self, job: Manifest, condition: str, reason: str) -> None:
        ended = {"type": condition, "status": "True", "reason": reason or "Completed", "lastTransitionTime": moment()}
        job["status"]["conditions"] = [ended]
        if condition == "Complete":
            job["status"]["completionTime"] = moment()
        self._tell("Job", job, reason or "Completed", f"Job {condition.lower()}")

    def _add_pod(self, job: Manifest) -> None:
        name = f"{job['metadata']['name']}-{next(self._numbers):05d}"
        template = job["spec"]["template"]
        labels = {**template["metadata"].get("labels", {}), "job-name": job["metadata"]["name"]}
        pod = {
            **{"apiVersion": "v1", "kind": "Pod", "spec": dict(template["spec"]), "status": {"phase": "Pending"}},
            "metadata": {"name": name, "namespace": job["metadata"]["namespace"], "labels": labels},
        }
        self._born(pod)
        self.pods[name] = pod

    def _born(self, thing: Manifest) -> None:
        number = next(self._numbers)
        thing["metadata"] |= {"uid": f"{number:08d}", "resourceVersion": str(number), "creationTimestamp": moment()}

    def _tell(self, kind: str, about: Manifest, reason: str, message: str) -> None:
        metadata, number = about["metadata"], next(self._numbers)
        self.events.append(
            {
                **{
                    "apiVersion": "v1",
                    "kind": "Event",
                    "reason": reason,
                    "message": message,
                    "lastTimestamp": moment(),
                },
                "type": "Warning" if "Fail" in reason or "Exceeded" in reason else "Normal",
                "metadata": {"name": f"event-{number}", "namespace": metadata["namespace"]},
                "involvedObject": {"kind": kind, "name": metadata["name"], "namespace": metadata["namespace"]},
            }
        )
