"""Turns of robots, counted in the database: over all processes and threads, and over every restart."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from yingda.domain.pace import Pace, next_turn
from yingda.store.models import RobotPace


def take_turn(session: Session, pace: Pace, *, now: datetime) -> datetime | None:
    """Take a turn to speak now, and return None; or return when the next one may be had (UTC), and take none.

    Whoever asks waits for the lock of that robot only. Commit before speaking: a turn that was taken and not used is
    lost, which is harmless.
    """
    session.execute(insert(RobotPace).values(key=pace.key, turns=[]).on_conflict_do_nothing())
    row = session.scalars(
        select(RobotPace).where(RobotPace.key == pace.key).with_for_update().execution_options(populate_existing=True)
    ).one()
    moment = next_turn(row.turns, pace.limits, now)
    if row.held_until is not None:
        moment = max(moment, row.held_until)
    if moment > now:
        return moment
    most = max((limit.times for limit in pace.limits), default=1)
    row.turns = sorted([*row.turns, now])[-most:]
    session.flush()
    return None


def hold(session: Session, pace: Pace, *, until: datetime) -> None:
    """Leave a robot alone until a moment (UTC); one that is later already stays."""
    session.execute(
        update(RobotPace)
        .where(RobotPace.key == pace.key)
        .values(held_until=func.greatest(until, func.coalesce(RobotPace.held_until, until)))
    )
