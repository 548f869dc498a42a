"""Values of the official Dagster chart, and the dagster.yaml for those who install without it."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.dagster_chart import deployments, unknown
from tests.deploy.manifests import (
    ENVIRONMENTS,
    KUBERNETES,
    check,
    dagster_values,
    deployment_of,
    pod_specs,
    read,
    unsafe,
)

DATABASE, MONITORING = "storage.postgres.postgres_db", "run_monitoring"
LAUNCHER, VALUES_LAUNCHER = "run_launcher.config", "runLauncher.config.k8sRunLauncher"
LOGS, VALUES_LOGS = "compute_logs.config", "computeLogManager.config.s3ComputeLogManager"
SAME = {
    "telemetry.enabled": "telemetry.enabled",
    "global.dagsterHome": f"{LAUNCHER}.dagster_home",
    "global.postgresqlSecretName": f"{LAUNCHER}.postgres_password_secret",
    "postgresql.postgresqlScheme": f"{DATABASE}.scheme",
    "postgresql.postgresqlParams": f"{DATABASE}.params",
    "postgresql.service.port": f"{DATABASE}.port",
    "computeLogManager.type": "compute_logs.class",
    f"{VALUES_LOGS}.prefix": f"{LOGS}.prefix",
    f"{VALUES_LOGS}.localDir": f"{LOGS}.local_dir",
    f"{VALUES_LOGS}.skipEmptyFiles": f"{LOGS}.skip_empty_files",
    f"{VALUES_LOGS}.uploadInterval": f"{LOGS}.upload_interval",
    "runLauncher.type": "run_launcher.class",
    "dagsterDaemon.runCoordinator.type": "run_coordinator.class",
    "dagsterDaemon.runRetries.maxRetries": "run_retries.max_retries",
    "dagsterDaemon.runMonitoring.enabled": f"{MONITORING}.enabled",
    "dagsterDaemon.runMonitoring.startTimeoutSeconds": f"{MONITORING}.start_timeout_seconds",
    "dagsterDaemon.runMonitoring.cancelTimeoutSeconds": f"{MONITORING}.cancel_timeout_seconds",
    "dagsterDaemon.runMonitoring.maxResumeRunAttempts": f"{MONITORING}.max_resume_run_attempts",
    "dagsterDaemon.runMonitoring.pollIntervalSeconds": f"{MONITORING}.poll_interval_seconds",
    "concurrency.pools.granularity": "concurrency.pools.granularity",
    "concurrency.pools.defaultLimit": "concurrency.pools.default_limit",
    "concurrency.runs.maxConcurrentRuns": "concurrency.runs.max_concurrent_runs",
    "retention.sensor.purgeAfterDays": "retention.sensor.purge_after_days",
    "retention.schedule.purgeAfterDays": "retention.schedule.purge_after_days",
}
"""Path in the values → path in dagster.yaml that must say the same."""


def at(document: Any, path: str) -> Any:
    """What stands at a dotted path."""
    return reduce(lambda found, key: found[key], path.split("."), document)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_chart_knows_every_key(environment: str) -> None:
    values = dagster_values(environment)
    assert unknown(values) == []
    assert unknown(values | {"dagit": {}}) == [".dagit"]


@pytest.mark.needs_helm
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_it_hands_to_kubernetes_is_taken_and_safe(environment: str) -> None:
    for deployment in deployments(dagster_values(environment)):
        check(deployment)
        (pod,) = pod_specs(deployment)
        assert unsafe(pod) == [], deployment["metadata"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_password_stands_in_the_values(environment: str) -> None:
    values = dagster_values(environment)
    assert values["generatePostgresqlPasswordSecret"] is False
    assert "postgresqlPassword" not in values["postgresql"]
    assert values["postgresql"]["postgresqlParams"]["sslmode"] == "verify-full"
    assert values["ingress"]["enabled"] is False


def test_environments_differ_in_everything_that_tells_them_apart() -> None:
    found = [dagster_values(environment) for environment in ENVIRONMENTS]
    for path in (
        "postgresql.postgresqlHost",
        f"{VALUES_LOGS}.bucket",
        "serviceAccount.annotations",
        "dagster-user-deployments.serviceAccount.annotations",
    ):
        assert len({str(at(values, path)) for values in found}) == len(ENVIRONMENTS), path


@pytest.mark.parametrize(("ours", "theirs"), SAME.items())
def test_values_and_dagster_yaml_say_the_same(ours: str, theirs: str) -> None:
    assert at(dagster_values("production"), ours) == at(read(KUBERNETES / "dagster.yaml"), theirs)


def test_settings_of_the_code_location_are_settings_of_the_program() -> None:
    from dp_resources.settings import Settings

    given = {one["name"]: one["value"] for one in deployment_of(dagster_values("production"))["env"]}
    assert set(given) <= {f"DP_{name.upper()}" for name in Settings.model_fields}
    listed = read(KUBERNETES / "dagster.yaml")["run_launcher"]["config"]["env_vars"]
    assert listed == [f"{name}={value}" for name, value in given.items()]


def test_dagster_takes_dagster_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dagster._config import process_config, resolve_to_config_type
    from dagster._core.instance.ref import InstanceRef
    from dagster_aws.s3.compute_log_manager import S3ComputeLogManager
    from dagster_k8s import K8sRunLauncher
    from dagster_postgres import DagsterPostgresStorage

    for name in ("HOST", "USERNAME", "PASSWORD", "DB"):
        monkeypatch.setenv(f"DAGSTER_PG_{name}", name.lower())
    monkeypatch.setenv("DAGSTER_LOGS_BUCKET", "bucket")
    monkeypatch.setenv("DAGSTER_JOB_IMAGE", "registry.example.com/pipeline:1")
    (tmp_path / "dagster.yaml").write_text((KUBERNETES / "dagster.yaml").read_text())
    instance = InstanceRef.from_dir(str(tmp_path))
    for made, found in (
        (K8sRunLauncher, instance.run_launcher_data),
        (S3ComputeLogManager, instance.compute_logs_data),
        (DagsterPostgresStorage, instance.storage_data),
    ):
        assert found is not None
        result = process_config(resolve_to_config_type(made.config_type()), found.config_dict)
        assert result.success, result.errors
    assert instance.settings["run_retries"]["max_retries"] == 2


@pytest.mark.needs_helm
def test_the_volume_of_training_is_one_that_kubernetes_takes() -> None:
    from dp_assets.pods import TRAINING_VOLUME

    claim = read(KUBERNETES / "training-volume.yaml")
    check(claim)
    assert claim["metadata"]["name"] == TRAINING_VOLUME
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
