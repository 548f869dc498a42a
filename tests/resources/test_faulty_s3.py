"""An S3 endpoint that answers 500, 503, half a body, late or nothing: tried again within bounds, then said clearly."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from dp_assets.defs import ingested_files
from dp_assets.domain.errors import StorageError
from dp_assets.ingestion import ingest_file, register_new_files
from dp_assets.partitions import FILE_PARTITIONS
from dp_assets.project import build_project
from dp_assets.registry import registrations
from dp_resources import storage
from dp_resources.clock import WallClock
from dp_resources.lake import Lake
from dp_resources.landing import Landing
from dp_resources.settings import Settings
from tests.landed import START, encode, make_rows, shop_config
from tests.resources.faulty_s3 import Fault, FaultyS3
from tests.resources.s3_store import Store, run_store

pytestmark = pytest.mark.slow

ATTEMPTS = 3
OUTAGES = ["500", "503", "half", "nothing", "short", "silence"]


@dataclass
class Faulty:
    """The store as seen through the server that misbehaves."""

    store: Store
    server: FaultyS3
    options: dict[str, Any]

    @property
    def landing(self) -> Landing:
        return Landing("s3://landing/in", self.options)

    @property
    def lake(self) -> Lake:
        return Lake("s3://lake/v1", self.options)


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(storage, "FIRST_WAIT_SECONDS", 0.01)
    with run_store() as store:
        server = FaultyS3(store.address)
        retries = {"mode": "standard", "total_max_attempts": ATTEMPTS}
        config = {"read_timeout": 1, "connect_timeout": 1, "retries": retries}
        yield Faulty(store, server, {**store.options, "endpoint_url": server.url, "config_kwargs": config})
        server.stop()


@pytest.mark.parametrize("kind", OUTAGES)
def test_a_file_is_registered_whole_after_a_passing_fault(faulty: Faulty, kind: str) -> None:
    data = encode(make_rows(40), "csv")
    faulty.store.put("shop/a.csv", data)
    faulty.server.faults = [Fault("GET", "shop/a.csv", kind, times=1)]
    (found,) = register_new_files(faulty.landing, faulty.lake, shop_config(), START)
    assert faulty.lake.read_bytes(f"s3://lake/v1/_landed/{found.content_sha256}") == data


@pytest.mark.parametrize("kind", OUTAGES)
def test_a_file_that_stays_unreadable_waits_with_a_reason_while_the_others_go_on(faulty: Faulty, kind: str) -> None:
    for name in ("a", "b", "c"):
        faulty.store.put(f"shop/{name}.csv", encode(make_rows(10, seed=ord(name)), "csv"))
    faulty.server.faults = [Fault("GET", "shop/b.csv", kind)]
    landing, lake, config = faulty.landing, faulty.lake, shop_config()
    begun = time.monotonic()
    found = register_new_files(landing, lake, config, START)
    assert time.monotonic() - begun < 25
    tries = sum(path.endswith("in/shop/b.csv") and method == "GET" for method, path in faulty.server.requests)
    assert 2 <= tries <= 2 * storage.ATTEMPTS  # aiohttp itself repeats a request that got no answer
    assert [one.uri for one in found] == ["shop/a.csv", "shop/c.csv"]
    assert list(landing.waiting) == ["shop/b.csv"]
    assert "s3://landing/in/shop/b.csv" in landing.waiting["shop/b.csv"]
    faulty.server.faults = []
    assert [one.uri for one in register_new_files(landing, lake, config, START)] == ["shop/b.csv"]
    assert landing.waiting == {}


def test_when_the_storage_is_down_the_rest_is_not_tried(faulty: Faulty) -> None:
    for number in range(6):
        faulty.store.put(f"shop/{number}.csv", encode(make_rows(5, seed=number), "csv"))
    faulty.server.faults = [Fault("GET", "/landing/in/shop/", "500")]
    landing = faulty.landing
    assert register_new_files(landing, faulty.lake, shop_config(), START) == []
    assert sum("not tried" in reason for reason in landing.waiting.values()) == 3


@pytest.mark.parametrize("kind", ["503", "nothing"])
def test_a_landing_root_that_cannot_be_listed_fails_the_tick_with_a_clear_message(faulty: Faulty, kind: str) -> None:
    faulty.server.faults = [Fault("GET", "list-type=2&prefix=in", kind)]
    with pytest.raises(StorageError, match=r"cannot list s3://landing/in/.*tried again next time"):
        register_new_files(faulty.landing, faulty.lake, shop_config(), START)


@pytest.mark.parametrize("kind", ["503", "half"])
def test_the_lake_survives_passing_faults_of_reading_and_writing(faulty: Faulty, kind: str) -> None:
    faulty.store.put("shop/a.csv", encode(make_rows(30), "csv"))
    faulty.server.faults = [
        Fault("PUT", "unified_transactions", "503" if kind == "half" else kind, times=1),
        Fault("GET", "_landed", kind, times=1),
        Fault("GET", "_registrations/shop", kind, times=1),
    ]
    (found,) = register_new_files(faulty.landing, faulty.lake, shop_config(), START)
    assert ingest_file(faulty.lake, shop_config(), found.file_version_id).rows["read"] == 30


def test_a_write_that_stays_refused_is_named_and_leaves_what_was_there(faulty: Faulty) -> None:
    old, new = pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [2]})
    faulty.lake.write("raw_files", old, file_version="x")
    faulty.server.faults = [Fault("PUT", "/lake/v1/raw_files", "503")]
    with pytest.raises(StorageError, match="cannot write s3://lake/v1/raw_files"):
        faulty.lake.write("raw_files", new, file_version="x")
    faulty.server.faults = []
    assert faulty.lake.read("raw_files", file_version="x").equals(old)


def test_a_registration_whose_write_fails_is_made_good_by_the_next_tick(faulty: Faulty) -> None:
    faulty.store.put("shop/a.csv", encode(make_rows(10), "csv"))
    faulty.server.faults = [Fault("PUT", "journal", "500")]
    with pytest.raises(StorageError):
        register_new_files(faulty.landing, faulty.lake, shop_config(), START)
    faulty.server.faults = []
    register_new_files(faulty.landing, faulty.lake, shop_config(), START)
    assert len(registrations(faulty.lake)) == 1


@pytest.mark.parametrize("kind", ["500", "503", "half", "nothing"])
def test_a_run_fails_with_the_partition_that_cannot_be_read_and_ingests_the_others(
    faulty: Faulty, kind: str, tmp_path: Path
) -> None:
    config, lake = shop_config(), faulty.lake
    for number in range(3):
        faulty.store.put(f"shop/{number}.csv", encode(make_rows(8, seed=number), "csv"))
    found = register_new_files(faulty.landing, lake, config, START)
    keys = [one.file_version_id for one in found]
    faulty.server.faults = [Fault("GET", f"_landed/{found[1].content_sha256}", kind)]
    definitions = ingested_files.build(build_project(Settings(), config, tmp_path, WallClock()))
    tags = {"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]}
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(FILE_PARTITIONS.name), keys)

        def run() -> dg.ExecuteInProcessResult:
            return dg.materialize(
                list(definitions.assets or []),  # type: ignore[arg-type]
                instance=instance,
                resources={"lake": lake},
                tags=tags,
                raise_on_error=False,
            )

        result = run()
        assert not result.success
        (failure,) = [event for event in result.all_events if event.is_step_failure]
        assert f"{keys[1]}: cannot read s3://lake/v1/_landed/" in str(failure.step_failure_data.user_failure_data)
        assert sorted(lake.committed("ingest")) == sorted({keys[0], keys[2]})
        faulty.server.faults = []
        assert run().success
    assert sorted(lake.committed("ingest")) == sorted(keys)
