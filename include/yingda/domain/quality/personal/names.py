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
    居民 村民 当事人 投诉人 反映人 举报人 来电人 来信人 信访人 业主 住户 租户 租客 房主 户主 死者 伤者 伤员 患者 家属
    家长 学生 市民 受害人 受害者 被害人 申请人 车主 摊主 店主 老人 群众
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
_NAME = rf"(?P<name>{_FAMILY}(?:某{{1,2}}|[\u4e00-\u9fff]{{2}}|[\u4e00-\u9fff])){_ENDS}"
_SHORTER = re.compile(rf"(?P<name>{_FAMILY}[\u4e00-\u9fff]){_ENDS}")
_INTRODUCED = re.compile(rf"(?:{_MARK})(?:代表|姓名)?(?:[系为是])?(?: ?[：:（(“\"]| )?{_NAME}")
_NEXT = re.compile(rf"(?:、|和|与|及|以及){_NAME}")
_BEHIND = re.compile(rf"(?:^|(?<=[^\u4e00-\u9fff])){_NAME}等(?:\d+|[一二三四五六七八九十]+|多)?[名位户]?(?:{_MARK})")
_MASKED = re.compile(rf"{_FAMILY}某{{1,2}}")


def introduced(texts: Iterable[str]) -> set[str]:
    """Return the names that texts introduce as those of residents, masked ones included."""
    names: set[str] = set()
    for plain in texts:
        for found in (*_INTRODUCED.finditer(plain), *_BEHIND.finditer(plain)):
            name = _name_at(plain, found)
            end = found.start("name") + len(name or "")
            while name is not None:
                names.add(name)
                following = _NEXT.match(plain, end)
                name = _name_at(plain, following) if following is not None else None
                end = following.start("name") + len(name) if following is not None and name is not None else end
    return names


def is_masked(name: str) -> bool:
    """Tell whether the given name was left out."""
    return _MASKED.fullmatch(name) is not None


def places(plain: str, names: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Yield where names stand."""
    for name in sorted(names, key=len, reverse=True):
        for found in re.finditer(re.escape(name) + (r"(?!某)" if is_masked(name) else ""), plain):
            yield found.start(), found.end(), name


def _name_at(plain: str, found: re.Match[str]) -> str | None:
    """Return the name that was found: the longer one, or the shorter where only that is a name, or where it may be."""
    name = found["name"]
    # 潘静家 and 王涛于 are who and what follows, far more often than three characters of a name.
    if _is_name(name) and not (name[-1] in "家于" and _is_name(name[:-1])):
        return name
    shorter = _SHORTER.match(plain, found.start("name"))
    return shorter["name"] if shorter is not None and _is_name(shorter["name"]) else None


def _is_name(name: str) -> bool:
    if is_masked(name):
        return True
    given = name[2 if name.startswith(DOUBLE) else 1 :]
    if not given or name[:2] in WORDS or given in TITLES:
        return False
    usual = [sign in GIVEN for sign in given]
    # 李狗蛋 is somebody; 张贴 and 万分 are not.
    return all(usual) or (name[0] in COMMON and len(given) == 2 and any(usual))
