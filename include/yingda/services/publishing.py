"""Publishing (发布): a signed text on each channel, once, whatever fails; then a look at the page a reader sees.

A publication goes pending → sending → confirmed | unknown | failed. The row says what is about to happen before it
happens and what happened after it did; what a crash left in `sending` is claimed again when its lease is over.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from yingda.domain.clocks import ClockKind, Span
from yingda.domain.documents import StatementKind, sha256_of
from yingda.domain.life import CommitmentSource, DocumentKind, Outcome, PublicationState, Stage
from yingda.domain.work_group import GroupEvent
from yingda.services import alerting, asking, clocking, closing, committing, signing, telling
from yingda.services.case import SYSTEM, Case
from yingda.store.models import Publication, Revision

LEASE = timedelta(seconds=60)
"""How long a sender may take before another settles what became of it."""


def see_to_publications(case: Case) -> None:
    """Step `publication`: one row a channel; on to the live check once no row is still to be sent."""
    revision = asking.latest_revision(case, DocumentKind.STATEMENT)
    if revision is None:
        case.move(Stage.STATEMENT)
        return
    rows = of_revision(case, revision)
    there = {row.channel for row in rows}
    for channel in case.settings.channels.channels:
        if channel.id not in there:
            row = Publication(
                incident_id=case.incident.id,
                revision_id=revision.id,
                channel=channel.id,
                state=PublicationState.PENDING,
                created_at=case.now,
            )
            case.session.add(row)
            rows.append(row)
            case.record("publication_owed", channel=channel.id, sha256=revision.sha256)
    case.session.flush()
    closing.see_to_press_conference(case)
    states = {row.state for row in rows}
    if PublicationState.CONFIRMED in states and not states & {PublicationState.PENDING, PublicationState.SENDING}:
        if case.incident.wanted_statement == revision.content["kind"]:
            case.incident.wanted_statement = case.incident.wanted_reason = None
        case.move(Stage.LIVE_CHECK)


def see_to_live_check(case: Case) -> None:
    """Step `live_check`: on to closing once every confirmed publication was seen live."""
    revision = asking.latest_revision(case, DocumentKind.STATEMENT)
    rows = of_revision(case, revision) if revision is not None else []
    if all(row.live_at is not None for row in rows if row.state is PublicationState.CONFIRMED):
        case.move(Stage.CLOSING)


def of_revision(case: Case, revision: Revision) -> list[Publication]:
    """Return the publications of one text, in the order they were owed."""
    return list(
        case.session.scalars(select(Publication).where(Publication.revision_id == revision.id).order_by(Publication.id))
    )


@dataclass(frozen=True)
class Signer:
    """A signature as the public reads it."""

    role: str
    officer_id: str
    at: datetime


@dataclass(frozen=True)
class Sending:
    """A publication claimed under a lease, with all that a transport needs to know."""

    publication_id: int
    lease: str
    channel: str
    attempt: int
    incident_no: str
    unit_id: str | None
    topic: str | None
    drill: bool
    revision: int
    sha256: str
    content: dict[str, object]
    signers: Sequence[Signer]
    at: datetime


def claim_due(case: Case) -> list[Sending]:
    """Claim what is to be sent now, after checking the signatures under the very text about to go.

    A text that lacks a signature the present severity asks for goes back to be signed; one that is not the text that
    was signed goes back to be written. Nothing of it is sent. Commit before sending.
    """
    if case.incident.stage is not Stage.PUBLICATION:
        return []
    revision = asking.latest_revision(case, DocumentKind.STATEMENT)
    if revision is None:
        return []
    flaws = signing.flaws_of(case, revision)
    if flaws:
        case.record("publication_refused", sha256=revision.sha256, flaws=[[f.code, f.detail] for f in flaws])
        telling.notice(case, "publication_refused", revision.sha256[:16], flaws=[[f.code, f.detail] for f in flaws])
        unsigned_only = all(flaw.code == "unsigned" for flaw in flaws)
        intact = sha256_of(revision.content) == revision.sha256
        case.move(Stage.STATEMENT_APPROVAL if unsigned_only and intact else Stage.STATEMENT)
        return []
    claimed = []
    for row in of_revision(case, revision):
        waiting = row.state is PublicationState.PENDING and (row.next_at is None or row.next_at <= case.now)
        orphaned = row.state is PublicationState.SENDING and (row.lease_until is None or row.lease_until <= case.now)
        if waiting or orphaned:
            claimed.append(_claim(case, row, revision))
    return claimed


def _claim(case: Case, row: Publication, revision: Revision) -> Sending:
    row.state = PublicationState.SENDING
    row.lease = secrets.token_hex(16)
    row.lease_until = case.now + LEASE
    row.next_at = row.lease_until
    row.attempts += 1
    case.record("publication_started", channel=row.channel, sha256=revision.sha256, attempt=row.attempts)
    return Sending(
        publication_id=row.id,
        lease=row.lease,
        channel=row.channel,
        attempt=row.attempts,
        incident_no=case.incident.number,
        unit_id=case.incident.unit_id,
        topic=case.incident.topic.value if case.incident.topic else None,
        drill=case.incident.drill,
        revision=revision.number,
        sha256=revision.sha256,
        content=revision.content,
        signers=[
            Signer(signature.role.value, signature.signer_id, signature.at)
            for signature in asking.signers(case, revision)
        ],
        at=case.now,
    )


def _held(case: Case, sending: Sending) -> Publication | None:
    row = case.session.get(Publication, sending.publication_id, populate_existing=True)
    if row is None or row.lease != sending.lease or row.state is not PublicationState.SENDING:
        return None
    return row


def confirm(case: Case, sending: Sending, url: str) -> None:
    """Note that the channel has it. A lease lost meanwhile changes nothing: whoever holds it settles the row."""
    row = _held(case, sending)
    if row is not None:
        confirmed(case, row, url, SYSTEM)


def confirmed(case: Case, row: Publication, url: str, actor: str) -> None:
    """Note that a text is public at `url`, and let follow what that brings; `actor` is who says so."""
    revision = case.session.get_one(Revision, row.revision_id)
    row.state = PublicationState.CONFIRMED
    row.url, row.problem, row.lease, row.lease_until, row.next_at = url, None, None, None, None
    row.confirmed_at = case.now
    case.incident.outcome = Outcome.PUBLISHED
    case.record("published", actor, channel=row.channel, url=url, sha256=revision.sha256)
    alerting.alert(case, GroupEvent.PUBLISHED, f"{row.id}", channel=row.channel)
    clocking.meet(case, ClockKind.PUBLIC_WORD, actor)
    clocking.meet(case, ClockKind.FURTHER_WORD, actor)
    _made_public(case, revision)


def put_off(case: Case, sending: Sending, problem: str, *, permanent: bool) -> None:
    """Note that it did not go out: tried again later, or given up and told to the duty officer."""
    row = _held(case, sending)
    if row is None:
        return
    row.lease, row.lease_until, row.problem = None, None, problem[:2000]
    case.record("publication_failed", channel=row.channel, problem=row.problem, permanent=permanent)
    if permanent:
        row.state, row.next_at = PublicationState.FAILED, None
    else:
        row.state, row.next_at = PublicationState.PENDING, case.now + _pause(case, row.attempts)
    if permanent or row.attempts >= case.settings.policy.publication.tell_after:
        telling.notice(
            case,
            "publication_failed",
            f"{row.id}:{permanent}",
            channel=row.channel,
            problem=row.problem,
            given_up=permanent,
        )


def doubt(case: Case, sending: Sending, problem: str) -> None:
    """Note that nobody can say whether it went out: a person decides, we never send again by ourselves."""
    row = _held(case, sending)
    if row is None:
        return
    row.state = PublicationState.UNKNOWN
    row.lease, row.lease_until, row.next_at, row.problem = None, None, None, problem[:2000]
    case.record("publication_unknown", channel=row.channel, problem=row.problem)
    telling.notice(case, "publication_unknown", f"{row.id}", channel=row.channel, problem=row.problem)
    alerting.alert(case, GroupEvent.UNKNOWN, f"{row.id}:{case.incident.seq}", channel=row.channel)


def to_look_at(case: Case) -> list[tuple[int, str, dict[str, object]]]:
    """Return the publications whose page is to be looked at now: id, address and the text expected there."""
    if case.incident.stage is not Stage.LIVE_CHECK:
        return []
    revision = asking.latest_revision(case, DocumentKind.STATEMENT)
    if revision is None:
        return []
    return [
        (row.id, row.url or "", revision.content)
        for row in of_revision(case, revision)
        if row.state is PublicationState.CONFIRMED
        and row.live_at is None
        and (row.next_at is None or row.next_at <= case.now)
    ]


def seen_live(case: Case, publication_id: int) -> None:
    """Note that the page a reader sees shows the text."""
    row = case.session.get_one(Publication, publication_id, populate_existing=True)
    if row.live_at is None:
        row.live_at, row.next_at, row.problem = case.now, None, None
        case.record("seen_live", channel=row.channel, url=row.url)


def not_seen(case: Case, publication_id: int, problem: str) -> None:
    """Note that the page does not show the text; it is looked at again, and the duty officer told in time."""
    row = case.session.get_one(Publication, publication_id, populate_existing=True)
    if row.live_at is not None:
        return
    row.looks += 1
    row.problem = problem[:2000]
    row.next_at = case.now + _pause(case, row.looks)
    case.record("not_seen_live", channel=row.channel, url=row.url, problem=row.problem, looks=row.looks)
    if row.looks >= case.settings.policy.publication.tell_after:
        telling.notice(case, "not_seen_live", f"{row.id}", channel=row.channel, problem=row.problem)


def next_moment(case: Case) -> datetime | None:
    """Return when a publication or a look is due next (UTC), None if nothing waits for a moment.

    What was never tried is due now: it may have come to be owed after the step that sends it last looked.
    """
    if case.incident.stage not in (Stage.PUBLICATION, Stage.LIVE_CHECK):
        return None
    revision = asking.latest_revision(case, DocumentKind.STATEMENT)
    rows = of_revision(case, revision) if revision is not None else []
    waiting = [
        row
        for row in rows
        if row.state in (PublicationState.PENDING, PublicationState.SENDING)
        or (row.state is PublicationState.CONFIRMED and row.live_at is None)
    ]
    return min((row.next_at or case.now for row in waiting), default=None)


def _pause(case: Case, attempt: int) -> timedelta:
    pauses: Sequence[Span] = case.settings.policy.publication.pauses
    pause = pauses[min(attempt, len(pauses)) - 1].elapsed
    return pause if pause is not None else LEASE


def _made_public(case: Case, revision: Revision) -> None:
    """Let follow what a statement that is public now brings: what it promises is owed."""
    kind = StatementKind(revision.content["kind"])
    committing.promise(case, revision, CommitmentSource.STATEMENT, revision.content.get("commitments") or ())
    if kind is StatementKind.FINAL:
        committing.settle(case, "system")
