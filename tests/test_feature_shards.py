"""Features in shards: the bytes of one piece, whatever is done twice, killed or left over from other inputs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from dp_assets import feature_shards
from dp_assets.domain import features
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.features import FeatureSet, build_features
from dp_assets.domain.forecasts import config_text
from dp_assets.domain.outline import Plans, outline_of
from dp_assets.feature_shards import (
    FeatureShards,
    compare_shards,
    derive_shard,
    features_of_shards,
    observe_shard,
    remove_shards,
    share_out,
)
from dp_resources.lake import Lake, parquet_bytes
from tests.domain.feature_inputs import (
    attributes,
    contribution,
    contributions,
    event,
    events,
    life_lines,
    promotion,
    promotions,
    random_contributions,
    random_events,
    random_promotions,
    random_regressors,
    random_stock,
    some_of_groups,
)
from tests.factories import MONDAY, make_config
from tests.resources.s3_store import run_store

SKUS = [f"sku{number:02d}" for number in range(9)]
CYCLE = str(MONDAY + timedelta(weeks=36))
HIERARCHY = {"attributes": {"brand": {}, "type": {}}, "hierarchies": [{"name": "product", "levels": ["brand", "type"]}]}
OF_BRANDS = {"level": "brand", "calendars": {"brand-a": "DE-BY"}}
REGRESSORS = {"temperature": {"known_ahead_weeks": 4}, "spend": {"aggregate": "sum", "relative": True}}


class World:
    """Inputs of a small cycle in which everything is there that one series may learn of another: promotions with and
    without enough buckets to judge themselves, stock-outs, events of a brand, one of which never happened in history,
    values of regressors of SKUs, brands and all, a product that is announced, peers of brand and type."""

    def __init__(self, lake: Lake, weeks: int = 1, **overrides: object) -> None:
        self.lake = lake
        self.config = make_config(
            **{
                "bucket": {"weeks": weeks},
                "lookback_weeks": 16,
                "horizon_weeks": 12,
                "features": {"rolling_windows_weeks": [4, 12], "holidays": "US"},
                "regressors": {
                    "temperature": {"known_ahead_weeks": 4},
                    "spend": {"aggregate": "sum", "relative": True},
                },
                **HIERARCHY,
                **overrides,
            }
        )
        span, brand = 44 * weeks, "brand"
        launch, shown_on = (MONDAY + timedelta(weeks=week * weeks) for week in (37, 30))
        ahead = event("opening", launch, level=brand, member="brand-a")
        places = ("north", "south") if "location" in self.config.series_key else ("north",)
        sold = random_contributions(self.config, series=len(SKUS), locations=places)
        shown = [(sku, 30, 8 * (number + 1)) for number, sku in enumerate(SKUS)]
        extra = [contribution(self.config, *one, file_version_id="shown", location=places[0]) for one in shown]
        self.buckets = pl.concat([sold, contributions(self.config, extra)]).partition_by("bucket_start")
        self.attributes = attributes(self.config, SKUS)
        self.plans = Plans(
            promotions=pl.concat(
                [
                    some_of_groups(random_promotions(SKUS[:4], span, lines=60), brand),
                    promotions([promotion(sku, shown_on, shown_on + timedelta(days=6)) for sku in SKUS]),
                    promotions([promotion("new", launch, launch, kind="launch", discount=0.2)]),
                ]
            ),
            events=pl.concat([some_of_groups(random_events(span), brand), events([ahead])]),
            regressors=some_of_groups(random_regressors(SKUS, span), brand),
            stock=random_stock(SKUS, span),
            product_life=life_lines({"sku": "new", "like_sku": "sku03", "launch_on": launch}),
        )

    def whole(self, folder: Path) -> dict[str, bytes]:
        """What is published of one piece."""
        folder.mkdir()
        return published(build_features(*self._inputs(), folder), folder)

    def share_out(self, shards: int, cycle: str = CYCLE, code: str = "revision") -> FeatureShards:
        return share_out(self.lake, cycle, outline_of(*self._inputs()), self.config, shards, code, ["recall"])

    def in_shards(self, shards: int) -> dict[str, bytes]:
        """What is published of shards, which are computed last first."""
        made = self.share_out(shards)
        for number in reversed(range(len(made))):
            observe_shard(made, number, self.config)
        compare_shards(made, self.config)
        for number in reversed(range(len(made))):
            derive_shard(made, number, self.config)
        return self.together(made)

    def together(self, made: FeatureShards) -> dict[str, bytes]:
        with features_of_shards(made, self.config) as (found, folder, recalls):
            assert recalls == ["recall"]
            return published(found, folder)

    def _inputs(self) -> tuple[list[pl.DataFrame], pl.DataFrame, Plans, DemandConfig, date]:
        cutoff = BucketGrid.of(self.config).start_at(36)
        return self.buckets, self.attributes, self.plans, self.config, cutoff


def published(made: FeatureSet, folder: Path) -> dict[str, bytes]:
    """Everything a cycle publishes, as bytes."""
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    tables = {"eligibility": made.eligibility, "log": made.outlier_log, "stockouts": made.stockouts}
    return found | {name: parquet_bytes(table) for name, table in tables.items()} | {"notes": repr(made.notes).encode()}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Lake(tmp_path / "lake"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("weeks", "counts", "overrides"),
    [
        (1, (1, 2, 3, 4, 5, 6, 7, 8, 50), {}),
        (1, (8,), {"stockouts": {"infer": True, "improbable": 0.5}, "series_key": ["sku", "location"]}),
        (2, (3,), {"zero_fill": "ignore", "outliers": {"enabled": False}}),
        (
            4,
            (5,),
            {"features": {"holidays": "IT", "holidays_by": {"level": "brand", "calendars": {"brand-a": "DE-BY"}}}},
        ),
    ],
    ids=[
        "everything",
        "places and inferred stock-outs",
        "two weeks, only sales observed",
        "four weeks, holidays by brand",
    ],
)
def test_any_number_of_shards_and_any_slice_give_the_bytes_of_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weeks: int, counts: tuple[int, ...], overrides: dict[str, object]
) -> None:
    world = World(Lake(tmp_path / "lake"), weeks, **overrides)
    whole = world.whole(tmp_path / "whole")  # every pass sees all series at once
    assert len(features.slices(10, 36)) == 1
    with monkeypatch.context() as some_at_a_time:
        some_at_a_time.setattr(features, "SLICE_CELLS", 100)
        assert len(features.slices(10, 36)) == 5
        assert world.whole(tmp_path / "slices") == whole
        assert world.in_shards(2) == whole
    for shards in counts:
        assert world.in_shards(shards) == whole, shards


def test_a_shard_done_twice_or_killed_halfway_changes_nothing(tmp_path: Path, world: World) -> None:
    whole, made = world.whole(tmp_path / "whole"), world.share_out(3)
    for number in (0, 1, 1, 2):
        observe_shard(made, number, world.config)
    half = f"{feature_shards.folder_of(world.lake, CYCLE)}/{made.inputs}/1/observed/{feature_shards.LISTING}"
    world.lake.remove_bytes(half)  # the last file that a step writes
    with pytest.raises(ArtefactError, match="expected 1/observed among the shards of the features of cycle"):
        compare_shards(made, world.config)
    observe_shard(FeatureShards.opened(world.lake, CYCLE), 1, world.config)
    compare_shards(made, world.config)
    with pytest.raises(ArtefactError, match="expected 0/derived"), features_of_shards(made, world.config):
        pass
    for number in (2, 1, 0, 1):
        derive_shard(made, number, world.config)
    assert world.share_out(3) == made, "shared out again, the same inputs keep what was computed"
    assert world.together(made) == world.together(made) == whole
    assert not world.lake.tables_of(cycle=CYCLE), "nothing is to be seen until it is published"
    remove_shards(world.lake, CYCLE)
    assert world.lake.files_below(f"{world.lake.root}/_shards") == []


def with_another_promotion(world: World) -> FeatureShards:
    line = promotion("sku01", MONDAY, MONDAY + timedelta(days=6), kind="another")
    world.plans = Plans(promotions=pl.concat([world.plans.promotions, promotions([line])]))
    return world.share_out(2)


@pytest.mark.parametrize(
    "changed",
    [
        with_another_promotion,
        lambda world: world.share_out(3),
        lambda world: world.share_out(2, code="another"),
    ],
    ids=["a line more", "another number of shards", "another program"],
)
def test_shards_of_earlier_inputs_are_never_taken(world: World, changed: Callable[[World], FeatureShards]) -> None:
    earlier = world.share_out(2)
    for number in range(2):
        observe_shard(earlier, number, world.config)
    newer = changed(world)
    assert newer.inputs != earlier.inputs
    assert FeatureShards.opened(world.lake, CYCLE) == newer
    for made in (earlier, newer):
        with pytest.raises(ArtefactError, match=r"expected .* among the shards .* materialise features again"):
            compare_shards(made, world.config)


def test_shards_of_another_cycle_are_never_taken(world: World) -> None:
    later = str(MONDAY + timedelta(weeks=37))
    made = world.share_out(2)
    observe_shard(made, 0, world.config)
    with pytest.raises(ArtefactError, match=f"expected shards of the features of cycle {later}"):
        FeatureShards.opened(world.lake, later)
    other = world.share_out(2, cycle=later)
    with pytest.raises(ArtefactError, match="expected 0/observed"):
        compare_shards(other, world.config)
    remove_shards(world.lake, later)
    assert FeatureShards.opened(world.lake, CYCLE) == made


@pytest.mark.slow
def test_shards_on_object_storage_are_the_bytes_of_one_piece_on_disk(tmp_path: Path) -> None:
    with run_store() as store:
        world = World(store.lake)
        assert world.in_shards(3) == world.whole(tmp_path / "whole")


def test_the_number_of_shards_is_no_part_of_what_the_business_decided() -> None:
    plain, sharded = (make_config(features={"shards": shards}) for shards in (1, 7))
    assert config_text(plain) == config_text(sharded)
