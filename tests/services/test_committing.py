"""What is promised for a date: asked for, answered, late, postponed, renewed; and what the public then hears."""

from datetime import timedelta

import pytest

from yingda.domain.errors import FieldsRefused
from yingda.domain.life import Outcome, RequestKind, RequestState, Stage
from yingda.services import attending, correcting, moving
from yingda.services.passing import RunState
from yingda.store.models import Commitment

HOLDING = {"kind": "holding", "title": "关于路灯的阶段性说明", "body": "正在检修。"}


def promised(office, *, days=3.0, text="公布检测结果", unit="liuxi"):
    return {"text": text, "unit": unit, "due": (office.now + timedelta(days=days)).isoformat()}


def commitments(office, number):
    return office.rows(Commitment, number)


def make_public(office, number, statement, *, signed=("office_director",)):
    """Have a statement drafted, signed and seen live."""
    office.answer(number, "draft_statement", "submit", **statement)
    for _ in signed:
        office.answer(number, "sign_statement", "approve")
    office.publish(number)


@pytest.fixture
def interim(office):
    """An incident whose interim statement is public and promises one thing in three days."""
    number = office.bring_to("statement")
    make_public(office, number, {**HOLDING, "commitments": [promised(office)]})
    return number


def test_a_holding_statement_needs_a_date(office):
    number = office.bring_to("statement")
    with pytest.raises(FieldsRefused) as refused:
        office.answer(number, "draft_statement", "submit", **HOLDING, commitments=[])
    assert list(refused.value.fields) == ["commitments"]
    assert office.asked(number, "draft_statement")


def test_each_promise_is_asked_of_its_unit_with_a_clock_and_nothing_can_be_closed_meanwhile(office):
    number = office.bring_to("statement")
    entries = [promised(office), promised(office, days=5, text="更换路灯", unit="urban_management")]
    make_public(office, number, {**HOLDING, "commitments": entries})

    assert office.stage(number) is Stage.CLOSING
    asked = office.requests(number, "commitment")
    assert [{p.officer_id for p in one.addressees} for one in asked] == [{"luo_chunsheng"}, {"tao_ran"}]
    assert [one.due_at for one in asked] == [office.now + timedelta(days=3), office.now + timedelta(days=5)]
    assert not office.requests(number, "close")
    assert office.clocks(number)["public_word"].met_at == office.now


def test_an_answer_begins_the_next_pass_and_the_final_statement_lets_it_close(office, interim):
    office.later(days=1)
    office.answer(interim, "commitment", "submit", answer="检测合格")

    assert office.stage(interim) is Stage.STATEMENT
    assert office.incident(interim).closed_at is None
    [clock] = [
        one for one in office.rows(type(office.clocks(interim)["commitment"]), interim) if one.kind == "commitment"
    ]
    assert clock.met_at == office.now
    assert clock.missed_at is None
    report = attending.attend_all(office.transaction, office.house, lambda: office.now, lambda run: RunState.ENDED)
    assert [start.conf["incident_no"] for start in report.starts] == [interim]

    make_public(office, interim, {"kind": "final", "title": "结果", "body": "检测合格。", "commitments": []})
    assert office.asked(interim, "close")
    assert office.incident(interim).outcome is Outcome.PUBLISHED
    office.answer(interim, "close", "close", result="已答复")
    office.later(days=30)
    office.attend(interim)
    assert office.stage(interim) is Stage.CLOSED


def test_a_promise_that_is_due_unanswered_begins_a_pass_once_and_the_late_answer_another(office, interim):
    office.later(days=3)
    office.attend(interim)
    assert office.stage(interim) is Stage.STATEMENT
    assert len(office.events(interim, "commitment_lapsed")) == 1
    asked = office.asked(interim, "commitment")
    make_public(office, interim, {**HOLDING, "commitments": [promised(office, days=2, text="补充公布")]})
    office.attend(interim)
    assert office.stage(interim) is Stage.CLOSING
    assert len(office.events(interim, "commitment_lapsed")) == 1

    office.later(hours=1)
    office.send_in(office.claims(asked), {"action": "submit", "answer": "合格"})
    [first, _] = commitments(office, interim)
    assert first.met_at == office.now
    assert office.stage(interim) is Stage.STATEMENT


def test_the_ladder_of_a_promise_climbs_once_each_and_marks_it_missed(office, interim):
    office.later(days=2)
    office.attend(interim)
    office.attend(interim)
    office.later(days=3)
    office.attend(interim)
    raised = [
        event.data["rung"] for event in office.events(interim, "rung_raised") if event.data["clock"] == "commitment"
    ]
    assert raised == ["60%", "90%", "100%", "120%", "150%"]
    missed = [one.kind for one in office.clocks(interim).values() if one.missed_at]
    assert missed == ["commitment", "further_word"], "the public heard nothing within a day of the lapse"


def test_the_same_promise_made_again_takes_the_place_of_the_first(office, interim):
    office.later(days=3)
    office.attend(interim)
    old = office.asked(interim, "commitment")
    make_public(office, interim, {**HOLDING, "commitments": [promised(office, days=4)]})
    first, second = commitments(office, interim)
    assert first.ended_at is not None
    assert second.due_at == office.now + timedelta(days=4)
    [open_one] = [one for one in office.open_requests(interim) if one.kind is RequestKind.COMMITMENT]
    assert open_one.id != old.id
    clocks = [
        one for one in office.rows(type(office.clocks(interim)["commitment"]), interim) if one.kind == "commitment"
    ]
    assert [one.missed_at is not None for one in clocks] == [False, False]
    assert clocks[0].cancelled_at is not None


def test_a_final_statement_settles_what_interim_ones_promised_but_keeps_its_own_dates(office, interim):
    office.reopen(interim, "statement")
    make_public(
        office,
        interim,
        {
            "kind": "final",
            "title": "结果",
            "body": "好了。",
            "commitments": [promised(office, days=60, text="全部换新")],
        },
    )
    first, second = commitments(office, interim)
    assert first.met_at == office.now
    assert second.met_at is None
    office.answer(interim, "close", "close", result="已答复")
    assert office.stage(interim) is Stage.CLOSED
    office.later(days=59)
    office.attend(interim)
    assert office.stage(interim) is Stage.CLOSED
    office.later(days=1)
    office.attend(interim)
    assert office.stage(interim) is Stage.STATEMENT
    assert office.incident(interim).closed_at is None


def test_more_time_for_a_promise_is_granted_by_the_branch_leader_and_told_to_the_public_first(office, interim):
    until = (office.now + timedelta(days=10)).isoformat()
    office.answer(interim, "commitment", "request_extension", reason="等第三方检测", until=until)
    ruling = office.asked(interim, "extension")
    assert {person.officer_id for person in ruling.addressees} == {"han_yue"}
    office.answer(interim, "extension", "grant")
    assert office.stage(interim) is Stage.STATEMENT
    assert office.incident(interim).wanted_statement == "holding"
    [asked_again] = [one for one in office.open_requests(interim) if one.kind is RequestKind.COMMITMENT]
    assert asked_again.due_at == office.now + timedelta(days=10)
    with pytest.raises(FieldsRefused) as refused:
        office.answer(interim, "draft_statement", "submit", kind="final", title="一", body="二", commitments=[])
    assert list(refused.value.fields) == ["kind"]
    make_public(office, interim, {**HOLDING, "commitments": [promised(office, days=10)]})
    assert office.incident(interim).wanted_statement is None
    assert office.stage(interim) is Stage.CLOSING


def test_refused_time_changes_nothing(office, interim):
    until = (office.now + timedelta(days=10)).isoformat()
    office.answer(interim, "commitment", "request_extension", reason="等第三方检测", until=until)
    office.answer(interim, "extension", "refuse", reason="不宜再拖")
    assert office.stage(interim) is Stage.CLOSING
    [open_one] = [one for one in office.open_requests(interim) if one.kind is RequestKind.COMMITMENT]
    assert open_one.due_at == commitments(office, interim)[0].due_at


def test_an_extension_beyond_the_public_limit_owes_an_interim_word_and_comes_back_to_the_report(office, report):
    number = office.open()
    public = office.clocks(number)["public_word"]
    until = (public.due_at + timedelta(days=2)).isoformat()
    office.answer(number, "report", "request_extension", reason="须送检", until=until)
    office.answer(number, "extension", "grant")

    assert office.stage(number) is Stage.STATEMENT
    assert office.clocks(number)["public_word"].due_at == public.due_at
    assert office.asked(number, "report").due_at == public.due_at + timedelta(days=2)
    make_public(office, number, {**HOLDING, "commitments": [promised(office, days=4)]})
    assert office.clocks(number)["public_word"].met_at == office.now
    assert office.stage(number) is Stage.VERIFICATION
    starts = attending.attend_all(
        office.transaction, office.house, lambda: office.now, lambda run: RunState.ENDED
    ).starts
    assert [start.conf["incident_no"] for start in starts] == [number]

    office.answer(number, "report", "submit", **report)
    assert office.stage(number) is Stage.REPORT_APPROVAL
    office.carry_on(number, "publication")
    office.publish(number)
    assert office.stage(number) is Stage.CLOSING
    assert office.asked(number, "close")


def test_an_extension_within_the_public_limit_owes_no_word(office):
    number = office.open()
    until = (office.now + timedelta(hours=20)).isoformat()
    office.answer(number, "report", "request_extension", reason="须送检", until=until)
    office.answer(number, "extension", "grant")
    assert office.stage(number) is Stage.VERIFICATION
    assert office.incident(number).wanted_statement is None


def test_a_report_that_comes_while_the_interim_word_is_on_its_way_waits_and_is_judged_next(office, report):
    number = office.open()
    until = (office.now + timedelta(days=5)).isoformat()
    office.answer(number, "report", "request_extension", reason="须送检", until=until)
    office.answer(number, "extension", "grant")
    office.answer(number, "draft_statement", "submit", **HOLDING, commitments=[promised(office)])
    office.answer(number, "report", "submit", **report)
    assert office.stage(number) is Stage.STATEMENT_APPROVAL
    office.answer(number, "sign_statement", "approve")
    office.publish(number)
    assert office.stage(number) is Stage.REPORT_APPROVAL
    assert office.asked(number, "approve_report")


def test_the_unit_cannot_hand_back_while_the_interim_word_is_on_its_way(office):
    number = office.open()
    until = (office.now + timedelta(days=5)).isoformat()
    office.answer(number, "report", "request_extension", reason="须送检", until=until)
    office.answer(number, "extension", "grant")
    with pytest.raises(FieldsRefused):
        office.answer(number, "report", "hand_back", reason="不属本单位")


def test_nobody_signing_the_interim_word_ends_nothing_that_is_public(office, interim):
    office.later(days=3)
    office.attend(interim)
    office.answer(interim, "draft_statement", "submit", **HOLDING, commitments=[promised(office, text="另一件")])
    office.answer(interim, "sign_statement", "no_publication", comment="暂不发")
    seen = office.incident(interim)
    assert (seen.stage, seen.outcome) == (Stage.CLOSING, Outcome.PUBLISHED)
    office.attend(interim)
    assert office.stage(interim) is Stage.CLOSING


def test_action_items_of_a_review_are_asked_for_and_reminded_but_begin_no_pass(office):
    number = office.bring_to("publication", severity="major")
    office.publish(number)
    office.answer(number, "close", "close", result="已答复")
    items = [promised(office, text="修订巡查制度", unit="liuxi")]
    office.answer(number, "review", "submit", lessons="早发现", actions=items)
    asked = office.asked(number, "commitment")
    assert asked.due_at == office.now + timedelta(days=3)
    office.later(days=4)
    office.attend(number)
    assert office.stage(number) is Stage.CLOSED
    assert office.clocks(number)["action_item"].missed_at is not None
    office.answer(number, "commitment", "submit", answer="已修订")
    assert office.stage(number) is Stage.CLOSED
    assert office.requests(number, "commitment")[0].state is RequestState.ANSWERED


def test_attending_again_asks_nobody_twice(office, interim):
    before = len(office.mails(interim))
    office.attend(interim)
    office.attend(interim)
    assert len(office.mails(interim)) == before


def test_a_dismissal_after_publication_keeps_what_was_promised(office, interim):
    office.reopen(interim, "assign_unit")
    office.answer(interim, "assign_unit", "dismiss", reason="另案处理")
    assert office.asked(interim, "commitment")
    assert [
        clock.cancelled_at
        for clock in office.rows(type(office.clocks(interim)["commitment"]), interim)
        if clock.kind == "commitment"
    ] == [None]


def test_the_wording_is_told_when_the_last_signature_is_there_and_once(office):
    number = office.bring_to("publication")
    told = office.mails(number, "wording")
    assert {mail.officer_id for mail in told} >= {"luo_chunsheng", "han_yue", "shen_ruolan", "jiang_wenbo"}
    office.publish(number)
    assert len(office.mails(number, "wording")) == len(told)


@pytest.fixture
def waiting(office):
    """An incident whose interim word is public while its unit still verifies."""
    number = office.open()
    until = (office.now + timedelta(days=5)).isoformat()
    office.answer(number, "report", "request_extension", reason="须送检", until=until)
    office.answer(number, "extension", "grant")
    make_public(office, number, {**HOLDING, "commitments": [promised(office, days=5)]})
    assert office.stage(number) is Stage.VERIFICATION
    return number


def test_a_wrong_interim_word_is_corrected_at_once_and_stays_an_interim_one(office, waiting, report):
    with office.case(waiting) as case:
        correcting.correct(case, "日期写错", "account:duty")
        moving.advance(case)
    assert office.stage(waiting) is Stage.STATEMENT
    assert office.clocks(waiting)["further_word"].due_at == office.now + timedelta(hours=24)
    make_public(office, waiting, {"kind": "correction", "title": "更正", "body": "更正后。", "commitments": []})
    assert office.stage(waiting) is Stage.VERIFICATION
    assert office.incident(waiting).wanted_statement is None
    assert office.clocks(waiting)["further_word"].met_at == office.now
    office.answer(waiting, "report", "submit", **report)
    assert office.stage(waiting) is Stage.REPORT_APPROVAL


def test_a_further_word_that_nobody_writes_climbs_its_ladder(office, interim):
    office.answer(interim, "commitment", "submit", answer="检测合格")
    asked = office.asked(interim, "draft_statement")
    assert asked.due_at == office.now + timedelta(hours=24)
    office.later(hours=25)
    office.attend(interim)
    raised = [one.data["rung"] for one in office.events(interim, "rung_raised") if one.data["clock"] == "further_word"]
    assert raised == ["50%", "75%", "90%", "100%"]
    assert office.clocks(interim)["further_word"].missed_at is not None


@pytest.mark.parametrize("days", [0, 0.5, 4])
def test_what_lapsed_while_nobody_looked_is_owed_from_its_day_on(office, interim, days):
    """The system was down from before the promised day until so many days after it."""
    [promise] = commitments(office, interim)
    office.now = promise.due_at + timedelta(days=days)
    office.attend(interim)

    clock = office.clocks(interim)["further_word"]
    assert (clock.started_at, clock.due_at) == (promise.due_at, promise.due_at + timedelta(hours=24))
    assert (clock.missed_at is not None) == (days > 1)


def test_what_lapsed_before_the_last_public_word_is_owed_from_that_word_on(office, interim):
    """A day that comes while the next statement is being signed gives its writers no time that is over already."""
    office.reopen(interim, "statement")
    [promise] = commitments(office, interim)
    office.now = promise.due_at - timedelta(hours=1)
    soon = promised(office, days=1.0, text="公布整改情况")
    office.answer(interim, "draft_statement", "submit", **HOLDING, commitments=[soon])
    office.later(days=0.9)
    office.answer(interim, "sign_statement", "approve")
    word = office.now
    office.publish(interim)
    office.attend(interim)

    assert office.clocks(interim)["further_word"].started_at == word


def test_more_time_granted_so_late_that_it_is_over_owes_a_word_from_that_day_on(office, interim):
    """Nobody looked while the promised day and the later one that was asked for went by."""
    [promise] = commitments(office, interim)
    until = promise.due_at + timedelta(hours=1)
    office.answer(interim, "commitment", "request_extension", reason="等第三方检测", until=until.isoformat())
    office.now = until + timedelta(hours=2)
    office.answer(interim, "extension", "grant")

    assert office.clocks(interim)["further_word"].started_at == until


def test_a_correction_takes_no_time_off_what_lapsed_unnoticed_before_it(office):
    number = office.bring_to("statement", title="一项承诺")
    make_public(office, number, {**HOLDING, "kind": "final", "commitments": [promised(office, days=1)]})
    office.answer(number, "close", "close", result="已办结")
    [promise] = commitments(office, number)
    office.now = promise.due_at + timedelta(days=3)
    with office.case(number) as case:
        correcting.correct(case, "数字有误", "account:duty")

    assert office.clocks(number)["further_word"].started_at == promise.due_at


def test_more_time_for_one_promise_takes_none_off_what_another_owes_already(office):
    soon, far = promised(office, days=1), promised(office, days=9, text="全村排查")
    number = office.bring_to("statement", title="两项承诺")
    make_public(office, number, {**HOLDING, "commitments": [soon, far]})
    [first, second] = commitments(office, number)
    [request] = [one for one in office.open_requests(number) if one.about == f"commitment:{second.id}"]
    until = (second.due_at + timedelta(days=3)).isoformat()
    office.send_in(office.claims(request), {"action": "request_extension", "reason": "等检测", "until": until})
    office.now = first.due_at + timedelta(hours=5)
    office.answer(number, "extension", "grant")

    assert office.clocks(number)["further_word"].started_at == first.due_at


def test_a_promise_that_lapses_while_the_unit_verifies_owes_another_interim_word(office, waiting):
    office.later(days=5)
    office.attend(waiting)
    assert office.stage(waiting) is Stage.STATEMENT
    assert office.incident(waiting).wanted_statement == "holding"
    make_public(office, waiting, {**HOLDING, "commitments": [promised(office, days=2)]})
    assert office.stage(waiting) is Stage.VERIFICATION
    assert [one.ended_at is not None for one in commitments(office, waiting)] == [True, False]


def test_a_unit_that_asks_for_more_time_in_a_further_pass_gets_it(office, interim):
    office.reopen(interim, "verification")
    asked = office.asked(interim, "report")
    assert asked.due_at == office.now + timedelta(hours=24)
    until = office.now + timedelta(hours=30)
    office.answer(interim, "report", "request_extension", reason="再核实", until=until.isoformat())
    office.answer(interim, "extension", "grant")
    assert office.asked(interim, "report").due_at == until
    assert office.incident(interim).wanted_statement == "holding"
