"""Reporting (核查): the unit's disposal report, its extensions, and the branch leader's judgement."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from yingda.domain.clocks import ClockKind
from yingda.domain.documents import StatementKind
from yingda.domain.forms import Approve, Decline, Grant, Refuse, Report, RequestExtension, Return
from yingda.domain.life import DocumentKind, RequestKind, Stage
from yingda.services import asking, assigning, clocking, committing, published, signing, writing
from yingda.services.case import Case
from yingda.store.models import Clock, Decision, Request


def see_to_report(case: Case) -> None:
    """Step `verification`: the unit is asked for its report; the time is that of the verified result."""
    if case.incident.unit_id is None:
        case.move(Stage.ASSIGN_UNIT)
        return
    clock = (
        clocking.ticking(case, ClockKind.VERIFICATION)
        or clocking.ticking(case, ClockKind.FURTHER_WORD)
        or clocking.find(case, ClockKind.VERIFICATION)
    )
    asking.ask(case, RequestKind.REPORT, clock=clock)
    news = committing.take_up(case)
    if news is not None and news.why == "commitment_lapsed":
        committing.owe_interim(case, news.why, since=news.since)
    if case.incident.wanted_statement is not None:
        # What the public is owed first, why it takes longer or what was wrong; the report stays asked for meanwhile.
        case.move(Stage.STATEMENT)


def outstanding(case: Case) -> Stage | None:
    """Return where an incident goes on after an interim word: to the report that is not there, or not approved yet.

    None where the last public word was none, or where nothing of the report is outstanding.
    """
    if published.standing_kind(case.session, case.incident.id) is not StatementKind.HOLDING:
        return None
    revision = asking.latest_revision(case, DocumentKind.REPORT)
    if revision is None or asking.open_request(case, RequestKind.REPORT) is not None:
        return Stage.VERIFICATION
    return None if asking.signers(case, revision) else Stage.REPORT_APPROVAL


def see_to_approval(case: Case) -> None:
    """Step `report_approval`: the branch leader judges the newest revision."""
    revision = asking.latest_revision(case, DocumentKind.REPORT)
    if revision is None:
        case.move(Stage.VERIFICATION)
        return
    clock = clocking.public(case)
    asking.ask(case, RequestKind.APPROVE_REPORT, revision=revision, clock=clock)


def submitted(case: Case, request: Request, answer: Report, actor: str) -> None:
    """The report is here, as a new revision."""
    writing.add_revision(case, DocumentKind.REPORT, actor, answer.model_dump(mode="json"))
    clocking.meet(case, ClockKind.VERIFICATION, actor)
    # Owed only where a regrade came after the brief reply's turn: the whole answer is here now.
    clocking.meet(case, ClockKind.BRIEF_REPLY, actor)
    extension = asking.open_request(case, RequestKind.EXTENSION)
    if extension is not None:
        asking.withdraw(case, extension, "report_submitted", actor)
    # While an interim word is on its way out, that goes first; `outstanding` comes back to the report.
    if case.incident.stage is Stage.VERIFICATION:
        case.move(Stage.REPORT_APPROVAL, actor)


def extension_asked(case: Case, request: Request, answer: RequestExtension, actor: str) -> None:
    """The unit asks for more time; the branch leader rules, and what is owed stays asked for meanwhile."""
    case.record("extension_asked", actor, until=answer.until.isoformat(), reason=answer.reason)
    # The branch leader rules on the time they read, so another time is asked for anew.
    earlier = asking.open_request(case, RequestKind.EXTENSION, about=request.about)
    if earlier is not None:
        asking.withdraw(case, earlier, "asked_anew", actor)
    clock = case.session.get(Clock, request.clock_id) if request.clock_id else None
    unit_id = committing.of_request(case, request).unit_id if committing.is_about(request) else None
    asking.ask(case, RequestKind.EXTENSION, about=request.about, unit_id=unit_id, clock=clock)


def extension_granted(case: Case, request: Request, answer: Grant, actor: str) -> None:
    """The new time holds; the original one stays in the record. What touches the public's time owes it a word."""
    asked = more_time_asked(case, request.about)
    case.record("extension_granted", actor, reason=answer.reason or None)
    if asked is None:
        return
    until, reason = asked
    if committing.is_about(request):
        committing.postponed(case, request, until, reason, actor)
        return
    clock = clocking.ticking(case, ClockKind.VERIFICATION)
    if clock is not None:
        clocking.extend(case, clock, until, actor)
    report = asking.open_request(case, RequestKind.REPORT)
    if report is not None:
        report.due_at = until
    public = clocking.public(case)
    if public is not None and until > public.due_at:
        committing.owe_interim(case, "extension_granted", reason, actor)


def extension_refused(case: Case, request: Request, answer: Refuse, actor: str) -> None:
    """The time stays what it was."""
    case.record("extension_refused", actor, reason=answer.reason)


def approved(case: Case, request: Request, answer: Approve, actor: str) -> None:
    """The branch leader stands for the report."""
    signing.put_signature(case, request, actor)
    case.move(Stage.STATEMENT, actor)


def returned(case: Case, request: Request, answer: Return, actor: str) -> None:
    """Back to the unit with comments."""
    case.record("report_returned", actor, sha256=request.revision_sha256, comment=answer.comment)
    case.move(Stage.VERIFICATION, actor)


def declined(case: Case, request: Request, answer: Decline, actor: str) -> None:
    """The branch leader will not stand for it at all: the duty officer rules who answers, or dismisses."""
    case.record("report_declined", actor, sha256=request.revision_sha256, comment=answer.comment)
    assigning.take_away(case, actor)


def more_time_asked(case: Case, about: str = "") -> tuple[datetime, str] | None:
    """Return until when (UTC) and why more time was asked for last, None if it never was.

    :param about: which commitment; empty for the report
    """
    payload = case.session.scalars(
        select(Decision.payload)
        .join(Request, Decision.request_id == Request.id)
        .where(
            Request.incident_id == case.incident.id,
            Request.kind == (RequestKind.COMMITMENT if about else RequestKind.REPORT),
            Request.about == about,
            Decision.action == "request_extension",
        )
        .order_by(Decision.id.desc())
    ).first()
    if payload is None:
        return None
    return datetime.fromisoformat(payload["until"]).astimezone(UTC), str(payload["reason"])
