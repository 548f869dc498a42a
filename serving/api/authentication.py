"""Who asks: keys, sessions and tokens turned into principals, and kept for seconds so that a request costs no hash.

Belongs here: proving, remembering what was proven, slowing down who guesses, the ledger's rows of refusals. Does not
belong here: what a principal may do (`dp_assets/domain/access.py`, `access.py`), hashes (`dp_resources/accounts.py`),
signatures (`tokens.py`).

What was proven is remembered under a keyed hash of the credential, with a random key of this process; the credential
itself is nowhere. It is asked for again, in the database or the issuer's keys, once it is CONFIRM_SECONDS old, and
whoever asks waits for the answer: what was revoked is refused after that time at the latest. While there is no answer,
whoever was known within the last AWAY_SECONDS goes on reading, and changes nothing.

Refused sign-ins are limited per address and per user name, and their rows in the ledger per process: LEDGER_BURST at
once and one a minute after that, each with the number of those since the last that have no row. So nobody can fill it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

from dp_assets.domain.access import Permission, Principal, permissions_of
from dp_assets.domain.errors import DemandPlannerError
from dp_resources.settings import Settings
from serving.api.limits import Buckets
from serving.api.problems import (
    BadParameterError,
    CannotAuthenticateError,
    PasswordChangeRequiredError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from serving.turns import TooManyWaitError, Turns

if TYPE_CHECKING:
    from dp_resources.accounts import Accounts, KeyOfUser, User
    from serving.api.tokens import Oidc, Sessions

CONFIRM_SECONDS = 5.0
"""How long what was proven is believed without asking again: the longest that a revoked key goes on."""
AWAY_SECONDS = 900.0
"""How long somebody known reads on while nobody answers whether they still may; a revocation waits as long."""
ANSWER_SECONDS = 5.0
"""How long an answer is waited for."""
REMEMBERED = 1024
HASHES_AT_ONCE = 2
"""Each of a password takes 64 MiB."""
FAILURES_BURST, FAILURES_RATE = 20, 1 / 3
"""Refusals per address, then per second."""
GUESSES_BURST, GUESSES_RATE = 10, 1 / 30
"""Wrong passwords per user name, from anywhere, then per second."""
LEDGER_BURST, LEDGER_RATE = 20, 1 / 60
log = logging.getLogger("demand_planner.serving")
Found = TypeVar("Found")


@dataclass
class Proven:
    """What was proven, and how to ask whether it still holds.

    Attributes:
        principal: who it is.
        expires_at: until when at most, seconds since 1970.
        again: asks, in a thread; None when it no longer holds.
        confirmed: when it was last asked and answered, by the monotonic clock.
        asking: the question under way.
        asked: when it was last asked, whether answered or not.
    """

    principal: Principal
    expires_at: float
    again: Callable[[], Principal | None]
    confirmed: float
    asking: asyncio.Task[None] | None = None
    asked: float = 0.0

    def is_due(self) -> bool:
        """Whether it is to be asked again."""
        return time.monotonic() - max(self.asked, self.confirmed) >= CONFIRM_SECONDS


class Gate:
    """Turns what a request shows into a principal. The event loop is its one user; it reads nothing before it must.

    Attributes:
        is_open: whether somebody who shows nothing may read.
        requests: buckets of requests per key or user.
        refused: refused sign-ins and credentials, by what was shown: key, token, password or another credential.
        is_away: whether users and keys could not be looked up the last time somebody was.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.is_open = settings.access == "open"
        rate = settings.api_requests_per_second
        self.requests = Buckets(rate, max(1.0, 2 * rate))
        self.refused: Counter[str] = Counter()
        self.is_away = False
        self._failures = Buckets(FAILURES_RATE, FAILURES_BURST)
        self._guesses = Buckets(GUESSES_RATE, GUESSES_BURST)
        self._rows = Buckets(LEDGER_RATE, LEDGER_BURST)
        self._left_out = 0
        self._secret = secrets.token_bytes(32)
        self._proven: OrderedDict[bytes, Proven] = OrderedDict()
        self._proving: dict[bytes, asyncio.Task[Proven | None]] = {}
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)
        self._lookups = Turns("accounts", at_once=4, most=1024)

    @cached_property
    def accounts(self) -> Accounts:
        """Users and keys of the planning database."""
        from dp_resources.accounts import Accounts
        from dp_resources.planning_db import planning_database

        return Accounts(planning_database(self.settings.planning_url))

    @cached_property
    def sessions(self) -> Sessions:
        """Tokens of those who signed in."""
        from serving.api.tokens import Sessions

        return Sessions(self.settings.api_session_key_file)

    @cached_property
    def oidc(self) -> Oidc | None:
        """Tokens of the issuer, where there is one."""
        if self.settings.oidc_issuer is None:
            return None
        from serving.api.tokens import Oidc

        return Oidc(self.settings)

    def open(self) -> None:
        """Loads what proving takes, so that the first request does not wait for it.

        Raises:
            ConfigError: the file with the key of sessions cannot be used.
        """
        assert self.accounts
        assert self.sessions
        assert self.oidc or self.settings.oidc_issuer is None

    # -- requests -----------------------------------------------------------------------------------------------------

    async def principal(self, authorization: bytes, address: str) -> Principal:
        """Who shows this header `Authorization`.

        Raises:
            UnauthenticatedError: it proves nothing, or no longer.
            TooManyRequestsError: too many from this address proved nothing.
            CannotAuthenticateError: it cannot be looked up.
        """
        name = blake2b(authorization, key=self._secret, digest_size=32).digest()
        found = self._proven.get(name)
        if found is None:
            found = await self._prove_once(name, authorization, address)
        elif found.is_due():
            if found.asking is None:
                found.asking = asyncio.create_task(self._confirm(found))
            await asyncio.shield(found.asking)
        if time.time() >= found.expires_at:
            self._proven.pop(name, None)
            raise UnauthenticatedError("it was good until now, but no longer is; sign in again", "invalid_token")
        return found.principal

    async def _confirm(self, found: Proven) -> None:
        """Asks whether it still holds; those who come meanwhile wait for the same answer.

        Raises:
            CannotAuthenticateError: nobody answers, and they were not known lately.
        """
        asked = time.monotonic()
        try:
            principal = await self._looked_up(found.again)
        except CannotAuthenticateError:
            if time.monotonic() - found.confirmed >= AWAY_SECONDS:
                raise
            found.asked = time.monotonic()
            found.principal = _reading_only(found.principal)
            return
        finally:
            found.asking = None
        if principal is None:
            found.expires_at = 0.0
        else:
            found.principal, found.confirmed = principal, asked

    async def _prove_once(self, name: bytes, authorization: bytes, address: str) -> Proven:
        """Proves a credential that is not known; those who come with the same meanwhile wait for the same answer."""
        if name not in self._proving:
            self._take_failure(address)
            self._proving[name] = asyncio.create_task(self._prove(name, authorization, address))
        found = await asyncio.shield(self._proving[name])
        if found is None:
            raise UnauthenticatedError(
                "expected an API key or a token that holds, got something else; `dp key create` makes a key, "
                "POST /v1/session a token",
                "invalid_token",
            )
        return found

    async def _prove(self, name: bytes, authorization: bytes, address: str) -> Proven | None:
        try:
            found = await self._proof(authorization.decode("latin-1"), address)
        except CannotAuthenticateError:
            self._failures.give_back(address)
            raise
        finally:
            del self._proving[name]
        if found is not None:
            self._failures.give_back(address)
            self._proven[name] = found
            if len(self._proven) > REMEMBERED:
                self._proven.popitem(last=False)
        return found

    async def _proof(self, authorization: str, address: str) -> Proven | None:
        asked = time.monotonic()
        scheme, _, credential = authorization.partition(" ")
        if scheme.lower() != "bearer":
            await self._enter("unknown", "credential", address)
            return None
        if credential.startswith("dp_"):
            return await self._proof_of_key(credential, address, asked)
        from serving.api.tokens import SESSION_KID, TokenRefusedError, key_id

        try:
            if key_id(credential) == SESSION_KID:
                check = partial(_proof_of_session, self.sessions, self.accounts, credential, asked)
            elif self.oidc is not None:
                check = partial(_proof_of_oidc, self.oidc, credential, asked)
            else:
                raise TokenRefusedError("no issuer is configured")
            return await self._looked_up(check)
        except TokenRefusedError as error:
            log.info("a token is refused: %s", error)
            await self._enter("unknown", "token", address)
            return None

    async def _proof_of_key(self, credential: str, address: str, asked: float) -> Proven | None:
        from dp_resources.accounts import secret_matches
        from dp_resources.credentials import parse_key

        parsed = parse_key(credential)
        if parsed is None:
            await self._enter("unknown", "key", address)
            return None
        prefix, secret = parsed
        accounts = self.accounts
        found = await self._looked_up(partial(accounts.key, prefix))
        async with self._hashing:
            right = await self._lookups.do(partial(secret_matches, found, secret))
        if found is None or not right or not found.holds(datetime.now(UTC)):
            who, subject = ("unknown", "key") if found is None else (found.user.name, f"key {prefix}")
            await self._enter(who, subject, address)
            return None
        stored = found.secret_hash

        def again() -> Principal | None:
            now = accounts.key(prefix)
            still = now is not None and now.secret_hash == stored and now.holds(datetime.now(UTC))
            return _principal_of_key(now) if now is not None and still else None

        return Proven(_principal_of_key(found), found.key.expires_at.timestamp(), again, asked)

    # -- signing in ---------------------------------------------------------------------------------------------------

    async def sign_in(self, name: str, password: str, address: str) -> str:
        """A token for a user and password.

        Raises:
            UnauthenticatedError: they do not fit, or the user is not let in.
            PasswordChangeRequiredError: they fit, but the password is a one-time one.
            TooManyRequestsError: too many did not.
            CannotAuthenticateError: they cannot be looked up.
        """
        user = await self._checked(name, password, address)
        if user.must_change_password:
            raise PasswordChangeRequiredError(
                "the password is a one-time one; choose another: POST /v1/session/password with user, password and "
                "new_password"
            )
        return self.sessions.token(user.name, user.sequence)

    async def change_password(self, name: str, password: str, new: str, address: str) -> str:
        """A password of one's own in place of the present one, and a token.

        Raises:
            BadParameterError: the new one is too short, too long, or the present one.
            UnauthenticatedError, TooManyRequestsError, CannotAuthenticateError: as `sign_in`.
        """
        from dp_assets.domain.access import AccountRefusedError

        user = await self._checked(name, password, address)
        try:
            async with self._hashing:
                change = partial(self.accounts.change_password, user, password, new, datetime.now(UTC))
                changed = await self._looked_up(change)
        except AccountRefusedError as error:
            raise BadParameterError(f"new_password: {error}") from error
        return self.sessions.token(changed.name, changed.sequence)

    async def _checked(self, name: str, password: str, address: str) -> User:
        self._take_failure(address)
        if wait := self._guesses.take(name):
            raise TooManyRequestsError("too many wrong passwords for this user; wait before the next", wait)
        try:
            async with self._hashing:
                user = await self._looked_up(partial(self.accounts.check_password, name, password))
        except CannotAuthenticateError:
            self._let_off(name, address)
            raise
        if user is None:
            known = await self._looked_up(partial(self.accounts.user, name))
            await self._enter("unknown" if known is None else name, "password", address)
            raise UnauthenticatedError("user and password do not fit, or the user is not let in")
        self._let_off(name, address)
        return user

    def _let_off(self, name: str, address: str) -> None:
        self._failures.give_back(address)
        self._guesses.give_back(name)

    # -- refusals -----------------------------------------------------------------------------------------------------

    def _take_failure(self, address: str) -> None:
        """Counts an attempt as failed until it is given back, so that many at once count too."""
        if wait := self._failures.take(address):
            raise TooManyRequestsError("too many refused attempts from this address; wait before the next", wait)

    async def _enter(self, who: str, subject: str, address: str) -> None:
        """The ledger's row of a refusal, unless there were too many of late. Without the database there is none."""
        self.refused[subject.partition(" ")[0]] += 1
        if self._rows.take("ledger"):
            self._left_out += 1
            return
        left_out, self._left_out = self._left_out, 0
        try:
            now = datetime.now(UTC)
            await self._lookups.do(partial(self.accounts.enter_refusal, who, subject, address, left_out, now))
        except DemandPlannerError as error:
            self._left_out += left_out + 1
            log.error("a refused sign-in has no row in the ledger: %s", error)

    async def _looked_up(self, ask: Callable[[], Found]) -> Found:
        """An answer of the database, which must not tell strangers where it is when it does not answer."""
        from dp_assets.domain.access import AccountRefusedError
        from serving.api.tokens import TokenRefusedError

        try:
            found = await asyncio.wait_for(self._lookups.do(ask), ANSWER_SECONDS)
        except (AccountRefusedError, TokenRefusedError):
            raise
        except TooManyWaitError as error:
            raise CannotAuthenticateError from error
        except (DemandPlannerError, TimeoutError) as error:
            self.is_away = True
            log.error("users and keys cannot be looked up: %s", error or f"no answer within {ANSWER_SECONDS} s")
            raise CannotAuthenticateError from error
        self.is_away = False
        return found


def _proof_of_session(sessions: Sessions, accounts: Accounts, token: str, asked: float) -> Proven:
    """What a token of ours proves; TokenRefusedError where it does not hold."""
    from serving.api.tokens import TokenRefusedError

    session = sessions.session(token)

    def again() -> Principal | None:
        user = accounts.user(session.user)
        same = user is not None and user.sequence == session.sequence and not user.disabled
        return _principal_of_user(user) if user is not None and same else None

    principal = again()
    if principal is None:
        raise TokenRefusedError("the user was changed since it was made")
    return Proven(principal, session.expires_at, again, asked)


def _proof_of_oidc(oidc: Oidc, token: str, asked: float) -> Proven:
    """What a token of the issuer proves; TokenRefusedError where it does not hold."""
    claimed = oidc.claimed(token)

    def again() -> Principal | None:
        return claimed.principal if oidc.keys.key(claimed.kid) is not None else None

    return Proven(claimed.principal, claimed.expires_at, again, asked)


def _reading_only(principal: Principal) -> Principal:
    return replace(principal, permissions=principal.permissions & {Permission.READ}, confirmed=False)


def _principal_of_key(found: KeyOfUser) -> Principal:
    user, key = found.user, found.key
    return Principal(user.name, user.roles, user.scope, permissions_of(user.roles) & key.permissions, "key", key.prefix)


def _principal_of_user(user: User) -> Principal:
    return Principal(user.name, user.roles, user.scope, permissions_of(user.roles), "session")
