"""Dagster's daemon, run launcher and executor against an API server of our own, whose pods are processes here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from dp_assets.pods import GPU_TAGS
from tests.deploy.api_server import serving
from tests.deploy.cluster import Cluster, Node
from tests.deploy.manifests import KUBERNETES, read
from tests.postgres_server import running_postgres

pytestmark = [pytest.mark.needs_helm, pytest.mark.slow]
PROCESSORS = Node("cpu-0", {"cpu": "8", "memory": "32Gi"}, {"kubernetes.io/arch": "amd64"})
GPU = Node(
    "gpu-0",
    {"cpu": "8", "memory": "64Gi", "nvidia.com/gpu": "1"},
    {"accelerator": "nvidia"},
    ({"key": "nvidia.com/gpu", "effect": "NoSchedule"},),
)
NAMESPACE = "demand-planner"
REPOSITORY = Path(__file__).parents[2]


def until(true: Callable[[], Any], seconds: float, told: Callable[[], str] = str) -> Any:
    """Waits for something; what came of it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {told()}")


def gpu_job(name: str, **spec: Any) -> dict[str, Any]:
    """A Job that asks for what training asks for, and does nothing."""
    from dagster_k8s.job import DagsterK8sJobConfig, construct_dagster_k8s_job, get_user_defined_k8s_config
    from kubernetes.client import ApiClient

    tags = dg.AssetsDefinition.from_op(dg.op(name="step", tags=GPU_TAGS)(lambda: None)).op.tags
    job = construct_dagster_k8s_job(
        job_config=DagsterK8sJobConfig(job_image="pipeline:1", dagster_home="/tmp", instance_config_map="instance"),
        args=["true"],
        job_name=name,
        user_defined_k8s_config=get_user_defined_k8s_config(tags),
    )
    body: dict[str, Any] = ApiClient().sanitize_for_serialization(job)
    body["spec"] |= spec
    return body


def client(kubeconfig: Path) -> Any:
    """dagster-k8s' own client."""
    import kubernetes
    from dagster_k8s.client import DagsterKubernetesClient

    kubernetes.config.load_kube_config(str(kubeconfig))
    return DagsterKubernetesClient.production_client()


@pytest.fixture
def processors_only(tmp_path: Path) -> Iterator[tuple[Cluster, Path]]:
    """A cluster without a GPU, and its kubeconfig."""
    cluster = Cluster([PROCESSORS], tmp_path)
    with serving(cluster, tmp_path) as (kubeconfig, _):
        yield cluster, kubeconfig


def test_without_a_gpu_a_training_waits_and_says_why(processors_only: tuple[Cluster, Path]) -> None:
    cluster, kubeconfig = processors_only
    api = client(kubeconfig)
    api.create_namespaced_job_with_retries(body=gpu_job("training"), namespace=NAMESPACE)
    until(lambda: cluster.events, 10)
    (pod,) = api.get_pod_names_in_job("training", NAMESPACE)
    told = api.get_pod_debug_info(pod, NAMESPACE)
    assert "Pending" in told
    assert "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector" in told
    assert cluster.placed == []


def test_what_waits_too_long_is_ended_and_one_that_fails_is_tried_again_as_often_as_it_may(
    processors_only: tuple[Cluster, Path],
) -> None:
    cluster, kubeconfig = processors_only
    api = client(kubeconfig)
    api.create_namespaced_job_with_retries(body=gpu_job("late", activeDeadlineSeconds=1), namespace=NAMESPACE)
    failing = gpu_job("failing", backoffLimit=1)
    pod = failing["spec"]["template"]["spec"]
    del pod["nodeSelector"], pod["tolerations"], pod["containers"][0]["resources"]
    pod["containers"][0]["args"] = ["false"]
    api.create_namespaced_job_with_retries(body=failing, namespace=NAMESPACE)
    until(lambda: api.get_job_status("late", NAMESPACE).failed, 10)
    until(lambda: (api.get_job_status("failing", NAMESPACE).failed or 0) == 2, 10)
    assert len(cluster.placed) == 2


@pytest.mark.needs_kubectl
def test_kubectl_reads_the_cluster(processors_only: tuple[Cluster, Path]) -> None:
    _, kubeconfig = processors_only
    client(kubeconfig).create_namespaced_job_with_retries(body=gpu_job("training"), namespace=NAMESPACE)
    for what, name in (("nodes", "node/cpu-0"), ("jobs", "job.batch/training")):
        shown = subprocess.run(
            ["kubectl", "--kubeconfig", str(kubeconfig), "get", what, "-o", "name"],
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": os.environ["PATH"], "HOME": str(kubeconfig.parent)},
        )
        assert shown.stdout.split() == [name]


def instance_yaml(url: str, kubeconfig: Path, home: Path) -> str:
    """The dagster.yaml of production, with a server of this machine, its kubeconfig, and logs on disk."""
    found = read(KUBERNETES / "dagster.yaml")
    found["storage"]["postgres"]["postgres_db"] |= {"port": int(url.rsplit(":", 1)[1].split("/")[0]), "params": {}}
    found["run_launcher"]["config"] |= {
        **{"load_incluster_config": False, "kubeconfig_file": str(kubeconfig), "dagster_home": str(home)},
        "env_vars": [f"DP_STATE_DIR={home / 'state'}"],
    }
    del found["compute_logs"]
    return yaml.safe_dump(found)


def test_a_killed_training_goes_on_where_it_was_on_the_node_with_the_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path
    with running_postgres() as url:
        settings = {"DAGSTER_PG_HOST": "127.0.0.1", "DAGSTER_PG_USERNAME": "planner", "DAGSTER_PG_DB": "postgres"}
        settings |= {"DAGSTER_JOB_IMAGE": "registry.example.com/pipeline:1", "DAGSTER_HOME": str(home)}
        cluster = Cluster(
            [PROCESSORS, GPU],
            home,
            config_maps={"demand-planner-settings": settings},
            secrets={"demand-planner-secrets": {}, "dagster-postgresql-secret": {"postgresql-password": "none"}},
        )
        # The daemon and its pods begin in another folder, and find what is tested as the tests do.
        paths = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
        for name, value in (settings | {"DAGSTER_PG_PASSWORD": "none", "PYTHONPATH": paths}).items():
            monkeypatch.setenv(name, value)
        with serving(cluster, home) as (kubeconfig, asked):
            (home / "dagster.yaml").write_text(instance_yaml(url, kubeconfig, home))
            with daemon(home):
                runs = _killed_once(cluster, home)
        assert runs == ["FAILURE", "SUCCESS"]
        assert (home / "state/fitted").read_text() == "half + half on gpu-0"
        steps = [node for pod, node in cluster.placed if pod.startswith("dagster-step-")]
        assert steps == ["cpu-0", "gpu-0", "gpu-0"], "what was done is not done again"
        assert {"POST jobs", "GET jobs/status"} <= set(asked)


def _killed_once(cluster: Cluster, home: Path) -> list[str]:
    """Kills the pod of `fitted` when it has left its checkpoint; what became of the runs, in their order."""

    def output() -> str:
        logs = "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in home.glob("*.log"))
        return f"{cluster.placed} {cluster.events}\n{logs}"

    until((home / "state/checkpoint").exists, 300, output)
    running = [name for name, node in cluster.placed if node == "gpu-0"]
    cluster.kill(running[-1])
    with dg.DagsterInstance.from_config(str(home)) as instance:
        until((home / "state/fitted").exists, 300, output)
        done = {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}
        until(lambda: all(run.status in done for run in instance.get_runs()), 120, output)
        return [run.status.value for run in reversed(instance.get_runs())]


@contextmanager
def daemon(home: Path) -> Iterator[None]:
    """Dagster's daemon over the location of these tests, as a process."""
    command = [str(Path(sys.executable).parent / "dagster-daemon"), "run", "-m", "tests.deploy.location"]
    with (home / "daemon.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=home, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
