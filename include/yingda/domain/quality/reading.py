"""Reading: a text as the checks see it, without Markdown's marks and with full-width figures as plain ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PLAIN = {
    **{0xFF01 + i: chr(0x21 + i) for i in range(94) if chr(0x21 + i).isalnum() or chr(0x21 + i) in "+-.%()/:@"},
    **dict.fromkeys(map(ord, "\u3000\u00a0\u2002\u2003\u2009\u202f"), " "),
    **dict.fromkeys(map(ord, "‐‑‒–—―−﹣"), "-"),
    **dict.fromkeys(map(ord, "・•∙⋅‧"), "·"),
}
# Marks of emphasis and what nobody sees: they may stand in the middle of a number and change nothing for a reader.
_UNSEEN = frozenset("*`~\\\u00ad\u200b\u200c\u200d\u2060\ufeff")
_ADDRESS = re.compile(r"https?://[!-'*-;=?-~]+")
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")


@dataclass(frozen=True)
class Text:
    """A piece of a statement.

    :param field: the field of the form it stands in, such as `body` or `commitments.0.text`
    :param source: as it was written
    :param plain: as the checks read it
    :param at: where each character of `plain` stands in `source`
    """

    field: str
    source: str
    plain: str
    at: tuple[int, ...]

    def quote(self, start: int, end: int) -> str:
        """Return what stands between two places of `plain`, as it was written."""
        return self.source[self.at[start] : self.at[end - 1] + 1].strip() if start < end else ""

    def sentences(self) -> Iterator[tuple[int, int]]:
        """Yield where each sentence of `plain` begins and ends."""
        for found in _SENTENCE.finditer(self.plain):
            if found[0].strip():
                yield found.start(), found.end()


def read(field: str, source: str) -> Text:
    """Return a text as the checks see it. Web addresses are hidden: the numbers in them are nobody's."""
    seen = [(place, character) for place, character in enumerate(source) if character not in _UNSEEN]
    plain = "".join(character for _, character in seen).translate(_PLAIN)
    plain = _ADDRESS.sub(lambda found: "¤" * len(found[0]), plain)
    return Text(field, source, plain, tuple(place for place, _ in seen))


def plainly(source: str) -> str:
    """Return the words of a text that nothing is quoted from by its place."""
    return read("", source).plain


def bigrams(words: str) -> set[str]:
    """Return the pairs of neighbours in a run of Chinese characters; of other characters none."""
    return {words[i : i + 2] for i in range(len(words) - 1) if _HAN.fullmatch(words[i : i + 2])}


_HAN = re.compile(r"[\u4e00-\u9fff]{2}")
