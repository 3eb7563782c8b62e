"""The courier against a real mail server, well and badly behaved, and a letter of every kind in both languages."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from yingda.domain.errors import SettingsError
from yingda.domain.life import SendState
from yingda.services import delivering
from yingda.services.delivering import Courier
from yingda.store import outbox
from yingda.store.models import OutboxMessage
from yingda.transports.mail import MailServer


class PostOffice:
    """Takes what it is given, unless told what to answer to an address."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.refusals: dict[str, str] = {}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def to(self, name: str) -> list[EmailMessage]:
        return [letter for letter in self.taken if f"{name}@" in str(letter["To"])]


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def post() -> PostOffice:
    return PostOffice()


@pytest.fixture
def server(post: PostOffice) -> Iterator[MailServer]:
    port = a_free_port()
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    yield MailServer("127.0.0.1", port, timeout=5)
    controller.stop()


@pytest.fixture
def courier(office: Any, server: MailServer) -> Courier:
    return Courier(office.transaction, office.house, lambda: server, lambda: office.now)


def test_everything_due_of_an_incident_goes_out_once(office: Any, courier: Courier, post: PostOffice) -> None:
    one, other = office.open(unit="social_affairs"), office.open(title="另一件")

    assert courier.deliver(one) == 2
    assert courier.deliver(one) == 0
    assert {str(letter["To"].addresses[0].addr_spec) for letter in post.taken} == {
        "pan.lihong@example.org",
        "qin.shuang@example.org",
    }
    assert {mail.state for mail in office.mails(one)} == {SendState.SENT}
    assert {mail.state for mail in office.mails(other)} == {SendState.PENDING}
    assert courier.deliver() == 1


def test_more_than_one_batch_goes_out_at_one_call(
    office: Any, courier: Courier, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "BATCH", 2)
    for number in range(5):
        office.open(title=f"第{number}件")
    with office.transaction() as session:
        second = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()[1]
        second.officer_id = "who_left"

    assert courier.deliver() == 4
    assert len(post.taken) == 4


def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(
    office: Any, courier: Courier, post: PostOffice
) -> None:
    number = office.open(unit="social_affairs")
    post.refusals = {"pan.lihong@example.org": "450 later", "qin.shuang@example.org": "550 no such person"}

    assert courier.deliver(number) == 0
    later, never = sorted(office.mails(number), key=lambda mail: mail.officer_id)
    assert (later.state, later.next_at, later.attempts) == (SendState.PENDING, office.now + timedelta(seconds=10), 1)
    assert (never.state, never.attempts) == (SendState.DEAD, 1)
    assert "550" in never.problem

    post.refusals = {}
    assert courier.deliver(number) == 0
    office.later(seconds=10)
    assert courier.deliver(number) == 1
    assert [str(letter["Message-ID"]) for letter in post.taken] == [later.message_id]


def test_a_server_that_is_away_makes_a_dead_letter_only_after_the_last_attempt(office: Any) -> None:
    nobody = MailServer("127.0.0.1", a_free_port(), timeout=1)
    courier = Courier(office.transaction, office.house, lambda: nobody, lambda: office.now)
    number = office.open()
    start, moments = office.now, []
    for _ in range(8):
        assert courier.deliver(number) == 0
        [mail] = office.mails(number)
        moments.append(office.now - start)
        if mail.state is SendState.PENDING:
            office.now = mail.next_at
    assert [moment.total_seconds() for moment in moments] == [0, 10, 40, 160, 460, 1360, 4960, 15760]
    [mail] = office.mails(number)
    assert (mail.state, mail.attempts) == (SendState.DEAD, 8)
    assert str(nobody.port) in mail.problem


def test_a_crash_after_sending_sends_the_same_message_id_again(
    office: Any, courier: Courier, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = office.open()

    def die(*_: Any, **__: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "mark_sent", die)
        with pytest.raises(KeyboardInterrupt):
            courier.deliver(number)
    assert len(post.taken) == 1
    assert courier.deliver(number) == 0, "the lease still holds"
    office.later(seconds=90)
    assert courier.deliver(number) == 1

    first, second = (str(letter["Message-ID"]) for letter in post.taken)
    assert first == second
    assert courier.deliver(number) == 0


def test_a_connection_that_cannot_be_made_out_costs_no_message_and_raises_nothing(
    office: Any, server: MailServer
) -> None:
    number = office.open()

    def missing() -> MailServer:
        raise LookupError("the connection smtp_default is not defined")

    assert Courier(office.transaction, office.house, missing, lambda: office.now).deliver(number) == 0
    [mail] = office.mails(number)
    assert (mail.state, mail.attempts) == (SendState.PENDING, 1)
    assert "smtp_default" in mail.problem
    office.later(seconds=10)
    assert Courier(office.transaction, office.house, lambda: server, lambda: office.now).deliver(number) == 1


@pytest.mark.parametrize(
    ("problem", "state"),
    [(KeyError("a template's value"), SendState.PENDING), (SettingsError("no link key"), SendState.PENDING)],
)
def test_a_message_that_cannot_be_written_holds_up_no_other(
    office: Any, courier: Courier, monkeypatch: pytest.MonkeyPatch, problem: Exception, state: SendState
) -> None:
    number = office.open(unit="social_affairs")
    from yingda.services.composing import compose as write

    def compose(session: Any, message: OutboxMessage, settings: Any) -> Any:
        if message.officer_id == "pan_lihong":
            raise problem
        return write(session, message, settings)

    with monkeypatch.context() as patched:
        patched.setattr(delivering, "compose", compose)
        assert courier.deliver(number) == 1
    assert {mail.officer_id: mail.state for mail in office.mails(number)} == {
        "pan_lihong": state,
        "qin_shuang": SendState.SENT,
    }
    office.later(seconds=10)
    assert courier.deliver(number) == 1


def test_a_message_to_someone_who_left_the_roster_is_a_dead_letter(office: Any, courier: Courier) -> None:
    number = office.open()
    with office.transaction() as session:
        session.scalars(select(OutboxMessage)).one().officer_id = "who_left"

    assert courier.deliver(number) == 0
    [mail] = office.mails(number)
    assert mail.state is SendState.DEAD
    assert "who_left" in mail.problem


def test_what_was_withdrawn_before_it_was_sent_is_not_sent(
    office: Any, courier: Courier, post: PostOffice, report: dict[str, Any]
) -> None:
    number = office.open()
    office.answer(number, "report", "request_extension", reason="等检测", until="2026-12-01T09:00")
    office.answer(number, "report", "submit", **report)
    courier.deliver(number)

    assert [str(letter["To"].addresses[0].addr_spec) for letter in post.taken] == ["han.yue@example.org"]
    assert "请审批" in str(post.taken[0]["Subject"])


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_every_letter_can_be_written_and_carries_what_it_must(
    office: Any, server: MailServer, post: PostOffice, statement: dict[str, Any], locale: str
) -> None:
    from yingda.services import publishing, registering, reminding

    office.house = replace(office.house, locale=locale)
    hostile = '<script>alert(1)</script> {{ 7*7 }} "引号"'
    published = office.bring_to("publication")
    number = office.bring_to("statement_approval", severity="critical", summary=hostile, topic="livelihood")
    unassigned = office.open(title="什么也没说清", unit=None)
    waiting = office.open(title=hostile)
    office.answer(waiting, "report", "request_extension", reason="等检测", until="2026-12-01T09:00")
    office.answer(number, "sign_statement", "return", comment=hostile)
    office.answer(number, "draft_statement", "submit", **{**statement, "body": f"{hostile}\n\n- 一\n- 二"})
    office.carry_on(number, "publication")
    with office.case(published) as case:
        [held] = publishing.claim_due(case)
        publishing.confirm(case, held, "https://www.example.org/yingda/1")
    with office.case(number) as case:
        [held] = publishing.claim_due(case)
        publishing.put_off(case, held, hostile, permanent=True)
    office.later(days=2)
    for each in (number, unassigned, waiting):
        office.attend(each)
    with office.transaction() as session:
        day = registering.compile_day(session, office.now.date(), office.house, office.now)
        assert reminding.owe_digests(session, day, office.house, office.now) > 0

    courier = Courier(office.transaction, office.house, lambda: server, lambda: office.now)
    sent = courier.deliver()

    with office.transaction() as session:
        messages = session.scalars(select(OutboxMessage)).all()
    assert {(m.state, m.problem) for m in messages} <= {(SendState.SENT, None), (SendState.VOID, None)}
    assert {m.template for m in messages if m.state is SendState.SENT} == {
        "request",
        "ladder",
        "wording",
        "notice",
        "digest",
    }
    assert sent == len(post.taken)
    by_id = {str(letter["Message-ID"]): letter for letter in post.taken}
    for message in messages:
        if message.state is not SendState.SENT:
            continue
        letter = by_id[message.message_id]
        text, html = (
            letter.get_body((kind,)).get_content()  # type: ignore[union-attr]
            for kind in ("plain", "html")
        )
        assert "<script>" not in html
        assert "None" not in text
        assert "49" not in str(letter["Subject"])
        if message.template == "request":
            assert "/desk/r?token=" in text
            assert "/desk/r?token=" in html
        if message.template in ("request", "ladder", "wording", "notice"):
            assert "YQCZBG-2026-" in str(letter["Subject"])
