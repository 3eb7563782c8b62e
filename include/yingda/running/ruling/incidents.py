"""How incidents are handled beyond the limits: handing back, the emergency plan, leads, letters, accounts, patrols."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from yingda.domain import life
from yingda.domain.life import LetterKind
from yingda.domain.policy import Entry, Policy
from yingda.domain.roles import Role
from yingda.domain.severity import Severity
from yingda.running.pages import table
from yingda.running.ruling.words import KEY, RULE, WHAT, both, listed, one_role, one_severity, one_span, times

ABOUT_LETTERS = """\
更正请求发给媒体，移送发给主管机关。只针对经核实、有证据证明不属实的事实陈述；语气、评价、对本单位不利，都不能作为事由。
由办公室主任逐件决定，证据和事由一并记录；程序只生成函件，不代为发送。

A correction request goes to an outlet, a referral to the competent authority, and only about a claim of fact that
verification refuted with evidence. Tone, opinion and being unfavourable are no ground. The office director decides each
one, with the evidence and the ground on record; the program writes the letter and does not send it.
"""

ABOUT_ACCOUNTS = """\
以本单位名义答复时可用的官方账号。答复由人发出，记录里保存链接；不以任何其他名义发布。

The official accounts that replies in the office's name may come from. People post them and the record holds their
links; nothing is posted in any other name.
"""

ABOUT_SITES = """\
每个工作日要巡查的网站和版块。 What is looked at on the web every working day.
"""


ABOUT_LEADS = """\
自报送起算，直到有人受理、并入或不予受理；标了“紧急”的至少按重大。系统停过一阵的，恢复后只补最近该提醒的一级。

From the report until somebody opens, joins or dismisses the lead; urgent ones count as major at least. After an outage
only the latest reminder that is due is sent.
"""


def parts(policy: Policy) -> Iterator[str]:
    """Yield the sections."""
    yield "## 办理 Handling\n"
    yield table((WHAT, RULE, KEY), _handling(policy))
    yield "## 等待处理的线索 Leads that wait `leads.remind`\n"
    yield ABOUT_LEADS
    yield table(("级别 Severity", "报送后 After the report", "告知 Told", KEY), _waiting(policy))
    yield "## 更正请求与移送 Correction requests and referrals `letters`\n"
    yield ABOUT_LETTERS
    yield table((WHAT, "送出并登记 Sent and recorded by", KEY), _senders(policy))
    for kind in LetterKind:
        chinese, english = _letter(kind)
        yield f"### {chinese}的事由 {english}: grounds `letters.{kind}.grounds`\n"
        yield _list(("编号 Id", "事由 Ground"), [_entry(one) for one in policy.letters[kind].grounds])
    yield "## 官方账号 Official accounts `official_accounts`\n"
    yield ABOUT_ACCOUNTS
    yield _list(("编号 Id", "账号 Account"), [_entry(one) for one in policy.official_accounts])
    yield "## 巡查的网站 Watched sites `watched_sites`\n"
    yield ABOUT_SITES
    sites = [(*_entry(site), f"`{site.url}`") for site in policy.watched_sites]
    yield _list(("编号 Id", "网站、版块 Site", "网址 Address"), sites)


def _handling(policy: Policy) -> Iterator[Sequence[str]]:
    count, plan = policy.hand_back.ruling_after, policy.emergency_plan
    duty_officer, leader = one_role(Role.DUTY_OFFICER), one_role(Role.GROUP_LEADER)
    yield (
        both("退单", "Handing back"),
        both(
            f"单位退单满 {count} 次后，由{duty_officer[0]}裁定责任单位，裁定后不得再退",
            f"After {times(count, 'hand-back')} the {duty_officer[1].lower()} rules which unit answers, and that unit"
            " cannot hand it back",
        ),
        "`hand_back.ruling_after`",
    )
    feedback = policy.feedback
    every, within = one_span(feedback.at_most_every), one_span(feedback.answer_within)
    yield (
        both("公众反馈“没有解决”", "Readers say that it is not settled"),
        both(
            f"自上次决定后满 {feedback.ask_after} 次，请{duty_officer[0]}决定是否重新办理；"
            f"同一事件每 {every[0]}最多问一次",
            f"After {times(feedback.ask_after, 'vote')} since the last decision the {duty_officer[1].lower()} is asked"
            f" whether to reopen, at most once in {every[1]} for one incident",
        ),
        "`feedback.ask_after`, `feedback.at_most_every`",
    )
    yield (
        both("公众反馈的决定", "The decision on it"),
        both(f"{within[0]}内", f"Within {within[1]}"),
        "`feedback.answer_within`",
    )
    severities = listed(one_severity(one) for one in plan.severities)
    yield (
        both("应急预案", "Emergency plan"),
        both(
            f"{severities[0]}事件，由{leader[0]}决定是否启动",
            f"{severities[1]} incidents: the {leader[1].lower()} decides whether it is started",
        )
        if plan.severities
        else both("哪一级都不提请启动", "Not put to anybody, whatever the severity"),
        "`emergency_plan.severities`",
    )
    yield (
        both("应急预案启动后告知", "Told once it is started"),
        both(*listed(one_role(role) for role in plan.tell)),
        "`emergency_plan.tell`",
    )


def _waiting(policy: Policy) -> Iterator[Sequence[str]]:
    for severity in Severity:
        for one in policy.leads.remind[severity]:
            yield (
                both(*one_severity(severity)),
                both(*one_span(one.after)),
                both(*listed(one_role(role) for role in one.tell)),
                f"`leads.remind.{severity}`",
            )


def _senders(policy: Policy) -> Iterator[Sequence[str]]:
    for kind in LetterKind:
        yield both(*_letter(kind)), both(*one_role(policy.letters[kind].sent_by)), f"`letters.{kind}.sent_by`"


def _list(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return table(heads, rows) if rows else "一个也没有。 None.\n"


def _entry(entry: Entry) -> tuple[str, str]:
    return f"`{entry.id}`", both(entry.label("zh_CN"), entry.label("en"))


def _letter(kind: LetterKind) -> tuple[str, str]:
    return life.label(kind, "zh_CN"), life.label(kind, "en")
