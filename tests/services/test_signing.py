"""The chain of the present severity under exactly one text; four eyes; silence never approves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from yingda.domain.errors import RequestEnded, TextChanged
from yingda.domain.life import Outcome, RequestState, Stage
from yingda.services.composing import compose
from yingda.store.models import OutboxMessage

CHAINS = {
    "general": ["office_director"],
    "major": ["office_director", "superior"],
    "critical": ["office_director", "group_leader", "superior"],
}


@pytest.mark.parametrize("severity", list(CHAINS))
def test_the_chain_of_the_severity_signs_one_after_the_other(office: Any, severity: str) -> None:
    number = office.bring_to("statement_approval", severity=severity)
    for place, role in enumerate(CHAINS[severity]):
        assert office.stage(number) is Stage.STATEMENT_APPROVAL
        assert office.asked(number, "sign_statement").role == role
        assert len([one for one in office.signatures(number) if one.role in CHAINS[severity]]) == place
        office.answer(number, "sign_statement", "approve")
    assert office.stage(number) is Stage.PUBLICATION
    assert [one.role for one in office.signatures(number)][1:] == CHAINS[severity]
    assert len({one.sha256 for one in office.signatures(number)[1:]}) == 1


def test_time_alone_signs_nothing(office: Any) -> None:
    number = office.bring_to("statement_approval", severity="critical")
    for _ in range(10):
        office.later(days=5).attend(number)

    assert office.stage(number) is Stage.STATEMENT_APPROVAL
    assert [one.role for one in office.signatures(number)] == ["branch_leader"]


def test_a_return_voids_every_signature_and_the_chain_begins_anew(office: Any, statement: dict[str, Any]) -> None:
    number = office.bring_to("statement_approval", severity="critical")
    office.answer(number, "sign_statement", "approve")
    stale = office.asked(number, "sign_statement")
    office.later(minutes=3).answer(number, "sign_statement", "return", comment="第二段不妥")

    assert office.stage(number) is Stage.STATEMENT
    [*_, mail] = office.mails(number, "request")
    with office.transaction() as session:
        assert "第二段不妥" in compose(session, session.get_one(OutboxMessage, mail.id), office.house).text
    # Not even the very same words bring the old signature back.
    office.answer(number, "draft_statement", "submit", **statement)
    again = office.asked(number, "sign_statement")
    assert (again.role, again.round) == ("office_director", 2)
    assert again.revision_sha256 == stale.revision_sha256
    assert again.revision_id != stale.revision_id
    office.carry_on(number, "publication")
    assert len(office.signatures(number)) == 1 + 1 + 3


def test_a_link_about_an_older_text_is_told_that_it_changed(office: Any, statement: dict[str, Any]) -> None:
    number = office.bring_to("statement_approval")
    first = office.asked(number, "sign_statement")
    with office.case(number) as case:
        from yingda.domain.life import DocumentKind
        from yingda.services import moving, writing

        writing.add_revision(case, DocumentKind.STATEMENT, "ding_yifan", {**statement, "body": "另一段"})
        moving.advance(case)

    with pytest.raises(TextChanged):
        office.send_in(office.claims(first), {"action": "approve", "revision_sha256": first.revision_sha256})
    assert office.asked(number, "sign_statement").revision_sha256 != first.revision_sha256


def test_a_signer_can_decide_that_nothing_is_published(office: Any) -> None:
    number = office.bring_to("statement_approval", severity="major")
    office.later(hours=6).answer(number, "sign_statement", "no_publication", comment="已当面答复")

    incident = office.incident(number)
    assert (incident.stage, incident.outcome) == (Stage.CLOSING, Outcome.NO_PUBLICATION)
    clocks = office.clocks(number)
    assert clocks["public_word"].cancelled_at == office.now
    assert clocks["public_word"].missed_at == clocks["public_word"].due_at
    assert (clocks["verification"].cancelled_at, clocks["press_conference"].cancelled_at) == (None, office.now)
    assert office.publications(number) == []
    assert [request.kind for request in office.open_requests(number)] == ["close"]


def test_whoever_drafts_is_never_asked_to_sign(office: Any) -> None:
    office.with_officer("fang_qi", roles=["office_director", "section_head"])
    office.with_officer("shen_ruolan", roles=["office_director", "duty_officer"])
    number = office.bring_to("statement_approval", by={"draft_statement": "shen_ruolan"})

    assert [person.officer_id for person in office.asked(number, "sign_statement").addressees] == ["fang_qi"]


def test_one_person_in_two_roles_signs_one_of_them(office: Any) -> None:
    office.with_officer("lu_zhenghua", roles=["group_leader", "superior"])
    number = office.bring_to("statement_approval", severity="critical")
    office.answer(number, "sign_statement", "approve", "shen_ruolan")
    office.answer(number, "sign_statement", "approve", "lu_zhenghua")

    request = office.asked(number, "sign_statement")
    assert (request.role, [person.officer_id for person in request.addressees]) == ("superior", ["gu_weimin"])


def test_where_nobody_may_sign_the_duty_officers_are_told_once_and_it_goes_on_when_the_roster_is_mended(
    office: Any,
) -> None:
    office.with_officer("shen_ruolan", roles=["office_director", "superior"])
    office.with_officer("gu_weimin", roles=["media_liaison"])
    number = office.bring_to("statement_approval", severity="major")
    office.answer(number, "sign_statement", "approve", "shen_ruolan")
    for _ in range(3):
        office.later(minutes=5).attend(number)

    assert office.open_requests(number) == []
    assert office.stage(number) is Stage.STATEMENT_APPROVAL
    assert sorted(mail.officer_id for mail in office.mails(number, "notice")) == ["ding_yifan", "xia_mengjie"]
    assert len(office.events(number, "nobody_may_answer")) == 1

    office.with_officer("gu_weimin", roles=["superior"])
    office.attend(number)
    assert [person.officer_id for person in office.asked(number, "sign_statement").addressees] == ["gu_weimin"]


def test_an_absent_signer_s_deputy_is_asked_and_signs_in_their_stead(office: Any) -> None:
    away = {"start": "2026-11-23", "end": "2026-11-23", "deputy": "fang_qi"}
    office.with_officer("shen_ruolan", absences=[away])
    number = office.bring_to("statement_approval")

    [person] = office.asked(number, "sign_statement").addressees
    assert (person.officer_id, person.deputy_for) == ("fang_qi", "shen_ruolan")
    [*_, mail] = office.mails(number, "request")
    with office.transaction() as session:
        assert "沈若兰" in compose(session, session.get_one(OutboxMessage, mail.id), office.house).text
    decision = office.answer(number, "sign_statement", "approve")
    assert (decision.officer_id, decision.deputy_for) == ("fang_qi", "shen_ruolan")
    signature = office.signatures(number)[-1]
    assert (signature.signer_id, signature.deputy_for, signature.role) == ("fang_qi", "shen_ruolan", "office_director")


def test_absence_is_counted_in_shanghai_s_days(office: Any) -> None:
    away = {"start": "2026-11-24", "end": "2026-11-24", "deputy": "fang_qi"}
    office.with_officer("shen_ruolan", absences=[away])
    office.now = office.now.replace(hour=15, minute=59)
    assert office.asked(office.bring_to("statement_approval"), "sign_statement").addressees[0].deputy_for is None
    office.now += timedelta(minutes=1)
    number = office.bring_to("statement_approval")
    assert office.asked(number, "sign_statement").addressees[0].deputy_for == "shen_ruolan"


def test_a_deputy_who_wrote_the_text_is_not_asked(office: Any) -> None:
    away = {"start": "2026-11-23", "end": "2026-11-23", "deputy": "ding_yifan"}
    office.with_officer("shen_ruolan", absences=[away])
    number = office.bring_to("statement_approval", by={"draft_statement": "ding_yifan"})

    assert office.open_requests(number) == []
    assert office.events(number, "nobody_may_answer")


def test_a_lower_severity_takes_back_what_is_not_owed_any_more(office: Any) -> None:
    number = office.bring_to("statement_approval", severity="major")
    office.answer(number, "sign_statement", "approve")
    superior = office.asked(number, "sign_statement")
    office.regrade(number, "general")
    office.attend(number)

    assert office.stage(number) is Stage.PUBLICATION
    [again] = [one for one in office.requests(number, "sign_statement") if one.id == superior.id]
    assert again.state is RequestState.WITHDRAWN
    with pytest.raises(RequestEnded):
        office.send_in(office.claims(superior), {"action": "approve", "revision_sha256": superior.revision_sha256})
