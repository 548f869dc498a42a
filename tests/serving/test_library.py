from __future__ import annotations

from pathlib import Path

import pytest

from dp_assets.domain.errors import ConfigError
from dp_resources.settings import Settings
from serving.library import Answers, Rendered, open_lake


def answer(name: str) -> Rendered:
    return Rendered(b"tag", (), name.encode(), 10)


def test_an_answer_that_was_kept_is_found_again() -> None:
    answers = Answers(100)
    assert answers.find("sku") is None
    answers.keep("sku", answer("sku"))
    assert answers.find("sku") == answer("sku")


def test_the_answers_least_recently_asked_for_are_dropped_when_space_runs_out() -> None:
    answers = Answers(30)
    for name in ("a", "b", "c"):
        answers.keep(name, answer(name))
    assert answers.find("a") == answer("a")
    answers.keep("d", answer("d"))
    assert answers.bytes == 30
    assert answers.find("a") == answer("a")
    assert answers.find("b") is None


def test_a_question_is_asked_again_when_it_was_asked_before() -> None:
    answers = Answers(100)
    assert [answers.is_asked_again(name) for name in ("a", "b", "a", "a")] == [False, False, True, True]


def test_an_answer_bigger_than_the_space_is_not_kept() -> None:
    answers = Answers(5)
    answers.keep("a", answer("a"))
    assert answers.bytes == 0
    assert answers.find("a") is None


def test_the_same_question_answered_twice_takes_its_space_once() -> None:
    answers = Answers(25)
    for _ in range(3):
        answers.keep("a", answer("a"))
    assert (answers.bytes, len(answers)) == (10, 1)
    for name in ("b", "c"):
        answers.keep(name, answer(name))
    assert (answers.bytes, len(answers)) == (20, 2)


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
