"""Repeating: what a request with a key of its own led to, so that sending it again does nothing and says the same."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from yingda.store.models import Repeatable

OK = 200


def before(session: Session, account: str, key: str) -> Repeatable | None:
    """Return what this account's key led to, None if it is new; of two at once the second waits for the first."""
    owner = _owner(account)
    # 64 bits, so that no other lock has this name by chance.
    name = func.hashtextextended(f"repeat:{owner}:{key}", 0)
    session.execute(select(func.pg_advisory_xact_lock(name)))
    return session.scalars(select(Repeatable).where(Repeatable.account == owner, Repeatable.key == key)).one_or_none()


def keep(
    session: Session,
    account: str,
    key: str,
    request_sha256: str,
    result: dict[str, Any],
    now: datetime,
    *,
    status: int = OK,
) -> None:
    """Keep what a request led to, in the transaction that did it.

    :param status: of the answer, HTTP
    :param now: UTC
    """
    kept = Repeatable(
        account=_owner(account), key=key, request_sha256=request_sha256, status=status, result=result, at=now
    )
    session.add(kept)


def prune(session: Session, before: datetime) -> int:
    """Forget the keys that were first used before a moment (UTC); return how many. They count as new from then on."""
    return int(session.execute(delete(Repeatable).where(Repeatable.at < before)).rowcount)  # type: ignore[attr-defined]


def _owner(account: str) -> str:
    """Return what stands for an account in its column: a name too long for it by its hash, so that no two share one."""
    column: Any = Repeatable.__table__.c.account.type
    return account if len(account) <= column.length else hashlib.sha256(account.encode()).hexdigest()
