"""A real SFTP server on loopback for tests: asyncssh in a thread, one user with a key, a folder as its root."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

USER = "producer"


class Account(asyncssh.SSHServer):
    """Lets the user in with a password, where one is set; keys are checked by asyncssh."""

    def __init__(self, password: str | None, connections: list[asyncssh.SSHServerConnection]) -> None:
        self.password = password
        self.connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connections.append(conn)

    def password_auth_supported(self) -> bool:
        return self.password is not None

    def validate_password(self, username: str, password: str) -> bool:
        return username == USER and password == self.password


class Files(asyncssh.SFTPServer):
    """The folder as root; opening one of the `forbidden` names is refused."""

    forbidden: frozenset[str] = frozenset()

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if Path(path.decode()).name in self.forbidden:
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        return super().open(path, pflags, attrs)


@dataclass
class SftpServer:
    """Starts, stops and restarts; the host key and the port stay.

    Attributes:
        folder: what the user sees as `/`.
        place: where keys are written.
        password: accepted besides the key.
        forbidden: names of files that may be listed but not read.
    """

    folder: Path
    place: Path
    password: str | None = None
    forbidden: frozenset[str] = frozenset()
    port: int = 0
    _connections: list[Any] = field(default_factory=list, init=False)
    _loop: Any = field(default=None, init=False)
    _server: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.user_key = asyncssh.generate_private_key("ssh-ed25519")
        self.key_file = self.place / "id_ed25519"
        self.user_key.write_private_key(str(self.key_file))
        self.authorized = self.place / "authorized_keys"
        self.user_key.write_public_key(str(self.authorized))
        self.start()

    @property
    def known_hosts(self) -> Path:
        """A file with this server's host key."""
        path = self.place / "known_hosts"
        key = self.host_key.export_public_key().decode().strip()
        path.write_text(f"[127.0.0.1]:{self.port} {key}\n")
        return path

    def root(self, path: str = "/in") -> str:
        """The server as a landing root."""
        return f"sftp://{USER}@127.0.0.1:{self.port}{path}"

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        forbidden = self.forbidden

        def factory(channel: Any) -> Files:
            files = Files(channel, chroot=str(self.folder).encode())
            files.forbidden = forbidden
            return files

        async def listen() -> None:
            self._server = await asyncssh.listen(
                "127.0.0.1",
                self.port,
                server_factory=lambda: Account(self.password, self._connections),
                server_host_keys=[self.host_key],
                authorized_client_keys=str(self.authorized),
                sftp_factory=factory,
                reuse_address=True,
            )
            self.port = self._server.get_port()
            started.set()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(listen())
            self._loop.run_forever()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        assert started.wait(10)

    def stop(self) -> None:
        """Drops every connection."""

        async def close() -> None:
            self._server.close()
            for connection in self._connections:
                connection.abort()
                await connection.wait_closed()
            self._connections.clear()
            await self._server.wait_closed()
            await asyncio.sleep(0.05)  # what was closed is let go of

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
