"""Vehicle plates of people: the usual ones and those of new-energy vehicles; not those of the police."""

from __future__ import annotations

import re

from yingda.domain.quality.material import Spans

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# Neither I nor O is ever used, so that nobody takes them for figures.
_SIGN = "[A-HJ-NP-Za-hj-np-z0-9]"
_PLATE = re.compile(
    rf"[{_PROVINCES}] ?[A-HJ-NP-Za-hj-np-z](?: ?[·.•-] ?| )?"
    rf"(?:(?P<green>[DFABCEGHJKdfabceghjk]{_SIGN}\d{{4}}|\d{{5}}[DFABCEGHJKdfabceghjk])"
    rf"|(?P<blue>{_SIGN}{{4}}(?:{_SIGN}|[挂学领港澳])))(?![A-Za-z0-9]|[-.]\d|[号字警])"
)


def find(plain: str) -> Spans:
    """Yield where plates stand."""
    for found in _PLATE.finditer(plain):
        signs = found["green"] or found["blue"]
        if sum(sign.isdigit() for sign in signs) >= (2 if signs[-1].isascii() else 3):
            yield found.span()
