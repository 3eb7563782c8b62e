"""Looking: whether the page a reader sees shows the text that was signed. Speaks to the outside; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yingda import rendering
from yingda.services import presenting
from yingda.settings import Settings
from yingda.transports import page
from yingda.transports.bulletin_pages import on_top
from yingda.transports.errors import TransportError
from yingda.transports.web import Web


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a page.

    :param read: the page was read, and its words are others; False where it could not be read just now
    """

    said: str
    read: bool


def what_is_wrong(url: str, content: Mapping[str, Any], settings: Settings) -> Wrong | None:
    """Fetch a page as a reader does and return what is wrong with it; None where it shows the text."""
    try:
        shown = page.fetch(Web(settings.hosts), url)
    except TransportError as unread:
        return Wrong(unread.message, read=False)
    if _shows(shown, content, settings):
        return None
    return Wrong(f"{url} does not show the text that was published.", read=True)


def _shows(shown: str, content: Mapping[str, Any], settings: Settings) -> bool:
    expected = presenting.whole_html(content, settings)
    top = on_top(shown)
    if top is not None:
        # Earlier texts stay on the page, and may hold all the words of the one that strikes some of them out.
        return rendering.plain_text(top[1]) == rendering.plain_text(expected)
    # Other sites put a date or a picture between title and text, and set the quotation marks their own way.
    words = _as_set(shown)
    title, body = _as_set(str(content["title"]), html=False), _as_set(presenting.public_html(content, settings))
    where = words.find(title)
    return bool(title and body) and where >= 0 and body in words[where + len(title) :]


_SET = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'", "–": "-", "—": "-", "×": "x"})
"""What typographers of sites change: quotation marks, dashes, the sign of times."""


def _as_set(text: str, *, html: bool = True) -> str:
    """Return the words alone, however a site sets them: two or three hyphens are one dash."""
    words = rendering.plain_text(text) if html else " ".join(text.split())
    plain = words.replace("…", "...").replace("′", "'").replace("″", '"').translate(_SET)
    while "--" in plain:
        plain = plain.replace("--", "-")
    return plain
