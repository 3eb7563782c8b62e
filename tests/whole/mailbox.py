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
        self._read: set[str] = set()
        self._letters: dict[str | None, list[Letter]] = {None: []}
        self._lock = threading.Lock()

    def letters(self, incident_no: str | None = None) -> list[Letter]:
        """Return what came so far, about one incident or about all."""
        with self._lock:
            # Names sort by arrival.
            for name in sorted(self._names() - self._read):
                letter = _read(self.folder / name)
                self._read.add(name)
                self._letters[None].append(letter)
                if letter.incident_no is not None:
                    self._letters.setdefault(letter.incident_no, []).append(letter)
            return list(self._letters.get(incident_no, ()))

    def has_new(self) -> bool:
        """Tell whether something came that `letters` has not read yet."""
        return bool(self._names() - self._read)

    def _names(self) -> set[str]:
        return {name for name in os.listdir(self.folder) if name.endswith(".eml")}  # noqa: PTH208 - asked very often


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
