"""tuned_model[cycle]: the network of a cycle, searched for, trained, and stored as a folder that anything can read.

Belongs here: which artefacts are read and written, what the web UI shows. The rest is `domain/tuning.py`,
`domain/training.py` and `domain/model_folder.py`, imported inside the asset because they bring torch and Optuna.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from dp_assets.champions import code_revision, open_encoders, open_panel, recalls_of_features
from dp_assets.domain.forecasts import config_hash, receipt_of
from dp_assets.domain.scratch import scratch_folder
from dp_assets.forecast_shards import shard_name
from dp_assets.ledger_notes import retraining
from dp_assets.pictures.models import learning_curve, study_picture
from dp_assets.pods import TRAINING_TAGS
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake

if TYPE_CHECKING:
    from dp_assets.domain.encoders import Encoders
    from dp_assets.domain.training import Epoch, WindowSource
    from dp_assets.domain.trials import SharedStudy


def build(project: Project) -> dg.Definitions:
    """The asset `tuned_model`; in steps of its own where several workers search."""
    tuning = project.config.tuning
    workers = min(tuning.workers, tuning.trials)
    return dg.Definitions(assets=[searched_together(project, workers) if workers > 1 else searched_alone(project)])


UPSTREAM = ("features", "encoders")
KINDS = {"pytorch", "optuna", "onnx"}
OWNERS = ["team:demand-planning"]
TUNED_MODEL = "The LSTM built from the cycle's encoders, hyper-parameters from a resumable search, as weights and ONNX."


def searched_alone(project: Project) -> dg.AssetsDefinition:
    """The asset `tuned_model` as one step."""

    @dg.asset(
        description=TUNED_MODEL,
        partitions_def=project.cycles,
        deps=list(UPSTREAM),
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="training",
        kinds=KINDS,
        owners=OWNERS,
        op_tags=TRAINING_TAGS,
    )
    def tuned_model(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        retraining(context, project)
        return each_partition(context, lambda cycle: _train(lake, project, cycle, context.log))

    return tuned_model


def searched_together(project: Project, workers: int) -> dg.AssetsDefinition:
    """The asset `tuned_model` as steps: one that names the workers, one for each, and one that trains.

    Workers share the study and nothing else, so that each may run anywhere.
    """
    nothing = dg.In(dg.Nothing)

    @dg.op(ins=dict.fromkeys(UPSTREAM, nothing), out=dg.DynamicOut(dg.Nothing))
    def share_out_trials(context: dg.OpExecutionContext) -> Iterator[dg.DynamicOutput[None]]:
        """Notes what is trained for, and names the workers."""
        retraining(context, project)
        for number in range(workers):
            yield dg.DynamicOutput(None, mapping_key=shard_name(number, workers))

    @dg.op(ins={"shared_out": nothing}, out=dg.Out(dg.Nothing), tags=TRAINING_TAGS)
    def search_trials(context: dg.OpExecutionContext, lake: dg.ResourceParam[Lake]) -> None:
        """Trials of one worker, until none is left that nobody is at work on."""
        from dp_assets.domain.tuning import search

        for cycle in context.partition_keys:
            source, encoders = _windows(lake, project, cycle)
            study = _study(lake, project, cycle, str(context.get_mapping_key()))
            search(source, encoders, project.config, study, context.log.info)

    @dg.op(ins={"searched": nothing}, out=dg.Out(dg.Nothing), tags=TRAINING_TAGS)
    def train_best(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> None:
        """Trains with what the trials found."""
        each_partition(context, lambda cycle: _train(lake, project, cycle, context.log))

    @dg.graph_asset(
        description=TUNED_MODEL,
        partitions_def=project.cycles,
        ins={name: dg.AssetIn(dagster_type=dg.Nothing) for name in UPSTREAM},
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="training",
        kinds=KINDS,
        owners=OWNERS,
    )
    def tuned_model(**upstream: Any) -> Any:
        return train_best(share_out_trials(**upstream).map(search_trials).collect())

    return tuned_model


def _windows(lake: Lake, project: Project, cycle: str) -> "tuple[WindowSource, Encoders]":
    """The cycle's panel, scaled and encoded, and what it was encoded by."""
    import torch

    from dp_assets.domain.training import WindowSource, choose_device

    torch.set_num_threads(project.settings.threads)
    encoders = open_encoders(lake, cycle)
    return WindowSource.of(open_panel(lake, cycle), encoders, choose_device()), encoders


def _study(lake: Lake, project: Project, cycle: str, worker: str = "") -> "SharedStudy":
    """The study of a cycle: in the configured database, else in a journal in the state folder."""
    from dp_assets.domain.trials import SharedStudy, open_storage

    url, state = project.settings.study_database_url, project.settings.state_dir
    place = state / "studies" / f"{cycle}.journal" if url is None else url.get_secret_value()
    return SharedStudy(open_storage(place), _study_name(lake, project, cycle), worker)


def _train(lake: Lake, project: Project, cycle: str, log: dg.DagsterLogManager) -> Mapping[str, Any]:
    from dp_assets.domain.checkpoints import Checkpoints
    from dp_assets.domain.precision import precision_gate
    from dp_assets.domain.training import fit_final, spec_of
    from dp_assets.domain.training_processes import Task, fit_together
    from dp_assets.domain.tuning import tune

    config, state = project.config, project.settings.state_dir
    source, encoders = _windows(lake, project, cycle)
    tuned = tune(source, encoders, config, lambda: _study(lake, project, cycle), log.info)
    gate = precision_gate(source, spec_of(source.panel, encoders, config, tuned.hyper), tuned.hyper, config)
    log.info(f"precision: {gate.verdict}")
    # Of the same code, too: half a fit by another one would be of neither.
    data = f"{_study_name(lake, project, cycle)} {code_revision(project.settings)}"
    checkpoints = Checkpoints(state / "checkpoints" / cycle, data)
    processes = project.settings.training_processes
    if processes == 1:
        held, champion = fit_final(
            source, gate.spec, tuned.hyper, config, lambda epoch: log.info(_spoken(epoch)), checkpoints
        )
    else:
        folder = lake.open_folder("features", cycle=cycle)
        task = Task(folder, encoders.to_json(), gate.spec, tuned.hyper, config, project.settings.threads, checkpoints)
        held, champion = fit_together(task, processes, lambda epoch: log.info(_spoken(epoch)))
    shown = _publish(lake, project, cycle, source, encoders.to_json(), tuned, held, champion, gate)
    checkpoints.clear()
    return {**shown, "precision": gate.verdict}


def _spoken(epoch: "Epoch") -> str:
    """An epoch as a line of progress; the final refit on everything has nothing left to validate on."""
    judged = "" if epoch.point is None else f", validation loss {epoch.point:.4f} (point), {epoch.sum:.4f} (sum)"
    return f"epoch {epoch.number}: training loss {epoch.train_loss:.4f}{judged}"


def _study_name(lake: Lake, project: Project, cycle: str) -> str:
    """A study belongs to one content of features and encoders under one configuration; it is resumed only for that."""
    return receipt_of(
        features=lake.manifest("features", cycle=cycle)["sha256"],
        encoders=lake.manifest("encoders", cycle=cycle)["sha256"],
        configuration=config_hash(project.config),
    )


def _publish(
    lake: Lake,
    project: Project,
    cycle: str,
    source: Any,
    encoders: str,
    tuned: Any,
    held: Any,
    champion: Any,
    gate: Any,
) -> Mapping[str, Any]:
    """Writes the folder; returns what the web UI shows."""
    from dp_assets.domain.model_folder import ModelCard, save_model
    from dp_assets.domain.network import to_onnx
    from dp_assets.domain.training import card_metrics, example_inputs

    config, network = project.config, champion.network.cpu()
    card = ModelCard(
        cutoff=cycle,
        spec=network.spec,
        hyper=tuned.hyper,
        epochs=champion.best_epoch,
        seed=config.model.seed,
        trial=tuned.trial,
        revision=code_revision(project.settings),
        metrics=card_metrics(source, held) | {f"short_fit_loss_{name}": loss for name, loss in gate.losses.items()},
        processes=project.settings.training_processes,
    )
    curve = {
        name: [dataclasses.asdict(epoch) for epoch in trained.curve]
        for name, trained in (("held_out", held), ("everything", champion))
    }
    study = {"trials": list(tuned.trials), "best_trial": tuned.trial, "importance": tuned.importance}
    with scratch_folder() as folder:
        onnx = to_onnx(network, example_inputs(source, network.spec))
        save_model(folder, network, onnx, card, encoders, curve, study)
        info = {
            "trial": tuned.trial,
            "recalls": recalls_of_features(lake, cycle),
            "features": lake.manifest("features", cycle=cycle)["sha256"],
        }
        manifest = lake.write_folder("tuned_model", folder, info, cycle=cycle)
    return {
        "model_version": f"{cycle}+{manifest['files']['weights.safetensors']['sha256'][:12]}",
        "hyper_parameters": dg.MetadataValue.json(dataclasses.asdict(tuned.hyper)),
        "best_trial": -1 if tuned.trial is None else tuned.trial,
        "trials": len(tuned.trials),
        "run_off": tuned.verdict or "none: the defaults were not beaten, or nothing was searched",
        "epochs": champion.best_epoch,
        "weights": sum(parameter.numel() for parameter in network.parameters()),
        "revision": card.revision,
        **{name: value for name, value in card.metrics.items() if value is not None},
        "learning_curve": learning_curve(curve),
        "study": study_picture(tuned.trials, tuned.importance),
    }
