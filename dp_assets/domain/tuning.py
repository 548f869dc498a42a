"""Tuning: the search for hyper-parameters with Optuna, on rolling-origin folds.

Belongs here: the study, its search space and objective. Does not belong here: how one network is trained
(`training.py`), who is at which trial (`trials.py`), where studies are kept (the caller says).

A study is kept by what several workers may share (`trials.py`), and resumed from it: only the trials that are missing
are run, and they are those that would have been run without a kill. Its first trial is
always the configured defaults. What is best after the few epochs of a trial need not be after those of a model, and the
best of many is partly luck; so in the end the best trial meets the defaults in a run-off: as many epochs as a model
has, judged on the newest horizon, each fitted with two seeds. It is taken only if both of its fits beat both of theirs.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from dp_assets.domain.errors import NotEnoughHistoryError
from dp_assets.domain.losses import mixed
from dp_assets.domain.training import (
    Epoch,
    HyperParameters,
    WindowSource,
    evaluate,
    fit_before,
    fold_count,
    fold_ends,
    spec_of,
    validation_windows,
)
from dp_assets.domain.trials import SharedStudy, known, study_of

if TYPE_CHECKING:
    import optuna

    from dp_assets.domain.config import DemandConfig
    from dp_assets.domain.encoders import Encoders
    from dp_assets.domain.training_config import SearchSpace

HIDDEN_STEP = 32
PAUSE = 1.0
"""Seconds after which a worker looks again whether a trial that it waits for has ended."""
RUN_OFF = "run_off"
"""Attribute of a study: hyper-parameters and seed → loss after a model's epochs."""
Report = Callable[[str], None]


@dataclass(frozen=True)
class Tuned:
    """What the search found.

    Attributes:
        hyper: the best hyper-parameters.
        trial: number of the best trial; None where nothing was searched.
        trials: every trial: number, state, value, both losses, parameters.
        importance: parameter → share of the variation of the loss that it explains; empty with too few trials.
        verdict: how the run-off between the best trial and the defaults ended; empty where there was none.
    """

    hyper: HyperParameters
    trial: int | None
    trials: tuple[dict[str, Any], ...]
    importance: dict[str, float]
    verdict: str = ""


def suggest(trial: optuna.Trial, space: SearchSpace) -> HyperParameters:
    """Hyper-parameters of a trial, drawn from the configured space."""
    return HyperParameters(
        layers=trial.suggest_int("layers", *space.layers),
        hidden_size=trial.suggest_int("hidden_size", *space.hidden_size, step=_hidden_step(space)),
        dropout=trial.suggest_float("dropout", *space.dropout),
        learning_rate=trial.suggest_float("learning_rate", *space.learning_rate, log=True),
        batch_size=trial.suggest_categorical("batch_size", list(space.batch_size)),
        embedding_scale=trial.suggest_float("embedding_scale", *space.embedding_scale),
    )


def objective(
    trial: optuna.Trial, source: WindowSource, encoders: Encoders, config: DemandConfig, hyper: HyperParameters
) -> float:
    """Mean validation loss over the folds, in the configured mode; losses of buckets and of totals are noted as well.

    Each fold trains for the configured epochs and is judged on the horizon after its end. After every epoch the mean so
    far is reported, so that a trial worse than the median of its predecessors at that point is given up.
    """
    import optuna

    ends = fold_ends(source.panel, fold_count(config))
    spec = spec_of(source.panel, encoders, config, hyper)
    done: list[dict[str, float]] = []
    share = config.model.sum_share

    def report(fold: int, epoch: Epoch) -> None:
        judged = epoch.judged(share)
        now = math.inf if judged is None else judged
        seen = [mixed(losses["point"], losses["sum"], share) for losses in done]
        trial.report((sum(seen) + now) / (len(seen) + 1), fold * config.tuning.epochs + epoch.number)
        if trial.should_prune():
            raise optuna.TrialPruned

    for fold, end in enumerate(ends):
        trained = fit_before(
            source,
            spec,
            hyper,
            config,
            end,
            epochs=config.tuning.epochs,
            validate=True,
            progress=lambda epoch, fold=fold: report(fold, epoch),  # type: ignore[misc]
        )
        judged = evaluate(trained.network, source, validation_windows(source.panel, end), config.model.point_loss)
        done.append({str(mode): value for mode, value in judged.items()})
    for mode in ("point", "sum"):
        trial.set_user_attr(mode, sum(losses[mode] for losses in done) / len(done))
    return mixed(float(trial.user_attrs["point"]), float(trial.user_attrs["sum"]), share)


def search(
    source: WindowSource,
    encoders: Encoders,
    config: DemandConfig,
    study: SharedStudy,
    report: Report | None = None,
) -> None:
    """Runs trials of the study, until all have ended or those that have not are at work elsewhere.

    Args:
        source: the panel, scaled and encoded.
        encoders: what it was encoded by.
        config: trials, workers, epochs, space, folds, loss, seed.
        study: the study, as this worker sees it.
        report: called with one line per trial.
    """
    if config.tuning.trials == 0 or not _has_folds(source, config):
        return
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    while True:
        ended = study.ended()
        waits = False
        for place in (place for place in range(config.tuning.trials) if place not in ended):
            if study.taken(place):
                continue
            before = known(ended, place, config.tuning.workers)
            if before is None:
                waits = True
                break
            view, trial, hyper = _asked(before, place, config)
            claimed = study.claim(place, view.trials[-1])
            if claimed is not None:
                with study.alive(claimed):
                    told = _made(view, trial, source, encoders, config, hyper)
                study.end(claimed, told)
                if report is not None:
                    report(_line(place, told))
                break
        else:
            return
        if waits:
            time.sleep(PAUSE)


def _asked(
    before: list[optuna.trial.FrozenTrial], place: int, config: DemandConfig
) -> tuple[optuna.Study, optuna.Trial, HyperParameters]:
    """A study of what the trial at a place knows, that trial, and what it tries: the defaults, as configured, at the
    first place; then what the sampler suggests, which is seeded by the place."""
    import optuna

    trials, space, defaults = config.tuning.trials, config.tuning.space, HyperParameters.of(config)
    view = study_of(
        before,
        sampler=optuna.samplers.TPESampler(seed=config.model.seed + place, n_startup_trials=min(10, 1 + trials // 3)),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=min(5, max(1, trials // 5)), n_warmup_steps=2),
    )
    inside = within(defaults, space)
    if place == 0 and inside:
        view.enqueue_trial(dataclasses.asdict(defaults))
    trial = view.ask()
    hyper = suggest(trial, space) if place > 0 or inside else defaults
    trial.set_user_attr("hyper", dataclasses.asdict(hyper))
    return view, trial, hyper


def _made(
    view: optuna.Study,
    trial: optuna.Trial,
    source: WindowSource,
    encoders: Encoders,
    config: DemandConfig,
    hyper: HyperParameters,
) -> optuna.trial.FrozenTrial:
    """What came of a trial."""
    import optuna

    try:
        value = objective(trial, source, encoders, config, hyper)
    except optuna.TrialPruned:
        return view.tell(trial, state=optuna.trial.TrialState.PRUNED)
    return view.tell(trial, value)


def tune(
    source: WindowSource,
    encoders: Encoders,
    config: DemandConfig,
    study: Callable[[], SharedStudy],
    report: Report | None = None,
) -> Tuned:
    """The hyper-parameters of a cycle, after whatever trials of the study are missing.

    Args:
        source: the panel, scaled and encoded.
        encoders: what it was encoded by.
        config: trials, workers, epochs, space, folds, loss, seed.
        study: opens the study, which is only done where something is searched; nobody else must be at work on it.
        report: called with one line per trial.
    """
    defaults = HyperParameters.of(config)
    if config.tuning.trials == 0 or not _has_folds(source, config):
        return Tuned(defaults, None, (), {})
    opened = study()
    search(source, encoders, config, opened, report)
    found = _run_off(opened, _summary(opened, defaults, config), source, encoders, config, defaults)
    if report is not None and found.verdict:
        report(found.verdict)
    return found


def _run_off(
    study: SharedStudy,
    found: Tuned,
    source: WindowSource,
    encoders: Encoders,
    config: DemandConfig,
    defaults: HyperParameters,
) -> Tuned:
    """The best trial if both of its fits beat both of the defaults', else the defaults. The study keeps the losses."""
    if found.hyper == defaults:
        return found
    made: dict[str, float] = dict(study.notes.get(RUN_OFF, {}))

    def loss_of(hyper: HyperParameters, seed: int) -> float:
        name = json.dumps([dataclasses.asdict(hyper), seed], sort_keys=True)
        if name not in made:
            made[name] = _full_loss(source, encoders, config, hyper, seed)
            study.note(RUN_OFF, made)
        return made[name]

    seeds = (config.model.seed, config.model.seed + 1)
    theirs, best = ([loss_of(hyper, seed) for seed in seeds] for hyper in (defaults, found.hyper))
    spoken = [" and ".join(f"{loss:.4f}" for loss in losses) for losses in (best, theirs)]
    verdict = f"run-off over {config.model.epochs} epochs: trial {found.trial} {spoken[0]}, defaults {spoken[1]}"
    if max(best) < min(theirs):
        return dataclasses.replace(found, verdict=f"{verdict}; the trial is taken")
    own = next((trial["number"] for trial in found.trials if trial["params"] == dataclasses.asdict(defaults)), None)
    return dataclasses.replace(found, hyper=defaults, trial=own, verdict=f"{verdict}; the defaults are kept")


def _full_loss(
    source: WindowSource, encoders: Encoders, config: DemandConfig, hyper: HyperParameters, seed: int
) -> float:
    """The objective on the newest fold after as many epochs as a model has, with a seed."""
    import optuna

    longer = config.model_copy(
        update={
            "model": config.model.model_copy(update={"seed": seed}),
            "tuning": config.tuning.model_copy(update={"epochs": config.model.epochs}),
            "validation": config.validation.model_copy(update={"folds": 1}),
        }
    )
    nobody = cast("optuna.Trial", optuna.trial.FixedTrial({}))  # it suggests nothing and is never pruned
    return objective(nobody, source, encoders, longer, hyper)


def within(hyper: HyperParameters, space: SearchSpace) -> bool:
    """Whether the hyper-parameters lie in the space, so that the sampler can learn from them."""
    low, high = space.hidden_size
    on_grid = _hidden_step(space) == 1 or (hyper.hidden_size - low) % HIDDEN_STEP == 0
    ranges = (
        (hyper.layers, space.layers),
        (hyper.hidden_size, (low, high)),
        (hyper.dropout, space.dropout),
        (hyper.learning_rate, space.learning_rate),
        (hyper.embedding_scale, space.embedding_scale),
    )
    inside = all(least <= value <= most for value, (least, most) in ranges)
    return inside and on_grid and hyper.batch_size in space.batch_size


def _hidden_step(space: SearchSpace) -> int:
    low, high = space.hidden_size
    return HIDDEN_STEP if high > low and (high - low) % HIDDEN_STEP == 0 else 1


def _has_folds(source: WindowSource, config: DemandConfig) -> bool:
    try:
        fold_ends(source.panel, fold_count(config))
    except NotEnoughHistoryError:
        return False
    return True


def _line(place: int, trial: optuna.trial.FrozenTrial) -> str:
    value = "pruned" if trial.state.name == "PRUNED" else f"loss {trial.value:.4f}"
    return f"trial {place}: {value} with {json.dumps(trial.params, sort_keys=True)}"


def _summary(study: SharedStudy, defaults: HyperParameters, config: DemandConfig) -> Tuned:
    ended = {place: trial for place, trial in study.ended().items() if place < config.tuning.trials}
    trials = tuple(
        {
            "number": place,
            "state": trial.state.name.lower(),
            "value": trial.value if trial.state.name == "COMPLETE" else None,
            "point": trial.user_attrs.get("point"),
            "sum": trial.user_attrs.get("sum"),
            "params": trial.user_attrs["hyper"],
        }
        for place, trial in ended.items()
    )
    complete = [trial for trial in trials if trial["value"] is not None]
    if not complete:
        return Tuned(defaults, None, trials, {})
    best = min(complete, key=lambda trial: (trial["value"], trial["number"]))
    return Tuned(HyperParameters(**best["params"]), best["number"], trials, _importance(list(ended.values())))


def _importance(trials: list[optuna.trial.FrozenTrial]) -> dict[str, float]:
    """Shares of the loss's variation by parameter (fANOVA); empty below four complete trials or without variation."""
    import optuna

    complete = [trial for trial in trials if trial.state == optuna.trial.TrialState.COMPLETE and trial.params]
    if len(complete) < 4 or len({trial.value for trial in complete}) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    found = optuna.importance.get_param_importances(study_of(trials), evaluator=evaluator)
    return {name: float(share) for name, share in found.items()}
