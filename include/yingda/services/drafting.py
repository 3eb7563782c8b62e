"""Drafting: what the next statement must be, where that was decided, and what its draft begins with.

Everything here only reads. Moments are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain.calendar import shanghai_date
from yingda.domain.documents import StatementKind
from yingda.services import published
from yingda.services.published import Published
from yingda.settings import Settings
from yingda.store.models import Commitment, Incident

TITLE = 200
"""Longest title of a statement, in characters."""


_TAKES_BACK = (StatementKind.CORRECTION, StatementKind.WITHDRAWAL)


@dataclass(frozen=True)
class NextStatement:
    """What the next statement of an incident may be, and what its draft begins with.

    :param kinds: what it may be; only one where that was decided
    :param reason: why it must be that, as whoever decided it wrote it; None where nobody had to give a reason
    :param about: title of the public statement that it corrects or withdraws
    :param about_at: since when that is public
    :param begins: what stands in the draft before anybody typed, by field of its form
    """

    kinds: tuple[StatementKind, ...]
    reason: str | None
    about: str | None
    about_at: datetime | None
    begins: dict[str, Any]

    @property
    def wanted(self) -> StatementKind | None:
        """Return the kind it must be, None where the drafter chooses."""
        return self.kinds[0] if len(self.kinds) == 1 else None


def next_statement(session: Session, incident: Incident, asked_at: datetime, house: Settings) -> NextStatement:
    """Return what the next statement of an incident may be.

    :param asked_at: when the drafter was asked; what was promised for an earlier day is not promised again
    """
    kind, reason = incident.wanted_statement, incident.wanted_reason
    standing = published.newest(session, incident.id)
    if kind is None:
        free = (StatementKind.FINAL, StatementKind.HOLDING)
        return NextStatement((*free, StatementKind.CORRECTION) if standing else free, None, None, None, {})
    begins: dict[str, Any] = {"kind": kind.value}
    if kind not in _TAKES_BACK or standing is None:
        return NextStatement((kind,), reason, None, None, begins)
    if kind is StatementKind.CORRECTION:
        begins |= {
            "title": standing.title,
            "body": standing.revision.content["body"],
            "commitments": _still_promised(session, standing, asked_at),
        }
    else:
        begins |= _withdrawal(standing, reason or "", house)
    return NextStatement((kind,), reason, standing.title, standing.at, begins)


def _still_promised(session: Session, wrong: Published, asked_at: datetime) -> list[dict[str, str]]:
    """Return what a statement promised and still owes, as its form takes it, each for the day that holds now."""
    owed = session.scalars(
        select(Commitment)
        .where(
            Commitment.revision_id == wrong.revision.id,
            Commitment.met_at.is_(None),
            Commitment.ended_at.is_(None),
            Commitment.due_at > asked_at,
        )
        .order_by(Commitment.position)
    )
    return [{"text": one.text, "unit": one.unit_id, "due": one.due_at.isoformat()} for one in owed]


def _withdrawal(wrong: Published, reason: str, house: Settings) -> dict[str, str]:
    """Return title and body of a withdrawal: what was said when, that it holds no more, and why."""
    office, day = house.roster.office, shanghai_date(wrong.at)
    if house.locale == "en":
        title = _around("Withdrawal of “{}”", wrong.title)
        body = (
            f"On {day.isoformat()} {office.name_en} published the statement “{wrong.title}”. It is withdrawn and"
            f" holds no more.\n\nReason: {reason}"
        )
    else:
        # A title inside a title has single marks.
        inner = wrong.title.replace("《", "〈").replace("》", "〉")
        title = _around("关于撤回《{}》的说明", inner)
        body = (
            f"{office.name}于{day.year}年{day.month}月{day.day}日发布的《{inner}》，现予撤回，不再有效。\n\n"
            f"撤回原因：{reason}"
        )
    return {"title": title, "body": body}


def _around(words: str, title: str) -> str:
    """Put a title into words, shortened where the whole would be too long for a title."""
    room = TITLE - len(words.format(""))
    return words.format(title if len(title) <= room else title[: room - 1] + "…")
