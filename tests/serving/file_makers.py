"""A lake with producers' files, and users who look after them, for tests of what is told of files and done to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dp_assets.domain.config import DemandConfig
from tests.landed import World, shop_config
from tests.serving.access_makers import Place
from tests.serving.planning_makers import Planned


class WithFiles:
    """What a place with files can do."""

    world: World

    def put(self, uri: str, data: bytes) -> str:
        self.world.put(uri, data)
        (found,) = self.world.register()
        return found.file_version_id

    def settle(self) -> None:
        self.world.settle()
        self.world.finish()


class Shop(WithFiles, Place):
    """A place whose lake has files, with the configuration that they are read by."""

    def __init__(self, folder: Path, config: DemandConfig | None = None) -> None:
        super().__init__(folder, config=folder / "demand.yaml")
        self.world = World(folder, config or shop_config())
        self.put_config()

    def put_config(self) -> None:
        text = self.world.config.model_dump(mode="json", exclude_none=True)
        (self.folder / "demand.yaml").write_text(json.dumps(text))


class PlannedShop(WithFiles, Planned):
    """A place whose lake has files, and a cycle that planners can work on."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        super().__init__(folder, config)
        self.world = World(folder, self.config)
