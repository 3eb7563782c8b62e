"""Mail to newsrooms: a signed statement, word for word, one letter an address, through the office's own mail server.

A Message-ID is made of incident, revision and address alone. So what is sent again after a half-done attempt is folded
by mail programs into what they have: partial acceptance is not remembered but repeated, which is harmless. All letters
of one incident share a thread, so that a correction stands beneath what it corrects.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from yingda import rendering
from yingda.domain.channels import Channel, PressMailOptions
from yingda.transports.bulletin_pages import address
from yingda.transports.chat import paragraphs
from yingda.transports.errors import TransportError
from yingda.transports.mail import Letter, MailServer, encryption, send_all
from yingda.transports.outlet import Access, Posted

if TYPE_CHECKING:
    from yingda.domain.roster import Office
    from yingda.settings import Settings
    from yingda.transports.bulletin import Notice


class PressMail:
    """A list of newsrooms."""

    looks = False
    repeats = True

    def __init__(self, server: MailServer, to: Sequence[str], office: Office) -> None:
        self._server = server
        self._to = tuple(dict.fromkeys(to))
        self._office = office

    def publish(self, notice: Notice, earlier: Posted | None) -> Posted:
        """Send the statement to every address, whatever becomes of the others.

        :raises TransportError: not every address took it; permanent once only addresses are left that refuse for good
        """
        letters = [self._letter(notice, to) for to in self._to]
        fates: dict[int, TransportError | None] = {}
        asyncio.run(send_all(letters, self._server, on_result=fates.__setitem__))
        failed = [fate for fate in fates.values() if fate is not None]
        if failed:
            said = " ".join(dict.fromkeys(fate.message for fate in failed))
            hopeless = all(fate.permanent for fate in failed)
            remedy = " Correct these addresses in channels.yaml, and send again." if hopeless else ""
            raise TransportError(
                f"{len(letters) - len(failed)} of {len(letters)} newsrooms took it. {said}{remedy}"
                " Who has it already gets it once more under the same Message-ID, which mail programs fold.",
                permanent=hopeless,
            )
        return Posted(reference=self._thread(notice))

    def find(self, notice: Notice) -> Posted | None:
        """Raise: nobody can look into newsrooms' mailboxes."""
        raise TransportError("What newsrooms have in their mailboxes cannot be read.", uncertain=True)

    def _letter(self, notice: Notice, to: str) -> Letter:
        words = rendering.mail(
            "press",
            notice.locale,
            office=self._office,
            statement=notice,
            body_html=rendering.clean(notice.body_html),
            lines=paragraphs(notice.body_html),
            link=address(notice.base_url, notice.incident_no),
        )
        english = notice.locale == "en"
        this = _digest(notice.incident_no, notice.revision, notice.sha256, to.lower())
        return Letter(
            to=to,
            to_name="",
            subject=words.subject,
            text=words.text,
            html=words.html,
            message_id=f"<press.{this}@{self._domain}>",
            sender=self._office.email,
            sender_name=self._office.name_en if english else self._office.name,
            headers={
                "Content-Language": "en" if english else "zh-CN",
                "Reply-To": self._office.email,
                "References": self._thread(notice),
                "List-Id": f"<press.{self._domain}>",
                "List-Unsubscribe": f"<mailto:{self._office.email}?subject=unsubscribe>",
                "Precedence": "bulk",
                "X-Auto-Response-Suppress": "All",
            },
        )

    def _thread(self, notice: Notice) -> str:
        return f"<press.{_digest(notice.incident_no)}@{self._domain}>"

    @property
    def _domain(self) -> str:
        return self._office.email.rpartition("@")[2]


def _digest(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]


def outlet(channel: Channel, access: Access | None, settings: Settings) -> PressMail:
    """Return the newsrooms that the channel's options name.

    :raises TransportError: permanent; there is no mail server or no address
    """
    if access is None:
        raise TransportError(f"{channel.id}: there is no Connection of a mail server.", permanent=True)
    if not isinstance(channel.options, PressMailOptions):
        raise TransportError(f"{channel.id}: no newsroom is named. Write `to` under its options.", permanent=True)
    where = urlsplit(access.url)
    server = MailServer(
        host=where.hostname or "127.0.0.1",
        port=where.port or 25,
        username=access.login,
        password=access.password,
        tls=encryption(access.extra),
        timeout=float(access.extra.get("timeout", 20)),
    )
    return PressMail(server, channel.options.to, settings.roster.office)
