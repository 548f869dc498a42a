"""The platform's own lake and landing root, opened with the keys of one role each, against IAM on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from deploy.aws.areas import Bucket
from deploy.aws.roles import Role
from dp_assets.domain.errors import StorageError
from dp_resources.lake import Lake
from dp_resources.landing import Landing
from tests.aws.account import Account, bucket, run_account

pytestmark = pytest.mark.slow
WEEK = pl.DataFrame({"sku": ["a", "b"], "quantity": [1.0, 2.0]})


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with run_account() as running:
        yield running


def lake_of(account: Account, role: Role) -> Lake:
    return Lake(f"s3://{bucket(Bucket.LAKE)}/lake", account.options(role))


def test_what_ingest_writes_training_reads_and_cannot_change(account: Account) -> None:
    ingest, training = lake_of(account, Role.INGEST), lake_of(account, Role.TRAINING)
    for quantity in (1.0, 3.0):  # the second one keeps the first as a version
        ingest.write("weekly_buckets", WEEK.with_columns(quantity=quantity), bucket="2017-10-02")
    ingest.commit("weekly_buckets", "2017-10-02", {"rows": 2})
    assert training.read("weekly_buckets", bucket="2017-10-02")["quantity"].to_list() == [3.0, 3.0]
    assert training.partitions("weekly_buckets") == ["2017-10-02"]
    assert training.commit_of("weekly_buckets", "2017-10-02") == {"rows": 2}
    with pytest.raises(StorageError, match=r"cannot write .*weekly_buckets"):
        training.write("weekly_buckets", WEEK, bucket="2017-10-02")
    with pytest.raises(StorageError, match=r"published_forecasts.*Forbidden"):
        ingest.write("published_forecasts", WEEK, cycle="2017-10-02")


def test_a_bundle_of_forecast_is_opened_by_inference_which_reads_nothing_else(account: Account, tmp_path: Path) -> None:
    (tmp_path / "head.json").write_text("{}")
    made = lake_of(account, Role.FORECAST).write_folder("serving_bundle", tmp_path, cycle="2017-10-02")
    inference = lake_of(account, Role.INFERENCE)
    assert inference.manifest("serving_bundle", cycle="2017-10-02")["sha256"] == made["sha256"]
    assert (inference.open_folder("serving_bundle", cycle="2017-10-02") / "head.json").read_text() == "{}"
    lake_of(account, Role.FORECAST).write("forecasts", WEEK, cycle="2017-10-02")
    with pytest.raises(StorageError, match="cannot"):
        inference.read("forecasts", cycle="2017-10-02")
    with pytest.raises(StorageError, match="cannot write"):
        inference.write_folder("serving_bundle", tmp_path, cycle="2017-10-09")


def test_landed_files_are_read_by_ingest_and_refused_to_training(account: Account) -> None:
    root = f"s3://{bucket(Bucket.RAW)}/landing"
    assert Landing(root, account.options(Role.INGEST)).read("probe") == b"probe"
    assert [one.uri for one in Landing(root, account.options(Role.INGEST)).list()] == ["probe"]
    with pytest.raises(StorageError):
        Landing(root, account.options(Role.TRAINING)).read("probe")
