"""Tuning: defaults first, resumption, reproducibility."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from dp_assets.domain import tuning
from dp_assets.domain.training import HyperParameters
from dp_assets.domain.training_config import SearchSpace
from dp_assets.domain.trials import SharedStudy, open_storage
from dp_assets.domain.tuning import Tuned, tune, within
from tests.domain.engine_inputs import engine

SPACE = {"hidden_size": (4, 12), "layers": (1, 2), "batch_size": (32, 64)}


def search(path: Path, trials: int, report: Any = None, **overrides: Any) -> Tuned:
    _, encoders, config, source, _ = engine(
        model={"hidden_size": 8, "batch_size": 64, "steps_per_epoch": 2, **overrides.pop("model", {})},
        tuning={"trials": trials, "epochs": 2, "space": SPACE, **overrides},
    )
    place = path / "studies" / "study.journal"
    return tune(source, encoders, config, lambda: SharedStudy(open_storage(place), "study"), report)


def test_the_first_trial_is_the_configured_defaults_and_every_trial_knows_both_losses(tmp_path: Path) -> None:
    found = search(tmp_path, 3)
    assert found.trials[0]["params"] == {
        "layers": 1, "hidden_size": 8, "dropout": 0.3, "learning_rate": 8e-3, "batch_size": 64, "embedding_scale": 0.1
    }  # fmt: skip
    complete = [trial for trial in found.trials if trial["state"] == "complete"]
    assert all(trial["point"] is not None and trial["sum"] is not None for trial in complete)
    taken = next(trial for trial in found.trials if trial["number"] == found.trial)
    assert taken["params"] == dataclasses.asdict(found.hyper)


def test_defaults_outside_the_space_are_tried_all_the_same(tmp_path: Path) -> None:
    found = search(tmp_path, 2, model={"hidden_size": 16})
    assert [trial["params"]["hidden_size"] == 16 for trial in found.trials] == [True, False]


def test_a_study_resumes_and_runs_only_what_is_missing(tmp_path: Path) -> None:
    lines: list[str] = []
    first = search(tmp_path, 2, lines.append)
    again = search(tmp_path, 2, lines.append)
    trials = [line for line in lines if line.startswith("trial")]
    assert len(trials) == 2
    assert again == first
    longer = search(tmp_path, 4, lines.append)
    assert len([line for line in lines if line.startswith("trial")]) == 4
    assert longer.trials[:2] == first.trials
    assert len({str(trial["params"]) for trial in longer.trials}) == 4


def test_a_killed_trial_does_not_count_and_the_defaults_are_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> float:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tuning, "objective", killed)
        with pytest.raises(KeyboardInterrupt):
            search(tmp_path, 2)
    found = search(tmp_path, 2)
    assert len(found.trials) == 2
    assert found.trials[0]["params"]["hidden_size"] == 8
    assert found.trials[0]["number"] == 0


def test_the_same_search_in_two_places_finds_the_same(tmp_path: Path) -> None:
    assert search(tmp_path / "a", 3) == search(tmp_path / "b", 3)


def run_off(
    monkeypatch: pytest.MonkeyPatch, path: Path, defaults: tuple[float, float], best: tuple[float, float]
) -> tuple[Tuned, list[tuple[int, int]]]:
    """A search whose trials all beat the defaults, and whose run-off has these losses for the two seeds; what it
    fitted: hidden size and epochs."""
    fits: list[tuple[int, int]] = []

    def said(trial: Any, source: Any, encoders: Any, config: Any, hyper: HyperParameters) -> float:
        own = hyper.hidden_size == 8 and hyper.learning_rate == 8e-3
        if config.tuning.epochs == 2:  # a trial
            for mode in ("point", "sum"):
                trial.set_user_attr(mode, 2.0 if own else 1.0)
            return 2.0 if own else 1.0
        fits.append((hyper.hidden_size, config.tuning.epochs))
        return (defaults if own else best)[config.model.seed - 20170102]

    with monkeypatch.context() as patch:
        patch.setattr(tuning, "objective", said)
        return search(path, 3), fits


@pytest.mark.parametrize(
    ("defaults", "best", "taken"),
    [
        ((5.0, 5.2), (4.8, 4.9), True),
        ((5.0, 5.2), (4.8, 5.1), False),  # one of its fits is behind one of theirs
        ((5.0, 5.2), (5.3, 5.4), False),
        ((5.0, 5.0), (5.0, 5.0), False),
    ],
)
def test_the_best_trial_is_taken_only_if_all_its_fits_over_a_models_epochs_beat_those_of_the_defaults(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    defaults: tuple[float, float],
    best: tuple[float, float],
    taken: bool,
) -> None:
    found, fits = run_off(monkeypatch, tmp_path, defaults, best)
    assert [epochs for _, epochs in fits] == [12] * 4
    assert (found.trial != 0) == taken
    assert dataclasses.asdict(found.hyper) == found.trials[found.trial or 0]["params"]
    assert found.verdict.startswith("run-off over 12 epochs: trial 1 ")
    assert found.verdict.endswith("the trial is taken" if taken else "the defaults are kept")


def test_a_run_off_is_kept_in_the_study_and_not_fitted_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, fits = run_off(monkeypatch, tmp_path, (5.0, 5.2), (4.8, 4.9))
    again, none = run_off(monkeypatch, tmp_path, (9.0, 9.0), (9.0, 9.0))
    assert len(fits) == 4
    assert none == []
    assert again == first


def test_no_trials_means_the_configured_values_and_no_study(tmp_path: Path) -> None:
    found = search(tmp_path, 0)
    assert (found.trial, found.trials, found.hyper.hidden_size) == (None, (), 8)
    assert not (tmp_path / "studies").exists()


def test_the_loss_mode_decides_what_is_minimised(tmp_path: Path) -> None:
    found = search(tmp_path, 2, model={"loss": "sum"})
    assert all(trial["value"] == trial["sum"] for trial in found.trials if trial["state"] == "complete")


def test_importance_is_told_once_there_are_enough_trials(tmp_path: Path) -> None:
    found = search(tmp_path, 6)
    if sum(trial["state"] == "complete" for trial in found.trials) >= 4:
        assert sum(found.importance.values()) == pytest.approx(1.0)


def test_within_knows_ranges_choices_and_the_grid_of_hidden_sizes() -> None:
    space = SearchSpace()
    inside = HyperParameters(1, 64, 0.3, 8e-3, 128, 0.1)
    assert within(inside, space)
    assert not within(dataclasses.replace(inside, hidden_size=65), space)
    assert not within(dataclasses.replace(inside, batch_size=100), space)
    assert not within(dataclasses.replace(inside, learning_rate=0.5), space)
