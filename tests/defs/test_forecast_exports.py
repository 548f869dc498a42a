"""Published numbers in a real folder, on a real S3 server and in a real PostgreSQL."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from dp_assets.cli import app
from dp_assets.defs import forecast_exports
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ConfigError, StorageError
from dp_assets.exporting import EVENT, export_cycle
from dp_assets.project import Project, build_project
from dp_resources.clock import SimulatedClock
from dp_resources.export_targets import replace_rows, write_file
from dp_resources.settings import Settings
from tests.defs.test_reconciliation_assets import Workshop, make_workshop
from tests.domain.rollup_inputs import make_inputs, rollup_config
from tests.postgres_server import running_postgres
from tests.resources.s3_store import Store, run_store
from tests.resources.test_planning_db import HIDING

FOLDER = {"name": "erp", "to": "erp"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A published cycle with a lock on one series, and an override by somebody whose name is a formula."""
    workshop = make_workshop(tmp_path_factory.mktemp("lake"), rollup_config(horizon_weeks=4))
    workshop.run("node_forecasts")
    start = date.fromisoformat(workshop.cycle)
    lock = {"node": "sku0007", "quantity": 321.0, "bucket_start": start, "user": "bob"}
    override = {"node": "sku0008", "quantity": 55.0, "bucket_start": start, "user": "=1+1", "locked": False}
    workshop.lake.write("planner_inputs", make_inputs(workshop.config, lock, override), cycle=workshop.cycle)
    workshop.run("reconciled_rollups", "published_forecasts")
    return workshop


def exporting(workshop: Workshop, folder: Path, *exports: dict[str, Any], **settings: Any) -> Project:
    """The workshop's project with exports; relative folders lie below `folder`."""
    config = DemandConfig.model_validate({**workshop.config.model_dump(), "exports": exports})
    clock = workshop.project.clock
    assert isinstance(clock, SimulatedClock)
    given = workshop.project.settings.model_dump() | settings
    return build_project(Settings(**given), config, folder, clock)


def run(project: Project, cycle: str) -> dg.ExecuteInProcessResult:
    assets: Any = forecast_exports.build(project).assets
    return dg.materialize(assets, partition_key=cycle, resources={"lake": project.lake()}, raise_on_error=False)


@pytest.mark.slow
def test_without_exports_nothing_is_written_and_that_is_said(published: Workshop, tmp_path: Path) -> None:
    result = run(exporting(published, tmp_path), published.cycle)
    (event,) = result.asset_materializations_for_node("forecast_exports")
    assert "nothing is configured" in str(event.metadata["exports"].value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_lock_and_an_override_stand_in_a_folder_with_intervals_method_who_and_why(
    published: Workshop, tmp_path: Path
) -> None:
    assert run(exporting(published, tmp_path, FOLDER), published.cycle).success
    table = pl.read_csv(tmp_path / "erp" / f"erp_{published.cycle}.csv")
    assert len(table) == len(published.read("published_forecasts"))
    first = {row["series_id"]: row for row in table.filter(lead=1).to_dicts()}
    locked, changed = first["sku0007"], first["sku0008"]
    assert (locked["final"], locked["override"], locked["user"]) == (321.0, 321.0, "bob")
    assert (changed["final"], changed["user"]) == (55.0, "'=1+1")
    assert locked["reason_code"]
    assert table["method"].null_count() == 0
    for low, high in (("lower_80", "upper_80"), ("lower_95", "upper_95")):
        assert (table[low] <= table[high]).all()
    assert table.filter(pl.col("final").is_null()).is_empty()


@pytest.mark.slow
def test_nodes_are_the_sums_of_their_series_and_name_who_changed_any(published: Workshop, tmp_path: Path) -> None:
    level = {"name": "bi", "to": "bi", "format": "parquet", "level": "total"}
    assert run(
        exporting(published, tmp_path, level, {**level, "name": "pack", "level": "size"}), published.cycle
    ).success
    total = pl.read_parquet(tmp_path / "bi" / f"bi_{published.cycle}.parquet").sort("lead")
    series = published.read("published_forecasts").group_by("lead").agg(pl.col("final").sum()).sort("lead")
    assert total["final"].to_list() == pytest.approx(series["final"].to_list())
    assert total["user"].to_list() == ["=1+1, bob", None, None, None]
    assert total["override"].to_list() == [376.0, None, None, None]
    sizes = pl.read_parquet(tmp_path / "bi" / f"pack_{published.cycle}.parquet")
    assert set(sizes["hierarchy"]) == {"pack"}
    assert sizes.filter(lead=1)["final"].sum() == pytest.approx(total["final"][0])


@pytest.mark.slow
def test_a_second_run_leaves_file_and_record_as_they_are(published: Workshop, tmp_path: Path) -> None:
    project = exporting(published, tmp_path, FOLDER)
    run(project, published.cycle)
    path, record = tmp_path / "erp" / f"erp_{published.cycle}.csv", project.lake().commit_of(EVENT, published.cycle)
    before = path.stat()
    assert run(project, published.cycle).success
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert project.lake().commit_of(EVENT, published.cycle) == record
    path.write_text("damaged")
    assert run(project, published.cycle).success
    assert path.stat().st_size == before.st_size


def test_an_address_that_is_none_is_refused_and_not_quoted() -> None:
    for url in ("me:hidden@host", "sqlite:////hidden", ""):
        with pytest.raises(ConfigError, match="expected DP_EXPORT_DATABASE_URL") as refused:
            replace_rows(url, "sold", date(2017, 12, 4), pl.DataFrame())
        assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("url", HIDING)
def test_no_part_of_a_password_is_said_wherever_it_stands(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises((ConfigError, StorageError)) as refused, caplog.at_level("DEBUG"):
        replace_rows(url, "sold", date(2017, 12, 4), pl.DataFrame({"cycle": [date(2017, 12, 4)]}))
    said = "".join(traceback.format_exception(refused.value)) + caplog.text
    assert not [part for part in ("xyzzy", "plugh") if part in said], said


@pytest.mark.slow
def test_no_part_of_a_password_is_kept_in_the_lake(published: Workshop, tmp_path: Path) -> None:
    for url in HIDING:
        project = exporting(published, tmp_path, {"name": "bi", "to": "postgresql:sold"}, export_database_url=url)
        (lost,) = export_cycle(project.lake(), project, published.cycle)
        kept = json.dumps(project.lake().commit_of(EVENT, published.cycle))
        assert lost.error is not None
        assert lost.error in json.loads(kept)["exports"][0]["error"]
        assert not [part for part in ("xyzzy", "plugh") if part in kept], kept


@pytest.mark.slow
def test_a_failed_target_fails_the_asset_after_the_others_were_written(published: Workshop, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    lost = ({"name": "lost", "to": "file"}, {"name": "table", "to": "postgresql:sold"})
    project = exporting(published, tmp_path, *lost, FOLDER)
    result = run(project, published.cycle)
    assert not result.success
    (failed,) = result.get_step_failure_events()
    message = failed.event_specific_data.error.to_string()  # type: ignore[union-attr]
    assert "2 export(s) could not be written, all others were" in message
    assert "lost: cannot write" in message
    assert "table: expected DP_EXPORT_DATABASE_URL" in message
    assert (tmp_path / "erp" / f"erp_{published.cycle}.csv").is_file()
    record = project.lake().commit_of(EVENT, published.cycle)
    assert record is not None
    assert [one["error"] is None for one in record["exports"]] == [False, False, True]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    seen: set[int] = set()
    stop = threading.Event()
    whole = [b"a" * 4_000_000, b"b" * 3_000_000]
    write_file(str(tmp_path), "erp.csv", whole[0], {})

    def watch() -> None:
        while not stop.is_set():
            assert {one.name for one in tmp_path.iterdir()} <= {"erp.csv", "_staging"}
            seen.add(len((tmp_path / "erp.csv").read_bytes()))

    reader = threading.Thread(target=watch)
    reader.start()
    for number in range(20):
        write_file(str(tmp_path), "erp.csv", whole[number % 2], {})
    stop.set()
    reader.join()
    assert seen <= {len(one) for one in whole}
    assert list((tmp_path / "_staging").iterdir()) == []


@pytest.mark.slow
def test_the_command_writes_a_cycle_again(published: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = exporting(published, tmp_path, FOLDER)
    monkeypatch.setattr("dp_assets.commands.export.open_project", lambda: project)
    result = CliRunner().invoke(app, ["export", published.cycle])
    assert result.exit_code == 0, result.output
    assert f"1 export(s) of cycle {published.cycle} stand" in result.output
    assert (tmp_path / "erp" / f"erp_{published.cycle}.csv").is_file()


@pytest.mark.parametrize(
    ("export", "message"),
    [
        ({"to": "sftp://me@host/in"}, "expected a folder, s3://bucket/prefix or postgresql:table"),
        ({"to": "postgresql://me:hidden@host/db"}, "stand in DP_EXPORT_DATABASE_URL"),
        ({"to": "x", "level": "colour"}, "expected one of the levels"),
        ({"to": "x", "level": "size", "hierarchy": "product"}, "expected one of the levels"),
        ({"to": "x", "columns": ["final", "price"]}, "got 'price'"),
        ({"to": "postgresql:sold", "columns": ["final"]}, "needs the column cycle"),
        ({"to": "postgresql:sold", "format": "csv"}, "has no format"),
    ],
)
def test_a_target_that_cannot_be_is_refused(export: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rollup_config(exports=[{"name": "erp", **export}])


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with run_store() as found:
        yield found


@pytest.mark.slow
def test_on_s3_the_same_numbers_are_the_same_bytes_twice(published: Workshop, tmp_path: Path, store: Store) -> None:
    keys = {
        "s3_endpoint_url": store.options["endpoint_url"],
        "s3_access_key_id": "test",
        "s3_secret_access_key": "test",
    }
    exports = [{"name": name, "to": "s3://lake/bi", "format": name} for name in ("csv", "parquet")]
    project = exporting(published, tmp_path, *exports, FOLDER, **keys)

    def objects() -> dict[str, bytes]:
        listed = store.client.list_objects_v2(Bucket="lake")["Contents"]
        return {one["Key"]: store.client.get_object(Bucket="lake", Key=one["Key"])["Body"].read() for one in listed}

    assert run(project, published.cycle).success
    before = objects()
    assert set(before) == {f"bi/csv_{published.cycle}.csv", f"bi/parquet_{published.cycle}.parquet"}
    assert before[f"bi/csv_{published.cycle}.csv"] == (tmp_path / "erp" / f"erp_{published.cycle}.csv").read_bytes()
    assert run(project, published.cycle).success
    assert objects() == before


@pytest.mark.slow
def test_in_postgresql_rows_of_the_cycle_are_replaced_and_readers_see_the_former_ones(
    published: Workshop, tmp_path: Path
) -> None:
    with running_postgres() as url:
        project = exporting(published, tmp_path, {"name": "bi", "to": "postgresql:sold"}, export_database_url=url)
        lake, engine = project.lake(), sa.create_engine(url)

        def rows(where: str = "true") -> list[Any]:
            query = f'SELECT series_id, final, "user" FROM sold WHERE {where} ORDER BY series_id, lead'
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(sa.text(query))]

        (first,) = export_cycle(lake, project, published.cycle)
        assert first.error is None
        expected = published.read("published_forecasts").sort("series_id", "lead")
        assert rows() == expected.select("series_id", "final", "user").rows()
        assert rows("lead = 1 AND series_id = 'sku0007'") == [("sku0007", 321.0, "bob")]
        with engine.begin() as connection:  # another cycle stays
            connection.execute(sa.text("INSERT INTO sold (cycle, series_id, final) VALUES ('2000-01-03', 'old', 1)"))
        (second,) = export_cycle(lake, project, published.cycle)
        assert second == first
        assert len(rows()) == len(expected) + 1
        frame = pl.DataFrame({"cycle": [date.fromisoformat(published.cycle)], "series_id": ["x"], "colour": ["red"]})
        with pytest.raises(OSError, match=r"cannot write table sold .*colour"):
            replace_rows(url, "sold", date.fromisoformat(published.cycle), frame)
        assert len(rows()) == len(expected) + 1  # the former rows, which the failed transaction had deleted
        engine.dispose()
    (lost,) = export_cycle(lake, project, published.cycle)
    assert lost.error is not None
    assert "see that the database answers" in lost.error


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://dp:changeme@db/erp", "postgresql+psycopg://dp@db/erp?sslmode=require&password=changeme"],
)
def test_a_placeholder_password_of_the_database_is_refused_in_production(url: str) -> None:
    with pytest.raises(ValueError, match="the password in DP_EXPORT_DATABASE_URL is a placeholder"):
        Settings(environment="production", export_database_url=url)  # type: ignore[arg-type]
