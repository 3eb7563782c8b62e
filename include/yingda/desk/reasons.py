"""Reasons that the system itself gives in the record, in words; what people wrote stays as they wrote it."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, tuple[str, str]] = {
    "asked_anew": ("另行申请", "asked anew"),
    "closed": ("已办结", "closed"),
    "commitment_answered": ("承诺事项有了答复", "a commitment was answered"),
    "commitment_lapsed": ("承诺事项到期未答复", "a commitment was due and not answered"),
    "commitment_postponed": ("承诺事项延期", "a commitment was postponed"),
    "dismissed": ("不予受理", "dismissed"),
    "expired": ("链接到期，重新请求", "the link had expired"),
    "extension_granted": ("核查延期超过对外发布时限", "more time was granted, past the public's limit"),
    "interim": ("阶段性说明的承诺尚未兑现", "an interim statement's promises come first"),
    "interim_owed": ("须先对外作阶段性说明", "the public is owed an interim word"),
    "merged": ("并入其他事件", "merged"),
    "no_publication": ("决定不对外发布", "not to be published"),
    "not_owed_now": ("目前不须此人签署", "this signature is not owed now"),
    "opened": ("受理", "opened"),
    "reassigned": ("另行转办", "passed on"),
    "regraded": ("级别调整", "regraded"),
    "renewed": ("由新的承诺接替", "renewed by a later promise"),
    "reopened": ("重新办理", "reopened"),
    "report_outstanding": ("核查报告尚未办完", "the report is outstanding"),
    "report_submitted": ("报告已报送", "the report was submitted"),
    "resumed": ("继续办理", "resumed"),
    "roster_changed": ("收件人已不在名册", "nobody asked is in the roster any more"),
    "settled": ("由最终说明了结", "settled by the final statement"),
    "text_changed": ("文本已改", "the text was changed"),
    "unmerged": ("撤销并入", "the merge was undone"),
}


def reason(text: str, locale: str) -> str:
    """Return a reason in words; one that people gave as they wrote it."""
    return REASONS[text][locale == "en"] if text in REASONS else text
