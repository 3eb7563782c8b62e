"""Names of residents: those that a report, the lead or the statement itself introduces as such.

No list of residents is kept. A name is one where it follows a word such as 居民 or 投诉人, begins with a family name
and ends where a name can end. Once introduced, it is looked for in the whole statement, title and promises included.
Masked names (张某, 张某某) are told apart: they are the usual way to leave a name out, and tell less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from yingda.domain.quality.personal.name_words import COMMON, DOUBLE, GIVEN, RARE, TITLES, WORDS

_MARK = "|".join(
    """
    居民 村民 业主 住户 租户 租客 房主 户主 房东 农户 市民 群众 当事人 报警人 求助人 诉求人 申诉人 投诉人 反映人
    举报人 来电人 来信人 信访人 申请人 受害人 受害者 被害人 死者 伤者 伤员 患者 家属 家长 学生 老人 驾驶员 乘客 车主
    摊主 店主
    """.split()  # noqa: SIM905 - a list of words is read more easily without quotes
)
_FAMILY = rf"(?:{'|'.join(DOUBLE)}|[{''.join(sorted(COMMON | RARE))}])"
# What follows a name; where none of it does, the characters are part of another word.
_FOLLOWS = "|".join(
    """
    反映 反馈 称 表示 说 家[里中门的]? 的 在 因 向 提出 投诉 来电 来信 来访 致 举报 及 和
    与 等 同志 夫妇 一家 认为 要求 希望 对 被 将 于 已 从 到 所 本人 之 把 为 是 也 就 还 又 通过 住 不
    经 后 前 受 报 拨 指 告 则 均 曾 未 有 上 下 联系 签 道歉 赔 解释 了解 介绍 沟通 核实 发 送 当面 作 进行 出具
    支付 退 拿 去 来 那 这 再 多次 共 没 骑 驾 摔 诉 参加 到场 独居 老人
    """.split()  # noqa: SIM905 - as above
)
_ENDS = rf"(?=$|[^\u4e00-\u9fff]|{_FOLLOWS})"
_LONGER = re.compile(rf"{_FAMILY}(?:某{{1,2}}|[\u4e00-\u9fff]{{2}}){_ENDS}")
_SHORTER = re.compile(rf"{_FAMILY}[\u4e00-\u9fff]{_ENDS}")
# Whatever follows: a usual family name with two characters that names are made of.
_USUAL = re.compile(rf"(?:{'|'.join(DOUBLE)}|[{''.join(sorted(COMMON))}])[{''.join(sorted(GIVEN))}]{{2}}")
_INTRODUCTION = re.compile(rf"(?:{_MARK})(?:代表|姓名)?(?:[系为是有])?(?: ?[：:（(“\"]| )?(?={_FAMILY})")
_AND = re.compile(rf"(?:、|和|与|及|以及)(?={_FAMILY})")
_BEHIND = re.compile(rf"等(?:\d+|[一二三四五六七八九十]+|多)?[名位户]?(?:{_MARK})")
_BEGINNING = re.compile(rf"(?:^|(?<=[^\u4e00-\u9fff]))(?={_FAMILY})", re.MULTILINE)
_MASKED = re.compile(rf"{_FAMILY}某{{1,2}}")


def introduced(texts: Iterable[str]) -> set[str]:
    """Return the names that texts introduce as those of residents, masked ones included."""
    names: set[str] = set()
    for plain in texts:
        for found in _INTRODUCTION.finditer(plain):
            names.update(_in_a_row(plain, found.end()))
        if _BEHIND.search(plain):
            # 李小红等3名村民: the names stand first, where something begins.
            for found in _BEGINNING.finditer(plain):
                row = list(_in_a_row(plain, found.end()))
                if row and _BEHIND.match(plain, plain.index(row[-1], found.end()) + len(row[-1])):
                    names.update(row)
    return names


def _in_a_row(plain: str, start: int) -> Iterator[str]:
    """Yield the names that stand one after the other from a place: 李小红、王伟和张建国."""
    name = _name_at(plain, start)
    while name is not None:
        yield name
        following = _AND.match(plain, start + len(name))
        if following is None:
            return
        start = following.end()
        name = _name_at(plain, start)


def is_masked(name: str) -> bool:
    """Tell whether the given name was left out."""
    return _MASKED.fullmatch(name) is not None


def places(plain: str, names: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Yield where names stand."""
    for name in sorted(names, key=len, reverse=True):
        for found in re.finditer(re.escape(name) + (r"(?!某)" if is_masked(name) else ""), plain):
            yield found.start(), found.end(), name


def _name_at(plain: str, start: int) -> str | None:
    """Return the name that begins at a place: the longer one, or the shorter where only that is a name."""
    longer, shorter = _LONGER.match(plain, start), _SHORTER.match(plain, start)
    if longer is not None and _is_name(longer[0]):
        # 潘静家, 王涛于 and 雷雪等 are who and what follows, far more often than three characters of a name.
        follows = longer[0][-1] in "家于" or longer[0][-1] not in GIVEN
        if not (follows and shorter is not None and _is_name(shorter[0])):
            return longer[0]
    if shorter is not None and _is_name(shorter[0]):
        return shorter[0]
    usual = _USUAL.match(plain, start)
    return usual[0] if usual is not None and _is_name(usual[0]) else None


def _is_name(name: str) -> bool:
    if is_masked(name):
        return True
    given = name[2 if name.startswith(DOUBLE) else 1 :]
    if not given or name[:2] in WORDS or given in TITLES:
        return False
    usual = [sign in GIVEN for sign in given]
    # 李狗蛋 is somebody; 张贴 and 万分 are not.
    return all(usual) or (name[0] in COMMON and len(given) == 2 and any(usual))
