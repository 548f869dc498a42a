"""What is told of what is wrong: once, to whom it concerns, and again when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dp_assets.domain.alert_config import AlertConfig, DueConfig, KindName
from dp_assets.domain.alert_messages import message_id, payload, plain_text, slack_text, subject
from dp_assets.domain.alert_runs import RunFact, failures, too_long
from dp_assets.domain.alerts import (
    KINDS,
    Alert,
    Notice,
    Sighting,
    channels_for,
    decide,
    is_due,
    make_alert,
    runbook_of,
)
from dp_assets.domain.due_files import missing_since
from dp_assets.domain.forecasts import config_hash
from dp_assets.domain.ingest.recipe import recipe
from tests.factories import make_config

AT = datetime(2017, 12, 5, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
URL = "http://dagster"
CHANNELS = [
    {"kind": "slack", "name": "planners", "channel": "#planning"},
    {"kind": "email", "name": "mail", "to": ["ops@example.com"]},
    {"kind": "webhook", "name": "pager", "url": "https://pager.example.com/in"},
]


def config(**said: Any) -> AlertConfig:
    return AlertConfig.model_validate(said)


def alert(kind: str = "file_missing", subject: str = "north", owner: str | None = None, happened: str = "x") -> Alert:
    return make_alert(config(), kind, subject, happened, "http://look", owner)


def run(number: int, outcome: Any, keys: str = "a", at: int = 0, took: int = 1, **said: Any) -> RunFact:
    created = AT + at * MINUTE
    ended = None if outcome == "going" else created + took * MINUTE
    return RunFact(f"r{number}", said.pop("job", "weekly_cycle"), tuple(keys), outcome, created, ended, **said)


# -- the decision -----------------------------------------------------------------------------------------------------


def test_what_is_wrong_is_opened_once_and_closed_when_it_is_over() -> None:
    north = Sighting(alert())
    assert decide([north], {}, ()).opened == (north.alert,)
    assert decide([north], {"file_missing:north": "file_missing"}, {"file_missing:north"}).opened == ()
    (closed,) = decide([], {"file_missing:north": "file_missing"}, ()).closed
    assert (closed.key, closed.ending) == ("file_missing:north", "recovered")
    assert decide([north], {}, {"file_missing:north"}).opened == (north.alert,)  # the next time it is told again


def test_what_could_not_be_looked_at_stays_open() -> None:
    assert decide([], {"file_missing:north": "file_missing"}, (), {"file_missing"}).closed == ()


def test_what_is_too_old_is_not_told_of_anew_but_stays_open() -> None:
    old = Sighting(alert(), may_open=False)
    assert decide([old], {}, ()).opened == ()
    assert decide([old], {"file_missing:north": "file_missing"}, ()).closed == ()


def test_a_graver_alert_takes_the_place_of_the_one_before_and_nothing_is_said_to_be_over() -> None:
    worse = Sighting(alert("retries_exhausted", "j:r1"), also=("run_failed:j:r1",), may_open=False)
    found = decide([worse], {"run_failed:j:r1": "run_failed"}, ())
    assert [one.key for one in found.opened] == ["retries_exhausted:j:r1"]
    assert [(one.key, one.ending) for one in found.closed] == [("run_failed:j:r1", "replaced")]


def test_what_began_and_ended_while_nobody_looked_is_told_once() -> None:
    over = Sighting(alert("run_failed", "j:r1"), is_over=True, also=("retries_exhausted:j:r1",))
    assert decide([over], {}, ()).missed == (over.alert,)
    assert decide([over], {}, {"retries_exhausted:j:r1"}).missed == ()
    closed = decide([over], {"retries_exhausted:j:r1": "retries_exhausted"}, {"retries_exhausted:j:r1"})
    assert ([one.key for one in closed.closed], closed.missed) == (["retries_exhausted:j:r1"], ())


# -- whom, and when ---------------------------------------------------------------------------------------------------


def test_routes_go_by_severity_owner_and_kind_and_without_routes_everything_goes_everywhere() -> None:
    routes = [
        {"channels": ["pager"], "severity": "critical"},
        {"channels": ["mail"], "owners": ["data"]},
        {"channels": ["planners", "mail"], "kinds": ["accuracy_dropped"]},
    ]
    routed = config(channels=CHANNELS, routes=routes)
    assert channels_for(alert("retries_exhausted"), routed) == ("pager",)
    assert channels_for(alert(owner="data"), routed) == ("mail",)
    assert channels_for(alert("accuracy_dropped", owner="data"), routed) == ("planners", "mail")
    assert channels_for(alert(), routed) == ()
    assert channels_for(alert(), config(channels=CHANNELS)) == ("planners", "mail", "pager")


def test_an_owner_is_the_producers_or_the_kinds_or_the_one_for_all() -> None:
    own = config(owner="all", owners={"file_missing": "data"})
    assert make_alert(own, "file_missing", "north", "", "", "north's own").owner == "north's own"
    assert make_alert(own, "file_missing", "north", "", "").owner == "data"
    assert make_alert(own, "asset_stale", "x", "", "").owner == "all"


def test_errors_go_at_once_and_take_along_warnings_that_wait() -> None:
    warning = Notice(1, "opened", alert(), "", AT)
    error = Notice(2, "opened", alert("run_failed"), "", AT)
    over = Notice(2, "recovered", alert("run_failed"), "it runs again", AT)
    for one in (warning, over):
        assert not is_due([(one, AT)], AT + 9 * MINUTE, 10 * MINUTE)
        assert is_due([(one, AT)], AT + 10 * MINUTE, 10 * MINUTE)
    assert is_due([(warning, AT), (error, AT)], AT, 10 * MINUTE)
    assert not is_due([], AT, 10 * MINUTE)


@pytest.mark.parametrize(
    ("said", "mistake"),
    [
        ({"channels": [CHANNELS[0], CHANNELS[0]]}, "'planners' twice"),
        ({"channels": CHANNELS, "routes": [{"channels": ["pagr"]}]}, "got 'pagr'"),
        ({"channels": [{"kind": "email", "name": "m", "to": ["a@b.c\r\nBcc: x@y.z"]}]}, "expected addresses"),
    ],
)
def test_mistakes_of_channels_and_routes_are_named(said: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValidationError, match=mistake):
        make_config(alerts=said)


def test_alerts_change_neither_forecasts_nor_what_is_read() -> None:
    plain = make_config()
    shop = {**plain.producers[0].model_dump(), "due_by": {"time": "07:00"}, "owner": "data"}
    told = make_config(alerts={"channels": CHANNELS}, producers=[shop])
    assert config_hash(told) == config_hash(plain)
    assert recipe(told.producers[0], "transactions", told) == recipe(plain.producers[0], "transactions", plain)


# -- what is said -----------------------------------------------------------------------------------------------------


def test_a_message_says_what_happened_what_it_means_what_to_do_and_where_to_look() -> None:
    notices = [Notice(7, "opened", alert(happened="No new file from north by 07:00."), "", AT)]
    for text in (plain_text(notices), slack_text(notices)):
        for part in ("No new file from north", KINDS["file_missing"].means[:40], "Ask the producer", "http://look"):
            assert part in text
        assert "docs/runbooks/alert-file-missing.md" in text
    (told,) = payload(notices)["alerts"]
    assert (told["id"], told["event"], told["key"], told["severity"]) == (
        *("7-opened", "opened", "file_missing:north"),
        "warning",
    )
    assert message_id(notices) == message_id(list(notices))


def test_many_of_a_kind_are_one_paragraph_the_gravest_first() -> None:
    many = [Notice(n, "opened", alert(subject=f"p{n}", happened=f"file {n} is late"), "", AT) for n in range(50)]
    grave = Notice(99, "opened", alert("retries_exhausted", happened="it failed"), "", AT)
    text = plain_text([*many, grave])
    assert text.count("What it means") == 2
    assert text.index("it failed") < text.index("file 0 is late")
    assert "and 30 more of the same kind" in text
    assert subject([*many, grave]) == "[CRITICAL] it failed (+50)"


def test_names_of_files_cannot_break_a_message() -> None:
    nasty = Notice(1, "opened", alert(happened="<!channel> a\r\nBcc: x & y\x1b[31m" + "z" * 9000), "", AT)
    assert "<!channel>" not in slack_text([nasty])
    assert "\r" not in subject([nasty])
    assert "\n" not in subject([nasty])
    assert "\x1b" not in plain_text([nasty])
    assert len(slack_text([nasty])) < 3000


def test_every_kind_of_alert_has_a_runbook_that_says_when_it_is_over() -> None:
    repository = Path(__file__).parents[2]
    assert set(get_args(KindName)) == set(KINDS) - {"test"}
    for kind in KINDS:
        text = (repository / runbook_of(kind)).read_text()
        for heading in ("## What it means", "## What to look at", "## What to do", "## When it is over"):
            assert heading in text, (kind, heading)
    based = make_alert(config(runbooks_url="https://wiki/books/"), "run_failed", "x", "", "")
    assert based.runbook == "https://wiki/books/alert-run-failed.md"


# -- runs -------------------------------------------------------------------------------------------------------------


def seen(*runs: RunFact, now: datetime = AT + HOUR) -> list[tuple[str, bool]]:
    return [(one.alert.key, one.is_over) for one in failures(runs, config(), URL, now)]


def test_a_failure_is_told_at_once_again_when_it_is_given_up_and_when_it_recovers() -> None:
    first = run(1, "failed", will_retry=True, retried=True)
    second = run(2, "failed", at=5, will_retry=True, retried=True)
    third = run(3, "failed", at=10)
    assert seen(first) == [("run_failed:weekly_cycle:r1", False)]
    assert seen(first, run(2, "going", at=5)) == [("run_failed:weekly_cycle:r1", False)]
    assert seen(first, second) == [("run_failed:weekly_cycle:r1", False)]
    assert seen(first, second, third) == [("retries_exhausted:weekly_cycle:r1", False)]
    assert seen(first, second, third, run(4, "succeeded", at=30)) == [("run_failed:weekly_cycle:r1", True)]
    (found,) = failures([first, run(2, "succeeded", at=5)], config(), URL, AT + HOUR)
    assert "failed once" in found.alert.happened
    assert "has succeeded since" in found.alert.happened


def test_a_retry_that_does_not_start_counts_as_given_up() -> None:
    waits = run(1, "failed", will_retry=True)
    assert seen(waits, now=AT + 5 * MINUTE) == [("run_failed:weekly_cycle:r1", False)]
    assert seen(waits, now=AT + 15 * MINUTE) == [("retries_exhausted:weekly_cycle:r1", False)]


def test_a_failure_is_over_once_all_of_its_partitions_were_made_whoever_made_them() -> None:
    failed = run(1, "failed", "abc")
    assert seen(failed, run(2, "succeeded", "ab", at=2)) == [("retries_exhausted:weekly_cycle:r1", False)]
    assert seen(failed, run(2, "succeeded", "ab", at=2), run(3, "succeeded", "cd", at=4))[0][1]
    assert not seen(failed, run(2, "succeeded", "abcd", at=2, job="retrain"))[0][1]
    assert not seen(run(2, "succeeded", "abc"), replace_at(failed, 5))[0][1]


def replace_at(fact: RunFact, minutes: int) -> RunFact:
    return run(9, fact.outcome, "".join(fact.keys), at=minutes)


def test_work_that_grew_is_the_same_trouble_and_other_partitions_are_another() -> None:
    assert len(seen(run(1, "failed", "ab"), run(2, "failed", "abc", at=3))) == 1
    assert len(seen(run(1, "failed", "ab"), run(2, "failed", "cd", at=3))) == 2


@pytest.mark.parametrize(("minutes", "is_told"), [(179, False), (181, True), (239, True)])
def test_work_that_would_pass_four_hours_is_told_before_it_does(minutes: int, is_told: bool) -> None:
    work = [
        run(1, "succeeded", at=0, took=60, job="ingest_new_files"),
        run(2, "succeeded", at=60, took=30, job="refresh_buckets"),
        run(3, "going", at=91),
    ]
    assert bool(too_long(work, config(), URL, AT + minutes * MINUTE)) is is_told


def test_what_remains_usually_takes_is_reckoned_with() -> None:
    week = 7 * 24 * 60
    before = [run(n, "succeeded", at=-week * n, took=150) for n in range(1, 4)]
    now = [run(8, "succeeded", at=0, took=100, job="refresh_buckets"), run(9, "going", at=101)]
    (found,) = too_long([*before, *now], config(), URL, AT + 110 * MINUTE)
    assert "began 1 h 50 min ago and would take 4 h 11 min; it may take 4 h 00 min" in found.alert.happened


def test_it_stays_one_alert_between_two_runs_and_ends_with_the_cycle() -> None:
    work = [run(1, "succeeded", at=0, took=200, job="refresh_buckets")]
    keys = {
        too_long([*work, *more], config(), URL, AT + at * MINUTE)[0].alert.key
        for more, at in (((), 201), ((run(2, "going", at=201),), 220))
    }
    assert len(keys) == 1
    assert too_long([*work, run(2, "succeeded", at=201, took=9)], config(), URL, AT + 211 * MINUTE) == []
    assert too_long(work, config(), URL, AT + 300 * MINUTE) == []


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, RunFact | None]]:
    """Runs that end one after another, and ticks in between; some ticks are killed before or after they are kept."""
    steps: list[tuple[str, RunFact | None]] = []
    for number in range(draw(st.integers(1, 14))):
        outcome = draw(st.sampled_from(["failed", "succeeded"]))
        first = draw(st.integers(0, 2))
        keys = "abc"[first : first + draw(st.integers(1, 3))]
        retried = draw(st.booleans()) and outcome == "failed"
        steps.append(("run", run(number, outcome, keys, at=number * 2, will_retry=retried, retried=retried)))
        steps += [(draw(st.sampled_from(["tick", "blind"])), None)] * draw(st.integers(0, 2))
    return [*steps, ("tick", None)]


@given(histories())
def test_whatever_the_order_each_opening_is_told_once_and_in_the_end_what_is_open_is_wrong(
    steps: list[tuple[str, RunFact | None]],
) -> None:
    runs: list[RunFact] = []
    open_now: dict[str, str] = {}
    ever: set[str] = set()
    told: list[str] = []
    for what, fact in steps:
        if fact is not None:
            runs.append(fact)
            continue
        now = (runs[-1].ended or AT) + MINUTE / 2
        found = [] if what == "blind" else failures(runs, config(), URL, now)
        decision = decide(found, open_now, ever, {"run_failed", "retries_exhausted"} if what == "blind" else ())
        for one in decision.closed:
            del open_now[one.key]
        for opened in (*decision.opened, *decision.missed):
            told.append(opened.key)
            ever.add(opened.key)
        open_now |= {one.key: one.kind for one in decision.opened}
    wrong = {one.alert.key for one in failures(runs, config(), URL, AT + HOUR) if not one.is_over}
    assert len(told) == len(set(told))
    assert set(open_now) == wrong
    broken = {key for fact in runs if fact.outcome == "failed" for key in fact.keys}
    assert bool(told) is bool(broken)


# -- files that are due -----------------------------------------------------------------------------------------------

ROME = ZoneInfo("Europe/Rome")


def rome(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2017, 12, day, hour, minute, tzinfo=ROME)


def test_a_file_that_has_not_come_by_its_time_is_missed_until_it_comes() -> None:
    daily = DueConfig()
    came = [rome(day, 6) for day in (1, 2, 3, 4)]
    assert missing_since(daily, ROME, came, rome(5, 6, 59)) is None
    assert missing_since(daily, ROME, came, rome(5, 7)) == rome(5, 7)
    assert missing_since(daily, ROME, came, rome(5, 11)) == rome(5, 7)
    assert missing_since(daily, ROME, [*came, rome(5, 11)], rome(5, 12)) is None
    assert missing_since(daily, ROME, [], rome(5, 12)) == rome(5, 7)


def test_a_late_file_is_not_the_next_days() -> None:
    came = [rome(3, 6), rome(4, 9)]  # that of the 4th was due at 7
    assert missing_since(DueConfig(), ROME, came, rome(5, 8)) == rome(5, 7)
    assert missing_since(DueConfig(), ROME, [*came, rome(5, 5)], rome(5, 8)) is None
    assert (
        missing_since(DueConfig(), ROME, [rome(3, 6), rome(5, 5)], rome(5, 8)) is None
    )  # a day left out is not made up


def test_only_the_named_weekdays_count_in_the_named_zone() -> None:
    mondays = DueConfig(weekdays=("monday",), time_zone="America/New_York")
    came = [datetime(2017, 11, 27, 6, tzinfo=ZoneInfo("America/New_York"))]
    assert missing_since(mondays, ROME, came, datetime(2017, 12, 4, 11, 59, tzinfo=UTC)) is None
    assert missing_since(mondays, ROME, came, datetime(2017, 12, 4, 12, 1, tzinfo=UTC)) == rome(4, 13)
    assert missing_since(mondays, ROME, came, datetime(2017, 12, 8, tzinfo=UTC)) == rome(4, 13)


def test_a_time_that_yaml_reads_as_a_number_is_that_time() -> None:
    assert DueConfig.model_validate({"time": 17 * 60 + 30}).time == "17:30"
    with pytest.raises(ValidationError, match="expected a time of day"):
        DueConfig(time="7 o'clock")
