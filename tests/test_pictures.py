"""Pictures in Dagster's metadata: they are drawn whatever the data, because a run must not fail for one."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dp_assets.pictures.planning import elasticity_picture


@pytest.mark.parametrize(
    "values",
    [
        [-1.0, np.nextafter(-1.0, 0), np.nextafter(-1.0, -2)],
        [-1.0, -1.0, -1.0],
        [-3.0, -0.5, 2.0],
    ],
)
def test_elasticities_that_hardly_differ_are_drawn_too(values: list[float]) -> None:
    table = pl.DataFrame({"elasticity": values, "basis": ["own", "family", "all"]})
    assert elasticity_picture(table).value.startswith("![")
    assert elasticity_picture(table.clear()).value.startswith("![")
