"""Files landed on an SFTP server (a real one, on loopback) are registered as from disk; a strange one is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest
from pydantic import SecretStr

from dp_assets.domain.errors import ConfigError, StorageError
from dp_assets.ingestion import register_new_files
from dp_resources import storage
from dp_resources.lake import Lake, sha256
from dp_resources.landing import Copied, Landing
from dp_resources.settings import Settings
from dp_resources.staged_files import staged
from tests.landed import START, World, encode, make_rows, shop_config
from tests.resources.sftp_server import SftpServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    (tmp_path / "remote" / "in").mkdir(parents=True)
    found = SftpServer(tmp_path / "remote", tmp_path, forbidden=frozenset({"locked.csv"}))
    yield found
    found.stop()


def settings_for(server: SftpServer) -> Settings:
    return Settings(sftp_known_hosts=server.known_hosts, sftp_key_file=server.key_file)


def landing_of(server: SftpServer, path: str = "/in") -> Landing:
    root = server.root(path)
    return Landing(root, settings_for(server).storage_options(root))


def drop(server: SftpServer, uri: str, data: bytes) -> None:
    path = server.folder / "in" / uri
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_files_landed_over_sftp_are_registered_as_from_disk(server: SftpServer, tmp_path: Path) -> None:
    config, disk = shop_config(), World(tmp_path, shop_config())
    for number, uri in enumerate(("shop/a.csv", "shop/2017/b.csv")):
        data = encode(make_rows(12, seed=number), "csv")
        drop(server, uri, data)
        disk.put(uri, data)
    for hidden in ("shop/.a.csv", "_spool/c.csv", "shop/d.csv.part", "shop/manifest.json"):
        drop(server, hidden, b"{}")
    landing, lake = landing_of(server), Lake(tmp_path / "lake_of_remote")
    remote, local = register_new_files(landing, lake, config, START), disk.register()
    assert [one.file_version_id for one in remote] == [one.file_version_id for one in local]
    assert register_new_files(landing, lake, config, START) == []
    drop(server, "shop/a.csv", encode(make_rows(13), "csv"))
    (restated,) = register_new_files(landing, lake, config, START)
    assert restated.supersedes in {one.file_version_id for one in remote}


def test_objects_on_sftp_are_read_stated_and_their_manifest_understood(server: SftpServer, tmp_path: Path) -> None:
    drop(server, "shop/a.csv", b"item")
    drop(server, "shop/manifest.json", b'{"a.csv": {"arrived_at": "2017-01-09T06:00:00Z"}}')
    landing = landing_of(server)
    (found,) = landing.list()
    assert landing.stat("shop/a.csv") == found
    assert (landing.stat("shop/b.csv"), landing.read("shop/a.csv")) == (None, b"item")
    with staged(tmp_path) as place:
        assert landing.copy(found, place) == Copied(sha256(b"item"), 4, b"item")
    assert list(landing.manifest(shop_config(files=["shop/*"]).producers[0])) == ["shop/a.csv"]
    with pytest.raises(FileNotFoundError):
        landing.read("shop/b.csv")
    assert landing_of(server, "/nowhere").list() == []


def test_a_lost_connection_is_made_anew(server: SftpServer) -> None:
    drop(server, "shop/a.csv", b"item")
    landing = landing_of(server)
    assert landing.read("shop/a.csv") == b"item"
    server.stop()
    server.start()
    assert [one.uri for one in landing.list()] == ["shop/a.csv"]
    assert landing.read("shop/a.csv") == b"item"


def test_a_server_that_is_down_is_named_and_does_not_stop_the_graph_from_loading(
    server: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "FIRST_WAIT_SECONDS", 0.01)
    root = f"sftp://producer@127.0.0.1:{_closed_port()}/in"
    landing = Landing(root, settings_for(server).storage_options(root))
    with pytest.raises(StorageError, match=r"cannot connect to sftp://producer@127.0.0.1:\d+/in.*see that it can be"):
        landing.list()


def test_a_server_with_another_host_key_is_refused(server: SftpServer) -> None:
    settings = settings_for(server)
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    (server.place / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {other}")
    with pytest.raises(ConfigError, match=r"not trusted.*DP_SFTP_KNOWN_HOSTS"):
        Landing(server.root(), settings.storage_options(server.root())).list()


def test_without_known_hosts_nothing_is_connected_to(server: SftpServer) -> None:
    settings = Settings(sftp_key_file=server.key_file)
    with pytest.raises(ConfigError, match="set DP_SFTP_KNOWN_HOSTS"):
        Landing(server.root(), settings.storage_options(server.root())).list()


def test_a_refused_user_is_an_error_that_names_the_settings(server: SftpServer) -> None:
    stranger = server.place / "stranger"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(stranger))
    settings = Settings(sftp_known_hosts=server.known_hosts, sftp_key_file=stranger)
    with pytest.raises(ConfigError, match=r"refuses this user.*DP_SFTP_KEY_FILE"):
        Landing(server.root(), settings.storage_options(server.root())).list()


def test_a_password_comes_from_the_environment_and_never_from_the_root(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    server = SftpServer(tmp_path, tmp_path, password="well-hidden")
    try:
        settings = Settings(sftp_known_hosts=server.known_hosts, sftp_password=SecretStr("well-hidden"))
        assert Landing(server.root(), settings.storage_options(server.root())).list() == []
        assert "well-hidden" not in repr(settings)
    finally:
        server.stop()
    with pytest.raises(ConfigError, match="me@host/in holds a password") as caught:
        Landing("sftp://me:well-hidden@host/in")
    assert "well-hidden" not in str(caught.value)


def test_a_file_that_may_not_be_read_waits_and_the_others_are_registered(server: SftpServer, tmp_path: Path) -> None:
    drop(server, "shop/a.csv", encode(make_rows(5), "csv"))
    drop(server, "shop/locked.csv", b"item")
    landing = landing_of(server)
    found = register_new_files(landing, Lake(tmp_path / "lake"), shop_config(), START)
    assert [one.uri for one in found] == ["shop/a.csv"]
    assert "give the user that Demand Planner runs as access" in landing.waiting["shop/locked.csv"]


def _closed_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
