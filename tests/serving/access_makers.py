"""Users, keys and a lake whose series hang in a hierarchy, for tests of who may what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from fastapi.testclient import TestClient

from dp_assets.domain.access import EVERYTHING, NodeScope, Permission, Role, parse_scope_node, permissions_of
from dp_assets.domain.hierarchy import UNKNOWN
from dp_resources.accounts import Accounts
from dp_resources.lake import Lake
from dp_resources.planning_db import planning_database
from dp_resources.settings import Settings
from serving.api import create_app
from tests.planning_databases import new_planning_url
from tests.serving.makers import make_forecasts, put_bundle

SKUS = {"sku0000": "GROCERY/SOUP", "sku0001": "GROCERY/TEA", "sku0002": "DAIRY/MILK", "sku0003": "DAIRY/<UNK>"}
"""SKU → path of the node above it: its department and its brand, which the last one has not."""
GROCERY = NodeScope((parse_scope_node("product:GROCERY"),))
GROCERY_AND_A_LOOK = NodeScope(GROCERY.nodes, sees_outside=True)


class Place:
    """A lake with a bundle, a planning database beside it, and an API that asks for keys."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.lake = Lake(folder / "lake")
        own = {"api_access": "keys", "planning_database_url": new_planning_url(), **settings}
        self.settings = Settings(lake_root=self.lake.root, state_dir=folder / "state", **own)
        self.accounts = Accounts(planning_database(self.settings.planning_url))

    def put_bundle(self, skus: dict[str, str] = SKUS) -> None:
        places = [(sku, *above.split("/")) for sku, above in skus.items()]
        attributes = pl.DataFrame(places, ["sku", "department", "brand"], orient="row")
        attributes = attributes.with_columns(pl.col("brand").replace(UNKNOWN, None))
        put_bundle(self.lake, self.folder, make_forecasts(series=list(skus)), attributes=attributes)

    def client(self) -> TestClient:
        return TestClient(create_app(self.settings), raise_server_exceptions=False)

    def user(self, name: str, roles: Sequence[Role] = (Role.VIEWER,), scope: NodeScope = EVERYTHING) -> str:
        """Adds a user; returns the one-time password."""
        password = self.accounts.add_user(name, tuple(roles), scope, "test", datetime.now(UTC))
        assert password is not None
        return password

    def key(self, user: str, permissions: frozenset[Permission] | None = None, days: float = 1) -> str:
        """A key of a user."""
        found = self.accounts.user(user)
        assert found is not None
        now = datetime.now(UTC)
        may = permissions_of(found.roles) if permissions is None else permissions
        return self.accounts.create_key(user, "test", may, now + timedelta(days=days), "test", now)[1]

    def ledger(self) -> list[tuple[str, str, str]]:
        return [(row["user"], row["action"], row["subject"]) for row in self.accounts.database.ledger()]


def shown(credential: str) -> dict[str, str]:
    """The header that shows a key or a token."""
    return {"Authorization": f"Bearer {credential}"}
