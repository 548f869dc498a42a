from __future__ import annotations

from pathlib import Path

import pytest

from dp_assets.domain.errors import ConfigError
from dp_resources.settings import Settings
from serving.library import Answers, open_lake


def test_an_answer_is_rendered_once() -> None:
    answers, rendered = Answers(100), []
    for _ in range(3):
        assert answers.get("sku", lambda: rendered.append(1) or b"answer") == b"answer"
    assert len(rendered) == 1


def test_the_answers_least_recently_asked_for_are_dropped_when_space_runs_out() -> None:
    answers = Answers(30)
    for name in ("a", "b", "c", "a", "d"):
        answers.get(name, lambda: bytes(10))
    assert answers.bytes == 30
    assert answers.get("a", lambda: b"again") == bytes(10)
    assert answers.get("b", lambda: b"again") == b"again"


def test_an_answer_bigger_than_the_space_is_given_but_not_kept() -> None:
    answers = Answers(5)
    assert answers.get("a", lambda: bytes(10)) == bytes(10)
    assert answers.bytes == 0


def test_the_environment_names_the_lake_and_needs_no_configuration(tmp_path: Path) -> None:
    absent = tmp_path / "demand.yaml"
    assert open_lake(Settings(config=absent, lake_root="elsewhere")).root == str(tmp_path / "elsewhere")
    assert open_lake(Settings(config=absent, lake_root="/data/lake")).root == "/data/lake"
    with pytest.raises(ConfigError, match=r"demand\.yaml"):
        open_lake(Settings(config=absent))


def test_the_lake_of_the_configuration_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "demand.yaml"
    path.write_text("producers: [{name: shop, files: ['*.csv'], columns: {sku: a, sold_at: b, quantity: c}}]\n")
    assert open_lake(Settings(config=path)).root == str(tmp_path / "lake")
