"""The mail that officers got, read from the files of the mail catcher."""

from __future__ import annotations

import email
import email.policy
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

LINK = re.compile(r"https?://\S+/desk/r\?token=\S+")
NUMBER = re.compile(r"\[([A-Z]+-[0-9]{4}-[0-9]{3,})\]")


@dataclass(frozen=True)
class Letter:
    """One message that arrived."""

    file: str
    to: str
    subject: str
    message_id: str
    text: str
    link: str | None
    incident_no: str | None

    @property
    def asks(self) -> bool:
        """Whether it is the mail that asks, and not a reminder or news."""
        return "请打开此链接办理" in self.text

    @property
    def token(self) -> str | None:
        """What the personal link carries."""
        return parse_qs(urlsplit(self.link).query)["token"][0] if self.link else None


class Mailbox:
    """Everybody's mail, oldest first. Each file is read once; any thread may ask."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._letters: dict[str, Letter] = {}
        self._lock = threading.Lock()

    def letters(self, incident_no: str | None = None) -> list[Letter]:
        """Return what came so far, about one incident or about all."""
        with self._lock:
            for name in os.listdir(self.folder):  # noqa: PTH208 - names are all that is wanted, hundreds of times
                if name.endswith(".eml") and name not in self._letters:
                    self._letters[name] = _read(self.folder / name)
            held = [self._letters[name] for name in sorted(self._letters)]
        return [one for one in held if incident_no in (None, one.incident_no)]


def _read(path: Path) -> Letter:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    link, number = LINK.search(text), NUMBER.search(str(message["Subject"]))
    return Letter(
        file=path.name,
        to=message["To"].addresses[0].addr_spec,
        subject=str(message["Subject"]),
        message_id=str(message["Message-ID"]),
        text=text,
        link=link[0] if link else None,
        incident_no=number[1] if number else None,
    )
