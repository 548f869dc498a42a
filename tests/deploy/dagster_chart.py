"""What the official Dagster chart does with the values that we set: which keys it knows, and what it makes of them.

The chart itself is on no package registry, so it is not rendered here. The keys were read from the published schema of
its values (helm/dagster/schema in Dagster's repository, releases 1.12 and 1.13), the rest from its templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.deploy.manifests import deployment_of

ANY = "anything"
"""Below such a key the chart hands on what it is given: to Kubernetes, to Dagster, or to a server's parameters."""
_IMAGE = dict.fromkeys(("repository", "tag", "pullPolicy"), None)
_POD = dict.fromkeys(
    (
        *("podSecurityContext", "securityContext", "resources", "volumes", "volumeMounts", "affinity"),
        *("tolerations", "nodeSelector", "livenessProbe", "readinessProbe", "startupProbe", "annotations", "labels"),
        *("env", "envConfigMaps", "envSecrets"),
    ),
    ANY,
)
_ACCOUNT: dict[str, Any] = {"create": None, "name": None, "annotations": ANY}
_PURGE = {"purgeAfterDays": ANY}
KEYS: dict[str, Any] = {
    "global": dict.fromkeys(
        ("postgresqlSecretName", "dagsterHome", "serviceAccountName", "celeryConfigSecretName"), None
    ),
    "generatePostgresqlPasswordSecret": None,
    "telemetry": {"enabled": None},
    "serviceAccount": _ACCOUNT,
    "ingress": {"enabled": None},
    "dagsterWebserver": {
        **_POD,
        **dict.fromkeys(("replicaCount", "enableReadOnly", "checkDbReadyInitContainer"), None),
        "image": _IMAGE,
        "service": {"type": None, "port": None, "annotations": ANY},
    },
    "dagsterDaemon": {
        **_POD,
        **dict.fromkeys(("enabled", "heartbeatTolerance", "checkDbReadyInitContainer"), None),
        "image": _IMAGE,
        "runCoordinator": {"enabled": None, "type": None, "config": {"queuedRunCoordinator": {}}},
        "runRetries": dict.fromkeys(("enabled", "maxRetries", "retryOnAssetOrOpFailure"), None),
        "runMonitoring": dict.fromkeys(
            (
                *("enabled", "startTimeoutSeconds", "cancelTimeoutSeconds", "maxResumeRunAttempts"),
                *("pollIntervalSeconds", "freeSlotsAfterRunEndSeconds"),
            ),
            None,
        ),
    },
    "concurrency": {
        "enabled": None,
        "pools": dict.fromkeys(("defaultLimit", "granularity", "opGranularityRunBuffer"), None),
        "runs": {"maxConcurrentRuns": None, "tagConcurrencyLimits": ANY},
    },
    "retention": {"enabled": None, "sensor": _PURGE, "schedule": _PURGE, "autoMaterialize": _PURGE},
    "postgresql": {
        **dict.fromkeys(
            ("enabled", "postgresqlHost", "postgresqlScheme", "postgresqlUsername", "postgresqlDatabase"), None
        ),
        "postgresqlParams": ANY,
        "service": {"port": None},
    },
    "rabbitmq": {"enabled": None},
    "redis": {"enabled": None},
    "computeLogManager": {
        "type": None,
        "config": {
            "s3ComputeLogManager": dict.fromkeys(
                ("bucket", "prefix", "region", "localDir", "skipEmptyFiles", "uploadInterval", "useSsl", "endpointUrl"),
                None,
            )
        },
    },
    "runLauncher": {
        "type": None,
        "config": {
            "k8sRunLauncher": {
                **dict.fromkeys(
                    ("imagePullPolicy", "loadInclusterConfig", "jobNamespace", "failPodOnRunFailure"), None
                ),
                **dict.fromkeys(("envConfigMaps", "envSecrets", "envVars", "volumes", "volumeMounts"), ANY),
                **dict.fromkeys(("labels", "resources", "securityContext"), ANY),
                "runK8sConfig": dict.fromkeys(
                    ("containerConfig", "podSpecConfig", "podTemplateSpecMetadata", "jobSpecConfig", "jobMetadata"), ANY
                ),
            }
        },
    },
    "dagster-user-deployments": {
        "enabled": None,
        "enableSubchart": None,
        "serviceAccount": _ACCOUNT,
        "deployments": [
            {
                **_POD,
                **dict.fromkeys(("name", "port"), None),
                "image": _IMAGE,
                "dagsterApiGrpcArgs": ANY,
                "includeConfigInLaunchedRuns": {"enabled": None},
            }
        ],
    },
}
"""Keys that the chart's schema has, as far as anybody might set them here; None ends in a plain value."""


def unknown(values: Any, known: Any = KEYS, path: str = "") -> list[str]:
    """Paths of values that the chart does not know."""
    if known == ANY:
        return []
    if isinstance(known, list):
        return [found for item in values for found in unknown(item, known[0], f"{path}[]")]
    if known is None:
        return [path] if isinstance(values, dict | list) else []
    lost = [f"{path}.{key}" for key in values if key not in known]
    return lost + [
        found for key in values if key in known for found in unknown(values[key], known[key], f"{path}.{key}")
    ]


def launcher_config(values: Mapping[str, Any], release: str, namespace: str) -> dict[str, Any]:
    """Configuration of `K8sRunLauncher` that the chart writes into dagster.yaml."""
    given = values["runLauncher"]["config"]["k8sRunLauncher"]
    run = {
        "pod_spec_config": given["runK8sConfig"]["podSpecConfig"],
        "job_spec_config": given["runK8sConfig"]["jobSpecConfig"],
    }
    return {
        "load_incluster_config": given["loadInclusterConfig"],
        "job_namespace": namespace,
        "image_pull_policy": given["imagePullPolicy"],
        "service_account_name": values["serviceAccount"]["name"],
        "dagster_home": values["global"]["dagsterHome"],
        "instance_config_map": f"{release}-instance",
        "postgres_password_secret": values["global"]["postgresqlSecretName"],
        "security_context": given["securityContext"],
        "run_k8s_config": run,
    }


def container_context(values: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    """What the chart tells the code location to add to the pods of its runs and steps."""
    given = deployment_of(values)
    return {
        "k8s": {
            "image_pull_policy": given["image"]["pullPolicy"],
            "env_config_maps": [one["name"] for one in given["envConfigMaps"]],
            "env_secrets": [one["name"] for one in given["envSecrets"]],
            "env": given["env"],
            "volume_mounts": given["volumeMounts"],
            "volumes": given["volumes"],
            "resources": given["resources"],
            "namespace": namespace,
            "service_account_name": values["dagster-user-deployments"]["serviceAccount"]["name"],
        }
    }


def deployments(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Deployments with the parts of the chart's that come from the values."""
    parts = {"webserver": values["dagsterWebserver"], "daemon": values["dagsterDaemon"], "code": deployment_of(values)}
    return [_deployment(name, part) for name, part in parts.items()]


def _deployment(name: str, part: Mapping[str, Any]) -> dict[str, Any]:
    labels = {"component": name}
    container = {
        "name": name,
        "image": f"{part['image']['repository']}:{part['image']['tag']}",
        "imagePullPolicy": part["image"]["pullPolicy"],
        "securityContext": part["securityContext"],
        "resources": part["resources"],
        "volumeMounts": part["volumeMounts"],
        "env": part.get("env", []),
        "envFrom": [{"configMapRef": one} for one in part.get("envConfigMaps", [])]
        + [{"secretRef": one} for one in part.get("envSecrets", [])],
    }
    pod = {
        "securityContext": part["podSecurityContext"],
        "containers": [container],
        "volumes": part["volumes"],
        "affinity": part.get("affinity", {}),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }
