"""docs/rules.md: every rule of the office in words, made from policy.yaml, so that the page cannot say anything else.

The page shows the defaults of include/config/policy.yaml and none of this machine's settings, so it is the same
everywhere. Numbers come from the policy alone; the words for roles, severities, clocks and spans are the domain's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from yingda.domain import clocks, roles, severity
from yingda.domain.clocks import ClockKind, Span, span_label
from yingda.domain.ladder import ASKED, Rung
from yingda.domain.policy import DRAFTER, ClockRule, Policy
from yingda.domain.roles import Role
from yingda.domain.severity import Severity
from yingda.running import pages
from yingda.running.layout import PROJECT
from yingda.running.pages import table
from yingda.settings import CONFIG, yaml_files

PAGE = PROJECT / "docs" / "rules.md"
POLICY = CONFIG / "policy.yaml"

HEAD = """\
<!-- 由 `python -m yingda describe` 从 include/config/policy.yaml 生成，请勿手改。
     Generated from include/config/policy.yaml by `python -m yingda describe`. -->

# 办公室的规则 The rules of the office

本页是默认规则。要改其中几项，另写一个文件，只写要改的几项，用环境变量 `YINGDA_POLICY` 指给系统；“键”就是该写的位置。
时间都是北京时间；时长昼夜连续计算，写明“工作日”的除外。

These are the defaults. To change some, write a file with only those and name it in `YINGDA_POLICY`; the key says where
each belongs. Times are Beijing time; durations run day and night unless they say working days.
"""

RUNS_FROM: dict[ClockKind, tuple[str, str]] = {
    ClockKind.BRIEF_REPLY: ("首次通知责任单位", "The first notice to a unit"),
    ClockKind.VERIFICATION: ("首次通知责任单位", "The first notice to a unit"),
    ClockKind.PUBLIC_WORD: ("受理", "The opening of the incident"),
    ClockKind.PRESS_CONFERENCE: ("受理", "The opening of the incident"),
    ClockKind.REVIEW: ("办结", "The closing of the incident"),
}

OWN_RULE = ("本单位规定", "The office's own")
STATE_COUNCIL: dict[ClockKind, tuple[str, str]] = {
    ClockKind.PUBLIC_WORD: (
        "国办发〔2016〕61号（一般），国办发〔2016〕80号（重大、特别重大）",
        "State Council, 2016 no. 61 (general), no. 80 (major, critical)",
    ),
    ClockKind.PRESS_CONFERENCE: ("国办发〔2016〕61号、国办发〔2016〕80号", "State Council, 2016 nos. 61 and 80"),
}

ABOUT_LIMITS = """\
- “紧急”一栏只在该级别本身不要求、而事件标了“紧急”时起作用。
  *Urgent* counts only where the severity by itself owes nothing and the incident is marked urgent.
- 国办发〔2016〕61号是《国务院办公厅关于在政务公开工作中进一步做好政务舆情回应的通知》，国办发〔2016〕80号是
  《国务院办公厅印发〈关于全面推进政务公开工作的意见〉实施细则的通知》。改这两项时限前请对照原文，程序不代为核对。
  Both are notices of the General Office of the State Council. Compare with them before changing these two limits; the
  program does not.
"""

ABOUT_LADDERS = """\
时限快到、已到、超过时，按下表逐级告知。中间各栏是自起算到告知的时间；准予延期的，按新时限推算。
每一级只告知一次；已经办到的，不再告知。“被要求答复的人”是此刻待办的人；责任单位未定时，不告知单位里的人。

Who hears of a limit that runs out. The columns in the middle say how long after the start; an extension moves them.
Each step is taken once, and none after what is owed is there. *Whoever is asked* is the person whose answer is awaited
at that moment; while no unit is assigned, nobody of a unit is told.
"""

UNCHANGEABLE: tuple[tuple[str, str], ...] = (
    (
        f"谁写的文本，谁就不能审批、签发。{roles.label(DRAFTER, 'zh_CN')}起草对外情况说明，所以不能列入签发。",
        "Nobody approves or signs a text of their own."
        f" The {roles.label(DRAFTER, 'en').lower()} drafts statements and so cannot stand among the signers.",
    ),
    (
        "同一文本，一个人只能签一个环节，兼任几个职务、代理别人时也一样。",
        "Nobody signs two stages of one text, not in another role and not as a deputy either.",
    ),
    (
        "签发的只是眼前这份文本。改动一个字，已有的签名全部作废，从头签起；发布前再核对一次签名与文本。",
        "A signature stands for exactly one text. One changed character voids them all; both are checked before"
        " publishing.",
    ),
    (
        "沉默不等于同意。没有签齐就不发布，到了时限也不会自动通过。",
        "Silence never approves. What is not signed is not published, and no limit that runs out signs for anybody.",
    ),
    (
        "超过的时限永久留在记录里，迟到的答复照收。准予延期的，原时限也留在记录里。",
        "A missed limit stays on record for good, and the late answer is still taken. An extension keeps the first"
        " limit on record.",
    ),
    (
        "退单、转办不重新起算；升降级别的，各项时限按新级别从原来的起算时刻重算。",
        "Handing back or passing on to another unit starts no limit anew. When the severity changes, the new limits run"
        " from the original start.",
    ),
)


def default_policy(file: Path = POLICY) -> Policy:
    """Return the rules that `file` states by itself, whatever the environment says.

    :raises SettingsError: the file cannot stand; names file, line, value and remedy
    """
    shown = file.relative_to(PROJECT) if file.is_relative_to(PROJECT) else file
    return yaml_files.validate(Policy, [yaml_files.read(file, str(shown))])


def rules(policy: Policy) -> str:
    """Return the page about `policy`: every rule in Chinese with English beside it, and its key in policy.yaml."""
    parts = [
        HEAD,
        "## 时限 Time limits `clocks`\n",
        table(_LIMITS_HEADS, _limits(policy)),
        ABOUT_LIMITS,
        "## 逐级提醒 Reminders that climb `ladders`\n",
        ABOUT_LADDERS,
        *(_ladder(kind, policy.clocks[kind], policy.ladders[kind]) for kind in ClockKind),
        "## 签发 Signing `signing`\n",
        "对外情况说明由下列各方依次签发，签齐才发布。 Statements are signed by all of these, one after the other.\n",
        table(("级别 Severity", "依次签发 Signed by, in order", _KEY), _signing(policy)),
        "## 谁对外说话 Who speaks `spokesperson` `interviewee`\n",
        table(("级别 Severity", "谁 Who", "任一人 Any of", _KEY), _speakers(policy)),
        "写领导小组组长的，由组长决定由谁接受采访。"
        " Where the leader of the leading group stands for interviews, they decide who gives them.\n",
        "## 汇总、链接、邮件、发布 Register, links, mail, publication\n",
        table(("事项 What", "规定 Rule", _KEY), _others(policy)),
        "## 规则不能改的 What no policy can change\n",
        "\n".join(f"- {chinese}\n  {english}" for chinese, english in UNCHANGEABLE) + "\n",
    ]
    return "\n".join(parts)


def differences(policy: Policy, page: Path = PAGE) -> str:
    """Return how `page` differs from what `rules` says of `policy`, as a unified diff; empty where it does not."""
    return pages.differences(page, rules(policy), "policy.yaml")


_KEY = "键 Key"
_LIMITS_HEADS = (
    "事项 What is owed",
    "起算 Runs from",
    *(f"{severity.label(one, 'zh_CN')} {severity.label(one, 'en')} `{one}`" for one in Severity),
    "标了“紧急” Marked urgent `urgent`",
    "依据 Basis",
    _KEY,
)


def _limits(policy: Policy) -> Iterator[Sequence[str]]:
    for kind in ClockKind:
        rule = policy.clocks[kind]
        spans: list[Span | None] = [getattr(rule, one) for one in Severity]
        yield (
            _both(clocks.label(kind, "zh_CN"), clocks.label(kind, "en")),
            _both(*RUNS_FROM[kind]),
            *(_span(span) if span else _both("不要求", "Not owed") for span in spans),
            _span(rule.urgent) if rule.urgent else "—",
            _both(*STATE_COUNCIL.get(kind, OWN_RULE)),
            f"`clocks.{kind}`",
        )


def _ladder(kind: ClockKind, rule: ClockRule, rungs: Sequence[Rung]) -> str:
    title = f"### {clocks.label(kind, 'zh_CN')} {clocks.label(kind, 'en')} `ladders.{kind}`\n"
    if not rungs:
        return f"{title}\n不告知任何人。 Nobody is told.\n"
    cases = _cases(rule)
    heads = (
        "何时 When",
        *(_both(f"{'、'.join(c for c, _ in who)}：{_zh(span)}", _headed(who, span)) for span, who in cases.items()),
        "告知 Told",
    )
    rows = [
        (_place(rung), *(_moment(rung, span) for span in cases), _both(*_listed(_listener(one) for one in rung.tell)))
        for rung in rungs
    ]
    return f"{title}\n{table(heads, rows)}"


def _headed(who: Sequence[tuple[str, str]], span: Span) -> str:
    return f"{', '.join(english for _, english in who)}: {span_label(span, 'en')}"


def _cases(rule: ClockRule) -> dict[Span, list[tuple[str, str]]]:
    """Return each span the clock can have, with the names (Chinese, English) of the incidents that have it."""
    found: dict[Span, list[tuple[str, str]]] = {}
    for one in Severity:
        chinese, english = severity.label(one, "zh_CN"), severity.label(one, "en")
        if span := rule.span_for(one, urgent=False):
            found.setdefault(span, []).append((chinese, english))
        elif span := rule.span_for(one, urgent=True):
            found.setdefault(span, []).append((f"{chinese}（紧急）", f"{english} (urgent)"))
    return found


def _place(rung: Rung) -> str:
    if isinstance(rung.at, Span):
        return _both(f"起算后 {_zh(rung.at)}", f"{span_label(rung.at, 'en')} after the start")
    if rung.at < 1:
        return _both(f"时限过去 {rung.key}", f"{rung.key} of the limit")
    if rung.at == 1:
        return _both(f"到时限（{rung.key}）", f"Due ({rung.key})")
    return _both(f"超时，达时限的 {rung.key}", f"Overdue, {rung.key} of the limit")


def _moment(rung: Rung, span: Span) -> str:
    """Return in words how long after its start a clock of this span comes to the rung."""
    if isinstance(rung.at, Span):
        return _span(rung.at)
    if rung.at == 1:
        return _span(span)
    if span.elapsed is None:
        return _both("按工作日历推算", "As the working calendar has it")
    seconds = span.elapsed // timedelta(seconds=1) * rung.at
    return _elapsed(timedelta(seconds=math.ceil(seconds)))


def _signing(policy: Policy) -> Iterator[Sequence[str]]:
    for one in Severity:
        chain = policy.signing[one]
        chinese, english = (" → ".join(roles.label(role, locale) for role in chain) for locale in ("zh_CN", "en"))
        yield _severity(one), _both(chinese, english), f"`signing.{one}`"


def _speakers(policy: Policy) -> Iterator[Sequence[str]]:
    for one in Severity:
        for key, name, may in (
            ("spokesperson", ("第一新闻发言人", "First spokesperson"), policy.spokesperson[one]),
            ("interviewee", ("指定接受采访", "Designated for interviews"), policy.interviewee[one]),
        ):
            yield _severity(one), _both(*name), _both(*_listed(_role(role) for role in may)), f"`{key}.{one}`"


def _others(policy: Policy) -> Iterator[Sequence[str]]:
    at = f"{policy.register_at:%H:%M}"
    mail, publication = policy.mail, policy.publication
    duty_officer = _role(Role.DUTY_OFFICER)
    yield (
        _both("舆情隐患汇总表", "Hazard register"),
        _both(f"每天 {at} 汇总", f"Compiled every day at {at}"),
        "`register.at`",
    )
    valid_for = policy.links.valid_for
    yield (
        _both("邮件里的个人链接", "Personal links in mail"),
        _both(f"自发出请求起 {_zh(valid_for)}内有效", f"Work for {span_label(valid_for, 'en')} from the request"),
        "`links.valid_for`",
    )
    last = _after(mail.pauses, mail.attempts)
    last_said = (
        (f"，最后一次至少在第一次之后 {last[0]}", f", the last {last[1]} after the first or later")
        if last
        else ("", "")
    )
    yield (
        _both("邮件发不出去", "Mail that does not go out"),
        _both(
            f"最多试 {mail.attempts} 次{last_said[0]}；对方明确拒收的不再试",
            f"At most {mail.attempts} attempts{last_said[1]}; none once it was refused for good",
        ),
        "`mail.attempts`",
    )
    yield _both("再发之前各等", "Pauses between"), _pauses(mail.pauses), "`mail.pauses`"
    told = _after(publication.pauses, publication.tell_after)
    told_said = (
        (f"（最早在第一次之后 {told[0]}）", f" ({told[1]} after the first at the earliest)") if told else ("", "")
    )
    yield (
        _both("发布不成，或在公开网页上看不到", "A publication that fails, or is not to be seen on the public page"),
        _both(
            f"第 {publication.tell_after} 次仍不成，告知{duty_officer[0]}{told_said[0]}，仍继续再试；"
            "渠道明确拒绝的、结果不明的，当即告知，不再自动重试",
            f"{duty_officer[1]} told once {publication.tell_after} attempts failed{told_said[1]}; attempts go on."
            " What the channel refuses for good, or leaves in doubt, is told at once and not tried again by itself",
        ),
        "`publication.tell_after`",
    )
    yield _both("再试之前各等", "Pauses between"), _pauses(publication.pauses), "`publication.pauses`"


def _pauses(pauses: Sequence[Span]) -> str:
    chinese, english = _listed((_zh(pause), span_label(pause, "en")) for pause in pauses)
    return _both(f"依次 {chinese}；以后都用最后一个", f"{english}, in this order; the last one repeats")


def _after(pauses: Sequence[Span], attempt: int) -> tuple[str, str] | None:
    """Return in words how long after the first attempt this one comes, if each fails at once; None for the first."""
    waits = [pauses[min(number, len(pauses)) - 1].elapsed or timedelta(0) for number in range(1, attempt)]
    total = sum(waits, timedelta(0))
    return (_in_parts(total, "zh_CN"), _in_parts(total, "en")) if total else None


def _severity(one: Severity) -> str:
    return _both(severity.label(one, "zh_CN"), severity.label(one, "en"))


def _role(role: Role) -> tuple[str, str]:
    return roles.label(role, "zh_CN"), roles.label(role, "en")


def _listener(told: str) -> tuple[str, str]:
    return ("被要求答复的人", "Whoever is asked") if told == ASKED else _role(Role(told))


def _listed(pairs: Iterable[tuple[str, str]]) -> tuple[str, str]:
    pairs = list(pairs)
    return "、".join(chinese for chinese, _ in pairs), ", ".join(english for _, english in pairs)


def _both(chinese: str, english: str) -> str:
    return f"{chinese}<br>{english}"


def _zh(span: Span) -> str:
    return span_label(span, "zh_CN")


def _span(span: Span) -> str:
    return _both(_zh(span), span_label(span, "en"))


def _elapsed(length: timedelta) -> str:
    return _both(_in_parts(length, "zh_CN"), _in_parts(length, "en"))


def _in_parts(length: timedelta, locale: str) -> str:
    """Return whole seconds in words without rounding: `1 小时 12 分钟`, and days only where a span counts in days."""
    parts: list[timedelta] = []
    for unit, sign in ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "m")):
        whole = length - length % unit
        if whole and str(Span(elapsed=whole)).endswith(sign):
            parts.append(whole)
            length -= whole
    return " ".join(span_label(Span(elapsed=part), locale) for part in [*parts, length] if part)
