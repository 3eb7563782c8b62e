"""A mail server of newsrooms: takes mail, refuses an address, or hangs up once it has the text."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Newsroom:
    """`refusals` says what is answered to an address; `drops` are those whose text is taken and not confirmed, once."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.refusals: dict[str, str] = {}
        self.drops: list[str] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        if envelope.rcpt_tos[0] in self.drops:
            self.drops.remove(envelope.rcpt_tos[0])
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 OK"

    def ids(self, to: str) -> list[str]:
        """The Message-IDs that came to an address, oldest first."""
        return [str(letter["Message-ID"]) for letter in self.taken if to in str(letter["To"])]

    def __enter__(self) -> Newsroom:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        """Where it is, as an Access says it."""
        return f"https://127.0.0.1:{self.port}"
