"""Manifests of a deployment: the serving chart rendered, values of the official chart merged, both checked strictly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

KUBERNETES = Path(__file__).parents[2] / "deploy/kubernetes"
ENVIRONMENTS = ("development", "staging", "production")
VERSIONS = ("1.31", "1.35")
"""Releases of Kubernetes that every manifest is checked against."""
OTHERS = {"ServiceMonitor"}
"""Kinds that Kubernetes itself does not know; their schemas come with their operators."""
REVISION = "3f1c9a0"


def read(path: Path) -> dict[str, Any]:
    """A YAML file that holds one mapping."""
    found = yaml.safe_load(path.read_text())
    assert isinstance(found, dict)
    return found


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Values as Helm merges them: mappings by key, everything else replaced."""
    found = dict(base)
    for key, value in over.items():
        inner = found.get(key)
        found[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return found


def dagster_values(environment: str) -> dict[str, Any]:
    """Values of the official chart for an environment, with images as the installing command line names them."""
    values = merged(*(read(KUBERNETES / f"dagster/values{name}.yaml") for name in ("", f"-{environment}")))
    image = {"repository": "registry.example.com/demand-planner/pipeline", "tag": REVISION}
    for part in (values["dagsterWebserver"], values["dagsterDaemon"], deployment_of(values)):
        part["image"] = part["image"] | image
    return values


def deployment_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The one code location of the values."""
    found: list[dict[str, Any]] = values["dagster-user-deployments"]["deployments"]
    (only,) = found
    return only


def serving_values(environment: str) -> dict[str, Any]:
    """Values of the serving chart for an environment, with the image as the installing command line names it."""
    image = {"repository": "registry.example.com/demand-planner/serving", "tag": REVISION}
    return merged(read(KUBERNETES / f"serving/values-{environment}.yaml"), {"image": image})


def rendered(environment: str, **changes: Any) -> list[dict[str, Any]]:
    """Manifests of the serving chart for an environment."""
    from helm_python import Chart

    with Chart.load(KUBERNETES / "serving") as chart:
        made = chart.render(merged(serving_values(environment), changes), name="planning", namespace="demand-planner")
    texts = [text for path, text in made.items() if path.endswith(".yaml")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def check(manifest: Any) -> None:
    """Raises where a manifest has a key or value that a release of Kubernetes does not know."""
    import kubernetes_validate

    for version in VERSIONS:
        kubernetes_validate.validate(manifest, version, strict=True)


def pod_specs(manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The pod that a manifest describes, if it does."""
    template = manifest.get("spec", {}).get("template")
    if template:
        yield template["spec"]


def unsafe(pod: Mapping[str, Any]) -> list[str]:
    """What is careless about a pod: root, a writable file system, missing limits, an image that may change."""
    found = []
    context = pod.get("securityContext") or {}
    if not (context.get("runAsNonRoot") and context.get("runAsUser")):
        found.append("may run as root")
    if (context.get("seccompProfile") or {}).get("type") != "RuntimeDefault":
        found.append("no seccomp profile")
    if [volume for volume in pod.get("volumes", []) if "hostPath" in volume] or pod.get("hostNetwork"):
        found.append("reaches into its node")
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        found += unsafe_container(container)
    mounts = {mount["name"] for container in pod["containers"] for mount in container.get("volumeMounts", [])}
    names = [volume["name"] for volume in pod.get("volumes", [])]
    if len(names) != len(set(names)) or mounts != set(names):
        found.append(f"volumes {names} are not the mounted ones {sorted(mounts)}, each once")
    return found


def unsafe_container(container: Mapping[str, Any]) -> list[str]:
    """What is careless about a container."""
    context, resources, found = container.get("securityContext") or {}, container.get("resources") or {}, []
    if not context.get("readOnlyRootFilesystem"):
        found.append("can write into its image")
    if context.get("allowPrivilegeEscalation") is not False or context.get("capabilities") != {"drop": ["ALL"]}:
        found.append("has or can gain privileges")
    if not {"cpu", "memory"} <= set(resources.get("requests", {})) or "memory" not in resources.get("limits", {}):
        found.append(f"resources are {resources}")
    tag = container["image"].rpartition(":")[2]
    if "/" in tag or tag in {"", "latest"}:
        found.append(f"image {container['image']} may change")
    found += [
        f"secret {entry['name']} in the manifest"
        for entry in container.get("env", [])
        if "value" in entry and any(word in entry["name"] for word in ("PASSWORD", "SECRET", "PASSPHRASE", "_URL"))
    ]
    return found
