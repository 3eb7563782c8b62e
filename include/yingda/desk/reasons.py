"""Reasons that the system itself gives in the record, in words; what people wrote stays as they wrote it."""

from __future__ import annotations

from collections.abc import Mapping

from yingda.domain import speech
from yingda.domain.speech import N_

REASONS: Mapping[str, str] = {
    "asked_anew": N_("另行申请"),
    "closed": N_("已办结"),
    "commitment_answered": N_("承诺事项有了答复"),
    "commitment_lapsed": N_("承诺事项到期未答复"),
    "commitment_postponed": N_("承诺事项延期"),
    "dismissed": N_("不予受理", "reasons"),
    "expired": N_("链接到期，重新请求"),
    "extension_granted": N_("核查延期超过对外发布时限"),
    "interim": N_("阶段性说明的承诺尚未兑现"),
    "interim_owed": N_("须先对外作阶段性说明"),
    "merged": N_("并入其他事件"),
    "no_publication": N_("决定不对外发布"),
    "not_owed_now": N_("目前不须此人签署"),
    "opened": N_("受理"),
    "reassigned": N_("另行转办"),
    "regraded": N_("级别调整"),
    "renewed": N_("由新的承诺接替"),
    "reopened": N_("重新办理", "reasons"),
    "report_outstanding": N_("核查报告尚未办完"),
    "report_submitted": N_("报告已报送"),
    "resumed": N_("继续办理"),
    "roster_changed": N_("收件人已不在名册"),
    "settled": N_("由最终说明了结"),
    "text_changed": N_("文本已改"),
    "unmerged": N_("撤销并入"),
}


def reason(text: str, locale: str) -> str:
    """Return a reason in words; one that people gave as they wrote it."""
    return speech.said(REASONS[text], locale) if text in REASONS else text
