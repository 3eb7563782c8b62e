"""Officers of a drill: they read their mail, open the link in it, look at the page, and answer."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

LINK = re.compile(r"https?://\S+/desk/r\?token=\S+")


@dataclass(frozen=True)
class Asked:
    """A request as its officer sees it through the link."""

    link: str
    token: str
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.body["kind"])

    @property
    def officer(self) -> str:
        return str(self.body["officer"]["name"])


Script = Callable[[Asked], dict[str, Any] | None]
"""What an officer answers to a request; None leaves it unanswered."""


@dataclass
class Officers:
    """Everybody who gets mail in one folder.

    :param folder: where the mail catcher writes .eml files
    :param base: address of the server, in place of the public one in the links
    """

    folder: Path
    base: str
    _read: set[str] = field(default_factory=set)
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._session.trust_env = False

    def skip_old_mail(self) -> None:
        """Leave alone what came before now."""
        self._read |= {path.name for path in self.folder.glob("*.eml")}

    def new_mail(self) -> Iterator[EmailMessage]:
        """Yield the messages that came since the last call, oldest first."""
        for path in sorted(self.folder.glob("*.eml")):
            if path.name not in self._read:
                self._read.add(path.name)
                yield email.message_from_bytes(path.read_bytes(), policy=email.policy.default)

    def open(self, message: EmailMessage) -> Asked | None:
        """Open the personal link of a mail, page first; None if there is none or nobody waits for it any more."""
        body = message.get_body(("plain",))
        found = LINK.search(body.get_content()) if body is not None else None
        if found is None:
            return None
        [token] = parse_qs(urlsplit(found[0]).query)["token"]
        page = self._session.get(f"{self.base}/desk/r", params={"token": token}, timeout=30)
        answer = self._session.get(f"{self.base}/desk/api/r", headers={"X-Desk-Token": token}, timeout=30)
        if page.status_code != requests.codes.ok or answer.status_code != requests.codes.ok:
            return None
        asked = answer.json()
        return Asked(found[0], token, asked) if asked["actions"] else None

    def answer(self, asked: Asked, fields: dict[str, Any]) -> requests.Response:
        """Send an answer under the text that was shown."""
        return self._session.post(
            f"{self.base}/desk/api/r",
            headers={"X-Desk-Token": asked.token},
            json={"revision_sha256": asked.body["revision_sha256"], **fields},
            timeout=30,
        )
