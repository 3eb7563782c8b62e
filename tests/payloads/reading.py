"""
The hostile texts of this folder, and what may become of them.

A file a class, each a list of `{"name", "text"}`, or `{"name", "repeat", "then"}` for `repeat` until LONG characters
are reached and `then` behind them.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml import html

LONG = 20_000
CLASSES = sorted(path.stem for path in Path(__file__).parent.glob("*.json"))
TAGS = {"p", "br", "h2", "h3", "h4", "em", "strong", "ul", "ol", "li", "a", "blockquote"}
SCHEMES = {"http", "https", "mailto", "tel"}


class Payload(NamedTuple):
    """One hostile text."""

    name: str
    text: str


@cache
def payloads(of: str) -> list[Payload]:
    """Return all texts of a class."""
    found = []
    for one in json.loads((Path(__file__).parent / f"{of}.json").read_bytes()):
        text = one["text"] if "text" in one else one["repeat"] * (LONG // len(one["repeat"])) + one["then"]
        found.append(Payload(one["name"], text))
    return found


def everything() -> list[Payload]:
    """Return all texts of all classes."""
    return [payload for name in CLASSES for payload in payloads(name)]


def wrong_with(statement: str) -> list[str]:
    """Return what a statement's HTML holds, as parsed, that none may hold."""
    wrong = []
    for element in html.fragment_fromstring(statement, create_parent="div").iterdescendants():
        if not isinstance(element.tag, str) or element.tag not in TAGS:
            wrong.append(f"element {element.tag}")
            continue
        for name, value in element.attrib.items():
            if not _may_stand(element.tag, name, value):
                wrong.append(f"{element.tag} {name}={value!r}")
    return wrong


def _may_stand(tag: str, name: str, value: str) -> bool:
    if (tag, name) == ("ol", "start"):
        return re.fullmatch(r"[0-9]{1,9}", value) is not None
    if (tag, name) == ("a", "rel"):
        return value == "noopener noreferrer"
    if (tag, name) != ("a", "href"):
        return False
    # As browsers do: blanks around it and line ends within it do not count.
    plain = re.sub(r"[\t\r\n]", "", value.strip("".join(map(chr, range(0x21)))))
    return plain == value and urlsplit(value.replace("[", "").replace("]", "")).scheme in SCHEMES
