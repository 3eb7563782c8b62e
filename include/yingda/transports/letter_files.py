"""
Writes letters to the outside (更正请求, 移送) as text and as a page, for people to send. Nothing here sends anything.

The same letter gives the same bytes. The folder and its files are for the office's own user alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from yingda import rendering
from yingda.domain.life import LetterKind
from yingda.transports import files
from yingda.transports.errors import TransportError

FOLDER_MODE = 0o700
FILE_MODE = 0o600


@dataclass(frozen=True)
class Contents:
    """
    What a letter says, in the office's name.

    :param number: incident number and the letter's own, `YQCZBG-2026-001-1`
    :param day: the day of the decision, in Shanghai
    :param decided_by: who decided it, with their role, in the reader's words
    """

    number: str
    kind: LetterKind
    day: date
    office_name: str
    phone: str
    recipient: str
    claim: str
    refutation: str
    evidence: Sequence[str]
    ground: str
    decided_by: str
    drill: bool


@dataclass(frozen=True)
class Letter:
    """A letter as it is read; `text` is complete without `html`."""

    text: str
    html: str

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the text in UTF-8, hexadecimal."""
        return hashlib.sha256(_bytes(self.text)).hexdigest()


def compose(contents: Contents, locale: str) -> Letter:
    """Put a letter into words, in `locale` (zh_CN or en)."""
    language = ".en" if locale == "en" else ""
    text = rendering.render(f"letter/letter{language}.txt.j2", locale, **asdict(contents))
    html = rendering.render(f"letter/letter{language}.html.j2", locale, **asdict(contents))
    return Letter(text=rendering.legible(text).strip() + "\n", html=rendering.legible(html))


def write(folder: Path, number: str, letter: Letter) -> bool:
    """
    Put {number}.txt and {number}.html into `folder`, each as a whole; the folder is made if need be.

    :return: False if both stood there already, byte for byte
    :raises TransportError: the folder cannot be written to; trying again is harmless
    """
    try:
        files.make_folder(folder.parent)
        files.make_folder(folder, mode=FOLDER_MODE)
        if folder.stat().st_mode & 0o777 != FOLDER_MODE:
            folder.chmod(FOLDER_MODE)
        page = files.write(folder / f"{number}.html", _bytes(letter.html), mode=FILE_MODE)
        return files.write(folder / f"{number}.txt", _bytes(letter.text), mode=FILE_MODE) or page
    except OSError as error:
        raise TransportError(
            f"The letter {number} could not be written: {error}. See that {folder} has room and may be written to."
        ) from error


def is_whole(folder: Path, number: str, sha256: str) -> bool:
    """Tell whether page and text of a letter are there, and the text has this SHA-256."""
    return read(folder, number, sha256) is not None and (folder / f"{number}.html").is_file()


def read(folder: Path, number: str, sha256: str) -> str | None:
    """Return the text of a letter as it was written; None where it is missing or is not the text of this SHA-256."""
    try:
        content = (folder / f"{number}.txt").read_bytes()
    except OSError:
        return None
    return content.decode() if hashlib.sha256(content).hexdigest() == sha256 else None


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")
