"""The demo's landing folder: the package's sales, every one of them once, as three producers would deliver them."""

from __future__ import annotations

import hashlib
import io
import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from dp_assets.demo import INITIAL_ARRIVAL, DemoReport, land_demo, morning_of, planned_files
from dp_assets.demo_files import SALES_WRITERS
from dp_assets.demo_package import package_folder, producer_of_stores, sales_lines
from dp_assets.domain.config_file import load_config
from dp_assets.domain.ingest.mapping import with_mapping_tables
from dp_assets.domain.ingest.registration import owner
from dp_assets.ingestion import ingest_file, register_new_files
from dp_resources.lake import Lake
from dp_resources.landing import Landing

REPOSITORY = Path(__file__).parent.parent
TWO_WEEKS = datetime(2017, 1, 16, 12, tzinfo=UTC)


def quiet(_: str) -> None:
    """Progress that nobody reads."""


def digests(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoReport]:
    root = tmp_path_factory.mktemp("landing")
    return root, land_demo(root, TWO_WEEKS, quiet)


@pytest.fixture(scope="module")
def package() -> pl.DataFrame:
    return pl.read_parquet(package_folder() / "transactions.parquet")


def test_two_weeks_in_each_producer_has_delivered_twice(landed: tuple[Path, DemoReport]) -> None:
    root, _ = landed
    names = {path for path in digests(root) if not path.startswith("marketing/")}
    assert names == {
        "north/manifest.json",
        "north/sales-2017-W01.csv",
        "north/sales-2017-W02.csv",
        "online/orders-2017-W01.parquet",
        "online/orders-2017-W02.ndjson",
        "franchise/2017-W01.xlsx",
        "franchise/2017-W02.json",
        "master/products.csv",
    }


def units_in(path: Path) -> int:
    """Units in a sales file, read independently of the ingestion code."""
    data = path.read_bytes()
    match path.suffix:
        case ".csv":
            frame = pl.read_csv(io.StringIO(data.decode("latin-1")), separator=";", decimal_comma=True)
        case ".parquet":
            frame = pl.read_parquet(data)
        case ".ndjson":
            frame = pl.read_ndjson(data)
        case ".xlsx":
            frame = pl.DataFrame(fastexcel.read_excel(data).load_sheet("Sales").to_arrow())
        case _:
            frame = pl.DataFrame(json.loads(data), infer_schema_length=None)
    column = next(name for name in ("STÜCKZAHL", "units", "Pieces") if name in frame.columns)
    return int(frame[column].sum())


def test_no_unit_of_the_package_is_lost_or_landed_twice(landed: tuple[Path, DemoReport], package: pl.DataFrame) -> None:
    root, report = landed
    expected = package.filter(pl.col("week") <= 3)["quantity"].sum()
    files = [path for producer in SALES_WRITERS for path in (root / producer).iterdir() if path.name != "manifest.json"]
    assert sum(map(units_in, files)) == expected
    assert report.totals["quantity"].sum() == expected
    assert report.totals["lines"].sum() == package.filter(pl.col("week") <= 3).height


def test_the_lone_first_sunday_comes_with_the_first_file_and_no_line_changes_its_week(package: pl.DataFrame) -> None:
    weeks = sales_lines().select(((pl.col("week") - date(2017, 1, 2)).dt.total_days() // 7 + 2).alias("file"))["file"]
    assert (weeks == package["week"].clip(lower_bound=2)).all()


def test_stores_are_split_into_about_the_promised_shares() -> None:
    lines = pl.scan_parquet(package_folder() / "transactions.parquet").select("store_id").collect()
    shares = lines.join(producer_of_stores(), on="store_id")["producer"].value_counts(normalize=True)
    found = dict(shares.iter_rows())
    assert found["north"] == pytest.approx(0.55, abs=0.02)
    assert found["online"] == pytest.approx(0.35, abs=0.02)
    assert found["franchise"] == pytest.approx(0.10, abs=0.02)


def test_attributes_are_split_so_that_no_producer_knows_them_all(landed: tuple[Path, DemoReport]) -> None:
    root, _ = landed
    north = (root / "north/sales-2017-W01.csv").read_bytes().decode("latin-1").splitlines()[0]
    assert north == "ARTIKEL;FILIALE;BON;VERKAUFSZEIT;STÜCKZAHL;ERLÖS;ABTEILUNG;WARENGRUPPE;WARENART"
    online = pl.read_parquet_schema(root / "online/orders-2017-W01.parquet")
    assert "department" not in online
    assert {"brand", "pack_size"} <= set(online)
    master = (root / "master/products.csv").read_text().splitlines()[0]
    assert master == "item,manufacturer,department,category,type"


def test_every_landed_file_belongs_to_its_producer_in_the_configuration(landed: tuple[Path, DemoReport]) -> None:
    root, _ = landed
    config = load_config(REPOSITORY / "demand.yaml")
    owners = {one.uri: owner(one.uri, config.producers) for one in Landing(root).list()}
    assert {uri: one.name if one else None for uri, one in owners.items()} == {uri: uri.split("/")[0] for uri in owners}


def test_arrivals_are_monday_mornings_by_manifest_or_modification_time(landed: tuple[Path, DemoReport]) -> None:
    root, _ = landed
    landing = Landing(root)
    config = load_config(REPOSITORY / "demand.yaml")
    monday = datetime(2017, 1, 9, 11, tzinfo=UTC)
    assert morning_of(date(2017, 1, 9)) == monday
    assert landing.manifest(config.producer("north"))["north/sales-2017-W01.csv"] == monday
    modified = {one.uri: one.modified_at for one in landing.list()}
    assert modified["online/orders-2017-W01.parquet"] == monday
    assert modified["franchise/2017-W01.xlsx"] == monday
    assert modified["master/products.csv"] == INITIAL_ARRIVAL


def test_at_every_knowledge_time_the_plans_of_the_four_weeks_ahead_have_arrived() -> None:
    plans = [(week, file.arrives_at) for file in planned_files() if file.producer == "marketing" for week in file.weeks]
    arrival = dict(plans)
    assert len(plans) == len(arrival), "a week is planned in one file only"
    for cutoff in arrival:
        for lead in range(4):
            week = cutoff + timedelta(weeks=lead)
            if cutoff >= date(2017, 1, 2) and week in arrival:
                assert arrival[week] <= morning_of(cutoff) + timedelta(hours=18)


def test_promotions_are_shares_of_stores_per_sku_week_and_kind(landed: tuple[Path, DemoReport]) -> None:
    root, _ = landed
    plan = pl.read_csv(root / "marketing/promotions-2017-W04.csv", try_parse_dates=True)
    assert set(plan["mechanic"]) == {"display", "mailer", "front_page"}
    assert plan["share_of_stores"].is_between(0, 1).all()
    assert plan.select("upc", "valid_from", "mechanic").is_unique().all()
    assert (plan["valid_to"] - plan["valid_from"]).unique().to_list() == [timedelta(days=6)]
    rows = pl.scan_parquet(package_folder() / "promotions.parquet").filter(
        (pl.col("week") == 5) & (pl.col("display_location") != "0") & (pl.col("product_id") == 27334)
    )
    stores = pl.scan_parquet(package_folder() / "promotions.parquet").filter(pl.col("week") == 5)
    expected = (
        rows.select(pl.col("store_id").n_unique()).collect().item()
        / stores.select(pl.col("store_id").n_unique()).collect().item()
    )
    found = plan.filter((pl.col("upc") == 27334) & (pl.col("mechanic") == "display"))["share_of_stores"].item()
    assert found == pytest.approx(expected, abs=1e-4)


def test_landing_again_writes_nothing_and_touches_nothing(landed: tuple[Path, DemoReport]) -> None:
    root, first = landed
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    again = land_demo(root, TWO_WEEKS, quiet)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
    assert (again.written, again.kept) == ((), len(first.written))
    assert again.totals.equals(first.totals)


@pytest.fixture(scope="module")
def in_two_steps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoReport, list[str]]:
    root = tmp_path_factory.mktemp("in_two_steps")
    said: list[str] = []
    land_demo(root, TWO_WEEKS - timedelta(weeks=1), quiet)
    return root, land_demo(root, TWO_WEEKS, said.append), said


@pytest.mark.slow
def test_another_machine_would_write_the_same_bytes_in_one_step_or_in_two(
    landed: tuple[Path, DemoReport], in_two_steps: tuple[Path, DemoReport, list[str]]
) -> None:
    assert digests(in_two_steps[0]) == digests(landed[0])


@pytest.mark.slow
def test_the_next_week_lands_three_sales_files_and_one_plan(in_two_steps: tuple[Path, DemoReport, list[str]]) -> None:
    _, report, said = in_two_steps
    assert sorted(name.split("/")[0] for name in report.written) == ["franchise", "marketing", "north", "online"]
    assert said[-1] == "landed sales of 1 of 1 weeks"
    assert "4 files written" in str(report)


def test_a_file_that_was_restated_by_hand_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "master").mkdir()
    (tmp_path / "master/products.csv").write_text("item\n1\n")
    report = land_demo(tmp_path, INITIAL_ARRIVAL, quiet)
    assert (tmp_path / "master/products.csv").read_text() == "item\n1\n"
    assert report.kept == 1


def test_after_the_year_nothing_arrives_any_more() -> None:
    last = max(file.arrives_at for file in planned_files())
    assert last == datetime(2018, 1, 1, 11, tzinfo=UTC)
    weeks = [file.weeks for file in planned_files() if file.producer == "north"]
    assert len(weeks) == 52


def ingested(root: Path, lake: Lake, through: datetime) -> pl.DataFrame:
    """Rows and units of every file version that arrived by `through`: read, accepted, rejected, duplicate."""
    config = with_mapping_tables(load_config(REPOSITORY / "demand.yaml"), REPOSITORY)
    found = register_new_files(Landing(root), lake, config, through)
    records = [ingest_file(lake, config, one.file_version_id).record for one in found]
    assert {record["status"] for record in records} == {"accepted"}
    assert all(one.arrived_at <= through for one in found)
    return pl.DataFrame(
        [
            {
                "producer": record["producer"],
                "feed": record["feed"],
                "uri": record["uri"],
                **{f"rows_{name}": many for name, many in record["rows"].items()},
                **{f"units_{name}": many for name, many in record["quantity"].items()},
                **{f"by_{name}": many for name, many in record["rejected_by"].items()},
            }
            for record in records
        ],
        infer_schema_length=None,
    )


def check_conservation(files: pl.DataFrame, report: DemoReport, package: pl.DataFrame) -> None:
    """unified + rejected + duplicate = package, to the unit, in all and per producer."""
    sales = files.filter(pl.col("feed") == "transactions")
    parts = pl.sum_horizontal("units_accepted", "units_rejected", "units_duplicate")
    rows = pl.sum_horizontal("rows_accepted", "rows_rejected", "rows_duplicate")
    found = sales.group_by("producer").agg(rows.sum().alias("lines"), parts.sum().alias("quantity")).sort("producer")
    assert found.rows() == report.totals.rows()
    assert found["quantity"].sum() == package["quantity"].sum()
    assert found["lines"].sum() == package.height


@pytest.mark.slow
def test_unified_rejected_and_duplicate_rows_add_up_to_the_package(
    landed: tuple[Path, DemoReport], package: pl.DataFrame, tmp_path: Path
) -> None:
    root, report = landed
    files = ingested(root, Lake(tmp_path), TWO_WEEKS)
    check_conservation(files, report, package.filter(pl.col("week") <= 3))
    assert files["by_date_range"].sum() == 3708, "the lone first Sunday is rejected where everyone can see it"


@pytest.mark.slow
def test_departments_that_are_no_counts_are_rejected_for_every_producer_even_if_it_does_not_name_them(
    landed: tuple[Path, DemoReport], tmp_path: Path
) -> None:
    root, _ = landed
    files = ingested(root, Lake(tmp_path), TWO_WEEKS).filter(pl.col("feed") == "transactions")
    by_producer = dict(files.group_by("producer").agg(pl.col("by_exclude_values:department").sum()).iter_rows())
    assert min(by_producer.values()) > 0
    assert files["units_accepted"].sum() / files["rows_accepted"].sum() < 2, "what is left are counts of goods"


@pytest.mark.slow
def test_the_whole_demo_is_conserved_and_landed_within_its_bounds(package: pl.DataFrame, tmp_path: Path) -> None:
    through = datetime(2017, 12, 5, 12, tzinfo=UTC)
    started = time.process_time()
    report = land_demo(tmp_path / "landing", through, quiet)
    assert time.process_time() - started < 60
    assert report.bytes < 200e6
    files = ingested(tmp_path / "landing", Lake(tmp_path / "lake"), through)
    check_conservation(files, report, package.filter(pl.col("week") <= 49))
