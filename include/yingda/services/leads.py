"""Leads (线索) that officers report: each is opened, joined to an open incident, or dismissed, once, by one person.

Locks are taken in one order, that of a trigger: the lead's row, then its link, then the incident.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.errors import (
    FieldsRefused,
    IncidentNotFound,
    LeadNotFound,
    LeadSettled,
    NotNow,
    UnknownOfficer,
    UnknownUnit,
)
from yingda.domain.lead import LeadConf, url_key
from yingda.domain.leads import DismissLead, JoinLead, OpenLead, ReportLead
from yingda.domain.life import LeadState, Outcome, Stage
from yingda.domain.shares import is_graver
from yingda.services import moving, observing, opening, passing, telling
from yingda.services.case import Case, take
from yingda.settings import Settings
from yingda.store import audit
from yingda.store.models import Incident, ReportedLead


@dataclass(frozen=True)
class Settled:
    """What became of a lead; `incident_no` is None while nobody took it up, and where it was dismissed."""

    id: str
    state: LeadState
    incident_no: str | None


def report(session: Session, given: ReportLead, actor: str, settings: Settings, now: datetime) -> Settled:
    """Take a lead; the duty officers are told, unless its link is known at an open incident: then it joins that.

    A drill takes no real lead, and no drill's lead joins a real incident: these wait for the duty officer. Of one that
    joins and says that it is graver than the incident, the duty officers are told; regrading is theirs.

    :param actor: who reports it, on record
    :raises FieldsRefused: its unit or reporter is not in the roster, or it was seen in the future; nothing is stored
    """
    _check(given.unit, given.reporter, given.seen_at, settings, now)
    known = opening.incident_with_source(session, given.source_url or None, settings, now)
    lead = ReportedLead(
        public_id=secrets.token_hex(16),
        state=LeadState.NEW,
        origin=given.origin,
        title=given.title,
        summary=given.summary,
        topic=given.topic,
        severity=given.severity,
        urgent=given.urgent,
        drill=given.drill,
        unit_id=given.unit or None,
        platform=given.platform or None,
        source_url=given.source_url or None,
        url_key=url_key(given.source_url) if given.source_url else None,
        seen_at=given.seen_at,
        reporter_id=given.reporter or None,
        reported_by=actor,
        reported_at=now,
    )
    session.add(lead)
    session.flush()
    facts = {"origin": lead.origin.value, "severity": lead.severity.value, "drill": lead.drill}
    audit.record(session, None, "lead_reported", actor=actor, at=now, lead=lead.public_id, **facts)
    if known is not None and known.incident.drill is lead.drill:
        settled = _joined(known, lead, _as_trigger(_said(lead)), actor, reason="")
        if is_graver(lead.severity, known.incident.severity) or (lead.urgent and not known.incident.urgent):
            telling.notice(known, "lead_graver", lead.public_id, lead=lead.public_id)
        return settled
    telling.lead_came_in(session, lead, settings, now)
    return Settled(lead.public_id, lead.state, None)


def open_lead(
    session: Session, lead_id: str, given: OpenLead, actor: str, settings: Settings, now: datetime
) -> Settled:
    """Make an incident of a lead, as a trigger would, with what the duty officer corrected; a known link joins.

    The run that drives it is owed from here on; the first request is written at once and needs no run.

    :raises LeadNotFound: there is no such lead
    :raises LeadSettled: somebody was first; a dismissed one is taken up again only with a reason
    :raises FieldsRefused: names each field that is wrong; nothing was changed
    """
    lead = _take(session, lead_id, given.reason)
    said = _said(lead) | given.corrections
    _check(said["unit"], None, said["seen_at"], settings, now)
    conf = _as_trigger(said)
    known = opening.incident_with_source(session, conf.source_url, settings, now)
    if known is not None and known.incident.drill is conf.drill:
        return _joined(known, lead, conf, actor, given.reason)
    case = opening.anew(
        session, conf, settings, now, actor, lead=lead.public_id, reported_at=lead.reported_at.isoformat()
    )
    passing.owe(case, "opened")
    settled = _settle(case.session, lead, LeadState.OPENED, actor, now, given.reason, case.incident)
    moving.advance(case)
    return settled


def join(session: Session, lead_id: str, given: JoinLead, actor: str, settings: Settings, now: datetime) -> Settled:
    """Let a lead go on as part of an open incident: what it says is observed there, its link leads there.

    :raises LeadNotFound, LeadSettled: as `open_lead`
    :raises FieldsRefused: there is no such incident, or one of the two is a drill
    :raises NotNow: the incident is closed, or goes on as part of another
    """
    lead = _take(session, lead_id, given.reason)
    if lead.source_url is not None:
        opening.hold_link(session, lead.source_url)
    try:
        case = take(session, given.incident_no.upper(), settings, now)
    except IncidentNotFound:
        said = speech.said("没有这个编号的事件", settings.speaks)
        raise FieldsRefused({"incident_no": said}) from None
    incident = case.incident
    if incident.drill is not lead.drill:
        drill = speech.said("是演练，而线索是真实的", settings.speaks)
        real = speech.said("是真实事件，而线索是演练", settings.speaks)
        raise FieldsRefused({"incident_no": drill if incident.drill else real})
    if incident.outcome is Outcome.MERGED:
        into = passing.merged_into(session, incident.id)
        raise NotNow(
            speech.said(
                "%(number)s 已并入 %(into)s，请并入 %(into)s。", settings.speaks, number=incident.number, into=into
            )
        )
    if incident.stage is Stage.CLOSED:
        raise NotNow(
            speech.said(
                "%(number)s 已办结。请先重新办理该事件再并入，或者另行受理。", settings.speaks, number=incident.number
            )
        )
    return _joined(case, lead, _as_trigger(_said(lead)), actor, given.reason)


def dismiss(
    session: Session, lead_id: str, given: DismissLead, actor: str, settings: Settings, now: datetime
) -> Settled:
    """Find nothing to answer in a lead. It can be taken up again.

    :raises LeadNotFound: there is no such lead
    :raises LeadSettled: somebody was first
    """
    lead = _take(session, lead_id, "")
    return _settle(session, lead, LeadState.DISMISSED, actor, now, given.reason, None)


def _take(session: Session, lead_id: str, reason: str) -> ReportedLead:
    """Lock a lead that is still to be settled.

    :param reason: why one that was dismissed is taken up again; without it, it stays dismissed: whoever looked at a
        page on which it was new does not know better than the one who dismissed it meanwhile
    """
    lead = session.scalars(
        select(ReportedLead)
        .where(ReportedLead.public_id == lead_id.replace("\x00", ""))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if lead is None:
        raise LeadNotFound("There is no such lead.")
    if lead.state is LeadState.NEW or (lead.state is LeadState.DISMISSED and reason):
        return lead
    number = session.scalar(select(Incident.number).where(Incident.id == lead.incident_id))
    assert lead.settled_by is not None and lead.settled_at is not None  # noqa: S101, PT018 - written with the state
    raise LeadSettled(lead.settled_by, lead.state.value, lead.settled_at, number)


def _joined(case: Case, lead: ReportedLead, conf: LeadConf, actor: str, reason: str) -> Settled:
    case.record("lead_joined", actor, lead=lead.public_id, platform=conf.platform, reporter=conf.reporter)
    if conf.source_url is not None:
        opening.add_source(case, conf.source_url)
    if conf.summary:
        observing.note(case, conf.seen_at or lead.reported_at, conf.summary, lead.reported_by)
    settled = _settle(case.session, lead, LeadState.JOINED, actor, case.now, reason, case.incident)
    moving.advance(case)
    return settled


def _settle(
    session: Session,
    lead: ReportedLead,
    state: LeadState,
    actor: str,
    now: datetime,
    reason: str,
    incident: Incident | None,
) -> Settled:
    number = incident.number if incident is not None else None
    audit.record(
        session,
        None,
        "lead_settled",
        actor=actor,
        at=now,
        lead=lead.public_id,
        state=state.value,
        was=lead.state.value,
        incident_no=number,
        reason=reason or None,
        reported_at=lead.reported_at.isoformat(),
    )
    lead.state, lead.settled_by, lead.settled_at = state, actor, now
    lead.reason = reason or None
    lead.incident_id = incident.id if incident is not None else None
    session.flush()
    return Settled(lead.public_id, state, number)


def _said(lead: ReportedLead) -> dict[str, Any]:
    """Return what was reported, by the names that a trigger's conf has."""
    return {
        "title": lead.title,
        "summary": lead.summary,
        "topic": lead.topic,
        "severity": lead.severity,
        "urgent": lead.urgent,
        "drill": lead.drill,
        "unit": lead.unit_id,
        "platform": lead.platform,
        "source_url": lead.source_url,
        "seen_at": lead.seen_at,
        "reporter": lead.reporter_id,
    }


def _as_trigger(said: dict[str, Any]) -> LeadConf:
    """Return what a trigger would have said, so that an incident is the same wherever its lead came from."""
    return LeadConf.model_validate({name: value for name, value in said.items() if value not in (None, "")})


def _check(unit: str | None, reporter: str | None, seen_at: datetime | None, settings: Settings, now: datetime) -> None:
    wrong: dict[str, str] = {}
    if unit:
        try:
            settings.roster.unit(unit)
        except UnknownUnit:
            known = ", ".join(one.id for one in settings.roster.units)
            wrong["unit"] = speech.said("没有这个单位，可选：%(known)s", settings.speaks, known=known)
    if reporter:
        try:
            settings.roster.officer(reporter)
        except UnknownOfficer:
            wrong["reporter"] = speech.said("名册中没有这个人；请填名册中的人员代号，或者不填", settings.speaks)
    if seen_at is not None:
        try:
            observing.check_seen_at(seen_at, now, settings.speaks)
        except FieldsRefused as refused:
            wrong |= refused.fields
    if wrong:
        raise FieldsRefused(wrong)
