"""
A signed webhook: the statement goes as JSON to a server of the office's own, which does with it what it likes.

Every request carries X-Yingda-Timestamp (seconds), X-Yingda-Signature (`sha256=` and the HMAC-SHA256, in hexadecimal,
of timestamp + "." + body with the Connection's password) and an Idempotency-Key that names incident, channel and text.
The body of one text is always the same, to the byte, so that a receiver may compare it.

2xx: it has it, and may answer {"url": …, "reference": …}. 409: it had it by this key. 429 and 5xx: later. Any other
4xx: never.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from yingda.domain.channels import Channel, WebhookOptions
from yingda.transports.answers import LATER, pause_of, refuse_redirect, said
from yingda.transports.bulletin_pages import address
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access, Posted
from yingda.transports.web import Answer, Web

if TYPE_CHECKING:
    from yingda.settings import Settings
    from yingda.transports.bulletin import Notice


class Webhook:
    """One receiver.

    :param idempotent: it knows a text again by its Idempotency-Key, so that sending it twice is harmless
    """

    looks = False

    def __init__(self, channel: str, url: str, secret: str, web: Web, *, idempotent: bool) -> None:
        self.repeats = idempotent
        self._channel = channel
        self._url = url
        self._secret = secret
        self._web = web

    def publish(self, notice: Notice, earlier: Posted | None) -> Posted:
        """Send the statement; `earlier` goes along, so that the receiver can put the new text in its place.

        :raises TransportError: it did not take it; uncertain where it may have
        """
        body = json.dumps(payload(notice, self._channel, earlier), ensure_ascii=False, separators=(",", ":")).encode()
        timestamp = str(int(time.time()))
        answer = self._web.send(
            "POST",
            self._url,
            data=body,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "X-Yingda-Timestamp": timestamp,
                "X-Yingda-Signature": signature(self._secret, timestamp, body),
                "Idempotency-Key": f"{notice.incident_no}/{self._channel}/{notice.sha256}",
            },
        )
        if answer.ok or answer.status == 409:
            return _posted(answer)
        refuse_redirect(answer)
        # What a gateway answers, the server behind it may have taken. 503 says that nobody did.
        if answer.status >= 500:
            raise TransportError(
                f"{answer.host} answers {answer.status}: {said(answer)}",
                uncertain=answer.status != 503 and not self.repeats,
                pause=pause_of(answer),
            )
        if answer.status in LATER:
            raise TransportError(
                f"{answer.host} answers {answer.status}: not now. {said(answer)}", pause=pause_of(answer)
            )
        raise TransportError(
            f"{answer.host} refuses it with {answer.status}: {said(answer)} Look at the receiver, then send again.",
            permanent=True,
        )

    def find(self, notice: Notice) -> Posted | None:
        """A receiver cannot be asked.

        :raises TransportError: always
        """
        raise TransportError(f"{self._channel} cannot be asked what it has.")


def payload(notice: Notice, channel: str, earlier: Posted | None) -> dict[str, Any]:
    """Return what a receiver is told; the same for the same text, so no moment of sending is in it."""
    return {
        "incident_no": notice.incident_no,
        "channel": channel,
        "revision": notice.revision,
        "sha256": notice.sha256,
        "kind": notice.kind,
        "drill": notice.drill,
        "title": notice.title,
        "body_html": notice.body_html,
        "topic": notice.topic,
        "office": notice.office_name,
        "unit": notice.unit_name,
        "signed": [
            {"role": one.role_label, "name": one.name, "at": one.at.astimezone(UTC).isoformat()}
            for one in notice.signed
        ],
        "locale": notice.locale,
        "bulletin_url": address(notice.base_url, notice.incident_no),
        "earlier": {"url": earlier.url, "reference": earlier.reference} if earlier else None,
    }


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the value of X-Yingda-Signature."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _posted(answer: Answer) -> Posted:
    """Return what the receiver says of where it put the text; it need not say anything."""
    try:
        given = json.loads(answer.body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        return Posted()
    url, reference = given.get("url"), given.get("reference")
    return Posted(
        url=url if isinstance(url, str) and len(url) <= 2000 and _is_web_address(url) else None,
        reference=str(reference)[:500] if isinstance(reference, str | int) and reference != "" else None,
    )


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not set(url) & set(" \t\r\n\\")


def outlet(channel: Channel, access: Access | None, settings: Settings) -> Webhook:
    """Return the receiver that the channel's Connection names.

    :raises TransportError: the Connection holds no secret; tried again, so that mending it is enough
    """
    options = channel.options
    if access is None or not access.password:
        raise TransportError(
            f"Connection {channel.connection} has no password. Write the secret that the receiver checks with."
        )
    idempotent = options.idempotent if isinstance(options, WebhookOptions) else True
    return Webhook(channel.id, access.url, access.password, Web(settings.hosts), idempotent=idempotent)
