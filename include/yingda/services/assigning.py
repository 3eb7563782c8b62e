"""Assigning (转办): by responsibility at once, by the duty officer where no rule fits; and handing back (退单)."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.acts import Reassign
from yingda.domain.clocks import ClockKind
from yingda.domain.errors import FieldsRefused
from yingda.domain.forms import Assign, Dismiss, HandBack
from yingda.domain.life import Outcome, RequestKind, Stage
from yingda.domain.policy import HandBackRule
from yingda.services import asking, clocking, making_sense, planning, speaking
from yingda.services.case import SYSTEM, Case
from yingda.store.models import Decision, Request


def see_to_unit(case: Case) -> None:
    """Step `assign_unit`: take the unit of the lead, else the one the rules name, else ask the duty officer."""
    incident = case.incident
    if incident.unit_id is not None:
        _notify(case, incident.unit_id, "lead", SYSTEM)
        return
    if not _was_ever_assigned(case):
        unit = case.settings.roster.unit_for(incident.topic, f"{incident.title}\n{incident.summary}")
        if unit is not None:
            _notify(case, unit.id, "rule", SYSTEM)
            return
    asking.ask(case, RequestKind.ASSIGN_UNIT)


def see_to_brief_reply(case: Case) -> None:
    """Step `brief_reply`: ask the unit where policy owes one and none came yet."""
    clock = clocking.ticking(case, ClockKind.BRIEF_REPLY)
    if clock is None:
        case.move(Stage.VERIFICATION)
        return
    asking.ask(case, RequestKind.BRIEF_REPLY, clock=clock)


def assigned(case: Case, request: Request, answer: Assign, actor: str) -> None:
    """The duty officer names a unit; after as many hand-backs as policy says (key `hand_back`) that is a ruling."""
    if is_ruled(case.session, case.incident.id, case.settings.policy.hand_back):
        case.record("ruled", actor, unit=answer.unit, reason=answer.reason or None)
    _notify(case, answer.unit, "duty_officer", actor, reason=answer.reason)


def dismissed(case: Case, request: Request, answer: Dismiss, actor: str) -> None:
    """The duty officer finds nothing to answer: nothing is owed any more but the closing."""
    clocking.cancel(case, actor, answer.reason)
    asking.withdraw_all(case, "dismissed", actor=actor, keep=asking.PROMISED - {RequestKind.DECIDE_LETTER})
    case.incident.outcome = Outcome.DISMISSED
    case.incident.wanted_statement = case.incident.wanted_reason = None
    case.record("dismissed", actor, reason=answer.reason)
    case.move(Stage.CLOSING, actor)


def brief_reply_given(case: Case, request: Request, answer: object, actor: str) -> None:
    """The unit's brief reply is here."""
    clocking.meet(case, ClockKind.BRIEF_REPLY, actor)
    case.move(Stage.VERIFICATION, actor)


def handed_back(case: Case, request: Request, answer: HandBack, actor: str) -> None:
    """The unit says it is not its remit; the duty officer picks another. Clocks run on."""
    case.record(
        "handed_back", actor, unit=case.incident.unit_id, reason=answer.reason, suggested=answer.suggested_unit or None
    )
    take_away(case, actor)


def reassign(case: Case, given: Reassign, actor: str) -> None:
    """Give the incident to another unit before its report is approved; clocks run on from where they started.

    Whoever may act decides it as the duty officer would; the unit can hand it back as ever.

    :raises NotNow: merged or dismissed, or the report is approved: then it is reopened first
    :raises FieldsRefused: a unit that the roster does not know, or the one that holds it already
    """
    speaking.refuse_if_merged(case)
    incident = case.incident
    if incident.stage.is_past(Stage.REPORT_APPROVAL):
        raise case.not_now(
            "%(number)s 的核查报告已批准，或正在对外说明。须先“重新办理”到转办或核查，再改派。",
            number=incident.number,
        )
    making_sense.check(case, None, given)
    if given.unit == incident.unit_id:
        raise FieldsRefused({"unit": speech.said("已由该单位办理", case.speaks)})
    asking.withdraw_all(case, "reassigned", actor=actor, keep=asking.BESIDE)
    _notify(case, given.unit, "account", actor, reason=given.reason)


def is_ruled(session: Session, incident_id: int, rule: HandBackRule) -> bool:
    """Tell whether units handed an incident back so often that the duty officer's word is the last.

    :param rule: how often that is (policy key `hand_back`)
    """
    count = session.scalar(
        select(func.count())
        .select_from(Decision)
        .join(Request, Decision.request_id == Request.id)
        .where(Request.incident_id == incident_id, Decision.action == "hand_back")
    )
    return (count or 0) >= rule.ruling_after


def take_away(case: Case, actor: str) -> None:
    """No unit holds the incident any more; the duty officer is asked."""
    asking.withdraw_all(case, "reassigned", actor=actor, keep=asking.BESIDE)
    case.incident.unit_id = None
    case.move(Stage.ASSIGN_UNIT, actor)


def _notify(case: Case, unit_id: str, how: str, actor: str, reason: str = "") -> None:
    incident = case.incident
    incident.unit_id = unit_id
    incident.notified_at = case.now
    case.record("assigned", actor, unit=unit_id, how=how, reason=reason or None)
    # What is owed runs from the first notification; a transfer never resets it. A verified result, once there, makes a
    # brief reply pointless.
    verified = clocking.find(case, ClockKind.VERIFICATION)
    first = case.now if verified is None else verified.started_at
    if verified is None or verified.met_at is None:
        clocking.start(case, ClockKind.BRIEF_REPLY, started_at=first)
    clocking.start(case, ClockKind.VERIFICATION, started_at=first)
    planning.tell_unit(case)
    case.move(Stage.BRIEF_REPLY, actor)


def _was_ever_assigned(case: Case) -> bool:
    asked = select(Request.id).where(Request.incident_id == case.incident.id, Request.kind == RequestKind.ASSIGN_UNIT)
    return case.incident.notified_at is not None or case.session.scalar(asked.limit(1)) is not None
