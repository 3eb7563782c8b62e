"""What was published and is wrong: corrected or withdrawn in public, by the whole chain, and kept for good."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from yingda import rendering
from yingda.domain.errors import FieldsRefused, NotNow
from yingda.domain.life import Outcome, PublicationState, Stage
from yingda.domain.severity import Severity
from yingda.services import (
    announcing,
    answering,
    briefing,
    composing,
    correcting,
    merging,
    moving,
    passing,
    publishing,
    regrading,
    sending,
)
from yingda.services.briefing import Brief
from yingda.store import audit
from yingda.store.models import Commitment, OutboxMessage, Pass, Request, Revision
from yingda.transports.outlets import outlet_of

FIXED = {"kind": "correction", "title": "关于路灯的说明", "body": "路灯**尚未修复**。", "commitments": []}
GONE = {
    "kind": "withdrawal",
    "title": "关于撤回《关于路灯的说明》的说明",
    "body": "原说明失实，撤回。",
    "commitments": [],
}
SIGNERS = {"general": 1, "major": 2, "critical": 3}


def run(office: Any, number: str) -> None:
    """What the tasks do: publish what is signed, look at the page, and move on."""
    sending.publish_due(office.transaction, number, office.house, lambda: office.now)
    office.attend(number)
    sending.look_due(office.transaction, number, office.house, lambda: office.now)
    office.attend(number)


def public(office: Any, close: bool = True, **conf: Any) -> str:
    """An incident whose statement is public and seen; closed unless told otherwise."""
    number = office.bring_to("publication", **conf)
    run(office, number)
    if close:
        office.answer(number, "close", "close", result="已修复")
    office.later(hours=1)
    return str(number)


def correct(office: Any, number: str, reason: str = "写错了修复时间") -> None:
    with office.case(number) as case:
        correcting.correct(case, reason, "account:duty")
        moving.advance(case)


def withdraw(office: Any, number: str, reason: str = "经复核与事实不符") -> None:
    with office.case(number) as case:
        correcting.withdraw(case, reason, "account:duty")
        moving.advance(case)


def state(office: Any, number: str, text: dict[str, Any]) -> None:
    """Draft the statement that is asked for, have it signed by everybody, and let it be published and seen."""
    office.answer(number, "draft_statement", "submit", **text)
    office.carry_on(number, "publication")
    run(office, number)
    office.later(hours=1)


def notices(office: Any, number: str) -> list[dict[str, Any]]:
    kept = json.loads((office.house.bulletin / number / "notice.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = kept["notices"]
    return found


def page(office: Any, number: str) -> str:
    return str((office.house.bulletin / number / "index.html").read_text(encoding="utf-8"))


def on_top(office: Any, number: str) -> str:
    html = page(office, number)
    return rendering.plain_text(html[: html.index("</article>")])


def seen_by(office: Any, number: str, kind: str) -> Brief:
    """What the first officer asked is shown."""
    request = office.asked(number, kind)
    claims = office.claims(request)
    with office.transaction() as session:
        asked = answering.look(session, claims, office.now)
        return briefing.brief(session, asked, claims.officer_id, office.house)


def begins(office: Any, number: str) -> dict[str, Any]:
    """What stands in the draft before anybody typed."""
    from yingda.desk import fields

    [form] = fields.shown(seen_by(office, number, "draft_statement"), office.house)
    values: dict[str, Any] = {field.name: field.value for field in form.fields if field.widget != "commitments"}
    values["kinds"] = [choice.value for field in form.fields if field.name == "kind" for choice in field.choices]
    [values["commitments"]] = [
        [tuple(part.value for part in row) for row in field.rows if row[0].value]
        for field in form.fields
        if field.widget == "commitments"
    ]
    return values


def said_in_mails(office: Any, number: str, template: str) -> list[str]:
    """The mails of a kind that were owed last, as they would leave now."""
    with office.transaction() as session:
        owed = [session.get_one(OutboxMessage, mail.id) for mail in office.mails(number, template)]
        letters = [composing.compose(session, mail, office.house) for mail in owed]
    return [f"{letter.subject}\n{letter.text}\n{rendering.plain_text(letter.html)}" for letter in letters]


@pytest.mark.parametrize("severity", ["general", "critical"])
@pytest.mark.parametrize("close", [True, False])
def test_a_correction_goes_the_whole_way_and_stands_on_top(
    office: Any, bulletin_site: str, severity: str, close: bool
) -> None:
    number = public(office, close, severity=severity)
    before = page(office, number)

    correct(office, number)
    assert office.stage(number) is Stage.STATEMENT
    assert page(office, number) == before
    office.answer(number, "draft_statement", "submit", **FIXED)
    run(office, number)
    assert page(office, number) == before, "nothing unsigned is public"
    office.carry_on(number, "publication")
    run(office, number)

    incident = office.incident(number)
    assert (incident.stage, incident.outcome) == (Stage.CLOSING, Outcome.PUBLISHED)
    assert (incident.wanted_statement, incident.wanted_reason) == (None, None)
    assert [one["kind"] for one in notices(office, number)] == ["final", "correction"]
    assert len(notices(office, number)[-1]["signed"]) == SIGNERS[severity]
    assert [row.live_at is not None for row in office.publications(number)] == [True, True]
    assert "尚未修复" in on_top(office, number)
    assert "已更正" in page(office, number)
    assert rendering.same_text("<p>路灯已修复。</p>", page(office, number)), "nothing vanishes"
    [decided] = office.events(number, "correction_decided")
    assert (decided.actor, decided.data["reason"]) == ("account:duty", "写错了修复时间")
    assert decided.data["sha256"] == notices(office, number)[0]["sha256"]
    assert office.answer(number, "close", "close", result="已更正")
    assert office.stage(number) is Stage.CLOSED
    with office.transaction() as session:
        assert list(audit.breaks(session)) == []


def test_a_withdrawal_goes_the_whole_way_and_says_so_unmistakably(office: Any, bulletin_site: str) -> None:
    number = public(office, severity="major")

    withdraw(office, number)
    state(office, number, GONE)

    assert [one["kind"] for one in notices(office, number)] == ["final", "withdrawal"]
    assert on_top(office, number).index("已撤回") < on_top(office, number).index("原说明失实，撤回。")
    assert "不再有效" in on_top(office, number)
    assert rendering.same_text("<p>路灯已修复。</p>", page(office, number))
    [item] = json.loads((office.house.bulletin / "feed.json").read_bytes())["items"]
    assert item["title"].startswith("【撤回】")
    assert office.stage(number) is Stage.CLOSING


def test_a_correction_may_be_corrected_again_and_every_text_stays(office: Any, bulletin_site: str) -> None:
    number = public(office)
    feed_id = json.loads((office.house.bulletin / "feed.json").read_bytes())["items"][0]["id"]
    for body in ("第一次更正。", "第二次更正。"):
        correct(office, number)
        state(office, number, FIXED | {"body": body})

    assert [one["kind"] for one in notices(office, number)] == ["final", "correction", "correction"]
    assert "第二次更正" in on_top(office, number)
    assert page(office, number).count("已更正 <time") == 2
    assert rendering.same_text("<p>第一次更正。</p>", page(office, number))
    assert [item["id"] for item in json.loads((office.house.bulletin / "feed.json").read_bytes())["items"]] == [feed_id]


def test_after_a_withdrawal_a_new_statement_may_follow_and_be_corrected(office: Any, bulletin_site: str) -> None:
    number = public(office)
    withdraw(office, number)
    state(office, number, GONE)
    office.reopen(number, "statement")
    state(office, number, FIXED | {"kind": "final", "title": "新的说明"})
    assert "此前发布的内容" not in on_top(office, number)
    assert "已于" in on_top(office, number), "who read the withdrawn text learns of it first"

    correct(office, number)
    assert begins(office, number)["title"] == "新的说明"
    state(office, number, FIXED | {"title": "新的说明"})

    assert [one["kind"] for one in notices(office, number)] == ["final", "withdrawal", "final", "correction"]


def test_a_withdrawal_that_is_itself_wrong_can_be_corrected_and_then_withdrawn_no_more_is_refused(
    office: Any, bulletin_site: str
) -> None:
    number = public(office)
    withdraw(office, number)
    state(office, number, GONE)
    with pytest.raises(NotNow, match="已经撤回"):
        withdraw(office, number)

    correct(office, number, "撤回原因写错了")
    assert begins(office, number)["body"] == GONE["body"]
    state(office, number, FIXED | {"title": "关于撤回的更正"})

    words = page(office, number)
    assert words.index("已更正 <time") < words.index("已撤回 <time"), "what was withdrawn stays withdrawn"
    withdraw(office, number)
    assert office.incident(number).wanted_statement == "withdrawal"


def test_an_incident_closed_long_ago_is_taken_up_by_a_further_run(office: Any, bulletin_site: str) -> None:
    number = public(office, severity="critical")
    clocks = {kind: (one.started_at, one.due_at, one.met_at, one.missed_at) for kind, one in clocks_of(office, number)}
    asked = {one.kind for one in office.open_requests(number)}
    [first] = office.rows(Pass, number)
    office.later(days=400)

    correct(office, number)

    assert office.incident(number).closed_at is None
    beside = {one.kind: one.expires_at for one in office.open_requests(number) if one.kind in asked}
    assert set(beside) == asked, "what is owed beside stays asked"
    assert all(ends > office.now for ends in beside.values()), "under links that work"
    after = {kind: (one.started_at, one.due_at, one.met_at, one.missed_at) for kind, one in clocks_of(office, number)}
    assert {kind: after[kind][:2] for kind in clocks} == {kind: found[:2] for kind, found in clocks.items()}
    assert after["public_word"] == clocks["public_word"]
    assert after["further_word"][0] == office.now, "the correction has a time of its own"
    assert office.asked(number, "draft_statement").due_at == after["further_word"][1]
    with office.transaction() as session:
        start = passing.owed(session, number, office.house, office.now, lambda run: passing.RunState.ENDED)
    assert start is not None
    assert start.run_id != first.run_id
    state(office, number, FIXED)
    assert office.stage(number) is Stage.CLOSING
    assert office.clocks(number)["further_word"].met_at is not None


def clocks_of(office: Any, number: str) -> list[tuple[str, Any]]:
    return sorted(office.clocks(number).items())


def test_the_draft_begins_with_what_is_corrected_and_can_be_nothing_else(
    office: Any, bulletin_site: str, statement: dict[str, Any]
) -> None:
    number = public(office)
    correct(office, number)

    first = begins(office, number)
    assert first == {**statement, "kind": "correction", "kinds": ["correction"]}
    for kind in ("final", "holding", "withdrawal"):
        with pytest.raises(FieldsRefused, match="kind"):
            office.answer(number, "draft_statement", "submit", **FIXED | {"kind": kind})
    assert office.stage(number) is Stage.STATEMENT


def test_a_draft_that_was_never_published_is_not_what_is_corrected(office: Any, bulletin_site: str) -> None:
    number = public(office)
    office.reopen(number, "statement")
    office.answer(number, "draft_statement", "submit", **FIXED | {"kind": "final", "body": "从未公开的文字。"})
    office.answer(number, "sign_statement", "no_publication", comment="不必再说")
    office.answer(number, "close", "close", result="维持")

    correct(office, number)

    assert begins(office, number)["body"] == "路灯**已修复**。"
    [decided] = office.events(number, "correction_decided")
    assert decided.data["sha256"] == notices(office, number)[0]["sha256"]


def test_a_withdrawal_begins_with_what_was_said_when_and_why_it_is_withdrawn(office: Any, bulletin_site: str) -> None:
    number = office.bring_to("statement")
    state(office, number, FIXED | {"kind": "final", "title": "关于《路灯》的说明"})
    withdraw(office, number, "照明设备\n其实没有更换")

    first = begins(office, number)

    assert first["title"] == "关于撤回《关于〈路灯〉的说明》的说明"
    assert first["kinds"] == ["withdrawal"]
    assert first["commitments"] == []
    confirmed = rendering.local(office.publications(number)[0].confirmed_at)
    year, month, day = (int(part) for part in confirmed[:10].split("-"))
    for part in (
        f"{year}年{month}月{day}日",
        "《关于〈路灯〉的说明》",
        "照明设备\n其实没有更换",
        office.house.roster.office.name,
    ):
        assert part in first["body"]
    state(office, number, {key: first[key] for key in ("kind", "title", "body")})
    assert [one["kind"] for one in notices(office, number)] == ["final", "withdrawal"]


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_the_longest_title_can_be_withdrawn_as_the_draft_stands(office: Any, bulletin_site: str, locale: str) -> None:
    office.house = replace(office.house, locale=locale)
    number = office.bring_to("statement")
    state(office, number, FIXED | {"kind": "final", "title": "长" * 200})
    withdraw(office, number)

    first = begins(office, number)
    assert len(first["title"]) == 200
    assert first["title"].endswith("…》的说明" if locale == "zh_CN" else "…”")
    assert ("is withdrawn" in first["body"]) is (locale == "en")
    state(office, number, {key: first[key] for key in ("kind", "title", "body")})
    assert office.stage(number) is Stage.CLOSING


def test_drafter_and_signers_are_told_what_it_must_be_about_what_and_why(office: Any, bulletin_site: str) -> None:
    number = public(office, severity="major")
    correct(office, number, "把“已修复”写成了事实")

    for kind in ("draft_statement", "sign_statement"):
        told = {one.label: one.text for one in seen_by(office, number, kind).context.particulars}
        assert "更正" in told["本次说明"]
        assert "《关于路灯的说明》" in told["所涉说明"]
        assert told["原因"] == "把“已修复”写成了事实"
        assert "把“已修复”写成了事实" in said_in_mails(office, number, "request")[-1]
        if kind == "draft_statement":
            office.answer(number, "draft_statement", "submit", **FIXED)
    office.carry_on(number, "publication")
    run(office, number)
    office.reopen(number, "statement")
    assert "原因" not in {one.label for one in seen_by(office, number, "draft_statement").context.particulars}


def test_a_returned_correction_comes_back_with_its_own_text(office: Any, bulletin_site: str) -> None:
    number = public(office)
    correct(office, number)
    office.answer(number, "draft_statement", "submit", **FIXED)
    office.answer(number, "sign_statement", "return", comment="写明哪天修好")

    assert office.incident(number).wanted_statement == "correction"
    first = begins(office, number)
    assert (first["body"], first["kinds"]) == (FIXED["body"], ["correction"])
    with pytest.raises(FieldsRefused, match="kind"):
        office.answer(number, "draft_statement", "submit", **FIXED | {"kind": "final"})
    state(office, number, FIXED | {"body": "路灯将于周五修复。"})
    assert [one["body_html"].strip() for one in notices(office, number)][1:] == ["<p>路灯将于周五修复。</p>"]


@pytest.mark.parametrize("decide", [correct, withdraw])
def test_a_signer_may_decide_that_what_is_public_stays_as_it_is(office: Any, bulletin_site: str, decide: Any) -> None:
    number = public(office, severity="major")
    before, clocks = page(office, number), {kind: one.cancelled_at for kind, one in clocks_of(office, number)}
    decide(office, number)
    office.answer(number, "draft_statement", "submit", **(FIXED if decide is correct else GONE))
    office.answer(number, "sign_statement", "no_publication", comment="原文无误")

    incident = office.incident(number)
    assert (incident.stage, incident.outcome) == (Stage.CLOSING, Outcome.PUBLISHED)
    assert (incident.wanted_statement, incident.wanted_reason) == (None, None)
    after = {kind: one.cancelled_at for kind, one in clocks_of(office, number)}
    assert after.pop("further_word") == office.now
    assert after == clocks
    run(office, number)
    assert page(office, number) == before
    decide(office, number)
    assert office.stage(number) is Stage.STATEMENT, "and may decide otherwise later"


@pytest.mark.parametrize("severity", ["major", "critical"])
def test_a_correction_is_public_only_with_each_signature_of_the_chain(
    office: Any, bulletin_site: str, severity: str
) -> None:
    number = public(office, severity=severity)
    before = page(office, number)
    correct(office, number)
    office.answer(number, "draft_statement", "submit", **FIXED)
    for _ in range(SIGNERS[severity]):
        assert office.stage(number) is Stage.STATEMENT_APPROVAL
        with office.transaction() as session:
            # Somebody marks the task of signing as done by hand.
            incident = session.merge(office.incident(number))
            incident.stage = Stage.PUBLICATION
        run(office, number)
        assert page(office, number) == before
        assert office.stage(number) is Stage.STATEMENT_APPROVAL
        assert office.incident(number).wanted_statement == "correction"
        office.answer(number, "sign_statement", "approve")
    run(office, number)
    assert "尚未修复" in on_top(office, number)


def test_the_drafter_of_a_correction_never_signs_it(office: Any, bulletin_site: str) -> None:
    office.with_officer("ding_yifan", roles=["duty_officer", "office_director"])
    number = public(office)
    correct(office, number)
    office.answer(number, "draft_statement", "submit", "ding_yifan", **FIXED)

    assert "ding_yifan" not in [one.officer_id for one in office.asked(number, "sign_statement").addressees]


def test_a_regrade_while_a_correction_is_signed_asks_for_the_present_chain(office: Any, bulletin_site: str) -> None:
    number = public(office)
    correct(office, number)
    office.answer(number, "draft_statement", "submit", **FIXED)
    office.answer(number, "sign_statement", "approve")
    assert office.stage(number) is Stage.PUBLICATION
    with office.case(number) as case:
        regrading.regrade(case, Severity.CRITICAL, "关注上升", "account:duty")

    assert office.asked(number, "sign_statement").role == "group_leader"
    assert office.incident(number).wanted_statement == "correction"
    run(office, number)
    assert len(notices(office, number)) == 1
    office.answer(number, "sign_statement", "approve")
    office.answer(number, "sign_statement", "approve")
    run(office, number)
    assert [len(one["signed"]) for one in notices(office, number)] == [1, 3]


def test_a_drill_is_corrected_like_the_real_thing_and_listed_nowhere(office: Any, bulletin_site: str) -> None:
    number = public(office, drill=True)
    withdraw(office, number)
    state(office, number, GONE)

    assert "演练" in page(office, number)
    assert "已撤回" in on_top(office, number)
    assert number not in (office.house.bulletin / "index.html").read_text(encoding="utf-8")
    assert all("演练" in said for said in said_in_mails(office, number, "wording"))


def test_nothing_public_leaves_nothing_to_correct(office: Any) -> None:
    for stage in ("verification", "statement_approval", "publication"):
        number = office.bring_to(stage)
        for decide in (correct, withdraw):
            with pytest.raises(NotNow, match="没有已发布的说明"):
                decide(office, number)
    number = office.bring_to("statement_approval")
    office.answer(number, "sign_statement", "no_publication", comment="已当面答复")
    with pytest.raises(NotNow, match="没有已发布的说明"):
        correct(office, number)
    office.answer(number, "close", "close", result="已当面答复")
    with pytest.raises(NotNow, match="没有已发布的说明"):
        withdraw(office, number)


def test_the_second_while_one_is_under_way_is_refused_by_name_until_it_was_seen(
    office: Any, bulletin_site: str
) -> None:
    number = public(office)
    correct(office, number)

    def refused() -> None:
        events = len(office.events(number))
        for decide in (correct, withdraw):
            with pytest.raises(NotNow, match="更正正在办理"):
                decide(office, number)
        assert len(office.events(number)) == events

    refused()
    office.answer(number, "draft_statement", "submit", **FIXED)
    refused()
    office.answer(number, "sign_statement", "approve")
    refused()
    sending.publish_due(office.transaction, number, office.house, lambda: office.now)
    office.attend(number)
    assert office.stage(number) is Stage.LIVE_CHECK
    refused()
    run(office, number)
    withdraw(office, number)
    assert len(office.events(number, "correction_decided")) == len(office.events(number, "withdrawal_decided")) == 1


def test_what_is_taken_up_again_for_another_reason_is_waited_for(office: Any, bulletin_site: str) -> None:
    number = public(office)
    office.reopen(number, "statement")
    with pytest.raises(NotNow, match="还在办理（起草说明）"):
        correct(office, number)


def test_a_reason_is_required_and_nothing_changes_without(office: Any, bulletin_site: str) -> None:
    number = public(office)
    events = len(office.events(number))
    with pytest.raises(FieldsRefused, match="reason"):
        correct(office, number, " \n ")
    assert (len(office.events(number)), office.stage(number)) == (events, Stage.CLOSED)


def test_refusals_speak_english_where_the_office_does(office: Any, bulletin_site: str) -> None:
    office.house = replace(office.house, locale="en")
    number = public(office)
    withdraw(office, number)
    with pytest.raises(NotNow, match=r"withdrawal of YQCZBG-.* is under way"):
        correct(office, number)
    state(office, number, GONE)
    with pytest.raises(NotNow, match="withdrawn already"):
        withdraw(office, number)


@pytest.mark.parametrize(
    ("locale", "corrected", "withdrawn"),
    [
        ("zh_CN", ("统一口径（更正）", "现予更正"), ("说明已撤回", "请不要再引用")),
        ("en", ("Agreed wording, corrected", "is corrected"), ("Statement withdrawn", "please do not use it")),
    ],
)
def test_the_wording_mail_says_what_holds_now(
    office: Any, bulletin_site: str, locale: str, corrected: tuple[str, str], withdrawn: tuple[str, str]
) -> None:
    office.house = replace(office.house, locale=locale)
    number = public(office)
    correct(office, number)
    state(office, number, FIXED)
    for words in corrected:
        assert said_in_mails(office, number, "wording")[-1].count(words) >= 2, "in text and in HTML"
    withdraw(office, number)
    state(office, number, GONE)

    told = {mail.officer_id for mail in office.mails(number, "wording")}
    assert len(office.mails(number, "wording")) == 3 * len(told)
    for said in said_in_mails(office, number, "wording"):
        # None of them has left yet: those of the first two texts tell of the withdrawal as well.
        assert all(said.count(words) >= 2 for words in withdrawn)
        assert "原说明失实，撤回。" in said
        assert "修复" not in said


def test_a_mail_of_a_text_that_is_signed_but_not_yet_public_speaks_of_that_text(
    office: Any, bulletin_site: str
) -> None:
    number = public(office)
    withdraw(office, number)
    office.answer(number, "draft_statement", "submit", **GONE)
    office.carry_on(number, "publication")

    for mail, said in zip(office.mails(number, "wording"), said_in_mails(office, number, "wording"), strict=True):
        with office.transaction() as session:
            kind = session.get_one(Revision, mail.values["revision_id"]).content["kind"]
        assert ("说明已撤回" in said) is (kind == "withdrawal")
        assert ("路灯已修复" in said) is (kind == "final")


def test_promises_that_still_hold_come_along_and_are_renewed(
    office: Any, bulletin_site: str, statement: dict[str, Any]
) -> None:
    number = office.bring_to("statement")
    soon, late = office.now + timedelta(hours=3), office.now + timedelta(days=9)
    promises = [
        {"text": "公布检测结果", "unit": "liuxi", "due": soon.isoformat()},
        {"text": "更换线路", "unit": "liuxi", "due": late.isoformat()},
    ]
    state(office, number, {**statement, "commitments": promises})
    office.answer(number, "close", "close", result="已答复")
    office.now = soon - timedelta(minutes=1)
    correct(office, number)

    first = begins(office, number)
    assert [row[:2] for row in first["commitments"]] == [("公布检测结果", "liuxi"), ("更换线路", "liuxi")]
    kept = [{"text": "更换线路", "unit": "liuxi", "due": first["commitments"][1][2]}]
    state(office, number, FIXED | {"commitments": kept})

    made = office.rows(Commitment, number)
    assert [(one.text, one.ended_at is None) for one in made] == [
        ("公布检测结果", True),
        ("更换线路", False),
        ("更换线路", True),
    ]


def test_what_was_promised_for_a_day_gone_by_is_not_promised_again(
    office: Any, bulletin_site: str, statement: dict[str, Any]
) -> None:
    number = office.bring_to("statement")
    promise = {"text": "公布检测结果", "unit": "liuxi", "due": (office.now + timedelta(days=1)).isoformat()}
    state(office, number, {**statement, "commitments": [promise]})
    office.answer(number, "commitment", "submit", answer="已公布", evidence=[])
    while office.stage(number) not in (Stage.CLOSING, Stage.CLOSED):
        state(office, number, statement)
    correct(office, number)

    assert begins(office, number)["commitments"] == []


def test_a_correction_that_strikes_the_end_is_not_seen_on_the_page_that_still_has_it(
    office: Any, bulletin_site: str
) -> None:
    number = office.bring_to("statement")
    state(office, number, FIXED | {"kind": "final", "body": "路灯已修复。\n\n水质合格。"})
    old = page(office, number)
    correct(office, number)
    office.answer(number, "draft_statement", "submit", **FIXED | {"body": "路灯已修复。"})
    office.carry_on(number, "publication")
    sending.publish_due(office.transaction, number, office.house, lambda: office.now)
    office.attend(number)
    new = page(office, number)
    (office.house.bulletin / number / "index.html").write_text(old, encoding="utf-8")

    assert sending.look_due(office.transaction, number, office.house, lambda: office.now) == 0
    assert office.stage(number) is Stage.LIVE_CHECK
    (office.house.bulletin / number / "index.html").write_text(new, encoding="utf-8")
    office.later(minutes=1)
    assert sending.look_due(office.transaction, number, office.house, lambda: office.now) == 1


def test_a_crash_between_writing_the_page_and_noting_it_makes_one_correction(office: Any, bulletin_site: str) -> None:
    number = public(office)
    correct(office, number)
    office.answer(number, "draft_statement", "submit", **FIXED)
    office.carry_on(number, "publication")
    with office.case(number) as case:
        [sent] = publishing.claim_due(case)
        publishing.clear(case, sent)
    outlet = outlet_of(office.house.channels.channels[0], None, office.house)
    outlet.publish(announcing.notice_of(sent, office.house), sent.earlier)
    written = page(office, number)
    office.later(seconds=61)
    run(office, number)

    assert page(office, number) == written
    assert [row.state for row in office.publications(number)] == [PublicationState.CONFIRMED] * 2
    assert [one["kind"] for one in notices(office, number)] == ["final", "correction"]


def test_two_who_decide_at_once_decide_once(office: Any, bulletin_site: str) -> None:
    import threading

    number = public(office)
    said: list[str] = []
    start = threading.Barrier(2)

    def decide(what: Any) -> None:
        start.wait(10)
        try:
            what(office, number)
            said.append("done")
        except NotNow:
            said.append("refused")

    both = [threading.Thread(target=decide, args=(what,)) for what in (correct, withdraw)]
    for one in both:
        one.start()
    for one in both:
        one.join(30)

    assert sorted(said) == ["done", "refused"]
    [draft] = [one for one in office.open_requests(number) if one.kind == "draft_statement"]
    assert isinstance(draft, Request)


def test_what_was_merged_is_corrected_where_it_went(office: Any, bulletin_site: str) -> None:
    number, into = office.open(), office.open(title="同一件事")
    with office.transaction() as session:
        merging.merge(session, number, into, "同一件事", "account:duty", office.house, office.now)
    for decide in (correct, withdraw):
        with pytest.raises(NotNow, match=into):
            decide(office, number)


def test_a_statement_stays_ours_to_correct_though_no_unit_holds_the_incident_any_more(
    office: Any, bulletin_site: str
) -> None:
    number = public(office)
    office.reopen(number, "assign_unit")
    office.answer(number, "assign_unit", "dismiss", reason="不属本辖区")
    office.answer(number, "close", "close", result="不予受理")
    assert office.incident(number).outcome is Outcome.DISMISSED

    withdraw(office, number, "不属本辖区")
    state(office, number, GONE)

    assert [one["kind"] for one in notices(office, number)] == ["final", "withdrawal"]
    assert (office.stage(number), office.incident(number).outcome) == (Stage.CLOSING, Outcome.PUBLISHED)


def test_comments_on_the_first_statement_are_not_those_on_its_correction(office: Any, bulletin_site: str) -> None:
    number = office.bring_to("statement_approval")
    office.answer(number, "sign_statement", "return", comment="写具体些")
    state(office, number, FIXED | {"kind": "final", "body": "路灯已修复，共三盏。"})
    correct(office, number)

    assert seen_by(office, number, "draft_statement").context.comments == ()
    assert begins(office, number)["body"] == "路灯已修复，共三盏。"


def test_what_a_reason_holds_is_shown_and_never_obeyed(office: Any, bulletin_site: str) -> None:
    number = public(office)
    withdraw(office, number, '<script>alert(1)</script> {{ 7*7 }} [x](javascript:alert(1)) <img src=x onerror="y">')
    first = begins(office, number)
    state(office, number, {key: first[key] for key in ("kind", "title", "body")})

    html = page(office, number)
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert "{{ 7*7 }}" in rendering.plain_text(html)
    assert office.stage(number) is Stage.CLOSING, "it was seen on its page"
