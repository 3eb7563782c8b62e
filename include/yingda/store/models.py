"""The records: typed, thin, in UTC. Nothing here sends, renders or decides.

Rows are never deleted by the running system; revisions, decisions, signatures and events are never changed
(triggers of the first migration refuse it).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from yingda.domain.clocks import ClockKind
from yingda.domain.life import DocumentKind, Outcome, PublicationState, RequestKind, RequestState, SendState, Stage
from yingda.domain.roles import Role
from yingda.domain.severity import Severity, Topic
from yingda.store.types import Sha256, UtcMoment, value_enum

_ENUMS: tuple[type[StrEnum], ...] = (
    ClockKind,
    DocumentKind,
    Outcome,
    PublicationState,
    RequestKind,
    RequestState,
    Role,
    SendState,
    Severity,
    Stage,
    Topic,
)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcMoment(),
        dict[str, Any]: JSONB,
        **{kind: value_enum(kind) for kind in _ENUMS},
    }


class YearSerial(Base):
    """The last incident serial given in a (Shanghai) year."""

    __tablename__ = "year_serial"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Incident(Base):
    """One reported incident; rows are closed, never deleted. Its row lock orders everything that happens to it."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    topic: Mapped[Topic | None]
    severity: Mapped[Severity]
    urgent: Mapped[bool]
    drill: Mapped[bool]
    unit_id: Mapped[str | None] = mapped_column(String(64))
    platform: Mapped[str | None] = mapped_column(String(100))
    seen_at: Mapped[datetime | None]
    reporter_id: Mapped[str | None] = mapped_column(String(64))
    stage: Mapped[Stage]
    outcome: Mapped[Outcome | None]
    result: Mapped[str | None] = mapped_column(Text)
    seq: Mapped[int] = mapped_column(default=0, doc="number of the latest event; the poller compares it")
    opened_at: Mapped[datetime]
    notified_at: Mapped[datetime | None] = mapped_column(doc="when the present unit was told; UTC")
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_incident_open", "opened_at", postgresql_where=sql("closed_at IS NULL")),
        Index("ix_incident_stage", "stage", "severity"),
        Index("ix_incident_unit_id", "unit_id"),
    )


class SourceLink(Base):
    """Where a concern was seen. While `active`, a second lead with the same address joins its incident."""

    __tablename__ = "source_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    url_key: Mapped[str] = mapped_column(Sha256, doc="SHA-256 of the normalised address")
    active: Mapped[bool]

    __table_args__ = (Index("uq_source_link_active", "url_key", unique=True, postgresql_where=sql("active")),)


class Lead(Base):
    """What one trigger reported; it opened an incident, joined one, or asked for a further pass of one."""

    __tablename__ = "lead"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(String(250), unique=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    joined: Mapped[bool]
    conf: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Pass(Base):
    """One run through the steps; an Airflow run belongs to exactly one pass."""

    __tablename__ = "pass"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    number: Mapped[int]
    run_id: Mapped[str] = mapped_column(String(250), unique=True)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None] = mapped_column(
        doc="when its first task ran; empty: Airflow does not know it yet"
    )
    ended_at: Mapped[datetime | None] = mapped_column(doc="when its last task ran")
    seen_at: Mapped[datetime | None] = mapped_column(doc="when one of its tasks last looked in")

    __table_args__ = (UniqueConstraint("incident_id", "number"),)


class Clock(Base):
    """What is owed by when. `missed_at` is for good; an answer after it still sets `met_at`."""

    __tablename__ = "clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    kind: Mapped[ClockKind]
    cycle: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    original_due_at: Mapped[datetime]
    met_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None] = mapped_column(doc="when it stopped being owed without an answer")

    __table_args__ = (
        UniqueConstraint("incident_id", "kind", "cycle"),
        Index("ix_clock_running", "due_at", postgresql_where=sql("met_at IS NULL AND cancelled_at IS NULL")),
    )


class RaisedRung(Base):
    """A rung of the ladder that was raised; the unique row is what makes it once."""

    __tablename__ = "raised_rung"

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id"))
    key: Mapped[str] = mapped_column(String(20))
    moment: Mapped[datetime]
    raised_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("clock_id", "key"),)


class Document(Base):
    """A text of an incident with its revisions; a new pass may start a new document of the same kind."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    kind: Mapped[DocumentKind]
    number: Mapped[int]

    __table_args__ = (UniqueConstraint("incident_id", "kind", "number"),)


class Revision(Base):
    """One text as its author submitted it. Immutable; what was signed is named by its SHA-256."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    number: Mapped[int]
    author_id: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(Sha256)
    at: Mapped[datetime]
    document: Mapped[Document] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        UniqueConstraint("id", "sha256", "author_id", name="uq_revision_identity"),
    )


class Request(Base):
    """Somebody is asked for something by a time; answered once, by one of those it was sent to."""

    __tablename__ = "request"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, doc="128 random bits; what links and the desk name")
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    kind: Mapped[RequestKind]
    role: Mapped[Role]
    round: Mapped[int]
    state: Mapped[RequestState]
    clock_id: Mapped[int | None] = mapped_column(ForeignKey("clock.id"))
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revision.id"))
    revision_sha256: Mapped[str | None] = mapped_column(Sha256)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(Text)
    addressees: Mapped[list[Addressee]] = relationship(lazy="selectin", order_by="Addressee.officer_id")

    __table_args__ = (
        UniqueConstraint("incident_id", "kind", "role", "round"),
        Index(
            "uq_request_open",
            "incident_id",
            "kind",
            "role",
            unique=True,
            postgresql_where=sql("state = 'open'"),
        ),
        Index("ix_request_open_due", "due_at", postgresql_where=sql("state = 'open'")),
    )


class Addressee(Base):
    """An officer a request was sent to, and for whom if as a deputy."""

    __tablename__ = "addressee"

    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), primary_key=True)
    officer_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    deputy_for: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index("ix_addressee_officer_id", "officer_id"),)


class Decision(Base):
    """The one answer a request got. Immutable."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), unique=True)
    action: Mapped[str] = mapped_column(String(40))
    officer_id: Mapped[str] = mapped_column(String(64))
    deputy_for: Mapped[str | None] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    payload_sha256: Mapped[str] = mapped_column(Sha256, doc="of the payload as it was sent; tells an exact repeat")
    at: Mapped[datetime]


class Signature(Base):
    """A person in a role stands for one exact text. Nobody for their own text, nobody twice for one text."""

    __tablename__ = "signature"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int]
    sha256: Mapped[str] = mapped_column(Sha256)
    author_id: Mapped[str] = mapped_column(String(64))
    role: Mapped[Role]
    signer_id: Mapped[str] = mapped_column(String(64))
    deputy_for: Mapped[str | None] = mapped_column(String(64))
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), unique=True)
    at: Mapped[datetime]

    __table_args__ = (
        ForeignKeyConstraint(
            ["revision_id", "sha256", "author_id"],
            ["revision.id", "revision.sha256", "revision.author_id"],
            name="fk_signature_revision",
        ),
        UniqueConstraint("revision_id", "role"),
        UniqueConstraint("revision_id", "signer_id"),
        CheckConstraint("signer_id <> author_id", name="never_own_text"),
    )


class Publication(Base):
    """One revision on one channel: pending → sending → confirmed | unknown | failed."""

    __tablename__ = "publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    channel: Mapped[str] = mapped_column(String(64))
    state: Mapped[PublicationState]
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    next_at: Mapped[datetime | None] = mapped_column(doc="when to try sending, or looking at the page, again")
    url: Mapped[str | None] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)
    looks: Mapped[int] = mapped_column(default=0, doc="how often the live page was looked at in vain")
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    live_at: Mapped[datetime | None] = mapped_column(doc="when the text was seen on the page a reader sees")

    __table_args__ = (
        UniqueConstraint("revision_id", "channel"),
        Index("ix_publication_troubled", "id", postgresql_where=sql("problem IS NOT NULL AND live_at IS NULL")),
    )


class Commitment(Base):
    """What a published statement promised for a date."""

    __tablename__ = "commitment"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    text: Mapped[str] = mapped_column(Text)
    unit_id: Mapped[str] = mapped_column(String(64))
    due_at: Mapped[datetime]
    met_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("revision_id", "position"),
        Index("ix_commitment_owed", "due_at", postgresql_where=sql("met_at IS NULL")),
    )


class OutboxMessage(Base):
    """A message owed to an officer, written with what it tells of; rendered and sent by the courier."""

    __tablename__ = "outbox_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(
        String(200), unique=True, doc="what makes it one message however often it is written"
    )
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("request.id"))
    template: Mapped[str] = mapped_column(String(40))
    officer_id: Mapped[str] = mapped_column(String(64))
    values: Mapped[dict[str, Any]] = mapped_column(doc="ids and facts of the moment; no link, no secret")
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    priority: Mapped[int] = mapped_column(SmallInteger, doc="0 critical, 1 major, 2 general, 3 the rest")
    state: Mapped[SendState]
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(String(32))
    next_at: Mapped[datetime] = mapped_column(doc="not to be tried before; while leased, when the lease ends")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index(
            "ix_outbox_message_owed",
            "priority",
            "id",
            postgresql_where=sql("state = 'pending'"),
        ),
        Index("ix_outbox_message_dead", "id", postgresql_where=sql("state = 'dead'")),
        Index("ix_outbox_message_request_id", "request_id"),
    )


class Event(Base):
    """What happened, append-only. `id` is its place in the one chain over all; `seq` its number in its incident."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    seq: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(60))
    actor: Mapped[str] = mapped_column(String(64), doc='an officer id, "system", or "account:<name>" of one logged in')
    data: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(Sha256)
    hash: Mapped[str] = mapped_column(Sha256)

    __table_args__ = (
        UniqueConstraint("incident_id", "seq"),
        CheckConstraint("(incident_id IS NULL) = (seq IS NULL)", name="numbered_in_incident"),
    )


class ChainHead(Base):
    """The end of the event chain; its row lock orders the writers."""

    __tablename__ = "chain_head"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(Sha256)


class Hazard(Base):
    """Something a unit reports that may become an incident."""

    __tablename__ = "hazard"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[str] = mapped_column(Text)
    offline_measures: Mapped[str] = mapped_column(Text)
    online_measures: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None]
    reported_at: Mapped[datetime]
    reported_by: Mapped[str] = mapped_column(String(64))
    resolved_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_hazard_open", "due_on", postgresql_where=sql("resolved_at IS NULL")),)


class RegisterDay(Base):
    """The register as compiled for a (Shanghai) day; compiling it again gives the same files from this row."""

    __tablename__ = "register_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    compiled_at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
