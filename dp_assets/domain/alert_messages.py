"""What is said on a channel: several notices as one message.

Belongs here: words, as plain text, for Slack, and as JSON. Does not belong here: which notices go together
(`alerts.py`), sending (`dp_resources/alert_channels.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

from dp_assets.domain.alerts import Alert, Notice

SHOWN = 20
"""Notices of one kind that a message spells out; of more it says how many there are."""
LONGEST_LINE = 500
SLACK_LONGEST = 30_000


def message_id(notices: Iterable[Notice]) -> str:
    """The same for the same notices, so that a message that is sent again can be told from a new one."""
    return hashlib.sha256(" ".join(sorted(one.id for one in notices)).encode()).hexdigest()[:24]


def subject(notices: Sequence[Notice]) -> str:
    """One line for all of them, the gravest first."""
    first = _by_gravity(notices)[0]
    said = f"{_mark(first)} {_short(first.alert.happened if first.what == 'opened' else first.said, 120)}"
    return f"{said} (+{len(notices) - 1})" if len(notices) > 1 else said


def plain_text(notices: Sequence[Notice]) -> str:
    """All of them for an e-mail: what happened, what it means, what to do, where to look."""
    return "\n\n".join(_written(notices, _plain_line, _plain_end)) + "\n"


def slack_text(notices: Sequence[Notice]) -> str:
    """All of them in Slack's own marking; what comes from files cannot mention anybody or hide a link."""
    text = "\n\n".join(_written(notices, _slack_line, _slack_end))
    if len(text) <= SLACK_LONGEST:
        return text
    return f"{text[:SLACK_LONGEST]}… ({len(notices)} in all; the workbench lists them under Operations)"


def payload(notices: Sequence[Notice]) -> dict[str, Any]:
    """All of them as JSON values; `id` of each is the same every time it is sent."""
    return {"id": message_id(notices), "subject": subject(notices), "alerts": [_told(one) for one in notices]}


def _told(one: Notice) -> dict[str, Any]:
    alert = one.alert
    return {
        "id": one.id,
        "event": one.what,
        "at": one.at.isoformat(),
        "key": alert.key,
        "kind": alert.kind,
        "severity": str(alert.severity),
        "owner": alert.owner,
        "happened": alert.happened,
        "means": alert.means,
        "do": alert.do,
        "link": alert.link or None,
        "runbook": alert.runbook,
        "over_because": one.said or None,
    }


def _by_gravity(notices: Sequence[Notice]) -> list[Notice]:
    return sorted(
        notices, key=lambda one: (one.what != "opened", -one.alert.severity.rank, one.alert.kind, one.opening)
    )


def _written(notices: Sequence[Notice], line: Callable[[Notice], str], end: Callable[[Alert, bool], str]) -> list[str]:
    """A paragraph per kind, with what it means and what to do said once."""
    parts = []
    for (what, _, _), found in groupby(
        _by_gravity(notices), key=lambda one: (one.what, one.alert.severity, one.alert.kind)
    ):
        group = list(found)
        lines = [line(one) for one in group[:SHOWN]]
        if len(group) > SHOWN:
            lines.append(f"… and {len(group) - SHOWN} more of the same kind.")
        parts.append("\n".join([*lines, end(group[0].alert, what == "opened")]).rstrip())
    return parts


def _mark(one: Notice) -> str:
    return f"[{one.alert.severity.upper()}]" if one.what == "opened" else "[OVER]"


def _plain_line(one: Notice) -> str:
    said = f"{_mark(one)} {_short(one.alert.happened)}"
    if one.what == "recovered":
        said += f"\n  Over: {_short(one.said)}"
    return f"{said}\n  {one.alert.link}" if one.alert.link else said


def _plain_end(alert: Alert, is_open: bool) -> str:
    if not is_open:
        return ""
    return f"\nWhat it means: {alert.means}\nWhat to do: {alert.do}\nRunbook: {alert.runbook}\nOwner: {alert.owner}"


def _slack_line(one: Notice) -> str:
    sign = {"warning": ":warning:", "error": ":red_circle:", "critical": ":rotating_light:"}[one.alert.severity]
    said = f"{sign if one.what == 'opened' else ':white_check_mark:'} *{_mark(one)}* {_slack(one.alert.happened)}"
    if one.what == "recovered":
        said += f"\n_Over:_ {_slack(one.said)}"
    return f"{said} <{one.alert.link}|Look>" if one.alert.link else said


def _slack_end(alert: Alert, is_open: bool) -> str:
    if not is_open:
        return ""
    runbook = f"<{alert.runbook}|Runbook>" if "://" in alert.runbook else f"Runbook: `{alert.runbook}`"
    return (
        f"*What it means:* {_slack(alert.means)}\n*What to do:* {_slack(alert.do)}\n{runbook} · {_slack(alert.owner)}"
    )


def _slack(text: str) -> str:
    return _short(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _short(text: str, longest: int = LONGEST_LINE) -> str:
    """One line, no control characters: names of files and errors of others stand in it."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
