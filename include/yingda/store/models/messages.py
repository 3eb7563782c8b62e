"""Messages owed to officers and their groups, and what was answered to programs that may ask twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from yingda.domain.life import SendState
from yingda.store.models.base import Base
from yingda.store.types import Sha256


class OutboxMessage(Base):
    """A message owed to an officer by mail, or to a group by robot; rendered and sent by the courier."""

    __tablename__ = "outbox_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(
        String(200), unique=True, doc="what makes it one message however often it is written"
    )
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("request.id"))
    template: Mapped[str] = mapped_column(String(40))
    officer_id: Mapped[str | None] = mapped_column(String(64), doc="to whom it goes by mail")
    robot: Mapped[str | None] = mapped_column(String(64), doc="by which robot of channels.yaml it goes to its group")
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

    @property
    def mailed_to(self) -> str:
        """Return the id of the officer whom it goes to by mail; LookupError where it goes by robot."""
        if self.officer_id is None:
            raise LookupError(f"Message {self.id} goes to no officer but by the robot {self.robot}.")
        return self.officer_id

    __table_args__ = (
        CheckConstraint("(officer_id IS NULL) <> (robot IS NULL)", name="one_addressee"),
        Index(
            "ix_outbox_message_owed",
            "priority",
            "id",
            postgresql_where=sql("state = 'pending'"),
        ),
        Index("ix_outbox_message_dead", "id", postgresql_where=sql("state = 'dead'")),
        Index("ix_outbox_message_request_id", "request_id"),
    )


class Repeatable(Base):
    """The first result of a request that carried an Idempotency-Key; the same key gives it again."""

    __tablename__ = "repeatable"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(200))
    request_sha256: Mapped[str] = mapped_column(Sha256, doc="of method, path and body")
    status: Mapped[int] = mapped_column(SmallInteger)
    result: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (UniqueConstraint("account", "key"),)
