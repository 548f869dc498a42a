"""On S3 a journal names what changed: a tick costs requests for what is new, however many records there are."""

from __future__ import annotations

import time
from collections.abc import Iterator

import orjson
import pytest

from dp_assets.ingestion import register_new_files
from dp_assets.registry import registrations
from dp_resources import records
from dp_resources.lake import Lake
from dp_resources.landing import Landing
from dp_resources.notifications import Notifications, written_objects
from dp_resources.records import forget
from tests.landed import START, encode, make_rows, shop_config
from tests.resources.faulty_s3 import FaultyS3
from tests.resources.s3_store import Store, run_store

pytestmark = pytest.mark.slow


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with run_store() as found:
        yield found


@pytest.fixture
def counted(store: Store) -> Iterator[FaultyS3]:
    """A server before the store that counts requests."""
    server = FaultyS3(store.address)
    yield server
    server.stop()


def as_a_new_process(lake: Lake) -> dict[str, dict[str, object]]:
    forget(lake)
    return lake.committed("ingest")


def test_a_new_process_asks_for_the_snapshot_the_journal_and_what_is_new(store: Store, counted: FaultyS3) -> None:
    lake = Lake("s3://lake/v1", {**store.options, "endpoint_url": counted.url})
    for number in range(30):
        lake.commit("ingest", f"v{number:02d}", {"rows": number})
    assert len(as_a_new_process(lake)) == 30
    lake.commit("ingest", "v05", {"rows": -5})
    lake.commit("ingest", "v99", {"rows": 99})
    lake.withdraw("ingest", "v06")
    forget(lake)
    lake.fs.invalidate_cache()
    counted.requests.clear()
    found = lake.committed("ingest")
    assert (found["v05"]["rows"], found["v99"]["rows"], "v06" in found, len(found)) == (-5, 99, False, 30)
    assert len(counted.requests) <= 12, counted.requests
    counted.requests.clear()
    assert lake.committed("ingest") == found
    assert len(counted.requests) <= 2, counted.requests


def test_writers_of_other_processes_are_seen_at_once(store: Store) -> None:
    reader, writer = store.lake, store.lake
    writer.commit("ingest", "a", {"rows": 1})
    assert list(reader.committed("ingest")) == ["a"]
    writer.commit("ingest", "a", {"rows": 2})
    writer.commit("ingest", "b", {"rows": 3})
    assert reader.committed("ingest") == {"a": {"rows": 2}, "b": {"rows": 3}}
    writer.withdraw("ingest", "a")
    assert list(reader.committed("ingest")) == ["b"]


def test_an_older_snapshot_that_replaces_a_newer_one_loses_nothing(store: Store) -> None:
    lake = store.lake
    lake.commit("ingest", "a", {"rows": 1})
    lake.committed("ingest")
    key = "v1/_index/_commits/ingest/snapshot"
    old = store.client.get_object(Bucket="lake", Key=key)["Body"].read()
    lake.commit("ingest", "b", {"rows": 2})
    store.client.delete_object(Bucket="lake", Key=key)
    assert len(as_a_new_process(lake)) == 2
    store.client.put_object(Bucket="lake", Key=key, Body=old)
    assert len(as_a_new_process(lake)) == 2
    store.client.put_object(Bucket="lake", Key=key, Body=old[:50])
    assert len(as_a_new_process(lake)) == 2


def test_a_record_whose_journal_entry_was_never_written_is_found_by_the_daily_listing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = store.lake
    lake.commit("ingest", "a", {"rows": 1})
    assert len(as_a_new_process(lake)) == 1
    store.client.put_object(Bucket="lake", Key="v1/_commits/ingest/b.json", Body=orjson.dumps({"rows": 2}))
    assert len(as_a_new_process(lake)) == 1
    later = time.time() + records.FULL_LISTING_EVERY.total_seconds() + 1
    monkeypatch.setattr(records.time, "time", lambda: later)
    assert len(as_a_new_process(lake)) == 2


def test_a_lake_that_was_removed_is_empty_for_a_process_that_knew_it(store: Store) -> None:
    lake = store.lake
    lake.commit("ingest", "a", {"rows": 1})
    assert len(lake.committed("ingest")) == 1
    lake.fs.rm("lake/v1", recursive=True)
    assert lake.committed("ingest") == {}


# -- event notifications ----------------------------------------------------------------------------------------------


@pytest.fixture
def queue(store: Store) -> Iterator[Notifications]:
    """A queue that the landing bucket sends its events to."""
    sqs = store.other("sqs")
    url = sqs.create_queue(QueueName="landed", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    store.client.put_bucket_notification_configuration(
        Bucket="landing",
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    path = url.split("/", 3)[3]
    yield Notifications(f"{store.options['endpoint_url']}/{path}", "s3://landing/in", store.options)
    sqs.close()


def test_only_the_objects_that_messages_name_are_asked_for(
    store: Store, queue: Notifications, counted: FaultyS3
) -> None:
    config, lake = shop_config(), store.lake
    landing = Landing("s3://landing/in", {**store.options, "endpoint_url": counted.url})
    for number in range(5):
        store.put(f"shop/known {number}.csv", encode(make_rows(5, seed=number), "csv"))
    assert len(register_new_files(landing, lake, config, START)) == 5
    queue.done(queue.receive())
    store.put("shop/a+b ü.csv", encode(make_rows(9), "csv"))
    store.client.put_object(Bucket="landing", Key="elsewhere/c.csv", Body=b"item")
    messages = queue.receive()
    named = {uri for message in messages for uri in message.uris}
    assert named == {"shop/a+b ü.csv"}
    counted.requests.clear()
    (found,) = register_new_files(landing, lake, config, START, named)
    assert found.uri == "shop/a+b ü.csv"
    assert not [path for _, path in counted.requests if "list-type" in path]
    assert len(counted.requests) <= 4, counted.requests
    queue.done(messages)
    assert queue.receive() == []
    assert len(registrations(lake)) == 6


def test_a_message_stays_while_its_object_waits(store: Store, queue: Notifications) -> None:
    queue.done(queue.receive())
    store.put("shop/a.csv", b"item")
    messages = queue.receive()
    queue.done(messages, waiting={"shop/a.csv"})
    assert [one.uris for one in queue.receive()[:1]] == [("shop/a.csv",)]


def test_events_are_understood_from_s3_from_sns_and_from_eventbridge() -> None:
    event = {
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "landing"}, "object": {"key": "in/a+b%2Bc.csv"}},
    }
    body = orjson.dumps({"Records": [event, {**event, "eventName": "ObjectRemoved:Delete"}]}).decode()
    assert written_objects(body) == [("landing", "in/a b+c.csv")]
    assert written_objects(orjson.dumps({"Type": "Notification", "Message": body}).decode()) == written_objects(body)
    bridge = {"detail-type": "Object Created", "detail": {"bucket": {"name": "b"}, "object": {"key": "in/a+b.csv"}}}
    assert written_objects(orjson.dumps(bridge).decode()) == [("b", "in/a+b.csv")]
    for junk in ("", "[]", "{}", '{"Event": "s3:TestEvent"}', '{"Records": [{}]}', '{"Message": "{"}'):
        assert written_objects(junk) == []
