"""What differs between environments: names, sizes, addresses; one YAML file for each below `environments`.

Belongs here: reading that file, and names made from it. Does not belong here: what the business decides
(`demand.yaml`), settings of a process (`dp_resources/settings.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ENVIRONMENTS = Path(__file__).parent / "environments"


@dataclass(frozen=True)
class Place:
    """One environment.

    Attributes:
        environment: its name, part of the name of everything.
        application: first part of every name, and the value of the cost tag.
        domain: host name that the API and the workbench answer at.
        inner_domain: host name of the private load balancer, which its certificate is for.
        sign_in_domain: prefix of the sign-in page's host name; unique in the region.
        alert_address: where alarms and budgets are mailed.
        namespace: Kubernetes namespace of the service accounts.
        kubernetes_version: of the cluster.
        service_instance: instance type of the nodes that serve and orchestrate.
        batch_instances: instance types of spot nodes for steps.
        gpu_instances: instance types of spot nodes for tuning and training, whose pods ask for 4 processors and 16 GiB.
        batch_nodes, gpu_nodes: most nodes of each; the least is none.
        database_class: instance class of PostgreSQL.
        database_gib: storage of PostgreSQL at the start, GiB.
        monthly_budget: in USD.
        requests_per_second, burst: what the gateway lets through, all callers together.
        log_days: how long logs are kept; a number that CloudWatch knows.
    """

    environment: str
    domain: str
    inner_domain: str
    sign_in_domain: str
    alert_address: str
    application: str = "demand-planner"
    namespace: str = "demand-planner"
    kubernetes_version: str = "1.34"
    service_instance: str = "m7i.large"
    batch_instances: tuple[str, ...] = ("m7i.2xlarge", "m6i.2xlarge", "m7a.2xlarge")
    gpu_instances: tuple[str, ...] = ("g5.2xlarge", "g6.2xlarge", "g4dn.2xlarge")
    batch_nodes: int = 20
    gpu_nodes: int = 4
    database_class: str = "db.m7g.large"
    database_gib: int = 50
    monthly_budget: int = 1500
    requests_per_second: int = 500
    burst: int = 1000
    log_days: int = 400

    def name(self, noun: str) -> str:
        """The name of something of this environment.

        >>> Place("staging", "a.example", "b.example", "a", "x@example.com").name("ingest")
        'demand-planner-staging-ingest'
        """
        return f"{self.application}-{self.environment}-{noun}"


def read_place(environment: str) -> Place:
    """The environment of that name.

    Raises:
        ValueError: there is no file of that name, or it holds a key that is none.
    """
    path = ENVIRONMENTS / f"{environment}.yaml"
    if not path.exists():
        there = ", ".join(sorted(one.stem for one in ENVIRONMENTS.glob("*.yaml")))
        raise ValueError(f"expected an environment ({there}), got {environment}; write {path.name} beside them")
    found: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in yaml.safe_load(path.read_text()).items()
    }
    unknown = sorted(set(found) - set(Place.__dataclass_fields__))
    if unknown:
        raise ValueError(f"{path.name}: expected keys of {sorted(Place.__dataclass_fields__)}, got {unknown}")
    return Place(environment=environment, **found)
