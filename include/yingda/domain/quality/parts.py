"""The four things a reader looks for: what is known, what is not yet, what is being done, when the next word comes.

Which of them a statement owes depends on its kind:

- a final one says what is known and what was done. It owes no open questions and no next word, unless it says itself
  that something is still open;
- a holding one owes all four: it is there because something is not known yet, and it promises the next word;
- a correction says what is right now, and what was done about it;
- a withdrawal says what is withdrawn and why; what holds instead comes in another statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from yingda.domain.documents import StatementKind

from . import dates
from .material import Draft, Found, Material
from .rule import Check

_KNOWN = re.compile(
    r"经(?:初步)?(?:核实|核查|调查|查|了解|现场|检测|排查|勘查|复核|查实|查证)|"
    r"(?:已经?|现已|初步)(?:查明|查实|核实|确认|明确)|查明|属实|"
    r"原因(?:是|为|系)|系(?:因|由|管|线|设)|因.{2,30}(?:所致|导致|造成|引起)|由于|来自|"
    r"事实(?:是|为)|情况(?:如下|是)|结果(?:显示|表明|为)|"
    r"应为|更正为|有误|撤回|不再有效|verified|found|established|confirmed|because|caused by|corrected|withdrawn",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"正在(?:进一步|抓紧|全力|加紧)?(?:核查|核实|调查|检测|排查|研判|鉴定|评估|检验|了解|勘查)|"
    r"进一步(?:核查|核实|调查|检测|鉴定)|"
    r"(?:尚|还|仍|暂)(?:在|未|不|无法|不能|需|待)|有待|尚待|待(?:查|核|检测|鉴定|定|确)|"
    r"未(?:能)?(?:查明|确定|明确)|不明确|"
    r"not yet|still (?:being|unclear|unknown)|being (?:examined|verified|investigated|tested)|"
    r"remains? (?:open|unclear)",
    re.IGNORECASE,
)
_DOING = re.compile(
    r"已(?:经|于|全部|完成|组织|安排|责令|要求|约谈|调配|更换|修复|恢复|清理|清运|整改|拆除|启动|"
    r"派|对|将|停|通知|联系|换|抢|修|处|关|立)|"
    r"现已|完成了?|正在|立即|当即|当日|随即|第一时间组织|责令|整改|抢修|修复|更换|清理|清运|恢复|处置|排查|检修|维修|赔付|"
    r"致歉|道歉|安排|组织|开展|将于|"
    r"repaired|replaced|restored|cleared|ordered|is being|are being|has been|have been|will be",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"(?:通报|公布|发布|公开|公示|说明|告知|反馈|回复|答复|更新|披露|publish|announce|report|inform|next word)",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\d+ ?(?:个)?(?:小时|天|日|工作日|周)(?:之?内|以内|后|前)|每[天日周]|"
    r"(?:今|明|后|当)[天日晚]|(?:本|下)周|\d{1,2}(?:时|点|:\d{2})|"
    r"within \d+|by \d|every day|daily|tomorrow",
    re.IGNORECASE,
)

_OWED: dict[StatementKind, tuple[Check, ...]] = {
    StatementKind.FINAL: (Check.SAYS_KNOWN, Check.SAYS_DOING),
    StatementKind.HOLDING: (Check.SAYS_KNOWN, Check.SAYS_UNKNOWN, Check.SAYS_DOING, Check.SAYS_NEXT),
    StatementKind.CORRECTION: (Check.SAYS_KNOWN, Check.SAYS_DOING),
    StatementKind.WITHDRAWAL: (Check.SAYS_KNOWN,),
}


def owed(draft: Draft) -> tuple[Check, ...]:
    """Return which of the four a statement owes."""
    checks = _OWED[draft.kind or StatementKind.FINAL]
    if draft.kind is not StatementKind.WITHDRAWAL and Check.SAYS_NEXT not in checks and _OPEN.search(draft.words):
        return (*checks, Check.SAYS_NEXT)
    return checks


def known(draft: Draft, material: Material) -> Iterator[Found]:
    """Find that a statement does not say what is known."""
    if Check.SAYS_KNOWN in owed(draft) and not _KNOWN.search(draft.words):
        yield Found("body")


def not_known(draft: Draft, material: Material) -> Iterator[Found]:
    """Find that a statement which has to does not say what is not known yet."""
    if Check.SAYS_UNKNOWN in owed(draft) and not _OPEN.search(draft.words):
        yield Found("body")


def doing(draft: Draft, material: Material) -> Iterator[Found]:
    """Find that a statement does not say what was or is being done; a promise with a date says so."""
    if Check.SAYS_DOING in owed(draft) and not draft.promises and not _DOING.search(draft.words):
        yield Found("body")


def next_word(draft: Draft, material: Material) -> Iterator[Found]:
    """Find that a statement which leaves something open does not say when the next word comes.

    What is promised with a date is answered in public on that date, so it is a next word. A sentence counts where it
    announces one and names a time; "in due course" is no time.
    """
    if Check.SAYS_NEXT not in owed(draft) or any(one.due is not None for one in draft.promises):
        return
    for text in draft.texts:
        for start, end in text.sentences():
            sentence = text.plain[start:end]
            if _NEXT.search(sentence) and (_WHEN.search(sentence) or any(True for _ in dates.days(sentence))):
                return
    still_open = next((found[0] for text in draft.texts for found in _OPEN.finditer(text.plain)), "")
    yield Found("body", still_open if draft.kind is not StatementKind.HOLDING else "")
