"""Trials by several workers: the same ones in any order, one worker at a place, and nobody waits for the dead."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, make_url, text

from dp_assets.domain import tuning
from dp_assets.domain.training import HyperParameters
from dp_assets.domain.trials import LIFE, SharedStudy, open_storage
from dp_assets.domain.tuning import search
from tests.domain.engine_inputs import engine
from tests.postgres_server import running_postgres

optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["journal", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a study is kept: a file, or a database of its own."""
    if request.param == "journal":
        return tmp_path / "studies" / "study.journal"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'studies.db'}"
    url, name = request.getfixturevalue("server"), "studies"
    control = create_engine(url, isolation_level="AUTOCOMMIT")
    with control.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    control.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def worked(trial: Any, source: Any, encoders: Any, config: Any, hyper: HyperParameters) -> float:
    """Stands for the fits of a trial: a loss by its parameters, over three epochs; in no time."""
    loss = abs(hyper.dropout - 0.2) + abs(hyper.layers - 2) / 7 + hyper.hidden_size / 500
    for epoch in range(1, 4):
        trial.report(loss / epoch + hyper.embedding_scale / epoch, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    for mode in ("point", "sum"):
        trial.set_user_attr(mode, loss)
    return loss


def told(study: SharedStudy) -> list[tuple[Any, ...]]:
    """All that is kept of trials, place by place."""
    return [
        (place, one.state.name, one.value, one.params, one.intermediate_values, one.user_attrs["hyper"])
        for place, one in study.ended().items()
    ]


@pytest.fixture
def searching(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setattr(tuning, "objective", worked)
    monkeypatch.setattr(tuning, "PAUSE", 0.001)
    _, encoders, config, source, _ = engine()

    def by(study: SharedStudy, trials: int = 12, workers: int = 3) -> None:
        section = config.tuning.model_copy(update={"trials": trials, "workers": workers})
        search(source, encoders, config.model_copy(update={"tuning": section}), study)

    return by


def test_workers_side_by_side_find_what_one_finds_on_every_storage(
    searching: Callable[..., None], place: Path | str, tmp_path: Path
) -> None:
    alone = SharedStudy(open_storage(tmp_path / "alone.journal"), "study")
    searching(alone)
    assert {state for _, state, *_ in told(alone)} == {"COMPLETE", "PRUNED"}
    studies = [SharedStudy(open_storage(place), "study", name) for name in ("a", "b", "c")]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(searching, studies))
    searching(SharedStudy(studies[0].storage, "study"))
    assert told(studies[0]) == told(alone)


def test_trials_drawn_by_chance_are_the_same_under_any_number_of_workers(
    searching: Callable[..., None], tmp_path: Path
) -> None:
    tried = []
    for workers in (1, 3):
        study = SharedStudy(open_storage(tmp_path / f"{workers}.journal"), "study")
        searching(study, 12, workers)
        tried.append([one.params for one in study.ended().values()])
    assert tried[0][:5] == tried[1][:5]
    assert tried[0] != tried[1]


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000), workers=st.integers(1, 4))
def test_a_search_cut_anywhere_goes_on_to_the_same_trials(
    searching: Callable[..., None], tmp_path_factory: pytest.TempPathFactory, seed: int, workers: int
) -> None:
    folder, chance = tmp_path_factory.mktemp("studies"), random.Random(seed)
    alone = SharedStudy(open_storage(folder / "alone.journal"), "study")
    searching(alone, 9, workers)
    storage = open_storage(folder / "cut.journal")
    for trials in sorted(chance.sample(range(1, 9), 2)):
        _cut(searching, SharedStudy(storage, "study"), trials, workers)
    searching(SharedStudy(storage, "study"), 9, workers)
    assert told(SharedStudy(storage, "study")) == told(alone)


def _cut(searching: Callable[..., None], study: SharedStudy, trials: int, workers: int) -> None:
    """A search of nine trials that is killed at one of them."""

    def killed(trial: Any, source: Any, encoders: Any, config: Any, hyper: HyperParameters) -> float:
        if len(study.ended()) >= trials:
            raise KeyboardInterrupt
        return worked(trial, source, encoders, config, hyper)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "objective", killed)
        with pytest.raises(KeyboardInterrupt):
            searching(study, 9, workers)


def running() -> optuna.trial.FrozenTrial:
    return optuna.trial.create_trial(state=optuna.trial.TrialState.RUNNING, user_attrs={"hyper": {}})


def test_one_worker_at_a_place_and_the_older_of_two_claims_holds(place: Path | str) -> None:
    first, second = (SharedStudy(open_storage(place), "study", name) for name in ("a", "b"))
    assert first.claim(0, running()) is not None
    assert second.taken(0)
    assert second.claim(0, running()) is None
    assert not second.taken(1)
    assert second.claim(1, running()) is not None


def test_what_a_dead_worker_has_claimed_is_taken_over_and_what_a_living_one_has_is_not(place: Path | str) -> None:
    storage = open_storage(place)
    living, waiting = SharedStudy(storage, "study", "a", beat=0.01), SharedStudy(storage, "study", "b", grace=0.0)
    claimed = living.claim(0, running())
    assert claimed is not None
    with living.alive(claimed):
        while storage.get_trial(claimed).user_attrs[LIFE] < 2:
            pass
    for sign in range(10, 13):
        storage.set_trial_user_attr(claimed, LIFE, sign)
        assert waiting.taken(0), "a sign of life has come since it was last looked at"
    while waiting.taken(0):
        pass
    assert waiting.claim(0, running()) is not None


def test_a_worker_that_begins_again_takes_what_its_former_self_had_claimed(place: Path | str) -> None:
    storage = open_storage(place)
    assert SharedStudy(storage, "study", "a").claim(0, running()) is not None
    assert SharedStudy(storage, "study", "b").taken(0)
    assert not SharedStudy(storage, "study", "a").taken(0)


def test_one_that_was_taken_for_dead_and_ends_its_trial_after_all_changes_nothing(place: Path | str) -> None:
    storage = open_storage(place)
    slow, quick = SharedStudy(storage, "study", "a"), SharedStudy(storage, "study", "b", grace=0.0)
    late = slow.claim(0, running())
    while quick.taken(0):
        pass
    claimed = quick.claim(0, running())
    assert late is not None
    assert claimed is not None
    done = optuna.trial.create_trial(value=1.0, user_attrs={"hyper": {"layers": 1}})
    quick.end(claimed, done)
    slow.end(late, done)
    assert [value for _, _, value, *_ in told(slow)] == [1.0]
    assert slow.taken(0)


def test_signs_of_life_end_with_the_work(tmp_path: Path) -> None:
    study = SharedStudy(open_storage(tmp_path / "study.journal"), "study", "a", beat=0.01)
    claimed = study.claim(0, running())
    assert claimed is not None
    with study.alive(claimed):
        pass
    assert not [one for one in threading.enumerate() if one.name.startswith("signs of life")]
