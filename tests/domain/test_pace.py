"""When a robot may speak next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yingda.domain.pace import UNDER_WAY, Limit, next_turn
from yingda.transports.web import ANSWER, CONNECT

NOW = datetime(2026, 11, 23, 6, 3, tzinfo=UTC)
TWENTY = (Limit(20, timedelta(minutes=1)),)


def test_who_never_spoke_may_speak_now():
    assert next_turn([], TWENTY, NOW) == NOW


def test_the_last_of_the_limit_is_free_and_the_next_waits_for_the_first_to_be_long_past():
    taken = [NOW - timedelta(seconds=30) + timedelta(seconds=n) for n in range(20)]

    assert next_turn(taken[:19], TWENTY, NOW) == NOW
    assert next_turn(taken, TWENTY, NOW) == taken[0] + timedelta(minutes=1) + UNDER_WAY


def test_of_two_limits_the_one_that_lets_wait_longer_counts():
    both = (Limit(100, timedelta(minutes=1)), Limit(5, timedelta(seconds=1)))

    assert next_turn([NOW] * 5, both, NOW) == NOW + timedelta(seconds=1) + UNDER_WAY


def test_a_message_is_reckoned_under_way_for_as_long_as_its_answer_is_waited_for():
    assert UNDER_WAY.total_seconds() >= CONNECT + ANSWER


def test_turns_of_a_machine_whose_clock_is_ahead_count():
    ahead = [NOW + timedelta(seconds=40)] * 20

    assert next_turn(ahead, TWENTY, NOW) == NOW + timedelta(seconds=120)


@given(
    st.lists(st.floats(0, 30), min_size=1, max_size=200),
    st.lists(st.floats(0, UNDER_WAY.total_seconds()), min_size=200, max_size=200),
)
def test_no_minute_of_the_other_side_sees_one_too_many_however_late_each_arrives(pauses, delays):
    moment, turns, arrived = NOW, [], []
    for pause, delay in zip(pauses, delays, strict=False):
        moment = next_turn(turns, TWENTY, moment + timedelta(seconds=pause / 10))
        turns.append(moment)
        arrived.append(moment + timedelta(seconds=delay))
    for end in arrived:
        assert sum(end - timedelta(minutes=1) < at <= end for at in arrived) <= 20
