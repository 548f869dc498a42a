"""Trials of one search by several workers: who is at which, what each may know, and what came of them.

Belongs here: an Optuna study that processes share, on a database or in a journal file. Does not belong here: what a
trial does and what is searched (`tuning.py`), which processes there are.

Every trial has a place, 0, 1, 2 …, at which somebody is at work at most once at a time. It knows the trials that are
`window` places or more before it, and no other, whether these have ended or not: so what it tries, and where it is
given up, depends on its place and the configuration alone, and not on who was quicker, how many were at work, or what
was killed.

A worker claims a place by a trial of the study that says so; of two claims the older one holds. While it is at work it
gives a sign of life. A claim without one is taken over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

PLACE, WORKER, LIFE = "place", "worker", "sign_of_life"
BEAT_SECONDS, GRACE_SECONDS = 15.0, 90.0
"""Between two signs of life, and without one until a claim is taken over."""


def open_storage(place: Path | str) -> BaseStorage:
    """What keeps studies: a journal file, made with its folder when missing, or a database by its SQLAlchemy URL."""
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend
    from sqlalchemy.pool import NullPool

    if isinstance(place, str):
        return RDBStorage(place, engine_kwargs={"poolclass": NullPool})  # it is asked a few times a minute
    place.parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(place)))


@dataclass
class SharedStudy:
    """A study as one worker sees it.

    Attributes:
        storage: what keeps it, from `open_storage`.
        name: its name there; made when missing.
        worker: name of the worker; what a dead one of the same name has claimed is this one's. Without a name it is
            the only one, and every claim it finds is of a dead one.
        beat, grace: seconds between signs of life, and without one until somebody counts as dead.
    """

    storage: BaseStorage
    name: str
    worker: str = ""
    beat: float = BEAT_SECONDS
    grace: float = GRACE_SECONDS
    _seen: dict[int, tuple[object, float]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        import optuna

        study = optuna.create_study(
            study_name=self.name, storage=self.storage, direction="minimize", load_if_exists=True
        )
        self._id: int = self.storage.get_study_id_from_name(study.study_name)

    def _trials(self) -> dict[int, list[FrozenTrial]]:
        """Place → its trials, the oldest first, without those given up."""
        from optuna.trial import TrialState

        found: dict[int, list[FrozenTrial]] = {}
        for trial in self.storage.get_all_trials(self._id, deepcopy=False):
            if PLACE in trial.user_attrs and trial.state != TrialState.FAIL:
                found.setdefault(trial.user_attrs[PLACE], []).append(trial)
        return found

    def ended(self) -> dict[int, FrozenTrial]:
        """Place → its trial, of those that ran to an end, ascending."""
        over = {place: [one for one in trials if one.state.is_finished()] for place, trials in self._trials().items()}
        return {place: trials[0] for place, trials in sorted(over.items()) if trials}

    def taken(self, place: int) -> bool:
        """Whether somebody is at work at a place, or was done; a claim of a dead worker is given up."""
        return any(self._holds(other) for other in self._trials().get(place, []))

    def claim(self, place: int, trial: FrozenTrial) -> int | None:
        """Id of a claim of a place, at which a trial is about to be made; None where somebody is at work or was done.

        Args:
            place: the place.
            trial: parameters and attributes of the trial.
        """
        import optuna

        said = {**trial.user_attrs, PLACE: place, WORKER: self.worker, LIFE: 0}
        running = optuna.trial.create_trial(
            state=optuna.trial.TrialState.RUNNING,
            params=trial.params,
            distributions=trial.distributions,
            user_attrs=said,
        )
        mine = self.storage.create_new_trial(self._id, template_trial=running)
        older = [other for other in self._trials()[place] if other._trial_id < mine]
        if any(self._holds(other) for other in older):
            self._give_up(mine)
            return None
        return mine

    def _holds(self, trial: FrozenTrial) -> bool:
        """Whether a trial is over, or its worker alive; one of a dead worker is given up."""
        if trial.state.is_finished():
            return True
        life, now = trial.user_attrs[LIFE], time.monotonic()
        before, since = self._seen.get(trial._trial_id, (None, now))
        self._seen[trial._trial_id] = (life, since if life == before else now)
        dead = life == before and now - since > self.grace
        if self.worker and trial.user_attrs[WORKER] != self.worker and not dead:
            return True
        return not self._give_up(trial._trial_id)

    def _give_up(self, trial_id: int) -> bool:
        """Ends a claim; False where its worker was quicker and has ended the trial."""
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        try:
            return self.storage.set_trial_state_values(trial_id, TrialState.FAIL)
        except UpdateFinishedTrialError:
            return False

    def end(self, claimed: int, told: FrozenTrial) -> None:
        """Keeps what came of a claim; nothing happens where another worker, who took this one for dead, was asked to do
        it again: it finds the same."""
        from optuna.exceptions import UpdateFinishedTrialError

        with suppress(UpdateFinishedTrialError):
            for name, value in told.user_attrs.items():
                self.storage.set_trial_user_attr(claimed, name, value)
            for step, value in told.intermediate_values.items():
                self.storage.set_trial_intermediate_value(claimed, step, value)
            self.storage.set_trial_state_values(claimed, told.state, told.values)

    @contextmanager
    def alive(self, claimed: int) -> Iterator[None]:
        """Gives signs of life for a claim until the end of the block."""
        from optuna.exceptions import OptunaError

        over = threading.Event()

        def beats() -> None:
            number = 0
            while not over.wait(self.beat):
                number += 1
                with suppress(OptunaError, OSError):  # one that is lost counts for nothing
                    self.storage.set_trial_user_attr(claimed, LIFE, number)

        thread = threading.Thread(target=beats, daemon=True, name=f"signs of life of trial {claimed}")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    @property
    def notes(self) -> Mapping[str, Any]:
        """What was noted of the study as a whole."""
        return dict(self.storage.get_study_user_attrs(self._id))

    def note(self, name: str, value: object) -> None:
        """Notes something of the study as a whole."""
        self.storage.set_study_user_attr(self._id, name, value)


def known(ended: Mapping[int, FrozenTrial], place: int, window: int) -> list[FrozenTrial] | None:
    """The trials that the one at a place may know of; None where one of them has not ended yet."""
    before = range(max(0, place - window + 1))
    return [ended[other] for other in before] if all(other in ended for other in before) else None


def study_of(trials: list[FrozenTrial], **settings: Any) -> Study:
    """A study in memory of nothing but some trials, with a sampler and a pruner of its own."""
    import optuna

    study = optuna.create_study(direction="minimize", **settings)
    study.add_trials(trials)
    return study
