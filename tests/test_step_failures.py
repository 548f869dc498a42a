"""What a person reads of a failed step: what to do, where one of our errors says it."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import polars as pl

from dp_assets.domain.errors import ArtefactError
from dp_assets.step_failures import step_cause
from dp_resources.lake import Lake


def cause_of(body: dg.OpDefinition) -> str:
    @dg.job
    def work() -> None:
        body()

    with dg.instance_for_test() as instance:
        result = work.execute_in_process(instance=instance, raise_on_error=False)
        (event,) = [event for event in result.all_events if event.is_step_failure]
        return step_cause(event.step_failure_data.error)


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do_and_not_as_the_disk_says_it(tmp_path: Path) -> None:
    blocked = tmp_path / "forecasts" / "cycle=2017-07-31"
    blocked.parent.mkdir()
    blocked.write_text("in the way")

    @dg.op
    def write() -> None:
        Lake(str(tmp_path)).write("forecasts", pl.DataFrame({"sku": ["a"]}), cycle="2017-07-31")

    said = cause_of(write)
    assert said.startswith(f"cannot write {blocked}/part.parquet: ")
    assert "move it away, it is tried again next time" in said


def test_an_error_of_a_library_is_told_as_it_is() -> None:
    @dg.op
    def divide() -> None:
        try:
            _ = 1 / 0
        except ZeroDivisionError as error:
            raise RuntimeError("the share of a class") from error

    assert cause_of(divide) == "ZeroDivisionError: division by zero"


def test_of_two_of_ours_the_outer_one_is_told_which_knows_what_was_being_done() -> None:
    @dg.op
    def load() -> None:
        try:
            raise ArtefactError("no manifest: make it anew")
        except ArtefactError as error:
            raise ArtefactError("model 2017-07-31 cannot be read: train it again") from error

    assert cause_of(load) == "model 2017-07-31 cannot be read: train it again"


def test_a_step_that_left_no_error_is_told_as_such() -> None:
    assert step_cause(None) == "no message"
