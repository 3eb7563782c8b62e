"""What a finding says to whoever reads it, in both languages: what is wrong, quoted, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from .rule import Check

_PERSONAL = (
    "不能公开居民的{what}“{quote}”。请删去，或改成看不出是谁的说法",
    "“{quote}” is a resident's {what} and must not be published. Take it out, or say it so that it tells of nobody",
)

_MESSAGES: Mapping[Check, tuple[str, str]] = {
    Check.SAYS_KNOWN: (
        "没有写明已经查明了什么。请写出核实的结果和原因",
        "It does not say what is known. Write what was verified, and the cause",
    ),
    Check.SAYS_UNKNOWN: (
        "没有写明还有什么没有查明。阶段性说明要写清哪些还在核实、为什么",
        "It does not say what is not known yet. An interim statement says what is still being verified, and why",
    ),
    Check.SAYS_DOING: (
        "没有写明做了什么、正在做什么。请写出措施",
        "It does not say what was or is being done. Write the measures",
    ),
    Check.SAYS_NEXT: (
        "还有事情没有定论{mark}，但没有写明何时再次说明。请写出日期，或列为承诺事项",
        "Something is left open{mark}, but it does not say when the next word comes. Name a day, or list it as a"
        " commitment",
    ),
    Check.NAMES_UNIT: (
        "没有写明责任单位（{other}）",
        "The responsible unit ({other}) is not named",
    ),
    Check.NAMES_SPOKESPERSON: (
        "没有写明发言人。按现在的级别可由：{other}",
        "No spokesperson is named. At the present severity: {other}",
    ),
    Check.NAMES_TIME: (
        "没有写明日期。请写出几月几日，不要只写“今天”“近日”",
        "No date is named. Write the day, not only “today” or “recently”",
    ),
    Check.FIGURE_UNKNOWN: (
        "“{quote}”：已批准的报告和已发布的说明里都没有这个数字。请核对",
        "“{quote}”: this figure stands neither in the approved report nor in what was published. Please check it",
    ),
    Check.FIGURE_DIFFERS: (
        "“{quote}”与报告或已发布的说明里的“{other}”不一致。请核对",
        "“{quote}” differs from “{other}” in the report or in what was published. Please check it",
    ),
    Check.DATE_UNKNOWN: (
        "“{quote}”：已批准的报告和已发布的说明里都没有这个日期{mark}。请核对",
        "“{quote}”: this date stands neither in the approved report nor in what was published{mark}. Please check it",
    ),
    Check.QUESTION_OPEN: (
        "群众的提问“{quote}”没有回答。请回答，或写明还不能回答",
        "The question “{quote}” is not answered. Answer it, or say that it cannot be answered yet",
    ),
    Check.LENGTH: (
        "正文 {count} 字，应在 {least} 至 {most} 字之间",
        "The body has {count} characters; it should have {least} to {most}",
    ),
    Check.EMPTY_WORDS: (
        "“{quote}”旁边没有具体内容。{instead}",
        "“{quote}” stands there with nothing concrete beside it. {instead}",
    ),
    Check.PROMISE_WORDS: (
        "“{quote}”是绝对化的承诺。{instead}",
        "“{quote}” promises what nobody can. {instead}",
    ),
    Check.BLAMING_WORDS: (
        "“{quote}”像是在指责群众。{instead}",
        "“{quote}” blames those who spoke up. {instead}",
    ),
    Check.OFFICIALESE: (
        "“{quote}”是公文腔。{instead}",
        "“{quote}” is officialese. {instead}",
    ),
    Check.LANDLINE: (
        "“{quote}”不是名册里的电话。是居民的请删去；是公开的请核对",
        "“{quote}” is no number of the roster. Take it out if it is a resident's; check it if it is a public one",
    ),
    Check.RESIDENT_MASKED: (
        "“{quote}”指一位居民。隐去名字也可能认得出来，没有必要就不写",
        "“{quote}” means a resident. Even masked they may be known; leave it out unless it is needed",
    ),
}

_WHAT: Mapping[Check, tuple[str, str]] = {
    Check.IDENTITY_NUMBER: ("身份证号码", "identity number"),
    Check.BANK_CARD: ("银行卡号", "bank card number"),
    Check.MOBILE: ("手机号码", "mobile number"),
    Check.PLATE: ("车牌号码", "vehicle plate"),
    Check.HOME_ADDRESS: ("住址", "home address"),
    Check.RESIDENT_NAME: ("姓名", "name"),
}


def message(check: Check, quote: str, more: Mapping[str, str], locale: str) -> str:
    """Return what a finding says in `locale`."""
    english = locale == "en"
    values = {"quote": quote, **more}
    if english and "instead_en" in more:
        values["instead"] = more["instead_en"]
    if check in _WHAT:
        values["what"] = _WHAT[check][english]
    values["mark"] = _mark(check, values, english)
    return _MESSAGES.get(check, _PERSONAL)[english].format_map(values)


def _mark(check: Check, values: Mapping[str, str], english: bool) -> str:
    if check is Check.SAYS_NEXT and values["quote"]:
        return f" (“{values['quote']}”)" if english else f"（“{values['quote']}”）"
    if check is Check.DATE_UNKNOWN and values.get("other"):
        return f" (named there: {values['other']})" if english else f"（其中有：{values['other']}）"
    return ""
