"""Mail to newsrooms through a real mail server that takes, refuses and hangs up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.transports.peers.newsroom import Newsroom

from yingda.domain.channels import Channel
from yingda.transports import press_mail
from yingda.transports.bulletin import Notice
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access, may_repeat
from yingda.transports.outlets import outlet_of

PAPER, RADIO, SITE = "desk@paper.example", "news@radio.example", "tips@site.example"
PAGE = "https://www.example.org/yingda/YQCZBG-2026-001/index.html"
NOTICE = Notice(
    incident_no="YQCZBG-2026-001",
    kind="final",
    title="关于柳溪村路灯的说明",
    body_html='<p>路灯<strong>已修复</strong>。</p><p>见 <a href="https://www.example.org/x">图</a></p>',
    sha256="ab" * 32,
    revision=2,
    topic="livelihood",
    office_name="云桥街道办公室",
    unit_name="柳溪村",
    signed=(),
    published_at=datetime(2026, 11, 23, 6, 3, tzinfo=UTC),
    drill=False,
    base_url="https://www.example.org/yingda",
    locale="zh_CN",
)


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as peer:
        yield peer


@pytest.fixture
def press(newsroom: Newsroom, house: Any) -> press_mail.PressMail:
    channel = Channel.model_validate(
        {
            "id": "press",
            "kind": "press_mail",
            "label": "媒体",
            "label_en": "Press",
            "options": {"to": [PAPER, RADIO, SITE, PAPER]},
        }
    )
    assert channel.spoken_through == "smtp_default"
    assert not channel.public
    access = Access(newsroom.url, extra={"tls": "none", "timeout": 5})
    outlet = outlet_of(channel, access, house)
    assert isinstance(outlet, press_mail.PressMail)
    return outlet


def body(letter: Any, kind: str) -> str:
    return str(letter.get_body((kind,)).get_content())


def test_each_newsroom_gets_one_letter_with_the_words_the_address_and_the_contact(
    press: press_mail.PressMail, newsroom: Newsroom, house: Any
):
    posted = press.publish(NOTICE, None)

    assert posted.url is None
    assert [str(letter["To"]) for letter in newsroom.taken] == [PAPER, RADIO, SITE]
    letter = newsroom.taken[0]
    assert str(letter["Subject"]) == "关于柳溪村路灯的说明（YQCZBG-2026-001）"
    assert str(letter["Reply-To"]) == house.roster.office.email
    assert str(letter["Precedence"]) == "bulk"
    assert "mailto:" in str(letter["List-Unsubscribe"])
    assert str(letter["References"]) == posted.reference
    assert str(letter["Auto-Submitted"]) == "auto-generated"
    text, html = body(letter, "plain"), body(letter, "html")
    for words in (NOTICE.title, PAGE, NOTICE.sha256, "第 2 稿", house.roster.office.phone, house.roster.office.email):
        assert words in text
        assert words in html
    assert "路灯已修复。" in text
    assert "<strong>已修复</strong>" in html
    assert not [other for other in (RADIO, SITE) if other in text + html + str(letter["To"])]


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
@pytest.mark.parametrize("kind", ["final", "holding", "correction", "withdrawal"])
def test_every_kind_is_written_in_both_languages_with_hostile_words_as_words(
    press: press_mail.PressMail, newsroom: Newsroom, kind: Any, locale: str
):
    hostile = '<script>alert(1)</script> {{ 7*7 }} "引号"\r\nBcc: x@evil.example'
    press.publish(replace(NOTICE, kind=kind, title=hostile, locale=locale, drill=True), None)

    letter = newsroom.taken[0]
    assert letter["Bcc"] is None
    assert "<script>" not in body(letter, "html")
    assert "49" not in str(letter["Subject"])
    assert "演练" in body(letter, "plain") + body(letter, "html")
    assert ("DRILL" if locale == "en" else "【演练】") in str(letter["Subject"])


def test_the_same_revision_again_has_the_same_message_ids_and_another_revision_or_text_has_others(
    press: press_mail.PressMail, newsroom: Newsroom
):
    press.publish(NOTICE, None)
    press.publish(replace(NOTICE, published_at=datetime(2026, 11, 24, tzinfo=UTC)), None)
    press.publish(replace(NOTICE, revision=3, kind="correction"), None)
    press.publish(replace(NOTICE, sha256="cd" * 32), None)

    first, again, later, other = newsroom.ids(PAPER)
    assert first == again
    assert len({first, later, other}) == 3
    assert len({identity for to in (PAPER, RADIO, SITE) for identity in newsroom.ids(to)}) == 9
    assert len({str(letter["References"]) for letter in newsroom.taken}) == 1


def test_an_address_that_is_refused_for_good_stops_no_other(press: press_mail.PressMail, newsroom: Newsroom):
    newsroom.refusals = {PAPER: "550 no such user"}

    with pytest.raises(TransportError, match=r"2 of 3 newsrooms.*desk@paper\.example.*550.*channels\.yaml") as failed:
        press.publish(NOTICE, None)

    assert failed.value.permanent
    assert not failed.value.uncertain
    assert [str(letter["To"]) for letter in newsroom.taken] == [RADIO, SITE]


def test_while_one_is_only_refused_for_now_all_is_tried_again(press: press_mail.PressMail, newsroom: Newsroom):
    newsroom.refusals = {PAPER: "550 no such user", RADIO: "451 later"}

    with pytest.raises(TransportError, match="1 of 3 newsrooms") as failed:
        press.publish(NOTICE, None)
    assert not failed.value.permanent

    newsroom.refusals = {}
    press.publish(NOTICE, None)
    assert newsroom.ids(SITE)[0] == newsroom.ids(SITE)[1]


def test_a_server_that_hangs_up_after_the_text_is_sent_to_again_which_is_harmless(
    press: press_mail.PressMail, newsroom: Newsroom
):
    newsroom.drops = [RADIO]

    with pytest.raises(TransportError, match="2 of 3 newsrooms") as lost:
        press.publish(NOTICE, None)
    assert not lost.value.permanent
    assert may_repeat(press)

    press.publish(NOTICE, None)
    assert len(newsroom.ids(RADIO)) == 2
    assert len(set(newsroom.ids(RADIO))) == 1


def test_nobody_can_look_into_mailboxes(press: press_mail.PressMail):
    assert press.looks is False
    with pytest.raises(TransportError, match="cannot be read"):
        press.find(NOTICE)


def test_a_channel_without_addresses_or_with_bad_ones_is_refused_when_the_files_are_read():
    plain = {"id": "press", "kind": "press_mail", "label": "媒体", "label_en": "Press"}
    for options in ({}, {"to": []}, {"to": ["no address"]}):
        with pytest.raises(ValueError, match="to"):
            Channel.model_validate({**plain, "options": options})
