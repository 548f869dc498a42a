"""Buckets: what producers land, the lake, results of queries, and the log of who asked for what."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from deploy.aws.areas import Area, Bucket, archived, bucket_of, prefixes
from deploy.aws.exceptions import excepted
from deploy.aws.place import Place
from deploy.aws.stacks.keys import Keys
from dp_assets.domain.config import RetentionConfig

DAYS_OF_YEAR = 365
REPLACED_DAYS = 90
"""How long S3 keeps what was overwritten or deleted: the time to undo a mistake."""
RESULT_DAYS = 30


class Storage(cdk.Stack):
    """The buckets, encrypted, versioned, closed to the public, over TLS alone.

    Attributes:
        buckets: raw, lake and results.
        access_logs: where S3 notes every request to them.
    """

    def __init__(self, scope: Construct, name: str, place: Place, keys: Keys, retention: RetentionConfig) -> None:
        super().__init__(scope, name)
        self.place, self.keys = place, keys
        self.access_logs = self._access_logs()
        steps = _expire("logs-of-steps", DAYS_OF_YEAR, prefixes(Area.LOGS)[0])
        self.buckets = {
            Bucket.RAW: self._bucket(Bucket.RAW, archiving(retention, Bucket.RAW)),
            Bucket.LAKE: self._bucket(Bucket.LAKE, [*archiving(retention, Bucket.LAKE), steps]),
            Bucket.RESULTS: self._bucket(Bucket.RESULTS, [_expire("results-of-queries", RESULT_DAYS)]),
        }

    def _bucket(self, bucket: Bucket, rules: list[s3.LifecycleRule]) -> s3.Bucket:
        return s3.Bucket(
            self,
            bucket.capitalize(),
            bucket_name=f"{self.place.name(bucket)}-{self.account}",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.keys.data,
            bucket_key_enabled=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            server_access_logs_bucket=self.access_logs,
            server_access_logs_prefix=f"{bucket}/",
            lifecycle_rules=[*rules, _tidy()],
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )

    def _access_logs(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "AccessLogs",
            bucket_name=f"{self.place.name('access-logs')}-{self.account}",
            encryption=s3.BucketEncryption.S3_MANAGED,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[_expire("access-logs", self.place.log_days), _tidy()],
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        excepted(bucket, "CKV_AWS_18", "this is where access logs go; a log of its own would log itself without end")
        return bucket


def archiving(retention: RetentionConfig, bucket: Bucket) -> list[s3.LifecycleRule]:
    """Rules that archive what lies in a bucket after the years of its area.

    What is archived answers as before, only dearer to read: nothing that a trace or a training needs is ever away.
    What may be removed is decided by the platform, which knows what still refers to it, and never by age alone.
    """
    return [
        _archive("-".join([area, *prefix.strip("/").split("/")]).strip("-"), prefix or None, years)
        for area, prefix, years in archived(retention)
        if bucket_of(area) is bucket
    ]


def _archive(name: str, prefix: str | None, years: int) -> s3.LifecycleRule:
    to = s3.Transition(
        storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
        transition_after=cdk.Duration.days(years * DAYS_OF_YEAR),
    )
    return s3.LifecycleRule(id=name, prefix=prefix, transitions=[to])


def _expire(name: str, days: int, prefix: str | None = None) -> s3.LifecycleRule:
    return s3.LifecycleRule(id=name, prefix=prefix, expiration=cdk.Duration.days(days))


def _tidy() -> s3.LifecycleRule:
    """Replaced versions and halves of uploads go after a while."""
    return s3.LifecycleRule(
        id="replaced-and-unfinished",
        noncurrent_version_expiration=cdk.Duration.days(REPLACED_DAYS),
        abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
    )
