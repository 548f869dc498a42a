"""What is wrong, by what stands in the lake: files, cycles that are late, accuracy, drift.

Belongs here: looking, and naming what is wrong. Does not belong here: what failed to run
(`dp_assets/defs/automation/alerts.py`), what follows from it (`domain/alerts.py`). Nothing here knows Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

import polars as pl

from dp_assets.domain.accuracy import category_of
from dp_assets.domain.alerts import Sighting, make_alert
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.drift import COVERAGE, DRIFTED, UNJUDGED
from dp_assets.domain.due_files import missing_since
from dp_assets.file_cards import files
from dp_assets.quality import GATE
from dp_assets.sources import LakeReader
from dp_resources.lake import Lake
from dp_resources.settings import Settings

NEW_FILE = timedelta(days=7)
"""A file that arrived earlier is not told of anew, so that a first look tells nothing of years ago."""
DELIVERED = ("waiting", "accepted", "superseded", "quarantined")
"""States of files that count as delivered; of a quarantined one there is an alert of its own."""
NAMED = 5
"""Categories that an alert names; of more it says how many there are."""


@dataclass(frozen=True)
class Place:
    """What is looked at, and when.

    Attributes:
        lake, config, settings: of the project.
        now: the time of the business.
        listed_at: when the landing root was last looked through for new files; None where that is not known, and what
            is registered counts as all that came.
    """

    lake: Lake
    config: DemandConfig
    settings: Settings
    now: datetime
    listed_at: datetime | None = None

    @cached_property
    def files(self) -> list[dict[str, Any]]:
        """Every file version."""
        return files(LakeReader(self.lake))

    def screen(self, path: str) -> str:
        """Address of a screen of the workbench."""
        return f"{self.settings.api_url.rstrip('/')}/{path}"

    def owner_of(self, producer: str) -> str | None:
        """Who answers for a producer's files, where it is said."""
        return next((one.owner for one in self.config.producers if one.name == producer), None)


def quarantined(place: Place) -> list[Sighting]:
    """Files that could not be read, and that nothing has taken the place of."""
    found = [one for one in _newest_versions(place.files) if one["state"] == "quarantined"]
    return [_of_file(place, "file_quarantined", one, "could not be read") for one in found]


def blocked(place: Place) -> list[Sighting]:
    """Files that a gate holds out, and that nothing has taken the place of."""
    held = [one for one in _newest_versions(place.files) if one["state"] == "recalled"]
    found = [one for one in held if str(one["reason"]).startswith(f"{GATE}:")]
    return [_of_file(place, "file_blocked", one, "is held out") for one in found]


def _newest_versions(found: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The version that arrived last at each path; `found` lists the last to arrive first."""
    newest: dict[tuple[str, str], Mapping[str, Any]] = {}
    for one in found:
        newest.setdefault((one["producer"], one["uri"]), one)
    return list(newest.values())


def _of_file(place: Place, kind: str, file: Mapping[str, Any], what: str) -> Sighting:
    version = file["file_version_id"]
    said = f"{file['uri']} of {file['producer']} {what}: {str(file['reason']).removeprefix(f'{GATE}: ')}"
    link = place.screen(f"data/files/{quote(version)}")
    alert = make_alert(place.config.alerts, kind, version, said, link, place.owner_of(file["producer"]))
    return Sighting(alert, may_open=place.now - file["arrived_at"] <= NEW_FILE)


def missing(place: Place) -> list[Sighting]:
    """Producers whose file was due and has not come. Until the landing root was looked through after a due moment
    nobody knows, e.g. where the daemon was down meanwhile: then nothing is opened, and nothing closed."""
    arrived: dict[str, list[datetime]] = {}
    for one in place.files:
        if one["state"] in DELIVERED:
            arrived.setdefault(one["producer"], []).append(one["arrived_at"])
    found = []
    for producer in place.config.producers:
        if producer.due_by is None:
            continue
        zone, own = place.config.zone, arrived.get(producer.name, [])
        since = missing_since(producer.due_by, zone, own, place.now)
        if since is None:
            continue
        due = since.astimezone(zone)
        last = f"the last came {max(own).astimezone(zone):%Y-%m-%d %H:%M}" if own else "none ever came"
        said = f"No new file from {producer.name} by {due:%A %Y-%m-%d %H:%M} ({zone.key}); {last}."
        link = place.screen(f"data?producer={quote(producer.name)}")
        alert = make_alert(place.config.alerts, "file_missing", producer.name, said, link, producer.owner)
        found.append(Sighting(alert, may_open=place.listed_at is None or place.listed_at >= since))
    return found


def stale(place: Place) -> list[Sighting]:
    """The newest cycle, where it should be published and is not. Before a first one nothing is late, and cycles that
    are replayed after a first training are not that: nobody works on them."""
    grid, lake = BucketGrid.of(place.config), place.lake
    newest = max(lake.partitions("serving_bundle"), default=None)
    if newest is None:
        return []
    first = min(lake.partitions("tuned_model"), default=None)
    if first and date.fromisoformat(newest) < date.fromisoformat(first) + place.config.replay.cycles * grid.step:
        return []
    cutoff = grid.newest_cutoff(place.now - timedelta(days=place.config.alerts.late_days))
    if cutoff <= grid.first:
        return []
    cycle, bucket = cutoff.isoformat(), (cutoff - grid.step).isoformat()
    if newest >= cycle:
        return []
    made = {
        f"weekly_buckets of {bucket}": lake.commit_of("weekly_buckets", bucket) is not None,
        "published_forecasts": lake.exists("published_forecasts", cycle=cycle),
        "serving_bundle": False,
    }
    due = grid.known_at(cutoff) + timedelta(days=place.config.alerts.late_days)
    lacking = ", ".join(name for name, is_there in made.items() if not is_there)
    said = f"Cycle {cycle} should have been served by {due:%Y-%m-%d %H:%M} UTC, and lacks {lacking}."
    link = f"{place.settings.dagster_url.rstrip('/')}/assets/serving_bundle"
    return [Sighting(make_alert(place.config.alerts, "asset_stale", "main_line", said, link))]


def inaccurate(place: Place) -> list[Sighting]:
    """Categories whose error in the newest cycle with all leads closed is above the threshold."""
    named = category_of(place.config)
    cycle = _scored(place)
    if named is None or cycle is None:
        return []
    limits, (hierarchy, level) = place.config.thresholds, named
    table = place.lake.read("accuracy", cycle=cycle)
    of_level = (pl.col("hierarchy") == hierarchy) & (pl.col("level") == level) & (pl.col("lead") == 0)
    judged = table.filter(of_level & pl.col(limits.metric).is_not_null())
    bad = judged.filter(pl.col(limits.metric) > limits.category_alert).sort(limits.metric, descending=True)
    if bad.is_empty():
        return []
    worst = ", ".join(
        f"{node} {value:.0%}" for node, value in bad.select("node", limits.metric).head(NAMED).iter_rows()
    )
    metric = limits.metric.upper()
    said = (
        f"{metric} of {len(bad)} of {len(judged)} ({level}) is above {limits.category_alert:.0%} in cycle {cycle}: "
        f"{worst}{', …' if len(bad) > NAMED else ''}."
    )
    link = place.screen(f"accuracy?cycle={cycle}&level={quote(level)}")
    return [Sighting(make_alert(place.config.alerts, "accuracy_dropped", level, said, link))]


def _scored(place: Place) -> str | None:
    """The newest cycle all of whose leads are scored; of a younger one only the near leads are, which are easier."""
    records = place.lake.committed("accuracy")
    whole = [cycle for cycle, record in records.items() if int(record["leads"]) >= place.config.horizon]
    return max(whole, default=None)


def drifted(place: Place) -> list[Sighting]:
    """The champion, where the newest cycle it was judged in asks for a retraining or its intervals hold too little.

    A cycle that could not be judged says nothing new of the same champion; that of another champion ends the matter.
    """
    records = place.lake.committed("drift")
    newest = max(records, default=None)
    if newest is None:
        return []
    of_champion = {key: one for key, one in records.items() if one.get("champion") == records[newest].get("champion")}
    cycle = max((key for key, one in of_champion.items() if one["verdict"] != UNJUDGED), default=newest)
    causes = _causes(place, cycle, records[cycle])
    said = (
        f"Drift in cycle {cycle}: {'; '.join(causes)}."
        if causes
        else f"Cycle {newest} is {records[newest]['verdict']}."
    )
    alert = make_alert(
        place.config.alerts, "model_drifted", "champion", said, place.screen(f"operations?part=drift&cycle={cycle}")
    )
    return [Sighting(alert) if causes else Sighting(alert, is_over=True, may_open=False)]


def _causes(place: Place, cycle: str, record: Mapping[str, Any]) -> list[str]:
    """Why a cycle asks for a retraining, and which intervals hold too little; in words, each once."""
    asked = str(record["cause"]).split("; ") if record["verdict"] == DRIFTED else []
    if not place.lake.exists("drift", cycle=cycle):
        return asked
    table = place.lake.read("drift", ("kind", "verdict", "words"), cycle=cycle)
    left = table.filter((pl.col("kind") == COVERAGE) & (pl.col("verdict") == DRIFTED))["words"]
    return list(dict.fromkeys([*asked, *left]))


LOOKS: Mapping[Callable[[Place], list[Sighting]], tuple[str, ...]] = {
    quarantined: ("file_quarantined",),
    blocked: ("file_blocked",),
    missing: ("file_missing",),
    stale: ("asset_stale",),
    inaccurate: ("accuracy_dropped",),
    drifted: ("model_drifted",),
}
"""Each look, and the kinds of alerts that it finds."""
