"""Producers out of the lake and the configuration. Does not belong here: HTTP, what is late (`dp_assets/domain`)."""

from __future__ import annotations

from serving.api.questions import Answer
from serving.desk import Desk
from serving.tables import KeptTables


def producers(desk: Desk, reader: KeptTables) -> Answer:
    """The answer of `Producers`."""
    from dp_assets.producer_cards import producers

    now = desk.clock.now()
    return {"at": now, "producers": producers(reader, desk.config, now)}
