"""Who signs and who speaks (keys `signing`, `spokesperson`, `interviewee`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from yingda.domain import roles
from yingda.domain.policy import Policy
from yingda.domain.severity import Severity
from yingda.running.pages import table
from yingda.running.ruling.words import KEY, both, listed, one_role, one_severity


def parts(policy: Policy) -> Iterator[str]:
    """Yield both sections."""
    yield "## 签发 Signing `signing`\n"
    yield "对外情况说明由下列各方依次签发，签齐才发布。 Statements are signed by all of these, one after the other.\n"
    yield table(("级别 Severity", "依次签发 Signed by, in order", KEY), _signing(policy))
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
