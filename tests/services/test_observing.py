"""How a concern develops is put on record while the incident is open, and shown to those who are asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from yingda.domain import acts
from yingda.domain.errors import FieldsRefused, NotNow
from yingda.domain.fields import check
from yingda.domain.life import Stage
from yingda.services import answering, briefing, merging, observing
from yingda.store.models import Observation

WHO = "account:wang"


def observe(office: Any, number: str, text: str = "转发上升", seen_at: datetime | None = None, who: str = WHO) -> None:
    with office.case(number) as case:
        observing.observe(case, seen_at or case.now, text, who)


def context(office: Any, number: str, kind: str) -> briefing.Context:
    request = office.asked(number, kind)
    claims = office.claims(request)
    with office.transaction() as session:
        asked = answering.look(session, claims, office.now)
        return briefing.brief(session, asked, claims.officer_id, office.house).context


def test_an_observation_is_on_record_and_its_text_not_in_the_event(office: Any) -> None:
    number = office.open()
    observe(office, number, "评论有一千条", office.now - timedelta(hours=1))

    [row] = office.rows(Observation, number)
    assert (row.text, row.actor, row.seen_at) == ("评论有一千条", WHO, office.now - timedelta(hours=1))
    [event] = office.events(number, "observed")
    assert event.actor == WHO
    assert event.data == {"observation": row.id, "seen_at": row.seen_at.isoformat()}


def test_the_same_twice_is_one_and_another_persons_or_moments_is_another(office: Any) -> None:
    number = office.open()
    observe(office, number)
    observe(office, number)
    assert len(office.events(number, "observed")) == 1

    observe(office, number, who="account:li")
    observe(office, number, seen_at=office.now - timedelta(minutes=1))
    observe(office, number, "转发下降")
    assert len(office.rows(Observation, number)) == 4


def test_nobody_has_seen_the_future_or_the_last_century(office: Any) -> None:
    number = office.open()
    with pytest.raises(FieldsRefused, match="seen_at"):
        observe(office, number, seen_at=office.now + timedelta(seconds=1))
    for year in (1999, 2201):
        with pytest.raises(FieldsRefused, match="seen_at"):
            check(acts.Observe, {"seen_at": f"{year}-06-01T00:00", "text": "x"}, office.house.locale)
    with pytest.raises(FieldsRefused, match="text"):
        check(acts.Observe, {"seen_at": "2026-06-01T00:00", "text": " "}, office.house.locale)
    assert office.rows(Observation, number) == []


def test_a_closed_incident_takes_none_until_it_is_reopened(office: Any) -> None:
    number = office.bring_to("statement_approval")
    office.answer(number, "sign_statement", "no_publication", comment="已当面答复")
    observe(office, number, "待办结时仍可登记")
    office.answer(number, "close", "close", result="已办结")
    with pytest.raises(NotNow, match="重新办理"):
        observe(office, number)

    office.reopen(number, "statement")
    observe(office, number)

    assert len(office.rows(Observation, number)) == 2


def test_a_merged_incident_sends_people_to_the_other(office: Any) -> None:
    into, merged = office.open(), office.open()
    with office.transaction() as session:
        merging.merge(session, merged, into, "同一件事", WHO, office.house, office.now)

    with pytest.raises(NotNow, match=into):
        observe(office, merged)

    assert office.stage(merged) is Stage.CLOSED


def test_an_observation_moves_nothing_and_is_taken_at_every_open_stage(office: Any) -> None:
    number = office.open()
    for stage in ("verification", "report_approval", "statement", "statement_approval"):
        office.carry_on(number, stage)
        asked = [one.public_id for one in office.open_requests(number)]
        due = {kind: clock.due_at for kind, clock in office.clocks(number).items()}
        observe(office, number, f"在 {stage}")
        assert office.stage(number) is Stage(stage)
        assert [one.public_id for one in office.open_requests(number)] == asked
        assert {kind: clock.due_at for kind, clock in office.clocks(number).items()} == due


def test_those_who_are_asked_see_the_latest_twenty_the_latest_first(office: Any) -> None:
    number = office.open()
    assert context(office, number, "report").observations == ()
    start = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    for n in (*range(10, 25), *range(10)):
        observe(office, number, f"第 {n} 条", start + timedelta(minutes=n))

    told = context(office, number, "report").observations

    assert [one.text for one in told] == [f"第 {n} 条" for n in range(24, 4, -1)]
    assert told[0].by is not None
    assert told[0].by.name == "wang"
