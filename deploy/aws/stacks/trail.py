"""The audit trail: who did what in the account, each object read or written in the buckets, each call to RDS."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from deploy.aws.areas import Bucket
from deploy.aws.place import Place
from deploy.aws.stacks.keys import Keys
from deploy.aws.stacks.storage import Storage

KEPT_DAYS = 7 * 365


class Trail(cdk.Stack):
    """One trail for all regions, into a bucket that nobody of the platform can write to."""

    def __init__(self, scope: Construct, name: str, place: Place, keys: Keys, storage: Storage) -> None:
        super().__init__(scope, name)
        bucket = s3.Bucket(
            self,
            "Events",
            bucket_name=f"{place.name('trail')}-{self.account}",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=keys.logs,
            bucket_key_enabled=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            server_access_logs_bucket=storage.access_logs,
            server_access_logs_prefix="trail/",
            lifecycle_rules=[
                s3.LifecycleRule(id="audit", expiration=cdk.Duration.days(KEPT_DAYS)),
                s3.LifecycleRule(
                    id="replaced-and-unfinished",
                    noncurrent_version_expiration=cdk.Duration.days(90),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                ),
            ],
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/{place.name('trail')}/events",
            retention=logs.RetentionDays.THIRTEEN_MONTHS,
            encryption_key=keys.logs,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        trail = cloudtrail.Trail(
            self,
            "Trail",
            trail_name=place.name("trail"),
            bucket=bucket,
            encryption_key=keys.logs,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_file_validation=True,
            send_to_cloud_watch_logs=True,
            cloud_watch_log_group=group,
        )
        data = [cloudtrail.S3EventSelector(bucket=storage.buckets[one]) for one in (Bucket.RAW, Bucket.LAKE)]
        trail.add_s3_event_selector(data)  # calls to RDS are management events, which a trail has anyway
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:DeleteObject", "s3:DeleteObjectVersion"],
                resources=[bucket.arn_for_objects("*")],
            )
        )
