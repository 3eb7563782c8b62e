"""Correction requests and referrals: only against a refuted claim of fact, decided by the director, sent by people."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from yingda.domain import fields
from yingda.domain.acts import ProposeLetter
from yingda.domain.errors import FieldsRefused, LinkForged, NotNow, NotYours, RequestEnded
from yingda.domain.life import LetterState, Outcome, RequestKind, RequestState, Stage
from yingda.domain.roles import Role
from yingda.domain.roster import Roster
from yingda.services import answering, asking, briefing, lettering, moving
from yingda.store.models import Decision, Event, OutsideLetter, Revision

CLAIM = "三盏路灯已坏一年"
OTHER = "村委会拒绝维修"
LETTER = {
    "kind": "correction_request",
    "recipient": "某某日报",
    "claim": CLAIM,
    "refutation": "11月20日断电，次日已换线。",
    "evidence": ["11月21日维修单", "现场照片"],
    "ground": "false_fact",
}


def refuting(office: Any, report: dict[str, Any], *, refuted: list[str] | None = None, **conf: Any) -> str:
    """An incident whose approved report refutes CLAIM."""
    number = office.open(**conf)
    office.answer(number, "report", "submit", **report, refuted=[CLAIM, OTHER] if refuted is None else refuted)
    office.answer(number, "approve_report", "approve")
    return str(number)


def propose(office: Any, number: str, **changed: Any) -> None:
    form = fields.check(ProposeLetter, LETTER | changed, office.house.locale)
    with office.case(number) as case:
        lettering.propose(case, form, "account:duty")
        moving.advance(case)


def letters(office: Any, number: str) -> list[OutsideLetter]:
    return sorted(office.rows(OutsideLetter, number), key=lambda letter: letter.number)


def write(office: Any, number: str | None = None) -> list[str]:
    return lettering.write_letters(office.transaction, office.house, number)


def folder(office: Any) -> Path:
    return office.house.home / "letters"


def told(office: Any, number: str, kind: str) -> dict[str, str]:
    """What the page of the open request says, by label."""
    with office.transaction() as session:
        claims = office.claims(office.asked(number, kind))
        brief = briefing.brief(session, answering.look(session, claims, office.now), claims.officer_id, office.house)
        return {one.label: one.text for one in brief.context.particulars}


def all_the_way(office: Any, report: dict[str, Any], **conf: Any) -> str:
    number = refuting(office, report, **conf)
    propose(office, number)
    office.answer(number, "decide_letter", "approve")
    return number


def test_a_refuted_claim_becomes_a_letter_that_people_send_and_record(office: Any, report: dict[str, Any]) -> None:
    number = refuting(office, report)
    propose(office, number)

    [letter] = letters(office, number)
    assert (letter.number, letter.state, letter.sha256) == (1, LetterState.PROPOSED, None)
    request = office.asked(number, "decide_letter")
    assert [(one.officer_id, request.role) for one in request.addressees] == [("shen_ruolan", "office_director")]
    seen = told(office, number, "decide_letter")
    assert f"{number}-1" in seen["函件"]
    assert (seen["发给"], seen["经核查报告证明不属实的说法"]) == ("某某日报", CLAIM)
    assert seen["证据"] == "1. 11月21日维修单\n2. 现场照片"
    assert seen["事由"] == "报道所述事实经核实不属实"
    assert seen["提请人"].startswith("duty")
    assert not folder(office).exists()

    office.later(hours=1).answer(number, "decide_letter", "approve", comment="同意")
    assert not folder(office).exists(), "nothing is written before the commit"
    assert write(office, number) == []
    text = (folder(office) / f"{number}-1.txt").read_text("utf-8")
    for words in (
        "更正请求函",
        f"编号：{number}-1",
        "2026年11月23日",
        CLAIM,
        "11月20日断电，次日已换线。",
        "2. 现场照片",
        "报道所述事实经核实不属实",
        "0571-5550-0100",
        "办公室主任 沈若兰",
        "云桥街道网络舆情应对处置领导小组办公室",
    ):
        assert words in text
    assert "演练" not in text
    [letter] = letters(office, number)
    assert letter.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (letter.state, letter.decided_by, letter.decided_at) == (LetterState.APPROVED, "shen_ruolan", office.now)

    request = office.asked(number, "send_letter")
    assert [one.officer_id for one in request.addressees] == ["jiang_wenbo"]
    assert told(office, number, "send_letter")["函件全文（请照原文送出）"] == text
    office.later(hours=2).answer(number, "send_letter", "sent", when=office.now.isoformat(), how="传真，对方已确认收到")
    [letter] = letters(office, number)
    assert (letter.state, letter.sent_at, letter.sent_how) == (LetterState.SENT, office.now, "传真，对方已确认收到")
    kinds = [event.kind for event in office.events(number) if event.kind.startswith("letter_")]
    assert kinds == ["letter_proposed", "letter_approved", "letter_sent"]
    assert [one.kind for one in office.open_requests(number)] == ["draft_statement"], "the steps go on beside it"


def test_only_a_claim_that_an_approved_report_refutes_leads_to_a_letter(office: Any, report: dict[str, Any]) -> None:
    number = office.open()
    with pytest.raises(NotNow, match="还没有核查报告"):
        propose(office, number)
    office.answer(number, "report", "submit", **report, refuted=[CLAIM])
    with pytest.raises(NotNow, match="尚未经分管领导批准"):
        propose(office, number)
    office.answer(number, "approve_report", "approve")
    for wrong in ("村里办事不力，令人失望", CLAIM[:-1], f"{CLAIM}。"):
        with pytest.raises(FieldsRefused) as refused:
            propose(office, number, claim=wrong)
        assert list(refused.value.fields) == ["claim"]
    assert letters(office, number) == []
    assert office.events(number, "letter_proposed") == []
    propose(office, number)
    assert len(letters(office, number)) == 1


def test_a_report_that_refutes_nothing_leads_to_no_letter(office: Any, report: dict[str, Any]) -> None:
    number = refuting(office, report, refuted=[])
    with pytest.raises(FieldsRefused) as refused:
        propose(office, number)
    assert list(refused.value.fields) == ["claim"]


@pytest.mark.parametrize(
    ("kind", "ground"),
    [
        ("correction_request", "fabricated_disaster"),
        ("referral", "false_fact"),
        ("referral", "unfavourable"),
        ("correction_request", "tone"),
    ],
)
def test_a_ground_that_policy_does_not_list_for_the_kind_is_refused(
    office: Any, report: dict[str, Any], kind: str, ground: str
) -> None:
    number = refuting(office, report)
    with pytest.raises(FieldsRefused) as refused:
        propose(office, number, kind=kind, ground=ground)
    assert list(refused.value.fields) == ["ground"]
    allowed = "forged_document" if kind == "referral" else "wrong_figure"
    assert allowed in refused.value.fields["ground"]


def test_a_letter_without_evidence_is_refused(office: Any) -> None:
    for evidence in ([], ["  "]):
        with pytest.raises(FieldsRefused) as refused:
            fields.check(ProposeLetter, LETTER | {"evidence": evidence}, "zh_CN")
        assert all(name.startswith("evidence") for name in refused.value.fields)


def test_a_newer_report_must_be_approved_and_still_refute_the_claim(office: Any, report: dict[str, Any]) -> None:
    number = refuting(office, report)
    propose(office, number)
    with office.case(number) as case:
        case.move(Stage.VERIFICATION)
        moving.advance(case)
    office.answer(number, "report", "submit", **report, refuted=[OTHER])

    with pytest.raises(NotNow, match="尚未经分管领导批准"):
        propose(office, number, recipient="某某晚报")
    with pytest.raises(FieldsRefused, match="尚未经分管领导批准"):
        office.answer(number, "decide_letter", "approve")
    office.answer(number, "approve_report", "approve")
    with pytest.raises(FieldsRefused) as refused:
        office.answer(number, "decide_letter", "approve")
    assert list(refused.value.fields) == ["action"]
    [letter] = letters(office, number)
    assert (letter.state, letter.sha256) == (LetterState.PROPOSED, None)
    assert write(office) == []
    assert not folder(office).exists()
    office.answer(number, "decide_letter", "refuse", comment="新的报告不再认定")
    assert letters(office, number)[0].state is LetterState.REFUSED


def test_what_the_director_refused_needs_a_new_report_or_other_evidence(office: Any, report: dict[str, Any]) -> None:
    number = refuting(office, report)
    propose(office, number)
    office.answer(number, "decide_letter", "refuse", comment="证据不足")
    [letter] = letters(office, number)
    assert (letter.state, letter.decided_by, letter.sha256) == (LetterState.REFUSED, "shen_ruolan", None)
    [event] = office.events(number, "letter_refused")
    assert (event.actor, event.data["comment"]) == ("shen_ruolan", "证据不足")

    for same in ({}, {"evidence": ["现场照片"]}, {"recipient": "某某晚报"}, {"refutation": "换个说法"}):
        with pytest.raises(NotNow, match=f"{number}-1"):
            propose(office, number, **same)
    with pytest.raises(NotNow):
        propose(office, number, kind="referral", ground="forged_document")
    propose(office, number, evidence=["现场照片", "供电所记录"])
    assert [one.number for one in letters(office, number)] == [1, 2]
    office.answer(number, "decide_letter", "refuse", comment="仍不足")
    with pytest.raises(NotNow, match=f"{number}-2"):
        propose(office, number, evidence=["供电所记录"])
    propose(office, number, claim=OTHER)
    office.answer(number, "decide_letter", "approve")

    with office.case(number) as case:
        case.move(Stage.VERIFICATION)
        moving.advance(case)
    office.answer(number, "report", "submit", **report, refuted=[CLAIM])
    office.answer(number, "approve_report", "approve")
    propose(office, number, evidence=["现场照片"])
    assert len(letters(office, number)) == 4


def test_the_same_letter_is_proposed_once(office: Any, report: dict[str, Any]) -> None:
    number = refuting(office, report)
    propose(office, number)
    for recipient in ("某某日报", " 某某 日报"):
        with pytest.raises(NotNow, match="正待审定"):
            propose(office, number, recipient=recipient, evidence=["别的证据"])
    propose(office, number, recipient="某某晚报")
    assert [one.recipient for one in letters(office, number)] == ["某某日报", "某某晚报"]
    assert len({one.about for one in office.open_requests(number) if one.kind == "decide_letter"}) == 2
    office.send_in(
        office.claims(next(one for one in office.open_requests(number) if one.about == "letter:1")),
        {"action": "approve"},
    )
    assert [one.state for one in letters(office, number)] == [LetterState.APPROVED, LetterState.PROPOSED]
    with pytest.raises(NotNow, match="已批准"):
        propose(office, number)


def test_the_director_who_wrote_the_report_does_not_decide_on_it(office: Any, report: dict[str, Any]) -> None:
    office.with_officer("shen_ruolan", roles=["office_director", "information_officer"], unit="liuxi")
    number = office.open()
    office.answer(number, "report", "submit", "shen_ruolan", **report, refuted=[CLAIM])
    office.answer(number, "approve_report", "approve")
    propose(office, number)

    request = office.asked(number, "decide_letter")
    assert request.role == "office_deputy"
    assert [one.officer_id for one in request.addressees] == ["fang_qi"]
    with pytest.raises(LinkForged):
        office.answer(number, "decide_letter", "approve", "shen_ruolan")
    office.answer(number, "decide_letter", "approve", "fang_qi")
    write(office)
    assert "审定：办公室副主任 方琪" in (folder(office) / f"{number}-1.txt").read_text("utf-8")


def test_a_deputy_who_wrote_the_report_does_not_decide_either_and_the_duty_officers_hear_of_it(
    office: Any, report: dict[str, Any]
) -> None:
    away = [{"start": "2026-11-20", "end": "2026-11-30", "deputy": "fang_qi"}]
    office.with_officer("shen_ruolan", absences=away)
    number = office.open(unit="public_service")
    office.answer(number, "report", "submit", "fang_qi", **report, refuted=[CLAIM])
    office.answer(number, "approve_report", "approve")
    propose(office, number)
    with office.case(number) as case:
        moving.advance(case)

    assert office.requests(number, "decide_letter") == []
    notices = [mail for mail in office.mails(number, "notice") if mail.values["about"] == "nobody_may_answer"]
    assert {mail.officer_id for mail in notices} == {"ding_yifan", "xia_mengjie"}
    assert len(office.events(number, "nobody_may_answer")) == 1
    office.with_officer("shen_ruolan", absences=[])
    office.attend(number)
    assert [one.officer_id for one in office.asked(number, "decide_letter").addressees] == ["shen_ruolan"]


def test_the_author_decides_nothing_even_where_they_were_asked(office: Any, report: dict[str, Any]) -> None:
    number = refuting(office, report)
    propose(office, number)
    with office.transaction() as session:
        # Behind everybody's back: the report is said to be the director's own.
        letter = letters(office, number)[0]
        own = session.get_one(Revision, letter.revision_id)
        twin = Revision(
            document_id=own.document_id,
            number=own.number + 7,
            author_id="shen_ruolan",
            content=own.content,
            sha256=own.sha256,
            at=own.at,
        )
        session.add(twin)
        session.flush()
        session.merge(letter).revision_id = twin.id
    for action, given in (("approve", {}), ("refuse", {"comment": "不"})):
        with pytest.raises(NotYours):
            office.answer(number, "decide_letter", action, **given)
    assert letters(office, number)[0].state is LetterState.PROPOSED


def test_the_deputy_who_stands_in_decides_and_the_letter_says_for_whom(office: Any, report: dict[str, Any]) -> None:
    away = [{"start": "2026-11-20", "end": "2026-11-30", "deputy": "tan_songbai"}]
    office.with_officer("shen_ruolan", absences=away)
    number = all_the_way(office, report)
    write(office)
    text = (folder(office) / f"{number}-1.txt").read_text("utf-8")
    assert "审定：办公室主任 谭松柏（代沈若兰）" in text


def test_files_are_private_whole_and_written_once(office: Any, report: dict[str, Any]) -> None:
    number = all_the_way(office, report)
    folder(office).mkdir(parents=True, mode=0o755)
    assert write(office) == []
    files = {path.name: path for path in folder(office).iterdir()}
    assert set(files) == {f"{number}-1.txt", f"{number}-1.html"}
    assert folder(office).stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in files.values()} == {0o600}
    before = {name: (path.read_bytes(), path.stat().st_mtime_ns) for name, path in files.items()}

    office.later(days=3)
    assert write(office) == []
    assert {name: (path.read_bytes(), path.stat().st_mtime_ns) for name, path in files.items()} == before


def test_a_lost_or_changed_file_is_written_again_as_it_was(office: Any, report: dict[str, Any]) -> None:
    number = all_the_way(office, report)
    write(office)
    text, page = (folder(office) / f"{number}-1.{kind}" for kind in ("txt", "html"))
    first = (text.read_bytes(), page.read_bytes())
    text.write_text("别的内容")
    page.unlink()
    assert write(office) == []
    assert (text.read_bytes(), page.read_bytes()) == first
    text.unlink()
    office.answer(number, "send_letter", "sent", when=office.now.isoformat(), how="邮寄")
    assert write(office, number) == []
    assert text.read_bytes() == first[0]


def test_no_other_text_is_ever_passed_off_as_the_one_approved(office: Any, report: dict[str, Any]) -> None:
    number = all_the_way(office, report)
    write(office)
    approved = (folder(office) / f"{number}-1.txt").read_text("utf-8")
    plain = office.house.roster.model_dump(mode="json")
    plain["office"]["phone"] = "0571-0000-0000"
    office.house = replace(office.house, roster=Roster.model_validate(plain))

    assert told(office, number, "send_letter")["函件全文（请照原文送出）"] == approved
    assert write(office) == []
    (folder(office) / f"{number}-1.txt").unlink()
    [problem] = write(office)
    assert f"{number}-1" in problem
    assert not (folder(office) / f"{number}-1.txt").exists()
    assert "无法取得" in told(office, number, "send_letter")["函件全文（请照原文送出）"]


def test_a_folder_that_cannot_be_written_to_is_said_and_tried_again(office: Any, report: dict[str, Any]) -> None:
    number = all_the_way(office, report)
    folder(office).parent.mkdir(parents=True, exist_ok=True)
    folder(office).write_text("in the way")
    [problem] = write(office)
    assert f"{number}-1" in problem
    folder(office).unlink()
    assert write(office) == []
    assert (folder(office) / f"{number}-1.txt").is_file()


def test_a_letter_of_a_drill_is_marked_and_nobody_is_asked_to_send_it(office: Any, report: dict[str, Any]) -> None:
    number = all_the_way(office, report, drill=True)
    office.attend(number)
    assert office.requests(number, "send_letter") == []
    write(office)
    text = (folder(office) / f"{number}-1.txt").read_text("utf-8")
    page = (folder(office) / f"{number}-1.html").read_text("utf-8")
    assert text.startswith("【演练】")
    assert text.rstrip().splitlines()[-1].startswith("【演练】")
    assert text.count("演练") >= 4
    assert page.count("演练") >= 4
    [letter] = letters(office, number)
    assert letter.state is LetterState.APPROVED

    with office.case(number) as case:
        asking.ask(case, RequestKind.SEND_LETTER, role=Role.MEDIA_LIAISON, about="letter:1")
    with pytest.raises(FieldsRefused, match="演练"):
        office.answer(number, "send_letter", "sent", when=office.now.isoformat(), how="邮寄")
    assert letters(office, number)[0].state is LetterState.APPROVED


def test_a_letter_that_was_not_sent_after_all_is_ended_with_the_reason(office: Any, report: dict[str, Any]) -> None:
    number = all_the_way(office, report)
    office.answer(number, "send_letter", "not_sent", comment="对方已自行更正")
    office.later(days=40).attend(number)
    [letter] = letters(office, number)
    assert (letter.state, letter.sent_at) == (LetterState.NOT_SENT, None)
    [event] = office.events(number, "letter_not_sent")
    assert event.data["comment"] == "对方已自行更正"
    assert len(office.requests(number, "send_letter")) == 1
    propose(office, number)
    assert len(letters(office, number)) == 2


@pytest.mark.parametrize("hours", [-2, 1])
def test_a_letter_was_sent_neither_before_its_approval_nor_in_the_future(
    office: Any, report: dict[str, Any], hours: int
) -> None:
    number = all_the_way(office, report)
    office.later(minutes=10)
    when = (office.now + timedelta(hours=hours)).isoformat()
    with pytest.raises(FieldsRefused) as refused:
        office.answer(number, "send_letter", "sent", when=when, how="邮寄")
    assert list(refused.value.fields) == ["when"]
    assert office.asked(number, "send_letter").state is RequestState.OPEN
    assert office.events(number, "letter_sent") == []


def test_the_minute_of_the_approval_is_not_before_it(office: Any, report: dict[str, Any]) -> None:
    office.later(seconds=42)
    number = all_the_way(office, report)
    when = office.now.replace(second=0)
    office.later(seconds=5).answer(number, "send_letter", "sent", when=when.isoformat(), how="当面递交")
    assert letters(office, number)[0].state is LetterState.SENT


def test_a_referral_is_sent_by_the_duty_officer(office: Any, report: dict[str, Any]) -> None:
    number = refuting(office, report)
    propose(office, number, kind="referral", recipient="某某分局", ground="fabricated_disaster")
    office.answer(number, "decide_letter", "approve")
    people = {one.officer_id for one in office.asked(number, "send_letter").addressees}
    assert people == {"ding_yifan", "xia_mengjie"}
    text = told(office, number, "send_letter")["函件全文（请照原文送出）"]
    assert "移送函" in text
    assert "更正" not in text


def test_one_letter_is_asked_to_be_sent_once_whoever_policy_names_later(office: Any, report: dict[str, Any]) -> None:
    number = all_the_way(office, report)
    letters_now = {
        kind: rule.model_copy(update={"sent_by": Role.DUTY_OFFICER})
        for kind, rule in office.house.policy.letters.items()
    }
    office.house = replace(office.house, policy=office.house.policy.model_copy(update={"letters": letters_now}))
    office.attend(number)
    assert office.asked(number, "send_letter").role == "media_liaison"
    office.later(days=31).attend(number)
    assert len([one for one in office.open_requests(number) if one.kind == "send_letter"]) == 1


def test_letters_outlive_closing_and_reopening(office: Any, report: dict[str, Any]) -> None:
    number = refuting(office, report)
    office.carry_on(number, "publication")
    office.publish(number)
    office.answer(number, "close", "close", result="已办结")
    propose(office, number)
    office.reopen(number, "statement")
    office.answer(number, "decide_letter", "approve")
    office.answer(number, "send_letter", "sent", when=office.now.isoformat(), how="邮寄")
    assert letters(office, number)[0].state is LetterState.SENT


def test_no_letter_of_an_incident_that_was_merged_or_dismissed(office: Any, report: dict[str, Any]) -> None:
    number = refuting(office, report)
    propose(office, number)
    for outcome in (Outcome.MERGED, Outcome.DISMISSED):
        with office.case(number) as case:
            case.incident.outcome = outcome
        with pytest.raises(NotNow, match=number):
            propose(office, number, claim=OTHER)
        with pytest.raises(FieldsRefused):
            office.answer(number, "decide_letter", "approve")
    assert len(letters(office, number)) == 1


def test_a_dismissed_incident_asks_for_no_decision_until_it_is_taken_up_again(
    office: Any, report: dict[str, Any]
) -> None:
    number = refuting(office, report)
    propose(office, number)
    first = office.asked(number, "decide_letter")
    with office.case(number) as case:
        case.incident.unit_id = None
        case.move(Stage.ASSIGN_UNIT)
        case.incident.notified_at = case.now
        moving.advance(case)
    for request in office.open_requests(number):
        if request.kind == "assign_unit":
            office.send_in(office.claims(request), {"action": "dismiss", "reason": "重复"})
    with pytest.raises(RequestEnded):
        office.send_in(office.claims(first), {"action": "approve"})
    office.attend(number)
    assert [one for one in office.open_requests(number) if one.kind == "decide_letter"] == []
    office.reopen(number, "statement")
    assert office.asked(number, "decide_letter").round == 2


def test_what_people_wrote_stays_text(office: Any, report: dict[str, Any]) -> None:
    hostile = "<script>alert(1)</script>{{ 7*7 }}\"'&"
    number = refuting(office, report, refuted=[hostile])
    propose(
        office,
        number,
        claim=hostile,
        recipient=hostile,
        refutation=f"{hostile}\n第二行",
        evidence=[hostile, "\u3000照片"],
    )
    office.answer(number, "decide_letter", "approve")
    assert write(office) == []
    text = (folder(office) / f"{number}-1.txt").read_text("utf-8")
    page = (folder(office) / f"{number}-1.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "49" not in page + text
    assert hostile in text


def test_a_letter_in_english(office: Any, report: dict[str, Any]) -> None:
    office.house = replace(office.house, locale="en")
    number = all_the_way(office, report)
    write(office)
    text = (folder(office) / f"{number}-1.txt").read_text("utf-8")
    for words in (
        "Request for a correction",
        "Office director, Shen Ruolan",
        "A reported fact was verified to be untrue",
    ):
        assert words in text
    page = (folder(office) / f"{number}-1.html").read_text("utf-8")
    assert 'lang="en"' in page
    assert f"<title>Request for a correction {number}-1</title>" in page


def test_events_name_no_text_and_no_person_outside(office: Any, report: dict[str, Any]) -> None:
    number = all_the_way(office, report)
    said = str([event.data for event in office.rows(Event, number) if event.kind.startswith("letter_")])
    for words in (CLAIM, "某某日报", "维修单"):
        assert words not in said


def test_an_exact_repeat_of_an_answer_changes_nothing(office: Any, report: dict[str, Any]) -> None:
    number = refuting(office, report)
    propose(office, number)
    request = office.asked(number, "decide_letter")
    first = office.send_in(office.claims(request), {"action": "approve"})
    again = office.send_in(office.claims(request), {"action": "approve"})
    assert again.id == first.id
    assert len(office.events(number, "letter_approved")) == 1
    assert len(office.requests(number, "send_letter")) == 1
    with office.transaction() as session:
        assert session.get_one(Decision, first.id).action == "approve"
