"""What goes out to the public, and what it promises."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from yingda.domain.life import CommitmentSource, LetterKind, LetterState, PublicationState
from yingda.store.models.base import Base
from yingda.store.types import Sha256


class Publication(Base):
    """One revision on one channel: pending → sending → confirmed | unknown | failed | superseded.

    `sending` without a lease that holds: it may be there, and is looked for before anything else happens to it.
    """

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
    live_at: Mapped[datetime | None] = mapped_column(doc="when the text was first seen on the page a reader sees")
    public: Mapped[bool] = mapped_column(server_default=sql("true"), doc="residents can read the channel")
    reference: Mapped[str | None] = mapped_column(Text, doc="the channel's own name for what it has")
    sent_at: Mapped[datetime | None] = mapped_column(doc="when the last attempt to send began")
    look_at: Mapped[datetime | None] = mapped_column(doc="when to look again at a page that was seen live")
    drifted_at: Mapped[datetime | None] = mapped_column(doc="since when that page does not show the text any more")

    __table_args__ = (
        UniqueConstraint("revision_id", "channel"),
        Index("ix_publication_troubled", "id", postgresql_where=sql("problem IS NOT NULL AND live_at IS NULL")),
        Index("ix_publication_drifted", "id", postgresql_where=sql("drifted_at IS NOT NULL")),
        Index("ix_publication_under_way", "next_at", postgresql_where=sql("state IN ('pending', 'sending')")),
        Index(
            "ix_publication_unseen",
            "next_at",
            postgresql_where=sql("state = 'confirmed' AND live_at IS NULL AND url IS NOT NULL"),
        ),
        Index("ix_publication_look_at", "look_at", postgresql_where=sql("look_at IS NOT NULL")),
    )


class Commitment(Base):
    """What a published statement, or a review, promised for a date."""

    __tablename__ = "commitment"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[CommitmentSource] = mapped_column(server_default=CommitmentSource.STATEMENT.value)
    text: Mapped[str] = mapped_column(Text)
    unit_id: Mapped[str] = mapped_column(String(64))
    due_at: Mapped[datetime]
    clock_id: Mapped[int | None] = mapped_column(ForeignKey("clock.id"))
    met_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(doc="when a later text took its place, unanswered")
    taken_up_at: Mapped[datetime | None] = mapped_column(doc="when a pass took up its answer, to tell the public")
    lapsed_at: Mapped[datetime | None] = mapped_column(doc="when a pass took up that it was due and not answered")

    __table_args__ = (
        UniqueConstraint("revision_id", "position"),
        Index("ix_commitment_owed", "due_at", postgresql_where=sql("met_at IS NULL AND ended_at IS NULL")),
    )


class OutsideLetter(Base):
    """A correction request to an outlet, or a referral to an authority: written by us, sent by people.

    It rests on a report that refutes the claim; the office director decides.
    """

    __tablename__ = "outside_letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    number: Mapped[int]
    kind: Mapped[LetterKind]
    state: Mapped[LetterState]
    recipient: Mapped[str] = mapped_column(String(200), doc="the outlet or the authority; never a person")
    claim: Mapped[str] = mapped_column(Text, doc="the claim of fact, as the report names it")
    refutation: Mapped[str] = mapped_column(Text)
    evidence: Mapped[list[str]] = mapped_column(JSONB)
    ground: Mapped[str] = mapped_column(String(64), doc="key of the policy's list of grounds")
    ground_text: Mapped[str] = mapped_column(Text, doc="the ground as the policy worded it then")
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"), doc="the report that refutes it")
    proposed_by: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]
    sha256: Mapped[str | None] = mapped_column(Sha256, doc="of the letter that was generated")
    sent_at: Mapped[datetime | None]
    sent_how: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("incident_id", "number"),)


class OfficialReply(Base):
    """A reply that people gave under an account of the office, in the office's name."""

    __tablename__ = "official_reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"), doc="the signed statement it rests on")
    account: Mapped[str] = mapped_column(String(64), doc="key of the policy's list of official accounts")
    url: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    replied_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("incident_id", "url"),)


class Enquiry(Base):
    """What an outlet asked; who asked for it is not kept."""

    __tablename__ = "enquiry"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    outlet: Mapped[str] = mapped_column(String(200))
    question: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    actor: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
