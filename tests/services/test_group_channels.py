"""Groups, an Official Account and newsrooms as channels of publication, through the services and real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.transports.peers.dingtalk import SECRET as DINGTALK_SECRET
from tests.transports.peers.dingtalk import TOKEN, DingTalkPeer
from tests.transports.peers.newsroom import Newsroom
from tests.transports.peers.wechat_mp import APPID, COVER, WeChatPeer
from tests.transports.peers.wechat_mp import SECRET as WECHAT_SECRET
from tests.transports.peers.wecom import KEY, WeComPeer

from yingda.domain.channels import Channels
from yingda.domain.life import PublicationState
from yingda.services import escalating, sending, vouching
from yingda.store import pacing
from yingda.transports import wechat_api, wechat_mp, wecom
from yingda.transports.outlet import Access
from yingda.transports.web import Web


@pytest.fixture
def published(office: Any) -> Callable[..., int]:
    """A function that lets what is due of an incident go out through one channel beside the bulletin."""

    def through(number: str, access: Access) -> int:
        return sending.publish_due(office.transaction, number, office.house, lambda: office.now, lambda _: access)

    return through


def with_channel(office: Any, kind: str, **more: Any) -> None:
    """Let the office have one more channel, `beside`."""
    plain = office.house.channels.model_dump(mode="json")
    beside = {"id": "beside", "kind": kind, "connection": "beside", "label": "另一处", "label_en": "Beside", **more}
    hosts = [{"name": "127.0.0.1", "private": True}]
    office.house = replace(
        office.house, channels=Channels.model_validate({"hosts": hosts, "channels": [*plain["channels"], beside]})
    )


def row(office: Any, number: str) -> Any:
    return next(one for one in office.publications(number) if one.channel == "beside")


@pytest.fixture
def group(office: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[WeComPeer, Access]]:
    """A WeCom group that statements go to."""
    with_channel(office, "wecom")
    monkeypatch.setattr(wecom, "Web", lambda hosts: Web(hosts, answer=0.5))
    with WeComPeer(lambda: office.now) as peer:
        yield peer, Access(peer.url, password=KEY)


def test_a_statement_goes_to_a_group_once_and_asks_for_no_page(office: Any, published: Any, group: Any) -> None:
    peer, access = group
    number = office.bring_to("publication")

    assert published(number, access) == 2
    assert published(number, access) == 0

    assert len(peer.said) == 1
    assert f"{office.house.public_url}/bulletin/{number}/index.html" in peer.said[0]
    assert (row(office, number).state, row(office, number).url) == (PublicationState.CONFIRMED, None)


def test_a_statement_waits_for_the_turn_of_a_robot_that_notices_have_used_up(
    office: Any, published: Any, group: Any
) -> None:
    peer, access = group
    number = office.bring_to("publication")
    pace = wecom.WeCom(Web(()), access).pace
    with office.transaction() as session:
        assert [pacing.take_turn(session, pace, now=office.now) for _ in range(20)] == [None] * 20
    turn = office.now + timedelta(seconds=80)

    assert published(number, access) == 1
    waiting = row(office, number)
    assert (waiting.state, waiting.next_at, waiting.attempts, waiting.problem) == (
        PublicationState.PENDING,
        turn,
        0,
        None,
    )
    assert [event.data["until"] for event in office.events(number, "publication_waits")] == [turn.isoformat()]
    with office.case(number) as case:
        assert escalating.attend(case).wake_at is not None
    office.later(seconds=79)
    published(number, access)
    assert peer.said == []

    office.now = turn
    published(number, access)
    assert len(peer.said) == 1
    assert row(office, number).state is PublicationState.CONFIRMED


def test_a_robot_that_says_too_fast_is_left_alone_by_all_and_the_statement_goes_later(
    office: Any, published: Any
) -> None:
    with_channel(office, "dingtalk")
    with DingTalkPeer(lambda: office.now) as peer:
        access = Access(peer.url, password=TOKEN, extra={})
        peer.errors.append({"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"})
        number, other = office.bring_to("publication"), office.bring_to("publication")
        published(number, access)
        published(other, access)

        assert len(peer.asked) == 1, "the other statement did not even try"
        assert row(office, number).state is row(office, other).state is PublicationState.PENDING
        assert row(office, number).next_at >= office.now + timedelta(minutes=10)
        assert DINGTALK_SECRET not in str(peer.asked)


@pytest.mark.parametrize("ill", ["hang", "drop_after", "late_502"])
def test_a_group_that_may_have_it_is_never_spoken_to_again_by_itself(
    office: Any, published: Any, group: Any, ill: str
) -> None:
    peer, access = group
    peer.ills.append(ill)
    number = office.bring_to("publication")
    for _ in range(5):
        published(number, access)
        office.later(minutes=10)

    assert row(office, number).state is PublicationState.UNKNOWN
    assert len(peer.said) == 1
    assert {mail.values["about"] for mail in office.mails(number, "notice")} == {"publication_unknown"}


def test_what_wechat_queues_is_found_later_by_its_task_and_submitted_once(
    office: Any, published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wechat_api._tokens.clear()
    monkeypatch.setattr(wechat_mp, "BETWEEN", 0.0)
    with_channel(office, "wechat_mp")
    with WeChatPeer() as peer:
        access = Access(peer.url, APPID, WECHAT_SECRET, {"thumb_media_id": COVER})
        peer.takes = 1000
        number = office.bring_to("publication")
        published(number, access)
        [task] = peer.tasks
        assert (row(office, number).state, row(office, number).reference) == (PublicationState.SENDING, task)
        assert len(office.events(number, "publication_under_way")) == 1

        peer.end(task)
        office.now = row(office, number).next_at
        published(number, access)

        there = row(office, number)
        assert (there.state, there.url) == (PublicationState.CONFIRMED, peer.published[0]["article"]["url"])
        assert (peer.added, peer.submitted) == (1, 1)


def test_what_wechat_never_settles_is_for_a_person_who_may_send_it_again(
    office: Any, published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yingda.domain.acts import ItIsNotThere

    wechat_api._tokens.clear()
    monkeypatch.setattr(wechat_mp, "BETWEEN", 0.0)
    with_channel(office, "wechat_mp")
    with WeChatPeer() as peer:
        access = Access(peer.url, APPID, WECHAT_SECRET, {"thumb_media_id": COVER})
        peer.takes, peer.ends = 1000, 4
        number = office.bring_to("publication")
        for _ in range(40):
            published(number, access)
            office.later(seconds=5)
        assert row(office, number).state is PublicationState.UNKNOWN
        assert peer.submitted == 1

        [task] = peer.tasks
        peer.end(task)
        peer.takes, peer.ends = 1, 0
        with office.transaction() as session:
            vouching.send_again(
                session, row(office, number).id, ItIsNotThere(looked=True), office.house, office.now, "account:ops"
            )
        published(number, access)

        assert row(office, number).state is PublicationState.CONFIRMED
        assert (peer.added, peer.submitted, len(peer.published)) == (1, 2, 1)


def test_newsrooms_get_it_through_the_offices_mail_server_and_a_bad_address_is_told(
    office: Any, published: Any
) -> None:
    with_channel(office, "press_mail", connection=None, options={"to": ["a@paper.example", "b@radio.example"]})
    asked: list[str] = []
    with Newsroom() as newsroom:
        access = Access(newsroom.url, extra={"tls": "none", "timeout": 5})
        newsroom.refusals = {"a@paper.example": "550 no such user"}
        number = office.bring_to("publication")

        def connections(connection_id: str) -> Access:
            asked.append(connection_id)
            return access

        sending.publish_due(office.transaction, number, office.house, lambda: office.now, connections)

        assert asked == ["smtp_default"]
        assert row(office, number).state is PublicationState.FAILED
        assert "a@paper.example" in row(office, number).problem
        assert len(newsroom.ids("b@radio.example")) == 1
