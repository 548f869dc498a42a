"""What a step asks of Kubernetes. Elsewhere these tags mean nothing.

Belongs here: processors, memory, GPUs, places and volumes of single steps. Does not belong here: what holds for every
pod (image, environment, security, and what small steps need), which `deploy/kubernetes/dagster/values.yaml` says.
"""

from __future__ import annotations

from typing import Any

TRAINING_VOLUME = "demand-planner-training"
"""Claim of the volume in `deploy/kubernetes/training-volume.yaml`."""
STATE_FOLDER = "/state"
"""`DP_STATE_DIR` of the images."""


def _tags(container: dict[str, Any], pod: dict[str, Any]) -> dict[str, Any]:
    config = {"container_config": container, "pod_spec_config": pod}
    return {"dagster-k8s/config": {part: found for part, found in config.items() if found}}


def _resources(cpu: str, memory: str, most_memory: str, gpus: int = 0) -> dict[str, Any]:
    limits: dict[str, Any] = {"memory": most_memory} | ({"nvidia.com/gpu": gpus} if gpus else {})
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": limits}}


_GPU_CONTAINER = _resources("4", "16Gi", "32Gi", gpus=1)
_GPU_NODE: dict[str, Any] = {
    "node_selector": {"accelerator": "nvidia"},
    "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
}
GPU_TAGS = _tags(_GPU_CONTAINER, _GPU_NODE)
"""One GPU, on a node that has one."""
TRAINING_TAGS = _tags(
    _GPU_CONTAINER
    | {
        "volume_mounts": [
            {"name": "training", "mount_path": f"{STATE_FOLDER}/{folder}", "sub_path": folder}
            for folder in ("checkpoints", "studies")
        ]
    },
    _GPU_NODE | {"volumes": [{"name": "training", "persistent_volume_claim": {"claim_name": TRAINING_VOLUME}}]},
)
"""The same, with a volume that outlives the pod: a training whose node was taken away goes on from there."""
ROOMY_TAGS = _tags(_resources("2", "6Gi", "12Gi"), {})
"""Two processors and memory for steps that hold all series, or all rows of a run's buckets."""
IN_RUN_TAG = "demand_planner/in_run"
IN_RUN_TAGS = {IN_RUN_TAG: "true"}
"""No pod of its own: a check of what was written, which takes less time than a pod takes to start."""
