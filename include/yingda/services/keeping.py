"""Keeping: what an officer typed on their page and has not sent, until the request is answered.

A draft is nothing but a help for memory: it decides nothing, nobody else sees it, and no event tells of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from yingda.domain.forms import CODE
from yingda.domain.life import RequestState
from yingda.services.answering import Claims
from yingda.store.models import Draft, Request


def keep(session: Session, claims: Claims, typed: Mapping[str, str], now: datetime) -> bool:
    """Keep what was typed, unchecked, in place of what was kept before; False if the request is not open any more.

    :param claims: of a link that was looked at before (`answering.look`)
    :param typed: fields by name, as the page sent them
    :param now: aware UTC
    """
    # An answer that comes meanwhile waits for this to end, and then finds the draft and takes it away.
    request = session.execute(
        select(Request.id, Request.state).where(Request.public_id == claims.request_id).with_for_update(read=True)
    ).one_or_none()
    if request is None or request.state is not RequestState.OPEN:
        return False
    # The code that confirms a signature is kept nowhere.
    # PostgreSQL holds no text with U+0000 in it, and no form means one.
    given = {name.replace("\x00", ""): value.replace("\x00", "") for name, value in typed.items() if name != CODE}
    row = insert(Draft).values(request_id=request.id, officer_id=claims.officer_id, given=given, at=now)
    session.execute(
        row.on_conflict_do_update(index_elements=["request_id", "officer_id"], set_={"given": given, "at": now})
    )
    return True


def kept(session: Session, claims: Claims) -> Draft | None:
    """Return what this officer typed for an open request and did not send, None if nothing."""
    return session.scalars(
        select(Draft)
        .join(Request, Draft.request_id == Request.id)
        .where(
            Request.public_id == claims.request_id,
            Request.state == RequestState.OPEN,
            Draft.officer_id == claims.officer_id,
        )
    ).one_or_none()


def prune(session: Session, before: datetime) -> int:
    """Forget drafts older than a moment (UTC) for requests that nobody is asked any more; return how many.

    A request that was taken back may be opened again, when a merge is undone; so its drafts stay for a while.
    """
    over = exists().where(Request.id == Draft.request_id, Request.state != RequestState.OPEN)
    return int(session.execute(delete(Draft).where(Draft.at < before, over)).rowcount)  # type: ignore[attr-defined]
