"""What commands share: they end when they are told to, and so does what they start."""

from __future__ import annotations

import subprocess
import sys

import pytest

INNER = """
import subprocess
from dp_assets.commands.terminal import heed_interrupts
if HEED:
    heed_interrupts()
from dagster._utils.interrupts import setup_interrupt_handlers
setup_interrupt_handlers()
child = subprocess.Popen(["sleep", "60"])
child.terminate()
try:
    print("ended", child.wait(timeout=3))
except subprocess.TimeoutExpired:
    child.kill()
    print("goes on", child.wait())
"""
OUTER = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-c", sys.argv[1]])
"""


@pytest.mark.slow
@pytest.mark.parametrize(("heeds", "said"), [(True, "ended -15"), (False, "goes on -9")])
def test_what_a_command_in_the_background_starts_ends_when_it_is_told_to(heeds: bool, said: str) -> None:
    """A shell starts commands in the background with SIGINT ignored; Dagster makes SIGTERM follow it."""
    command = [sys.executable, "-c", OUTER, INNER.replace("HEED", str(heeds))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == said
