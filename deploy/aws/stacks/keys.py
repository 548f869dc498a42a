"""Encryption keys: one for data, one for the database and its secrets, one for logs and messages."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from deploy.aws.place import Place


class Keys(cdk.Stack):
    """Keys that turn once a year and outlive their stack.

    Attributes:
        data: of the buckets and of the queue that tells of landed files.
        database: of PostgreSQL, its secrets and its snapshots.
        logs: of log groups, alarms' messages and the audit trail.
    """

    def __init__(self, scope: Construct, name: str, place: Place) -> None:
        super().__init__(scope, name)
        self.data = self._key(place, "data", "buckets and the queue of landed files")
        self.database = self._key(place, "database", "PostgreSQL, secrets, snapshots")
        self.logs = self._key(place, "logs", "log groups, alarms, audit trail")
        self._let(self.data, "s3.amazonaws.com", "kms:GenerateDataKey", "kms:Decrypt")
        self._let(
            self.logs, f"logs.{self.region}.amazonaws.com", "kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*"
        )
        for service in ("cloudwatch", "events", "budgets"):
            self._let(self.logs, f"{service}.amazonaws.com", "kms:GenerateDataKey*", "kms:Decrypt")
        self._let(self.logs, "cloudtrail.amazonaws.com", "kms:GenerateDataKey*", "kms:DescribeKey", "kms:Decrypt")

    def _key(self, place: Place, noun: str, use: str) -> kms.Key:
        return kms.Key(
            self,
            noun.capitalize(),
            alias=place.name(noun),
            description=f"{place.application} {place.environment}: {use}",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )

    def _let(self, key: kms.Key, service: str, *actions: str) -> None:
        """Lets a service of AWS use a key for this account, and for no other."""
        of_account = {"StringEquals": {"aws:SourceAccount": self.account}}
        region_service = service.startswith("logs.")  # CloudWatch Logs names the log group instead
        of_groups = {
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": f"arn:{self.partition}:logs:{self.region}:{self.account}:*"
            }
        }
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=list(actions),
                resources=["*"],
                conditions=of_groups if region_service else of_account,
            )
        )
