"""The Job that Kubernetes gets for every step of training and of the weekly cycle, made by Dagster's own launcher."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from dp_assets.pods import IN_RUN_TAG
from tests.deploy.dagster_chart import container_context, launcher_config
from tests.deploy.manifests import ENVIRONMENTS, KUBERNETES, REVISION, check, dagster_values, read, unsafe
from tests.manifest import hand_over_manifest

pytestmark = [pytest.mark.needs_helm, pytest.mark.slow]
IMAGE = f"registry.example.com/demand-planner/pipeline:{REVISION}"
GPU_STEPS = {"tuned_model", "residuals"}
"""Steps that fit the network: the search and the champion, and the refits that it is judged by."""
Tags = Mapping[str, Mapping[str, str]]


@pytest.fixture(scope="module")
def tags(tmp_path_factory: pytest.TempPathFactory) -> Tags:
    """Tags of every step of `retrain` and `weekly_cycle` that is a pod, by the step's name."""
    from dp_assets.definitions import build_definitions
    from dp_assets.domain.config_file import load_config
    from dp_assets.project import REPOSITORY, build_project
    from dp_resources.clock import SimulatedClock
    from dp_resources.settings import Settings

    state = tmp_path_factory.mktemp("state")
    hand_over_manifest(state)
    clock = SimulatedClock(state / "clock.json")
    clock.set(datetime(2017, 12, 5, 12, tzinfo=UTC))
    settings = Settings(state_dir=state, clock="simulated", executor="kubernetes")
    definitions = build_definitions(build_project(settings, load_config(REPOSITORY / "demand.yaml"), REPOSITORY, clock))
    jobs = [definitions.resolve_job_def(name) for name in ("retrain", "weekly_cycle")]
    assert {job.executor_def.name for job in jobs} == {"k8s"}
    found = {node.name: node.definition.tags for job in jobs for node in job.nodes}
    return {name: tags for name, tags in found.items() if IN_RUN_TAG not in tags}


def made(
    config: Mapping[str, Any], context: Mapping[str, Any], tags: Mapping[str, str], folder: Path
) -> dict[str, Any]:
    """The Job that the executor makes for a step with tags, under a launcher and the context of a code location."""
    from dagster_k8s import K8sRunLauncher
    from dagster_k8s.container_context import K8sContainerContext
    from dagster_k8s.job import construct_dagster_k8s_job, get_user_defined_k8s_config

    (folder / "kubeconfig").write_text(yaml.safe_dump(UNREACHABLE))
    launcher = K8sRunLauncher(
        **{**config, "load_incluster_config": False, "kubeconfig_file": str(folder / "kubeconfig"), "job_image": IMAGE}
    )
    run = dg.DagsterRun(job_name="retrain", run_id="a" * 8)
    found = K8sContainerContext.create_for_run(run, launcher, include_run_tags=False)
    found = found.merge(K8sContainerContext.create_from_config(context))
    found = found.merge(K8sContainerContext(run_k8s_config=get_user_defined_k8s_config(tags)))
    job = construct_dagster_k8s_job(
        job_config=found.get_k8s_job_config(None, launcher),
        args=["dagster", "api", "execute_step"],
        job_name="dagster-step",
        component="step_worker",
        user_defined_k8s_config=found.run_k8s_config,
        labels={"dagster/job": "retrain"},
    )
    import kubernetes

    body = kubernetes.client.ApiClient().sanitize_for_serialization(job)
    assert isinstance(body, dict)
    return body


UNREACHABLE = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "nowhere",
    "clusters": [{"name": "nowhere", "cluster": {"server": "http://127.0.0.1:1"}}],
    "users": [{"name": "nobody", "user": {}}],
    "contexts": [{"name": "nowhere", "context": {"cluster": "nowhere", "user": "nobody"}}],
}


def by_chart(environment: str, tags: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """The Job where the official chart was installed."""
    values = dagster_values(environment)
    config = launcher_config(values, "dagster", "demand-planner")
    return made(config, container_context(values, "demand-planner"), tags, folder)


@pytest.fixture(scope="module")
def pods(tags: Tags, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Pods of every step in production, by the step's name."""
    folder = tmp_path_factory.mktemp("kubeconfig")
    once = {asked: by_chart("production", own, folder) for asked, own in different(tags).items()}
    return {name: once[key_of(own)]["spec"]["template"]["spec"] for name, own in tags.items()}


def key_of(tags: Mapping[str, str]) -> str:
    """Tags as text."""
    return json.dumps(dict(tags), sort_keys=True)


def different(tags: Tags) -> Tags:
    """One step of all that ask for the same: their Jobs differ in nothing else."""
    return {key_of(own): own for own in tags.values()}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kubernetes_takes_every_job_and_every_pod_is_safe(environment: str, tags: Tags, tmp_path: Path) -> None:
    assert len(tags) > 15
    for asked, own in different(tags).items():
        job = by_chart(environment, own, tmp_path)
        check(job)
        assert unsafe(job["spec"]["template"]["spec"]) == [], asked
        assert job["spec"]["backoffLimit"] == 0, "Dagster tries again, from what the step has left"
        assert job["spec"]["activeDeadlineSeconds"] < job["spec"]["ttlSecondsAfterFinished"]


def test_only_what_fits_the_network_asks_for_a_gpu_and_goes_where_there_is_one(pods: dict[str, Any]) -> None:
    asking = {name for name, pod in pods.items() if "nvidia.com/gpu" in pod["containers"][0]["resources"]["limits"]}
    assert asking == GPU_STEPS
    for name, pod in pods.items():
        placed = name in GPU_STEPS
        assert (pod.get("nodeSelector") == {"accelerator": "nvidia"}) == placed, name
        assert bool(pod.get("tolerations")) == placed, name
    for name in GPU_STEPS:
        assert pods[name]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
        assert pods[name]["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_a_training_finds_what_an_interrupted_one_left(pods: dict[str, Any]) -> None:
    claims = {
        name: {one["name"] for one in pod["volumes"] if "persistentVolumeClaim" in one} for name, pod in pods.items()
    }
    assert {name for name, found in claims.items() if found} == {"tuned_model"}
    mounts = {mount["mountPath"] for mount in pods["tuned_model"]["containers"][0]["volumeMounts"]}
    assert {"/state/checkpoints", "/state/studies", "/state", "/tmp"} <= mounts


def test_steps_that_hold_everything_get_more_memory_than_others(pods: dict[str, Any]) -> None:
    found = {name: pod["containers"][0]["resources"] for name, pod in pods.items()}
    roomy = {name for name, resources in found.items() if resources["limits"]["memory"] == "12Gi"}
    assert {"features", "forecasts", "boosted_model"} <= roomy
    assert found["encoders"]["limits"]["memory"] == "4Gi"


def test_without_the_chart_the_same_jobs_are_made(tags: Tags, tmp_path: Path) -> None:
    config = read(KUBERNETES / "dagster.yaml")["run_launcher"]["config"]
    for own in different(tags).values():
        alone, charted = made(config, {}, own, tmp_path), by_chart("production", own, tmp_path)
        for job in (alone, charted):
            (container,) = job["spec"]["template"]["spec"]["containers"]
            container["env"].sort(key=lambda entry: entry["name"])
        assert alone == charted
