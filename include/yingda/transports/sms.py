"""Text messages: one signed JSON POST to the office's own gateway, which hands them to a carrier."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access
from yingda.transports.web import Web

TIMESTAMP = "X-Yingda-Timestamp"
SIGNATURE = "X-Yingda-Signature"
_NOT_NOW = frozenset({408, 425, 429})


@dataclass(frozen=True)
class SmsGateway:
    """The gateway at `access.url`; `access.password` is the key that both sides hold.

    :param clock: the present moment, UTC
    """

    access: Access
    web: Web
    clock: Callable[[], datetime]

    def send(self, to: str, text: str, key: str) -> None:
        """Send a text to a mobile number: `{"to", "text", "key"}`, with the key as Idempotency-Key too.

        The header X-Yingda-Signature is `sha256=` and the HMAC-SHA256, hexadecimal, over the header X-Yingda-Timestamp
        (seconds since 1970), a full stop and the body, so that a gateway can refuse what is forged or old.

        :raises TransportError: it did not go out, see `Messenger.send`
        """
        if not self.access.password:
            raise TransportError(
                "The Connection of the SMS gateway has no password. Set the key that the gateway knows.", permanent=True
            )
        body = json.dumps({"to": to, "text": text, "key": key}, ensure_ascii=False, separators=(",", ":")).encode()
        at = str(int(self.clock().timestamp()))
        proof = hmac.new(self.access.password.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        said = self.web.send(
            "POST",
            self.access.url,
            data=body,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Idempotency-Key": key,
                TIMESTAMP: at,
                SIGNATURE: f"sha256={proof}",
            },
        )
        if said.ok:
            return
        # What the gateway says besides may hold number and text; the status is enough.
        refused = 300 <= said.status < 500 and said.status not in _NOT_NOW
        raise TransportError(f"{said.host} answered {said.status}.", permanent=refused)
