"""Escalating: a hazard has become a concern that must be answered in public, so it goes on as an incident."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.errors import FieldsRefused, IncidentNotFound
from yingda.domain.hazard_form import EscalateHazard
from yingda.domain.hazards import EVENTS, HazardState
from yingda.domain.lead import SUMMARY, TITLE, LeadConf
from yingda.domain.life import Outcome, Stage
from yingda.domain.speech import N_
from yingda.services import case as cases
from yingda.services import hazard_in_hand as hand
from yingda.services import moving, opening, passing
from yingda.services.case import Case
from yingda.services.hazard_in_hand import Done
from yingda.settings import Settings
from yingda.store.models import Hazard


def escalate(
    session: Session,
    hazard_id: int,
    given: EscalateHazard,
    actor: str,
    settings: Settings,
    now: datetime,
    version: int | None = None,
) -> Done:
    """Make an incident of a hazard, as of a lead, or let an open one take it in. Escalating again changes nothing.

    :raises HazardNotFound, HazardChanged, NotNow: as `change`; also where the incident named takes nothing in
    :raises FieldsRefused: there is no such incident, or it is a drill
    """
    hazard = hand.take(session, hazard_id)
    if hazard.state is HazardState.ESCALATED:
        return hand.done(session, hazard)
    hand.as_read(hazard, version)
    hand.may(hazard, "escalate", settings)
    was = hand.facts(session, hazard)
    if given.incident_no:
        case = _taking_in(session, given.incident_no.upper(), settings, now)
    else:
        conf = LeadConf.model_validate(
            {
                "title": given.title or " ".join(hazard.content.split())[:TITLE],
                "summary": _summary(hazard, settings.locale),
                "topic": given.topic or hazard.topic,
                "severity": given.severity,
                "urgent": given.urgent,
                "unit": hazard.unit_id if hand.known_unit(hazard.unit_id, settings) else None,
                "platform": given.platform or None,
            }
        )
        case = opening.anew(
            session, conf, settings, now, actor, hazard=hazard.id, reported_at=hazard.reported_at.isoformat()
        )
        passing.owe(case, "opened")
    hazard.incident_id = case.incident.id
    hand.changed(hazard, {"state": HazardState.ESCALATED}, actor, now)
    hand.record(session, hazard, EVENTS["escalate"], actor, now, was=was, incident=case.incident, reason=given.reason)
    moving.advance(case)
    return hand.done(session, hazard)


def _taking_in(session: Session, number: str, settings: Settings, now: datetime) -> Case:
    """Lock the open incident that a hazard is to belong to."""
    try:
        case = cases.take(session, number, settings, now)
    except IncidentNotFound:
        said = speech.said("没有这个编号的事件", settings.speaks)
        raise FieldsRefused({"incident_no": said}) from None
    if case.incident.drill:
        raise FieldsRefused({"incident_no": speech.said("是演练，不能并入真实的隐患", settings.speaks)})
    if case.incident.outcome is Outcome.MERGED or case.incident.stage is Stage.CLOSED:
        raise case.not_now(
            "%(number)s 已办结或已并入其他事件。请填在办事件的编号，或不填编号另行受理。",
            number=number,
        )
    return case


def _summary(hazard: Hazard, locale: str) -> str:
    words = (
        speech.said("线下处置措施", locale),
        speech.said(N_("线上管控措施及引导口径", "hazard_escalating"), locale),
    )
    colon = speech.said("：", locale)
    parts = [hazard.content]
    for word, text in zip(words, (hazard.offline_measures, hazard.online_measures), strict=True):
        parts += [f"{word}{colon}{text}"] if text else []
    whole = "\n\n".join(parts)
    return whole if len(whole) <= SUMMARY else whole[: SUMMARY - 1] + "…"
