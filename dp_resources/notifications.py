"""S3 event notifications from an SQS queue: which objects of the landing root were written.

Belongs here: receiving messages, understanding them, deleting those that are done with. Does not belong here: looking
at the objects (`landing.py`), deciding when to list everything instead (`dp_assets/defs/automation/sensors.py`).

A message is deleted only once its object has been dealt with; until then SQS hands it out again after its visibility
timeout. Events may come twice, late, or never: they save listing, nothing rests on them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import orjson

from dp_assets.domain.errors import ConfigError
from dp_resources import storage

log = logging.getLogger(__name__)

MOST_MESSAGES = 2000
"""Messages taken in one tick; each names about one object. The rest comes in the next tick."""
BATCH = 10
"""What SQS hands out, and takes back, at once."""


@dataclass(frozen=True)
class Message:
    """One message: how to delete it, and the paths below the landing root that it names."""

    receipt: str
    uris: tuple[str, ...]


@dataclass
class Notifications:
    """The queue that a bucket sends its events to.

    Attributes:
        queue_url: URL of the queue; its host is where requests go, so that any SQS-speaking service will do.
        root: the landing root, `s3://bucket/prefix`; events about other objects are dropped.
        options: of `Settings.storage_options`: the credentials.
    """

    queue_url: str
    root: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def receive(self) -> list[Message]:
        """Messages that wait in the queue, without waiting for more.

        Raises:
            StorageError: the queue cannot be reached.
        """
        messages: dict[str, Message] = {}
        try:
            while len(messages) < MOST_MESSAGES:
                answer = self._client.receive_message(
                    QueueUrl=self.queue_url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=0
                )
                batch = answer.get("Messages", [])
                fresh = [one for one in batch if one["MessageId"] not in messages]
                for one in batch:
                    messages[one["MessageId"]] = Message(one["ReceiptHandle"], tuple(self._named(one["Body"])))
                if not fresh:  # nothing is left, or what was taken is handed out again already
                    break
        except storage.failures("s3") as error:
            raise storage.storage_error("cannot receive messages from", self.queue_url, error) from error
        return list(messages.values())

    def done(self, messages: Iterable[Message], waiting: Collection[str] = ()) -> None:
        """Deletes messages but those that name a waiting object. One that stays by accident comes again."""
        receipts = [one.receipt for one in messages if not set(one.uris) & set(waiting)]
        try:
            for start in range(0, len(receipts), BATCH):
                entries = [
                    {"Id": str(number), "ReceiptHandle": receipt}
                    for number, receipt in enumerate(receipts[start : start + BATCH])
                ]
                self._client.delete_message_batch(QueueUrl=self.queue_url, Entries=entries)
        except storage.failures("s3") as error:
            log.warning("%s", storage.storage_error("cannot delete messages from", self.queue_url, error))

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        parts = urlsplit(self.queue_url)
        region = re.match(r"(?:sqs\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.", parts.netloc)
        credentials = {}
        if self.options.get("key"):
            credentials = {
                "aws_access_key_id": self.options["key"],
                "aws_secret_access_key": self.options["secret"],
            }
        session = boto3.Session(region_name=region[1] if region else None, **credentials)
        return session.client(
            "sqs",
            endpoint_url=f"{parts.scheme}://{parts.netloc}",
            region_name=session.region_name or "us-east-1",
            config=Config(**storage.S3_CONFIG),
        )

    def _named(self, body: str) -> Iterator[str]:
        bucket, _, prefix = self.root.removeprefix("s3://").partition("/")
        start = f"{prefix}/" if prefix else ""
        for found, key in written_objects(body):
            if found == bucket and key.startswith(start) and not key.endswith("/"):
                yield key.removeprefix(start)


def written_objects(body: str) -> list[tuple[str, str]]:
    """(bucket, key) of the objects that a message says were written; empty for every other message.

    Understands S3's own events, the same handed on by SNS, and EventBridge's.

    >>> written_objects('{"Event": "s3:TestEvent"}')
    []
    """
    try:
        content = orjson.loads(body)
        if isinstance(content.get("Message"), str):
            return written_objects(content["Message"])
        if "detail" in content:
            detail = content["detail"]
            created = content.get("detail-type") == "Object Created"
            return [(detail["bucket"]["name"], detail["object"]["key"])] if created else []
        return [
            (record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"]))
            for record in content.get("Records", [])
            if str(record["eventName"]).removeprefix("s3:").startswith("ObjectCreated")
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("a message is no event of S3 (%r); it is dropped, the next full listing finds what it meant", error)
        return []


def notifications_of(queue_url: str | None, root: str, options: Mapping[str, Any]) -> Notifications | None:
    """The queue of a landing root; None without one.

    Raises:
        ConfigError: there is a queue, but the landing root is not on S3.
    """
    if queue_url is None:
        return None
    if storage.scheme_of(root) != "s3":
        raise ConfigError(f"DP_LANDING_SQS_URL is set, but the landing root {root} is not on S3; unset one of them")
    return Notifications(queue_url, root, options)
