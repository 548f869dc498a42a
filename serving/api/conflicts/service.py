"""Attributes on which producers disagree, and planners' corrections of them.

Belongs here: listing them out of the table `attribute_conflicts`; whose SKUs may be corrected; a file of corrections
into the landing folder. Does not belong here: HTTP, how values are inherited (the SQL models), how such files look
(`dp_assets/domain/correction_files.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from serving.api.conflicts.schemas import ConflictsQuery, CorrectionsWanted
from serving.api.cursors import page
from serving.api.overrides.service import reply
from serving.api.problems import BadParameterError, ForbiddenError, RefusedEditError, UnknownSkuError
from serving.api.questions import Answer
from serving.api.uploads.service import landing, landing_folder, let_appear, place_of
from serving.desk import Desk
from serving.tables import Kept
from serving.views import View

if TYPE_CHECKING:
    from dp_assets.domain.correction_files import CorrectionFiles
    from dp_resources.planning_once import Asked, Joined, Reply

PLACE = ("sku", "attribute")
CSV_NAME = "workbench-{}.csv"


def conflicts(table: Kept, seen: View | None, query: ConflictsQuery) -> Answer:
    """The answer of `Conflicts` but for where corrections go, of the SKUs that are seen (None: all of them).

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    every = _meant(_seen(table.frame, seen), query)
    grouped = (
        every.sort(*PLACE, "producer")
        .group_by(PLACE, maintain_order=True)
        .agg(corrected=~pl.col("wins").any(), said=pl.struct("producer", "value", "file_version_id", "wins"))
    )
    if query.corrected is not None:
        grouped = grouped.filter(pl.col("corrected") == query.corrected)
    counts = grouped["attribute"].value_counts().sort(["count", "attribute"], descending=[True, False])
    if query.attribute is not None:
        grouped = grouped.filter(pl.col("attribute") == query.attribute)
    keys = grouped.select(PLACE).rows()
    asked = query.model_dump(mode="json", exclude={"cursor", "limit", "cycle"})
    filters = ("conflicts", table.cycle, sorted(asked.items(), key=str))
    part = page(range(len(keys)), lambda at: list(keys[at]), query.limit, query.cursor, table.sha256, filters)
    return {
        "version": table.sha256,
        "total": len(keys),
        "changed": part.changed,
        "next": part.next,
        "cycle": table.cycle,
        "attributes": dict(counts.iter_rows()),
        "items": grouped[list(part.rows)].to_dicts(),
    }


def _seen(frame: pl.DataFrame, seen: View | None) -> pl.DataFrame:
    if seen is None:
        return frame
    return frame.filter(pl.col("sku").is_in([sku for sku in frame["sku"].unique() if seen.rows(sku)]))


def _meant(frame: pl.DataFrame, query: ConflictsQuery) -> pl.DataFrame:
    """Rows of the disagreements that are asked for, whatever the attribute and whether it is corrected."""
    if query.producer is not None:
        frame = frame.join(frame.filter(pl.col("producer") == query.producer).select(PLACE), on=PLACE, how="semi")
    return frame if query.sku is None else frame.filter(pl.col("sku").str.contains(query.sku, literal=True))


def where_corrections_go(desk: Desk) -> Answer:
    """`corrections_to` and `advice` of `Conflicts`."""
    from dp_assets.domain.errors import DemandPlannerError

    try:
        files, _ = _files(desk, "0")
        landing_folder(desk)
    except (RefusedEditError, BadParameterError) as error:
        return {"corrections_to": None, "advice": error.detail}
    except DemandPlannerError as error:  # of the configuration
        return {"corrections_to": None, "advice": str(error)}
    return {"corrections_to": files.producer, "advice": None}


def _files(desk: Desk, digest: str) -> tuple[CorrectionFiles, str]:
    """The producer that takes corrections, and the path of such a file of its own.

    Raises:
        RefusedEditError: there is none.
    """
    from dp_assets.domain.correction_files import HOW, correction_files

    for one in correction_files(desk.config.producers):
        try:
            return one, place_of(desk.config.producers, one.producer, CSV_NAME.format(digest))
        except BadParameterError:  # its files are not called so
            continue
    raise RefusedEditError(f"no producer takes corrections: {HOW}")


def check_skus(skus: Sequence[str], known: View, own: View | None, table: Kept | None) -> None:
    """Refuses SKUs that do not exist, are not seen, or are not theirs: an attribute is one of all series of a SKU.

    Args:
        skus: those to be corrected.
        known: what whoever asks sees.
        own: what they may change; None is everything.
        table: `sku_attributes` of the cycle, which holds SKUs that are not forecast, too.

    Raises:
        UnknownSkuError: one does not exist, or is not seen, which are told apart by nothing.
        ForbiddenError: one can be read, but is not theirs.
    """
    every = frozenset[str]() if table is None or own is not None else frozenset(table.frame["sku"].to_list())
    for sku in skus:
        if not known.rows(sku) and sku not in every:
            raise UnknownSkuError(f"expected a SKU of this cycle, got {sku[:80]!r}")
        if own is not None and len(own.rows(sku)) < len(own.bundle.rows(sku)):
            raise ForbiddenError(f"{sku!r} can be read, but not all of it lies within the nodes that you plan")


def correct(desk: Desk, user: str, wanted: CorrectionsWanted, asked: Asked | None) -> Reply:
    """Lands a file of corrections; the answer of `Corrected`.

    Raises:
        RefusedEditError: an attribute is none, one is corrected twice, no producer takes corrections, or its files
            would be read otherwise.
        BadParameterError: files do not land in a folder.
        PlanningUnavailableError: that folder cannot be written to.
    """
    from hashlib import sha256

    from dp_assets.domain.correction_files import Correction, CorrectionRefusedError, check_read, correction_file
    from dp_resources.staged_files import staged

    corrections = [Correction(one.sku, one.attribute, one.value) for one in wanted.corrections]
    _check(desk, corrections)
    moment = desk.clock.now().isoformat()
    request = f"{asked.key}\n{asked.digest}" if asked else f"{moment}\n{wanted.model_dump_json()}"
    name = sha256(f"{user}\n{request}".encode()).hexdigest()  # the same for the same request, and for no other
    files, uri = _files(desk, f"{moment[:10]}-{name[:12]}")
    producer = desk.config.producer(files.producer)

    with landing(), desk.landing_turn, staged(landing_folder(desk)) as file:
        try:
            data = correction_file(files, corrections, user, wanted.reason)
            file.file.write(data)
            file.file.flush()
            check_read(file.path, producer, desk.config, corrections)
        except CorrectionRefusedError as error:
            raise RefusedEditError(str(error)) from error

        def change(database: Joined) -> Reply:
            digest = sha256(data).hexdigest()
            answer = let_appear(desk, database, user, files.producer, uri, file, len(data), digest)
            return reply(201, {**answer, "corrections": len(corrections)})

        return desk.once(asked, change)


def _check(desk: Desk, corrections: Sequence[object]) -> None:
    from dp_assets.domain.correction_files import Correction

    places = set[tuple[str, str]]()
    for one in corrections:
        assert isinstance(one, Correction)
        if one.attribute not in desk.config.attributes:
            known = ", ".join(desk.config.attributes) or "(none is configured)"
            raise RefusedEditError(f"expected one of the attributes {known}, got {one.attribute[:80]!r}")
        if (one.sku, one.attribute) in places:
            raise RefusedEditError(f"{one.attribute} of {one.sku} is corrected twice; say once what it is")
        places.add((one.sku, one.attribute))
