"""The roles of the platform may do what their table says and nothing else: each cell is tried against IAM on loopback.

moto enforces actions and resources of S3 as written. It passes over conditions, and asks about other services without
saying which resource is meant: those cells are read from the documents below.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deploy.aws.areas import TABLES, Area, Bucket, bucket_of, patterns, prefixes
from deploy.aws.roles import (
    DATA,
    LONGEST_INLINE,
    LONGEST_POLICY,
    SERVICE_ACCOUNTS,
    SERVICE_ACTIONS,
    SERVICES,
    Action,
    Places,
    Role,
    Service,
    allowed,
    area_policy,
    base_policy,
)
from deploy.aws.templates import read_templates
from dp_assets.domain.config_file import load_config
from dp_assets.domain.contracts import tables
from tests.aws.account import ACCOUNT, NAME, REGION, Account, bucket, probed, run_account
from tests.test_docs import REPOSITORY

REFUSED = ("AccessDenied", "AccessDeniedException", "403")
PLACES = Places(
    {one: f"arn:aws:s3:::{bucket(one)}" for one in Bucket},
    f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000",
    {service: (f"arn:aws:service:{REGION}:{ACCOUNT}:{NAME}-{service}",) for service in Service},
)


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with run_account() as running:
        yield running


def is_let(call: Any, **named: Any) -> bool:
    """Whether a request passes IAM; what is said after that is another matter."""
    try:
        call(**named)
    except ClientError as error:
        if error.response["Error"]["Code"] in REFUSED:
            return False
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise
    return True


def do(account: Account, role: Role, area: Area, action: Action, prefix: str) -> bool:
    client, place = account.client(role, "s3"), bucket(bucket_of(area))
    match action:
        case Action.LIST:
            return is_let(client.list_objects_v2, Bucket=place, Prefix=prefix)
        case Action.GET:
            return is_let(client.get_object, Bucket=place, Key=f"{prefix}probe")
        case Action.PUT:
            return is_let(client.put_object, Bucket=place, Key=f"{prefix}put-by-{role}", Body=b"x")
        case Action.DELETE:
            return is_let(client.delete_object, Bucket=place, Key=f"{prefix}put-by-{role}")


@pytest.mark.slow
@pytest.mark.parametrize("action", [Action.GET, Action.PUT, Action.DELETE])
@pytest.mark.parametrize("area", Area)
@pytest.mark.parametrize("role", Role)
def test_a_role_does_with_an_area_what_the_table_says(account: Account, role: Role, area: Area, action: Action) -> None:
    assert do(account, role, area, action, probed(area)) == allowed(role, area, action)


@pytest.mark.slow
@pytest.mark.parametrize("one", Bucket)
@pytest.mark.parametrize("role", Role)
def test_a_role_lists_only_buckets_that_hold_something_of_its_own(account: Account, role: Role, one: Bucket) -> None:
    expected = any(bucket_of(area) is one and Action.LIST in actions for area, actions in DATA[role].items())
    assert is_let(account.client(role, "s3").list_objects_v2, Bucket=bucket(one), Prefix="lake/x/") == expected


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_no_role_changes_a_bucket_or_its_own_rights(account: Account, role: Role) -> None:
    s3, iam = account.client(role, "s3"), account.client(role, "iam")
    assert not is_let(s3.delete_bucket, Bucket=bucket(Bucket.LAKE))
    assert not is_let(
        s3.put_bucket_versioning, Bucket=bucket(Bucket.LAKE), VersioningConfiguration={"Status": "Suspended"}
    )
    assert not is_let(s3.create_bucket, Bucket="another", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert not is_let(
        iam.attach_role_policy, RoleName=f"{NAME}-{role}", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )


@pytest.mark.slow
def test_what_was_stored_is_encrypted_under_the_key_of_the_stack(account: Account) -> None:
    head = account.client(Role.INFERENCE, "s3").get_object(Bucket=bucket(Bucket.LAKE), Key="lake/serving_bundle/probe")
    assert head["ServerSideEncryption"] == "aws:kms"
    assert head["SSEKMSKeyId"].startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/")


def test_the_roles_of_the_issue_are_as_it_words_them() -> None:
    ingest, training, forecast = DATA[Role.INGEST], DATA[Role.TRAINING], DATA[Role.FORECAST]
    assert ingest[Area.RAW] == (Action.LIST, Action.GET)
    assert Action.PUT in ingest[Area.PROCESSED]
    assert Action.PUT not in training[Area.PROCESSED]
    assert {area for area, actions in training.items() if Action.PUT in actions} >= {Area.MODELS, Area.METRICS}
    assert Action.PUT not in forecast[Area.MODELS]
    assert {area for area, actions in forecast.items() if Action.PUT in actions} >= {Area.FORECASTS, Area.METRICS}
    for area in Area:
        narrow = {action for one in (Role.INGEST, Role.TRAINING, Role.FORECAST) for action in DATA[one].get(area, ())}
        assert set(DATA[Role.PIPELINE].get(area, ())) == narrow
    assert set(DATA[Role.INFERENCE]) == {Area.BUNDLE, Area.PINS}
    assert all(Action.PUT not in actions for actions in DATA[Role.INFERENCE].values())


# -- what moto passes over, read from the documents -------------------------------------------------------------------


@pytest.mark.parametrize("action", [Action.GET, Action.PUT, Action.DELETE])
@pytest.mark.parametrize("role", Role)
def test_every_prefix_of_the_lake_is_let_or_refused_as_its_area_is(role: Role, action: Action) -> None:
    statements = [one for area in DATA[role] for one in area_policy(role, area, PLACES)["Statement"]]
    let = [arn for one in statements if f"s3:{action.capitalize()}Object" in one["Action"] for arn in one["Resource"]]
    for area in Area:
        keys = [f"{PLACES.buckets[bucket_of(area)]}/{prefix}part.parquet" for prefix in prefixes(area)]
        assert [any(fnmatchcase(key, arn) for arn in let) for key in keys] == [allowed(role, area, action)] * len(keys)


@pytest.mark.parametrize("service", Service)
@pytest.mark.parametrize("role", Role)
def test_a_role_uses_the_services_that_the_table_says(role: Role, service: Service) -> None:
    statements = base_policy(role, PLACES)["Statement"]
    let = {
        action
        for one in statements
        for action in one["Action"]
        if any(fnmatchcase(PLACES.services[service][0], arn) for arn in one["Resource"])
    }
    assert let == (set(SERVICE_ACTIONS[service]) if service in SERVICES[role] else set())


def test_no_role_names_every_resource_or_every_action() -> None:
    documents = [area_policy(role, area, PLACES) for role in Role for area in DATA[role]]
    documents += [base_policy(role, PLACES) for role in Role]
    for statement in [one for document in documents for one in document["Statement"]]:
        assert all(arn.startswith("arn:aws:") for arn in statement["Resource"])
        assert not any("*" in action for action in statement["Action"])


def test_a_role_is_passed_to_quicksight_alone() -> None:
    for role in (Role.DASHBOARD, Role.ADMIN):
        passed = [one for one in base_policy(role, PLACES)["Statement"] if "iam:PassRole" in one["Action"]]
        assert [one["Condition"] for one in passed] == [
            {"StringEquals": {"iam:PassedToService": "quicksight.amazonaws.com"}}
        ]


def test_pods_take_a_role_only_by_the_service_account_of_its_name_and_administrators_with_a_second_factor() -> None:
    roles = {one["Properties"]["RoleName"]: one["Properties"] for one in of_type("AWS::IAM::Role")}
    for role, account in SERVICE_ACCOUNTS.items():
        (statement,) = roles[f"{NAME}-{role}"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
        asked = statement["Condition"]["StringEquals"]
        assert asked["aws:RequestTag/kubernetes-service-account"] == account
        assert asked["aws:RequestTag/kubernetes-namespace"] == "demand-planner"
        assert asked["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    (admin,) = roles[f"{NAME}-admin"]["AssumeRolePolicyDocument"]["Statement"]
    assert admin["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


# -- the table is whole -----------------------------------------------------------------------------------------------


def test_every_table_lies_in_one_area() -> None:
    placed = [name for names in TABLES.values() for name in names]
    named = {table.name for table in tables(load_config(REPOSITORY / "demand.yaml"))}
    assert sorted(placed) == sorted(set(placed))
    assert named - set(placed) == set()


def test_no_key_is_of_two_areas() -> None:
    for one in Area:
        for other in set(Area) - {one}:
            if bucket_of(one) is bucket_of(other):
                both = [
                    (key, pattern)
                    for key in prefixes(one)
                    for pattern in patterns(other)
                    if fnmatchcase(f"{key}x", pattern)
                ]
                assert both == []


def test_policies_are_short_enough_for_iam() -> None:
    documents = [area_policy(role, area, PLACES) for role in Role for area in DATA[role]]
    assert max(len(json.dumps(one, separators=(",", ":"))) for one in documents) <= LONGEST_POLICY
    inline = [len(json.dumps(base_policy(role, PLACES), separators=(",", ":"))) for role in Role]
    assert max(inline) <= LONGEST_INLINE
    assert max(len(DATA[role]) for role in Role) <= 10  # managed policies that IAM takes for one role


def test_the_policies_of_the_template_are_those_of_the_table() -> None:
    kept = {
        one["Properties"]["ManagedPolicyName"]: plain(one["Properties"]["PolicyDocument"])
        for one in of_type("AWS::IAM::ManagedPolicy")
    }
    assert kept == {
        f"{NAME}-{role}-{area}": plain(area_policy(role, area, PLACES)) for role in Role for area in DATA[role]
    }


def of_type(kind: str) -> list[dict[str, Any]]:
    return [one for one in read_templates()["identities"]["Resources"].values() if one["Type"] == kind]


def plain(document: dict[str, Any]) -> list[Any]:
    """Statements with references filled in, and lists of one as CDK writes them."""
    return [_plain(statement) for statement in document["Statement"]]


def _plain(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"Fn::Sub"}:
        text = value["Fn::Sub"]
        return (
            text.replace("${AWS::Partition}", "aws")
            .replace("${AWS::AccountId}", ACCOUNT)
            .replace("${AWS::Region}", REGION)
        )
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else sorted((_plain(one) for one in value), key=str)
    return value
