"""Alerts: what is found, reported once, worsened once, reminded daily, and over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcontact_sync.reporting.alerts import (
    LATE_AFTER,
    MANY,
    REMIND_AFTER,
    STALE_AFTER,
    VERY_OLD_AFTER,
    Alert,
    ChangeKind,
    Facts,
    RateFacts,
    Rule,
    RunFacts,
    evaluate,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOOD = RunFacts("qcontact_sync", "run", "success", NOON - HOUR, NOON - HOUR)
BAD = replace(GOOD, status="failed", error_code="SERVER_ERROR")
WELL = Facts(now=NOON, since=NOON - 30 * 24 * HOUR, live=GOOD, last_settled_at=NOON - HOUR)
BROKEN = replace(WELL, live=BAD, failing=1, failing_since=NOON - HOUR)


def changes(
    facts: Facts, *before: Alert, overdue: datetime | None = None
) -> dict[Rule, ChangeKind]:
    return {t.alert.rule: t.kind for t in evaluate(facts, before, overdue)[1]}


def scheduled(slot: datetime, done_after: timedelta | None) -> RunFacts:
    ended = None if done_after is None else slot + done_after
    return replace(GOOD, slot=slot, opened_at=slot, completed_at=ended)


def test_where_all_is_well_nothing_is_told():
    assert evaluate(WELL, ()) == ((), ())


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        pytest.param(BROKEN, Rule.RUN_FAILED, id="run-failed"),
        pytest.param(replace(WELL, dated_failed=1), Rule.DATED_RUN_FAILED, id="dated-run-failed"),
        pytest.param(
            replace(WELL, scheduled=scheduled(NOON - timedelta(minutes=11), None)),
            Rule.LATE,
            id="still-running-eleven-minutes-after-its-slot",
        ),
        pytest.param(
            replace(WELL, scheduled=scheduled(NOON - HOUR, timedelta(minutes=11))),
            Rule.LATE,
            id="done-too-late",
        ),
        pytest.param(
            replace(WELL, last_settled_at=NOON - timedelta(hours=12, minutes=31)),
            Rule.STALE,
            id="no-settled-run",
        ),
        pytest.param(replace(WELL, live=None, last_settled_at=None), Rule.STALE, id="never-a-run"),
        pytest.param(replace(WELL, inbound=RateFacts(7, 3)), Rule.INBOUND_RATE, id="inbound"),
        pytest.param(replace(WELL, outbound=RateFacts(7, 3)), Rule.OUTBOUND_RATE, id="outbound"),
        pytest.param(
            replace(WELL, old_entries=1, oldest_entry_at=NOON - 25 * HOUR),
            Rule.QUARANTINE_OLD,
            id="quarantine",
        ),
        pytest.param(replace(WELL, needs_you=1), Rule.NEEDS_YOU, id="conflict"),
        pytest.param(replace(WELL, held=True), Rule.HELD, id="held"),
        pytest.param(replace(WELL, differing=1), Rule.DIVERGENCE, id="divergence"),
    ],
)
def test_each_rule_opens_its_alert_and_no_other_and_ends_it(facts, rule):
    (alert,), _ = evaluate(facts, ())
    assert changes(facts) == {rule: ChangeKind.OPENED}
    on_time = replace(WELL, scheduled=scheduled(NOON, timedelta(minutes=1)))
    assert changes(on_time, alert) == {rule: ChangeKind.OVER}


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(
            replace(WELL, scheduled=scheduled(NOON - timedelta(minutes=9), None)), id="not-yet-late"
        ),
        pytest.param(
            replace(WELL, last_settled_at=NOON - timedelta(hours=12, minutes=29)), id="in-grace"
        ),
        pytest.param(replace(WELL, inbound=RateFacts(8, 2)), id="eighty-percent"),
        pytest.param(
            replace(WELL, scheduled=scheduled(NOON - HOUR, LATE_AFTER)), id="done-just-in-time"
        ),
        pytest.param(replace(WELL, last_settled_at=NOON - STALE_AFTER), id="at-the-grace's-end"),
        pytest.param(replace(WELL, old_entries=1), id="entries-of-no-known-age"),
        pytest.param(replace(WELL, scheduled=GOOD), id="a-run-that-has-no-slot"),
    ],
)
def test_at_the_edge_nothing_is_told_yet(facts):
    assert changes(facts) == {}


@pytest.mark.parametrize(
    ("facts", "severity"),
    [
        pytest.param(replace(WELL, needs_you=MANY - 1), 1, id="some-conflicts"),
        pytest.param(replace(WELL, needs_you=MANY), 2, id="many-conflicts"),
        pytest.param(
            replace(WELL, last_settled_at=NOON - 2 * STALE_AFTER), 1, id="silent-for-a-day"
        ),
        pytest.param(
            replace(WELL, last_settled_at=NOON - 2 * STALE_AFTER - HOUR), 2, id="silent-for-longer"
        ),
        pytest.param(
            replace(WELL, old_entries=1, oldest_entry_at=NOON - VERY_OLD_AFTER), 1, id="old-entry"
        ),
        pytest.param(
            replace(WELL, old_entries=1, oldest_entry_at=NOON - VERY_OLD_AFTER - HOUR),
            2,
            id="very-old-entry",
        ),
        pytest.param(
            replace(BROKEN, last_settled_at=NOON - STALE_AFTER), 1, id="failing-for-half-a-day"
        ),
        pytest.param(
            replace(BROKEN, last_settled_at=NOON - STALE_AFTER - HOUR), 2, id="failing-for-longer"
        ),
        pytest.param(
            replace(BROKEN, last_settled_at=None, since=NOON - STALE_AFTER - HOUR),
            2,
            id="failing-from-the-beginning",
        ),
    ],
)
def test_an_alert_is_as_severe_as_its_rule_says(facts, severity):
    (alert,), _ = evaluate(facts, ())
    assert alert.severity == severity


def test_an_alert_remembers_when_it_began_and_when_people_were_told():
    at_first = replace(WELL, needs_you=1)
    (opened,), _ = evaluate(at_first, ())
    assert opened == Alert(Rule.NEEDS_YOU, 1, NOON, NOON)
    (same,), news = evaluate(replace(at_first, now=NOON + HOUR), [opened])
    assert (same, news) == (opened, ())
    a_day_on = replace(at_first, now=NOON + REMIND_AFTER, last_settled_at=NOON + REMIND_AFTER)
    (reminded,), _ = evaluate(a_day_on, [same])
    assert reminded == Alert(Rule.NEEDS_YOU, 1, NOON, NOON + REMIND_AFTER)
    (worse,), _ = evaluate(replace(at_first, now=NOON + HOUR, needs_you=MANY), [opened])
    assert worse == Alert(Rule.NEEDS_YOU, 2, NOON, NOON + HOUR)


@pytest.mark.parametrize(
    "hours", [pytest.param(1, id="unchanged"), pytest.param(24, id="reminded")]
)
def test_a_missed_slot_stays_on_record_while_it_is_missed(hours):
    (alert,), _ = evaluate(WELL, (), NOON)
    later = NOON + timedelta(hours=hours)
    facts = replace(WELL, now=later, last_settled_at=later)
    assert evaluate(facts, [alert])[0][0].slot == NOON


def test_only_a_missed_slot_has_one():
    alerts, _ = evaluate(replace(WELL, needs_you=1), (), NOON)
    assert {a.rule: a.slot for a in alerts} == {Rule.LATE: NOON, Rule.NEEDS_YOU: None}


def test_the_run_of_a_missed_slot_that_came_in_time_after_all_ends_it():
    (alert,), _ = evaluate(WELL, (), NOON)
    facts = replace(WELL, now=NOON + HOUR, scheduled=scheduled(NOON, timedelta(minutes=2)))
    assert changes(facts, alert) == {Rule.LATE: ChangeKind.OVER}


def test_an_outbound_rate_around_the_limit_does_not_flap_either():
    alert = Alert(Rule.OUTBOUND_RATE, 1, NOON - HOUR, NOON - HOUR)
    assert changes(replace(WELL, outbound=RateFacts(85, 15)), alert) == {}


def test_a_rate_around_the_limit_does_not_flap():
    alert = Alert(Rule.INBOUND_RATE, 1, NOON - HOUR, NOON - HOUR)
    assert changes(replace(WELL, inbound=RateFacts(85, 15)), alert) == {}
    assert changes(replace(WELL, inbound=RateFacts(90, 10)), alert) == {
        Rule.INBOUND_RATE: ChangeKind.OVER
    }


def test_a_run_that_failed_is_not_told_twice_as_a_low_rate_or_as_no_run():
    facts = replace(BROKEN, inbound=RateFacts(0, 20), last_settled_at=NOON - timedelta(hours=20))
    assert changes(facts) == {Rule.RUN_FAILED: ChangeKind.OPENED}


def test_runs_that_fail_for_longer_than_half_a_day_are_worse():
    (alert,), _ = evaluate(BROKEN, ())
    later = replace(BROKEN, now=NOON + timedelta(hours=12), failing=3)
    assert changes(later, alert) == {Rule.RUN_FAILED: ChangeKind.WORSENED}
    (worse,), _ = evaluate(later, [alert])
    assert changes(replace(later, now=later.now + HOUR), worse) == {}


def test_a_run_that_waits_for_a_word_is_held_and_has_not_failed():
    waiting = replace(BAD, error_code="NEEDS_CONFIRMATION")
    facts = replace(WELL, live=waiting, held=True, last_settled_at=NOON - timedelta(hours=20))
    assert changes(facts) == {Rule.HELD: ChangeKind.OPENED}


def test_a_slot_without_a_record_is_late_until_a_later_run_is_in_time():
    (alert,), _ = evaluate(WELL, (), NOON)
    assert (alert.rule, alert.slot) == (Rule.LATE, NOON)
    assert changes(replace(WELL, now=NOON + HOUR), alert) == {}
    next_one = scheduled(NOON + 6 * HOUR, timedelta(minutes=2))
    facts = replace(WELL, now=NOON + 7 * HOUR, last_settled_at=NOON + 6 * HOUR, scheduled=next_one)
    assert changes(facts, alert) == {Rule.LATE: ChangeKind.OVER}


FACTS = st.sampled_from(
    [
        WELL,
        BROKEN,
        replace(WELL, needs_you=1),
        replace(WELL, needs_you=12),
        replace(BROKEN, held=True, needs_you=3),
        replace(WELL, inbound=RateFacts(5, 5), old_entries=2, oldest_entry_at=NOON - 30 * HOUR),
        replace(WELL, outbound=RateFacts(85, 15)),
        replace(WELL, last_settled_at=NOON - timedelta(hours=26)),
    ]
)


@given(FACTS)
def test_asked_again_at_once_it_tells_nothing(facts):
    alerts, _ = evaluate(facts, ())
    assert evaluate(facts, alerts) == (alerts, ())


@given(st.lists(st.tuples(FACTS, st.integers(0, 30)), max_size=30))
def test_each_alert_opens_worsens_and_ends_once_and_reminds_at_most_daily(steps):
    now, alerts = NOON, ()
    story: dict[Rule, list[tuple[ChangeKind, datetime]]] = {rule: [] for rule in Rule}
    for facts, hours in steps:
        moved = timedelta(hours=hours)
        now += moved
        alerts, news = evaluate(_shifted(facts, now - NOON), alerts)
        for one in news:
            story[one.alert.rule].append((one.kind, now))
    for told_of_it in story.values():
        _check(told_of_it)


def _shifted(facts: Facts, by: timedelta) -> Facts:
    moments = ("now", "since", "failing_since", "last_settled_at", "oldest_entry_at")
    return replace(facts, **{m: v + by for m in moments if (v := getattr(facts, m)) is not None})


def _check(told_of_it: list[tuple[ChangeKind, datetime]]) -> None:
    is_open, worsened, last = False, False, None
    for change, at in told_of_it:
        if change is ChangeKind.OPENED:
            assert not is_open
            is_open, worsened = True, False
        else:
            assert is_open
        if change is ChangeKind.WORSENED:
            assert not worsened
            worsened = True
        if change is ChangeKind.REMINDER:
            assert last is not None
            assert at - last >= REMIND_AFTER
        is_open = is_open and change is not ChangeKind.OVER
        last = at
