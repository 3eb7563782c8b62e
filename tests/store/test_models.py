"""What the database itself refuses, whatever the code above it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from yingda.domain.documents import sha256_of
from yingda.domain.life import DocumentKind, RequestKind, RequestState
from yingda.domain.roles import Role
from yingda.store.models import Decision, Document, Event, Incident, Request, Revision, Signature, SourceLink

TEXT = {"title": "说明", "body": "正文"}


@pytest.fixture
def signed(session: Session, open_incident: Callable[..., str], NOW: datetime) -> Signature:
    """A statement by ding_yifan that shen_ruolan signed."""
    number = open_incident()
    incident = session.scalars(select(Incident).where(Incident.number == number)).one()
    document = Document(incident_id=incident.id, kind=DocumentKind.STATEMENT, number=1)
    session.add(document)
    session.flush()
    revision = Revision(
        document_id=document.id, number=1, author_id="ding_yifan", content=TEXT, sha256=sha256_of(TEXT), at=NOW
    )
    session.add(revision)
    session.flush()
    signature = a_signature(session, revision, decision=a_decision(session, incident.id, "1"))
    session.add(signature)
    session.commit()
    return signature


def a_decision(session: Session, incident_id: int, public_id: str, *, state: str = "answered") -> int:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    rounds = len(session.scalars(select(Request).where(Request.incident_id == incident_id)).all())
    request = Request(
        public_id=public_id,
        incident_id=incident_id,
        kind=RequestKind.SIGN_STATEMENT,
        role=Role.OFFICE_DIRECTOR,
        round=rounds + 1,
        state=RequestState(state),
        opened_at=now,
        expires_at=now,
    )
    session.add(request)
    session.flush()
    decision = Decision(
        request_id=request.id, action="approve", officer_id="shen_ruolan", payload={}, payload_sha256="a" * 64, at=now
    )
    session.add(decision)
    session.flush()
    return decision.id


def a_signature(session: Session, revision: Revision, decision: int, **changes: Any) -> Signature:
    return Signature(
        **{
            "revision_id": revision.id,
            "sha256": revision.sha256,
            "author_id": revision.author_id,
            "role": Role.OFFICE_DIRECTOR,
            "signer_id": "shen_ruolan",
            "decision_id": decision,
            "at": revision.at,
            **changes,
        }
    )


def test_what_was_written_stays_as_it_was(signed: Signature, engine: Engine) -> None:
    for table in ("revision", "decision", "signature", "event"):
        for statement in ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"):
            with engine.connect() as connection, pytest.raises(IntegrityError, match="kept as they were written"):
                connection.execute(text(statement.format(table)))


def test_not_even_a_cascade_from_the_incidents_empties_the_record(signed: Signature, engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(IntegrityError, match="kept as they were written"):
        connection.execute(text("TRUNCATE incident CASCADE"))


def test_a_signature_that_breaks_four_eyes_is_refused(signed: Signature, session: Session) -> None:
    revision = session.get_one(Revision, signed.revision_id)
    incident_id = session.scalars(select(Incident.id)).one()
    decision = a_decision(session, incident_id, "2")
    for wrong, constraint in (
        ({"signer_id": "ding_yifan", "role": Role.SUPERIOR}, "never_own_text"),
        ({"author_id": "somebody", "role": Role.SUPERIOR, "signer_id": "gu_weimin"}, "fk_signature_revision"),
        ({"sha256": "b" * 64, "role": Role.SUPERIOR, "signer_id": "gu_weimin"}, "fk_signature_revision"),
        ({"role": Role.SUPERIOR}, "uq_signature_revision_id_signer_id"),
        ({"signer_id": "gu_weimin"}, "uq_signature_revision_id_role"),
    ):
        with pytest.raises(IntegrityError, match=constraint), session.begin_nested():
            session.add(a_signature(session, revision, decision, **wrong))
    session.add(a_signature(session, revision, decision, role=Role.SUPERIOR, signer_id="gu_weimin"))
    session.commit()


def test_one_decision_carries_one_signature(signed: Signature, session: Session) -> None:
    revision = session.get_one(Revision, signed.revision_id)
    session.add(a_signature(session, revision, signed.decision_id, role=Role.SUPERIOR, signer_id="gu_weimin"))

    with pytest.raises(IntegrityError, match="uq_signature_decision_id"):
        session.commit()


def test_a_request_gets_one_decision(signed: Signature, session: Session) -> None:
    first = session.get_one(Decision, signed.decision_id)
    session.add(
        Decision(
            request_id=first.request_id,
            action="return",
            officer_id="gu_weimin",
            payload={},
            payload_sha256="a" * 64,
            at=first.at,
        )
    )

    with pytest.raises(IntegrityError, match="uq_decision_request_id"):
        session.commit()


def test_two_requests_of_one_kind_and_role_never_stand_open(signed: Signature, session: Session) -> None:
    incident_id = session.scalars(select(Incident.id)).one()
    a_decision(session, incident_id, "2", state="open")
    session.commit()

    with pytest.raises(IntegrityError, match="uq_request_open"):
        a_decision(session, incident_id, "3", state="open")


def test_one_link_belongs_to_one_open_incident(session: Session, open_incident: Callable[..., str]) -> None:
    open_incident(source_url="https://forum.example.org/t/1")
    other = open_incident(title="另一件")
    link = session.scalars(select(SourceLink)).one()
    incident_id = session.scalars(select(Incident.id).where(Incident.number == other)).one()
    session.add(SourceLink(incident_id=incident_id, url=link.url, url_key=link.url_key, active=False))
    session.commit()
    session.add(SourceLink(incident_id=incident_id, url=link.url, url_key=link.url_key, active=True))

    with pytest.raises(IntegrityError, match="uq_source_link_active"):
        session.commit()


def test_an_event_of_an_incident_has_a_number_there_and_no_other_has(session: Session, NOW: datetime) -> None:
    session.add(
        Event(id=999, incident_id=None, seq=1, at=NOW, kind="a", actor="a", data={}, previous_hash="a", hash="a")
    )

    with pytest.raises(IntegrityError, match="numbered_in_incident"):
        session.commit()


def test_moments_are_utc_on_the_way_out_and_never_naive_on_the_way_in(
    session: Session, open_incident: Callable[..., str], NOW: datetime
) -> None:
    number = open_incident(seen_at="2026-11-23T14:00:00+08:00")
    session.expire_all()
    incident = session.scalars(select(Incident).where(Incident.number == number)).one()
    assert incident.seen_at == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert incident.seen_at.tzinfo is UTC

    incident.closed_at = NOW.replace(tzinfo=None)
    with pytest.raises(StatementError, match="has no time zone"):
        session.commit()
