"""Retention over real files: what is old moves to the archive, still answers from there, and survives any kill."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
import yaml
from typer.testing import CliRunner, Result

from dp_assets.archiving import RetentionRefusedError, apply_plan, archive_of, make_plan
from dp_assets.cli import app
from dp_assets.defs.automation.jobs import archive_job
from dp_assets.domain.errors import ArtefactError, ConfigError, StorageError
from dp_assets.file_cards import file_card
from dp_assets.history_links import file_link
from dp_assets.project import Project, build_project
from dp_assets.recalls import write_event
from dp_assets.registry import landed_file, registrations
from dp_assets.sources import LakeReader, table_source
from dp_resources.archive import Archive
from dp_resources.clock import SimulatedClock
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from tests.landed import World, encode, make_rows, shop_config
from tests.resources.s3_store import run_store

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OLD, OLDER = NOW - timedelta(days=3 * 365), NOW - timedelta(days=6 * 365)
FRAME = pl.DataFrame({"value": [1]})


class Shop:
    """A lake of ingested files and of cycles, all of it old but for a kept receipt's and the newest cycle's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = shop_config(config={"retention": {"archive": str(folder / "archive")}, "horizon_weeks": 1})
        self.world = World(folder, self.config, now=OLDER)
        self.lake = self.world.lake
        for seed in range(2):
            self.world.land(f"shop/{seed}.csv", encode(make_rows(seed=seed), "csv"))
        self.world.finish()
        self._cycles()
        for path in (folder / "lake").rglob("*"):
            os.utime(path, (OLDER.timestamp(), OLDER.timestamp()))
        self.lake.write("forecasts", pl.DataFrame({"value": [9]}), cycle="2026-05-25")

    def _cycles(self) -> None:
        """Twelve weekly cycles of long ago with forecasts and features, of which one was computed again."""
        for week in range(12):
            cycle = (datetime(2017, 1, 2, tzinfo=UTC) + timedelta(weeks=week)).date().isoformat()
            written = self.lake.write("forecasts", pl.DataFrame({"value": [week]}), cycle=cycle)
            (self.folder / "made").mkdir(exist_ok=True)
            (self.folder / "made" / "panel.json").write_text(json.dumps({"cycle": cycle}))
            made = self.lake.write_folder("features", self.folder / "made", {}, cycle=cycle)
            self.lake.write("eligibility", pl.DataFrame({"series": [week]}), cycle=cycle)
            parts = {"cycle": cycle, "features": made["sha256"], "table": "forecasts"}
            self.lake.commit(
                "receipts", f"r{week}", {"parts": parts, "configuration": "{}", "hashes": {"forecasts": written.sha256}}
            )
        self.lake.write("eligibility", pl.DataFrame({"series": [99]}), cycle="2017-01-02")
        self.lake.write("forecasts", pl.DataFrame({"value": [77]}), cycle="2017-01-09")  # its receipt names the old one

    def project(self) -> Project:
        clock = SimulatedClock(self.folder / "clock.json")
        clock.set(NOW)
        settings = Settings(state_dir=self.folder, lake_root=str(self.folder / "lake"), clock="simulated")
        return build_project(settings, self.config, self.folder, clock)

    def plan(self, now: datetime = NOW) -> Any:
        return make_plan(self.lake, self.config, self.project().planning(), now)

    def apply(self, wanted: str, now: datetime = NOW) -> Any:
        project = self.project()
        return apply_plan(archive_of(self.lake, project), self.config, project.planning(), wanted, "ann", now, print)

    def ledger(self) -> list[tuple[str, str, str]]:
        rows = self.project().planning().ledger()
        return [(row["action"], row["subject"], row["user"]) for row in rows]

    def contents(self) -> dict[str, bytes]:
        """Every file below the lake that is data, by path, as readers see it; landed bytes from wherever they lie."""
        found = {}
        for path in sorted((self.folder / "lake").rglob("*")):
            name = path.relative_to(self.folder / "lake").as_posix()
            if path.is_file() and not name.startswith(("_landed", "_archived", "_retention", "_index", "_staging")):
                found[name] = path.read_bytes()
        for one in registrations(self.lake):
            with landed_file(self.lake, one.content_sha256) as file:
                found[f"_landed/{one.content_sha256}"] = file.read_bytes()
        return found

    def everything(self) -> dict[str, str]:
        """Every file and link of lake and archive: path → where a link leads, or what the file holds."""
        roots = [self.folder / "lake", self.folder / "archive"]
        paths = sorted(path for root in roots for path in root.rglob("*") if path.is_symlink() or path.is_file())
        return {
            str(path.relative_to(self.folder)): str(path.readlink()) if path.is_symlink() else path.read_bytes().hex()
            for path in paths
            if not {"_staging", "_index"} & set(path.parts)
        }


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_plan_touches_nothing_and_applying_it_moves_what_is_old_so_that_everything_reads_as_before(
    shop: Shop,
) -> None:
    before, as_it_was = shop.contents(), shop.everything()
    plan = shop.plan()
    assert shop.everything() == as_it_was
    assert shop.ledger() == []
    fates = {one.file.path: (one.fate, one.reason) for one in plan.decisions}
    (removed,) = (path for path, (fate, _) in fates.items() if fate == "remove")
    assert removed.startswith("_versions/eligibility/")
    assert fates["forecasts/cycle=2017-01-02/part.parquet"][0] == "archive"
    assert fates["forecasts/cycle=2026-05-25/part.parquet"] == ("keep", "younger than 5 years")
    assert fates["forecasts/cycle=2017-03-20/part.parquet"][1] == "one of the newest cycles, which the next one reads"
    (version, _) = (one.file_version_id for one in registrations(shop.lake))
    assert fates[f"unified_transactions/file_version={version}/part.parquet"] == ("keep", "every cycle reads it")

    came = shop.apply(plan.hash)
    after = shop.contents()
    gone = {path for path, (fate, _) in fates.items() if fate == "remove"}
    assert after == {path: data for path, data in before.items() if path not in gone}
    assert (came.removed, came.left) == (len(gone), 0)
    assert came.archived == sum(fate == "archive" for fate, _ in fates.values())
    for path, (fate, _) in fates.items():
        in_lake = shop.folder / "lake" / path
        assert in_lake.is_symlink() == (fate == "archive" and not path.startswith("_landed")), path
        assert in_lake.exists() == (fate == "keep" or in_lake.is_symlink()), path
    assert shop.ledger() == [("begin retention", plan.hash, "ann"), ("end retention", plan.hash, "ann")]
    assert shop.project().planning().verify() == []
    assert shop.plan().actions == ()
    assert {one.fate for one in shop.plan().decisions} == {"archived", "keep"}
    assert shop.lake.open_folder("features", cycle="2017-01-02").joinpath("panel.json").exists()
    assert shop.lake.partitions("forecasts")[0] == "2017-01-02"


def test_applying_twice_is_applying_once(shop: Shop) -> None:
    wanted = shop.plan().hash
    first = shop.apply(wanted)
    once, ledger = shop.everything(), shop.ledger()
    assert shop.apply(wanted, NOW + timedelta(days=1)) == first
    assert (shop.everything(), shop.ledger()) == (once, ledger)


def test_a_plan_that_no_longer_holds_is_refused_and_nothing_is_touched(shop: Shop) -> None:
    wanted, as_it_was = shop.plan().hash, shop.everything()
    shop.lake.write("forecasts", pl.DataFrame({"value": [5]}), cycle="2017-01-16")
    changed = shop.everything()
    assert changed != as_it_was
    with pytest.raises(RetentionRefusedError, match=r"got [0-9a-f]{16}; .* look at `dp retention plan` again"):
        shop.apply(wanted)
    with pytest.raises(RetentionRefusedError, match="expected the 16 letters and digits"):
        shop.apply("../x")
    assert (shop.everything(), shop.ledger()) == (changed, [])


class Killed(BaseException):
    """The process ended here."""


STEPS = {"os.rename", "os.remove", "os.rmdir", "os.symlink"}
_left: list[int | None] = [None]


def _count(event: str, _: tuple[Any, ...]) -> None:
    """Ends everything at a step that changes the disk, and lets nothing be tidied up after it."""
    if _left[0] is not None and event in STEPS:
        if _left[0] <= 0:
            raise Killed
        _left[0] -= 1


@contextmanager
def killed_after(steps: int) -> Iterator[None]:
    if not getattr(_count, "is_listening", False):
        sys.addaudithook(_count)
        _count.is_listening = True  # type: ignore[attr-defined]
    _left[0] = steps
    try:
        yield
    finally:
        _left[0] = None


@pytest.mark.slow
def test_killed_between_any_two_steps_and_run_again_it_comes_to_the_same(tmp_path: Path) -> None:
    whole = Shop(tmp_path / "whole")
    wanted, before = whole.plan().hash, whole.contents()
    whole.apply(wanted)
    expected = set(whole.everything())
    steps, ended = 0, False
    while not ended:
        shop = Shop(tmp_path / f"killed{steps}")
        assert shop.plan().hash == wanted
        try:
            with killed_after(steps):
                shop.apply(wanted)
            ended = True
        except Killed:
            read = shop.contents()
            assert {path: read[path] for path in read if path in before} == read  # no file is half, or another one
            assert {*before} - {*read} <= {one.path for one in whole_actions(shop, wanted) if one[1] == "remove"}
        shop.apply(wanted, NOW + timedelta(hours=1))
        assert {path for path in shop.everything() if not path.endswith(".tmp")} == expected
        assert shop.contents() == whole.contents()
        assert shop.ledger() == whole.ledger()
        steps += 11
    assert steps > 100


def whole_actions(shop: Shop, wanted: str) -> list[Any]:
    """What a plan that was begun does; nothing where it was killed before."""
    from dp_assets.domain.retention import Action

    path = shop.folder / "lake" / "_retention" / f"{wanted}.json"
    return [Action(*one) for one in json.loads(path.read_text())["actions"]] if path.exists() else []


def test_what_is_needed_again_since_a_plan_was_begun_stays(shop: Shop) -> None:
    wanted = shop.plan().hash
    with pytest.raises(Killed), killed_after(20):
        shop.apply(wanted)
    assert shop.plan().unfinished == (wanted,)
    shop.lake.write("forecasts", pl.DataFrame({"value": [5]}), cycle="2017-01-23")
    came = shop.apply(wanted)
    assert came.left == 1
    assert not (shop.folder / "lake" / "forecasts/cycle=2017-01-23/part.parquet").is_symlink()


def test_an_archived_file_is_recalled_read_again_and_traced_to_where_its_bytes_lie(shop: Shop) -> None:
    (found, _) = registrations(shop.lake)
    shop.apply(shop.plan().hash)
    card = file_card(LakeReader(shop.lake), found.file_version_id, 0, None)
    link = file_link(shop.lake, found.file_version_id, False)
    packed = str(shop.folder / "archive" / found.content_sha256[:2] / f"{found.content_sha256}.gz")
    for told in (card or {}, link):
        assert told["archive"] == {"location": packed, "sha256": found.content_sha256, "bytes": found.bytes}
        assert told["archived"]
    digest = shop.lake.digest("forecasts", cycle="2017-01-02")
    source = table_source(shop.lake, "forecasts", digest, {}, cycle="2017-01-02")
    assert source.location == str(shop.folder / "archive" / digest[:2] / digest)
    before = shop.lake.digest("unified_transactions", file_version=found.file_version_id)
    for undo in (False, True):
        write_event(shop.lake, found.file_version_id, undo=undo, by="ann", reason="wrong", now=NOW)
    shop.lake.withdraw("ingest", found.file_version_id)
    assert shop.world.settle() == [found.file_version_id]
    assert shop.lake.digest("unified_transactions", file_version=found.file_version_id) == before


def test_an_archive_that_is_away_is_said_and_nothing_is_taken_for_missing(shop: Shop) -> None:
    (found, _) = registrations(shop.lake)
    shop.apply(shop.plan().hash)
    (shop.folder / "archive").rename(shop.folder / "away")
    assert shop.lake.exists("forecasts", cycle="2017-01-02")
    with pytest.raises(StorageError, match=r"archived at .*archive.*mount the archive"):
        shop.lake.read("forecasts", cycle="2017-01-02")
    with (
        pytest.raises(StorageError, match=r"cannot be read: .*mount the archive"),
        landed_file(shop.lake, found.content_sha256),
    ):
        pass
    assert not file_link(shop.lake, found.file_version_id, False)["archived"]
    (shop.folder / "away").rename(shop.folder / "archive")
    (shop.folder / "archive" / found.content_sha256[:2] / f"{found.content_sha256}.gz").write_bytes(b"not packed")
    with pytest.raises(StorageError), landed_file(shop.lake, found.content_sha256):
        pass
    with pytest.raises(ArtefactError, match="land the file again"), landed_file(shop.lake, "0" * 64):
        pass


def test_a_partition_in_the_archive_is_written_anew_and_its_old_content_is_kept_as_always(shop: Shop) -> None:
    shop.apply(shop.plan().hash)
    old, new = shop.lake.digest("forecasts", cycle="2017-01-02"), pl.DataFrame({"value": [3]})
    assert shop.lake.write("forecasts", new, cycle="2017-01-02").changed
    assert shop.lake.read("forecasts", cycle="2017-01-02").equals(new)
    assert shop.lake.read_version("forecasts", old, cycle="2017-01-02")["value"].to_list() == [0]
    assert (shop.folder / "archive" / old[:2] / old).is_file()


def test_a_damaged_copy_in_the_archive_is_replaced_before_the_file_leaves_the_lake(shop: Shop) -> None:
    (found, _) = registrations(shop.lake)
    copy = shop.folder / "archive" / found.content_sha256[:2] / f"{found.content_sha256}.gz"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"\x1f\x8bdamaged")
    Archive(shop.lake, shop.folder / "archive").move(f"_landed/{found.content_sha256}", True, NOW, "p")
    with landed_file(shop.lake, found.content_sha256) as file:
        assert len(file.read_bytes()) == found.bytes


def test_without_an_archive_or_inside_the_lake_nothing_is_applied(shop: Shop) -> None:
    project = shop.project()
    for said, words in (
        (None, "retention.archive in demand.yaml"),
        (str(shop.folder / "lake/x"), "outside of the lake"),
    ):
        config = shop_config(config={"retention": {"archive": said}})
        with pytest.raises(ConfigError, match=words):
            archive_of(shop.lake, build_project(project.settings, config, shop.folder, project.clock))


def test_the_job_archives_and_shows_its_figures(shop: Shop) -> None:
    project = shop.project()
    (before, job) = shop.contents(), archive_job(project)
    with dg.DagsterInstance.ephemeral() as instance:
        found = job.execute_in_process(instance=instance, resources={"lake": shop.lake, "clock": project.clock})
        (event,) = (one for one in found.all_events if one.event_type_value == "STEP_OUTPUT")
    figures = event.step_output_data.metadata
    assert figures["archived"].value == sum(one.fate == "archived" for one in shop.plan().decisions)
    assert "older than" in str(figures["what, and why"].value)
    assert {path for path in before if path not in shop.contents()} == {
        path for path in before if path.startswith("_versions/eligibility/")
    }


@pytest.fixture
def dp(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    path = shop.folder / "demand.yaml"
    path.write_text(yaml.safe_dump(shop.config.model_dump(mode="json", exclude_none=True)))
    shop.project()
    for name, value in (("CONFIG", path), ("LAKE_ROOT", shop.folder / "lake"), ("STATE_DIR", shop.folder)):
        monkeypatch.setenv(f"DP_{name}", str(value))
    monkeypatch.setenv("DP_CLOCK", "simulated")
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_the_command_shows_first_and_applies_what_it_showed(shop: Shop, dp: Callable[..., Result]) -> None:
    shown = dp("retention", "plan", "--files")
    assert shown.exit_code == 0, shown.output
    assert "every cycle reads it" in shown.output
    assert "forecasts/cycle=2017-01-02/part.parquet" in shown.output
    wanted = shown.output.split("--plan ")[-1].strip()
    refused = dp("retention", "apply", "--plan", "0" * 16)
    assert isinstance(refused.exception, RetentionRefusedError)
    done = dp("retention", "apply", "--plan", wanted, "--by", "ann")
    assert done.exit_code == 0, done.output
    assert "lie in" in done.output
    assert "There is nothing to do." in dp("retention", "plan").output
    assert "there is nothing to do" in dp("retention", "apply", "--plan", wanted).output


def test_on_s3_the_plan_shows_what_rules_have_archived_and_there_is_nothing_to_apply(tmp_path: Path) -> None:
    with run_store() as store:
        lake: Lake = store.lake
        config = shop_config()
        lake.write("forecasts", FRAME, cycle="2017-01-02")
        source = {"Bucket": "lake", "Key": "v1/forecasts/cycle=2017-01-02/part.parquet"}
        store.client.copy_object(**source, CopySource=source, StorageClass="GLACIER_IR")
        lake.write("forecasts", FRAME, cycle="2017-01-09")
        clock = SimulatedClock(tmp_path / "clock.json")
        clock.set(NOW)
        project = build_project(Settings(state_dir=tmp_path), config, tmp_path, clock)
        plan = make_plan(lake, config, project.planning(), datetime.now(UTC))
        assert [(one.file.path, one.fate) for one in plan.decisions] == [
            ("forecasts/cycle=2017-01-02/part.parquet", "archived"),
            ("forecasts/cycle=2017-01-09/part.parquet", "keep"),
        ]
        with pytest.raises(ConfigError, match="lifecycle rules of the bucket archive"):
            archive_of(lake, project)
