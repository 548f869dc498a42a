"""Dagster's daemon, run launcher and executor against an API server of our own, whose pods are processes here."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dp_assets.pods import GPU_TAGS
from tests.deploy.api_server import serving
from tests.deploy.cluster import Cluster
from tests.deploy.deployment import PROCESSORS, deployed, until
from tests.e2e.small_world import world_that_ran

pytestmark = [pytest.mark.needs_helm, pytest.mark.slow]
NAMESPACE = "demand-planner"


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
    cluster = Cluster([PROCESSORS], tmp_path, config_maps={"instance": {"dagster.yaml": ""}})
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


def test_a_killed_training_goes_on_where_it_was_on_the_node_with_the_gpu_and_checks_need_no_pods(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_that_ran(tmp_path_factory)
    (cycle, *_) = world.project.lake().partitions("tuned_model")
    asked = ("features", "encoders", "tuned_model")
    checked = {"eligibility", "outlier_log", "stockouts"}  # tables of features
    with deployed(
        tmp_path, world.project, lambda table, _: table in {*asked[1:], *checked}, monkeypatch, ("retrain", asked)
    ) as installed:
        installed.kill_training()
        until(lambda: len(installed.ended()) == 2, 300, installed.told)
        runs = installed.ended()
        assert [run.status.value for run in runs] == ["FAILURE", "SUCCESS"]
        steps = [installed.cluster.steps(run.run_id) for run in runs]
        assert steps == [
            {"features": ["cpu-0"], "encoders": ["cpu-0"], "tuned_model": ["gpu-0"]},
            {"tuned_model": ["gpu-0"]},
        ]
        done = installed.steps(runs[0].run_id, dg.DagsterEventType.STEP_SUCCESS)
        in_run = {f"features_{table}_contract" for table in checked}
        assert done == {"features", "encoders", *in_run}, "what only looks needs no pod"
        assert {"POST jobs", "GET jobs/status"} <= set(installed.asked)
        made, expected = (lake.manifest("tuned_model", cycle=cycle) for lake in (installed.lake, world.project.lake()))
        assert made["files"] == expected["files"], "the same bytes as those of an undisturbed process"
        curve = json.loads((installed.lake.open_folder("tuned_model", cycle=cycle) / "curve.json").read_text())
        pod = next(name for name in reversed(installed.cluster.pods) if "step" in name)
        assert installed.cluster.log(pod).count(": training loss") < sum(len(epochs) for epochs in curve.values())
