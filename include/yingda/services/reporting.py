"""Reporting (核查): the unit's disposal report, its extensions, and the branch leader's judgement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from yingda.domain.acts import Extend
from yingda.domain.clocks import ClockKind
from yingda.domain.documents import StatementKind
from yingda.domain.forms import Approve, Decline, Grant, Refuse, Report, RequestExtension, Return
from yingda.domain.life import DocumentKind, RequestKind, Stage
from yingda.services import (
    asking,
    assigning,
    attaching,
    clocking,
    committing,
    making_sense,
    published,
    signing,
    writing,
)
from yingda.services.case import Case
from yingda.store.models import Clock, Event, Request

_EXTENSION_ASKED = "extension_asked"


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
    # Whoever approves the text stands for the files as well, so it names them.
    content = answer.model_dump(mode="json") | attaching.named_in(case, request)
    writing.add_revision(case, DocumentKind.REPORT, actor, content)
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
    case.record(
        _EXTENSION_ASKED, actor, until=answer.until.isoformat(), reason=answer.reason, about=request.about or None
    )
    # The branch leader rules on the time they read, so another time is asked for anew.
    earlier = asking.open_request(case, RequestKind.EXTENSION, about=request.about)
    if earlier is not None:
        asking.withdraw(case, earlier, "asked_anew", actor)
    clock = case.session.get(Clock, request.clock_id) if request.clock_id else None
    unit_id = committing.of_request(case, request).unit_id if committing.is_about(request) else None
    asking.ask(case, RequestKind.EXTENSION, about=request.about, unit_id=unit_id, clock=clock)


def extend(case: Case, given: Extend, actor: str) -> None:
    """Ask the branch leader for more time in the unit's place, which told the office by telephone, say.

    :raises NotNow: nobody is asked for a report
    :raises FieldsRefused: a time that is over, or no later than the limit that holds
    """
    request = asking.open_request(case, RequestKind.REPORT)
    if request is None:
        raise case.not_now(
            "%(number)s 目前不等核查报告，没有可延的时限。",
            number=case.incident.number,
        )
    wanted = RequestExtension(reason=given.reason, until=given.until)
    making_sense.check(case, request, wanted)
    asked = more_time_asked(case.session, case.incident.id, request.about)
    standing = asking.open_request(case, RequestKind.EXTENSION, about=request.about)
    if standing is not None and asked is not None and (asked.until, asked.reason) == (given.until, given.reason):
        # Sent twice: the branch leader has it before them already.
        return
    extension_asked(case, request, wanted, actor)


def extension_granted(case: Case, request: Request, answer: Grant, actor: str) -> None:
    """The new time holds; the original one stays in the record. What touches the public's time owes it a word."""
    asked = more_time_asked(case.session, case.incident.id, request.about)
    granted = {"about": request.about, "until": asked.until.isoformat() if asked is not None else None}
    case.record("extension_granted", actor, reason=answer.reason or None, **granted)
    if asked is None:
        return
    until, reason = asked.until, asked.reason
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


@dataclass(frozen=True)
class MoreTime:
    """More time that was asked for: until when (UTC) and why, by whom and when (UTC)."""

    until: datetime
    reason: str
    by: str
    at: datetime


def more_time_asked(session: Session, incident_id: int, about: str = "") -> MoreTime | None:
    """Return the more time that was asked for last, by the unit or in its place; None if it never was.

    :param about: which commitment; empty for the report
    """
    event = session.scalars(
        select(Event)
        .where(
            Event.incident_id == incident_id,
            Event.kind == _EXTENSION_ASKED,
            func.coalesce(Event.data["about"].astext, "") == about,
        )
        .order_by(Event.seq.desc())
        .limit(1)
    ).one_or_none()
    if event is None:
        return None
    return MoreTime(
        until=datetime.fromisoformat(event.data["until"]).astimezone(UTC),
        reason=event.data["reason"],
        by=event.actor,
        at=event.at,
    )
