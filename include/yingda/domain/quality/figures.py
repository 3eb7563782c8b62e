"""Figures with their units, and whether they agree with what was verified."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from . import numerals
from .material import Draft, Found, Material
from .reading import Text, bigrams
from .rule import Check

_SAME = {
    "元": ("元", "块钱", "元人民币"),
    "人": ("人", "名", "位"),
    "m": ("米", "m"),
    "m2": ("平方米", "平方", "平米", "㎡"),
    "m3": ("立方米", "立方", "方水", "m³"),
    "kg": ("公斤", "千克", "kg"),
    "mg/L": ("毫克/升", "毫克每升", "mg/L", "mg/l"),
    "小时": ("个小时", "小时"),
    "月": ("个月",),
    "天": ("天", "日内", "日之内", "日以内"),
    "工作日": ("个工作日", "工作日"),
    "%": ("%", "个百分点"),
    "kWh": ("千瓦时", "度电", "kWh"),
}
_OWN = """
    分钟 秒钟 周 年 岁 人次 户次 车次 班次 户 盏 辆 台 套 处 个 件 起 条 次 亩
    公顷 升 毫升 分贝 倍 只 根 座 栋 幢 家 所 棵 株 部 张 份 批 间 袋 桶 车
    支 封 宗 例 项 班 艘 头 口 块 顶 扇 双 千瓦 伏 ℃ 摄氏度
"""
_PARTS = {
    **dict.fromkeys(("公里", "千米", "km", "KM"), ("m", Decimal(1000))),
    **dict.fromkeys(("厘米", "公分", "cm"), ("m", Decimal("0.01"))),
    **dict.fromkeys(("毫米", "mm"), ("m", Decimal("0.001"))),
    "吨": ("kg", Decimal(1000)),
}
"""Units that are so many of another one."""

_UNITS = (
    {word: (unit, Decimal(1)) for unit, words in _SAME.items() for word in words}
    | {word: (word, Decimal(1)) for word in _OWN.split()}
    | _PARTS
)
_ALTERNATIVES = "|".join(re.escape(word) for word in sorted(_UNITS, key=len, reverse=True))
_FIGURE = re.compile(
    rf"(?:(?P<percent>百分之)|(?<![\d.第〔\[A-Za-z零〇一二三四五六七八九十两百千万亿-]))(?P<number>{numerals.ARABIC}|{numerals.CHINESE})"
    rf"(?P<more>余|多|几)?(?P<times>[百千万亿]{{1,2}})?(?P<more2>余|多)? ?(?(percent)|(?P<unit>{_ALTERNATIVES}))"
)
_TIMES = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000, "百万": 1_000_000, "千万": 10_000_000}
_ABOUT = re.compile(r"(?:约|近|逾|超过?|不足|左右|大概)$")
# 一个、一次、一些 count nothing; 一人、一户、一死 do.
_ONE_COUNTS = frozenset("人户盏辆台栋幢吨元")
# What runs day and night, and words that only look like figures.
_IDLE = re.compile(r"24 ?小时|千家|万户|四处|百家|三天两头")
# 3幢2单元 is where somebody is, and no number of buildings.
_DOOR = re.compile(r" ?(?:\d|[一二三四五六七八九十]{1,3}(?:单元|楼|层))")
_COMMON = frozenset(
    """
    已经 目前 共有 其中 现有 全部 情况 我们 进行 完成 更换 修复 投入 新增 增加 减少 涉及 影响 清理 清运 安装 维修 检修
    整改 派出 出动 调配 拆除 补偿 支付
    """.split()  # noqa: SIM905 - a list of words is read more easily without quotes
)
"""Words beside a figure that say what was done, and nothing of what is counted."""

_ROUND = Decimal("0.2")


@dataclass(frozen=True)
class Figure:
    """A figure in a text, with the words around it that tell what is counted.

    :param unit: one name for all spellings of a unit
    :param about: it was said to be so only roughly
    :param things: pairs of characters of the words beside it
    """

    value: Decimal
    unit: str
    about: bool
    start: int
    end: int
    things: frozenset[str]

    def agrees(self, other: Figure) -> bool:
        """Tell whether two figures say the same; a rough one may lie a fifth off."""
        if self.unit != other.unit:
            return False
        if self.value == other.value:
            return True
        return (self.about or other.about) and abs(self.value - other.value) <= _ROUND * other.value


def figures(text: Text) -> Iterator[Figure]:
    """Yield the figures of a text that have a unit, from left to right."""
    plain = text.plain
    for found in _FIGURE.finditer(plain):
        start, end = found.span()
        number, unit = found["number"], found["unit"] or "%"
        worth = numerals.value(number)
        if worth is None or _IDLE.match(plain, start) or (number == "一" and unit not in _ONE_COUNTS):
            continue
        if unit == "年" and (worth > 100 or plain[end : end + 1] in "级代度月"):
            continue
        if unit in ("栋", "幢", "座") and _DOOR.match(plain, end):
            continue
        name, factor = _UNITS[unit]
        before, after = _beside(plain, start, end)
        yield Figure(
            worth * _TIMES.get(found["times"] or "", 1) * factor,
            name,
            bool(found["more"] or found["more2"] or _ABOUT.search(plain[max(0, start - 3) : start])),
            start,
            end,
            frozenset((bigrams(before) | bigrams(after)) - _COMMON),
        )


def _beside(plain: str, start: int, end: int) -> tuple[str, str]:
    """Return up to four Chinese characters on either side, no further than the next mark."""
    before = re.search(r"[\u4e00-\u9fff]{0,4}$", plain[max(0, start - 4) : start])
    first = max(0, start - len(before[0])) if before else start
    # What a date ends with belongs to the date: 11月20日柳溪村3盏.
    if before and first and plain[first - 1].isdigit() and before[0][:1] in ("年", "月", "日", "号"):
        first += 1
    after = re.match(r"[\u4e00-\u9fff]{0,4}", plain[end : end + 4])
    return plain[first:start], after[0] if after else ""


def _around(text: Text, figure: Figure) -> str:
    before, after = _beside(text.plain, figure.start, figure.end)
    return text.quote(figure.start - len(before), figure.end + len(after))


def compared(draft: Draft, material: Material) -> Iterator[tuple[Check, Found]]:
    """Find figures that no report and no earlier statement bears out.

    Where one of these has another figure for the same thing, both are quoted: `figure_differs`; else `figure_unknown`.
    """
    told = [(text, figure) for text in material.verified for figure in figures(text)]
    said = [(text, figure) for text in draft.texts for figure in figures(text)]
    for text, figure in said:
        if any(figure.agrees(other) for _, other in told):
            continue
        rivals = [
            (where, other)
            for where, other in told
            if other.unit == figure.unit
            and other.things & figure.things
            # Told as well, so it counts something else.
            and not any(mine.agrees(other) for _, mine in said)
        ]
        if rivals:
            nearest = max(rivals, key=lambda rival: len(rival[1].things & figure.things))
            yield Check.FIGURE_DIFFERS, Found(text.field, _around(text, figure), {"other": _around(*nearest)})
        else:
            yield Check.FIGURE_UNKNOWN, Found(text.field, _around(text, figure))


def any_in(plain: str) -> bool:
    """Tell whether words hold a figure with a unit."""
    return _FIGURE.search(plain) is not None
