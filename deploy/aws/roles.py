"""Who may do what: one table of role × area × action, one of role × service, and the IAM policies made from them.

Belongs here: the tables, and their translation into policy documents. Does not belong here: which keys an area has
(`areas.py`), creating roles (`stacks/identities.py`), what people may do in the API (`dp_assets/domain/access.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from deploy.aws.areas import ROOT, Area, Bucket, bucket_of, folder_keys, patterns


class Role(StrEnum):
    """Who acts: one service account per kind of step, the dashboards, and people who administer."""

    INGEST = "ingest"
    TRAINING = "training"
    FORECAST = "forecast"
    PIPELINE = "pipeline"
    DAGSTER = "dagster"
    INFERENCE = "inference"
    WORKBENCH = "workbench"
    DASHBOARD = "dashboard"
    ADMIN = "admin"


class Action(StrEnum):
    """What can be done with the keys of an area.

    Listing shows names, and of the whole bucket: a right that ends at a prefix turns "there is no such file" into a
    refusal, and whoever writes looks first whether there is one.
    """

    LIST = "list"
    GET = "get"
    PUT = "put"
    DELETE = "delete"


LIST, GET, PUT, DELETE = Action.LIST, Action.GET, Action.PUT, Action.DELETE
READ = (LIST, GET)
WRITE = (LIST, GET, PUT, DELETE)
"""A step compares before it writes, so whoever writes an area reads it. What is deleted stays as a version."""

DATA: Mapping[Role, Mapping[Area, tuple[Action, ...]]] = {
    Role.INGEST: {Area.RAW: READ, Area.PROCESSED: WRITE, Area.EVENTS: WRITE, Area.LOGS: (PUT,)},
    Role.TRAINING: {
        Area.PROCESSED: READ,
        Area.MODELS: WRITE,
        Area.METRICS: WRITE,
        Area.EVENTS: READ,
        Area.LOGS: (PUT,),
    },
    Role.FORECAST: {
        Area.PROCESSED: READ,
        Area.MODELS: READ,
        Area.FORECASTS: WRITE,
        Area.METRICS: WRITE,
        Area.BUNDLE: (LIST, GET, PUT),
        Area.EVENTS: READ,
        Area.LOGS: (PUT,),
    },
    Role.PIPELINE: {
        Area.RAW: READ,
        Area.PROCESSED: WRITE,
        Area.MODELS: WRITE,
        Area.FORECASTS: WRITE,
        Area.METRICS: WRITE,
        Area.BUNDLE: (LIST, GET, PUT),
        Area.EVENTS: WRITE,
        Area.LOGS: (PUT,),
    },
    Role.DAGSTER: {Area.LOGS: (LIST, GET, PUT)},
    Role.INFERENCE: {Area.BUNDLE: READ, Area.PINS: READ},
    Role.WORKBENCH: {
        Area.RAW: (LIST, GET, PUT),
        Area.PROCESSED: READ,
        Area.MODELS: READ,
        Area.FORECASTS: READ,
        Area.METRICS: READ,
        Area.BUNDLE: READ,
        Area.PINS: WRITE,
        Area.EVENTS: (LIST, GET, PUT),
    },
    Role.DASHBOARD: {Area.FORECASTS: READ, Area.METRICS: READ, Area.RESULTS: (LIST, GET, PUT)},
    Role.ADMIN: dict.fromkeys(Area, WRITE),
}
"""Role → area → actions; what is not in it is refused."""


class Service(StrEnum):
    """What else a role may use; each is one resource of the stacks, or a group of them."""

    DATABASE_SECRET = "database-secret"  # noqa: S105 - a name
    SIGN_IN_SECRET = "sign-in-secret"  # noqa: S105 - a name
    QUEUE = "queue"
    CATALOGUE = "catalogue"
    QUERIES = "queries"
    QUICKSIGHT = "quicksight"


SERVICE_ACTIONS: Mapping[Service, tuple[str, ...]] = {
    Service.DATABASE_SECRET: ("secretsmanager:GetSecretValue",),
    Service.SIGN_IN_SECRET: ("secretsmanager:GetSecretValue",),
    Service.QUEUE: ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    Service.CATALOGUE: (
        "glue:GetDatabase",
        "glue:GetTable",
        "glue:GetTables",
        "glue:GetPartition",
        "glue:GetPartitions",
    ),
    Service.QUERIES: (
        "athena:StartQueryExecution",
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:StopQueryExecution",
        "athena:GetWorkGroup",
    ),
    Service.QUICKSIGHT: ("iam:PassRole",),
}
"""Service → what using it means."""

SERVICES: Mapping[Role, tuple[Service, ...]] = {
    Role.INGEST: (Service.DATABASE_SECRET, Service.QUEUE),
    Role.TRAINING: (Service.DATABASE_SECRET,),
    Role.FORECAST: (Service.DATABASE_SECRET,),
    Role.PIPELINE: (Service.DATABASE_SECRET, Service.QUEUE),
    Role.DAGSTER: (Service.DATABASE_SECRET,),
    Role.INFERENCE: (),
    Role.WORKBENCH: (Service.DATABASE_SECRET, Service.SIGN_IN_SECRET),
    Role.DASHBOARD: (Service.CATALOGUE, Service.QUERIES, Service.QUICKSIGHT),
    Role.ADMIN: tuple(Service),
}
"""Role → services that it uses; what is not in it is refused."""

SERVICE_ACCOUNTS: Mapping[Role, str] = {
    Role.INGEST: "demand-planner-ingest",
    Role.TRAINING: "demand-planner-training",
    Role.FORECAST: "demand-planner-forecast",
    Role.PIPELINE: "demand-planner-pipeline",
    Role.DAGSTER: "demand-planner-dagster",
    Role.INFERENCE: "demand-planner-inference",
    Role.WORKBENCH: "planning",
}
"""Roles that pods take → the Kubernetes service account that takes them.

`pipeline` is what the values in `deploy/kubernetes` run every step under: ingest, training and forecast together.
"""

OBJECT_ACTIONS: Mapping[Action, tuple[str, ...]] = {
    GET: ("s3:GetObject",),
    PUT: ("s3:PutObject", "s3:AbortMultipartUpload"),
    DELETE: ("s3:DeleteObject",),
}
LONGEST_POLICY, LONGEST_INLINE = 6144, 10_240
"""Characters that IAM takes for one managed policy, and for all inline ones of a role; white space not counted."""


@dataclass(frozen=True)
class Places:
    """ARNs of what the policies speak of: words for a test, or references between stacks."""

    buckets: Mapping[Bucket, str]
    data_key: str
    services: Mapping[Service, tuple[str, ...]]


def allowed(role: Role, area: Area, action: Action) -> bool:
    """A cell of the table."""
    return action in DATA[role].get(area, ())


def area_policy(role: Role, area: Area, places: Places) -> dict[str, Any]:
    """The policy document of one row: what a role may do with the keys of one area."""
    bucket, keys = places.buckets[bucket_of(area)], patterns(area)
    actions = DATA[role][area]
    objects = [name for action in actions for name in OBJECT_ACTIONS.get(action, ())]
    statements = [_allow(objects, [f"{bucket}/{pattern}" for pattern in keys])]
    return {"Version": "2012-10-17", "Statement": statements}


def base_policy(role: Role, places: Places) -> dict[str, Any]:
    """What a role needs besides areas: the key of the data, where buckets are, and its services."""
    buckets = sorted({places.buckets[bucket_of(area)] for area in DATA[role]})
    verbs = {action for actions in DATA[role].values() for action in actions}
    key = (["kms:Decrypt"] if GET in verbs else []) + (["kms:GenerateDataKey"] if PUT in verbs else [])
    statements = [_allow(["s3:GetBucketLocation"], buckets), _allow(key, [places.data_key])]
    if listed := [area for area, actions in DATA[role].items() if LIST in actions]:
        statements.append(_allow(["s3:ListBucket"], sorted({places.buckets[bucket_of(area)] for area in listed})))
        statements.append(_allow(["s3:GetObject"], _folders(listed, places)))
    statements += [_use(service, places) for service in SERVICES[role]]
    return {"Version": "2012-10-17", "Statement": statements}


def _folders(listed: Iterable[Area], places: Places) -> list[str]:
    """Keys that are names of folders: s3fs asks whether they are files, and takes a refusal for a failure."""
    found = {f"{places.buckets[bucket_of(area)]}/{key}" for area in listed for key in folder_keys(area)}
    lake = places.buckets[Bucket.LAKE]
    return sorted(found | {f"{lake}/{ROOT}" for area in listed if bucket_of(area) is Bucket.LAKE})


def _use(service: Service, places: Places) -> dict[str, Any]:
    statement = _allow(list(SERVICE_ACTIONS[service]), list(places.services[service]))
    if service is Service.QUICKSIGHT:
        statement["Condition"] = {"StringEquals": {"iam:PassedToService": "quicksight.amazonaws.com"}}
    return statement


def _allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def table_markdown() -> str:
    """The table as a page shows it: roles in rows, areas in columns, letters of the actions in cells."""
    areas = list(Area)
    lines = ["| role | " + " | ".join(areas) + " | besides |", "| --- |" + " --- |" * (len(areas) + 1)]
    for role in Role:
        cells = [" ".join(DATA[role].get(area, ())) or "–" for area in areas]
        lines.append(f"| `{role}` | " + " | ".join(cells) + f" | {', '.join(SERVICES[role]) or '–'} |")
    return "\n".join(lines) + "\n"
