"""What a finding says to whoever reads it, in both languages: what is wrong, quoted, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from yingda.domain import speech
from yingda.domain.speech import N_

from .rule import Check

_PERSONAL = N_("不能公开居民的{what}“{quote}”。请删去，或改成看不出是谁的说法")

_MESSAGES: Mapping[Check, str] = {
    Check.SAYS_KNOWN: N_("没有写明已经查明了什么。请写出核实的结果和原因"),
    Check.SAYS_UNKNOWN: N_("没有写明还有什么没有查明。阶段性说明要写清哪些还在核实、为什么"),
    Check.SAYS_DOING: N_("没有写明做了什么、正在做什么。请写出措施"),
    Check.SAYS_NEXT: N_("还有事情没有定论{mark}，但没有写明何时再次说明。请写出日期，或列为承诺事项"),
    Check.NAMES_UNIT: N_("没有写明责任单位（{other}）"),
    Check.NAMES_SPOKESPERSON: N_("没有写明发言人。按现在的级别可由：{other}"),
    Check.NAMES_TIME: N_("没有写明日期。请写出几月几日，不要只写“今天”“近日”"),
    Check.FIGURE_UNKNOWN: N_("“{quote}”：已批准的报告和已发布的说明里都没有这个数字。请核对"),
    Check.FIGURE_DIFFERS: N_("“{quote}”与报告或已发布的说明里的“{other}”不一致。请核对"),
    Check.DATE_UNKNOWN: N_("“{quote}”：已批准的报告和已发布的说明里都没有这个日期{mark}。请核对"),
    Check.QUESTION_OPEN: N_("群众的提问“{quote}”没有回答。请回答，或写明还不能回答"),
    Check.LENGTH: N_("正文 {count} 字，应在 {least} 至 {most} 字之间"),
    Check.EMPTY_WORDS: N_("“{quote}”旁边没有具体内容。{instead}"),
    Check.PROMISE_WORDS: N_("“{quote}”是绝对化的承诺。{instead}"),
    Check.BLAMING_WORDS: N_("“{quote}”像是在指责群众。{instead}"),
    Check.OFFICIALESE: N_("“{quote}”是公文腔。{instead}"),
    Check.LANDLINE: N_("“{quote}”不是名册里的电话。是居民的请删去；是公开的请核对"),
    Check.RESIDENT_MASKED: N_("“{quote}”指一位居民。隐去名字也可能认得出来，没有必要就不写"),
}

_WHAT: Mapping[Check, str] = {
    Check.IDENTITY_NUMBER: N_("身份证号码"),
    Check.BANK_CARD: N_("银行卡号"),
    Check.MOBILE: N_("手机号码"),
    Check.PLATE: N_("车牌号码"),
    Check.HOME_ADDRESS: N_("住址"),
    Check.RESIDENT_NAME: N_("姓名"),
}


def message(check: Check, quote: str, more: Mapping[str, str], locale: str) -> str:
    """Return what a finding says in `locale`."""
    english = locale == "en"
    values = {"quote": quote, **more}
    if english and "instead_en" in more:
        values["instead"] = more["instead_en"]
    if check in _WHAT:
        values["what"] = speech.said(_WHAT[check], locale)
    values["mark"] = _mark(check, values, english)
    return speech.said(_MESSAGES.get(check, _PERSONAL), locale).format_map(values)


def _mark(check: Check, values: Mapping[str, str], english: bool) -> str:
    if check is Check.SAYS_NEXT and values["quote"]:
        return f" (“{values['quote']}”)" if english else f"（“{values['quote']}”）"
    if check is Check.DATE_UNKNOWN and values.get("other"):
        return f" (named there: {values['other']})" if english else f"（其中有：{values['other']}）"
    return ""
