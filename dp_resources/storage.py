"""Storage roots as file systems: a local folder, `s3://`, `sftp://`; bounded retries, and errors that say what to do.

Belongs here: opening a root, how often and how long anything is tried again, what a failure is called.
Does not belong here: what lies below a root (`lake.py`, `landing.py`), places and credentials (`settings.py`).

Who retries what, so that attempts do not multiply:
    requests to S3     botocore: 500, 502, 503, 504, throttling, refused and lost connections, timeouts
    bodies from S3     `read_bytes`: a body that ends early, which botocore hands on as it is
    SFTP               `read_bytes` and the landing root, on a fresh connection each time
All of them wait a random time below a bound that doubles, so that many readers do not come back together.
"""

from __future__ import annotations

import errno
import hashlib
import os
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import unquote, urlsplit

import fsspec

from dp_assets.domain.errors import ConfigError, StorageError

ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0
S3_CONFIG: dict[str, Any] = {
    "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS},
    "connect_timeout": 5,
    "read_timeout": 20,
    "max_pool_connections": 32,
}
"""botocore's configuration: an endpoint that answers nothing is given up after `ATTEMPTS` times `read_timeout`."""
SFTP_TIMEOUTS: dict[str, Any] = {"connect_timeout": 10, "login_timeout": 10, "keepalive_interval": 15}
ADVICE: dict[int | None, str] = {
    errno.ENOSPC: "the disk is full: free space there",
    errno.EDQUOT: "the quota is used up: free space there",
    errno.EFBIG: "the file is larger than this process may write: raise its limit",
    errno.EACCES: "give the user that Demand Planner runs as access to it",
    errno.EPERM: "give the user that Demand Planner runs as access to it",
    errno.EROFS: "it is mounted read-only: mount it writable",
    errno.EEXIST: "something lies there that does not belong there: move it away",
    errno.ENOTDIR: "a file lies where a folder belongs: move it away",
}

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Failures of the local side of a copy."""
CHUNK_BYTES = 2**20
ZEROS = bytes(CHUNK_BYTES)

T = TypeVar("T")


def scheme_of(root: str) -> str:
    """`s3`, `sftp`, or `file` for a path without a scheme.

    >>> scheme_of("s3://bucket/in"), scheme_of("/data/landing")
    ('s3', 'file')
    """
    return root.split("://", 1)[0] if "://" in root else "file"


def open_filesystem(root: str, options: Mapping[str, Any] | None = None) -> Any:
    """The fsspec file system of a root. SFTP connects at once, S3 with the first request.

    Args:
        root: local folder, `s3://bucket/prefix` or `sftp://user@host:port/path`.
        options: what the file system needs besides, e.g. endpoint and credentials; `config_kwargs` adds to `S3_CONFIG`.

    Raises:
        ConfigError: the root's scheme is none of ours, or an SFTP server is not the one of the known hosts or refuses
            the user; trying again would only lock an account.
        StorageError: the SFTP server cannot be reached.
    """
    scheme = scheme_of(root)
    if scheme == "file":
        return fsspec.filesystem("file", auto_mkdir=True)
    if scheme == "s3":
        given = dict(options or {})
        config = {**S3_CONFIG, **given.pop("config_kwargs", {})}
        filesystem = fsspec.filesystem("s3", use_listings_cache=False, config_kwargs=config, **given)
        filesystem.retries = 1  # s3fs would try again what botocore has tried often enough
        return filesystem
    if scheme == "sftp":
        return _open_sftp(root, dict(options or {}))
    raise ConfigError(f"{root}: expected a folder, s3://bucket/prefix or sftp://user@host/path, got {scheme}://")


def check_root(root: str) -> None:
    """ConfigError when a root holds a password: the configuration and every message would show it."""
    if scheme_of(root) != "file" and urlsplit(root).password is not None:
        raise ConfigError(
            f"{without_password(root)} holds a password; take it out, and set DP_SFTP_KEY_FILE or DP_SFTP_PASSWORD"
        )


def without_password(root: str) -> str:
    """A root as it may be shown.

    >>> without_password("sftp://me:hidden@host:2222/in")
    'sftp://me@host:2222/in'
    """
    parts = urlsplit(root)
    if parts.password is None:
        return root
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{parts.username}@{host}").geturl()


def _open_sftp(root: str, options: dict[str, Any]) -> Any:
    try:
        from sshfs import SSHFileSystem
    except ImportError:
        raise ConfigError(f"{root}: SFTP needs the package sshfs: pip install 'demand-planner[sftp]'") from None
    parts = urlsplit(root)
    if not options.get("known_hosts"):
        # Without a file, sshfs would trust whoever answers.
        raise ConfigError(
            f"{root}: set DP_SFTP_KNOWN_HOSTS to a file with the server's host key (ssh-keyscan makes it)"
        )
    if not parts.hostname:
        raise ConfigError(f"{root}: expected sftp://user@host:port/path, got no host")
    user = {"username": unquote(parts.username)} if parts.username else {}
    settings = {"config": None, "agent_path": None, **SFTP_TIMEOUTS, **user, **options}
    try:
        return SSHFileSystem(parts.hostname, port=parts.port or 22, skip_instance_cache=True, **settings)
    except PermissionError as error:
        raise ConfigError(
            f"{root}: the server refuses this user: {error}; see DP_SFTP_KEY_FILE, DP_SFTP_PASSWORD and the user's name"
        ) from error
    except failures("sftp") as error:
        if type(error).__name__ in ("HostKeyNotVerifiable", "KeyImportError", "KeyEncryptionError"):
            raise ConfigError(
                f"{root}: {error}; see the keys in DP_SFTP_KNOWN_HOSTS ({settings['known_hosts']}) and DP_SFTP_KEY_FILE"
            ) from error
        raise storage_error("cannot connect to", root, error) from error


def failures(scheme: str) -> tuple[type[Exception], ...]:
    """Classes of what a storage raises when it fails; programming mistakes are not among them."""
    if scheme == "s3":
        from aiohttp import ClientError
        from botocore.exceptions import BotoCoreError
        from botocore.exceptions import ClientError as RefusedRequestError

        return (OSError, EOFError, ClientError, BotoCoreError, RefusedRequestError)
    if scheme == "sftp":
        from asyncssh import Error, KeyImportError
        from fsspec.asyn import FSTimeoutError

        return (OSError, EOFError, Error, KeyImportError, FSTimeoutError)
    return (OSError,)


def storage_error(what: str, place: str, error: BaseException) -> StorageError:
    """The error that a user reads: what failed where, why, and what to do; it keeps the cause's errno.

    Args:
        what: e.g. "cannot read".
        place: a path or URL.
        error: the cause.
    """
    number = error.errno if isinstance(error, OSError) else None
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    refused = isinstance(error, PermissionError) or type(error).__name__ in ("SFTPPermissionDenied", "PermissionDenied")
    number = errno.EACCES if refused else number
    advice = ADVICE.get(number, "see that it can be reached")
    found = StorageError(f"{what} {without_password(place)}: {text}; {advice}, it is tried again next time")
    found.errno = number
    return found


def try_again(
    work: Callable[[], T],
    transient: tuple[type[Exception], ...],
    attempts: int = ATTEMPTS,
    refresh: Callable[[], None] | None = None,
) -> T:
    """Calls `work` until it succeeds, at most `attempts` times; the last failure is raised.

    Args:
        work: what to do; doing it twice must be as good as once.
        transient: failures after which trying again may help.
        attempts: how often in all.
        refresh: called between attempts, e.g. to connect anew.
    """
    for attempt in range(attempts):
        try:
            return work()
        except transient as error:
            lasting = (
                isinstance(error, (FileNotFoundError, PermissionError)) or getattr(error, "errno", 0) == errno.EACCES
            )
            if lasting or attempt == attempts - 1:
                raise
            bound = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**attempt)
            time.sleep(random.uniform(0, bound))  # noqa: S311 - spreads readers, guards no secret
            if refresh is not None:
                refresh()
    raise AssertionError("attempts must be at least 1")


def cut_short(scheme: str) -> tuple[type[Exception], ...]:
    """Failures of a body that ended early, which the request's own retries do not cover."""
    if scheme == "s3":
        from aiohttp import ClientPayloadError
        from botocore.exceptions import IncompleteReadError, ResponseStreamingError

        return (ClientPayloadError, IncompleteReadError, ResponseStreamingError, EOFError, ConnectionError)
    return ()


def read_bytes(filesystem: Any, scheme: str, path: str, size: int | None = None) -> bytes:
    """Content at a path, whole.

    Args:
        filesystem: of `open_filesystem`.
        scheme: its scheme.
        path: full path.
        size: how many bytes it must have, where a listing said so; fewer are taken for a body that was cut short.

    Raises:
        FileNotFoundError: there is nothing.
        StorageError: it cannot be read, however often it is tried.
    """

    # One request, so that the bytes are those of one version: s3fs would ask for the size, then for parts in parallel.
    options = {"max_concurrency": 1} if scheme == "s3" else {}

    def whole() -> bytes:
        data = bytes(filesystem.cat_file(path, **options))
        if size is not None and len(data) < size:
            raise EOFError(f"{len(data)} of {size} bytes came")
        return data

    try:
        return try_again(whole, cut_short(scheme)) if scheme == "s3" else whole()
    except FileNotFoundError:
        raise
    except failures(scheme) as error:
        raise storage_error("cannot read", path, error) from error


def fetch(filesystem: Any, scheme: str, path: str, target: Path, size: int | None = None) -> None:
    """Copies the content at a path to a local file in pieces, whatever its size; takes what `read_bytes` takes.

    Raises:
        FileNotFoundError: there is nothing.
        StorageError: it cannot be read, however often it is tried, or the local file cannot be written.
    """
    options = {"max_concurrency": 1} if scheme == "s3" else {}

    def whole() -> None:
        filesystem.get_file(path, str(target), **options)
        if size is not None and (came := target.stat().st_size) < size:
            raise EOFError(f"{came} of {size} bytes came")

    try:
        try_again(whole, cut_short(scheme)) if scheme == "s3" else whole()
    except FileNotFoundError:
        raise
    except failures(scheme) as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise storage_error("cannot write", str(target), error) from error
        raise storage_error("cannot read", path, error) from error


def copy_local(source: Path, target: IO[bytes]) -> str:
    """Copies a local file into an open one in pieces; its SHA-256. Holes of sparse files stay holes.

    Raises:
        FileNotFoundError: there is nothing.
        StorageError: it cannot be read, or the copy cannot be written.
    """
    digest = hashlib.sha256()
    try:
        with source.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
                _append(target, chunk)
    except (FileNotFoundError, StorageError):
        raise
    except OSError as error:
        raise storage_error("cannot read", str(source), error) from error
    return digest.hexdigest()


def _append(target: IO[bytes], chunk: bytes) -> None:
    try:
        if len(chunk) == CHUNK_BYTES and chunk == ZEROS:
            target.truncate(target.seek(CHUNK_BYTES, os.SEEK_CUR))
        else:
            target.write(chunk)
    except OSError as error:
        raise storage_error("cannot write", str(target.name), error) from error
