"""Redelivering: what a person does with a mail that no server took: send it once more, or let it be."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.errors import NotNow
from yingda.domain.life import RequestState, SendState
from yingda.services.case import take_by_id
from yingda.settings import Settings
from yingda.store import audit
from yingda.store.models import OutboxMessage, Request


def send_again(session: Session, message_id: int, settings: Settings, now: datetime, actor: str) -> None:
    """Owe a mail that was given up once more, with all its attempts; under its old Message-ID.

    :param now: aware UTC
    :raises NotNow: it is not given up any more, or its request ended, so that its link would say nothing
    """
    row = _given_up(session, message_id, settings)
    if row.request_id is not None and session.get_one(Request, row.request_id).state is not RequestState.OPEN:
        raise _not_now(
            settings,
            "这封邮件所请求的事项已有人答复或已撤回，不必再发。请点“不再发送”。",
        )
    _settle(session, row, settings, now, actor, "mail_owed_again", state=SendState.PENDING, attempts=0, next_at=now)


def let_be(session: Session, message_id: int, settings: Settings, now: datetime, actor: str) -> None:
    """Take a mail that was given up off the list: it is not sent.

    :param now: aware UTC
    :raises NotNow: it is not given up any more
    """
    row = _given_up(session, message_id, settings)
    _settle(session, row, settings, now, actor, "mail_let_be", state=SendState.VOID)


def _given_up(session: Session, message_id: int, settings: Settings) -> OutboxMessage:
    row = session.scalars(
        select(OutboxMessage).where(OutboxMessage.id == message_id, OutboxMessage.state == SendState.DEAD)
    ).one_or_none()
    if row is None:
        raise _settled_already(settings)
    return row


def _settle(
    session: Session, row: OutboxMessage, settings: Settings, now: datetime, actor: str, kind: str, **values: object
) -> None:
    """Change the state if nobody else did meanwhile; the record says who did it and to whose mail."""
    incident = take_by_id(session, row.incident_id, settings, now).incident if row.incident_id is not None else None
    changed = session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == row.id, OutboxMessage.state == SendState.DEAD)
        .values(lease=None, **values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise _settled_already(settings)
    to = {"robot": row.robot} if row.robot else {"officers": [row.officer_id]}
    audit.record(session, incident, kind, actor=actor, at=now, message=row.id, **to)


def _settled_already(settings: Settings) -> NotNow:
    return _not_now(settings, "这封邮件已经处理过了。")


def _not_now(settings: Settings, words: str) -> NotNow:
    return NotNow(speech.said(words, settings.speaks))
