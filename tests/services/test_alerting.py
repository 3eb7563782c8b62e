"""What the officers' work group hears: once an event, by number and severity only, by robots at their pace."""

from __future__ import annotations

import email.policy
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select
from tests.transports.peers import dingtalk as dingtalk_peer
from tests.transports.peers.dingtalk import DingTalkPeer
from tests.transports.peers.wecom import KEY, WeComPeer

from yingda.domain.channels import Channels
from yingda.domain.hosts import Host
from yingda.domain.life import PublicationState, SendState
from yingda.domain.policy import WorkGroupRule
from yingda.services import publishing, redelivering
from yingda.services.calling import BATCH
from yingda.services.delivering import Courier
from yingda.services.troubles import troubles
from yingda.store import outbox
from yingda.store.models import OutboxMessage, Publication
from yingda.transports import dingtalk, wecom
from yingda.transports.chat import Robot
from yingda.transports.mail import MailServer
from yingda.transports.outlet import Access
from yingda.transports.web import Web

HERE = (Host(name="127.0.0.1", private=True),)
EVENTS = ["opened", "overdue", "signed", "published", "unknown"]


def told_by(office: Any, *robots: str, events: list[str] | None = None, locale: str = "zh_CN") -> None:
    """Let these robots tell the work group."""
    rule = WorkGroupRule(robots=robots, events=EVENTS if events is None else events)  # type: ignore[arg-type]
    channels = office.house.channels.model_dump(mode="json")
    channels["robots"] = [{"id": robot, "kind": "wecom", "connection": robot} for robot in robots]
    office.house = replace(
        office.house,
        policy=office.house.policy.model_copy(update={"work_group": rule}),
        channels=Channels.model_validate(channels),
        locale=locale,
    )


@pytest.fixture
def post() -> Iterator[Any]:
    """A mail server that takes everything: (what it took, where it is)."""
    taken: list[str] = []

    class PostOffice:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
            taken.append(str(letter["Message-ID"]))
            return "250 OK"

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(PostOffice(), hostname="127.0.0.1", port=port)
    controller.start()
    yield taken, MailServer("127.0.0.1", port, timeout=5)
    controller.stop()


@pytest.fixture
def group(office: Any) -> Iterator[WeComPeer]:
    """The work group, told of everything by the robot `duty`."""
    told_by(office, "duty")
    with WeComPeer(lambda: office.now) as peer:
        yield peer


@pytest.fixture
def courier(office: Any, post: Any, group: WeComPeer) -> Callable[..., Courier]:
    """A function that makes a courier, by default one whose only robot is in the group."""

    def made(robot: Robot | None = None, server: MailServer | None = None) -> Courier:
        ready = robot or wecom.WeCom(Web(HERE, answer=0.5), Access(group.url, password=KEY))
        return Courier(
            office.transaction, office.house, lambda: server or post[1], lambda: office.now, lambda name: ready
        )

    return made


def notices(office: Any) -> list[OutboxMessage]:
    with office.transaction() as session:
        return list(session.scalars(select(OutboxMessage).where(OutboxMessage.robot.is_not(None))))


def test_nobody_is_told_unless_policy_names_a_robot(office: Any) -> None:
    number = office.bring_to("publication")
    office.publish(number)

    assert notices(office) == []


def test_each_event_is_told_once_by_number_severity_and_link_and_no_words_of_anybody(
    office: Any, group: WeComPeer, courier: Any
) -> None:
    secret = "泄密标题甲乙丙"
    number = office.open(title=secret, summary=secret)
    office.later(hours=3)
    for _ in range(3):
        office.attend(number)
    office.carry_on(number, "publication")
    with office.case(number) as case:
        [held] = publishing.claim_due(case)
        publishing.doubt(case, held, f"{secret} broke off")
        row = case.session.get_one(Publication, held.publication_id)
        publishing.confirmed(case, row, "https://example.org/1", "system")
    for _ in range(4):
        courier().deliver(number)
        office.later(seconds=5)

    link = f"http://127.0.0.1:8080/desk/incidents/{number}"
    assert group.said == [
        f"**【一般】{number}**\n{line}\n办理台：[{link}]({link})"
        for line in (
            "已受理。",
            "已超时：核实结果。",
            "对外情况说明已签齐，即将发布。",
            "发布结果不明：情况说明公开栏。请值班员到该渠道核实。",
            "已发布：情况说明公开栏。",
        )
    ]
    assert {message.state for message in notices(office)} == {SendState.SENT}
    names = [officer.name for officer in office.house.roster.officers]
    kept = str([message.values for message in notices(office)])
    assert secret not in "".join(group.said) + kept
    assert not [name for name in names if name in "".join(group.said)]


def test_a_drill_is_marked_and_english_is_spoken_where_that_is_set(office: Any, group: WeComPeer, courier: Any) -> None:
    office.open(drill=True, severity="critical")
    courier().deliver()
    told_by(office, "duty", locale="en")
    office.open(drill=True)
    courier().deliver()

    assert group.said[0].startswith("**【演练】【特别重大】YQCZBG-2026-001**\n已受理。")
    assert group.said[1].startswith("**DRILL YQCZBG-2026-002 (General)**\nOpened.")


def test_only_what_policy_names_is_told_and_each_robot_tells_it(office: Any) -> None:
    told_by(office, "duty", "leaders", events=["overdue"])
    number = office.open()
    office.later(hours=3)
    office.attend(number)

    assert [(message.robot, message.values["event"]) for message in notices(office)] == [
        ("duty", "overdue"),
        ("leaders", "overdue"),
    ]


def test_the_same_doubt_again_after_sending_again_is_told_again(office: Any, group: WeComPeer) -> None:
    number = office.bring_to("publication")
    for _ in range(2):
        with office.case(number) as case:
            [held] = publishing.claim_due(case)
            publishing.doubt(case, held, "broke off")
        with office.transaction() as session:
            row = session.get_one(Publication, held.publication_id)
            row.state, row.next_at, row.attempts = PublicationState.PENDING, None, 0

    assert [m.values["event"] for m in notices(office)].count("unknown") == 2


def test_sixty_at_once_by_two_couriers_never_come_too_often_and_all_arrive(
    office: Any, group: WeComPeer, courier: Any
) -> None:
    for _ in range(60):
        office.open()
    begun, moments = office.now, []
    while any(message.state is SendState.PENDING for message in notices(office)):
        both = [threading.Thread(target=courier().deliver) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        moments.append(office.now)
        due = [message.next_at for message in notices(office) if message.state is SendState.PENDING]
        if due:
            assert min(due) > office.now, "nothing that is due is left lying"
            office.now = min(due)

    assert group.too_many == 0
    assert len(group.said) == len(set(group.said)) == 60
    assert [message.attempts for message in notices(office)] == [1] * 60, "waiting for a turn is no attempt"
    assert office.now - begun == timedelta(seconds=160)
    assert len(moments) == 3


def test_a_dingtalk_that_would_ban_is_never_brought_to_it(office: Any, courier: Any) -> None:
    told_by(office, "duty")
    with DingTalkPeer(lambda: office.now, keyword="YQCZBG") as peer:
        access = Access(peer.url, password=dingtalk_peer.TOKEN, extra={"secret": dingtalk_peer.SECRET})
        robot = dingtalk.DingTalk(Web(HERE), access, lambda: office.now)
        for _ in range(45):
            office.open()
        for _ in range(200):
            courier(robot).deliver()
            office.later(seconds=1)

        assert peer.too_many == 0
        assert peer.banned_until is None
        assert len(peer.said) == 45


def test_a_robot_that_others_use_too_is_left_alone_when_it_says_so(office: Any, group: WeComPeer, courier: Any) -> None:
    group.errors.append((45009, "api freq out of limit"))
    office.open()
    office.open()

    courier().deliver()

    first, second = notices(office)
    assert (first.attempts, second.attempts) == (1, 1)
    assert {first.next_at, second.next_at} == {office.now + timedelta(minutes=1)}
    assert len(group.asked) == 1, "it was not spoken to again"
    office.later(seconds=5)
    office.open()
    courier().deliver()
    assert len(group.asked) == 1, "nor by another courier"
    office.later(seconds=-5)
    office.later(minutes=1)
    courier().deliver()
    assert len(group.said) == 3


@pytest.mark.parametrize("ill", ["hang", "drop_before", "502"])
def test_a_robot_that_is_ill_delays_no_mail_and_is_asked_once_a_call(
    office: Any, group: WeComPeer, courier: Any, post: Any, ill: str
) -> None:
    group.ills.extend([ill] * 20)
    for _ in range(BATCH + 2):
        office.open()

    courier().deliver()

    assert len(post[0]) == BATCH + 2
    assert len(group.ills) == 19
    assert {message.state for message in notices(office)} == {SendState.PENDING}
    assert {message.next_at for message in notices(office)} == {office.now + timedelta(seconds=10)}
    group.ills.clear()
    office.later(seconds=10)
    courier().deliver()
    assert {message.state for message in notices(office)} == {SendState.SENT}


def test_mail_that_cannot_go_delays_no_robot(office: Any, group: WeComPeer, courier: Any) -> None:
    office.open()

    courier(server=MailServer("127.0.0.1", 1, timeout=1)).deliver()

    assert len(group.said) == 1


def test_after_the_last_attempt_it_is_a_dead_letter_on_the_board_that_a_person_sends_again(
    office: Any, group: WeComPeer, courier: Any
) -> None:
    number = office.open()
    group.key = "another"

    courier().deliver()
    courier().deliver()

    [notice] = notices(office)
    assert (notice.state, notice.attempts) == (SendState.DEAD, 1)
    with office.transaction() as session:
        [letter] = troubles(session, office.house).dead_letters
        assert (letter.to.id, letter.by_robot, letter.incident_no) == ("duty", True, number)
        assert "93000" in letter.problem
        redelivering.send_again(session, notice.id, office.house, office.now, "account:ops")
    group.key = KEY
    courier().deliver()
    assert len(group.said) == 1
    assert [event.data["robot"] for event in office.events(number, "mail_owed_again")] == ["duty"]


def test_a_robot_that_is_away_for_good_is_given_up_after_all_attempts(
    office: Any, group: WeComPeer, courier: Any
) -> None:
    office.open()
    group.ills.extend(["502"] * 20)
    for _ in range(8):
        courier().deliver()
        [notice] = notices(office)
        office.now = max(office.now, notice.next_at)

    assert (notice.state, notice.attempts, len(group.ills)) == (SendState.DEAD, 8, 12)


def test_a_robot_that_channels_yaml_lacks_is_a_dead_letter_and_a_missing_connection_is_not(
    office: Any, post: Any
) -> None:
    told_by(office, "duty")
    office.open()

    def missing(robot_id: str) -> Robot:
        raise LookupError("Connection duty is not there")

    Courier(office.transaction, office.house, lambda: post[1], lambda: office.now, missing).deliver()
    [notice] = notices(office)
    assert (notice.state, notice.attempts) == (SendState.PENDING, 1)
    assert "duty is not there" in notice.problem
    office.later(minutes=1)

    def unknown(robot_id: str) -> Robot:
        office.house.channels.robot("who_left")
        raise AssertionError

    Courier(office.transaction, office.house, lambda: post[1], lambda: office.now, unknown).deliver()
    [notice] = notices(office)
    assert notice.state is SendState.DEAD
    assert "channels.yaml has no robot 'who_left'" in notice.problem


def test_a_courier_that_dies_after_speaking_leaves_a_lease_that_runs_out(
    office: Any, group: WeComPeer, courier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.open()

    def die(*_: Any, **__: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "mark_sent", die)
        with pytest.raises(KeyboardInterrupt):
            courier(server=MailServer("127.0.0.1", 1, timeout=1)).deliver()
    courier().deliver()
    assert len(group.said) == 1, "the lease still holds"
    office.later(minutes=2)
    courier().deliver()
    assert len(group.said) == 2, "at least once"
    assert {message.state for message in notices(office)} == {SendState.SENT}


def test_no_transaction_is_open_while_a_robot_speaks(office: Any, group: WeComPeer, courier: Any) -> None:
    office.open()
    open_ones: list[int] = []

    class Watching:
        def __init__(self, robot: Robot) -> None:
            self.robot, self.pace = robot, robot.pace

        def request(self, post: Any) -> dict[str, Any]:
            return self.robot.request(post)

        def say(self, post: Any) -> None:
            open_ones.append(office.engine.pool.checkedout())
            self.robot.say(post)

    courier(Watching(wecom.WeCom(Web(HERE), Access(group.url, password=KEY)))).deliver()

    assert open_ones == [0]
