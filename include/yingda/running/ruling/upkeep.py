"""The register, the links, and what is tried again (keys `register`, `links`, `mail`, `publication`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from yingda.domain import work_group
from yingda.domain.clocks import Span
from yingda.domain.policy import Policy
from yingda.domain.roles import Role
from yingda.running.pages import table
from yingda.running.ruling.words import KEY, RULE, WHAT, Pair, both, in_parts, listed, one_role, one_span, times


def parts(policy: Policy) -> Iterator[str]:
    """Yield the section."""
    yield "## 汇总、链接、邮件、发布 Register, links, mail, publication\n"
    yield table((WHAT, RULE, KEY), _rows(policy))


def _rows(policy: Policy) -> Iterator[Sequence[str]]:
    at = f"{policy.register_at:%H:%M}"
    mail, publication = policy.mail, policy.publication
    duty_officer = one_role(Role.DUTY_OFFICER)
    yield (
        both("舆情隐患汇总表", "Hazard register"),
        both(f"每天 {at} 汇总", f"Compiled every day at {at}"),
        "`register.at`",
    )
    # The address holds a key, so the page of rules says that there is one and no more.
    yield (
        both("汇总、提醒做完后呼叫外部监测", "A watch outside is called when register and mails are done"),
        both("是；没有呼叫，由它报警", "Yes; it raises the alarm when no call comes")
        if policy.register_rule.ping
        else both("否", "No"),
        "`register.ping`",
    )
    chinese, english = one_span(policy.links.valid_for)
    yield (
        both("邮件里的个人链接", "Personal links in mail"),
        both(f"自发出请求起 {chinese}内有效", f"Work for {english} from the request"),
        "`links.valid_for`",
    )
    last = _after(mail.pauses, mail.attempts)
    last_said = (
        (f"，最后一次至少在第一次之后 {last[0]}", f", the last {last[1]} after the first or later")
        if last
        else ("", "")
    )
    yield (
        both("邮件发不出去", "Mail that does not go out"),
        both(
            f"最多试 {mail.attempts} 次{last_said[0]}；对方明确拒收的不再试",
            f"At most {times(mail.attempts, 'attempt')}{last_said[1]}; none once it was refused for good",
        ),
        "`mail.attempts`",
    )
    yield both("再发之前各等", "Pauses between"), _pauses(mail.pauses), "`mail.pauses`"
    yield from _work_group(policy)
    told = _after(publication.pauses, publication.tell_after)
    told_said = (
        (f"（最早在第一次之后 {told[0]}）", f" ({told[1]} after the first at the earliest)") if told else ("", "")
    )
    yield (
        both("发布不成，或在公开网页上看不到", "A publication that fails, or is not to be seen on the public page"),
        both(
            f"第 {publication.tell_after} 次仍不成，告知{duty_officer[0]}{told_said[0]}，仍继续再试；"
            "渠道明确拒绝的，当即告知，不再自动重试",
            f"{duty_officer[1]} told once {times(publication.tell_after, 'attempt')} failed{told_said[1]}; attempts go"
            " on. What the channel refuses for good is told at once and not tried again by itself",
        ),
        "`publication.tell_after`",
    )
    yield both("再试之前各等", "Pauses between"), _pauses(publication.pauses), "`publication.pauses`"
    chinese, english = one_span(publication.unknown_after)
    yield (
        both("不能断定是否已经发出", "Not known whether it went out"),
        both(
            f"先到渠道上查找；发出后最迟 {chinese}认定为结果不明，告知{duty_officer[0]}，不再自动重试",
            f"Looked for on the channel; {english} after sending at the latest the {duty_officer[1].lower()} is told"
            " that nobody knows, and it is not tried again by itself",
        ),
        "`publication.unknown_after`",
    )
    chinese, english = listed(one_span(span) for span in publication.look_again)
    yield (
        both("在公开网页上看到之后", "After it was seen on the public page"),
        both(
            f"过 {chinese}各再看一次；与发布的文本不符即告知{duty_officer[0]}",
            f"Looked at again {english} later; {duty_officer[1].lower()} told when it does not show the text any more",
        ),
        "`publication.look_again`",
    )


def _work_group(policy: Policy) -> Iterator[Sequence[str]]:
    rule = policy.work_group
    chinese, english = listed((work_group.label(one, "zh_CN"), work_group.label(one, "en")) for one in rule.events)
    robots = ", ".join(f"`{robot}`" for robot in rule.robots)
    yield (
        both("工作群通知", "Word to the work group"),
        both(f"由机器人 {robots} 发送：{chinese}", f"By the robots {robots}: {english}")
        if robots
        else both(f"不发。可以发的有：{chinese}", f"None. What could be told: {english}"),
        "`work_group.robots` `work_group.events`",
    )


def _pauses(pauses: Sequence[Span]) -> str:
    chinese, english = listed(one_span(pause) for pause in pauses)
    return both(f"依次 {chinese}；以后都用最后一个", f"{english}, in this order; the last one repeats")


def _after(pauses: Sequence[Span], attempt: int) -> Pair | None:
    """Return in words how long after the first attempt this one comes, if each fails at once; None for the first."""
    waits = [pauses[min(number, len(pauses)) - 1].elapsed or timedelta(0) for number in range(1, attempt)]
    total = sum(waits, timedelta(0))
    return (in_parts(total, "zh_CN"), in_parts(total, "en")) if total else None
