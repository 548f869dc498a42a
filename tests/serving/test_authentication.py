"""Keys, passwords and tokens in a running API: what is let in, for how long, and what the ledger and the logs say."""

from __future__ import annotations

import json
import logging
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi.testclient import TestClient

import dp_resources.accounts
from dp_assets.domain.access import EVERYTHING, Permission, Role
from dp_assets.domain.errors import ConfigError, StorageError
from dp_resources.accounts import Accounts
from dp_resources.credentials import parse_key
from serving.api import authentication, tokens
from serving.api.tokens import Sessions, TokenRefusedError
from tests.postgres_server import running_postgres
from tests.serving.access_makers import GROCERY, Place, shown

pytestmark = pytest.mark.slow

CYCLE, SESSION, PASSWORD = "/v1/cycles/current", "/v1/session", "/v1/session/password"
OWN = "a password of my own"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.put_bundle()
    place.user("ada", [Role.PLANNER], GROCERY)
    return place


@pytest.fixture
def client(place: Place) -> Iterator[TestClient]:
    with place.client() as client:
        yield client


def status(client: TestClient, credential: str) -> int:
    return client.get(CYCLE, headers=shown(credential)).status_code


def kind(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


class TestKeys:
    def test_a_key_lets_in_and_costs_one_hash(
        self, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashes = counted(monkeypatch, dp_resources.accounts, "secret_matches")
        key = place.key("ada")
        assert [status(client, key) for _ in range(5)] == [200] * 5
        assert len(hashes) == 1

    def test_many_first_requests_at_once_cost_one_hash(
        self, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashes = counted(monkeypatch, dp_resources.accounts, "secret_matches")
        key = place.key("ada")
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(lambda _: status(client, key), range(16))) == {200}
        assert len(hashes) == 1

    def test_a_revoked_key_is_refused_once_it_is_asked_for_again(
        self, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = place.key("ada")
        assert status(client, key) == 200
        place.accounts.revoke_key(prefix_of(key), "test", datetime.now(UTC))
        assert status(client, key) == 200  # within CONFIRM_SECONDS
        monkeypatch.setattr(authentication, "CONFIRM_SECONDS", 0.0)
        answer = client.get(CYCLE, headers=shown(key))
        assert answer.status_code == 401
        assert "no longer is" in answer.json()["detail"]
        assert status(client, key) == 401

    def test_it_takes_a_revocation_no_longer_than_is_said(self) -> None:
        assert authentication.CONFIRM_SECONDS <= 5

    @pytest.mark.parametrize("change", ["disable", "role", "scope"])
    def test_a_change_of_the_user_reaches_the_key(
        self, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch, change: str
    ) -> None:
        monkeypatch.setattr(authentication, "CONFIRM_SECONDS", 0.0)
        key, now = place.key("ada", frozenset({Permission.PLAN})), datetime.now(UTC)
        assert status(client, key) == 403
        reader = place.key("ada")
        assert client.get("/v1/forecast/skus/sku0002", headers=shown(reader)).status_code == 404
        if change == "disable":
            place.accounts.set_disabled("ada", True, "test", now)
            assert status(client, key) == status(client, reader) == 401
        elif change == "role":
            place.accounts.set_access("ada", (Role.VIEWER,), GROCERY, "test", now)
            assert status(client, key) == 403
            assert status(client, reader) == 200
        else:
            place.accounts.set_access("ada", (Role.PLANNER,), EVERYTHING, "test", now)
            assert client.get("/v1/forecast/skus/sku0002", headers=shown(reader)).status_code == 200

    def test_an_expired_key_is_refused_to_the_second(
        self, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = place.key("ada", days=1)
        assert status(client, key) == 200
        expires = place.accounts.api_keys()[0].expires_at.timestamp()
        monkeypatch.setattr(authentication.time, "time", lambda: expires)
        assert status(client, key) == 401

    def test_a_key_that_expired_before_it_was_first_shown_is_refused(self, place: Place, client: TestClient) -> None:
        key, then = place.key("ada", days=1), datetime.now(UTC) - timedelta(days=3)
        old = place.accounts.create_key(
            "ada", "old", frozenset({Permission.READ}), then + timedelta(days=1), "test", then
        )[1]
        assert status(client, old) == 401
        assert status(client, key) == 200

    def test_both_keys_hold_while_one_takes_the_place_of_the_other(self, place: Place, client: TestClient) -> None:
        key, now = place.key("ada"), datetime.now(UTC)
        new = place.accounts.rotate_key(prefix_of(key), timedelta(hours=1), now + timedelta(days=9), "test", now)[1]
        assert status(client, key) == status(client, new) == 200
        gone = place.key("ada")
        place.accounts.rotate_key(prefix_of(gone), timedelta(0), now + timedelta(days=9), "test", now)
        assert status(client, gone) == 401

    def test_a_wrong_secret_is_refused_and_stands_in_the_ledger_by_its_prefix(
        self, place: Place, client: TestClient
    ) -> None:
        key = place.key("ada")
        wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
        assert status(client, wrong) == 401
        assert status(client, "dp_22222222_" + "a" * 43) == 401
        assert place.ledger()[-2:] == [
            ("ada", "refuse sign-in", f"key {prefix_of(key)}"),
            ("unknown", "refuse sign-in", "key"),
        ]
        assert place.accounts.database.verify() == []

    def test_an_unknown_prefix_costs_the_hash_that_a_known_one_does(
        self, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashes = counted(monkeypatch, dp_resources.accounts, "verified")
        status(client, "dp_22222222_" + "a" * 43)
        status(client, place.key("ada")[:-2] + "__")
        assert len(hashes) == 2
        client.post(SESSION, json={"user": "ada", "password": "x"})
        client.post(SESSION, json={"user": "nobody", "password": "x"})
        assert len(hashes) == 4
        costs = [stored.split("$")[1:4] for _, stored, _ in hashes]
        assert costs[0] == costs[1]
        assert costs[2] == costs[3] == ["argon2id", "v=19", "m=65536,t=3,p=4"]

    def test_nothing_in_memory_holds_the_secret(self, place: Place, client: TestClient) -> None:
        key = place.key("ada")
        assert status(client, key) == 200
        gate = client.app.state.gate  # type: ignore[attr-defined]
        (name,) = gate._proven
        secret = key.rpartition("_")[2]
        assert secret.encode() not in name
        assert secret not in repr(gate._proven)

    def test_a_key_makes_so_many_requests_and_is_then_told_to_wait(self, tmp_path: Path) -> None:
        place = Place(tmp_path, api_requests_per_second=0.5)
        place.put_bundle()
        place.user("ada")
        one, other = place.key("ada"), place.key("ada")
        with place.client() as client:
            assert status(client, one) == 200
            answer = client.get(CYCLE, headers=shown(one))
            assert (answer.status_code, kind(answer)) == (429, "too-many-requests")
            assert 1 <= int(answer.headers["retry-after"]) <= 2
            assert status(client, other) == 200

    def test_a_database_that_does_not_answer_lets_nobody_in_and_tells_nothing_of_itself(
        self, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key, new = place.key("ada"), place.key("ada")
        assert status(client, key) == 200

        def refuse(*_: object) -> None:
            raise StorageError("the planning database at postgresql://planner@host did not answer")

        monkeypatch.setattr(Accounts, "key", refuse)
        monkeypatch.setattr(Accounts, "user", refuse)
        monkeypatch.setattr(Accounts, "check_password", refuse)
        monkeypatch.setattr(authentication, "CONFIRM_SECONDS", 0.0)
        monkeypatch.setattr(authentication, "AWAY_SECONDS", 0.0)
        asked = [client.get(CYCLE, headers=shown(one)) for one in (key, new)]
        asked += [client.post(SESSION, json={"user": "ada", "password": "x"}) for _ in range(30)]
        for answer in asked:
            assert (answer.status_code, kind(answer)) == (503, "cannot-authenticate")
            assert "postgresql" not in answer.text
        monkeypatch.undo()
        assert status(client, key) == status(client, new) == 200

    def test_while_the_database_is_away_who_was_known_reads_on_and_changes_nothing(
        self, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key, new, revoked = (place.key("ada") for _ in range(3))
        assert status(client, key) == status(client, revoked) == 200
        answers = [True]

        def account(accounts: Accounts, prefix: str, real: Any = Accounts.key) -> Any:
            if not answers[0]:
                raise StorageError("the planning database at postgresql://planner@host did not answer")
            return real(accounts, prefix)

        monkeypatch.setattr(Accounts, "key", account)
        monkeypatch.setattr(authentication, "CONFIRM_SECONDS", 0.0)
        place.accounts.revoke_key(prefix_of(revoked), "test", datetime.now(UTC))
        assert status(client, revoked) == 401
        answers[0] = False
        read = client.get(CYCLE, headers=shown(key))
        assert (read.status_code, read.headers["x-planning-database"]) == (200, "away")
        assert client.get("/healthz", headers=shown(key)).json()["planning_database"] == "away"
        written = client.post("/v1/overrides", json={"edits": []}, headers=shown(key))
        assert (written.status_code, kind(written)) == (503, "cannot-authenticate")
        assert status(client, new) == status(client, revoked) == 503
        answers[0] = True
        read = client.get(CYCLE, headers=shown(key))
        assert read.status_code == 200
        assert "x-planning-database" not in read.headers
        assert client.get("/healthz", headers=shown(key)).json()["planning_database"] == "answers"
        assert client.post("/v1/overrides", json={"edits": []}, headers=shown(key)).status_code == 422

    def test_a_database_that_says_nothing_at_all_is_not_waited_for(
        self, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key, silent = place.key("ada"), threading.Event()
        assert status(client, key) == 200
        monkeypatch.setattr(Accounts, "key", lambda *_: silent.wait(20))
        monkeypatch.setattr(authentication, "CONFIRM_SECONDS", 0.0)
        monkeypatch.setattr(authentication, "ANSWER_SECONDS", 0.05)
        try:
            assert status(client, key) == 200
            assert status(client, place.key("ada")) == 503
        finally:
            silent.set()


def prefix_of(key: str) -> str:
    parsed = parse_key(key)
    assert parsed is not None
    return parsed[0]


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[tuple[Any, ...]]:
    """Arguments of a function's calls, as they come."""
    calls: list[tuple[Any, ...]] = []
    function = getattr(module, name)

    def call(*arguments: Any) -> Any:
        calls.append(arguments)
        return function(*arguments)

    monkeypatch.setattr(module, name, call)
    return calls


class TestSigningIn:
    def test_a_one_time_password_is_good_for_choosing_another_and_nothing_else(
        self, place: Place, client: TestClient
    ) -> None:
        told = place.accounts.reset_password("ada", "test", datetime.now(UTC))
        answer = client.post(SESSION, json={"user": "ada", "password": told})
        assert (answer.status_code, kind(answer)) == (403, "password-change-required")
        short = client.post(PASSWORD, json={"user": "ada", "password": told, "new_password": "short"})
        assert (short.status_code, kind(short)) == (422, "bad-parameter")
        changed = client.post(PASSWORD, json={"user": "ada", "password": told, "new_password": OWN})
        assert changed.status_code == 200
        assert status(client, changed.json()["access_token"]) == 200
        again = client.post(PASSWORD, json={"user": "ada", "password": told, "new_password": OWN + "!"})
        assert again.status_code == 401
        signed_in = client.post(SESSION, json={"user": "ada", "password": OWN}).json()
        assert (signed_in["token_type"], signed_in["expires_in"]) == ("Bearer", tokens.SESSION_SECONDS)
        assert status(client, signed_in["access_token"]) == 200

    def test_a_session_is_kept_to_the_nodes_of_its_user(self, place: Place, client: TestClient) -> None:
        token = session(place, client)
        assert client.get("/v1/forecast/skus/sku0001", headers=shown(token)).status_code == 200
        assert client.get("/v1/forecast/skus/sku0002", headers=shown(token)).status_code == 404

    @pytest.mark.parametrize("change", ["disable", "password", "role"])
    def test_a_change_of_the_user_ends_the_session(
        self, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch, change: str
    ) -> None:
        token, now = session(place, client), datetime.now(UTC)
        fresh = client.post(SESSION, json={"user": "ada", "password": OWN}).json()["access_token"]
        assert status(client, token) == 200
        if change == "disable":
            place.accounts.set_disabled("ada", True, "test", now)
        elif change == "password":
            place.accounts.reset_password("ada", "test", now)
        else:
            place.accounts.set_access("ada", (Role.VIEWER,), EVERYTHING, "test", now)
        assert status(client, fresh) == 401
        monkeypatch.setattr(authentication, "CONFIRM_SECONDS", 0.0)
        assert status(client, token) == 401

    def test_a_session_ends_after_an_hour(
        self, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token, later = session(place, client), datetime.now(UTC).timestamp() + 3601
        assert status(client, token) == 200
        monkeypatch.setattr(authentication.time, "time", lambda: later)
        assert status(client, token) == 401

    def test_a_wrong_password_an_unknown_user_and_a_disabled_one_are_answered_alike(
        self, place: Place, client: TestClient
    ) -> None:
        place.user("gone")
        told = place.accounts.reset_password("gone", "test", datetime.now(UTC))
        place.accounts.set_disabled("gone", True, "test", datetime.now(UTC))
        place.accounts.add_user("robot", (Role.VIEWER,), EVERYTHING, "test", datetime.now(UTC), with_password=False)
        given = [("ada", "wrong"), ("nobody", "wrong"), ("gone", told), ("robot", "wrong"), ("robot", "")]
        answers = [client.post(SESSION, json={"user": user, "password": word}) for user, word in given]
        assert {answer.status_code for answer in answers} == {401}
        assert len({answer.text for answer in answers}) == 1
        assert [row[0] for row in place.ledger()[-5:]] == ["ada", "unknown", "gone", "robot", "robot"]

    def test_guessing_is_slowed_down_per_user_and_per_address(self, place: Place, client: TestClient) -> None:
        def guess(user: str) -> int:
            return client.post(SESSION, json={"user": user, "password": "wrong"}).status_code

        found = [guess("ada") for _ in range(authentication.GUESSES_BURST + 1)]
        assert found == [401] * authentication.GUESSES_BURST + [429]
        others = [guess(f"user{number}") for number in range(authentication.FAILURES_BURST)]
        assert others[-1] == 429
        answer = client.get(CYCLE, headers=shown("dp_22222222_" + "a" * 43))
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1

    def test_who_was_proven_before_goes_on_while_his_address_is_slowed_down(
        self, place: Place, client: TestClient
    ) -> None:
        key = place.key("ada")
        assert status(client, key) == 200
        while status(client, "x") != 429:
            pass
        assert status(client, key) == 200

    def test_refusals_cannot_fill_the_ledger_and_those_left_out_are_counted(
        self, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate = client.app.state.gate  # type: ignore[attr-defined]
        gate._failures.burst = 1e6
        before = len(place.ledger())
        for _ in range(authentication.LEDGER_BURST + 15):
            assert status(client, "x") == 401
        assert len(place.ledger()) - before == authentication.LEDGER_BURST
        later = gate._rows._clock() + 61
        monkeypatch.setattr(gate._rows, "_clock", lambda: later)
        assert status(client, "x") == 401
        row = place.accounts.database.ledger()[-1]
        assert json.loads(row["after"]) == {"address": "testclient", "left_out": 15}
        assert place.accounts.database.verify() == []

    def test_a_session_signed_by_another_process_holds_where_both_have_the_key(self, place: Place) -> None:
        file = place.folder / "key.pem"
        made = ec.generate_private_key(ec.SECP256R1())
        file.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        token = Sessions(file).token("ada", 1)
        assert Sessions(file).session(token).user == "ada"
        with pytest.raises(TokenRefusedError, match="InvalidSignature"):
            Sessions(None).session(token)

    @pytest.mark.parametrize("content", [None, b"nonsense", "P-384", "RSA"])
    def test_a_key_of_sessions_that_cannot_be_used_is_named_at_the_start(
        self, tmp_path: Path, content: bytes | str | None
    ) -> None:
        file = tmp_path / "key.pem"
        if isinstance(content, bytes):
            file.write_bytes(content)
        elif content is not None:
            made: Any = (
                ec.generate_private_key(ec.SECP384R1()) if content == "P-384" else rsa.generate_private_key(65537, 2048)
            )
            file.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        place = Place(tmp_path, api_session_key_file=file)
        with pytest.raises(ConfigError, match="DP_API_SESSION_KEY_FILE"), place.client():
            pass

    @pytest.mark.parametrize(
        "body", [{"user": "ada", "password": {"a": "s3cr3t-s3cr3t"}}, {"pasword": "s3cr3t-s3cr3t"}]
    )
    def test_a_body_that_is_none_is_not_told_back(self, client: TestClient, body: dict[str, Any]) -> None:
        answer = client.post(SESSION, json=body)
        assert answer.status_code == 422
        assert "s3cr3t" not in answer.text


def session(place: Place, client: TestClient) -> str:
    told = place.accounts.reset_password("ada", "test", datetime.now(UTC))
    changed = client.post(PASSWORD, json={"user": "ada", "password": told, "new_password": OWN})
    return str(changed.json()["access_token"])


def test_on_postgresql_keys_passwords_and_the_ledger_do_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "CONFIRM_SECONDS", 0.0)
    with running_postgres() as url:
        place = Place(tmp_path, planning_database_url=url)
        place.accounts.database.migrate()
        place.put_bundle()
        place.user("ada", [Role.PLANNER], GROCERY)
        key = place.key("ada")
        with place.client() as client:
            assert status(client, key) == status(client, session(place, client)) == 200
            assert client.post(SESSION, json={"user": "ada", "password": "wrong"}).status_code == 401
            place.accounts.revoke_key(prefix_of(key), "test", datetime.now(UTC))
            assert status(client, key) == 401
        assert [row[1] for row in place.ledger()] == [
            *("add user", "create key", "reset password", "change password", "refuse sign-in", "revoke key")
        ]
        assert place.accounts.verify() == place.accounts.database.verify() == []
        place.accounts.database.close()


# -- logs -------------------------------------------------------------------------------------------------------------


def test_no_log_line_no_answer_and_no_row_of_the_ledger_holds_a_secret(
    place: Place, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Secrets, good and bad, in every place of a request that they can be put into, in a seeded order."""
    client.app.state.gate._failures.burst = client.app.state.gate._guesses.burst = 1e6  # type: ignore[attr-defined]
    caplog.set_level(logging.DEBUG)
    rng = random.Random(7)
    told = place.accounts.reset_password("ada", "test", datetime.now(UTC))
    good, token = place.key("ada"), session(place, client)
    secrets = {
        "good": good.rpartition("_")[2] if good.count("_") == 2 else good[12:],
        "token": token.split(".")[2],
        "password": OWN,
        "told": told,
        "wrong": "wr0ng-s3cret-wr0ng-s3cret-wr0ng-s3cret-12345",
    }
    credentials = [good, token, OWN, told, "dp_22222222_" + secrets["wrong"][:43], secrets["wrong"]]
    ways: list[Callable[[str], Any]] = [
        lambda one: client.get(CYCLE, headers=shown(one)),
        lambda one: client.get(CYCLE, headers={"Authorization": one}),
        lambda one: client.get(CYCLE, headers={"X-Api-Key": one, "Cookie": f"k={one}"}),
        lambda one: client.get(f"{CYCLE}?key={one}"),
        lambda one: client.get(f"/v1/forecast/skus/sku0001?api_key={one}", headers=shown(good)),
        lambda one: client.post(SESSION, json={"user": "ada", "password": one}),
        lambda one: client.post(SESSION, json={"user": one[:64], "password": "x"}),
        lambda one: client.post(SESSION, json={"user": "ada", "password": {"deep": one}}),
        lambda one: client.post(SESSION, content=one),
        lambda one: client.post(PASSWORD, json={"user": "ada", "password": "x", "new_password": one}),
    ]
    for _ in range(60):
        rng.choice(ways)(rng.choice(credentials))
    for credential in (good, token):
        client.get(f"/v1/forecast/skus/{credential}", headers=shown(good))
        client.get(f"/{credential}")
    kept = json.dumps(place.accounts.database.ledger())
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("demand_planner")]
    assert len(lines) > 60
    others = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    for secret in secrets.values():
        assert secret not in kept
        assert not [line for line in (*lines, *others) if secret in line]


def test_a_line_of_the_access_log_says_who_what_and_how_it_ended(
    place: Place, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    key = place.key("ada")
    with caplog.at_level(logging.INFO, "demand_planner.access"):
        answer = client.get("/v1/forecast/skus/a%22b?levels=80", headers=shown(key))
        client.get(CYCLE)
        client.get("/a%0Ab")
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "demand_planner.access"]
    assert [set(line) for line in lines] == [{"at", "request", "client", "who", "method", "path", "status", "ms"}] * 3
    assert lines[0]["request"] == answer.headers["x-request-id"]
    assert (lines[0]["who"], lines[0]["path"], lines[0]["status"]) == (
        *(f"key {prefix_of(key)}", '/v1/forecast/skus/a"b', 404),
    )
    assert (lines[1]["who"], lines[1]["status"]) == (None, 401)
    assert lines[2]["path"] == "/a\nb"
    assert not any("\n" in record.getMessage() for record in caplog.records)
