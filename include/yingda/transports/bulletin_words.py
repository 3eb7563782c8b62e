"""
How a title is found without JavaScript: by the first character of a word in it, as in the index of a dictionary.

Chinese is written without blanks, so every two characters that stand side by side count as a word, but for those that
say nothing (关于, 情况说明, 的). Each word stands on the page of its first character; characters are in the order of
their sound. See docs/decisions/0010.
"""

from __future__ import annotations

import re
from bisect import bisect_right

OTHERS = "#"
"""Stands in place of a letter for characters whose sound we do not know."""

_SAYS_NOTHING = re.compile(
    "关于|有关|情况说明|情况|说明|公告|通报|通知|声明|更正|撤回|回应|答复|反映|问题|网友|居民|群众|近日|目前|我办|我街道"
)
_FUNCTION = frozenset("的了在是和与及对于就已不被将把从向为等之其这那有无第件次年月日时分号个")
_RUN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|[a-z0-9][a-z0-9'’.-]*")
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a about an and are at by concerning for from has have in is it its no not of on or our regarding statement
        that the this to was were will with
        """,
    )
)

# GB 2312 holds its 3,755 common characters in the order of their sound; these are the first ones of each letter.
_LETTERS = "ABCDEFGHJKLMNOPQRSTWXYZ"
_FIRST = [
    0xB0A1, 0xB0C5, 0xB2C1, 0xB4EE, 0xB6EA, 0xB7A2, 0xB8C1, 0xB9FE, 0xBBF7, 0xBFA6, 0xC0AC, 0xC2E8,
    0xC4C3, 0xC5B6, 0xC5BE, 0xC6DA, 0xC8BB, 0xC8F6, 0xCBFA, 0xCDDA, 0xCEF4, 0xD1B9, 0xD4D1,
]  # fmt: skip
_LAST = 0xD7F9


def words_of(text: str) -> list[str]:
    """Return the words by which `text` is found, each once, in the order in which they stand there."""
    found: dict[str, None] = {}
    for run in _RUN.findall(_SAYS_NOTHING.sub(" ", text.casefold())):
        if run[0].isascii():
            word = run.rstrip(".-'’")
            if word not in _STOP_WORDS and not word.isdigit():
                found[word] = None
            continue
        for place, character in enumerate(run):
            following = run[place + 1 : place + 2]
            if character in _FUNCTION or following in _FUNCTION:
                continue
            if following:
                found[character + following] = None
            elif len(run) == 1:
                found[character] = None
    return list(found)


def initial(character: str) -> str:
    """Return the letter under which a character stands: A to Z, `0` for digits, or `OTHERS`."""
    if character.isascii():
        return character.upper() if character.isalpha() else "0"
    code = _in_gb2312(character)
    return _LETTERS[bisect_right(_FIRST, code) - 1] if _FIRST[0] <= code <= _LAST else OTHERS


def by_sound(character: str) -> tuple[bool, int, int]:
    """Sort key: digits and Latin letters, then Chinese characters by their sound, then the others."""
    code = _in_gb2312(character)
    return (not character.isascii(), code if _FIRST[0] <= code <= _LAST else _LAST + 1, ord(character))


def _in_gb2312(character: str) -> int:
    try:
        return int.from_bytes(character.encode("gb2312"))
    except UnicodeEncodeError:
        return 0xFFFF
