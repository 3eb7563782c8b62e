"""Signed texts on each channel once, whatever fails; and nothing unsigned, ever."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from yingda.domain.life import Outcome, PublicationState, Stage
from yingda.services import announcing, publishing, sending
from yingda.services.publishing import Sending
from yingda.store.models import Commitment
from yingda.transports.outlets import outlet_of


def publish(office: Any, number: str) -> int:
    return int(sending.publish_due(office.transaction, number, office.house, lambda: office.now))


def look(office: Any, number: str) -> int:
    return int(sending.look_due(office.transaction, number, office.house, lambda: office.now))


def claim(office: Any, number: str) -> list[Sending]:
    with office.case(number) as case:
        return publishing.claim_due(case)


def next_moment(office: Any, number: str) -> datetime | None:
    with office.case(number) as case:
        return publishing.next_moment(case)


def on_the_page(office: Any, number: str) -> list[dict[str, Any]]:
    kept = json.loads((office.house.bulletin / number / "notice.json").read_text(encoding="utf-8"))
    notices: list[dict[str, Any]] = kept["notices"]
    return notices


def change_behind_the_record(office: Any, statement: str) -> None:
    with office.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement))


def test_a_signed_text_is_published_seen_live_and_closed(office: Any, bulletin_site: str) -> None:
    number = office.bring_to("publication", severity="critical")
    assert publish(office, number) == 1
    office.attend(number)

    [row] = office.publications(number)
    assert (row.state, row.attempts, row.confirmed_at) == (PublicationState.CONFIRMED, 1, office.now)
    assert row.url == f"{bulletin_site}/{number}/index.html"
    assert (office.stage(number), office.incident(number).outcome) == (Stage.LIVE_CHECK, Outcome.PUBLISHED)
    assert office.clocks(number)["public_word"].met_at == office.now
    [notice] = on_the_page(office, number)
    assert notice["sha256"] == office.signatures(number)[-1].sha256
    assert [one["name"] for one in notice["signed"]] == ["沈若兰", "陆正华", "顾为民"]

    assert look(office, number) == 1
    office.attend(number)
    assert office.stage(number) is Stage.CLOSING
    assert office.publications(number)[0].live_at == office.now
    assert publish(office, number) == look(office, number) == 0


def test_nothing_is_claimed_at_any_other_stage(office: Any) -> None:
    for stage in ("verification", "report_approval", "statement", "statement_approval"):
        number = office.bring_to(stage)
        assert claim(office, number) == []
        assert publish(office, number) == 0
    assert not office.house.bulletin.exists()


def test_an_incident_pushed_to_publication_without_signatures_publishes_nothing(office: Any) -> None:
    number = office.bring_to("statement_approval", severity="major")
    with office.case(number) as case:
        case.move(Stage.PUBLICATION)

    assert publish(office, number) == 0
    assert office.stage(number) is Stage.STATEMENT_APPROVAL
    assert not office.house.bulletin.exists()
    [refusal] = office.events(number, "publication_refused")
    assert refusal.data["flaws"] == [["unsigned", "office_director"], ["unsigned", "superior"]]
    assert {mail.officer_id for mail in office.mails(number, "notice")} == {"ding_yifan", "xia_mengjie"}


def test_a_severity_raised_after_signing_asks_for_the_missing_signatures_first(office: Any) -> None:
    number = office.bring_to("publication")
    office.regrade(number, "critical")

    assert publish(office, number) == 0
    office.attend(number)
    assert office.asked(number, "sign_statement").role == "group_leader"
    assert not office.house.bulletin.exists()

    office.carry_on(number, "publication")
    assert publish(office, number) == 1
    assert [one["name"] for one in on_the_page(office, number)[0]["signed"]] == ["沈若兰", "陆正华", "顾为民"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE revision SET content = jsonb_set(content, '{body}', '\"另一段\"')",
        'UPDATE revision SET content = content || \'{"note": "多一项"}\'',
    ],
)
def test_a_text_changed_after_signing_is_never_published(office: Any, change: str) -> None:
    number = office.bring_to("publication")
    change_behind_the_record(office, change)

    assert publish(office, number) == 0
    office.attend(number)
    assert office.stage(number) is Stage.STATEMENT
    assert office.asked(number, "draft_statement")
    assert not office.house.bulletin.exists()


def test_a_signature_by_the_author_does_not_count_even_if_it_got_into_the_record(office: Any) -> None:
    number = office.bring_to("publication")
    change_behind_the_record(office, "ALTER TABLE signature DROP CONSTRAINT ck_signature_never_own_text")
    try:
        change_behind_the_record(office, "UPDATE signature SET signer_id = author_id WHERE role = 'office_director'")
        assert publish(office, number) == 0
    finally:
        change_behind_the_record(
            office,
            "ALTER TABLE signature ADD CONSTRAINT ck_signature_never_own_text CHECK (signer_id <> author_id) NOT VALID",
        )
    assert office.stage(number) is Stage.STATEMENT
    assert not office.house.bulletin.exists()


def test_two_senders_at_once_hold_different_claims(office: Any) -> None:
    number = office.bring_to("publication")

    assert len(claim(office, number)) == 1
    assert claim(office, number) == []


def test_a_crash_between_claim_and_sending_is_made_good_when_the_lease_ends(office: Any, bulletin_site: str) -> None:
    number = office.bring_to("publication")
    [dead] = claim(office, number)
    assert next_moment(office, number) == office.now + publishing.LEASE
    office.later(seconds=59)
    assert publish(office, number) == 0
    office.later(seconds=1)
    assert publish(office, number) == 1

    with office.case(number) as case:
        publishing.put_off(case, dead, "too late", permanent=True)
        publishing.doubt(case, dead, "too late")
        publishing.confirm(case, dead, "https://elsewhere.example/")
    [row] = office.publications(number)
    assert (row.state, row.attempts) == (PublicationState.CONFIRMED, 2)
    assert row.url.startswith(bulletin_site)


def test_a_crash_between_sending_and_confirming_publishes_no_second_version(office: Any, bulletin_site: str) -> None:
    number = office.bring_to("publication")
    [sent] = claim(office, number)
    with office.case(number) as case:
        publishing.clear(case, sent)
    outlet = outlet_of(office.house.channels.channels[0], None, office.house)
    outlet.publish(announcing.notice_of(sent, office.house), None)
    page = (office.house.bulletin / number / "index.html").read_bytes()
    office.later(seconds=61)

    assert publish(office, number) == 1
    assert len(on_the_page(office, number)) == 1
    assert (office.house.bulletin / number / "index.html").read_bytes() == page
    assert office.publications(number)[0].state is PublicationState.CONFIRMED


def test_a_channel_that_is_away_is_tried_again_and_the_duty_officer_told_in_time(office: Any) -> None:
    number = office.bring_to("publication")
    blocked: Path = office.house.bulletin
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("a file where the folder belongs")

    pauses = []
    for attempt in range(1, 5):
        assert publish(office, number) == 0
        [row] = office.publications(number)
        assert (row.state, row.attempts) == (PublicationState.PENDING, attempt)
        assert next_moment(office, number) == row.next_at
        pauses.append(row.next_at - office.now)
        assert bool(office.mails(number, "notice")) is (attempt >= 3)
        assert publish(office, number) == 0, "not before its time"
        office.now = row.next_at
    assert pauses == [timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=5)]
    assert len(office.mails(number, "notice")) == 2

    blocked.unlink()
    assert publish(office, number) == 1


def test_what_can_never_go_out_is_given_up_and_told_even_after_an_earlier_notice(office: Any) -> None:
    number = office.bring_to("publication")
    for permanent in (False, False, False, True):
        [held] = claim(office, number)
        with office.case(number) as case:
            publishing.put_off(case, held, "refused", permanent=permanent)
        office.later(hours=2)

    [row] = office.publications(number)
    assert (row.state, row.next_at, row.problem) == (PublicationState.FAILED, None, "refused")
    assert claim(office, number) == []
    assert [mail.values["given_up"] for mail in office.mails(number, "notice")] == [False, False, True, True]
    assert office.attend(number).stage is Stage.PUBLICATION


def test_an_unknown_outcome_is_never_sent_again_by_itself(office: Any) -> None:
    number = office.bring_to("publication")
    [held] = claim(office, number)
    with office.case(number) as case:
        publishing.doubt(case, held, "the line broke")
    office.later(days=1).attend(number)

    assert claim(office, number) == []
    assert office.publications(number)[0].state is PublicationState.UNKNOWN
    assert {mail.values["about"] for mail in office.mails(number, "notice")} == {"publication_unknown"}


def test_what_came_to_be_owed_after_the_step_looked_wakes_it_at_once(office: Any) -> None:
    number = office.bring_to("publication")

    assert next_moment(office, number) == office.now
    assert office.attend(number).wake_at <= office.now


def test_a_page_that_does_not_show_the_text_is_looked_at_again_and_told(office: Any, bulletin_site: str) -> None:
    number = office.bring_to("publication")
    publish(office, number)
    page: Path = office.house.bulletin / number / "index.html"
    right = page.read_text(encoding="utf-8")
    page.write_text(right.replace("已修复", "未修复"), encoding="utf-8")
    for looks in range(1, 4):
        office.attend(number)
        assert look(office, number) == 0
        [row] = office.publications(number)
        assert (row.looks, row.live_at) == (looks, None)
        assert "does not show" in row.problem
        assert next_moment(office, number) == row.next_at
        assert look(office, number) == 0, "not before its time"
        office.now = row.next_at
    assert office.stage(number) is Stage.LIVE_CHECK
    assert {mail.values["about"] for mail in office.mails(number, "notice")} == {"not_seen_live"}

    page.write_text(right, encoding="utf-8")
    assert look(office, number) == 1
    office.attend(number)
    assert office.stage(number) is Stage.CLOSING


def test_a_page_that_is_gone_is_not_seen(office: Any, bulletin_site: str) -> None:
    number = office.bring_to("publication")
    publish(office, number)
    shutil.rmtree(office.house.bulletin / number)

    office.attend(number)
    assert look(office, number) == 0
    assert "404" in office.publications(number)[0].problem


def test_the_dates_of_a_published_statement_become_commitments_once(
    office: Any, statement: dict[str, Any], bulletin_site: str
) -> None:
    number = office.bring_to("statement")
    promises = [
        {"text": "公布结果", "unit": "liuxi", "due": "2026-12-01T09:00"},
        {"text": "完成改造", "unit": "urban_management", "due": "2026-12-31T18:00"},
    ]
    office.answer(number, "draft_statement", "submit", **{**statement, "kind": "holding", "commitments": promises})
    office.carry_on(number, "publication")
    assert office.rows(Commitment, number) == []
    publish(office, number)

    made = office.rows(Commitment, number)
    assert [(one.text, one.unit_id, one.due_at.isoformat()) for one in made] == [
        ("公布结果", "liuxi", "2026-12-01T01:00:00+00:00"),
        ("完成改造", "urban_management", "2026-12-31T10:00:00+00:00"),
    ]


def test_a_correction_stands_above_what_was_said_before(
    office: Any, statement: dict[str, Any], bulletin_site: str
) -> None:
    number = office.bring_to("publication")
    publish(office, number)
    office.attend(number)
    look(office, number)
    office.attend(number)
    office.later(hours=1).reopen(number, "statement")
    office.answer(number, "draft_statement", "submit", **{**statement, "kind": "correction", "body": "更正如下。"})
    assert publish(office, number) == 0
    office.carry_on(number, "publication")
    assert publish(office, number) == 1

    assert [one["kind"] for one in on_the_page(office, number)] == ["final", "correction"]
    assert [row.state for row in office.publications(number)] == [PublicationState.CONFIRMED] * 2


def test_a_drill_says_so_on_its_page(office: Any, bulletin_site: str) -> None:
    number = office.bring_to("publication", drill=True)
    publish(office, number)

    assert "演练" in (office.house.bulletin / number / "index.html").read_text(encoding="utf-8")


def test_the_agreed_wording_goes_once_to_each_of_those_concerned_when_all_have_signed(
    office: Any, bulletin_site: str
) -> None:
    number = office.bring_to("statement_approval", severity="critical")
    office.answer(number, "sign_statement", "approve")
    office.answer(number, "sign_statement", "approve")
    assert office.mails(number, "wording") == []
    office.answer(number, "sign_statement", "approve")
    publish(office, number)
    office.attend(number)

    told = [mail.officer_id for mail in office.mails(number, "wording")]
    assert len(told) == len(set(told))
    assert {"luo_chunsheng", "han_yue", "jiang_wenbo", "shen_ruolan", "lu_zhenghua"} <= set(told)
    assert "wei_guilan" not in told
