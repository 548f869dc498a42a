"""What the templates say of encryption, versions, access, age and transport, and that they are of this code.

The templates are kept with the code, so that these tests need neither CDK nor Node; `make aws-check` makes them anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.aws.areas import TABLES, Area, archived, bucket_of
from deploy.aws.place import read_place
from deploy.aws.templates import STAMP, read_templates, sources_hash
from dp_assets.domain.config_file import load_config
from dp_assets.domain.retention import EVERY_CYCLE_READS, FORECAST_TABLES
from tests.test_docs import REPOSITORY

TEMPLATES = read_templates()
CONFIG = load_config(REPOSITORY / "demand.yaml")


def resources(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Stack/name and properties of every resource of a kind."""
    for noun, template in TEMPLATES.items():
        for name, one in template["Resources"].items():
            if one["Type"] == kind:
                yield f"{noun}/{name}", {**one.get("Properties", {}), "_": one}


def of_kind(kind: str) -> Any:
    found = list(resources(kind))
    return pytest.mark.parametrize("one", [one for _, one in found], ids=[name for name, _ in found])


def test_the_templates_are_of_the_code_that_is_here() -> None:
    assert STAMP.read_text().strip() == sources_hash(), "deploy/aws was changed: run `make aws-templates`"


def test_an_environment_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected an environment \(production, staging\), got nowhere"):
        read_place("nowhere")


@of_kind("AWS::S3::Bucket")
def test_a_bucket_is_encrypted_versioned_and_closed(one: dict[str, Any]) -> None:
    assert one["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert one["VersioningConfiguration"] == {"Status": "Enabled"}
    assert one["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (rule,) = one["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    is_log = "LoggingConfiguration" not in one  # S3 writes access logs only where S3 itself holds the key
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == ("AES256" if is_log else "aws:kms")
    assert one["_"]["DeletionPolicy"] == one["_"]["UpdateReplacePolicy"] == "Retain"


@of_kind("AWS::S3::Bucket")
def test_a_bucket_forgets_replaced_versions_and_halves_of_uploads(one: dict[str, Any]) -> None:
    tidy = [rule for rule in one["LifecycleConfiguration"]["Rules"] if rule["Id"] == "replaced-and-unfinished"]
    assert [rule["NoncurrentVersionExpiration"]["NoncurrentDays"] for rule in tidy] == [90]
    assert [rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] for rule in tidy] == [7]


def test_every_bucket_refuses_what_comes_without_tls_or_with_an_old_one() -> None:
    buckets = {
        f"{noun}/{name}"
        for noun, one in TEMPLATES.items()
        for name, r in one["Resources"].items()
        if r["Type"] == "AWS::S3::Bucket"
    }
    closed = set()
    for name, policy in resources("AWS::S3::BucketPolicy"):
        refused = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
        conditions = [
            one["Condition"] for one in refused if one["Action"] == "s3:*" and one["Principal"] == {"AWS": "*"}
        ]
        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions
        closed.add(f"{name.split('/')[0]}/{policy['Bucket']['Ref']}")
    assert closed == buckets


def test_what_is_old_is_archived_after_the_years_of_the_configuration_and_can_be_read_at_once() -> None:
    kept = {
        (name.split("/")[1].rstrip("0123456789ABCDEF").lower(), rule.get("Prefix", "")): rule["Transitions"]
        for name, one in resources("AWS::S3::Bucket")
        for rule in one["LifecycleConfiguration"]["Rules"]
        if "Transitions" in rule
    }
    expected = {
        (bucket_of(area), prefix): [{"StorageClass": "GLACIER_IR", "TransitionInDays": years * 365}]
        for area, prefix, years in archived(CONFIG.retention)
    }
    assert kept == expected
    assert expected["raw", ""][0]["TransitionInDays"] == 365
    assert expected["lake", "lake/weekly_buckets/"][0]["TransitionInDays"] == 2 * 365
    assert expected["lake", "lake/published_forecasts/"][0]["TransitionInDays"] == 5 * 365


def test_nothing_of_the_lake_is_removed_by_age_but_logs_of_steps() -> None:
    (lake,) = [one for name, one in resources("AWS::S3::Bucket") if name.startswith("storage/Lake")]
    removing = [rule["Prefix"] for rule in lake["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in rule]
    assert removing == ["compute-logs/"]


@of_kind("AWS::KMS::Key")
def test_a_key_turns_by_itself_and_outlives_its_stack(one: dict[str, Any]) -> None:
    assert one["EnableKeyRotation"] is True
    assert one["_"]["DeletionPolicy"] == "Retain"


@of_kind("AWS::SQS::Queue")
def test_a_queue_is_encrypted_under_a_key_of_ours(one: dict[str, Any]) -> None:
    assert "KmsMasterKeyId" in one


def test_landed_files_are_told_to_the_queue_and_to_nobody_else() -> None:
    told = [
        one["NotificationConfiguration"]
        for _, one in resources("AWS::S3::Bucket")
        if "NotificationConfiguration" in one
    ]
    (configuration,) = told
    (queue,) = configuration["QueueConfigurations"]
    assert queue["Event"] == "s3:ObjectCreated:*"
    assert queue["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "landing/"}]


def test_everything_that_costs_carries_the_tags_that_costs_are_summed_by() -> None:
    for kind in ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SQS::Queue", "AWS::RDS::DBInstance", "AWS::EKS::Cluster"):
        for name, one in resources(kind):
            tags = one["Tags"]
            tags = {tag["Key"]: tag["Value"] for tag in tags} if isinstance(tags, list) else tags
            assert tags["application"] == "demand-planner", name
            assert tags["component"] == name.split("/")[0]
            assert tags["environment"] == "production"


def test_every_exception_from_the_checks_says_why() -> None:
    noted = [
        one.get("Metadata", {}).get("checkov", {}).get("skip", [])
        for t in TEMPLATES.values()
        for one in t["Resources"].values()
    ]
    assert all(len(skip["comment"]) > 30 for skips in noted for skip in skips)


def test_each_area_has_a_lifecycle_but_those_that_hold_a_few_small_files() -> None:
    aged = {area for area, _, _ in archived(CONFIG.retention)}
    assert set(Area) - aged == {Area.PINS, Area.EVENTS, Area.LOGS, Area.RESULTS}


def test_tables_have_the_period_on_disk_that_they_have_on_s3() -> None:
    areas = (Area.FORECASTS, Area.METRICS, Area.BUNDLE)
    assert {table for area in areas for table in TABLES[area]} == FORECAST_TABLES
    assert {*TABLES[Area.PROCESSED]} >= EVERY_CYCLE_READS
