"""Composing: an owed message becomes a letter, with the words of its template, the facts of its rows and a fresh link.

Times relative to a rung ("late by 40 minutes") are those of the moment it was raised, so that every attempt to send
one message says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain import clocks, forms, life, roles, severity, speech
from yingda.domain.clocks import lateness_label
from yingda.domain.fields import field_label
from yingda.domain.ladder import ASKED, parse_at, place_label
from yingda.domain.life import LeadState, RequestKind, RequestState
from yingda.domain.roles import Role
from yingda.domain.severity import Severity, Topic
from yingda.domain.speech import N_
from yingda.services import linking, naming, particulars, presenting, published, speaking
from yingda.settings import Settings
from yingda.store.models import Clock, Decision, Incident, OutboxMessage, Publication, ReportedLead, Request, Revision
from yingda.transports.mail import Letter


@dataclass(frozen=True)
class CaseInMail:
    """An incident as mails show it."""

    number: str
    title: str
    summary: str
    severity: Severity
    topic: Topic | None
    urgent: bool
    drill: bool
    unit_name: str | None
    opened_at: datetime


@dataclass(frozen=True)
class LeadInMail:
    """A reported lead as the subject and the head of a mail show it."""

    title: str
    severity: Severity
    urgent: bool
    drill: bool


def compose(session: Session, message: OutboxMessage, settings: Settings) -> Letter:
    """Return the letter for a message.

    :raises UnknownOfficer: the roster does not know its officer any more
    """
    officer = settings.roster.officer(message.mailed_to)
    incident = session.get(Incident, message.incident_id) if message.incident_id else None
    values: dict[str, Any] = {
        "office": settings.roster.office,
        "officer": {"name": _name(officer, settings)},
        "incident": incident and in_mail(incident, settings),
        "board_link": board_link(settings, incident),
    }
    values |= _VALUES[message.template](session, message, settings)
    words = rendering.mail(message.template, settings.speaks, **values)
    return Letter(
        to=officer.email,
        to_name=_name(officer, settings),
        subject=words.subject,
        text=words.text,
        html=words.html,
        message_id=message.message_id,
        sender=settings.roster.office.email,
        sender_name=settings.roster.office.name_en if settings.speaks == "en" else settings.roster.office.name,
    )


def in_mail(incident: Incident, settings: Settings) -> CaseInMail:
    """Return what a mail may show of an incident."""
    unit = settings.roster.unit(incident.unit_id) if incident.unit_id else None
    return CaseInMail(
        number=incident.number,
        title=incident.title,
        summary=incident.summary,
        severity=incident.severity,
        topic=incident.topic,
        urgent=incident.urgent,
        drill=incident.drill,
        unit_name=_name(unit, settings) if unit else None,
        opened_at=incident.opened_at,
    )


def board_link(settings: Settings, incident: Incident | None) -> str:
    """Return the address of the incident on the desk, for those who log in."""
    return f"{settings.public_url}/desk/incidents/{incident.number}" if incident else f"{settings.public_url}/desk/"


def _name(who: Any, settings: Settings) -> str:
    return str(who.name_en if settings.speaks == "en" else who.name)


def _person(officer_id: str | None, settings: Settings) -> str | None:
    return None if officer_id is None else _name(settings.roster.officer(officer_id), settings)


def _request(session: Session, message: OutboxMessage, settings: Settings) -> dict[str, Any]:
    request = session.get_one(Request, message.request_id)
    clock = session.get(Clock, request.clock_id) if request.clock_id else None
    return {
        "request": {
            "kind": request.kind.value,
            "kind_label": life.label(request.kind, settings.speaks),
            "round": request.round,
            "due_at": request.due_at,
            "clock_label": clocks.label(clock.kind, settings.speaks) if clock else None,
        },
        "deputy_for": _person(message.values.get("deputy_for"), settings),
        "comments": returned_with(session, request, settings),
        "particulars": particulars.of(session, request, session.get_one(Incident, request.incident_id), settings),
        "link": linking.link(settings, request, message.mailed_to),
    }


_RETURNERS = {
    RequestKind.REPORT: RequestKind.APPROVE_REPORT,
    RequestKind.DRAFT_STATEMENT: RequestKind.SIGN_STATEMENT,
}


def returned_with(session: Session, request: Request, settings: Settings) -> list[dict[str, Any]]:
    """Return the comments with which the text came back to its author, if that is why they are asked again."""
    judged_by = _RETURNERS.get(request.kind)
    if judged_by is None:
        return []
    row = session.execute(
        select(Decision, Request.role)
        .join(Request, Decision.request_id == Request.id)
        .where(
            Request.incident_id == request.incident_id,
            Request.kind == judged_by,
            Decision.at <= request.opened_at,
        )
        .order_by(Decision.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.Decision.action != "return":
        return []
    form = forms.FORMS[judged_by]["return"]
    payload = row.Decision.payload
    of_fields = [
        f"{field_label(form, forms.SPEAKS_OF + name, settings.speaks)}{'：' if settings.speaks != 'en' else ': '}{said}"
        for name, said in forms.by_field(payload).items()
    ]
    return [
        {
            "author_name": _person(row.Decision.officer_id, settings),
            "role_label": roles.label(row.role, settings.speaks),
            "text": "\n".join([payload["comment"], *of_fields]),
            "at": row.Decision.at,
        }
    ]


def _ladder(session: Session, message: OutboxMessage, settings: Settings) -> dict[str, Any]:
    clock = session.get_one(Clock, message.values["clock_id"])
    raised = datetime.fromisoformat(message.values["raised_at"])
    request = session.get(Request, message.request_id) if message.request_id else None
    waited_for = session.scalars(
        select(Request)
        .where(Request.incident_id == message.incident_id, Request.state == RequestState.OPEN)
        .order_by(Request.id)
    )
    told_as = message.values["told_as"]
    return {
        "clock": {
            "kind_label": clocks.label(clock.kind, settings.speaks),
            "started_at": clock.started_at,
            "due_at": clock.due_at,
            "missed": raised > clock.due_at,
        },
        "rung": _rung(message.values, settings.speaks),
        "late": lateness_label(raised - clock.due_at, settings.speaks) if raised > clock.due_at else None,
        "remaining": lateness_label(clock.due_at - raised, settings.speaks) if raised < clock.due_at else None,
        "asked": sorted({str(_person(p.officer_id, settings)) for r in waited_for for p in r.addressees}),
        "reason_told": None if told_as == ASKED else _as_role(Role(told_as), settings.speaks),
        "deputy_for": _person(message.values.get("deputy_for"), settings),
        "link": linking.link(settings, request, message.mailed_to) if request else None,
    }


def _rung(values: Mapping[str, Any], locale: str) -> dict[str, Any] | None:
    """Return which reminder this is: after an outage one person may get several at the same time."""
    if "rung" not in values:
        return None  # owed before reminders said so
    return {
        "place_label": place_label(parse_at(values["rung"]), locale),
        "moment": datetime.fromisoformat(values["moment"]),
    }


def _as_role(role: Role, locale: str) -> str:
    word = roles.label(role, locale)
    return speech.said("作为%(word)s", locale, word=word)


def _wording(session: Session, message: OutboxMessage, settings: Settings) -> dict[str, Any]:
    """Return the wording that holds now: a mail that waited long must not spread what was corrected or withdrawn."""
    revision = session.get_one(Revision, message.values["revision_id"])
    incident = session.get_one(Incident, message.incident_id)
    standing = published.newest(session, incident.id)
    if standing is not None and standing.revision.id > revision.id:
        revision = standing.revision
    before = published.newest(session, incident.id, before=revision)
    url = session.scalars(
        select(Publication.url)
        .where(Publication.revision_id == revision.id, Publication.url.is_not(None))
        .order_by(Publication.public.desc(), Publication.id)
    ).first()
    policy, roster = settings.policy, settings.roster

    def names(speakers: tuple[Role, ...]) -> list[str]:
        found = [_name(o, settings) for role in speakers for o in roster.holders(role, incident.unit_id)]
        return list(dict.fromkeys(found))

    return {
        "statement": {
            "kind": revision.content["kind"],
            "instead_of": before.title if before is not None else None,
            "title": revision.content["title"],
            "text": rendering.plain_text(presenting.public_html(revision.content, settings)),
            "url": url,
        },
        "spokesperson": names(policy.spokesperson[incident.severity]),
        "interviewee": speaking.interviewees(incident, settings),
    }


def _emergency(session: Session, message: OutboxMessage, settings: Settings) -> dict[str, Any]:
    decision = session.get_one(Decision, message.values["decision_id"])
    incident = session.get_one(Incident, message.incident_id)
    named, deputy_for = decision.payload["interviewee"], message.values["deputy_for"]
    return {
        "started": decision.action == "start",
        "decided_by": naming.officer(decision.officer_id, settings).name,
        "decided_at": decision.at,
        "reason": decision.payload["reason"],
        "interviewee": [naming.officer(named, settings).name] if named else speaking.interviewees(incident, settings),
        "you_speak": bool(named) and named in (message.mailed_to, deputy_for),
        "deputy_for": _person(deputy_for, settings),
    }


_NOTICES: dict[str, str] = {
    "nobody_may_answer": N_("没有人可以办理"),
    "publication_refused": N_("签发不全或文本有变，未予发布"),
    "publication_failed": N_("发布未成功"),
    "publication_unknown": N_("发布结果不明，请核实"),
    "calendar_missing": N_("工作日历缺少明年的安排"),
    "lead_reported": N_("收到一条线索，请处理"),
    "lead_graver": N_("并入的线索报得更急、更重，请看是否调整级别"),
    "codes_wrong": N_("签发验证码多次不对，请联系签发人核实"),
    "lead_waits": N_("线索还在等待处理"),
    "drifted": N_("公开页面上的文本不见了或有变动"),
    "not_seen_live": N_("公开页面上未见到发布的文本"),
}


def _notice(session: Session, message: OutboxMessage, settings: Settings) -> dict[str, Any]:
    values = message.values
    lines: list[str] = []
    if "request_kind" in values:
        what = life.label(RequestKind(values["request_kind"]), settings.speaks)
        who = roles.label(Role(values["role"]), settings.speaks)
        lines.append(
            speech.said(
                "%(what)s：%(who)s中没有可以办理的人（起草人、已签署其他环节的人不能再办，或名册中没"
                "有此人）。请调整人员名册。",
                settings.speaks,
                what=what,
                who=who,
            )
        )
    for code, detail in values.get("flaws", []):
        lines.append(f"{code}: {detail}")
    if values["about"] == "codes_wrong":
        who = naming.officer(values["officer"], settings).name
        lines.append(
            speech.said(
                "通过%(who)s的链接多次输入了不对的验证码。该验证码已作废，没有签发。如果不是本人，说"
                "明链接到了别人手里。",
                settings.speaks,
                who=who,
            )
        )
    if "channel" in values:
        lines.append(speech.said("渠道：%(channel)s", settings.speaks, channel=values["channel"]))
    if values.get("problem"):
        lines.append(values["problem"])
    about = values["about"]
    heading = speech.said(_NOTICES[about], settings.speaks)
    if values["about"] == "calendar_missing":
        year = values["year"]
        lines.append(
            speech.said(
                "%(year)s 年的工作日时限无法计算。请把国务院办公厅公布的节假日安排补进 calendar.yaml。",
                settings.speaks,
                year=year,
            )
        )
        return {"heading": heading, "lines": lines, "lead": None}
    if "lead" in values:
        return {"heading": heading, **_lead(session, message, settings)}
    return {"heading": heading, "lines": lines}


def _lead(session: Session, message: OutboxMessage, settings: Settings) -> dict[str, Any]:
    """Return what a notice says of a reported lead, and where on the desk it is settled."""
    locale = settings.speaks
    lead = session.scalars(select(ReportedLead).where(ReportedLead.public_id == message.values["lead"])).one()
    grade = severity.label(lead.severity, locale)
    if lead.urgent:
        grade += speech.said("（紧急）", settings.speaks)
    facts = [
        (N_("级别"), grade),
        (N_("责任单位"), naming.unit(lead.unit_id, settings).name if lead.unit_id else ""),
        (N_("平台"), lead.platform or ""),
        (N_("链接"), lead.source_url or ""),
        (N_("发现时间"), rendering.local(lead.seen_at) if lead.seen_at else ""),
        (N_("报送时间"), rendering.local(lead.reported_at)),
        (N_("线索来源"), life.label(lead.origin, locale)),
    ]
    told = "\n".join(
        speech.said("%(what)s：%(text)s", locale, what=speech.said(what, locale), text=text)
        for what, text in facts
        if text
    )
    lines = [line for line in (lead.title, lead.summary, told) if line]
    if message.incident_id is not None:
        return {"lines": lines}
    if "raised_at" in message.values:
        waited = lateness_label(datetime.fromisoformat(message.values["raised_at"]) - lead.reported_at, locale)
        lines.insert(
            0,
            speech.said(
                "已等待 %(waited)s，还没有人处理。请受理、并入在办事件，或不予受理。", settings.speaks, waited=waited
            ),
        )
    if lead.state is not LeadState.NEW:
        state = life.label(lead.state, locale)
        lines.insert(0, speech.said("已有人处理：%(state)s。", settings.speaks, state=state))
    return {
        "lines": lines,
        "board_link": f"{settings.public_url}/desk/leads/{lead.public_id}",
        "lead": LeadInMail(lead.title, lead.severity, lead.urgent, lead.drill),
    }


def _digest(session: Session, message: OutboxMessage, settings: Settings) -> dict[str, Any]:
    from yingda.services.reminding import digest_values

    return digest_values(session, message, settings)


_VALUES: dict[str, Callable[[Session, OutboxMessage, Settings], dict[str, Any]]] = {
    "request": _request,
    "ladder": _ladder,
    "wording": _wording,
    "emergency": _emergency,
    "notice": _notice,
    "digest": _digest,
}
