from __future__ import annotations

import csv
import io
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from dp_resources.lake import Lake
from serving.api.catalogue import service
from serving.api.catalogue.formats import WRITERS, written
from serving.api.catalogue.schemas import MEDIA_TYPES, CatalogueRow, Format
from serving.bundle import Bundle
from serving.rendering import Question
from tests.factories import make_config
from tests.serving.clients import client_over, problem, server_over
from tests.serving.makers import (
    CYCLE,
    make_attributes,
    make_forecasts,
    make_overridden,
    make_published,
    put_bundle,
)

PATH = "/v1/forecast/catalogue"
SERIES = [f"sku{number:04d}" for number in range(17)]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("catalogue")
    lake, forecasts = Lake(folder / "lake"), make_forecasts(series=SERIES)
    published = make_overridden(make_published(forecasts), SERIES[4], lead=2, quantity=99.0)
    put_bundle(lake, folder, forecasts, published=published)
    return lake


@pytest.fixture(scope="module")
def client(lake: Lake) -> Iterator[TestClient]:
    with client_over(lake) as client:
        yield client


@pytest.fixture(scope="module")
def bundle(lake: Lake) -> Bundle:
    return Bundle(lake.open_folder("serving_bundle", cycle=CYCLE.isoformat()))


def _csv(data: bytes) -> pl.DataFrame:
    return pl.read_csv(data, try_parse_dates=True, schema_overrides={"user": pl.String, "reason_code": pl.String})


READERS: dict[Format, Callable[[bytes], pl.DataFrame]] = {
    "ndjson": lambda data: pl.read_ndjson(data).with_columns(pl.col("bucket_start").str.to_date()),
    "csv": _csv,
    "parquet": lambda data: pl.read_parquet(data),
    "arrow": lambda data: pl.read_ipc_stream(io.BytesIO(data)),
}


def plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame with coded text as text."""
    return frame.with_columns(pl.col(pl.Categorical).cast(pl.String)).to_dicts()


def alone(client: TestClient, sku: str, query: str) -> Iterator[dict[str, Any]]:
    """The rows that the catalogue should have of a SKU, from its own answer."""
    for series in client.get(f"/v1/forecast/skus/{sku}?{query}").json()["series"]:
        for lead in series["leads"]:
            numbers = {name: lead[name] for name in ("mean", "median", "published", "naive", "overridden")}
            ends = {f"{side}_{one['level']}": one[side] for one in lead["intervals"] for side in ("lower", "upper")}
            override = lead["override"] or {}
            yield {
                "series_id": series["series_id"],
                **series["key"],
                "lead": lead["lead"],
                "bucket_start": lead["bucket_start"],
                **numbers,
                **{name: override.get(name) for name in ("user", "reason_code")},
                **{name: lead[name] for name in ("method", "model_version", "receipt")},
                **ends,
                **{f"q{one['level']}": one["value"] for one in lead["quantiles"]},
            }


@pytest.mark.parametrize("name", list(WRITERS))
@pytest.mark.parametrize("query", ["", "horizon=2&levels=80,30&quantiles=0.1,0.33", "levels=99"])
def test_it_equals_the_answers_about_every_sku(client: TestClient, name: Format, query: str) -> None:
    answer = client.get(f"{PATH}?format={name}&{query}")
    assert answer.headers["content-type"].split(";")[0] == MEDIA_TYPES[name]
    assert answer.headers["content-disposition"] == f'attachment; filename="forecast-{CYCLE}.{name}"'
    found = plain(READERS[name](answer.content))
    expected = [row for sku in SERIES for row in alone(client, sku, query)]
    assert [{**row, "bucket_start": str(row["bucket_start"])} for row in found] == expected


@pytest.mark.slow
@given(rows=st.integers(1, 60), name=st.sampled_from(list(WRITERS)), horizon=st.integers(1, 3))
def test_blocks_of_any_size_make_the_same_table(bundle: Bundle, rows: int, name: Format, horizon: int) -> None:
    question = Question(tuple(range(1, horizon + 1)), (80,), (0.5,))
    everything = np.arange(len(bundle))
    whole = READERS[name](b"".join(written(service.blocks(bundle, everything, question), name)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "BLOCK_ROWS", rows)
        parts = list(service.blocks(bundle, everything, question))
        assert all(len(part) <= max(rows, horizon) for part in parts)
        found = READERS[name](b"".join(written(iter(parts), name)))
    assert plain(found) == plain(whole)


@pytest.mark.parametrize("name", list(WRITERS))
def test_no_more_than_a_block_is_made_ahead_of_what_is_fetched(
    bundle: Bundle, name: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BLOCK_ROWS", 6)
    made: list[int] = []

    def counted() -> Iterator[Any]:
        for block in service.blocks(bundle, np.arange(len(bundle)), Question((1, 2, 3), (80,))):
            made.append(len(block))
            yield block

    fetched = written(counted(), name)
    for number, part in enumerate(fetched):
        assert part
        assert len(made) <= number + 1
    assert len(made) == 9


def test_parquet_comes_in_row_groups_with_whole_schema(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BLOCK_ROWS", 12)
    file = pq.ParquetFile(io.BytesIO(client.get(f"{PATH}?format=parquet").content))
    assert file.metadata.num_row_groups == 5
    assert file.metadata.num_rows == 51


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        (None, "ndjson"),
        ("*/*", "ndjson"),
        ("text/csv", "csv"),
        ("application/json, text/csv;q=0.5", "csv"),
        ("text/csv;q=0.4, application/vnd.apache.parquet", "parquet"),
        ("application/vnd.apache.arrow.stream, */*;q=0.1", "arrow"),
        ("application/x-ndjson", "ndjson"),
        ("text/*", "csv"),
    ],
)
def test_the_header_accept_decides_where_the_query_does_not(client: TestClient, accept: str | None, name: str) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = client.get(PATH, headers=headers)
    assert answer.headers["content-type"].split(";")[0] == MEDIA_TYPES[name]  # type: ignore[index]
    assert answer.headers["vary"] == "Accept"
    assert client.get(f"{PATH}?format=csv", headers=headers).headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize("accept", ["application/json", "image/png", "text/csv;q=0", "text/csv;q=x"])
def test_what_cannot_be_answered_is_not_acceptable(client: TestClient, accept: str) -> None:
    answer = client.get(PATH, headers={"Accept": accept})
    assert answer.status_code == 406
    assert "application/x-ndjson" in answer.json()["detail"]


def test_filters_leave_out_whole_series(client: TestClient) -> None:
    attributes = make_attributes(make_forecasts(series=SERIES))
    expected = attributes.filter(department="dairy")["sku"].sort().to_list()
    found = pl.read_ndjson(client.get(f"{PATH}?attribute=department:dairy").content)
    assert found["series_id"].unique(maintain_order=True).to_list() == expected
    assert len(found) == 3 * len(expected)


@pytest.mark.parametrize("name", list(WRITERS))
def test_filters_that_nothing_passes_leave_an_empty_table(client: TestClient, name: Format) -> None:
    answer = client.get(f"{PATH}?format={name}&attribute=department:nothing")
    assert answer.status_code == 200
    assert name == "ndjson" or len(READERS[name](answer.content)) == 0
    assert name != "ndjson" or answer.content == b""


def test_cells_that_a_spreadsheet_would_run_are_text_in_csv_and_themselves_elsewhere(tmp_path: Path) -> None:
    names = ["=cmd", "+1", "-2", "@sum", "\tx", "\rx", "a,b", 'a"b', "plain", "a\nb"]
    lake = Lake(tmp_path / "lake")
    put_bundle(lake, tmp_path, make_forecasts(series=names))
    with client_over(lake) as client:
        text = client.get(f"{PATH}?format=csv&horizon=1").content.decode()
        frame = pl.read_parquet(client.get(f"{PATH}?format=parquet&horizon=1").content)
    found = [row["sku"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    assert found == [f"'{name}" if name[0] in "=+-@\t\r" else name for name in sorted(names)]
    assert frame["sku"].to_list() == sorted(names)


def test_rows_are_as_described(client: TestClient) -> None:
    for line in client.get(PATH).content.splitlines():
        CatalogueRow.model_validate_json(line)
        assert {"sku", "lower_80", "upper_80"} <= set(orjson.loads(line))


def test_it_is_sent_again_only_when_something_changed(client: TestClient) -> None:
    paths = [
        PATH,
        f"{PATH}?format=csv",
        f"{PATH}?horizon=1",
        f"{PATH}?attribute=department:dairy",
        f"{PATH}?method=lstm",
    ]
    tags = [client.get(path).headers["etag"] for path in paths]
    assert len(set(tags)) == len(tags)
    for path, tag in zip(paths, tags, strict=True):
        answer = client.get(path, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content) == (304, b"")
    assert client.get(paths[0], headers={"If-None-Match": tags[1]}).status_code == 200


@pytest.mark.parametrize(
    "query", ["horizon=9", "levels=0", "quantiles=2", "format=xlsx", "attribute=x:y", "colour=red"]
)
def test_what_cannot_be_answered_is_a_problem_before_anything_is_sent(client: TestClient, query: str) -> None:
    assert problem(client, f"{PATH}?{query}", 422).type.endswith("bad-parameter")


@pytest.mark.slow
def test_a_server_sends_it_while_it_is_made_and_stays_with_its_cycle(tmp_path: Path) -> None:
    config = make_config(horizon_weeks=26)
    lake, names = Lake(tmp_path / "lake"), [f"sku{number:05d}" for number in range(6000)]
    put_bundle(lake, tmp_path, make_forecasts(config, names), config)
    with server_over(lake) as address, urllib.request.urlopen(f"{address}{PATH}") as answer:
        assert answer.headers["transfer-encoding"] == "chunked"
        first = answer.readline()
        put_bundle(lake, tmp_path, make_forecasts(config, names[:1], cycle=CYCLE, seed=5), config)
        deadline = time.monotonic() + 60
        while orjson.loads(urllib.request.urlopen(f"{address}/v1/cycles/current").read())["series"] != 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        rest = answer.read().splitlines()
    assert CatalogueRow.model_validate_json(first).series_id == names[0]
    assert len(rest) + 1 == len(names) * 26
    assert CatalogueRow.model_validate_json(rest[-1]).series_id == names[-1]
