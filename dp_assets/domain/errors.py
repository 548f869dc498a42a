"""The errors that Demand Planner raises on purpose.

    DemandPlannerError
    ├── ConfigError            demand.yaml or the environment is wrong; the message names where
    ├── ContractError          a table does not have the shape it was promised to have
    ├── FileRejectedError      a landed file cannot be read or mapped; it goes to quarantine
    ├── NotEnoughHistoryError  a stage has too little history as of its cutoff to do its work
    ├── ArtefactError          a stored model, bundle or partition is missing, incomplete or altered
    ├── ReconciliationError    no forecasts keep all the numbers that were fixed
    └── StorageError           a landing root or lake cannot be reached, read or written

Every message says what was expected, what came, and what to do. Programming mistakes stay plain Python errors.
"""


class DemandPlannerError(Exception):
    """Base of every error raised on purpose; carries a message fit for a user."""


class ConfigError(DemandPlannerError):
    """The configuration cannot be used; the message names file, line and key."""


class ContractError(DemandPlannerError):
    """A table breaks its contract (columns, types, key, ranges)."""


class FileRejectedError(DemandPlannerError):
    """A landed file cannot be read or mapped as its producer's configuration says; `str()` is the quarantine reason."""


class ChallengerError(DemandPlannerError):
    """A challenger cannot be fitted; it is left out, and forecasts are made without it."""


class NotEnoughHistoryError(DemandPlannerError):
    """A stage was asked to work on less history than it needs."""


class ArtefactError(DemandPlannerError):
    """A stored artefact is missing, incomplete, or does not match its manifest of hashes."""


class ReconciliationError(DemandPlannerError):
    """No non-negative forecasts meet all the numbers that were fixed."""


class StorageError(DemandPlannerError, OSError):
    """A place cannot be reached, read or written, and trying again did not help; the message says what to do.

    It is an OSError as well: whoever survives a failing disk survives this.
    """
