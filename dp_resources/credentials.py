"""Credentials: one-time passwords and keys as they are handed out, and hashes of them.

Belongs here: their form, making and checking them. Does not belong here: whose they are, and tables
(`accounts.py`), tokens (`serving/api/tokens.py`).

Passwords and secrets are kept as argon2id hashes only. A key is `dp_<prefix>_<secret>`; the prefix names it everywhere,
the secret is shown once.
"""

from __future__ import annotations

import re
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Five bits each, none that is read as another."""
KEY = re.compile(rf"dp_([{LETTERS}]{{8}})_([A-Za-z0-9_-]{{43}})")
PASSWORD_HASHER = PasswordHasher()
"""What RFC 9106 recommends where memory is short: 64 MiB, three passes."""
SECRET_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Cheaper than for passwords: a secret has 256 random bits, and the API checks one per key and process."""


def parse_key(text: str) -> tuple[str, str] | None:
    """Prefix and secret of a key; None where the text is none."""
    found = KEY.fullmatch(text)
    return None if found is None else (found[1], found[2])


def one_time_password() -> str:
    """100 random bits, in groups that can be read out."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(4))


def new_prefix() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(8))


def new_secret() -> str:
    return secrets.token_urlsafe(32)


@cache
def nobodys(hasher: PasswordHasher) -> str:
    """A hash that nothing matches, so that an unknown name costs what a known one does."""
    return hasher.hash(secrets.token_bytes(32))


def verified(hasher: PasswordHasher, stored: str, given: str) -> bool:
    try:
        return hasher.verify(stored, given)
    except (VerificationError, InvalidHashError):
        return False
