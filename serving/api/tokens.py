"""Signed tokens: our own for sessions, and those of an OIDC issuer. Signatures are PyJWT's and cryptography's.

Belongs here: which tokens are believed, and what they say. Does not belong here: passwords and keys
(`dp_resources/accounts.py`), requests (`authentication.py`).

Only RS256 and ES256 are ever accepted. The two kinds have different keys, issuers and audiences, so that one is never
taken for the other.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt import PyJWK, PyJWKClient, PyJWKSet

from dp_assets.domain.access import (
    EVERYTHING,
    NodeScope,
    Principal,
    Role,
    parse_scope_node,
    permissions_of,
)
from dp_assets.domain.errors import ConfigError, DemandPlannerError
from dp_resources.settings import Settings

ALGORITHMS = ["RS256", "ES256"]
LEEWAY_SECONDS = 30
"""How far clocks of the issuer and of this machine may differ."""
REFETCH_SECONDS = 30
"""An unknown key makes the issuer's keys be fetched again, at most so often."""
LIFETIME_SECONDS = 300
"""After so long they are fetched again in any case, so that a key that was taken back ends."""
FETCH_SECONDS = 5
SESSION_SECONDS = 3600
SESSION_KID = "demand-planner-session"
SESSION_ISSUER = "demand-planner"
SESSION_AUDIENCE = "demand-planner-api"
LONGEST_TOKEN = 8192
log = logging.getLogger("demand_planner.serving")


class TokenRefusedError(DemandPlannerError):
    """A token is not believed; the message says why and is for the log."""


def key_id(token: str) -> str:
    """Which key a token says it was signed with; nothing is proven yet.

    Raises:
        TokenRefusedError: it is no token, names no key, or is signed in a way that is not accepted.
    """
    if len(token) > LONGEST_TOKEN:
        raise TokenRefusedError("longer than any token")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise TokenRefusedError("not a token") from error
    if header.get("alg") not in ALGORITHMS:
        raise TokenRefusedError(f"expected {' or '.join(ALGORITHMS)}")
    found = header.get("kid")
    if not isinstance(found, str):
        raise TokenRefusedError("names no key")
    return found


# -- sessions ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Session:
    """What a token of ours says: who signed in, as of which change of that user, until when (seconds since 1970)."""

    user: str
    sequence: int
    expires_at: float


class Sessions:
    """Makes and checks tokens of those who signed in here."""

    def __init__(self, key_file: Path | None) -> None:
        self._key = _session_key(key_file)

    def token(self, user: str, sequence: int) -> str:
        """A token for somebody who has just signed in."""
        now = int(time.time())
        claims = {
            "iss": SESSION_ISSUER,
            "aud": SESSION_AUDIENCE,
            "sub": user,
            "seq": sequence,
            "iat": now,
            "exp": now + SESSION_SECONDS,
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": SESSION_KID})

    def session(self, token: str) -> Session:
        """What a token says; TokenRefusedError unless it was made with this key and is not over."""
        try:
            claims = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=["ES256"],
                audience=SESSION_AUDIENCE,
                issuer=SESSION_ISSUER,
                options={"require": ["exp", "iat", "sub"]},
            )
            return Session(claims["sub"], int(claims["seq"]), float(claims["exp"]))
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
            raise TokenRefusedError(_why(error)) from error


def _session_key(path: Path | None) -> ec.EllipticCurvePrivateKey:
    if path is None:
        return ec.generate_private_key(ec.SECP256R1())
    try:
        found = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"DP_API_SESSION_KEY_FILE: {path} cannot be read as a PEM private key") from error
    if not isinstance(found, ec.EllipticCurvePrivateKey) or not isinstance(found.curve, ec.SECP256R1):
        raise ConfigError(
            f"DP_API_SESSION_KEY_FILE: expected a private key on the curve P-256 in {path}; "
            "`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` makes one"
        )
    return found


# -- OIDC -------------------------------------------------------------------------------------------------------------


class KeySet:
    """The public keys of an issuer, fetched when they are first needed. Safe for threads.

    What was fetched stays when the issuer does not answer.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self._keys: dict[str, PyJWK] = {}
        self._fetched = self._tried = -float("inf")
        self._lock = threading.Lock()

    def key(self, kid: str) -> PyJWK | None:
        """The key of that name; None where the issuer has none."""
        now = time.monotonic()
        if kid not in self._keys or now - self._fetched > LIFETIME_SECONDS:
            with self._lock:
                if time.monotonic() - self._tried >= REFETCH_SECONDS:
                    self._fetch()
        return self._keys.get(kid)

    def _fetch(self) -> None:
        self._tried = time.monotonic()
        try:
            found = _key_set(self.place)
        except (jwt.PyJWTError, OSError, ValueError, AttributeError, TypeError) as error:
            # Only what kind of error: its text may quote a key set that should not have held what it holds.
            log.warning("the keys of the issuer at %s cannot be fetched: %s", self.place, _why(error))
            return
        usable = [one for one in found.keys if one.key_id and one.public_key_use in ("sig", None)]
        self._keys = {str(one.key_id): one for one in usable if one.algorithm_name in ALGORITHMS}
        self._fetched = self._tried


def _key_set(place: str) -> PyJWKSet:
    if place.startswith(("http://", "https://")):
        return PyJWKClient(place, cache_jwk_set=False, timeout=FETCH_SECONDS).get_jwk_set()
    return PyJWKSet.from_json(Path(place).read_text())


@dataclass(frozen=True)
class Claimed:
    """What a token of an OIDC issuer proves: who, by which key, until when (seconds since 1970)."""

    principal: Principal
    kid: str
    expires_at: float


class Oidc:
    """Checks tokens of one issuer: signature, issuer, audience, time."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        issuer = settings.oidc_issuer or ""
        self.keys = KeySet(settings.oidc_jwks or f"{issuer.rstrip('/')}/.well-known/jwks.json")

    def claimed(self, token: str) -> Claimed:
        """Who a token is of; TokenRefusedError unless everything about it is right."""
        kid = key_id(token)
        key = self.keys.key(kid)
        if key is None:
            raise TokenRefusedError("signed with a key that the issuer does not have")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self.settings.oidc_issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "sub"], "verify_aud": False, "enforce_minimum_key_length": True},
            )
        except jwt.PyJWTError as error:
            raise TokenRefusedError(_why(error)) from error
        self._check_audience(claims)
        return Claimed(self._principal(claims), kid, float(claims["exp"]) + LEEWAY_SECONDS)

    def _check_audience(self, claims: dict[str, Any]) -> None:
        """Access tokens of Cognito have no `aud`: there the client stands in `client_id`."""
        found = claims.get("aud", claims.get("client_id") if claims.get("token_use") == "access" else None)
        if self.settings.oidc_audience not in (found if isinstance(found, list) else [found]):
            raise TokenRefusedError("for another audience")

    def _principal(self, claims: dict[str, Any]) -> Principal:
        name = claims.get(self.settings.oidc_name_claim)
        if not isinstance(name, str) or not name:
            raise TokenRefusedError(f"has no {self.settings.oidc_name_claim}")
        groups = _texts(claims.get(self.settings.oidc_roles_claim))
        roles = tuple(role for role in Role if role in groups)
        return Principal(f"oidc:{name}", roles, self._scope(claims), permissions_of(roles), "oidc")

    def _scope(self, claims: dict[str, Any]) -> NodeScope:
        """Where nodes are claimed at all, a token that claims none has none."""
        if self.settings.oidc_nodes_claim is None:
            return EVERYTHING
        texts = _texts(claims.get(self.settings.oidc_nodes_claim))
        if "*" in texts:
            return EVERYTHING
        try:
            return NodeScope(tuple(sorted(map(parse_scope_node, texts))))
        except DemandPlannerError as error:
            raise TokenRefusedError(str(error)) from error


def _texts(value: object) -> list[str]:
    """A claim that lists texts; one that is a single text, as attributes of Cognito are, is split at commas."""
    if isinstance(value, str):
        return [word.strip() for word in value.split(",") if word.strip()]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _why(error: Exception) -> str:
    """What is wrong with a token, without anything of it."""
    return type(error).__name__
