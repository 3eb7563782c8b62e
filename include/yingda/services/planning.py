"""Planning: the emergency plan (应急预案). In the gravest incidents the group leader decides whether it starts.

Asked once each time an incident becomes as grave as policy says (key `emergency_plan`): at its opening, or when it is
regraded into it. The request outlives the stages; it is taken back when the incident is regraded out of it or closed.
What was started stays on record whatever the severity is later. Who was named for interviews gives them while the
incident stays that grave; after that the table of the severity holds again.
"""

from __future__ import annotations

from sqlalchemy import select

from yingda.domain.forms import NoPlan, StartPlan
from yingda.domain.life import Outcome, RequestKind, RequestState, Stage
from yingda.domain.roles import UNIT_ROLES
from yingda.domain.roster import Addressee
from yingda.domain.severity import Severity
from yingda.services import asking, speaking, telling
from yingda.services.case import SYSTEM, Case
from yingda.store.models import Decision, Request

_OVER = (Outcome.DISMISSED, Outcome.NO_PUBLICATION, Outcome.MERGED)


def see_to_plan(case: Case) -> None:
    """See to it that the group leader is asked while the incident calls for it and they have not decided.

    Safe to call any number of times; what was decided is not asked again.
    """
    if not _calls_for_it(case):
        return
    latest = _latest(case)
    if latest is None or latest.state is not RequestState.ANSWERED:
        asking.ask(case, RequestKind.EMERGENCY_PLAN)


def follow_regrade(case: Case, was: Severity, actor: str) -> None:
    """Ask anew where a regrade made the incident so grave; where it is not any more, take back what was asked."""
    grave = case.settings.policy.emergency_plan.severities
    before, now = was in grave, case.incident.severity in grave
    if now and not before and _calls_for_it(case):
        asking.ask(case, RequestKind.EMERGENCY_PLAN)
    if before and not now:
        standing = asking.open_request(case, RequestKind.EMERGENCY_PLAN)
        if standing is not None:
            asking.withdraw(case, standing, "regraded", actor)
        if case.incident.interviewee_id is not None:
            case.record("interviewee_lapsed", SYSTEM, officers=[case.incident.interviewee_id])
            case.incident.interviewee_id = None


def started(case: Case, request: Request, answer: StartPlan, actor: str) -> None:
    """The plan starts: everybody on its list is told, and whoever is to give interviews."""
    case.incident.emergency_plan_at = case.now
    case.record("emergency_plan_started", actor, reason=answer.reason)
    _name_interviewee(case, answer.interviewee, actor)
    roles = case.settings.policy.emergency_plan.tell
    listed = speaking.people(roles, case.incident, case.settings, case.now)
    telling.emergency_plan(case, _decision(case, request), [*_named(case, answer.interviewee), *listed])


def put_off(case: Case, request: Request, answer: NoPlan, actor: str) -> None:
    """The plan does not start now; whoever is named to give interviews is told all the same."""
    case.record("emergency_plan_put_off", actor, reason=answer.reason)
    _name_interviewee(case, answer.interviewee, actor)
    telling.emergency_plan(case, _decision(case, request), _named(case, answer.interviewee))


def tell_unit(case: Case) -> None:
    """Tell the people of the unit that holds the incident now that the plan was started, once each.

    For when a unit is assigned while the plan is in force; otherwise it does nothing.
    """
    rule, incident = case.settings.policy.emergency_plan, case.incident
    if incident.emergency_plan_at is None or incident.severity not in rule.severities:
        return
    start = case.session.scalars(
        select(Decision)
        .join(Request, Decision.request_id == Request.id)
        .where(
            Request.incident_id == incident.id,
            Request.kind == RequestKind.EMERGENCY_PLAN,
            Decision.action == "start",
        )
        .order_by(Decision.id.desc())
    ).first()
    if start is not None:
        roles = [role for role in rule.tell if role in UNIT_ROLES]
        telling.emergency_plan(case, start, speaking.people(roles, incident, case.settings, case.now))


def _calls_for_it(case: Case) -> bool:
    incident = case.incident
    return (
        incident.severity in case.settings.policy.emergency_plan.severities
        and incident.stage is not Stage.CLOSED
        and incident.outcome not in _OVER
    )


def _latest(case: Case) -> Request | None:
    return case.session.scalars(
        select(Request)
        .where(Request.incident_id == case.incident.id, Request.kind == RequestKind.EMERGENCY_PLAN)
        .order_by(Request.id.desc())
    ).first()


def _decision(case: Case, request: Request) -> Decision:
    return case.session.scalars(select(Decision).where(Decision.request_id == request.id)).one()


def _name_interviewee(case: Case, officer_id: str, actor: str) -> None:
    """Let an officer of the roster (the form was checked) give the interviews; empty leaves it as it is."""
    if officer_id:
        case.incident.interviewee_id = officer_id
        case.record("interviewee_named", actor, officers=[officer_id])


def _named(case: Case, officer_id: str) -> list[Addressee]:
    if not officer_id:
        return []
    return [speaking.standing_in(case.settings.roster.officer(officer_id), case.settings, case.now)]
