"""Receipts: what decided a table of forecasts, kept so that anybody can have it computed again and compared.

Belongs here: the parts of a receipt, keeping it, repeating what it stands for. Does not belong here: finding one
(`kept_receipts.py`), how forecasts are made (`domain/forecasts.py`), how a verdict is printed (`commands/receipt.py`).

A receipt names every input by the hash of its content, and the lake keeps every content it ever named, so a receipt can
be repeated after its cycle was computed again. Its id is a hash over its parts and stands in every row of the table.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import polars as pl
from pydantic import ValidationError

from dp_assets.champions import TOTALS, boosting_folder, code_revision
from dp_assets.domain.boosting import Boosting
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import LEADERBOARD
from dp_assets.domain.encoders import Encoders
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.forecasts import (
    Champion,
    Modelled,
    config_hash,
    config_text,
    designated_rows,
    forecast_table,
    receipt_of,
)
from dp_assets.domain.intervals import ErrorDistributions
from dp_assets.domain.panel import Panel
from dp_assets.domain.reconciliation_config import HierarchyConfig
from dp_assets.domain.scratch import scratch_folder
from dp_assets.domain.split_keys import SplitKeyConfig
from dp_assets.domain.totals import total_forecasts
from dp_assets.kept_receipts import EVENT, NONE, Receipt
from dp_resources.lake import Lake, parquet_bytes, sha256
from dp_resources.settings import Settings

LIBRARIES = ("lightgbm", "numpy", "onnxruntime", "polars", "statsforecast", "torch")
MODEL_PARTS = (
    *("model_cycle", "trained_on", "network", "weights", "encoders"),
    *("trial", "seed", "trained_by", "boosting", "leaderboard", "errors", "total_errors"),
)
DIGESTS = frozenset({"table_digest", "table_digests"})
"""Keys under which sections of a configuration state hashes of what the tables beside it say."""
Report = Callable[[str], None]
Named = TypeVar("Named", HierarchyConfig, SplitKeyConfig)


@dataclass(frozen=True)
class Verdict:
    """One thing that was compared: what the receipt says, what was found, and whether they are equal."""

    what: str
    expected: str
    found: str

    @property
    def holds(self) -> bool:
        return self.expected == self.found


def receipt_parts(
    lake: Lake,
    table: str,
    cycle: str,
    champion: Champion | None,
    contract: pl.DataFrame,
    config: DemandConfig,
    settings: Settings,
) -> dict[str, str]:
    """The parts of a receipt for a table of forecasts about to be made under a contract of intervals."""
    model = dict.fromkeys(MODEL_PARTS, NONE)
    if champion is not None:
        manifest = lake.manifest("tuned_model", cycle=champion.cycle)
        card = json.loads((champion.folder / "model.json").read_text(encoding="utf-8"))
        model |= {
            "model_cycle": champion.cycle,
            "trained_on": str(manifest["info"].get("features", NONE)),
            "network": manifest["sha256"],
            "weights": manifest["files"]["weights.safetensors"]["sha256"],
            "encoders": manifest["files"]["encoders.json"]["sha256"],
            **{name: str(card[key]) for name, key in (("trial",) * 2, ("seed",) * 2, ("trained_by", "revision"))},
        }
        model["errors"] = lake.digest("error_distributions", cycle=champion.cycle)
        if champion.total_errors is not None:
            model["total_errors"] = lake.digest(TOTALS, cycle=champion.cycle)
        if boosting_folder(lake, champion.cycle) is not None:
            model["boosting"] = lake.manifest("boosted_model", cycle=champion.cycle)["sha256"]
            model["leaderboard"] = lake.digest("leaderboard", cycle=champion.cycle)
    return {
        "table": table,
        "cycle": cycle,
        "features": lake.manifest("features", cycle=cycle)["sha256"],
        **model,
        "interval_contract": sha256(parquet_bytes(contract)),
        "configuration": config_hash(config),
        **environment_parts(settings),
    }


def environment_parts(settings: Settings) -> dict[str, str]:
    """The parts that depend on where it is computed: code, libraries, threads."""
    found = [f"{name} {version(name).partition('+')[0]}" for name in LIBRARIES]
    return {
        "code": code_revision(settings),
        "libraries": ", ".join([f"python {platform.python_version()}", *found]),
        "threads": str(settings.threads),
    }


def tables_of(
    panel: Panel,
    champion: Champion | None,
    contract: pl.DataFrame,
    config: DemandConfig,
    parts: Mapping[str, str],
    threads: int,
    modelled: Modelled | None = None,
) -> dict[str, pl.DataFrame]:
    """The tables that a receipt's parts decide, by name: what is written, and what is computed again to compare.

    `modelled` is what `model_forecasts` says of all series that the model forecasts, where shards computed it.
    """
    rows = designated_rows(panel, config.batch_inference) if parts["table"] == "refreshed_forecasts" else None
    made = forecast_table(panel, champion, config, receipt_of(**parts), rows, threads, contract, modelled)
    if parts["table"] == "refreshed_forecasts":
        return {parts["table"]: made}
    errors = champion.total_errors if champion else None
    return {"forecasts": made, "total_forecasts": total_forecasts(made, errors, config)}


def keep(lake: Lake, parts: Mapping[str, str], config: DemandConfig, tables: Mapping[str, pl.DataFrame]) -> Receipt:
    """Keeps the receipt of tables; call it before they are written, so that no row names an unknown one."""
    receipt = Receipt(parts, config_text(config), _hashes(tables))
    record = {"parts": dict(parts), "configuration": receipt.configuration, "hashes": dict(receipt.hashes)}
    lake.commit(EVENT, receipt.id, record)
    return receipt


def _hashes(tables: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    return {name: sha256(parquet_bytes(frame)) for name, frame in tables.items()}


def configuration_of(receipt: Receipt) -> DemandConfig:
    """The configuration a receipt was made under; places are the default ones.

    Settings that the code has gained since have their defaults, which are what it did before it had them. Tables that
    the configuration names are not read: the receipt has their hashes, and no forecast is made from them.

    Raises:
        ArtefactError: this version of the code reads it otherwise.
    """
    written = json.loads(receipt.configuration)
    config: DemandConfig | None
    try:
        config = DemandConfig.model_validate_json(receipt.configuration, extra="ignore")
    except ValidationError:
        config = None
    intact = receipt.parts["configuration"] == hashlib.sha256(receipt.configuration.encode()).hexdigest()
    if config is None or not intact or not _says(json.loads(config_text(config)), written):
        raise ArtefactError(
            "this version of the code has other settings than the receipt was made under; check out revision "
            f"{receipt.parts['code']} to repeat it"
        )
    return config


def configuration_with_tables(receipt: Receipt, today: DemandConfig) -> DemandConfig:
    """As `configuration_of`, with the tables that hierarchies and split keys name, as far as today's say the same.

    Args:
        receipt: a receipt.
        today: the configuration of the project, with its tables read.

    Raises:
        ArtefactError: see `configuration_of`; or a table says something else by now.
    """
    own, written = configuration_of(receipt), json.loads(receipt.configuration)
    hierarchies, keys = written["hierarchies"], written["reconciliation"]["keys"]
    reconciliation = own.reconciliation.model_copy(
        update={"keys": _with_tables(own.reconciliation.keys, keys, today.reconciliation.keys)}
    )
    read = {"hierarchies": _with_tables(own.hierarchies, hierarchies, today.hierarchies)}
    return own.model_copy(update={**read, "reconciliation": reconciliation})


def _with_tables(
    own: tuple[Named, ...], written: Sequence[Mapping[str, object]], today: tuple[Named, ...]
) -> tuple[Named, ...]:
    """Sections that name tables, those of today in their place where these say what the receipt has a hash of."""
    found: list[Named] = []
    for section, says in zip(own, written, strict=True):
        same = [one for one in today if section.table and _says(one.model_dump(mode="json"), says) and _read(one, says)]
        if section.table and not same:
            raise ArtefactError(
                f"the table {section.table} of {section.name!r} says something else by now than when this cycle was "
                "forecast; put the one of that time back to reconcile it again"
            )
        found.append(same[0] if same else section)
    return tuple(found)


def _read(section: HierarchyConfig | SplitKeyConfig, written: Mapping[str, object]) -> bool:
    """Whether the table of a section has the hash that was written; `_says` passes over one that is missing."""
    return section.model_dump(mode="json").get("table_digest") == written.get("table_digest")


def _says(now: object, written: object) -> bool:
    """Whether everything that was written still stands there, whatever else does; hashes of tables may be missing."""
    if isinstance(now, dict) and isinstance(written, dict):
        kept = {name: value for name, value in written.items() if name in now or name not in DIGESTS}
        return all(name in now and _says(now[name], value) for name, value in kept.items())
    if isinstance(now, list) and isinstance(written, list):
        return len(now) == len(written) and all(map(_says, now, written))
    return now == written


def champion_of(receipt: Receipt, lake: Lake, config: DemandConfig) -> Champion | None:
    """The model of a receipt by the hashes of its contents, whatever is current; None where it had none."""
    parts = receipt.parts
    if parts["network"] == NONE:
        return None
    cycle, folder = parts["model_cycle"], lake.open_version("tuned_model", parts["network"])
    errors = lake.read_version("error_distributions", parts["errors"], cycle=cycle)
    model = f"{cycle}+{parts['weights'][:12]}"
    boosted = parts["boosting"] != NONE
    return Champion(
        cycle=cycle,
        folder=folder,
        encoders=Encoders.from_json((folder / "encoders.json").read_text(encoding="utf-8")),
        errors=ErrorDistributions.of(errors, config.quantile_levels),
        version=f"{model}+{parts['boosting'][:12]}" if boosted else model,
        leaderboard=lake.read_version("leaderboard", parts["leaderboard"], cycle=cycle)
        if boosted
        else LEADERBOARD.empty(),
        boosting=Boosting.load(lake.open_version("boosted_model", parts["boosting"])) if boosted else None,
        total_errors=ErrorDistributions.of(
            lake.read_version(TOTALS, parts["total_errors"], cycle=cycle), config.quantile_levels
        )
        if parts["total_errors"] != NONE
        else None,
    )


def verify(receipt: Receipt, lake: Lake, settings: Settings, report: Report) -> list[Verdict]:
    """Computes the tables of a receipt again from the very contents it names, and compares the bytes of their files.

    The parts that depend on where it is computed are compared as well: where they differ, so may the last digits.
    """
    config, parts = configuration_of(receipt), receipt.parts
    here = environment_parts(settings)
    verdicts = [Verdict(name, parts[name], found) for name, found in here.items()]
    report(f"{parts['table']} of cycle {parts['cycle']} again, from the contents the receipt names")
    panel = Panel.load(lake.open_version("features", parts["features"]))
    champion = champion_of(receipt, lake, config)
    contract = lake.read_version("interval_contract", parts["interval_contract"], cycle=parts["cycle"])
    found = _hashes(tables_of(panel, champion, contract, config, parts, int(parts["threads"])))
    return [*verdicts, *(Verdict(name, digest, found[name]) for name, digest in receipt.hashes.items())]


def verify_training(receipt: Receipt, lake: Lake, report: Report) -> list[Verdict]:
    """Trains the models of a receipt again, with the hyper-parameters that were found, and compares weights and trees.

    Raises:
        ArtefactError: the receipt is of forecasts without a model, or the model's own panel is gone.
    """
    import torch

    from dp_assets.domain.boosting import fit_boosting
    from dp_assets.domain.model_folder import load_card, save_weights
    from dp_assets.domain.training import WindowSource, fit_final
    from dp_assets.domain.training_processes import Task, fit_together
    from dp_assets.domain.windows import trainable_rows

    parts, config = receipt.parts, configuration_of(receipt)
    if parts["network"] == NONE:
        raise ArtefactError("these forecasts were made without a model; there is no training to repeat")
    torch.set_num_threads(int(parts["threads"]))
    folder = lake.open_version("tuned_model", parts["network"])
    trained_on = lake.open_version("features", parts["trained_on"])
    panel = Panel.load(trained_on)
    encoders = Encoders.from_json((folder / "encoders.json").read_text(encoding="utf-8"))
    source, card = WindowSource.of(panel, encoders), load_card(folder)
    report(f"training the network of cycle {parts['model_cycle']} again")
    if card.processes == 1:
        _, again = fit_final(source, card.spec, card.hyper, config, lambda epoch: report(f"epoch {epoch.number}"))
    else:
        task = Task(trained_on, encoders.to_json(), card.spec, card.hyper, config, int(parts["threads"]))
        _, again = fit_together(task, card.processes, lambda epoch: report(f"epoch {epoch.number}"))
    with scratch_folder() as folder:
        weights = folder / "weights.safetensors"
        save_weights(again.network, weights)
        verdicts = [Verdict("weights", parts["weights"], sha256(weights.read_bytes()))]
        if parts["boosting"] != NONE:
            report("training gradient boosting again")
            fitted = fit_boosting(source, encoders, trainable_rows(panel), config, panel.history, int(parts["threads"]))
            fitted.save(folder / "boosting")
            kept = lake.open_version("boosted_model", parts["boosting"])
            verdicts.append(Verdict("boosting", _folder_hash(kept), _folder_hash(folder / "boosting")))
    return verdicts


def _folder_hash(folder: Path) -> str:
    """SHA-256 over names and contents of a folder's files."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
