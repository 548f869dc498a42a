"""Why forecasts changed: parts add up, a planted cause is named, cycles that cannot be compared are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import PRODUCT_LIFE
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.forecast_changes import PARTS, CycleInputs, change_table, waterfall
from dp_assets.domain.forecasts import Champion
from dp_assets.domain.panel import Panel
from dp_assets.domain.product_life import with_life
from tests.domain.reason_worlds import CONFIG, HISTORY, SERIES, make_champion, make_sales, published_of
from tests.factories import make_config

NAMES = [f"sku{number:04d}" for number in range(SERIES)]
UNCAPPED = CONFIG.model_copy(update={"outliers": CONFIG.outliers.model_copy(update={"enabled": False})})


@dataclass(frozen=True)
class Models:
    """The champion of all cycles, one that forecasts more, one that minds attributes."""

    usual: Champion
    louder: Champion
    minding: Champion


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    panel, folder = make_sales().panel(HISTORY), tmp_path_factory.mktemp("models")
    return Models(
        make_champion(panel, folder / "usual"),
        make_champion(panel, folder / "louder", "v2", louder=1.5),
        make_champion(panel, folder / "minding", "v3", attributes=60.0),
    )


def cycle(panel: Panel, champion: Champion | None, config: DemandConfig = CONFIG) -> CycleInputs:
    return CycleInputs(panel, champion, config, published_of(panel, champion, config))


def scaled(inputs: CycleInputs, column: str, factor: float) -> CycleInputs:
    """What follows from a number once it was multiplied: reconciled and final, or final alone."""
    columns = {"reconciled": ("reconciled", "final"), "final": ("final",)}[column]
    return replace(inputs, published=inputs.published.with_columns(pl.col(name) * factor for name in columns))


Planted = tuple[CycleInputs, CycleInputs]


def plant(cause: str, seed: int, models: Models) -> tuple[Planted, str]:
    """Two cycles one bucket apart between which one thing happened to one series, and that series."""
    rng = np.random.default_rng(seed)
    row = int(rng.integers(SERIES))
    sales = make_sales(seed)
    recent, factor = slice(HISTORY - 4, HISTORY), float(rng.uniform(3, 5))
    champion = models.minding if cause == "attributes" else models.usual
    before, after = sales, sales
    model, config, change = champion, CONFIG, lambda inputs: inputs
    if cause == "new_actuals":
        # The bucket sells like an ordinary one of a series that has become much bigger.
        before = sales.with_values("quantity", row, slice(0, HISTORY), np.round(sales.quantity[row, :HISTORY] / 9))
        after = before.with_values("quantity", row, HISTORY, sales.quantity[row].mean() * factor)
    if cause == "restated_history":
        after = sales.with_values("quantity", row, recent, np.round(sales.quantity[row, recent] * factor))
    if cause == "plans":
        before = sales.with_values("promoted", row, slice(HISTORY, None), 0)
        after = before.with_values("promoted", row, slice(HISTORY + 1, HISTORY + 3), 1)
    if cause == "attributes":
        swap = {"own": "national", "national": "own"}
        others = replace(sales, brands=tuple(swap[name] for name in sales.brands))
        one, another = (published_of(each.panel(HISTORY), champion)["final"].to_numpy() for each in (sales, others))
        moved = np.abs(one - another).reshape(SERIES, -1).sum(axis=1)
        row = int(rng.choice(np.argsort(moved)[-3:]))  # one of those whose brand the model minds most
        before = sales.with_values("quantity", row, slice(None), round(sales.quantity[row].mean()))
        before = before.with_values("promoted", row, slice(None), 0)
        brands = [swap[name] if at == row else name for at, name in enumerate(sales.brands)]
        after = replace(before, brands=tuple(brands))
    if cause == "configuration":
        spiked = sales.with_values("promoted", row, slice(None), 0)
        before = after = spiked.with_values("quantity", row, HISTORY - 2, sales.quantity[row].max() * 12)
        config = UNCAPPED
    if cause == "retraining":
        model = models.louder
    if cause in {"reconciliation", "planner"}:
        column = {"reconciliation": "reconciled", "planner": "final"}[cause]
        change = lambda inputs: scaled(inputs, column, factor)  # noqa: E731
    earlier, later = cycle(before.panel(HISTORY), champion), cycle(after.panel(HISTORY + 1, config), model, config)
    return (earlier, change(later)), NAMES[row]


def strongest(parts: pl.DataFrame) -> str:
    return str(parts.sort(pl.col("units").abs(), descending=True)["part"][0])


CAUSES = [name for name in PARTS if name != "code"]


def named(cases: range, models: Models) -> list[str]:
    """Cases whose planted cause is not the biggest part."""
    wrong = []
    for seed in cases:
        cause = CAUSES[seed % len(CAUSES)]
        (earlier, later), name = plant(cause, seed, models)
        table = change_table(earlier, later, [name])
        sums = table.group_by("bucket_start").agg(pl.col("units").sum(), pl.col("before", "after").first())
        np.testing.assert_allclose(sums["units"], sums["after"] - sums["before"], atol=1e-9)
        if strongest(waterfall(table)) != cause:
            wrong.append(f"{seed}: {cause} was not named, {waterfall(table).rows()}")
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("cause", CAUSES)
def test_a_planted_cause_is_named(cause: str, models: Models) -> None:
    (earlier, later), name = plant(cause, 1, models)
    assert strongest(waterfall(change_table(earlier, later, [name]))) == cause


@pytest.mark.long
def test_the_planted_cause_is_named_in_500_seeded_cases(models: Models) -> None:
    wrong = named(range(500), models)
    assert len(wrong) <= 5, "\n".join(wrong)


@pytest.mark.slow
def test_parts_add_up_and_causes_are_named_in_seeded_cases(models: Models) -> None:
    assert named(range(24), models) == []


def test_code_is_what_cannot_be_computed_again(models: Models) -> None:
    sales = make_sales()
    earlier, later = (cycle(sales.panel(history), models.usual) for history in (HISTORY, HISTORY + 1))
    stored = earlier.published.with_columns(pl.col("statistical", "reconciled", "final") + 3.0)
    table = change_table(replace(earlier, published=stored), later, NAMES[:2])
    code = table.filter(pl.col("part") == "code")
    np.testing.assert_allclose(code["units"], -3.0, atol=1e-5)


def test_computed_again_nothing_is_left_for_the_code(models: Models) -> None:
    sales = make_sales()
    earlier, later = (cycle(sales.panel(history), models.usual) for history in (HISTORY, HISTORY + 1))
    table = change_table(earlier, later, NAMES)
    assert table.filter(pl.col("part") == "code")["units"].abs().max() == 0
    assert set(waterfall(table)["part"]) == {"new_actuals"}


def test_a_series_that_only_one_cycle_knows_came_with_the_new_sales(models: Models) -> None:
    sales = make_sales()
    earlier, later = (sales.panel(history) for history in (HISTORY, HISTORY + 1))
    without = earlier.take(np.arange(1, SERIES))
    table = change_table(cycle(without, models.usual), cycle(later, models.usual), NAMES[:1])
    parts = waterfall(table)
    assert parts["part"].to_list() == ["new_actuals"]
    assert table["before"].max() == 0
    assert parts["units"][0] == pytest.approx(table.filter(pl.col("part") == "code")["after"].sum())


def test_an_end_that_a_planner_named_is_counted_with_the_attributes(models: Models) -> None:
    sales = make_sales()
    earlier, panel = cycle(sales.panel(HISTORY), models.usual), sales.panel(HISTORY + 1)
    line = {"sku": NAMES[0], "ends_on": panel.cutoff, "row_number": 1, "file_version_id": "v", "producer": "planner"}
    lines = pl.DataFrame([line]).select(
        *(
            pl.col(name).cast(kind) if name in line else pl.lit(None, kind).alias(name)
            for name, kind in PRODUCT_LIFE.schema.items()
        )
    )
    ended = replace(panel, series=with_life(panel.series, lines, ("sku",)))
    table = change_table(earlier, cycle(ended, models.usual), NAMES[:2])
    assert strongest(waterfall(table.filter(pl.col("series_id") == NAMES[0]))) == "attributes"
    assert set(waterfall(table.filter(pl.col("series_id") == NAMES[1]))["part"]) == {"new_actuals"}


def test_settings_that_change_what_models_read_are_one_cause_with_models_and_plans(models: Models) -> None:
    sales = make_sales()
    # Other rolling windows are other inputs; the model of the time is the one that reads them.
    other = make_config(
        **{**OVERRIDES, "features": {"seasonalities": [], "rolling_windows_weeks": [3, 6]}},
    )
    earlier = cycle(sales.panel(HISTORY), models.usual)
    panel = sales.panel(HISTORY + 1, other)
    later = CycleInputs(panel, None, other, published_of(panel, None, other))
    table = change_table(earlier, later, NAMES[:3])
    assert {"configuration"} <= set(waterfall(table)["part"])
    assert not {"retraining", "plans"} & set(waterfall(table)["part"])
    sums = table.group_by("series_id", "bucket_start").agg(pl.col("units").sum(), pl.col("before", "after").first())
    np.testing.assert_allclose(sums["units"], sums["after"] - sums["before"], atol=1e-9)


def test_another_horizon_is_one_cause_with_everything(models: Models) -> None:
    sales = make_sales()
    longer = make_config(**{**OVERRIDES, "horizon_weeks": 4, "features": {"seasonalities": []}})
    earlier, panel = cycle(sales.panel(HISTORY), models.usual), sales.panel(HISTORY + 1, longer)
    later = CycleInputs(panel, None, longer, published_of(panel, None, longer))
    table = change_table(earlier, later, NAMES[:3])
    assert set(waterfall(table)["part"]) == {"configuration"}


OVERRIDES: dict[str, Any] = {"model": {"hidden_size": 12}}


@pytest.mark.parametrize(
    ("swap", "words"),
    [(lambda a, b: (b, a), "expected an earlier cycle"), (lambda a, b: (a, a), "expected an earlier cycle")],
)
def test_cycles_in_the_wrong_order_are_refused(
    swap: Callable[[CycleInputs, CycleInputs], Planted], words: str, models: Models
) -> None:
    sales = make_sales()
    earlier, later = (cycle(sales.panel(history), None) for history in (HISTORY, HISTORY + 1))
    with pytest.raises(ArtefactError, match=words):
        change_table(*swap(earlier, later), NAMES[:1])


def test_cycles_too_far_apart_are_refused() -> None:
    sales = make_sales()
    earlier, later = (cycle(sales.panel(history), None) for history in (HISTORY, HISTORY + 4))
    with pytest.raises(ArtefactError, match="no bucket in common"):
        change_table(earlier, later, NAMES[:1])
