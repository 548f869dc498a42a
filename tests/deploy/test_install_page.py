"""Commands of the page that installs: kubectl takes them, by the letter, and Kubernetes' schemas what they make."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.deploy.api_server import serving
from tests.deploy.cluster import Cluster, Node
from tests.deploy.manifests import KUBERNETES, check, unsafe_container

pytestmark = [pytest.mark.needs_helm, pytest.mark.needs_kubectl]
REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs/kubernetes.md").read_text()
FILES = ("demand.yaml", "ca.pem", "dagster.password", "planning.url", "session.pem")


def commands(start: str) -> list[str]:
    """Commands of the page that begin so, with the lines that they go on over."""
    lines = re.findall(rf"^{start} (?:.*\\\n)*.*$", PAGE, re.MULTILINE)
    return [re.sub(r"\s+#.*$", "", line) for line in lines]


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Iterator[Path]:
    """An emulated cluster, and files as the page's reader has them, in one folder."""
    for name in FILES:
        (tmp_path / name).write_text("content")
    with serving(Cluster([Node("cpu-0", {"cpu": "1"})], tmp_path), tmp_path) as (path, _):
        yield path


def run(command: str, kubeconfig: Path) -> str:
    """What a command prints; the environment is that of the page's first step."""
    folder = kubeconfig.parent
    names = {"KUBECONFIG": str(kubeconfig), "HOME": str(folder), "REGISTRY": "registry.example.com/dp", "REVISION": "1"}
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=names | {"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


def test_what_is_created_is_what_kubernetes_takes(kubeconfig: Path) -> None:
    found = commands("kubectl create")
    assert len(found) >= 8
    made = [yaml.safe_load(run(f"{command} --dry-run=client -o yaml", kubeconfig)) for command in found]
    for manifest in made:
        check(manifest)
    mounted = {one["metadata"]["name"] for one in made}
    assert {"demand-planner-config", "demand-planner-settings", "postgresql-ca", "demand-planner-secrets"} <= mounted
    assert {"dagster-postgresql-secret", "demand-planner-serving", "demand-planner-metrics"} <= mounted


def test_the_first_user_is_made_in_a_pod_that_a_strict_namespace_lets_in(kubeconfig: Path) -> None:
    start = PAGE.index("kubectl run dp")
    command = PAGE[start : PAGE.index('EOF\n)"', start) + len('EOF\n)"')].replace(
        "--rm -it", "--dry-run=client -o yaml"
    )
    pod = yaml.safe_load(run(command, kubeconfig))
    check(pod)
    (container,) = pod["spec"]["containers"]
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert not [told for told in unsafe_container(container) if "privileges" in told or "image" in told.split()[:1]]


def test_every_file_that_it_names_is_there() -> None:
    named = set(re.findall(r"deploy/[\w./-]+", PAGE))
    assert {str(KUBERNETES.relative_to(REPOSITORY) / "training-volume.yaml"), "deploy/images/Dockerfile"} <= named
    assert [name for name in named if not (REPOSITORY / name).exists()] == []
