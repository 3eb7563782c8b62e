"""Replies under the office's accounts: on record with their link, resting on a signed statement that was public."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from yingda.domain import fields
from yingda.domain.acts import RecordReply
from yingda.domain.errors import FieldsRefused, NotNow
from yingda.services import correcting, replying_officially
from yingda.store.models import OfficialReply, Revision

URL = "https://www.example.org/comments/17"


def record(office: Any, number: str, **changed: Any) -> None:
    given = {"account": "wechat", "url": URL, "text": "路灯已修复，谢谢您的提醒。", "when": office.now.isoformat()}
    form = fields.check(RecordReply, given | changed, office.house.locale)
    with office.case(number) as case:
        replying_officially.record(case, form, "account:duty")


def public(office: Any, **conf: Any) -> str:
    number = office.bring_to("publication", **conf)
    office.publish(number)
    return str(number)


def replies(office: Any, number: str) -> list[OfficialReply]:
    return list(office.rows(OfficialReply, number))


def test_a_reply_is_kept_with_account_and_link_and_rests_on_what_is_public(office: Any) -> None:
    number = public(office)
    office.later(minutes=20)
    record(office, number)

    [reply] = replies(office, number)
    assert (reply.account, reply.url, reply.replied_at) == ("wechat", URL, office.now)
    with office.transaction() as session:
        assert session.get_one(Revision, reply.revision_id).content["title"] == "关于路灯的说明"
    [event] = office.events(number, "official_reply_recorded")
    assert (event.actor, event.data["account"], event.data["url"]) == ("account:duty", "wechat", URL)
    assert "谢谢" not in str(event.data)


def test_nothing_is_said_before_something_signed_is_public(office: Any) -> None:
    number = office.bring_to("publication")
    with pytest.raises(NotNow, match="还没有已签发并公开的说明"):
        record(office, number)
    assert replies(office, number) == []
    office.house = replace(office.house, locale="en")
    with pytest.raises(NotNow, match="Nothing signed is public yet"):
        record(office, number)


@pytest.mark.parametrize("account", ["weibo_of_someone", "zhang_san", "Wechat"])
def test_only_the_accounts_of_the_office_count(office: Any, account: str) -> None:
    number = public(office)
    with pytest.raises(FieldsRefused) as refused:
        record(office, number, account=account)
    assert list(refused.value.fields) == ["account"]
    assert "website, wechat" in refused.value.fields["account"]
    assert replies(office, number) == []


def test_one_link_is_recorded_once_however_it_is_written(office: Any) -> None:
    number, other = public(office), public(office)
    record(office, number)
    for again in (URL, "https://WWW.example.org/comments/17#top", "https://www.example.org:443/comments/17/"):
        with pytest.raises(FieldsRefused) as refused:
            record(office, number, url=again, account="website")
        assert list(refused.value.fields) == ["url"]
        assert URL in refused.value.fields["url"]
    record(office, number, url="https://www.example.org/comments/17?page=2")
    record(office, other)
    assert [len(replies(office, one)) for one in (number, other)] == [2, 1]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/x",
        "javascript:alert(1)",
        "www.example.org/x",
        "https://a b.org",
        "http://[",
        "http://example.org:99999999/",
        "http://example.org:port/",
        "https://",
        "https://wang_li:secret@example.org/",
    ],
)
def test_a_link_is_an_address_of_the_web(office: Any, url: str) -> None:
    number = public(office)
    with pytest.raises(FieldsRefused) as refused:
        record(office, number, url=url)
    assert list(refused.value.fields) == ["url"]
    assert replies(office, number) == []


def test_a_reply_was_not_given_in_the_future_nor_before_anything_was_public(office: Any) -> None:
    before = office.now
    office.later(hours=3)
    number = public(office)
    for when in (office.now + timedelta(minutes=1), before, before + timedelta(hours=2, minutes=58)):
        with pytest.raises(FieldsRefused) as refused:
            record(office, number, when=when.isoformat())
        assert list(refused.value.fields) == ["when"]
    assert replies(office, number) == []


def test_the_minute_of_the_publication_is_not_before_it(office: Any) -> None:
    office.later(seconds=40)
    number = public(office)
    record(office, number, when=office.now.replace(second=0).isoformat())
    assert len(replies(office, number)) == 1


def test_a_reply_rests_on_what_was_public_when_it_was_given(office: Any, statement: dict[str, Any]) -> None:
    number = public(office)
    first_at = office.now
    with office.case(number) as case:
        correcting.correct(case, "日期有误", "account:duty")
    office.later(hours=2).attend(number)
    corrected = {**statement, "kind": "correction", "title": "更正"}
    office.answer(number, "draft_statement", "submit", **corrected)
    record(office, number, url=f"{URL}1")
    office.answer(number, "sign_statement", "approve")
    office.publish(number)
    record(office, number, url=f"{URL}2", when=(first_at + timedelta(minutes=5)).isoformat())
    office.later(minutes=1)
    record(office, number, url=f"{URL}3")

    with office.transaction() as session:
        titles = [session.get_one(Revision, one.revision_id).content["title"] for one in replies(office, number)]
    assert titles == ["关于路灯的说明", "关于路灯的说明", "更正"]


def test_a_closed_incident_takes_replies_and_stays_closed(office: Any) -> None:
    number = public(office)
    office.answer(number, "close", "close", result="已办结")
    record(office, number)
    assert len(replies(office, number)) == 1
    assert office.stage(number) == "closed"
    assert office.open_requests(number) == []


def test_everything_that_is_wrong_is_said_at_once(office: Any) -> None:
    number = public(office)
    record(office, number)
    with pytest.raises(FieldsRefused) as refused:
        record(office, number, account="nobody", when=(office.now + timedelta(days=1)).isoformat())
    assert set(refused.value.fields) == {"account", "url", "when"}
