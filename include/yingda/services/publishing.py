"""Publishing (发布): a signed text on each channel, once, whatever fails; then a look at the page a reader sees.

A publication goes pending → sending → confirmed | unknown | failed, or superseded where a newer text takes its place.
The row says what is about to happen before it happens and what happened after it did. What a crash left in `sending`,
and what nobody can say of whether it arrived, is looked for on the channel before anything else happens to it.

A channel that is away holds nothing up: once residents can read the text somewhere and the rest only wait for their
next attempt, the incident goes on, and what waits is tried at the later steps.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import select

from yingda.domain import speech
from yingda.domain.clocks import ClockKind, Span
from yingda.domain.documents import StatementKind, sha256_of
from yingda.domain.life import CommitmentSource, DocumentKind, Outcome, PublicationState, Stage
from yingda.domain.signatures import Flaw
from yingda.domain.work_group import GroupEvent
from yingda.services import alerting, asking, clocking, closing, committing, signing, superseding, telling
from yingda.services.case import SYSTEM, Case
from yingda.store.models import Publication, Revision
from yingda.transports.outlet import Posted

LEASE = timedelta(seconds=60)
"""How long a sender may take before another settles what became of it."""

LOOKS_AT = (Stage.LIVE_CHECK, Stage.CLOSING, Stage.CLOSED)
"""Steps at which pages are looked at."""
SENDS_AT = (Stage.PUBLICATION, *LOOKS_AT)
"""Steps at which texts are sent: their own, and those at which what waits is still tried."""


def see_to_publications(case: Case) -> None:
    """Step `publication`: one row a channel; on to the live check once it is public and the rest only waits."""
    revision = asking.latest_revision(case, DocumentKind.STATEMENT)
    if revision is None:
        case.move(Stage.STATEMENT)
        return
    rows = of_revision(case, revision)
    there = {row.channel for row in rows}
    channels = [one for one in case.settings.channels.channels if one.drills or not case.incident.drill]
    some_public = any(channel.public for channel in channels)
    for channel in channels:
        if channel.id not in there:
            row = Publication(
                incident_id=case.incident.id,
                revision_id=revision.id,
                channel=channel.id,
                state=PublicationState.PENDING,
                public=channel.public or not some_public,
                created_at=case.now,
            )
            case.session.add(row)
            rows.append(row)
            case.record("publication_owed", channel=channel.id, sha256=revision.sha256)
    case.session.flush()
    superseding.supersede(case, revision)
    closing.see_to_press_conference(case)
    if any(row.state is PublicationState.CONFIRMED and row.public for row in rows) and not _going_on(case, rows):
        if case.incident.wanted_statement == revision.content["kind"]:
            case.incident.wanted_statement = case.incident.wanted_reason = None
        case.move(Stage.LIVE_CHECK)


def _going_on(case: Case, rows: Iterable[Publication]) -> bool:
    """Tell whether something is on its way, in doubt or to be sent now; what waits for its next attempt is not."""
    return any(
        row.state is PublicationState.SENDING
        or (row.state is PublicationState.PENDING and (row.next_at is None or row.next_at <= case.now))
        for row in rows
    )


def see_to_live_check(case: Case) -> None:
    """Step `live_check`: on to closing once the pages were seen live, and nothing is in doubt.

    Once a page that residents read was seen, another one that was looked for until the duty officer was told holds the
    incident up no more; it is looked at on and on.
    """
    revision = superseding.owed(case)
    rows = of_revision(case, revision) if revision is not None else []
    told = case.settings.policy.publication.tell_after
    seen = any(row.live_at is not None and row.public for row in rows)
    waits = any(_unseen(row) and not (seen and row.looks >= told) for row in rows)
    if not waits and not any(row.state is PublicationState.SENDING for row in rows):
        case.move(Stage.CLOSING)


def _unseen(row: Publication) -> bool:
    return row.state is PublicationState.CONFIRMED and row.live_at is None and row.url is not None


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
    """A publication claimed under a lease, with all that a transport needs to know.

    :param settles: it may be there already: it was begun before, and nobody knows what became of it
    :param earlier: what the channel has of an earlier text of the incident
    :param under_way: the channel's own name for what it has begun of this text, where it said so
    :param at: when it was claimed (UTC)
    """

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
    settles: bool = False
    earlier: Posted | None = None
    under_way: str | None = None


def claim_due(case: Case) -> list[Sending]:
    """Claim what is in doubt, and what is to be sent now, after checking the signatures under the very text to go.

    A text that lacks a signature the present severity asks for goes back to be signed; one that is not the text that
    was signed goes back to be written. Nothing of it is sent. Commit before sending.
    """
    claimed = [_claim(case, row, settles=True) for row in _orphans(case)]
    revision = superseding.owed(case) if case.incident.stage in SENDS_AT else None
    if revision is None:
        return claimed
    waiting = [
        row
        for row in of_revision(case, revision)
        if row.state is PublicationState.PENDING
        and (row.next_at is None or row.next_at <= case.now)
        and not superseding.waits_for_older(case, row)
    ]
    if waiting or case.incident.stage is Stage.PUBLICATION:
        flaws = signing.flaws_of(case, revision)
        if flaws:
            _refuse(case, revision, flaws)
            return claimed
    return claimed + [_claim(case, row, settles=False) for row in waiting]


def _orphans(case: Case) -> list[Publication]:
    """Return what is in doubt and due to be looked for; what surely was never sent is owed again."""
    sending = (Publication.incident_id == case.incident.id, Publication.state == PublicationState.SENDING)
    found = []
    for row in case.session.scalars(select(Publication).where(*sending).order_by(Publication.id)):
        if (row.lease_until is not None and row.lease_until > case.now) or (row.next_at and row.next_at > case.now):
            continue
        if row.sent_at is None:
            # Who claimed it notes that just before the wire, so nothing went out.
            _owe_again(case, row, "publication_not_there", never_sent=True)
        else:
            found.append(row)
    return found


def _claim(case: Case, row: Publication, *, settles: bool) -> Sending:
    revision = case.session.get_one(Revision, row.revision_id)
    row.state = PublicationState.SENDING
    row.lease = secrets.token_hex(16)
    row.lease_until = row.next_at = case.now + LEASE
    if settles:
        case.record("publication_looked_for", channel=row.channel, sha256=revision.sha256)
    else:
        row.sent_at = None
        _started(case, row, revision)
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
        settles=settles,
        earlier=superseding.earlier(case, row),
        under_way=row.reference,
    )


def _started(case: Case, row: Publication, revision: Revision) -> None:
    row.attempts += 1
    row.looks = 0
    case.record("publication_started", channel=row.channel, sha256=revision.sha256, attempt=row.attempts)


def _refuse(case: Case, revision: Revision, flaws: Sequence[Flaw]) -> None:
    case.record("publication_refused", sha256=revision.sha256, flaws=[[f.code, f.detail] for f in flaws])
    telling.notice(case, "publication_refused", revision.sha256[:16], flaws=[[f.code, f.detail] for f in flaws])
    if case.incident.stage is Stage.PUBLICATION:
        unsigned_only = all(flaw.code == "unsigned" for flaw in flaws)
        intact = sha256_of(revision.content) == revision.sha256
        case.move(Stage.STATEMENT_APPROVAL if unsigned_only and intact else Stage.STATEMENT)
        return
    for row in of_revision(case, revision):
        if row.state is PublicationState.PENDING:
            row.state, row.next_at = PublicationState.FAILED, None
            row.problem = speech.said("按现在的级别，签发不全或文本有变，未予发布。", case.settings.locale)
            case.record("publication_failed", channel=row.channel, problem=row.problem, permanent=True)


class Clearance(Enum):
    """What the last look before the wire says."""

    GO = "go"
    HELD_BACK = "held_back"
    LOST = "lost"


def clear(case: Case, sending: Sending) -> Clearance:
    """Look at step, severity and signatures once more, just before the wire; commit before sending.

    What may not go any more is owed again or refused; what is in doubt is left to be looked for. LOST: somebody else
    settles the row.
    """
    row = _held(case, sending)
    if row is None:
        return Clearance.LOST
    revision = superseding.owed(case) if case.incident.stage in SENDS_AT else None
    mine = revision is not None and revision.id == row.revision_id
    flaws = signing.flaws_of(case, revision) if mine and revision is not None else ()
    if mine and revision is not None and not flaws:
        row.sent_at, row.lease_until, row.next_at = case.now, case.now + LEASE, case.now + LEASE
        if sending.settles:
            _started(case, row, revision)
        return Clearance.GO
    if not sending.settles:
        _owe_again(case, row, "publication_held_back")
        if flaws and revision is not None:
            _refuse(case, revision, flaws)
    return Clearance.HELD_BACK


def _held(case: Case, sending: Sending) -> Publication | None:
    row = case.session.get(Publication, sending.publication_id, populate_existing=True)
    if row is None or row.lease != sending.lease or row.state is not PublicationState.SENDING:
        return None
    return row


def _owe_again(case: Case, row: Publication, event: str, **data: Any) -> None:
    """Note that a text is surely not there: it is owed again, now, or gives way to a newer one."""
    case.record(event, channel=row.channel, **data)
    if superseding.is_superseded(case, row):
        superseding.give_way(case, row)
    else:
        row.state, row.lease, row.lease_until, row.next_at = PublicationState.PENDING, None, None, case.now


def confirm(case: Case, sending: Sending, url: str | None, reference: str | None = None) -> None:
    """Note that the channel has it. A lease lost meanwhile changes nothing: whoever holds it settles the row."""
    row = _held(case, sending)
    if row is not None:
        row.reference = reference
        confirmed(case, row, url, SYSTEM)


def confirmed(case: Case, row: Publication, url: str | None, actor: str) -> None:
    """Note that a channel has a text, at `url` if it can be read there, and let follow what that brings.

    :param actor: who says so
    """
    revision = case.session.get_one(Revision, row.revision_id)
    row.state = PublicationState.CONFIRMED
    row.url, row.problem, row.lease, row.lease_until, row.next_at, row.looks = url, None, None, None, None, 0
    row.confirmed_at = case.now
    case.record("published", actor, channel=row.channel, url=url, sha256=revision.sha256)
    alerting.alert(case, GroupEvent.PUBLISHED, f"{row.id}", channel=row.channel)
    if row.public:
        case.incident.outcome = Outcome.PUBLISHED
        clocking.meet(case, ClockKind.PUBLIC_WORD, actor)
        clocking.meet(case, ClockKind.FURTHER_WORD, actor)
        _made_public(case, revision)


def put_off(case: Case, sending: Sending, problem: str, *, permanent: bool, pause: float | None = None) -> None:
    """Note that it did not go out: tried again later, or given up and told to the duty officer.

    :param pause: seconds that the channel asks to be left alone
    """
    row = _held(case, sending)
    if row is None:
        return
    row.lease, row.lease_until, row.problem = None, None, problem[:2000]
    case.record("publication_failed", channel=row.channel, problem=row.problem, permanent=permanent)
    if superseding.is_superseded(case, row):
        superseding.give_way(case, row)
        return
    if permanent:
        row.state, row.next_at = PublicationState.FAILED, None
    else:
        wanted = timedelta(seconds=min(pause or 0.0, LONGEST_PAUSE))
        row.state, row.next_at = PublicationState.PENDING, case.now + max(pause_after(case, row.attempts), wanted)
    if permanent or row.attempts >= case.settings.policy.publication.tell_after:
        _tell(case, row, given_up=permanent)


def under_way(case: Case, sending: Sending, reference: str) -> None:
    """Note that the channel has taken a text and not said yet what became of it; it is asked by `reference` later."""
    row = _held(case, sending)
    if row is not None and row.reference != reference:
        row.reference = reference
        case.record("publication_under_way", channel=row.channel)


def wait_for_turn(case: Case, sending: Sending, until: datetime) -> None:
    """Note that nothing was sent, since the channel may be spoken to only so often: it is sent at its next turn.

    It costs no attempt.

    :param until: when that is (UTC)
    """
    row = _held(case, sending)
    if row is None:
        return
    row.attempts -= 1
    _owe_again(case, row, "publication_waits", until=until.isoformat())
    if row.state is PublicationState.PENDING:
        row.next_at = until


LONGEST_PAUSE = 3600.0
"""Seconds for which a channel may ask to be left alone."""


def _tell(case: Case, row: Publication, *, given_up: bool) -> None:
    telling.notice(
        case,
        "publication_failed",
        f"{row.id}:{given_up}",
        channel=row.channel,
        problem=row.problem,
        given_up=given_up,
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


def look_later(case: Case, sending: Sending, problem: str) -> None:
    """Note that it cannot be told yet whether it went out: it is looked for again, and in time a person decides.

    Looking ends at three quarters of policy `publication.unknown_after`, so that the mail about it leaves in time.
    """
    row = _held(case, sending)
    if row is None:
        return
    patience = case.settings.policy.publication.unknown_after.elapsed or LEASE
    gives_up = (row.sent_at or case.now) + patience * 3 / 4
    if case.now >= gives_up:
        doubt(case, sending, problem)
        return
    row.looks += 1
    row.lease, row.lease_until, row.problem = None, None, problem[:2000]
    row.next_at = min(case.now + pause_after(case, row.looks), gives_up)
    case.record("publication_in_doubt", channel=row.channel, problem=row.problem, looks=row.looks)


def not_found(case: Case, sending: Sending, problem: str | None = None) -> None:
    """Note that the channel holds nothing of it: believed once nothing sent can still be on its way, then owed again.

    That is after half of policy `publication.unknown_after`: a server that is slow may put it there after we looked.

    :param problem: why it had to be looked for, if that is known
    """
    row = _held(case, sending)
    if row is None:
        return
    patience = case.settings.policy.publication.unknown_after.elapsed or LEASE
    if case.now < (row.sent_at or case.now) + patience / 2:
        look_later(case, sending, problem or row.problem or "")
        return
    row.problem = problem or row.problem
    _owe_again(case, row, "publication_not_there")
    if row.state is PublicationState.PENDING and row.attempts >= case.settings.policy.publication.tell_after:
        _tell(case, row, given_up=False)


def to_look_at(case: Case) -> list[tuple[int, str, dict[str, object]]]:
    """Return the publications whose page is to be looked at now: id, address and the text expected there."""
    revision = superseding.owed(case) if case.incident.stage in LOOKS_AT else None
    if revision is None:
        return []
    return [
        (row.id, row.url or "", revision.content)
        for row in of_revision(case, revision)
        if _unseen(row) and (row.next_at is None or row.next_at <= case.now)
    ]


def seen_live(case: Case, publication_id: int) -> None:
    """Note that the page a reader sees shows the text; it is looked at again later in the day."""
    row = case.session.get_one(Publication, publication_id, populate_existing=True)
    if row.live_at is None:
        row.live_at, row.next_at, row.problem, row.looks = case.now, None, None, 0
        if not superseding.is_superseded(case, row):
            row.look_at = next_look(case, row)
        case.record("seen_live", channel=row.channel, url=row.url)


def next_look(case: Case, row: Publication) -> datetime | None:
    """Return when a page that was seen live is looked at again by policy (UTC), None after the last time."""
    spans = (span.elapsed for span in case.settings.policy.publication.look_again)
    moments = (row.live_at + span for span in spans if row.live_at is not None and span is not None)
    return min((moment for moment in moments if moment > case.now), default=None)


def not_seen(case: Case, publication_id: int, problem: str) -> None:
    """Note that the page does not show the text; it is looked at again, and the duty officer told in time."""
    row = case.session.get_one(Publication, publication_id, populate_existing=True)
    if row.live_at is not None:
        return
    row.looks += 1
    row.problem = problem[:2000]
    row.next_at = case.now + pause_after(case, row.looks)
    case.record("not_seen_live", channel=row.channel, url=row.url, problem=row.problem, looks=row.looks)
    if row.looks >= case.settings.policy.publication.tell_after:
        telling.notice(case, "not_seen_live", f"{row.id}", channel=row.channel, problem=row.problem)


def next_moment(case: Case) -> datetime | None:
    """Return when a publication or a look is due next (UTC), None if no task of the incident waits for a moment.

    What was never tried is due now: it may have come to be owed after the step that sends it last looked.
    """
    stage = case.incident.stage
    if stage not in (Stage.PUBLICATION, Stage.LIVE_CHECK):
        return None
    revision = superseding.owed(case)
    waiting = list(
        case.session.scalars(
            select(Publication).where(
                Publication.incident_id == case.incident.id, Publication.state == PublicationState.SENDING
            )
        )
    )
    for row in of_revision(case, revision) if revision is not None else ():
        pending = row.state is PublicationState.PENDING and not superseding.waits_for_older(case, row)
        if pending or (stage is Stage.LIVE_CHECK and _unseen(row)):
            waiting.append(row)
    return min((row.next_at or case.now for row in waiting), default=None)


def pause_after(case: Case, attempt: int) -> timedelta:
    """Return how long to wait after an attempt, the first being 1 (policy `publication.pauses`)."""
    pauses: Sequence[Span] = case.settings.policy.publication.pauses
    pause = pauses[min(max(attempt, 1), len(pauses)) - 1].elapsed
    return pause if pause is not None else LEASE


def _made_public(case: Case, revision: Revision) -> None:
    """Let follow what a statement that is public now brings: what it promises is owed."""
    kind = StatementKind(revision.content["kind"])
    committing.promise(case, revision, CommitmentSource.STATEMENT, revision.content.get("commitments") or ())
    if kind is StatementKind.FINAL:
        committing.settle(case, "system")
