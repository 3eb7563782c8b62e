"""The life of an incident in words: stages, requests, states. The order of `Stage` is the order of the dag's tasks."""

from __future__ import annotations

from enum import StrEnum

from yingda.domain import speech
from yingda.domain.speech import N_


class Stage(StrEnum):
    """Where an incident stands; named after the task of `incident_response` that sees it through."""

    ASSIGN_UNIT = "assign_unit"
    BRIEF_REPLY = "brief_reply"
    VERIFICATION = "verification"
    REPORT_APPROVAL = "report_approval"
    STATEMENT = "statement"
    STATEMENT_APPROVAL = "statement_approval"
    PUBLICATION = "publication"
    LIVE_CHECK = "live_check"
    CLOSING = "closing"
    CLOSED = "closed"

    @property
    def place(self) -> int:
        """Position in the life of an incident, 0 first."""
        return _PLACES[self]

    def is_past(self, other: Stage) -> bool:
        """Tell whether an incident here has left `other` behind."""
        return self.place > other.place


_PLACES = {stage: place for place, stage in enumerate(Stage)}


REOPENING_STAGES = (Stage.ASSIGN_UNIT, Stage.VERIFICATION, Stage.STATEMENT)
"""Where a further pass of an incident may begin."""


class RequestKind(StrEnum):
    """What somebody is asked for."""

    ASSIGN_UNIT = "assign_unit"
    BRIEF_REPLY = "brief_reply"
    REPORT = "report"
    EXTENSION = "extension"
    APPROVE_REPORT = "approve_report"
    DRAFT_STATEMENT = "draft_statement"
    SIGN_STATEMENT = "sign_statement"
    PRESS_CONFERENCE = "press_conference"
    CLOSE = "close"
    REVIEW = "review"
    COMMITMENT = "commitment"
    EMERGENCY_PLAN = "emergency_plan"
    DECIDE_LETTER = "decide_letter"
    SEND_LETTER = "send_letter"
    ENQUIRY = "enquiry"
    FEEDBACK = "feedback"


class RequestState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class DocumentKind(StrEnum):
    REPORT = "report"
    STATEMENT = "statement"
    REVIEW = "review"


class Outcome(StrEnum):
    """How an incident ended up."""

    PUBLISHED = "published"
    NO_PUBLICATION = "no_publication"
    DISMISSED = "dismissed"
    MERGED = "merged"


class CommitmentSource(StrEnum):
    """Where something was promised: in a published statement, or as an action item of a review."""

    STATEMENT = "statement"
    REVIEW = "review"


class LetterKind(StrEnum):
    """What is written to somebody outside about a refuted claim of fact."""

    CORRECTION_REQUEST = "correction_request"
    REFERRAL = "referral"


class LetterState(StrEnum):
    PROPOSED = "proposed"
    REFUSED = "refused"
    APPROVED = "approved"
    SENT = "sent"
    NOT_SENT = "not_sent"


class LeadOrigin(StrEnum):
    """Who brought a lead; never who posted."""

    OFFICER = "officer"
    SUPERIOR = "superior"
    HOTLINE = "hotline"
    MEDIA = "media"


class LeadState(StrEnum):
    NEW = "new"
    OPENED = "opened"
    JOINED = "joined"
    DISMISSED = "dismissed"


class PublicationState(StrEnum):
    """A text on a channel: owed; on its way or looked for; there; nobody can tell; given up; not sent any more."""

    PENDING = "pending"
    SENDING = "sending"
    CONFIRMED = "confirmed"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class SendState(StrEnum):
    """An outbox message: owed, accepted by the server, given up after the last attempt, or no longer wanted."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"
    VOID = "void"


_WORDS: tuple[tuple[StrEnum, str], ...] = (
    (Stage.ASSIGN_UNIT, N_("转办", "life")),
    (Stage.BRIEF_REPLY, N_("简要答复")),
    (Stage.VERIFICATION, N_("核查")),
    (Stage.REPORT_APPROVAL, N_("报告审批")),
    (Stage.STATEMENT, N_("起草说明")),
    (Stage.STATEMENT_APPROVAL, N_("签发", "life")),
    (Stage.PUBLICATION, N_("发布")),
    (Stage.LIVE_CHECK, N_("上线核验")),
    (Stage.CLOSING, N_("待办结")),
    (Stage.CLOSED, N_("已办结", "life")),
    (RequestKind.ASSIGN_UNIT, N_("确定责任单位")),
    (RequestKind.BRIEF_REPLY, N_("简要答复")),
    (RequestKind.REPORT, N_("报送舆情处置情况报告单")),
    (RequestKind.EXTENSION, N_("审批延期申请")),
    (RequestKind.APPROVE_REPORT, N_("审批处置报告")),
    (RequestKind.DRAFT_STATEMENT, N_("起草对外情况说明")),
    (RequestKind.SIGN_STATEMENT, N_("签发对外情况说明")),
    (RequestKind.PRESS_CONFERENCE, N_("召开新闻发布会")),
    (RequestKind.CLOSE, N_("办结")),
    (RequestKind.REVIEW, N_("总结")),
    (RequestKind.COMMITMENT, N_("报送承诺事项办理情况")),
    (RequestKind.EMERGENCY_PLAN, N_("决定是否启动应急预案")),
    (RequestKind.DECIDE_LETTER, N_("审定更正请求或移送")),
    (RequestKind.SEND_LETTER, N_("送出函件并登记")),
    (RequestKind.ENQUIRY, N_("答复媒体询问")),
    (RequestKind.FEEDBACK, N_("公众反馈未解决，决定是否重新办理")),
    (RequestState.OPEN, N_("待答复")),
    (RequestState.ANSWERED, N_("已答复")),
    (RequestState.WITHDRAWN, N_("已撤回", "life")),
    (DocumentKind.REPORT, N_("处置情况报告")),
    (DocumentKind.STATEMENT, N_("对外情况说明")),
    (DocumentKind.REVIEW, N_("总结")),
    (Outcome.PUBLISHED, N_("已发布")),
    (Outcome.NO_PUBLICATION, N_("不对外发布", "life")),
    (Outcome.DISMISSED, N_("不予受理", "life")),
    (Outcome.MERGED, N_("已并入其他事件")),
    (CommitmentSource.STATEMENT, N_("对外承诺")),
    (CommitmentSource.REVIEW, N_("整改事项")),
    (LetterKind.CORRECTION_REQUEST, N_("更正请求")),
    (LetterKind.REFERRAL, N_("移送")),
    (LetterState.PROPOSED, N_("待审定")),
    (LetterState.REFUSED, N_("不予发函", "life")),
    (LetterState.APPROVED, N_("已批准，待送出")),
    (LetterState.SENT, N_("已送出")),
    (LetterState.NOT_SENT, N_("已批准，未送出")),
    (LeadOrigin.OFFICER, N_("工作人员发现")),
    (LeadOrigin.SUPERIOR, N_("上级交办")),
    (LeadOrigin.HOTLINE, N_("热线转来")),
    (LeadOrigin.MEDIA, N_("媒体反映")),
    (LeadState.NEW, N_("待处理", "life")),
    (LeadState.OPENED, N_("已受理")),
    (LeadState.JOINED, N_("已并入")),
    (LeadState.DISMISSED, N_("不予受理", "life")),
    (PublicationState.PENDING, N_("待发布")),
    (PublicationState.SENDING, N_("发布中")),
    (PublicationState.CONFIRMED, N_("已发布", "life")),
    (PublicationState.UNKNOWN, N_("结果不明")),
    (PublicationState.FAILED, N_("发布失败")),
    (PublicationState.SUPERSEDED, N_("已由新文本取代，不再发布")),
)
# By type as well: as a key, Stage.ASSIGN_UNIT is RequestKind.ASSIGN_UNIT, since both are the text "assign_unit".
_LABELS = {(type(value), value): words for value, words in _WORDS}


def label(value: StrEnum, locale: str) -> str:
    """Return the word for a stage, a kind or a state in `locale` (zh_CN or en).

    :raises KeyError: a value of another kind
    """
    return speech.said(_LABELS[type(value), value], locale)
