"""Many records are read at the cost of the recent ones; the records stay the truth whatever happens to the index."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_resources import records
from dp_resources.lake import Lake
from dp_resources.records import Snapshot, decode, encode, forget, read_records

FOLDER = "_commits/ingest"


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setattr(records, "NEW_BEFORE_SNAPSHOT", 3)
    return Lake(tmp_path / "lake")


def snapshot_of(lake: Lake) -> Path:
    return Path(lake.root) / "_index" / FOLDER / "snapshot"


def as_a_new_process(lake: Lake) -> dict[str, dict[str, object]]:
    forget(lake)
    return lake.committed("ingest")


def texts_read(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths of records that are read from now on."""
    read: list[str] = []
    real = records.storage.read_bytes

    def counted(filesystem: object, scheme: str, path: str, size: int | None = None) -> bytes:
        read.append(path)
        return real(filesystem, scheme, path, size)

    monkeypatch.setattr(records.storage, "read_bytes", counted)
    return read


def test_a_new_process_reads_the_snapshot_and_only_what_was_written_since(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        lake.commit("ingest", f"v{number}", {"rows": number})
    assert len(lake.committed("ingest")) == 5
    lake.commit("ingest", "v5", {"rows": 5})
    lake.commit("ingest", "v1", {"rows": 11})
    lake.withdraw("ingest", "v2")
    read = texts_read(lake, monkeypatch)
    found = as_a_new_process(lake)
    assert {name: record["rows"] for name, record in found.items()} == {"v0": 0, "v1": 11, "v3": 3, "v4": 4, "v5": 5}
    assert sorted(Path(path).name for path in read) == ["snapshot", "v1.json", "v5.json"]
    read.clear()
    assert lake.committed("ingest") == found
    assert read == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-40] + b"\0" + data[-39:],
        lambda data: encode(Snapshot({"v0": ("x", b'{"rows": 99}')})).replace(b'"format":1', b'"format":0'),
        lambda data: b"\0" * 300,
    ],
)
def test_a_damaged_snapshot_is_made_again_from_the_records(lake: Lake, damage: object) -> None:
    for number in range(5):
        lake.commit("ingest", f"v{number}", {"rows": number})
    expected = lake.committed("ingest")
    data = snapshot_of(lake).read_bytes()
    snapshot_of(lake).write_bytes(damage(data))  # type: ignore[operator]
    assert as_a_new_process(lake) == expected
    assert decode(snapshot_of(lake).read_bytes()).texts == read_records(lake, FOLDER)


def test_a_missing_snapshot_and_one_that_is_too_old_give_the_same_records(lake: Lake) -> None:
    for number in range(5):
        lake.commit("ingest", f"v{number}", {"rows": number})
    lake.committed("ingest")
    old = snapshot_of(lake).read_bytes()
    for number in range(3, 9):
        lake.commit("ingest", f"v{number}", {"rows": -number})
    lake.withdraw("ingest", "v0")
    expected = {path.stem: orjson.loads(path.read_bytes()) for path in (Path(lake.root) / FOLDER).glob("*.json")}
    snapshot_of(lake).write_bytes(old)
    assert as_a_new_process(lake) == expected
    snapshot_of(lake).unlink()
    assert as_a_new_process(lake) == expected


def test_what_a_kill_leaves_behind_is_no_record(lake: Lake) -> None:
    lake.commit("ingest", "v0", {"rows": 0})
    (Path(lake.root) / FOLDER / ".v1.json.0123.tmp").write_bytes(b'{"rows"')
    assert list(as_a_new_process(lake)) == ["v0"]


def test_few_records_leave_no_index_behind(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.commit("ingest", "v0", {"rows": 0})
    assert lake.committed("ingest")
    assert not (tmp_path / "lake" / "_index").exists()


def test_a_record_handed_out_may_be_changed_without_changing_what_is_read_next(lake: Lake) -> None:
    lake.commit("ingest", "v0", {"rows": [1]})
    lake.committed("ingest")["v0"]["rows"].append(2)
    assert lake.committed("ingest") == {"v0": {"rows": [1]}}


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["write", "remove", "read", "new process", "lose snapshot"]), st.integers(0, 6)),
        max_size=25,
    )
)
def test_any_order_of_writes_removals_reads_and_restarts_reads_what_is_there(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    there: dict[str, dict[str, int]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "NEW_BEFORE_SNAPSHOT", 2)
        for count, (step, number) in enumerate([*steps, ("read", 0)]):
            name = f"v{number}"
            if step == "write":
                there[name] = {"rows": count}
                lake.commit("ingest", name, there[name])
            elif step == "remove":
                there.pop(name, None)
                lake.withdraw("ingest", name)
            elif step == "new process":
                forget(lake)
            elif step == "lose snapshot":
                snapshot_of(lake).unlink(missing_ok=True)
            else:
                assert lake.committed("ingest") == dict(sorted(there.items()))
