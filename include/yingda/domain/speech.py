"""Words for people, in their language: Chinese as written in the code, other languages from the catalogues beside it.

The catalogues are made and checked by `python -m yingda words`; a message without a translation fails `make lint`.
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path

CATALOGUES = Path(__file__).resolve().parents[1] / "locale"
DOMAIN = "yingda"
SOURCE = "zh_CN"
"""The language that stands in code and templates."""

_CONTEXT = "\x04"


def N_(words: str, context: str | None = None) -> str:
    """Mark words of a table for translation, and return what `said` takes.

    :param context: tells apart what is written alike and means something else
    """
    return words if context is None else f"{context}{_CONTEXT}{words}"


def NN_(words: str) -> str:
    """Mark words that count, with `%(count)s` in them, and return what `counted` takes."""
    return words


def said(words: str, locale: str, /, **values: object) -> str:
    """Return words in a language, with values put in where `%(name)s` stands.

    :param words: Chinese, as written here or marked by `N_`
    :param locale: `zh_CN` or `en`
    """
    text = words.rpartition(_CONTEXT)[2] if locale == SOURCE else catalogue(locale).gettext(words)
    return text.rpartition(_CONTEXT)[2] % values if values else text.rpartition(_CONTEXT)[2]


def counted(words: str, count: int, locale: str) -> str:
    """Return how many there are in words; other languages have a form for one and a form for several."""
    text = words if locale == SOURCE else catalogue(locale).ngettext(words, words, count)
    return text % {"count": count}


@cache
def catalogue(locale: str) -> gettext.NullTranslations:
    """Return the translations of a language; of one that has none, the words stay as they are."""
    return gettext.translation(DOMAIN, CATALOGUES, [locale], fallback=True)
