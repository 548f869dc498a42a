"""dbt as a resource: the command line that builds and tests the SQL models of a run.

Belongs here: how dbt is started, and what Dagster is told of it. Does not belong here: what a run tells the models
(`dbt.py`), what the graph knows of them (`dp_assets/dbt_models.py`). Importing this loads dbt, so only steps that run
models do.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource
from dagster_dbt.compat import DBT_PYTHON_VERSION

from dp_resources.dbt import CONTRACT_TESTS


class ModelRunner(DbtCliResource):
    """The dbt command line without the two things dagster-dbt does before it starts dbt.

    It runs `dbt --version`, which takes as long as a small build and asks a package index over the network, and it
    opens the database once more in this process, which for an in-memory database can only fail.

    Attributes:
        manifest: path of the manifest.
    """

    manifest: str

    @property
    def _cli_version(self) -> Any:
        return DBT_PYTHON_VERSION

    def _initialize_dbt_core_adapter(self, args: Any) -> Any:
        return None

    def build(
        self, context: dg.AssetExecutionContext, variables: Mapping[str, Any], folder: Path, shared: str | None = None
    ) -> list[Any]:
        """Builds and tests the models that the run selected, in one dbt process; Dagster's events, once all is well.

        Unit tests stay out: they judge the SQL, not the data, and run with the tests of the code.

        Args:
            context: the run, with the models it selected.
            variables: what the models are told.
            folder: where dbt leaves its artefacts.
            shared: an intermediate model that several of the selected ones read; it is built once, as a table.

        Raises:
            dagster_dbt.errors.DagsterDbtCliRuntimeError: a model or a test failed; nothing was promoted.
        """
        arguments = ["build", "--exclude-resource-type", "unit_test", "--vars", json.dumps(variables, sort_keys=True)]
        wanted, unwanted = _selection(context)
        arguments += ["--select", " ".join([*wanted, *filter(None, [shared])])]
        arguments += ["--exclude", " ".join([CONTRACT_TESTS, *unwanted])]
        output = io.StringIO()
        try:
            with contextlib.redirect_stdout(output):
                started = self.cli(
                    arguments,
                    manifest=Path(self.manifest),
                    dagster_dbt_translator=LakeTranslator(),
                    target_path=folder / "target",
                )
                events = [
                    event
                    for message in started.stream_raw_events()
                    # The inner context: handed the outer one, dagster-dbt warns of a property that it uses itself.
                    for event in message.to_default_asset_events(
                        started.manifest, started.dagster_dbt_translator, context.op_execution_context
                    )
                ]
                return [event for event in events if shared is None or _model_of(event) != shared]
        finally:
            context.log.debug(output.getvalue()[-20_000:])


def _selection(context: dg.AssetExecutionContext) -> tuple[list[str], list[str]]:
    """Names of models of a run and of tests that it makes without their model, and of tests that it leaves out."""
    models, checks = context.selected_asset_keys, context.selected_asset_check_keys
    known = {spec.key for spec in context.assets_def.node_check_specs_by_output_name.values()}
    alone = [check.name for check in checks if check.asset_key not in models]
    unwanted = [check.name for check in known - checks if check.asset_key in models]
    return sorted([*(key.path[-1] for key in models), *alone]), sorted(unwanted)


def _model_of(event: Any) -> str:
    """Name of the model that a Dagster event of dbt is about."""
    return str(event.metadata["unique_id"].value).rsplit(".", 1)[-1]


class LakeTranslator(DagsterDbtTranslator):
    """Names of models in the graph: their own. What is behind the sources is all written by `unified_transactions`."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey("unified_transactions")
        return dg.AssetKey(dbt_resource_props["name"])
