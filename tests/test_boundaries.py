"""Arrows between packages point one way, and importing does nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest


def modules_after(statement: str) -> set[str]:
    """Top-level modules loaded in a fresh interpreter after a statement."""
    code = f"{statement}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize("package", ["dp_assets", "dp_resources", "serving"])
def test_importing_a_package_imports_nothing_else(package: str) -> None:
    loaded = modules_after(f"import {package}")
    assert not loaded & {"dagster", "polars", "torch", "duckdb", "fastapi"}


def test_the_definitions_load_without_torch_optuna_or_dbt() -> None:
    loaded = modules_after("import dp_assets.definitions, dp_assets.stages, dp_assets.pod_executor")
    assert not loaded & {"torch", "optuna", "dbt", "dagster_dbt", "kubernetes", "statsforecast", "sklearn"}


def test_the_domain_loads_without_dagster() -> None:
    names = "config contracts buckets panel plan errors"
    loaded = modules_after("\n".join(f"import dp_assets.domain.{name}" for name in names.split()))
    assert "dagster" not in loaded
