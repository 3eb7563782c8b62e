"""The acts: what those logged in may do to an incident, and the fields each takes. API and page come from here."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from yingda.domain import fields
from yingda.domain.fields import Answer, Evidence, Moment, ReopeningStage, Words, choice, moment, optional, written
from yingda.domain.leads import WebAddress
from yingda.domain.life import LetterKind
from yingda.domain.severity import Severity

REASON = 500
"""Longest reason of an act, in characters."""


class Regrade(Answer):
    labels = ("调整级别", "Regrade")
    severity: Severity = choice("级别", "Severity", "severity")
    reason: Words = written("理由", "Reason", limit=REASON)


class Reassign(Answer):
    labels = ("改派责任单位", "Reassign")
    unit: Words = written("责任单位", "Unit", long=False, limit=64, widget="unit")
    reason: Words = written("理由", "Reason", limit=REASON)


class Extend(Answer):
    labels = ("代责任单位申请延期（由分管领导审批）", "Ask for more time for the unit (the branch leader decides)")
    until: Moment = moment("延至", "Until")
    reason: Words = written("延期理由", "Reason for more time", limit=REASON)


class Reopen(Answer):
    labels = ("重新办理", "Reopen")
    stage: ReopeningStage = choice("从哪一步起", "Stage", "reopening_stage")
    reason: Words = written("理由", "Reason", limit=REASON)


class Merge(Answer):
    labels = ("并入其他事件", "Merge into another incident")
    into: Words = written("并入的事件编号", "Number of the other incident", long=False, limit=40)
    reason: Words = optional("理由", "Reason", limit=REASON)


class Unmerge(Answer):
    labels = ("撤销并入", "Undo the merge")
    reason: Words = optional("理由", "Reason", limit=REASON)


class Correct(Answer):
    labels = ("更正已发布的说明", "Correct the published statement")
    reason: Words = written("哪里需要更正，为什么", "What has to be corrected, and why", limit=REASON)


class WithdrawStatement(Answer):
    labels = ("撤回已发布的说明", "Withdraw the published statement")
    reason: Words = written("为什么撤回", "Why it is withdrawn", limit=REASON)


class Observe(Answer):
    labels = ("登记动态", "Add an observation")
    seen_at: Moment = moment("观察时间", "Seen at")
    text: Words = written(
        "情况（不写账号、姓名等个人信息）", "What was seen (no accounts, no personal data)", limit=4_000
    )


class Enquire(Answer):
    labels = ("登记媒体询问", "Record a reporter's enquiry")
    outlet: Words = written("媒体名称（不写记者姓名）", "Outlet (not the reporter's name)", long=False, limit=200)
    question: Words = written("询问内容", "What was asked", limit=4_000)
    asked_at: Moment | None = moment("询问时间（不填为现在）", "Asked at (empty: now)", required=False)
    due: Moment | None = moment("对方希望何时答复", "Answer wanted by", required=False)


class RecordReply(Answer):
    labels = ("登记官方账号答复", "Record a reply under an official account")
    account: Words = choice("官方账号", "Official account", "official_account", text=True)
    url: WebAddress = written("答复的链接", "Link of the reply", long=False, limit=2_000)
    text: Words = written("答复全文", "Text of the reply")
    when: Moment = moment("答复时间", "Replied at")


class ProposeLetter(Answer):
    labels = ("提请更正请求或移送", "Propose a correction request or a referral")
    kind: LetterKind = choice("种类", "Kind", "letter_kind")
    recipient: Words = written("发给（媒体或机关名称）", "To (name of the outlet or authority)", long=False, limit=200)
    claim: Words = choice("经核查报告证明不属实的说法", "The claim that the report refutes", "refuted_claim", text=True)
    refutation: Words = written("事实是什么", "What is true")
    evidence: tuple[Evidence, ...] = fields.evidence(least=1)
    ground: Words = choice("事由", "Ground", "ground", text=True)


class ItIsThere(Answer):
    labels = ("已发出", "It is there")
    url: WebAddress = written("已发布页面的链接", "Link of the published page", long=False, limit=2_000)


class ItIsNotThere(Answer):
    labels = ("再发一次", "Send again")
    looked: bool = Field(
        default=False,
        title="我已在该渠道上看过，没有发出",
        json_schema_extra={"title_en": "I looked at the channel: it is not there", "widget": "yes_no"},
    )


ACTS: Mapping[str, type[Answer]] = {
    "regrade": Regrade,
    "reassign": Reassign,
    "extend": Extend,
    "reopen": Reopen,
    "merge": Merge,
    "unmerge": Unmerge,
    "correct": Correct,
    "withdraw_statement": WithdrawStatement,
    "observe": Observe,
    "enquiry": Enquire,
    "official_reply": RecordReply,
    "letter": ProposeLetter,
}
"""Every act by the last part of its address, `…/incidents/{no}/regrade` (contract: the desk)."""
