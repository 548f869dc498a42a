"""The serving chart, rendered by Helm and checked against Kubernetes' own schemas and our policies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deploy.manifests import ENVIRONMENTS, KUBERNETES, OTHERS, check, pod_specs, rendered, serving_values, unsafe

pytestmark = pytest.mark.needs_helm
KINDS = {
    *("ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "NetworkPolicy", "PodDisruptionBudget"),
    *("Service", "ServiceAccount", "ServiceMonitor"),
}


@pytest.fixture(params=ENVIRONMENTS, scope="module")
def manifests(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """Manifests of an environment by kind."""
    return {manifest["kind"]: manifest for manifest in rendered(request.param)}


def test_every_manifest_is_one_that_kubernetes_takes(manifests: dict[str, dict[str, Any]]) -> None:
    assert set(manifests) == KINDS
    for kind in KINDS - OTHERS:
        check(manifests[kind])


def test_a_key_that_kubernetes_does_not_know_is_found(manifests: dict[str, dict[str, Any]]) -> None:
    import kubernetes_validate

    with pytest.raises(kubernetes_validate.ValidationError):
        check(manifests["Service"] | {"spec": manifests["Service"]["spec"] | {"bogus": 1}})


def test_helm_finds_nothing_to_mend() -> None:
    from helm_python import lint

    for environment in ENVIRONMENTS:
        report = lint(KUBERNETES / "serving", serving_values(environment), strict=True)
        assert [one for one in report["messages"] if one["severity"] > 1] == []


def test_its_pods_are_safe(manifests: dict[str, dict[str, Any]]) -> None:
    (pod,) = pod_specs(manifests["Deployment"])
    assert unsafe(pod) == []
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")} == {
        "/healthz"
    }


def test_careless_pods_are_found() -> None:
    found = unsafe({"containers": [{"image": "api:latest", "env": [{"name": "DB_PASSWORD", "value": "x"}]}]})
    assert len(found) == 7


def test_nothing_secret_is_in_the_manifests(manifests: dict[str, dict[str, Any]]) -> None:
    assert "Secret" not in manifests
    assert not [name for name in manifests["ConfigMap"]["data"] if "DATABASE_URL" in name or "SECRET" in name]


def test_selectors_reach_the_pods(manifests: dict[str, dict[str, Any]]) -> None:
    labels = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    wanted = [
        manifests["Deployment"]["spec"]["selector"]["matchLabels"],
        manifests["Service"]["spec"]["selector"],
        manifests["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        manifests["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector.items() <= labels for selector in wanted)
    monitored = manifests["ServiceMonitor"]["spec"]["selector"]["matchLabels"].items()
    assert monitored <= manifests["Service"]["metadata"]["labels"].items()


def test_people_come_in_over_tls_only(manifests: dict[str, dict[str, Any]]) -> None:
    ingress = manifests["Ingress"]["spec"]
    assert [rule["host"] for rule in ingress["rules"]] == ingress["tls"][0]["hosts"]
    assert ingress["tls"][0]["secretName"]


def test_only_what_is_named_goes_in_and_out(manifests: dict[str, dict[str, Any]]) -> None:
    policy = manifests["NetworkPolicy"]["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert all(rule["from"] and rule["ports"] for rule in policy["ingress"])
    assert {port["port"] for rule in policy["egress"] for port in rule["ports"]} == {53, 5432, 443}


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_two_or_more_replicas_lie_in_different_zones_and_one_may_go(environment: str) -> None:
    found = {manifest["kind"]: manifest["spec"] for manifest in rendered(environment) if "spec" in manifest}
    fewest = found["HorizontalPodAutoscaler"]["minReplicas"]
    assert fewest >= 2
    assert 1 <= found["PodDisruptionBudget"]["minAvailable"] < fewest
    zones = [
        (spread["maxSkew"], spread["whenUnsatisfiable"])
        for spread in found["Deployment"]["template"]["spec"]["topologySpreadConstraints"]
        if spread["topologyKey"] == "topology.kubernetes.io/zone"
    ]
    assert zones == [(1, "DoNotSchedule")]
    assert "replicas" not in found["Deployment"]


def test_roles_differ_by_environment() -> None:
    accounts = [one for name in ENVIRONMENTS for one in rendered(name) if one["kind"] == "ServiceAccount"]
    roles = {account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] for account in accounts}
    assert len(roles) == len(ENVIRONMENTS)


@pytest.mark.parametrize(
    "changes",
    [
        {"image": {"repository": "serving", "tag": "latest"}},
        {"image": {"repository": "serving", "tag": ""}},
        {"settings": {"DP_PLANNING_DATABASE_URL": "postgresql://planner:word@host/planning"}},
        {"ingress": {"host": ""}},
        {"replicaCount": 3},
    ],
    ids=["latest", "no tag", "a secret", "no host", "unknown key"],
)
def test_values_that_cannot_be_meant_are_refused(changes: dict[str, Any]) -> None:
    from helm_python import HelmError

    with pytest.raises(HelmError):
        rendered("production", **changes)


def test_its_settings_are_settings_of_the_program(manifests: dict[str, dict[str, Any]]) -> None:
    from dp_resources.settings import Settings

    data = manifests["ConfigMap"]["data"]
    assert set(data) <= {f"DP_{name.upper()}" for name in Settings.model_fields}
    Settings.model_validate({name.removeprefix("DP_").lower(): value for name, value in data.items()})
