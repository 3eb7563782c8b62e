"""The records of an incident as plain values: moments in RFC 3339 and UTC, people by id and name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.services import dossier, lettering, naming
from yingda.services.packed.people import person
from yingda.settings import Settings
from yingda.store.models import (
    Clock,
    Decision,
    Document,
    Incident,
    OfficialReply,
    OutsideLetter,
    Pass,
    Publication,
    Request,
    Revision,
    Signature,
    SourceLink,
)


def moment(at: datetime | None) -> str | None:
    """Write a moment as `2026-11-23T06:03:00Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at is not None else None


def incident(session: Session, row: Incident, house: Settings) -> dict[str, Any]:
    """Return what the incident is, where it stands, and what was promised."""
    around = dossier.of(session, row, house)
    links = session.scalars(select(SourceLink.url).where(SourceLink.incident_id == row.id).order_by(SourceLink.id))
    passes = session.scalars(select(Pass).where(Pass.incident_id == row.id).order_by(Pass.number))
    return {
        "number": row.number,
        "title": row.title,
        "summary": row.summary,
        "topic": row.topic,
        "severity": row.severity,
        "urgent": row.urgent,
        "drill": row.drill,
        "unit": vars(naming.unit(row.unit_id, house)) if row.unit_id else None,
        "platform": row.platform,
        "source_urls": list(links),
        "seen_at": moment(row.seen_at),
        "reporter": person(row.reporter_id, house),
        "stage": row.stage,
        "outcome": row.outcome,
        "result": row.result,
        "opened_at": moment(row.opened_at),
        "notified_at": moment(row.notified_at),
        "closed_at": moment(row.closed_at),
        "events": row.seq,
        "merged_into": around.merged_into,
        "merged_from": list(around.merged_from),
        "commitments": [
            {
                "source": one.source,
                "text": one.text,
                "unit": vars(one.unit),
                "promised_for": moment(one.promised_for),
                "due_at": moment(one.due_at),
                "missed": one.missed,
                "met_at": moment(one.met_at),
                "ended_at": moment(one.ended_at),
            }
            for one in around.commitments
        ],
        "passes": [
            {
                "number": one.number,
                "reason": one.reason,
                "started_at": moment(one.started_at),
                "ended_at": moment(one.ended_at),
            }
            for one in passes
        ],
    }


def signatures(session: Session, row: Incident, house: Settings) -> list[dict[str, Any]]:
    """Return who stands for which exact text."""
    rows = session.execute(
        select(Signature, Revision.number, Document.kind, Document.number.label("document_number"))
        .join(Revision, Signature.revision_id == Revision.id)
        .join(Document, Revision.document_id == Document.id)
        .where(Document.incident_id == row.id)
        .order_by(Signature.id)
    )
    return [
        {
            "document": kind,
            "document_number": document_number,
            "revision": number,
            "sha256": one.sha256,
            "role": one.role,
            "signer": person(one.signer_id, house),
            "deputy_for": person(one.deputy_for, house),
            "author": person(one.author_id, house),
            "at": moment(one.at),
        }
        for one, number, kind, document_number in rows
    ]


def decisions(session: Session, row: Incident, house: Settings) -> list[dict[str, Any]]:
    """Return who was asked for what, and the one answer each request got."""
    rows = session.execute(
        select(Request, Decision)
        .outerjoin(Decision, Decision.request_id == Request.id)
        .where(Request.incident_id == row.id)
        .order_by(Request.id)
    )
    return [
        {
            "kind": request.kind,
            "role": request.role,
            "about": request.about,
            "round": request.round,
            "asked": [
                {**(person(one.officer_id, house) or {}), "deputy_for": person(one.deputy_for, house)}
                for one in request.addressees
            ],
            "revision_sha256": request.revision_sha256,
            "opened_at": moment(request.opened_at),
            "due_at": moment(request.due_at),
            "state": request.state,
            "ended_at": moment(request.ended_at),
            "ended_why": request.ended_why,
            "decision": None
            if decision is None
            else {
                "action": decision.action,
                "by": person(decision.officer_id, house),
                "deputy_for": person(decision.deputy_for, house),
                "given": decision.payload,
                "at": moment(decision.at),
            },
        }
        for request, decision in rows
    ]


def publications(session: Session, row: Incident) -> list[dict[str, Any]]:
    """Return which text went to which channel, and what became of it."""
    rows = session.execute(
        select(Publication, Revision.sha256)
        .join(Revision, Publication.revision_id == Revision.id)
        .where(Publication.incident_id == row.id)
        .order_by(Publication.id)
    )
    return [
        {
            "channel": one.channel,
            "sha256": sha256,
            "state": one.state,
            "url": one.url,
            "attempts": one.attempts,
            "problem": one.problem,
            "created_at": moment(one.created_at),
            "confirmed_at": moment(one.confirmed_at),
            "live_at": moment(one.live_at),
        }
        for one, sha256 in rows
    ]


def official_replies(session: Session, row: Incident, house: Settings) -> list[dict[str, Any]]:
    """Return what was replied under accounts of the office, each with the text it rests on."""
    rows = session.execute(
        select(OfficialReply, Revision.sha256)
        .join(Revision, OfficialReply.revision_id == Revision.id)
        .where(OfficialReply.incident_id == row.id)
        .order_by(OfficialReply.id)
    )
    return [
        {
            "account": one.account,
            "url": one.url,
            "text": one.text,
            "replied_at": moment(one.replied_at),
            "rests_on_sha256": sha256,
            "recorded_by": person(one.actor, house),
            "recorded_at": moment(one.at),
        }
        for one, sha256 in rows
    ]


def clocks(session: Session, row: Incident) -> list[dict[str, Any]]:
    """Return what was owed by when, and when it was there."""
    rows = session.scalars(select(Clock).where(Clock.incident_id == row.id).order_by(Clock.id))
    return [
        {
            "kind": one.kind,
            "cycle": one.cycle,
            "started_at": moment(one.started_at),
            "original_due_at": moment(one.original_due_at),
            "due_at": moment(one.due_at),
            "met_at": moment(one.met_at),
            "missed_at": moment(one.missed_at),
            "cancelled_at": moment(one.cancelled_at),
        }
        for one in rows
    ]


def letter(session: Session, one: OutsideLetter, row: Incident, house: Settings) -> dict[str, Any]:
    """Return a correction request or a referral with the report it rests on."""
    return {
        "number": one.number,
        "full_number": lettering.number_of(one, row),
        "kind": one.kind,
        "state": one.state,
        "recipient": one.recipient,
        "claim": one.claim,
        "refutation": one.refutation,
        "evidence": list(one.evidence),
        "ground": one.ground_text,
        "rests_on_sha256": session.get_one(Revision, one.revision_id).sha256,
        "proposed_by": person(one.proposed_by, house),
        "proposed_at": moment(one.proposed_at),
        "decided_by": person(one.decided_by, house),
        "decided_at": moment(one.decided_at),
        "sent_at": moment(one.sent_at),
        "sent_how": one.sent_how,
        "sha256": one.sha256,
        "path": None,
    }
