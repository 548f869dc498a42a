"""Fixtures of the buckets stage; a test file of another stage has its own of these names."""

from __future__ import annotations

from pathlib import Path

import pytest

from dp_assets.dbt_manifest import ensure_manifest
from dp_resources.settings import Settings
from tests.defs.bucket_world import World
from tests.lake_makers import bucket_config


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the parsed project."""
    folder = tmp_path_factory.mktemp("state")
    ensure_manifest(Settings(state_dir=folder))
    return folder


@pytest.fixture
def world(state: Path, tmp_path: Path) -> World:
    return World(bucket_config(), state, str(tmp_path / "lake"))
