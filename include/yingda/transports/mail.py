"""Sends mail through aiosmtplib: one connection for many letters, and a clear word on each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from yingda.domain.errors import SettingsError
from yingda.transports.errors import TransportError

if TYPE_CHECKING:
    from email.headerregistry import Address
    from email.message import EmailMessage

    from aiosmtplib import SMTP

LINE_BREAKING = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
HEADER_NAME = re.compile(r"[!-9;-~]+")
SET_BY_US = frozenset(
    {"from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "auto-submitted", "content-type"}
    | {"content-transfer-encoding", "sender"}
)


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a letter; `mime` is for example `text/calendar`."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """
    One mail to one person.

    :param message_id: in angle brackets, the same at every attempt, so that a second copy is folded into the first
    :param headers: further headers; `Content-Language` is zh-CN unless given here
    """

    to: str
    to_name: str
    subject: str
    text: str
    html: str
    message_id: str
    sender: str
    sender_name: str
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in; `timeout` in seconds for each step of the conversation."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Literal["none", "starttls", "tls"] = "none"
    timeout: float = 20


def encryption(extra: Mapping[str, Any]) -> Literal["none", "starttls", "tls"]:
    """Return how a mail server is spoken to: our own key `tls`, else the provider's `disable_ssl` and `disable_tls`.

    :param extra: the further fields of its Connection
    :raises SettingsError: `tls` is none of the three
    """
    if "tls" in extra:
        if extra["tls"] not in ("none", "starttls", "tls"):
            raise SettingsError(f"The mail Connection says tls={extra['tls']!r}. Use none, starttls or tls.")
        return extra["tls"]
    if not extra.get("disable_ssl", True):
        return "tls"
    return "none" if extra.get("disable_tls", False) else "starttls"


def build(letter: Letter) -> EmailMessage:
    """
    Make the message: plain text with an HTML alternative, in ASCII on the wire.

    :raises TransportError: permanent; an address, a header or a name that no mail may carry
    """
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import formatdate

    headers = {"Content-Language": "zh-CN", "Auto-Submitted": "auto-generated", **letter.headers}
    for name, value in [*headers.items(), ("Subject", letter.subject), ("Message-ID", letter.message_id)]:
        _refuse_line_breaks(name, value)
    for name in letter.headers:
        if not HEADER_NAME.fullmatch(name) or name.lower() in SET_BY_US:
            raise TransportError(f"The header {name!r} cannot be set on a letter. Leave it out.", permanent=True)
    if not MESSAGE_ID.fullmatch(letter.message_id):
        raise TransportError(f"Message-ID {letter.message_id!r} is not of the form <name@host>.", permanent=True)

    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = _address("sender", letter.sender, letter.sender_name)
    message["To"] = _address("to", letter.to, letter.to_name)
    message["Subject"] = letter.subject
    message["Message-ID"] = letter.message_id
    message["Date"] = formatdate(usegmt=True)
    message.set_content(letter.text, charset="utf-8")
    message.add_alternative(letter.html, subtype="html", charset="utf-8")
    for attachment in letter.attachments:
        _refuse_line_breaks("attachment", attachment.name)
        _refuse_line_breaks("attachment", attachment.mime)
        maintype, slash, subtype = attachment.mime.partition("/")
        if not (maintype and slash and subtype):
            raise TransportError(
                f"Attachment {attachment.name!r}: {attachment.mime!r} is not a media type such as text/calendar.",
                permanent=True,
            )
        message.add_attachment(attachment.content, maintype=maintype, subtype=subtype, filename=attachment.name)
    # Last, because set_content drops headers that begin with Content-.
    for name, value in headers.items():
        message[name] = value
    return message


async def send_all(
    letters: Sequence[Letter], server: MailServer, *, on_result: Callable[[int, TransportError | None], None]
) -> None:
    """
    Hand in `letters` over one connection, reporting each as soon as its fate is known.

    A connection that breaks is replaced by a fresh one for the next letter, as long as the broken one had brought
    at least one letter through or was the first; otherwise the rest is left for another time. A connection found
    dead before a letter's text was offered costs that letter nothing: it goes over the fresh one.

    :param on_result: called once a letter with its index and None for accepted, or with the error
    """
    conversation = _Conversation(server)
    try:
        for index, letter in enumerate(letters):
            on_result(index, await conversation.deliver(letter))
    finally:
        await conversation.end()


class _Conversation:
    """What is going on with one mail server while a batch of letters is handed in."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self.client: SMTP | None = None
        self.accepted = 0  # over the present connection
        self.connections = 0
        self.given_up: TransportError | None = None

    async def deliver(self, letter: Letter) -> TransportError | None:
        """Offer one letter; return None once the server has accepted it."""
        try:
            message = build(letter)
        except TransportError as error:
            return error
        if self.given_up:
            return self.given_up

        was_used = self.client is not None
        outcome = await self._offer(letter, message)
        if isinstance(outcome, _Broken) and was_used and not outcome.text_offered and not self.given_up:
            outcome = await self._offer(letter, message)
        if outcome is None:
            self.accepted += 1
        return outcome

    async def end(self) -> None:
        """Say goodbye to the server, and let go of the connection however it answers."""
        if self.client is None:
            return
        client, self.client = self.client, None
        from aiosmtplib import SMTPException

        try:
            await client.quit(timeout=min(self.server.timeout, 5))
        except (SMTPException, OSError):
            pass  # every letter's fate is known already
        finally:
            client.close()

    async def _offer(self, letter: Letter, message: EmailMessage) -> TransportError | None:
        from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException
        from aiosmtplib.email import flatten_message

        text_offered = False
        try:
            client = await self._connected()
            await client.mail(message["From"].addresses[0].addr_spec)
            await client.rcpt(message["To"].addresses[0].addr_spec)
            content = flatten_message(message, cte_type="7bit")
            text_offered = True
            await client.data(content)
        except TransportError as error:
            return error
        except SMTPResponseException as refusal:
            answer = TransportError(
                f"{self._server} refused the mail to {letter.to}: {refusal.code} {_one_line(refusal.message)}",
                permanent=refusal.code >= 500 and isinstance(refusal, SMTPRecipientRefused | SMTPDataError),
            )
            await self._begin_again()
            return answer
        except (SMTPException, OSError) as broken:
            what = "whether it was accepted is not known" if text_offered else "nothing was handed in"
            lost = _Broken(
                f"The connection to {self._server} broke during the mail to {letter.to} "
                f"({_one_line(str(broken)) or type(broken).__name__}); {what}.",
                text_offered=text_offered,
            )
            self._drop(lost)
            return lost
        return None

    async def _connected(self) -> SMTP:
        if self.client is not None and self.client.is_connected:
            return self.client
        if self.client is not None:
            self._drop(_Broken(f"{self._server} closed the connection.", text_offered=False))
            if self.given_up:
                raise self.given_up
        from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException

        client = SMTP(
            hostname=self.server.host,
            port=self.server.port,
            username=self.server.username or None,
            password=self.server.password or None,
            timeout=self.server.timeout,
            use_tls=self.server.tls == "tls",
            start_tls=self.server.tls == "starttls",
        )
        try:
            await client.connect()
        except SMTPAuthenticationError as refusal:
            self.given_up = TransportError(
                f"{self._server} did not accept the login of {self.server.username!r}: {refusal.code} "
                f"{_one_line(refusal.message)}. Correct the login and password of the mail connection."
            )
        except (SMTPException, OSError) as trouble:
            self.given_up = TransportError(
                f"{self._server} cannot be used: {_one_line(str(trouble)) or type(trouble).__name__}. "
                f"See that it runs and that host, port and encryption ({self.server.tls}) are right."
            )
        if self.given_up:
            client.close()
            raise self.given_up
        self.client, self.accepted = client, 0
        self.connections += 1
        return client

    async def _begin_again(self) -> None:
        """Clear the refused envelope, so that the next letter starts afresh."""
        from aiosmtplib import SMTPException

        if self.client is None or not self.client.is_connected:
            return
        try:
            await self.client.rset()
        except (SMTPException, OSError):
            self.client.close()

    def _drop(self, lost: _Broken) -> None:
        if self.client is not None:
            self.client.close()
            self.client = None
        if self.connections > 1 and not self.accepted:
            self.given_up = TransportError(f"{lost.message} It broke twice in a row; the rest waits for the next try.")

    @property
    def _server(self) -> str:
        return f"The mail server {self.server.host}:{self.server.port}"


class _Broken(TransportError):
    """The connection went away under a letter."""

    def __init__(self, message: str, *, text_offered: bool) -> None:
        super().__init__(message, uncertain=text_offered)
        self.text_offered = text_offered


def _address(what: str, address: str, name: str) -> Address:
    from email.errors import MessageError
    from email.headerregistry import Address

    _refuse_line_breaks(what, address)
    _refuse_line_breaks(what, name)
    local_part, at, host = address.rpartition("@")
    try:
        if not at or re.search(r'[\s<>"(),;:\\]', local_part):
            raise ValueError("it is not of the form name@host")
        return Address(name, addr_spec=f"{local_part}@{host.encode('idna').decode()}".encode("ascii").decode())
    except (ValueError, IndexError, MessageError) as error:
        raise TransportError(
            f"{what} {address!r} is not an address mail can be sent to ({error}). Correct it in the roster.",
            permanent=True,
        ) from error


def _refuse_line_breaks(name: str, value: str) -> None:
    if LINE_BREAKING.search(value):
        raise TransportError(
            f"{name} {value!r} holds a line break or control character; a mail header may not.", permanent=True
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())
