"""URLs of databases: reading one, and naming what it leads to without telling how to get in.

Belongs here: what every database's URL has in common. Does not belong here: which database it is (`settings.py`),
connections (`planning_db.py`, `export_targets.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dp_assets.domain.errors import ConfigError

if TYPE_CHECKING:
    import sqlalchemy as sa

EMBEDDED = "sqlite"


def parse_url(text: str, setting: str, example: str) -> sa.URL:
    """A URL in its parts.

    Args:
        text: the URL.
        setting: name of the setting that holds it, for the message.
        example: what it should look like.

    Raises:
        ConfigError: it is no URL, or one in which a password is not written as a URL writes it; it is not quoted.
    """
    import sqlalchemy as sa

    try:
        found = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):  # they quote it, password and all
        raise ConfigError(f"expected {setting} to be {example}") from None
    if found.get_backend_name() != EMBEDDED and _is_ambiguous(text):
        raise ConfigError(
            f"expected {setting} to be {example} with every @, / and ? in a name, password or parameter written as "
            "%40, %2F and %3F"
        )
    return found


def _is_ambiguous(text: str) -> bool:
    """Whether part of a password may be taken for the host or the database, and be said."""
    signed_in = text.partition("://")[2].rpartition("@")[0]
    name, _, password = signed_in.partition(":")
    return "/" in name or "?" in signed_in or "@" in password


def place_of(url: sa.URL) -> str:
    """Host, port and database: what may be said of a URL, which can have a password in its query, too."""
    if url.get_backend_name() == EMBEDDED:
        return url.database or "memory"
    port = f":{url.port}" if url.port else ""
    return f"{url.host or 'the host of its query'}{port}/{url.database or ''}"
