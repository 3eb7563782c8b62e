"""Clocks and chains after a regrade, worked out by hand from the office's table of time limits."""

from datetime import timedelta

import pytest

from yingda.domain.errors import FieldsRefused, NotNow
from yingda.domain.life import Stage
from yingda.domain.severity import Severity
from yingda.services import publishing, regrading

HOUR = timedelta(hours=1)


def regrade(office, number, severity, reason="网上关注明显上升"):
    with office.case(number) as case:
        regrading.regrade(case, Severity(severity), reason, "xia_mengjie")


def public_rungs(office, number):
    raised = office.events(number, "rung_raised")
    return [event.data["rung"] for event in raised if event.data["clock"] == "public_word"]


def test_clocks_are_computed_from_their_original_start_when_severity_rises(office):
    opened = office.now
    number = office.open()
    office.later(hours=1)

    regrade(office, number, "major")

    clocks = office.clocks(number)
    assert clocks["public_word"].due_at == opened + 5 * HOUR
    assert clocks["public_word"].original_due_at == opened + 48 * HOUR
    assert clocks["press_conference"].started_at == opened
    assert clocks["press_conference"].due_at == opened + 24 * HOUR
    assert clocks["brief_reply"].due_at == opened + HOUR / 2
    assert clocks["brief_reply"].missed_at == opened + HOUR / 2


def test_what_is_not_owed_any_more_is_dropped_and_owed_again_when_severity_rises_again(office):
    opened = office.now
    number = office.open(severity="critical")
    regrade(office, number, "general")
    clocks = office.clocks(number)
    assert clocks["press_conference"].cancelled_at is not None
    assert clocks["public_word"].due_at == opened + 48 * HOUR

    office.later(minutes=10)
    regrade(office, number, "critical")
    clocks = office.clocks(number)
    assert clocks["press_conference"].cancelled_at is None
    assert clocks["press_conference"].due_at == opened + 24 * HOUR


def test_a_limit_that_was_missed_stays_missed_when_severity_falls(office):
    number = office.open(severity="major")
    office.later(hours=6)
    office.attend(number)
    assert office.clocks(number)["public_word"].missed_at is not None

    regrade(office, number, "general")

    clock = office.clocks(number)["public_word"]
    assert clock.missed_at is not None
    assert clock.due_at > office.now


def test_signatures_stay_and_the_missing_ones_are_asked_for(office):
    number = office.bring_to("statement_approval")
    office.answer(number, "sign_statement", "approve")
    assert office.stage(number) == "publication"

    regrade(office, number, "critical")

    assert office.stage(number) == "statement_approval"
    assert office.asked(number, "sign_statement").role == "group_leader"
    office.answer(number, "sign_statement", "approve")
    office.answer(number, "sign_statement", "approve")
    assert office.stage(number) == "publication"
    roles = [signature.role.value for signature in office.signatures(number)]
    assert roles == ["branch_leader", "office_director", "group_leader", "superior"]


def test_a_signature_that_is_not_owed_any_more_is_not_waited_for(office):
    number = office.bring_to("statement_approval", severity="major")
    office.answer(number, "sign_statement", "approve")
    assert office.asked(number, "sign_statement").role == "superior"

    regrade(office, number, "general")

    assert office.stage(number) == "publication"
    assert office.requests(number, "sign_statement")[-1].state == "withdrawn"


def test_nothing_goes_out_between_a_regrade_and_the_missing_signature(office):
    number = office.bring_to("publication")
    regrade(office, number, "major")
    with office.case(number) as case:
        assert publishing.claim_due(case) == []


def test_the_report_answers_a_brief_reply_that_a_regrade_made_owed_too_late(office):
    number = office.open()
    regrade(office, number, "major")
    office.carry_on(number, "report_approval")
    assert office.clocks(number)["brief_reply"].met_at == office.now


def test_the_next_reminder_follows_the_new_clock_and_none_is_repeated(office):
    number = office.open(severity="major")
    office.later(hours=3)
    office.attend(number)
    assert public_rungs(office, number) == ["50%"]

    regrade(office, number, "general")
    office.later(hours=22)
    office.attend(number)
    assert public_rungs(office, number) == ["50%"]


def test_the_reason_and_who_did_it_are_on_record(office):
    number = office.open()
    regrade(office, number, "major", "多家媒体转载")
    [event] = office.events(number, "regraded")
    assert (event.actor, event.data["was"], event.data["severity"]) == ("xia_mengjie", "general", "major")
    assert event.data["reason"] == "多家媒体转载"
    assert {event.data["reason"] for event in office.events(number, "clock_recomputed")} == {"regraded"}


@pytest.mark.parametrize(("severity", "reason", "field"), [("major", " ", "reason"), ("general", "理由", "severity")])
def test_a_regrade_without_reason_or_without_change_is_refused(office, severity, reason, field):
    number = office.open()
    with pytest.raises(FieldsRefused) as refused:
        regrade(office, number, severity, reason)
    assert list(refused.value.fields) == [field]
    assert office.events(number, "regraded") == []


def test_a_closed_incident_is_reopened_before_it_is_regraded(office):
    number = office.open(unit=None, title="某处有情况", topic=None)
    office.answer(number, "assign_unit", "dismiss", reason="重复")
    office.answer(number, "close", "close", result="不予受理")
    with pytest.raises(NotNow):
        regrade(office, number, "major")


def test_nobody_is_asked_any_more_for_a_brief_reply_that_a_regrade_made_needless(office):
    number = office.open(severity="major")
    asked = office.asked(number, "brief_reply")

    regrade(office, number, "general")

    assert office.stage(number) == "verification"
    assert [one.kind.value for one in office.open_requests(number)] == ["report"]
    assert office.requests(number, "brief_reply")[-1].id == asked.id
    assert office.requests(number, "brief_reply")[-1].state == "withdrawn"


def test_a_press_conference_owed_after_publication_is_asked_for_and_dropped_again(office):
    number = office.bring_to("publication")
    assert office.requests(number, "press_conference") == []

    regrade(office, number, "major")
    office.answer(number, "sign_statement", "approve")
    assert office.asked(number, "press_conference").clock_id == office.clocks(number)["press_conference"].id

    regrade(office, number, "general")
    assert office.requests(number, "press_conference")[-1].state == "withdrawn"


def test_a_regrade_at_closing_asks_for_the_press_conference_it_makes_owed(office):
    number = office.open()
    with office.case(number) as case:
        case.move(Stage.CLOSING)
    regrade(office, number, "critical")
    assert office.asked(number, "press_conference").due_at == office.clocks(number)["press_conference"].due_at


def test_reopening_revives_no_clock_that_the_severity_does_not_ask_for(office):
    number = office.bring_to("statement_approval", severity="major")
    regrade(office, number, "general")
    office.answer(number, "sign_statement", "no_publication", comment="暂不发布")
    office.reopen(number, "statement")

    clocks = office.clocks(number)
    assert clocks["public_word"].cancelled_at is None
    assert clocks["press_conference"].cancelled_at is not None
