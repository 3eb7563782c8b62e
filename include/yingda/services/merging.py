"""Merging (并入): an incident goes on as part of another, until that is undone and everything is as it was.

1. The source closes as merged: its requests and clocks stop, its source links move to the target. What was promised to
   somebody outside stays asked for under its number.
2. The target takes over what was owed: the graver severity, and the earliest of each clock.
3. Undoing opens the very same requests again, so that links already mailed work, and lets the clocks run on from their
   original start; the target goes back to what it owes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.errors import FieldsRefused, IncidentNotFound, NotNow
from yingda.domain.life import Outcome, RequestState, SendState, Stage
from yingda.domain.shares import is_graver
from yingda.services import asking, clocking, committing, joining, moving, opening, passing, regrading, stocktaking
from yingda.services.case import Case, take_by_id
from yingda.services.joining import MERGED, UNMERGED
from yingda.settings import Settings
from yingda.store.models import Clock, Incident, Merge, OutboxMessage, Publication, Request, SourceLink


def merge(session: Session, number: str, into: str, reason: str, actor: str, settings: Settings, now: datetime) -> None:
    """Let an incident go on as part of another, in the caller's transaction.

    :param number: the source
    :param into: number of the target
    :raises IncidentNotFound: there is no source of this number
    :raises FieldsRefused: `into` is no other incident
    :raises NotNow: either cannot be merged where it stands; says what to do
    """
    into, reason = into.strip(), reason.strip()
    source_id = _id_of(session, number)
    into_id = session.scalar(select(Incident.id).where(Incident.number == into))
    if into_id is None or into_id == source_id:
        raise FieldsRefused({"into": _no_such_target(number, into, into_id is None, settings)})
    _hold_links(session, SourceLink.incident_id == source_id)
    source, target = _take_both(session, source_id, into_id, settings, now)
    _refuse_source(source)
    _refuse_target(source, target)
    stock = stocktaking.take_stock(target)
    share = stocktaking.share_of(source, stocktaking.running(source))
    aside = _put_aside(source, target, actor)
    source.record("merged", actor, other=into, reason=reason or None)
    source.incident.outcome, source.incident.closed_at = Outcome.MERGED, now
    source.move(Stage.CLOSED, actor)
    passing.leave_behind(source)
    target.record("took_in", actor, other=number, urgent=share.urgent, reason=reason or None)
    if is_graver(share.severity, target.incident.severity):
        regrading.regrade(target, share.severity, _because(source, reason), actor)
    target.incident.urgent |= share.urgent
    taken = joining.take_in(target, share, actor)
    moving.advance(target)
    row = Merge(incident_id=source_id, into_id=into_id, reason=reason, actor=actor, at=now, before={"source": aside})
    session.add(row)
    session.flush()
    stock.shares[row.id] = taken
    stocktaking.keep(target, stock, row)
    session.flush()


def unmerge(session: Session, number: str, reason: str, actor: str, settings: Settings, now: datetime) -> None:
    """Undo a merge, in the caller's transaction: the source is what it was, the target owes its own again.

    Where the target was closed meanwhile, it stays closed at the severity it was closed with.

    :param number: the source
    :raises IncidentNotFound: there is none of this number
    :raises NotNow: it is not merged, or its target is merged itself
    """
    reason = reason.strip()
    source_id = _id_of(session, number)
    row = session.scalars(select(Merge).where(Merge.incident_id == source_id, Merge.undone_at.is_(None))).one_or_none()
    if row is None:
        raise _not_merged(number, settings)
    _hold_links(session, SourceLink.id.in_(row.before["source"]["links"]))
    source, target = _take_both(session, source_id, row.into_id, settings, now)
    session.refresh(row)
    if row.undone_at is not None:
        # By somebody else while we waited for the locks.
        raise _not_merged(number, settings)
    _refuse_while_target_is_merged(source, target)
    stock = stocktaking.take_stock(target)
    del stock.shares[row.id]
    row.undone_at = now
    source.record("unmerged", actor, other=target.incident.number, reason=reason or None)
    target.record("unmerged", actor, other=number, reason=reason or None)
    _take_up(source, row.before["source"], actor)
    joining.settle(target, stock, _because(source, reason, undone=True), actor)
    moving.advance(source)
    moving.advance(target)
    stocktaking.keep(target, stock, row)
    session.flush()


def _id_of(session: Session, number: str) -> int:
    found = session.scalar(select(Incident.id).where(Incident.number == number))
    if found is None:
        raise IncidentNotFound(f"No incident has the number {number!r}. Numbers look like YQCZBG-2026-001.")
    return found


def _hold_links(session: Session, which: ColumnElement[bool]) -> None:
    """Let leads with these addresses wait until they know whom they join; before any incident is locked."""
    for url in session.scalars(select(SourceLink.url).where(which).order_by(SourceLink.url_key)).all():
        opening.hold_link(session, url)


def _take_both(session: Session, source_id: int, into_id: int, settings: Settings, now: datetime) -> tuple[Case, Case]:
    """Lock both in the order of their ids, so that of two merges that cross each other one waits for the other."""
    cases = {one: take_by_id(session, one, settings, now) for one in sorted((source_id, into_id))}
    return cases[source_id], cases[into_id]


def _refuse_source(source: Case) -> None:
    incident, number = source.incident, source.incident.number
    merged_into = passing.merged_into(source.session, incident.id)
    if merged_into is not None:
        raise source.not_now(
            "%(number)s 已并入 %(merged_into)s。要改并到别处，请先撤销并入。",
            number=number,
            merged_into=merged_into,
        )
    if incident.stage is Stage.CLOSED:
        raise source.not_now(
            "%(number)s 已办结，不能并入其他事件。请先重新办理。",
            number=number,
        )
    published = select(Publication.id).where(Publication.incident_id == incident.id).limit(1)
    if source.session.scalar(published) is not None:
        raise source.not_now(
            "%(number)s 的说明已经发布或正在发布，须保留原编号，不能并入其他事件。可以反过来把另"
            "一事件并入 %(number)s。",
            number=number,
        )


def _refuse_target(source: Case, target: Case) -> None:
    incident, into = target.incident, target.incident.number
    merged_into = passing.merged_into(target.session, incident.id)
    if merged_into is not None:
        raise source.not_now(
            "%(into)s 已并入 %(merged_into)s，请直接并入 %(merged_into)s。",
            into=into,
            merged_into=merged_into,
        )
    if incident.stage is Stage.CLOSED or incident.outcome in (Outcome.DISMISSED, Outcome.NO_PUBLICATION):
        raise source.not_now(
            "%(into)s 已办结，或已决定不予受理、不对外发布。请先重新办理 %(into)s，再并入。",
            into=into,
        )
    if incident.drill is not source.incident.drill:
        raise source.not_now(
            "%(number)s 与 %(into)s 一个是演练，一个不是，不能合并。",
            number=source.incident.number,
            into=into,
        )


def _refuse_while_target_is_merged(source: Case, target: Case) -> None:
    further = passing.merged_into(target.session, target.incident.id)
    if further is not None:
        number, into = source.incident.number, target.incident.number
        raise source.not_now(
            "%(number)s 并入的 %(into)s 又已并入 %(further)s。请先撤销 %(into)s 的并入。",
            number=number,
            into=into,
            further=further,
        )


def _put_aside(source: Case, target: Case, actor: str) -> dict[str, Any]:
    """Stop what is owed and asked of the source; return what it takes to put it back."""
    session, incident = source.session, source.incident
    requests = [one for one in asking.open_requests(source) if one.kind not in asking.PROMISED]
    about_them = select(OutboxMessage.id).where(OutboxMessage.request_id.in_([one.id for one in requests]))
    owed = list(session.scalars(about_them.where(OutboxMessage.state == SendState.PENDING)))
    for request in requests:
        asking.withdraw(source, request, MERGED, actor)
    void = select(OutboxMessage.id).where(OutboxMessage.id.in_(owed), OutboxMessage.state == SendState.VOID)
    clocks = stocktaking.running(source)
    for clock in clocks:
        clocking.drop(source, clock, MERGED, actor)
    links = session.scalars(select(SourceLink).where(SourceLink.incident_id == incident.id)).all()
    for link in links:
        link.incident_id = target.incident.id
    return {
        "stage": incident.stage.value,
        "outcome": incident.outcome.value if incident.outcome else None,
        "requests": [request.id for request in requests],
        "mails": list(session.scalars(void.order_by(OutboxMessage.id))),
        "clocks": [clock.id for clock in clocks],
        "links": [link.id for link in links],
        "active_links": [link.id for link in links if link.active],
    }


def _take_up(source: Case, before: Mapping[str, Any], actor: str) -> None:
    """Put the source back: same requests, same clocks, same links, same stage."""
    session, incident = source.session, source.incident
    incident.outcome = Outcome(before["outcome"]) if before["outcome"] else None
    incident.closed_at = None
    source.move(Stage(before["stage"]), actor)
    for clock in session.scalars(select(Clock).where(Clock.id.in_(before["clocks"])).order_by(Clock.id)):
        clocking.resume(source, clock, UNMERGED, actor)
        clocking.note_missed(source, clock)
    reopened = []
    for request in session.scalars(select(Request).where(Request.id.in_(before["requests"])).order_by(Request.id)):
        if source.now <= request.expires_at and not _is_settled(source, request):
            request.state, request.ended_at, request.ended_why = RequestState.OPEN, None, None
            reopened.append(request.id)
            source.record("request_reopened", actor, request=request.public_id, request_kind=request.kind.value)
    session.flush()
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(before["mails"]), OutboxMessage.state == SendState.VOID)
        .where(OutboxMessage.request_id.in_(reopened))
        .values(state=SendState.PENDING)
    )
    for link in session.scalars(select(SourceLink).where(SourceLink.id.in_(before["links"]))):
        link.incident_id = incident.id
        # The target may have closed, and another incident may have the address since.
        if link.id in before["active_links"] and not link.active:
            link.active = not passing.is_taken(session, link)


def _is_settled(source: Case, request: Request) -> bool:
    """Tell whether a request is about a promise that was answered while the incident was merged."""
    return committing.is_about(request) and committing.of_request(source, request) not in committing.owed(source)


def _because(source: Case, reason: str, *, undone: bool = False) -> str:
    """Return why the target's severity changes, in words that name the merge."""
    number = source.incident.number
    if source.settings.locale == "en":
        words = f"Merge of {number} undone" if undone else f"{number} was merged into it"
        return f"{words}: {reason}" if reason else words
    words = f"撤销 {number} 的并入" if undone else f"{number} 并入"
    return f"{words}：{reason}" if reason else words


def _no_such_target(number: str, into: str, unknown: bool, settings: Settings) -> str:
    if unknown:
        return speech.said("没有编号为“%(into)s”的事件，编号形如 YQCZBG-2026-001", settings.speaks, into=into)
    return speech.said("%(number)s 不能并入自身，请填另一事件的编号", settings.speaks, number=number)


def _not_merged(number: str, settings: Settings) -> NotNow:
    return NotNow(speech.said("%(number)s 没有并入其他事件，无可撤销。", settings.speaks, number=number))
