"""Confirming: a table of hazards that was read waits under a name nobody can guess until whoever read it says yes.

What is stored then is exactly what was shown; if hazards were changed meanwhile, nothing is, and it is shown anew.
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from yingda.domain.errors import HazardNotFound
from yingda.domain.hazard_table import Row
from yingda.domain.hazards import Fate
from yingda.services.importing import RowTold, Told, carry_out, tell
from yingda.settings import Settings
from yingda.store.models import HazardImport

KEPT = timedelta(hours=2)
"""So long a table that was read waits for a yes."""


@dataclass(frozen=True)
class Waiting:
    """A table that was read and waits for a yes, or was stored already (`done_at`)."""

    id: str
    name: str
    read_at: datetime
    expires_at: datetime
    done_at: datetime | None
    told: Told


def keep(session: Session, told: Told, name: str, actor: str, now: datetime) -> str:
    """Keep what a table says until it is confirmed; return the name it waits under, which nobody can guess.

    What this person had waiting before is forgotten, and so is what expired.
    """
    prune(session, now)
    session.execute(delete(HazardImport).where(HazardImport.account == actor, HazardImport.done_at.is_(None)))
    public_id = secrets.token_hex(16)
    session.add(
        HazardImport(
            public_id=public_id,
            account=actor,
            name="".join(sign for sign in name if sign.isprintable())[:200],
            read_at=now,
            expires_at=now + KEPT,
            rows=_packed(told),
            counts=told.counts,
        )
    )
    return public_id


def waiting(session: Session, public_id: str, actor: str, now: datetime, *, lock: bool = False) -> Waiting:
    """Return a table that waits.

    :raises HazardNotFound: there is none, it has expired, or it is somebody else's
    """
    row = _row(session, public_id, actor, now, lock=lock)
    return Waiting(row.public_id, row.name, row.read_at, row.expires_at, row.done_at, _unpacked(row.rows))


def confirm(session: Session, public_id: str, actor: str, settings: Settings, now: datetime) -> Told:
    """Store a table that waits, exactly as it was told. Confirming again changes nothing and says the same.

    :raises HazardNotFound: as `waiting`
    :raises NotNow: a row is refused, or hazards were changed since; nothing is stored
    """
    row = _row(session, public_id, actor, now, lock=True)
    told = _unpacked(row.rows)
    if row.done_at is not None:
        return told
    stored = carry_out(session, told, actor, settings, now)
    row.done_at, row.rows = now, _packed(stored)
    return stored


def tell_again(session: Session, public_id: str, actor: str, settings: Settings, now: datetime) -> None:
    """Tell the fates of a waiting table anew, since hazards were changed after it was read."""
    row = _row(session, public_id, actor, now, lock=True)
    if row.done_at is None:
        told = _unpacked(row.rows)
        rows = [
            Row(one.row, one.unit, one.content, one.offline_measures, one.online_measures, one.due, _of_the_file(one))
            for one in told.rows
        ]
        told = tell(session, rows, told.ignored, settings)
        row.rows, row.counts = _packed(told), told.counts


def prune(session: Session, now: datetime) -> int:
    """Forget the tables that expired; return how many."""
    return int(session.execute(delete(HazardImport).where(HazardImport.expires_at <= now)).rowcount)  # type: ignore[attr-defined]


def _of_the_file(one: RowTold) -> Mapping[str, str]:
    """Return what is wrong with a row by itself, whatever hazards there are."""
    return {} if set(one.errors) == {"row"} else one.errors


def _row(session: Session, public_id: str, actor: str, now: datetime, *, lock: bool) -> HazardImport:
    query = select(HazardImport).where(
        HazardImport.public_id == public_id.replace("\x00", ""),
        HazardImport.account == actor,
        HazardImport.expires_at > now,
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise HazardNotFound("There is no such table waiting.")
    return row


def _packed(told: Told) -> bytes:
    plain = {"ignored": told.ignored, "rows": [vars(one) for one in told.rows]}
    return zlib.compress(json.dumps(plain, ensure_ascii=False, default=date.isoformat).encode(), 1)


def _unpacked(packed: bytes) -> Told:
    plain = json.loads(zlib.decompress(packed))
    return Told(
        tuple(
            RowTold(
                **one
                | {
                    "fate": Fate(one["fate"]),
                    "due": date.fromisoformat(one["due"]) if one["due"] else None,
                    "changes": tuple(one["changes"]),
                }
            )
            for one in plain["rows"]
        ),
        tuple(plain["ignored"]),
    )
