"""What is looked for in a statement before it can be signed (key `quality`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from yingda.domain.policy import Policy
from yingda.domain.quality import rule
from yingda.domain.quality.rule import BY_WORDS, Advice, Check
from yingda.running.pages import table
from yingda.running.ruling.words import KEY, RULE, WHAT, both

ABOUT = """\
对外情况说明提交签发前，按下表检查。“不得提交”的，改正后才能提交，已经写的都留着；“提醒”的可以提交，起草人、签发人都看得到。
检查结果不存档，每次查看时按当时的规则重新得出。没有查出问题，不等于没有问题；签发人随时可以退回。

A statement is examined before anybody is asked to sign it. *Refused* findings have to be corrected first, and what was
typed is kept; *warnings* stop nothing and are shown to the drafter and the signers. Findings are not stored: they are
worked out anew, by the rules in force, whenever they are shown. Where nothing is found, something may still be wrong;
a signer can always return the text.
"""

ABOUT_WORDS = """\
空话套话只在同一句里没有数字、日期和具体做法时提醒。

Empty phrases are found only in sentences without a figure, a date or a deed.
"""


def parts(policy: Policy) -> Iterator[str]:
    """Yield the sections."""
    yield "## 签发前的检查 Examination before signing `quality`\n"
    yield ABOUT
    yield table((WHAT, RULE, KEY), _checks(policy))
    yield "### 用语 Words `quality.words`\n"
    yield ABOUT_WORDS
    yield table(("不写 Not to be written", "应当 Instead", KEY), _words(policy))


def _checks(policy: Policy) -> Iterator[Sequence[str]]:
    quality = policy.quality
    for check in Check:
        yield _pair(check), _pair(quality.checks[check]), f"`quality.checks` {check}"
    least, most = quality.length.least, quality.length.most
    yield (
        both("正文篇幅", "Length of the body"),
        both(f"{least} 字至 {most} 字", f"{least} to {most} characters"),
        "`quality.length`",
    )


def _words(policy: Policy) -> Iterator[Sequence[str]]:
    for check in BY_WORDS:
        for advice in policy.quality.words[check]:
            yield _listed(check, advice), both(advice.instead, advice.instead_en), f"`quality.words` {check}"


def _listed(check: Check, advice: Advice) -> str:
    return f"{both(*_both(check))}<br>{'、'.join(advice.words)}"


def _pair(value: Check | rule.Level) -> str:
    return both(*_both(value))


def _both(value: Check | rule.Level) -> tuple[str, str]:
    return rule.label(value, "zh_CN"), rule.label(value, "en")
