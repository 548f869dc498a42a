"""What a training step asks of Kubernetes: one GPU, on a node that has one. Elsewhere these tags mean nothing."""

from __future__ import annotations

from typing import Any

GPU_TAGS: dict[str, Any] = {
    "dagster-k8s/config": {
        "container_config": {
            "resources": {"requests": {"cpu": "4", "memory": "16Gi"}, "limits": {"nvidia.com/gpu": 1}},
        },
        "pod_spec_config": {
            "node_selector": {"accelerator": "nvidia"},
            "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        },
    }
}
