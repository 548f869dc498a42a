"""Tokens of an OIDC issuer in a running API: what is believed of them, and for how long."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi.testclient import TestClient

from serving.api import authentication, tokens
from serving.api.tokens import TokenRefusedError, key_id
from tests.serving.access_makers import Place, shown

AUDIENCE = "planning-client"


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def status(client: TestClient, token: str) -> int:
    return client.get("/v1/cycles/current", headers=shown(token)).status_code


class Issuer:
    """An OIDC issuer on this machine: keys of its own, and a server that tells the public ones."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, Any]] = {}
        self.fetched = 0
        self.answers = True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.fetched += 1
                body = json.dumps(outer.public()).encode()
                self.send_response(200 if outer.answers else 500)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/pool"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def add(self, kid: str, algorithm: str) -> None:
        made: Any = rsa_key() if algorithm.startswith("RS") else ec.generate_private_key(ec.SECP256R1())
        self.keys[kid] = (algorithm, made)

    def public(self) -> dict[str, Any]:
        found = []
        for kid, (algorithm, key) in self.keys.items():
            of: Any = jwt.algorithms.RSAAlgorithm if algorithm.startswith("RS") else jwt.algorithms.ECAlgorithm
            found.append({**of.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": algorithm, "use": "sig"})
        return {"keys": found}

    def claims(self, **others: Any) -> dict[str, Any]:
        now = datetime.now(UTC).timestamp()
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ada-1815",
            "cognito:groups": ["planner", "bowlers"],
            "nodes": ["product:GROCERY"],
            "iat": int(now),
            "exp": int(now) + 600,
            **others,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, kid: str, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        algorithm, key = self.keys[kid]
        return jwt.encode(self.claims(**claims), key, algorithm, headers={"kid": kid, **(headers or {})})


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    try:
        yield issuer
    finally:
        issuer.server.shutdown()
        issuer.server.server_close()


@pytest.fixture(params=["RS256", "ES256"])
def issuer(request: pytest.FixtureRequest) -> Iterator[Issuer]:
    with running_issuer() as issuer:
        issuer.add("first", request.param)
        yield issuer


@pytest.fixture
def oidc(issuer: Issuer, tmp_path: Path) -> Iterator[TestClient]:
    place = Place(tmp_path, oidc_issuer=issuer.url, oidc_audience=AUDIENCE, oidc_nodes_claim="nodes")
    place.put_bundle()
    with place.client() as client:
        client.app.state.gate._failures.burst = 1e6  # type: ignore[attr-defined]
        yield client


class TestOidc:
    def test_a_token_of_the_issuer_lets_in_with_the_roles_and_nodes_that_it_claims(
        self, issuer: Issuer, oidc: TestClient
    ) -> None:
        token = issuer.token("first")
        assert status(oidc, token) == 200
        assert oidc.get("/v1/forecast/skus/sku0001", headers=shown(token)).status_code == 200
        assert oidc.get("/v1/forecast/skus/sku0002", headers=shown(token)).status_code == 404
        assert issuer.fetched == 1

    @pytest.mark.parametrize(
        ("claims", "expected"),
        [
            ({"cognito:groups": ["bowlers"]}, 403),
            ({"cognito:groups": None}, 403),
            ({"cognito:groups": "viewer"}, 200),
            ({"aud": [AUDIENCE, "other"]}, 200),
            ({"aud": "other"}, 401),
            ({"aud": None}, 401),
            ({"aud": None, "client_id": AUDIENCE, "token_use": "access"}, 200),
            ({"aud": None, "client_id": "other", "token_use": "access"}, 401),
            ({"aud": None, "client_id": AUDIENCE}, 401),
            ({"iss": "https://elsewhere.example"}, 401),
            ({"iss": None}, 401),
            ({"sub": None}, 401),
            ({"exp": None}, 401),
            ({"nodes": ["nonsense"]}, 401),
        ],
    )
    def test_everything_about_a_token_must_be_right(
        self, issuer: Issuer, oidc: TestClient, claims: dict[str, Any], expected: int
    ) -> None:
        assert status(oidc, issuer.token("first", **claims)) == expected

    def test_clocks_may_differ_by_the_leeway_and_no_more(self, issuer: Issuer, oidc: TestClient) -> None:
        now = int(datetime.now(UTC).timestamp())
        for claims, expected in (
            ({"exp": now - 10}, 200),
            ({"exp": now - 40}, 401),
            ({"nbf": now + 10}, 200),
            ({"nbf": now + 60}, 401),
        ):
            assert status(oidc, issuer.token("first", **claims)) == expected, claims

    def test_a_token_ends_when_it_says_though_it_was_let_in_before(
        self, issuer: Issuer, oidc: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = issuer.token("first")
        assert status(oidc, token) == 200
        later = datetime.now(UTC).timestamp() + 700
        monkeypatch.setattr(authentication.time, "time", lambda: later)
        assert status(oidc, token) == 401

    def test_where_nodes_are_claimed_a_token_without_any_sees_nothing(self, issuer: Issuer, oidc: TestClient) -> None:
        for nodes, expected in ((None, 404), ([], 404), (["*"], 200), ("product:GROCERY, product:DAIRY", 200)):
            token = issuer.token("first", nodes=nodes)
            assert oidc.get("/v1/forecast/skus/sku0002", headers=shown(token)).status_code == expected

    def test_unsigned_tokens_and_shared_secrets_are_refused(self, issuer: Issuer, oidc: TestClient) -> None:
        public = issuer.public()["keys"][0]
        forged = [
            jwt.encode(issuer.claims(), "", "none", headers={"kid": "first"}),
            jwt.encode(issuer.claims(), (public.get("n") or public["x"]).ljust(64), "HS256", headers={"kid": "first"}),
            jwt.encode(issuer.claims(), rsa_key(), "RS256", headers={"kid": "first"}),
            jwt.encode(issuer.claims(), ec.generate_private_key(ec.SECP256R1()), "ES256", headers={"kid": "first"}),
            jwt.encode(issuer.claims(), rsa_key(), "RS512", headers={"kid": "first"}),
            jwt.encode(issuer.claims(), rsa_key(), "RS256"),
            issuer.token("first")[:-4],
            issuer.token("first") + "a" * 9000,
        ]
        assert [status(oidc, token) for token in forged] == [401] * len(forged)

    def test_a_token_of_the_issuer_is_no_session_and_a_session_is_no_token_of_the_issuer(
        self, issuer: Issuer, oidc: TestClient
    ) -> None:
        posing = issuer.token(
            "first",
            {"kid": tokens.SESSION_KID},
            iss=tokens.SESSION_ISSUER,
            aud=tokens.SESSION_AUDIENCE,
            seq=1,
            sub="admin",
        )
        assert status(oidc, posing) == 401
        assert status(oidc, issuer.token("first", iss=tokens.SESSION_ISSUER)) == 401

    def test_a_key_that_is_unknown_is_fetched_but_not_at_every_try(
        self, issuer: Issuer, oidc: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert status(oidc, issuer.token("first")) == 200
        issuer.add("second", "RS256")
        for _ in range(5):
            assert status(oidc, issuer.token("second", iat=None)) == 401
        assert issuer.fetched == 1
        monkeypatch.setattr(tokens, "REFETCH_SECONDS", 0)
        assert status(oidc, issuer.token("second")) == 200
        assert status(oidc, issuer.token("first")) == 200
        assert issuer.fetched == 2

    def test_a_key_that_was_taken_back_ends_what_it_signed(
        self, issuer: Issuer, oidc: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = issuer.token("first")
        assert status(oidc, token) == 200
        issuer.keys["second"] = issuer.keys.pop("first")
        for name, value in (("LIFETIME_SECONDS", -1), ("REFETCH_SECONDS", 0)):
            monkeypatch.setattr(tokens, name, value)
        monkeypatch.setattr(authentication, "CONFIRM_SECONDS", 0.0)
        assert status(oidc, token) == 401

    def test_an_issuer_that_does_not_answer_leaves_the_keys_that_were_fetched(
        self, issuer: Issuer, oidc: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert status(oidc, issuer.token("first")) == 200
        issuer.answers = False
        for name, value in (("LIFETIME_SECONDS", -1), ("REFETCH_SECONDS", 0)):
            monkeypatch.setattr(tokens, name, value)
        assert status(oidc, issuer.token("first", sub="bob")) == 200
        assert status(oidc, issuer.token("first", {"kid": "unknown"})) == 401

    def test_keys_may_lie_in_a_file(self, issuer: Issuer, tmp_path: Path) -> None:
        file = tmp_path / "jwks.json"
        file.write_text(json.dumps(issuer.public()))
        place = Place(tmp_path, oidc_issuer=issuer.url, oidc_audience=AUDIENCE, oidc_jwks=str(file))
        place.put_bundle()
        with place.client() as client:
            assert status(client, issuer.token("first")) == 200
        assert issuer.fetched == 0

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}'])
    def test_a_set_of_keys_that_is_none_lets_nobody_in_and_is_not_quoted(
        self, issuer: Issuer, tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        file = tmp_path / "jwks.json"
        file.write_text(content)
        place = Place(tmp_path, oidc_issuer=issuer.url, oidc_audience=AUDIENCE, oidc_jwks=str(file))
        with caplog.at_level(logging.DEBUG), place.client() as client:
            assert status(client, issuer.token("first")) == 401
        assert "c2VjcmV0" not in caplog.text

    def test_without_an_issuer_no_token_is_believed(self, issuer: Issuer, tmp_path: Path) -> None:
        place = Place(tmp_path)
        place.put_bundle()
        with place.client() as client:
            assert status(client, issuer.token("first")) == 401


def test_a_text_that_is_no_token_names_no_key() -> None:
    for text in ("", "a", "a.b", "a.b.c", "e30.e30.", "eyJhbGciOiJub25lIn0.e30.", "ü.ü.ü"):
        with pytest.raises(TokenRefusedError):
            key_id(text)


# -- PostgreSQL -------------------------------------------------------------------------------------------------------
