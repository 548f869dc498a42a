"""Hierarchies and how their levels are made to agree, as `demand.yaml` describes them.

Belongs here: the sections `hierarchies` and `reconciliation`. Does not belong here: building hierarchies
(`hierarchy.py`), reconciling (`reconciliation.py`).
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import PrivateAttr, SerializerFunctionWrapHandler, model_serializer, model_validator

from dp_assets.domain.config_section import MisplacedValueError, Section, Slug
from dp_assets.domain.hierarchy_table import HierarchyTable
from dp_assets.domain.split_keys import FORECAST, HISTORY, SplitKeyConfig


class HierarchyConfig(Section):
    name: Slug
    """Name of the hierarchy."""
    levels: tuple[str, ...]
    """Attributes (or key columns) from the top, e.g. `[department, category, type]`; total and series are implied."""
    table: str | None = None
    """CSV beside `demand.yaml` that says where series belong, instead of attributes: key columns (`sku`, `location` or
    both), one column per level, and optionally `valid_from`, where a series moves to another parent at a date."""

    _places: HierarchyTable | None = PrivateAttr(None)

    @property
    def places(self) -> HierarchyTable | None:
        """What its table says; None until it is read, and where it names none."""
        return self._places

    def with_places(self, places: HierarchyTable) -> Self:
        """The same hierarchy with its table read."""
        copy = self.model_copy()
        copy._places = places
        return copy

    @model_serializer(mode="wrap")
    def _with_digest(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The table is dumped as a hash of what it says, so that a change in it changes the dump."""
        dumped: dict[str, Any] = dump(self)
        return dumped if self._places is None else {**dumped, "table_digest": self._places.digest}


class ReconciliationConfig(Section):
    method: Literal[
        "bottom_up",
        "top_down",
        "top_down_average_proportions",
        "top_down_proportions_of_averages",
        "top_down_user_key",
        "middle_out",
        "mint_ols",
        "mint_wls_struct",
        "mint_wls_var",
        "mint_shrink",
    ] = "mint_wls_struct"
    """How levels are made to agree. `top_down` splits the total by forecast proportions, the next two by proportions of
    the last year's sales, `top_down_user_key` by `key`; `middle_out` splits the forecasts of `middle_level` and adds
    them up above. `mint_shrink` is `mint_wls_var` with the correlation of the backtest's errors, shrunk; up to 200,000
    series."""
    middle_level: str | None = None
    """Level of the first hierarchy from which `middle_out` starts."""
    keys: tuple[SplitKeyConfig, ...] = ()
    """Weights of series, by which planners' numbers (`dp plan set --split`) or the total are split."""
    key: str | None = None
    """The one of `keys` that `top_down_user_key` splits the total by."""

    @model_validator(mode="after")
    def _keys_have_names_of_their_own(self) -> Self:
        names = [FORECAST, HISTORY, *(key.name for key in self.keys)]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise MisplacedValueError(
                f"keys need names that differ, and none of {FORECAST}, {HISTORY}: {repeated}", "keys"
            )
        if self.method == "top_down_user_key" and self.key not in names[2:]:
            message = f"top_down_user_key needs one of keys as key: expected one of {names[2:]}, got {self.key!r}"
            raise MisplacedValueError(message, "key")
        return self
