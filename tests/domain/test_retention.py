"""What becomes of files that are old: archived, kept because something reads them, or removed because nothing does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dp_assets.domain.config import RetentionConfig
from dp_assets.domain.forecasts import config_hash
from dp_assets.domain.retention import (
    EVERY_CYCLE_READS,
    Action,
    References,
    StoredFile,
    actions,
    decide,
    place_of,
    plan_hash,
    still_holds,
    summary,
    years_before,
)
from tests.factories import make_config

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PERIODS = RetentionConfig()
HASHES = ("a" * 64, "b" * 64, "c" * 64)
CYCLES = ("2017-10-02", "2026-05-25")
PATHS = (
    *(f"_landed/{one}" for one in HASHES),
    *(f"_versions/{table}/{one}/x" for table in ("features", "forecasts") for one in HASHES),
    *(f"{table}/cycle={cycle}/part.parquet" for table in ("forecasts", "eligibility") for cycle in CYCLES),
    "weekly_buckets/bucket=2017-01-02/part.parquet",
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[StoredFile], References]:
    days = st.integers(0, 9 * 365)
    files = [
        StoredFile(path, draw(st.integers(0, 9)), NOW - timedelta(days=draw(days)), draw(st.booleans()))
        for path in draw(st.lists(st.sampled_from(PATHS), unique=True))
    ]
    hashes = st.sets(st.sampled_from(HASHES))
    read = draw(hashes)
    cycles = dict.fromkeys(draw(st.sets(st.sampled_from(CYCLES))), "the next cycle reads it")
    counted = dict.fromkeys(draw(hashes), 2)
    return files, References(cycles, dict.fromkeys(read, "the champion"), draw(hashes) | read | set(counted), counted)


def fate_of(path: str, years: float, references: References = References(), archived: bool = False) -> tuple[str, str]:  # noqa: B008
    (one,) = decide([StoredFile(path, 1, NOW - timedelta(days=365.25 * years), archived)], references, PERIODS, NOW)
    return one.fate, one.reason


def test_each_kind_has_a_period_of_its_own() -> None:
    named = References(named={HASHES[0]})
    assert fate_of(PATHS[0], 0.9, named) == ("keep", "younger than a year")
    assert fate_of(PATHS[0], 1.1, named) == ("archive", "older than a year")
    assert fate_of("eligibility/cycle=2020-01-06/part.parquet", 1.9)[0] == "keep"
    assert fate_of("eligibility/cycle=2020-01-06/part.parquet", 2.1)[0] == "archive"
    assert fate_of("forecasts/cycle=2020-01-06/part.parquet", 4.9)[0] == "keep"
    assert fate_of("forecasts/cycle=2020-01-06/part.parquet", 5.1)[0] == "archive"
    assert fate_of(PATHS[0], 9, named, archived=True) == ("archived", "lies in the archive")


def test_what_training_and_the_next_cycle_read_stays_whatever_its_age_and_says_why() -> None:
    for table in EVERY_CYCLE_READS:
        assert fate_of(f"{table}/bucket=2010-01-04/part.parquet", 16) == ("keep", "every cycle reads it")
    read = References({"2010-01-04": "the champion forecasts with it"}, {HASHES[0]: "somebody rolled back to it"})
    assert fate_of("encoders/cycle=2010-01-04/part.parquet", 16, read)[1] == "the champion forecasts with it"
    assert fate_of(f"_versions/serving_bundle/{HASHES[0]}/x", 16, read)[1] == "somebody rolled back to it"


def test_a_replaced_content_is_removed_only_where_nothing_names_it_and_receipts_have_it_archived() -> None:
    replaced = f"_versions/features/{HASHES[0]}/x"
    assert fate_of(replaced, 3)[0] == "remove"
    named = References(named={HASHES[0]})
    assert fate_of(replaced, 3, named) == ("archive", "older than 2 years")
    receipts = References(named={HASHES[0]}, receipts={HASHES[0]: 1})
    assert fate_of(replaced, 3, receipts)[1] == "older than 2 years; receipts are computed again from the archive"


def test_records_have_no_period() -> None:
    for path in ("_commits/ingest/a.json", "_registrations/a.json", "features/cycle=2010-01-04/manifest.json"):
        assert place_of(path) is None
    assert place_of("file_ledger/part.parquet") is None


@given(worlds())
def test_every_file_has_one_fate_and_nothing_that_is_needed_or_named_goes(
    world: tuple[list[StoredFile], References],
) -> None:
    files, references = world
    found = decide(files, references, PERIODS, NOW)
    assert [one.file for one in found] == sorted(files, key=lambda one: one.path)
    for one in found:
        place, changes = one.file.place, one.fate in ("archive", "remove")
        if changes:
            assert one.file.since <= years_before(NOW, 1)
            assert not (place.partition and place.partition in references.cycles)
            assert place.content not in references.contents
            assert not (place.partition and place.table in EVERY_CYCLE_READS)
        if one.fate == "remove":
            assert place.content
            assert place.content not in references.named
        assert (one.fate == "archived") == one.file.archived
    lines = summary(found)
    assert sum(line.files for line in lines) == len(files)
    assert sum(line.bytes for line in lines) == sum(one.bytes for one in files)


@given(worlds(), st.randoms(use_true_random=False))
def test_a_plan_is_known_by_what_it_does_in_whatever_order_files_are_listed(
    world: tuple[list[StoredFile], References], chance: object
) -> None:
    files, references = world
    mixed = list(files)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = (actions(decide(listed, references, PERIODS, NOW)) for listed in (files, mixed))
    assert plan_hash(one) == plan_hash(other)
    if one:
        assert plan_hash(one[1:]) != plan_hash(one)


def test_of_a_plan_that_was_begun_only_what_is_still_due_and_not_done_is_left() -> None:
    a, b, c = (Action(name, "archive", 1) for name in "abc")
    assert still_holds([a, b, c], lambda one: one == a, [a, b]) == [b]


def test_the_archive_is_a_folder_and_where_it_lies_changes_no_forecast() -> None:
    with pytest.raises(ValidationError, match=r"expected a folder, such as /mnt/archive.*lifecycle rules"):
        RetentionConfig(archive="s3://archive/x")
    with pytest.raises(ValidationError, match="leave the key out"):
        RetentionConfig(archive=" ")
    with pytest.raises(ValidationError, match="archiv_root"):
        RetentionConfig.model_validate({"archiv_root": "x"})
    assert config_hash(make_config()) == config_hash(make_config(retention={"archive": "elsewhere"}))
    assert config_hash(make_config()) != config_hash(make_config(retention={"raw_years": 3}))
