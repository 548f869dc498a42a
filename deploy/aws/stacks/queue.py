"""The queue that S3 sends its events about landed files to; `DP_LANDING_SQS_URL` names it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from deploy.aws.areas import LANDING, Bucket
from deploy.aws.place import Place
from deploy.aws.stacks.keys import Keys


class Queue(cdk.Stack):
    """One queue, and one for messages that nobody could read.

    Attributes:
        landed: what the sensor reads.
        unread: messages that failed five times.
    """

    def __init__(self, scope: Construct, name: str, place: Place, keys: Keys) -> None:
        super().__init__(scope, name)
        self.unread = self._queue(place, keys, "Unread", "landed-unread", None)
        after = sqs.DeadLetterQueue(queue=self.unread, max_receive_count=5)
        self.landed = self._queue(place, keys, "Landed", "landed", after)
        bucket = f"arn:{self.partition}:s3:::{place.name(Bucket.RAW)}-{self.account}"
        self.landed.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.landed.queue_arn],
                conditions={
                    "ArnEquals": {"aws:SourceArn": bucket},
                    "StringEquals": {"aws:SourceAccount": self.account},
                },
            )
        )

    def _queue(self, place: Place, keys: Keys, noun: str, name: str, after: sqs.DeadLetterQueue | None) -> sqs.Queue:
        return sqs.Queue(
            self,
            noun,
            queue_name=place.name(name),
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=keys.data,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            visibility_timeout=cdk.Duration.minutes(2),
            dead_letter_queue=after,
        )


def tell(bucket: s3.Bucket, queue: sqs.Queue) -> None:
    """Has S3 send an event for each file that lands."""
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    keys = {"S3Key": {"Rules": [{"Name": "prefix", "Value": f"{LANDING}/"}]}}
    event = {"Event": "s3:ObjectCreated:*", "Queue": queue.queue_arn, "Filter": keys}
    resource.add_property_override("NotificationConfiguration", {"QueueConfigurations": [event]})
