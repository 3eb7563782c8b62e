"""What the group robots have in common: the words of a post, made harmless, cut to bytes, and the other side's verdict.

Whatever people wrote is data: no title can make a link, a mention or a heading. The characters with which chat programs
spell these are replaced by their full-width forms, which read the same and mean nothing; addresses stay as they are, so
that every link shows where it leads.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from yingda import rendering
from yingda.domain import speech
from yingda.domain.pace import Pace
from yingda.transports.bulletin_pages import address
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access, Posted
from yingda.transports.pace import TooFast
from yingda.transports.web import Answer

if TYPE_CHECKING:
    from yingda.settings import Settings
    from yingda.transports.bulletin import Notice

EXCERPT = 3000
"""Bytes of a statement's text that go to a group: a group is no page, and the page is linked."""

_MEANT = str.maketrans("<>[]*`~|\\", "＜＞［］＊｀～｜＼")
_AT = re.compile(r"(?<![A-Za-z0-9._%+-])@")  # an address of mail keeps its @
_LINE_BEGINS = re.compile(r"^(\s*)([#=]|-(?=-|\s)|\+(?=\s))", re.MULTILINE)
_WIDE = {"#": "＃", "=": "＝", "-": "－", "+": "＋"}
_UNSEEN = re.compile("[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc]")


@dataclass(frozen=True)
class Post:
    """One message to a group; its words are raw and are made harmless by who sends them.

    :param heading: one line, shown bold
    :param lines: paragraphs
    :param link: our own address to read on at; stands by itself, shown as what it is
    :param link_says: what leads to it, such as 全文
    :param cut_says: what leads to it where the text had to be cut, such as 全文见
    :param foot: a last line, such as the number
    """

    heading: str
    lines: Sequence[str]
    link: str
    link_says: str
    cut_says: str
    foot: str = ""


class Robot(Protocol):
    """A robot in one group, ready to speak."""

    pace: Pace

    def request(self, post: Post) -> dict[str, Any]:
        """Return the body of the request that would be sent, without anything secret in it."""
        ...

    def say(self, post: Post) -> None:
        """Say it in the group.

        :raises TransportError: it was not said; uncertain where nobody can say whether it was
        """
        ...


def robot_of(kind: str, access: Access, settings: Settings) -> Robot:
    """Return a robot ready to speak; nothing is sent yet.

    :param kind: wecom, dingtalk or feishu: the file beside this one
    :raises TransportError: its Connection lacks something; the message says what
    """
    robot: Robot = import_module(f"yingda.transports.{kind}").robot(access, settings)
    return robot


class Group:
    """A group as a channel of publication: what was said there stays, so a new text is a new post that points back."""

    looks = False

    def __init__(self, robot: Robot) -> None:
        self.robot = robot
        self.pace = robot.pace

    def publish(self, notice: Notice, earlier: Posted | None) -> Posted:
        """Say the statement in the group. A group has no address that a reader could open."""
        self.robot.say(post_of(notice))
        return Posted()

    def find(self, notice: Notice) -> Posted | None:
        """Raise: a robot cannot read."""
        raise TransportError("A group robot cannot read what stands in its group. Look there.", uncertain=True)


def post_of(notice: Notice) -> Post:
    """Return a statement as it is said in a group: title, text, the bulletin's stable address, number and revision."""
    english = notice.locale == "en"
    link = address(notice.base_url, notice.incident_no)
    kinds = {
        "correction": speech.said("【更正】", notice.locale),
        "withdrawal": speech.said("【撤回】", notice.locale),
        "holding": speech.said("【阶段性说明】", notice.locale),
    }
    back = {
        "correction": speech.said("本文更正此前就同一事项在本群发布的说明，以本文为准。", notice.locale),
        "withdrawal": speech.said("此前就同一事项在本群发布的说明现予撤回，不再有效。", notice.locale),
    }
    drill = (speech.said("【演练】", notice.locale)) if notice.drill else ""
    first = [back[notice.kind]] if notice.kind in back else []
    number = f"No. {notice.incident_no}, revision {notice.revision}" if english else _number(notice)
    return Post(
        heading=f"{drill}{kinds.get(notice.kind, '')}{notice.title}",
        lines=(*first, *paragraphs(notice.body_html)),
        link=link,
        link_says=speech.said("全文：", notice.locale),
        cut_says=speech.said("全文见 ", notice.locale),
        foot=f"{number} · {notice.office_name}",
    )


def _number(notice: Notice) -> str:
    return f"编号 {notice.incident_no} 第 {notice.revision} 稿"


def paragraphs(html: str) -> list[str]:
    """Return the words of a statement, a string for each paragraph, heading or item of a list."""
    pieces = re.split(r"</(?:p|li|h[2-4]|blockquote)>|<br\s*/?>", rendering.clean(html))
    return [words for piece in pieces if (words := rendering.plain_text(piece))]


def harmless(text: str) -> str:
    """Return one line or more of somebody's words, so that no chat program reads anything but words in them."""
    text = _UNSEEN.sub("", rendering.legible(text)).translate(_MEANT)
    text = _AT.sub("＠", text)
    return _LINE_BEGINS.sub(lambda found: found[1] + _WIDE[found[2]], text)


def one_line(text: str) -> str:
    """Return somebody's words harmless and on one line."""
    return " ".join(harmless(" ".join(text.split())).split())


def cut(text: str, size: int) -> str:
    """Return as much of a text as fits into `size` bytes of UTF-8, never ending inside one visible sign."""
    raw = text.encode()
    if len(raw) <= size:
        return text
    kept = raw[: max(size, 0)].decode(errors="ignore")
    while kept and (_joins(text[len(kept)]) or kept[-1] == "\u200d"):
        kept = kept[:-1]
    return kept


def clip(text: str, count: int) -> str:
    """Return a text of at most `count` characters; one that is longer ends with an ellipsis, between two signs."""
    if len(text) <= count:
        return text
    kept = text[: max(count - 1, 0)]
    while kept and (_joins(text[len(kept)]) or kept[-1] == "\u200d"):
        kept = kept[:-1]
    return f"{kept}…"[:count]


def _joins(sign: str) -> bool:
    """Tell whether a sign belongs to the one before it: accents, variations, skin tones."""
    return bool(unicodedata.combining(sign)) or unicodedata.category(sign) in ("Mn", "Me") or sign in _JOINING


_JOINING = frozenset({"\u200d", *map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0x1F3FB, 0x1F400))})


def fitted(post: Post, size: int, *, between: str, linked: str) -> str:
    """Return the text of a post below its heading, at most `size` bytes; where it was cut, the cut says where all is.

    :param between: what parts two lines
    :param linked: the link as the chat program spells it
    """
    text = between.join(harmless(line) for line in post.lines)
    foot = one_line(post.foot)
    whole = between.join(part for part in (text, f"{post.link_says}{linked}", foot) if part)
    if len(text.encode()) <= EXCERPT and len(whole.encode()) <= size:
        return whole
    above = f"{foot}{between}" if foot else ""
    end = f"… {post.cut_says}{linked}"
    kept = cut(text, min(EXCERPT, size - len((above + end).encode()))).rstrip()
    return f"{above}{kept}{end}"


Verdicts = Mapping[object, str | timedelta]
"""What codes mean: the remedy, where no second try can help; or how long to leave it alone, where it was too often."""


def judge(said: Answer, code: object, words: object, verdicts: Verdicts) -> NoReturn:
    """Raise what a code means. An unknown one is taken for: not now, perhaps later."""
    plain = one_line(str(words or ""))[:200]
    told = f"{said.host} did not take it: {code}{f' ({plain})' if plain else ''}."
    meant = verdicts.get(code)
    if isinstance(meant, timedelta):
        raise TooFast(f"{told} It was spoken to too often.", pause=meant)
    if meant is not None:
        raise TransportError(f"{told} {meant}", permanent=True)
    raise TransportError(told)


def read(said: Answer) -> Mapping[str, Any]:
    """Return the object that the other side answered.

    :raises TransportError: there is none; uncertain unless the status says that the request was refused
    """
    try:
        answer = said.json()
    except TransportError:
        answer = None
    if isinstance(answer, dict):
        return answer
    if 400 <= said.status < 500:
        raise TransportError(
            f"{said.host} refused it with status {said.status}. Correct the address of the Connection."
        )
    raise TransportError(f"{said.host} answered {said.status} without a word that can be understood.", uncertain=True)


def endpoint(access: Access | None, kind: str, path: str) -> tuple[Access, str]:
    """Return the Connection and the address to post to: its own path, or the usual one where it names none.

    :raises TransportError: permanent; there is no Connection or it holds no key
    """
    if access is None:
        raise TransportError(f"A {kind} robot needs a Connection. Name it in channels.yaml.", permanent=True)
    if not access.password:
        raise TransportError(
            f"The Connection of the {kind} robot holds no key. Put it into the password.", permanent=True
        )
    beyond_host = access.url.partition("://")[2].partition("/")[2]
    return access, access.url if beyond_host else access.url + path
