"""Runs a few long-lived programs as one: starts them in order, relays their output, and stops them all together.

Belongs here: processes, signals, waiting. Does not belong here: which programs (`up.py`).

Every child leads a session of its own, so that a Ctrl-C in the terminal reaches this process alone, which then stops
the children in an orderly way. Children may start processes that outlive them (code servers, runs); all carry a marker
in their environment, by which the last ones are found and ended. Only processes with the marker are ever signalled.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from uuid import uuid4

import psutil

from dp_assets.domain.errors import DemandPlannerError

MARKER = "DP_UP_RUN"
POLL_SECONDS = 0.25
KILL_ROUNDS = 5
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ServiceFailedError(DemandPlannerError):
    """A service ended by itself, or did not become ready."""


@dataclass(frozen=True)
class Service:
    """One long-lived program.

    Attributes:
        name: what its output is labelled with.
        command: program and arguments.
        ready: whether it does its work; must not raise and must return within a few seconds.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]


class Supervisor:
    """Starts services in waves, each wave once the one before is ready, and keeps them until told to stop.

    Args:
        environment: environment of the children, on top of this process' own.
        write: takes each line of output.
        ready_seconds: how long one wave may take to become ready.
        grace_seconds: how long children may take to end after an interrupt, and again after a termination signal.
    """

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        write: Callable[[str], None] | None = None,
        ready_seconds: float = 180,
        grace_seconds: float = 15,
    ) -> None:
        self.run_id = uuid4().hex
        self.environment = {**os.environ, **(environment or {}), MARKER: self.run_id, "PYTHONUNBUFFERED": "1"}
        self._write = write or _write_line
        self.ready_seconds = ready_seconds
        self.grace_seconds = grace_seconds
        self._children: dict[str, subprocess.Popen[str]] = {}
        self._relays: list[threading.Thread] = []
        self._stop = threading.Event()
        self._hurry = False

    def write(self, line: str) -> None:
        """Says a line; a reader that went away (`dp up | head`) must not keep anything from being stopped."""
        with contextlib.suppress(OSError, ValueError):
            self._write(line)

    def run(self, waves: Sequence[Sequence[Service]], announcement: Callable[[], str]) -> int:
        """Runs until a signal comes (0) or a service fails (1); no process is left behind either way."""
        width = max(len(service.name) for wave in waves for service in wave)
        with self._signals():
            try:
                for wave in waves:
                    for service in wave:
                        self._start(service, width)
                    self._wait_until_ready(wave)
                if not self._stop.is_set():
                    self.write(announcement())
                while not self._stop.wait(POLL_SECONDS):
                    self._check_alive()
            except ServiceFailedError as error:
                self.write(f"error: {error}")
                return 1
            finally:
                self.write("stopping ...")
                left = self._end()
                self.write(
                    f"stopped, but these processes would not end: {left}" if left else "stopped, nothing left behind"
                )
        return 0

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._hurry = self._stop.is_set()  # asked twice: no more patience
        self._stop.set()

    def _start(self, service: Service, width: int) -> None:
        if self._stop.is_set():
            return
        child = subprocess.Popen(
            service.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._children[service.name] = child
        relay = threading.Thread(target=self._relay, args=(child, f"{service.name:<{width}} | "), daemon=True)
        relay.start()
        self._relays.append(relay)

    def _relay(self, child: subprocess.Popen[str], prefix: str) -> None:
        if child.stdout is None:
            return
        with child.stdout as lines:
            for line in lines:
                self.write(prefix + line.rstrip("\n"))

    def _wait_until_ready(self, wave: Sequence[Service]) -> None:
        deadline = time.monotonic() + self.ready_seconds
        waiting = list(wave)
        while waiting and not self._stop.is_set():
            self._check_alive()
            waiting = [service for service in waiting if not service.ready()]
            if not waiting:
                return
            if time.monotonic() > deadline:
                names = ", ".join(service.name for service in waiting)
                raise ServiceFailedError(f"{names}: not ready within {self.ready_seconds:.0f} s; see the lines above")
            self._stop.wait(POLL_SECONDS)

    def _check_alive(self) -> None:
        for name, child in self._children.items():
            if (code := child.poll()) is not None:
                raise ServiceFailedError(f"{name} ended by itself with exit code {code}; see its lines above")

    def _end(self) -> list[int]:
        """Interrupts, terminates, then kills every child's group and what they left; ids that would not end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            for child in self._children.values():
                if child.poll() is None:
                    os.killpg(child.pid, number)
            if self._all_ended_within(self.grace_seconds):
                break
        survivors = self.family()
        for process in survivors:
            _signal(process, signal.SIGTERM)
        _, stubborn = psutil.wait_procs(survivors, timeout=0 if self._hurry else 3)
        for _ in range(KILL_ROUNDS):  # a process that was being started while the others were killed shows up late
            for process in stubborn:
                _signal(process, signal.SIGKILL)
            psutil.wait_procs(stubborn, timeout=5)
            if not (stubborn := self.family()):
                break
        for relay in self._relays:
            relay.join(timeout=2)
        for child in self._children.values():
            child.poll()
        return [process.pid for process in stubborn]

    def _all_ended_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while any(child.poll() is None for child in self._children.values()):
            if self._hurry or time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS / 5)
        return True

    def family(self) -> list[psutil.Process]:
        """Every living process that was started, directly or not, by this supervisor."""
        return family(self.run_id)


def family(run_id: str) -> list[psutil.Process]:
    """Living processes that carry a run's marker, but for this one."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.pid != os.getpid() and process.environ().get(MARKER) == run_id
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):  # ended meanwhile, or another user's
            continue
    return found


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


_OUTPUT = threading.Lock()


def _write_line(line: str) -> None:
    with _OUTPUT:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
