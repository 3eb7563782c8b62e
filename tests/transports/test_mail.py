"""Letters against a real SMTP server on the loopback, well and badly behaved."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from yingda.transports.errors import TransportError
from yingda.transports.mail import Attachment, Letter, MailServer, build, send_all


def hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


class PostOffice:
    """Takes what it is given; `answers` says otherwise by recipient, at RCPT or DATA."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.connections = 0
        self.at_rcpt: dict[str, str] = {}
        self.at_data: dict[str, str] = {}
        self.hang_up_on_data: set[str] = set()
        self.hang_up_on_mail_number: int | None = None
        self.mails_begun = 0
        self.slow = 0.0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.mails_begun += 1
        if self.mails_begun == self.hang_up_on_mail_number:
            hang_up(server)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self.at_rcpt.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        [to] = envelope.rcpt_tos
        if to in self.hang_up_on_data:
            hang_up(server)
            return "250 OK"
        await asyncio.sleep(self.slow)
        if refusal := self.at_data.get(to):
            return refusal
        assert isinstance(envelope.content, bytes)
        self.recipients.append(to)
        self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def open_post_office(office: PostOffice, **options: Any) -> Iterator[MailServer]:
    port = a_free_port()
    controller = Controller(office, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield MailServer("127.0.0.1", port, timeout=3)
    finally:
        controller.stop()


@pytest.fixture
def office() -> PostOffice:
    return PostOffice()


@pytest.fixture
def server(office: PostOffice) -> Iterator[MailServer]:
    with open_post_office(office) as server:
        yield server


def a_letter(name: str = "wang", **changes: Any) -> Letter:
    return Letter(
        **{
            "to": f"{name}@example.org",
            "to_name": "王 “明”, 科长",
            "subject": "[YQCZBG-2026-001][特别重大] 请签发对外情况说明：某路段积水" + "长" * 60,
            "text": "您好：\n.\n.请签发\n" + "很长的一行" * 400 + "\n",
            "html": "<p>您好</p>",
            "message_id": f"<request-1.{name}@yingda.example.org>",
            "sender": "office@example.org",
            "sender_name": "某街道办公室",
            **changes,
        }
    )


def send(letters: Sequence[Letter], server: MailServer) -> dict[int, TransportError | None]:
    results: dict[int, TransportError | None] = {}

    def note(index: int, error: TransportError | None) -> None:
        assert index not in results, "a letter was reported twice"
        results[index] = error

    asyncio.run(send_all(letters, server, on_result=note))
    return results


def test_a_letter_arrives_as_it_was_written(office: PostOffice, server: MailServer) -> None:
    letter = a_letter(
        headers={"Content-Language": "en", "X-Yingda-Incident": "YQCZBG-2026-001"},
        attachments=(Attachment("报告单.txt", "text/plain", "内容".encode()),),
    )

    assert send([letter], server) == {0: None}

    [message] = office.taken
    assert message["Subject"] == letter.subject
    assert message["Message-ID"] == letter.message_id
    assert message["To"].addresses[0].display_name == letter.to_name
    assert message["From"].addresses[0].addr_spec == letter.sender
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message["X-Yingda-Incident"] == "YQCZBG-2026-001"
    assert message["Date"].datetime.tzinfo is not None
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == letter.text
    assert html.get_content().strip() == letter.html
    [attachment] = message.iter_attachments()
    assert attachment.get_filename() == "报告单.txt"


def test_what_goes_over_the_wire_is_ascii_in_short_lines() -> None:
    wire = build(a_letter()).as_bytes()

    assert wire.isascii()
    assert max(len(line) for line in wire.splitlines()) <= 998


def test_the_language_is_chinese_unless_said_otherwise() -> None:
    assert build(a_letter())["Content-Language"] == "zh-CN"


def test_a_long_message_id_is_not_encoded() -> None:
    long_id = f"<{'a' * 150}@yingda.example.org>"

    assert f"Message-ID: {long_id}".encode() in build(a_letter(message_id=long_id)).as_bytes()


def test_many_letters_go_over_one_connection(office: PostOffice, server: MailServer) -> None:
    results = send([a_letter(f"officer{n}") for n in range(25)], server)

    assert set(results.values()) == {None}
    assert len(office.taken) == 25
    assert office.connections == 1


def test_each_result_is_known_before_the_next_letter_is_sent(office: PostOffice, server: MailServer) -> None:
    seen: list[tuple[int, int]] = []

    asyncio.run(
        send_all(
            [a_letter("one"), a_letter("two")],
            server,
            on_result=lambda index, error: seen.append((index, len(office.taken))),
        )
    )

    assert seen == [(0, 1), (1, 2)]


@pytest.mark.parametrize(("code", "permanent"), [("450", False), ("550", True)])
@pytest.mark.parametrize("stage", ["at_rcpt", "at_data"])
def test_a_refusal_concerns_only_its_own_letter(
    office: PostOffice, server: MailServer, stage: str, code: str, permanent: bool
) -> None:
    getattr(office, stage)["bad@example.org"] = f"{code} mailbox trouble"

    results = send([a_letter("bad"), a_letter("good")], server)

    assert results[0] is not None
    assert results[0].permanent is permanent
    assert not results[0].uncertain
    assert code in str(results[0])
    assert results[1] is None
    assert office.recipients == ["good@example.org"]
    assert office.connections == 1


def test_a_connection_that_breaks_during_the_text_leaves_the_letter_uncertain_and_the_next_goes_on(
    office: PostOffice, server: MailServer
) -> None:
    office.hang_up_on_data = {"two@example.org"}

    results = send([a_letter("one"), a_letter("two"), a_letter("three")], server)

    assert results[0] is None
    assert results[1] is not None
    assert results[1].uncertain
    assert not results[1].permanent
    assert results[2] is None
    assert office.recipients == ["one@example.org", "three@example.org"]
    assert office.connections == 2


def test_a_connection_found_dead_between_two_letters_costs_neither(office: PostOffice, server: MailServer) -> None:
    office.hang_up_on_mail_number = 2

    results = send([a_letter("one"), a_letter("two"), a_letter("three")], server)

    assert results == {0: None, 1: None, 2: None}
    assert office.recipients == ["one@example.org", "two@example.org", "three@example.org"]
    assert office.connections == 2


def test_a_server_that_hangs_up_twice_in_a_row_is_left_alone(office: PostOffice, server: MailServer) -> None:
    office.hang_up_on_data = {f"{n}@example.org" for n in range(10)}

    results = send([a_letter(str(n)) for n in range(10)], server)

    assert office.connections == 2
    assert len(results) == 10
    assert all(error is not None and not error.permanent for error in results.values())
    assert [n for n, error in results.items() if error is not None and error.uncertain] == [0, 1]


def test_a_dead_port_fails_all_letters_for_now_and_says_where() -> None:
    port = a_free_port()

    results = send([a_letter("one"), a_letter("two")], MailServer("127.0.0.1", port, timeout=2))

    assert set(results) == {0, 1}
    for error in results.values():
        assert error is not None
        assert not error.permanent
        assert not error.uncertain
        assert f"127.0.0.1:{port}" in str(error)


def test_a_server_that_says_nothing_is_given_up_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        before = time.monotonic()
        results = send(
            [a_letter("one"), a_letter("two")], MailServer("127.0.0.1", silent.getsockname()[1], timeout=0.5)
        )

    assert time.monotonic() - before < 3
    assert all(error is not None and not error.permanent for error in results.values())


def test_a_server_too_slow_to_confirm_leaves_the_letter_uncertain(office: PostOffice) -> None:
    office.slow = 2
    with open_post_office(office) as server:
        [error] = send([a_letter()], MailServer(server.host, server.port, timeout=0.3)).values()

    assert error is not None
    assert error.uncertain


def test_mail_never_goes_out_in_the_clear_when_encryption_was_asked_for(office: PostOffice, server: MailServer) -> None:
    [error] = send([a_letter()], MailServer(server.host, server.port, tls="starttls", timeout=2)).values()

    assert error is not None
    assert not error.permanent
    assert office.taken == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("password", ["right", "wrong"])
def test_a_wrong_login_is_a_matter_of_the_connection_and_not_of_the_letter(office: PostOffice, password: str) -> None:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=given.password == b"right", handled=False)

    with open_post_office(office, authenticator=check, auth_require_tls=False, auth_required=True) as server:
        login = MailServer(server.host, server.port, username="ops", password=password, timeout=3)
        [error] = send([a_letter()], login).values()

    if password == "right":
        assert error is None
    else:
        assert error is not None
        assert not error.permanent
        assert "ops" in str(error)
        assert "wrong" not in str(error)


def test_the_password_is_not_shown_with_the_server() -> None:
    assert "geheim" not in repr(MailServer("h", 25, username="u", password="geheim"))


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "好\r\nBcc: everyone@example.org"},
        {"subject": "好\nX: y"},
        {"subject": "好\x0bX"},
        {"to": "wang@example.org\r\nBcc: everyone@example.org"},
        {"to": "wang@example.org, everyone@example.org"},
        {"to": "wang@example.org> SIZE=1"},
        {"to": "not an address"},
        {"to": "王@example.org"},
        {"to": ""},
        {"to": "@example.org"},
        {"to": "wang@"},
        {"to_name": "王\r\nBcc: everyone@example.org"},
        {"sender": "office@example.org\nX: y"},
        {"sender_name": "办公室\n\n正文"},
        {"message_id": "no-brackets@example.org"},
        {"message_id": "<a@b>\r\nX: y"},
        {"headers": {"X-Note": "a\r\nBcc: everyone@example.org"}},
        {"headers": {"X-Note:\r\nBcc": "everyone@example.org"}},
        {"headers": {"Bcc": "everyone@example.org"}},
        {"attachments": (Attachment("a\r\nb.txt", "text/plain", b""),)},
        {"attachments": (Attachment("a.txt", "text", b""),)},
    ],
)
def test_no_letter_smuggles_a_header_or_a_second_recipient(
    office: PostOffice, server: MailServer, changes: dict[str, Any]
) -> None:
    results = send([a_letter(**changes), a_letter("good")], server)

    assert results[0] is not None
    assert results[0].permanent
    assert results[1] is None
    assert office.recipients == ["good@example.org"]


def test_a_chinese_domain_is_written_as_mail_servers_know_it() -> None:
    assert (
        build(a_letter(to="wang@街道.中国"))["To"].addresses[0].addr_spec
        == "wang@xn--" + "街道".encode("punycode").decode() + ".xn--fiqs8s"
    )


def test_an_error_in_the_caller_is_not_swallowed_and_closes_the_connection(
    office: PostOffice, server: MailServer
) -> None:
    def fail(index: int, error: TransportError | None) -> None:
        raise LookupError("the outbox is gone")

    report: Callable[[int, TransportError | None], None] = fail
    with pytest.raises(LookupError):
        asyncio.run(send_all([a_letter()], server, on_result=report))
