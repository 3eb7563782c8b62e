"""The acts: what those logged in may do to an incident, and the fields each takes. API and page come from here."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from yingda.domain import fields
from yingda.domain.fields import Answer, Evidence, Moment, ReopeningStage, Words, choice, moment, optional, written
from yingda.domain.leads import WebAddress
from yingda.domain.life import LetterKind
from yingda.domain.severity import Severity
from yingda.domain.speech import N_

REASON = 500
"""Longest reason of an act, in characters."""


class Regrade(Answer):
    labels = N_("调整级别")
    severity: Severity = choice(N_("级别"), "severity")
    reason: Words = written(N_("理由"), limit=REASON)


class Reassign(Answer):
    labels = N_("改派责任单位")
    unit: Words = written(N_("责任单位"), long=False, limit=64, widget="unit")
    reason: Words = written(N_("理由"), limit=REASON)


class Extend(Answer):
    labels = N_("代责任单位申请延期（由分管领导审批）")
    until: Moment = moment(N_("延至"))
    reason: Words = written(N_("延期理由"), limit=REASON)


class Reopen(Answer):
    labels = N_("重新办理")
    stage: ReopeningStage = choice(N_("从哪一步起"), "reopening_stage")
    reason: Words = written(N_("理由"), limit=REASON)


class Merge(Answer):
    labels = N_("并入其他事件", "acts")
    into: Words = written(N_("并入的事件编号"), long=False, limit=40)
    reason: Words = optional(N_("理由"), limit=REASON)


class Unmerge(Answer):
    labels = N_("撤销并入", "acts")
    reason: Words = optional(N_("理由"), limit=REASON)


class Correct(Answer):
    labels = N_("更正已发布的说明")
    reason: Words = written(N_("哪里需要更正，为什么"), limit=REASON)


class WithdrawStatement(Answer):
    labels = N_("撤回已发布的说明")
    reason: Words = written(N_("为什么撤回"), limit=REASON)


class Observe(Answer):
    labels = N_("登记动态")
    seen_at: Moment = moment(N_("观察时间"))
    text: Words = written(N_("情况（不写账号、姓名等个人信息）"), limit=4_000)


class Enquire(Answer):
    labels = N_("登记媒体询问")
    outlet: Words = written(N_("媒体名称（不写记者姓名）"), long=False, limit=200)
    question: Words = written(N_("询问内容"), limit=4_000)
    asked_at: Moment | None = moment(N_("询问时间（不填为现在）"), required=False)
    due: Moment | None = moment(N_("对方希望何时答复"), required=False)


class RecordReply(Answer):
    labels = N_("登记官方账号答复")
    account: Words = choice(N_("官方账号"), "official_account", text=True)
    url: WebAddress = written(N_("答复的链接"), long=False, limit=2_000)
    text: Words = written(N_("答复全文"))
    when: Moment = moment(N_("答复时间"))


class ProposeLetter(Answer):
    labels = N_("提请更正请求或移送")
    kind: LetterKind = choice(N_("种类"), "letter_kind")
    recipient: Words = written(N_("发给（媒体或机关名称）"), long=False, limit=200)
    claim: Words = choice(N_("经核查报告证明不属实的说法"), "refuted_claim", text=True)
    refutation: Words = written(N_("事实是什么"))
    evidence: tuple[Evidence, ...] = fields.evidence(least=1)
    ground: Words = choice(N_("事由"), "ground", text=True)


class ItIsThere(Answer):
    labels = N_("已发出")
    url: WebAddress = written(N_("已发布页面的链接"), long=False, limit=2_000)


class ItIsNotThere(Answer):
    labels = N_("再发一次")
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
