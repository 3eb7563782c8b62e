"""Answering: what an officer decides becomes one decision, in one transaction with everything that follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from yingda.domain import forms, speech
from yingda.domain.documents import sha256_of
from yingda.domain.errors import (
    AnsweredAlready,
    FieldsRefused,
    LinkExpired,
    LinkForged,
    NotYours,
    RequestEnded,
    TextChanged,
)
from yingda.domain.life import RequestKind, RequestState, Stage
from yingda.domain.speech import N_
from yingda.services import (
    assigning,
    attaching,
    closing,
    committing,
    confirming,
    enquiring,
    hearing,
    lettering,
    making_sense,
    moving,
    planning,
    reporting,
    signing,
)
from yingda.services.asking import JUDGES_A_TEXT, TEXT_CHANGED
from yingda.services.case import Case, take_by_id
from yingda.settings import Settings
from yingda.store import outbox
from yingda.store.models import Decision, Draft, Incident, Request, Revision

Handler = Callable[[Case, Request, Any, str], None]

HANDLERS: Mapping[tuple[RequestKind, str], Handler] = {
    (RequestKind.ASSIGN_UNIT, "assign"): assigning.assigned,
    (RequestKind.ASSIGN_UNIT, "dismiss"): assigning.dismissed,
    (RequestKind.BRIEF_REPLY, "submit"): assigning.brief_reply_given,
    (RequestKind.BRIEF_REPLY, "hand_back"): assigning.handed_back,
    (RequestKind.REPORT, "submit"): reporting.submitted,
    (RequestKind.REPORT, "hand_back"): assigning.handed_back,
    (RequestKind.REPORT, "request_extension"): reporting.extension_asked,
    (RequestKind.EXTENSION, "grant"): reporting.extension_granted,
    (RequestKind.EXTENSION, "refuse"): reporting.extension_refused,
    (RequestKind.APPROVE_REPORT, "approve"): reporting.approved,
    (RequestKind.APPROVE_REPORT, "return"): reporting.returned,
    (RequestKind.APPROVE_REPORT, "decline"): reporting.declined,
    (RequestKind.DRAFT_STATEMENT, "submit"): signing.drafted,
    (RequestKind.SIGN_STATEMENT, "approve"): signing.approved,
    (RequestKind.SIGN_STATEMENT, "return"): signing.returned,
    (RequestKind.SIGN_STATEMENT, "no_publication"): signing.no_publication,
    (RequestKind.PRESS_CONFERENCE, "held"): closing.held,
    (RequestKind.CLOSE, "close"): closing.closed,
    (RequestKind.REVIEW, "submit"): closing.reviewed,
    (RequestKind.COMMITMENT, "submit"): committing.answered,
    (RequestKind.COMMITMENT, "request_extension"): reporting.extension_asked,
    (RequestKind.EMERGENCY_PLAN, "start"): planning.started,
    (RequestKind.EMERGENCY_PLAN, "not_now"): planning.put_off,
    (RequestKind.DECIDE_LETTER, "approve"): lettering.approved,
    (RequestKind.DECIDE_LETTER, "refuse"): lettering.refused,
    (RequestKind.SEND_LETTER, "sent"): lettering.sent,
    (RequestKind.SEND_LETTER, "not_sent"): lettering.not_sent,
    (RequestKind.ENQUIRY, "answered"): enquiring.answered,
    (RequestKind.FEEDBACK, "reopen"): hearing.reopened,
    (RequestKind.FEEDBACK, "leave"): hearing.kept_closed,
}


@dataclass(frozen=True)
class Claims:
    """What a link says it is for: this request, this officer, this text."""

    request_id: str
    officer_id: str
    revision_sha256: str | None


@dataclass(frozen=True)
class Asked:
    """A request as the officer of a link may see it; `at` is the moment (UTC) it was looked at."""

    request: Request
    incident: Incident
    decision: Decision | None
    deputy_for: str | None
    at: datetime


def look(session: Session, claims: Claims, now: datetime) -> Asked:
    """Find what a link is about, changing nothing.

    :raises LinkForged: no such request, or never sent to this officer
    :raises LinkExpired: its time is over
    :raises TextChanged: the link is about an older text
    :raises RequestEnded: it was withdrawn
    """
    found = select(Request).where(Request.public_id == claims.request_id).execution_options(populate_existing=True)
    request = session.scalars(found).one_or_none()
    person = signing.is_asked(request, claims.officer_id) if request is not None else None
    if request is None or person is None:
        raise LinkForged("No such request.")
    _still_wanted(request, claims, now)
    return Asked(
        request=request,
        incident=session.get_one(Incident, request.incident_id),
        decision=session.scalars(select(Decision).where(Decision.request_id == request.id)).one_or_none(),
        deputy_for=person.deputy_for,
        at=now,
    )


def answer(session: Session, claims: Claims, body: Mapping[str, Any], settings: Settings, now: datetime) -> Decision:
    """Take an officer's answer: exactly one decision a request, and the same one for an exact repeat.

    In one transaction: the decision, what it changes, the next requests with their mails, the events. The caller
    commits before anybody is told that it was received.

    :raises AnsweredAlready: somebody answered first, or this officer did, differently
    :raises CodeRefused: the code that confirms a signature is wrong; the caller commits, so that the try counts
    :raises FieldsRefused: nothing was stored
    :raises NotYours: the author of the text, or a signer of another stage
    :raises LinkForged, LinkExpired, TextChanged, RequestEnded: as `look`
    """
    incident_id = session.scalar(select(Request.incident_id).where(Request.public_id == claims.request_id))
    if incident_id is None:
        raise LinkForged("No such request.")
    case = take_by_id(session, incident_id, settings, now)
    asked = look(session, claims, now)
    signs = asked.request.kind is RequestKind.SIGN_STATEMENT
    fields = {key: value for key, value in body.items() if key not in {"action", "revision_sha256"}}
    # The code that confirms a signature is no part of the answer: a repeat is exact without it, and nothing keeps it.
    lasting = {key: value for key, value in fields.items() if not (signs and key == forms.CODE)}
    given = {"action": body.get("action"), "revision_sha256": body.get("revision_sha256"), "fields": lasting}
    if asked.decision is not None:
        return _repeat(asked.decision, claims.officer_id, _fingerprint(given))
    allowed = allowed_actions(session, asked.request, settings)
    form = forms.read(asked.request.kind, body.get("action"), fields, settings.speaks, allowed)
    _the_text_that_was_read(asked.request, body.get("revision_sha256"), settings.speaks)
    making_sense.check(case, asked.request, form)
    if asked.request.kind in JUDGES_A_TEXT:
        signing.refuse_if_involved(case, session.get_one(Revision, asked.request.revision_id), claims.officer_id)
    if signs:
        confirming.check(case, asked.request, str(body["action"]), claims.officer_id, getattr(form, forms.CODE, ""))
    decision = Decision(
        request_id=asked.request.id,
        action=str(body["action"]),
        officer_id=claims.officer_id,
        deputy_for=asked.deputy_for,
        payload=form.model_dump(mode="json", exclude={forms.CODE}),
        payload_sha256=_fingerprint(given),
        at=now,
    )
    session.add(decision)
    asked.request.state = RequestState.ANSWERED
    asked.request.ended_at = now
    session.flush()
    outbox.void_for_request(session, asked.request.id)
    session.execute(delete(Draft).where(Draft.request_id == asked.request.id))
    case.record(
        "answered",
        claims.officer_id,
        request=asked.request.public_id,
        request_kind=asked.request.kind.value,
        action=decision.action,
        deputy_for=asked.deputy_for,
        sha256=decision.payload_sha256,
    )
    attaching.send_along(case, asked.request, decision)
    HANDLERS[asked.request.kind, decision.action](case, asked.request, form, claims.officer_id)
    moving.advance(case)
    return decision


def allowed_actions(session: Session, request: Request, settings: Settings) -> tuple[str, ...]:
    """Return the actions by which a request may be answered now, the usual one first.

    Once the duty officer had to rule who answers, the unit cannot hand it back any more; nor while an interim word in
    its matter is on its way to the public.
    """
    actions = forms.actions(request.kind)
    if "hand_back" not in actions:
        return actions
    interim = session.get_one(Incident, request.incident_id).stage.is_past(Stage.VERIFICATION)
    if interim or assigning.is_ruled(session, request.incident_id, settings.policy.hand_back):
        return tuple(action for action in actions if action != "hand_back")
    return actions


def _still_wanted(request: Request, claims: Claims, now: datetime) -> None:
    if claims.revision_sha256 != request.revision_sha256:
        raise LinkForged("The link is about another text.")
    if request.state is RequestState.WITHDRAWN:
        if request.ended_why == TEXT_CHANGED:
            raise TextChanged("The text was changed; a new request about the new text was sent.")
        raise RequestEnded(request.ended_why or "")
    if request.state is RequestState.OPEN and now > request.expires_at:
        raise LinkExpired("The link has expired.")


def _fingerprint(given: Mapping[str, Any]) -> str:
    try:
        return sha256_of(given)
    except (TypeError, ValueError):
        raise FieldsRefused({"form": "must be plain JSON values"}) from None


def _repeat(decision: Decision, officer_id: str, fingerprint: str) -> Decision:
    if decision.officer_id == officer_id and decision.payload_sha256 == fingerprint:
        return decision
    raise AnsweredAlready(decision.officer_id, decision.action, decision.at)


def _the_text_that_was_read(request: Request, given: object, locale: str) -> None:
    if request.revision_sha256 is None:
        return
    if given is None or given == "":
        said = speech.said("必填：所审文本的校验值", locale)
        raise FieldsRefused({"revision_sha256": said})
    if given != request.revision_sha256:
        raise TextChanged("The text you judged is not the one that is asked about.")


def refused_as_not_yours(problem: NotYours, locale: str) -> str:
    """Return the reason in words."""
    words = {
        "author": N_("您是起草人，不能审签自己起草的文本。"),
        "signed_before": N_("您已在另一环节签署过本文本。"),
    }
    return speech.said(words[str(problem)], locale)
