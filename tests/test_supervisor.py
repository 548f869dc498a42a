from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from dp_assets.supervisor import MARKER, Service, Supervisor, family

PYTHON = sys.executable
SLEEPER = "import time; print('here', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('here', flush=True); time.sleep(600)"
)
PARENT = (
    "import subprocess, sys, time;"
    f"subprocess.Popen([sys.executable, '-c', {SLEEPER!r}], start_new_session=True);"
    "print('here', flush=True); time.sleep(600)"
)


def collected() -> tuple[list[str], Supervisor]:
    lines: list[str] = []
    return lines, Supervisor(write=lines.append, ready_seconds=20, grace_seconds=1)


def after_line(lines: list[str], name: str) -> bool:
    return any(line.startswith(name) and line.endswith("| here") for line in lines)


class TestServices:
    """Supervisors in this process, stopped by a signal that it sends itself."""

    def stop_when_announced(self, lines: list[str], number: int = signal.SIGINT) -> subprocess.Popen[bytes]:
        return subprocess.Popen([PYTHON, "-c", f"import os, time; time.sleep(1.5); os.kill({os.getpid()}, {number})"])

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_one_signal_stops_everything(self, number: int) -> None:
        lines, supervisor = collected()
        waves = [
            [Service("one", (PYTHON, "-c", SLEEPER), lambda: after_line(lines, "one"))],
            [Service("three", (PYTHON, "-c", SLEEPER), lambda: after_line(lines, "three"))],
        ]
        killer = self.stop_when_announced(lines, number)
        assert supervisor.run(waves, lambda: "all is well") == 0
        killer.wait()
        assert supervisor.family() == []
        assert lines.index("one   | here") < lines.index("three | here") < lines.index("all is well")
        assert lines[-1] == "stopped, nothing left behind"

    @pytest.mark.slow
    def test_a_process_that_ignores_signals_is_killed(self) -> None:
        lines, supervisor = collected()
        killer = self.stop_when_announced(lines)
        stubborn = Service("mule", (PYTHON, "-c", STUBBORN), lambda: after_line(lines, "mule"))
        assert supervisor.run([[stubborn]], lambda: "up") == 0
        killer.wait()
        assert supervisor.family() == []

    @pytest.mark.slow
    def test_grandchildren_in_sessions_of_their_own_are_ended(self) -> None:
        lines, supervisor = collected()
        killer = self.stop_when_announced(lines)
        parent = Service("parent", (PYTHON, "-c", PARENT), lambda: len(supervisor.family()) == 2)
        assert supervisor.run([[parent]], lambda: "up") == 0
        killer.wait()
        assert supervisor.family() == []

    def test_a_service_that_ends_stops_the_others_and_is_named(self) -> None:
        lines, supervisor = collected()
        waves = [
            [
                Service("steady", (PYTHON, "-c", SLEEPER), lambda: True),
                Service("broken", (PYTHON, "-c", "import sys; print('no lake'); sys.exit(3)"), lambda: False),
            ]
        ]
        assert supervisor.run(waves, lambda: "never said") == 1
        assert supervisor.family() == []
        assert "broken | no lake" in lines
        assert "never said" not in lines
        assert any("broken ended by itself with exit code 3" in line for line in lines)

    def test_a_service_that_is_never_ready_is_named(self) -> None:
        lines: list[str] = []
        supervisor = Supervisor(write=lines.append, ready_seconds=0.5, grace_seconds=1)
        assert supervisor.run([[Service("slow", (PYTHON, "-c", SLEEPER), lambda: False)]], lambda: "up") == 1
        assert any("slow: not ready within" in line for line in lines)
        assert supervisor.family() == []

    def test_children_get_the_environment_handed_over(self) -> None:
        lines: list[str] = []
        supervisor = Supervisor({"DP_API_URL": "http://here"}, lines.append, ready_seconds=20, grace_seconds=1)
        show = "import os, sys; print(os.environ['DP_API_URL'], flush=True); sys.exit(1)"
        supervisor.run([[Service("env", (PYTHON, "-c", show), lambda: False)]], lambda: "")
        assert "env | http://here" in lines

    def test_handlers_of_signals_are_put_back(self) -> None:
        before = signal.getsignal(signal.SIGINT)
        _, supervisor = collected()
        supervisor.run([[Service("gone", (PYTHON, "-c", ""), lambda: False)]], lambda: "")
        assert signal.getsignal(signal.SIGINT) is before


def test_everything_is_stopped_even_when_nobody_reads_its_output() -> None:
    supervisor = Supervisor(write=_refuse, ready_seconds=20, grace_seconds=1)
    broken = Service("broken", (PYTHON, "-c", "import sys; sys.exit(3)"), lambda: True)
    steady = Service("steady", (PYTHON, "-c", SLEEPER), lambda: True)
    assert supervisor.run([[steady, broken]], lambda: "") == 1
    assert supervisor.family() == []


def _refuse(line: str) -> None:
    raise BrokenPipeError


def test_a_second_interrupt_does_not_wait_for_grace(tmp_path: Path) -> None:
    program = f"""
        import sys
        from dp_assets.supervisor import Service, Supervisor
        lines = []
        def write(line):
            lines.append(line)
            print(line, flush=True)
        service = Service("mule", (sys.executable, "-c", {STUBBORN!r}), lambda: "mule | here" in lines)
        sys.exit(Supervisor(write=write, grace_seconds=300).run([[service]], lambda: "up"))
    """
    process = subprocess.Popen([PYTHON, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line == "up\n":
            break
    mule = psutil.Process(process.pid).children()[0]
    run_id = mule.environ()[MARKER]
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
    assert process.wait(timeout=60) == 0
    process.stdout.close()
    assert family(run_id) == []
