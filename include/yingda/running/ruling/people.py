"""Who signs and who speaks (keys `signing`, `second_factor`, `spokesperson`, `interviewee`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from yingda.domain import roles
from yingda.domain.policy import Policy
from yingda.domain.severity import Severity
from yingda.running.pages import table
from yingda.running.ruling.words import KEY, RULE, WHAT, both, listed, one_role, one_severity, one_span, times


def parts(policy: Policy) -> Iterator[str]:
    """Yield the sections."""
    yield "## 签发 Signing `signing`\n"
    yield "对外情况说明由下列各方依次签发，签齐才发布。 Statements are signed by all of these, one after the other.\n"
    yield table(("级别 Severity", "依次签发 Signed by, in order", KEY), _signing(policy))
    yield "### 第二渠道确认 Confirmation over a second channel `second_factor`\n"
    yield table((WHAT, RULE, KEY), _second_factor(policy))
    yield "## 谁对外说话 Who speaks `spokesperson` `interviewee`\n"
    yield table(("级别 Severity", "谁 Who", "任一人 Any of", KEY), _speakers(policy))
    yield (
        "写领导小组组长的，由组长决定由谁接受采访。"
        " Where the leader of the leading group stands for interviews, they decide who gives them.\n"
    )


def _signing(policy: Policy) -> Iterator[Sequence[str]]:
    for one in Severity:
        chain = policy.signing[one]
        chinese, english = (" → ".join(roles.label(role, locale) for role in chain) for locale in ("zh_CN", "en"))
        yield both(*one_severity(one)), both(chinese, english), f"`signing.{one}`"


def _second_factor(policy: Policy) -> Iterator[Sequence[str]]:
    rule = policy.second_factor
    named = map(one_severity, rule.severities)
    severities = listed((f"{chinese}事件", f"{english} incidents") for chinese, english in named)
    yield (
        both("签发须输入验证码", "Signing needs a code"),
        both(
            f"{severities[0]}：验证码发到签发人的第二渠道（短信或企业微信）；按提交签发那一刻的级别",
            f"{severities[1]}: it goes to the signer's second channel (text message or WeCom); the severity at the"
            " moment of signing counts",
        )
        if rule.severities
        else both("哪一级都不要", "At no severity"),
        "`second_factor.severities`",
    )
    yield both("位数", "Digits"), both(f"{rule.digits} 位", f"{rule.digits} digits"), "`second_factor.digits`"
    chinese, english = one_span(rule.valid_for)
    yield both("有效期", "Holds for"), both(chinese, english), "`second_factor.valid_for`"
    yield (
        both("试错", "Wrong codes"),
        both(
            f"试错 {rule.tries} 次作废，并告知值班员",
            f"Void after {times(rule.tries, 'attempt')} with a wrong one, and the duty officer is told",
        ),
        "`second_factor.tries`",
    )
    yield (
        both("再发", "Another code"),
        both(
            f"同一人同一请求一小时最多 {rule.codes_an_hour} 次；新的发出，旧的作废",
            f"At most {times(rule.codes_an_hour, 'attempt')} an hour for one person and request; a new one voids the"
            " old",
        ),
        "`second_factor.codes_an_hour`",
    )
    yield (
        both("名册没有写第二渠道的签发人", "Signers whom the roster names no second channel of"),
        both("只凭链接签发", "Sign by their link alone")
        if rule.without_channel == "allow"
        else both("不能签发", "Cannot sign"),
        "`second_factor.without_channel`",
    )


def _speakers(policy: Policy) -> Iterator[Sequence[str]]:
    for one in Severity:
        for key, name, may in (
            ("spokesperson", ("第一新闻发言人", "First spokesperson"), policy.spokesperson[one]),
            ("interviewee", ("指定接受采访", "Designated for interviews"), policy.interviewee[one]),
        ):
            yield (
                both(*one_severity(one)),
                both(*name),
                both(*listed(one_role(role) for role in may)),
                f"`{key}.{one}`",
            )
