"""The life of an incident in words: stages, requests, states. The order of `Stage` is the order of the dag's tasks."""

from __future__ import annotations

from enum import StrEnum


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


_WORDS: tuple[tuple[StrEnum, str, str], ...] = (
    (Stage.ASSIGN_UNIT, "转办", "Assigning"),
    (Stage.BRIEF_REPLY, "简要答复", "Brief reply"),
    (Stage.VERIFICATION, "核查", "Verification"),
    (Stage.REPORT_APPROVAL, "报告审批", "Report approval"),
    (Stage.STATEMENT, "起草说明", "Drafting the statement"),
    (Stage.STATEMENT_APPROVAL, "签发", "Signing"),
    (Stage.PUBLICATION, "发布", "Publication"),
    (Stage.LIVE_CHECK, "上线核验", "Live check"),
    (Stage.CLOSING, "待办结", "Closing"),
    (Stage.CLOSED, "已办结", "Closed"),
    (RequestKind.ASSIGN_UNIT, "确定责任单位", "Assign a unit"),
    (RequestKind.BRIEF_REPLY, "简要答复", "Brief reply"),
    (RequestKind.REPORT, "报送舆情处置情况报告单", "Disposal report"),
    (RequestKind.EXTENSION, "审批延期申请", "Rule on an extension"),
    (RequestKind.APPROVE_REPORT, "审批处置报告", "Approve the report"),
    (RequestKind.DRAFT_STATEMENT, "起草对外情况说明", "Draft the statement"),
    (RequestKind.SIGN_STATEMENT, "签发对外情况说明", "Sign the statement"),
    (RequestKind.PRESS_CONFERENCE, "召开新闻发布会", "Hold the press conference"),
    (RequestKind.CLOSE, "办结", "Close"),
    (RequestKind.REVIEW, "总结", "After-action review"),
    (RequestKind.COMMITMENT, "报送承诺事项办理情况", "Answer a commitment"),
    (RequestKind.EMERGENCY_PLAN, "决定是否启动应急预案", "Decide on the emergency plan"),
    (RequestKind.DECIDE_LETTER, "审定更正请求或移送", "Decide on a correction request or referral"),
    (RequestKind.SEND_LETTER, "送出函件并登记", "Send the letter and record it"),
    (RequestKind.ENQUIRY, "答复媒体询问", "Answer a reporter's enquiry"),
    (RequestKind.FEEDBACK, "公众反馈未解决，决定是否重新办理", "Decide whether to reopen after public feedback"),
    (RequestState.OPEN, "待答复", "Open"),
    (RequestState.ANSWERED, "已答复", "Answered"),
    (RequestState.WITHDRAWN, "已撤回", "Withdrawn"),
    (DocumentKind.REPORT, "处置情况报告", "Disposal report"),
    (DocumentKind.STATEMENT, "对外情况说明", "Public statement"),
    (DocumentKind.REVIEW, "总结", "After-action review"),
    (Outcome.PUBLISHED, "已发布", "Published"),
    (Outcome.NO_PUBLICATION, "不对外发布", "Not published"),
    (Outcome.DISMISSED, "不予受理", "Dismissed"),
    (Outcome.MERGED, "已并入其他事件", "Merged into another incident"),
    (CommitmentSource.STATEMENT, "对外承诺", "Promised in public"),
    (CommitmentSource.REVIEW, "整改事项", "Action item"),
    (LetterKind.CORRECTION_REQUEST, "更正请求", "Correction request"),
    (LetterKind.REFERRAL, "移送", "Referral"),
    (LetterState.PROPOSED, "待审定", "Proposed"),
    (LetterState.REFUSED, "不予发函", "Refused"),
    (LetterState.APPROVED, "已批准，待送出", "Approved, to be sent"),
    (LetterState.SENT, "已送出", "Sent"),
    (LetterState.NOT_SENT, "已批准，未送出", "Approved, not sent after all"),
    (LeadOrigin.OFFICER, "工作人员发现", "Seen by an officer"),
    (LeadOrigin.SUPERIOR, "上级交办", "From the department above"),
    (LeadOrigin.HOTLINE, "热线转来", "From the hotline"),
    (LeadOrigin.MEDIA, "媒体反映", "From the media"),
    (LeadState.NEW, "待处理", "New"),
    (LeadState.OPENED, "已受理", "Opened"),
    (LeadState.JOINED, "已并入", "Joined"),
    (LeadState.DISMISSED, "不予受理", "Dismissed"),
    (PublicationState.PENDING, "待发布", "Pending"),
    (PublicationState.SENDING, "发布中", "Sending"),
    (PublicationState.CONFIRMED, "已发布", "Confirmed"),
    (PublicationState.UNKNOWN, "结果不明", "Unknown"),
    (PublicationState.FAILED, "发布失败", "Failed"),
    (PublicationState.SUPERSEDED, "已由新文本取代，不再发布", "Superseded by a newer text"),
)
# By type as well: as a key, Stage.ASSIGN_UNIT is RequestKind.ASSIGN_UNIT, since both are the text "assign_unit".
_LABELS = {(type(value), value): (chinese, english) for value, chinese, english in _WORDS}


def label(value: StrEnum, locale: str) -> str:
    """Return the word for a stage, a kind or a state in `locale` (zh_CN or en).

    :raises KeyError: a value of another kind
    """
    chinese, english = _LABELS[type(value), value]
    return english if locale == "en" else chinese
