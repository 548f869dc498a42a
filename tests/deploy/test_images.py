"""The Dockerfile says what it should; no image is built here, for want of an engine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DOCKERFILE = REPOSITORY / "deploy/images/Dockerfile"
HADOLINT = Path(sys.executable).parent / "hadolint"


def instructions() -> list[str]:
    """Instructions of the Dockerfile, continued lines joined, comments left out."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    return [line for line in re.sub(r" *\\\n *", " ", "\n".join(lines)).splitlines() if line]


def of(stage: str) -> list[str]:
    """Instructions of one stage."""
    found = instructions()
    start = next(
        number for number, line in enumerate(found) if line.startswith("FROM") and line.endswith(f"AS {stage}")
    )
    rest = found[start + 1 :]
    end = next((number for number, line in enumerate(rest) if line.startswith("FROM")), len(rest))
    return rest[:end]


@pytest.mark.needs_hadolint
def test_hadolint_has_nothing_to_say(tmp_path: Path) -> None:
    careless = tmp_path / "Dockerfile"
    careless.write_text("FROM debian:latest\nRUN cd /tmp && apt-get install curl\n")
    assert subprocess.run([str(HADOLINT), str(careless)], capture_output=True, check=False).returncode == 1
    found = subprocess.run([str(HADOLINT), str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_every_image_that_is_built_on_is_an_argument_without_a_default() -> None:
    bases = [line.split()[1] for line in instructions() if line.startswith("FROM")]
    assert set(bases) == {"${BUILD_IMAGE}", "${RUNTIME_IMAGE}", "${NODE_IMAGE}", "runtime"}
    assert {"ARG BUILD_IMAGE", "ARG RUNTIME_IMAGE", "ARG NODE_IMAGE"} <= set(instructions())


@pytest.mark.parametrize(("image", "code"), [("python:3.11@sha256:0a1b", 0), ("python:3.11", 1), ("", 1)])
def test_an_image_without_a_digest_ends_the_build(image: str, code: int) -> None:
    (check,) = [line for line in of("installed") if line.startswith("RUN for image in")]
    names = {"BUILD_IMAGE": "python@sha256:1", "RUNTIME_IMAGE": image, "NODE_IMAGE": "node@sha256:2"}
    done = subprocess.run(
        ["sh", "-c", check.removeprefix("RUN ")], env=names, capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert code == 0 or "expected an image with a digest" in done.stdout


def test_what_runs_is_no_root_and_brings_no_command_of_its_own() -> None:
    assert of("runtime")[-1] == "USER 10001:10001"
    for stage in ("pipeline", "serving"):
        assert not [line for line in of(stage) if line.startswith(("USER", "ENTRYPOINT", "RUN"))]


def test_serving_tells_whether_it_lives() -> None:
    (check,) = [line for line in of("serving") if line.startswith("HEALTHCHECK")]
    assert "/healthz" in check


def test_everything_that_is_copied_is_there_and_not_ignored() -> None:
    ignored = (REPOSITORY / ".dockerignore").read_text().splitlines()
    taken = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = [line.split()[1:-1] for line in instructions() if line.startswith("COPY") and "--from" not in line]
    for source in [name for names in copied for name in names]:
        assert (REPOSITORY / source).exists(), source
        assert source.split("/")[0] in taken, source
    assert ignored[1] == "*", "everything stays out unless it is named"


def test_packages_and_files_of_the_product_are_all_in_the_image() -> None:
    copied = {name for line in of("installed") if line.startswith("COPY") for name in line.split()[1:-1]}
    assert {"dp_assets", "dp_resources", "serving", "dbt_project", "mappings", "demand.yaml"} <= copied
