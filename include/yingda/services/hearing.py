"""Hearing: what the public says of a statement, and whether that is reason to take the matter up again.

Nobody knows who voted. A ballot is a random token that the page of a statement hands out; one ballot is one vote, and
whoever still has it may change it. Votes that say "not solved" ask the duty officer whether to reopen (policy key
`feedback`); they decide nothing by themselves, and a reader never learns how others voted.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from yingda.domain.clocks import due
from yingda.domain.documents import StatementKind
from yingda.domain.errors import LinkExpired, LinkForged
from yingda.domain.feedback import Reason, Vote, label
from yingda.domain.forms import KeepClosed, ReopenAfterFeedback
from yingda.domain.life import Outcome, PublicationState, RequestKind, RequestState, Stage
from yingda.services import asking, passing, published, tokens
from yingda.services.case import Case
from yingda.settings import Settings
from yingda.store.models import Feedback, Incident, Publication, Request

BALLOT_HOLDS = timedelta(days=7)
MOST_AN_HOUR = 300
"""Votes on one incident; more are no voices of readers."""

_PURPOSE = "yingda.desk.ballot"
_NOT_HERE = (Outcome.DISMISSED, Outcome.MERGED)


@dataclass(frozen=True)
class Matter:
    """What can be voted on: the statement that is public now."""

    incident_no: str
    title: str
    sha256: str
    url: str | None


@dataclass(frozen=True)
class FeedbackSeen:
    """What was said of the statement that is public now; the newest words first."""

    solved: int
    not_solved: int
    reasons: tuple[tuple[str, int], ...]
    words: tuple[tuple[datetime, str], ...]


def matter(session: Session, number: str) -> Matter | None:
    """Return what can be voted on in an incident: a statement that says how it ended.

    None where nothing is public, or only an interim word or a withdrawal; in drills; where the number is unknown.
    """
    incident = session.scalars(select(Incident).where(Incident.number == number.replace("\x00", "?"))).one_or_none()
    if incident is None or incident.drill or incident.outcome in _NOT_HERE:
        return None
    public = published.newest(session, incident.id)
    if public is None or published.standing_kind(session, incident.id) is not StatementKind.FINAL:
        return None
    url = session.scalar(
        select(Publication.url)
        .where(
            Publication.revision_id == public.revision.id,
            Publication.state == PublicationState.CONFIRMED,
            Publication.public,
            Publication.url.is_not(None),
        )
        .order_by(Publication.id)
        .limit(1)
    )
    return Matter(incident.number, public.title, public.revision.sha256, url)


def ballot(house: Settings, about: Matter, now: datetime) -> str:
    """Return a new ballot for a statement; it is kept nowhere, and names nobody."""
    ends = int((now + BALLOT_HOLDS).timestamp())
    given = {"i": about.incident_no, "v": about.sha256, "n": secrets.token_urlsafe(12), "e": ends}
    return str(tokens.signer(house, _PURPOSE).dumps(given))


def read(house: Settings, given: str, number: str, now: datetime) -> str:
    """Return the SHA-256 of the statement that a ballot is about.

    :raises LinkForged: no ballot of ours, or one of another incident
    :raises LinkExpired: its time is over
    """
    from itsdangerous import BadData

    signer = tokens.signer(house, _PURPOSE)
    try:
        claims = signer.loads(given)
        if claims["i"] != number or signer.dumps(claims) != given:
            raise BadData("not as we wrote it")
        about, ends = str(claims["v"]), datetime.fromtimestamp(int(claims["e"]), UTC)
    except (BadData, KeyError, TypeError, ValueError, UnicodeError):
        raise LinkForged("No such ballot.") from None
    if now > ends:
        raise LinkExpired("The ballot has expired.")
    return about


def vote(case: Case, given_ballot: str, vote: Vote) -> None:
    """Count a vote; the same ballot again takes the place of what it said before.

    :raises LinkForged, LinkExpired: see `read`
    :raises NotNow: there are more votes than readers can cast
    """
    about = read(case.settings, given_ballot, case.incident.number, case.now)
    lately = case.session.scalar(
        select(func.count()).where(
            Feedback.incident_id == case.incident.id, Feedback.at > case.now - timedelta(hours=1)
        )
    )
    if (lately or 0) >= MOST_AN_HOUR:
        raise case.not_now("反馈过多，请一小时后再提交。")
    said: dict[str, Any] = {
        "statement_sha256": about,
        "solved": vote.solved,
        "reasons": [] if vote.solved else [one.value for one in dict.fromkeys(vote.reasons)],
        "words": vote.words,
        "at": case.now,
    }
    token = hashlib.sha256(given_ballot.encode()).hexdigest()
    row = insert(Feedback).values(incident_id=case.incident.id, token_sha256=token, **said)
    case.session.execute(row.on_conflict_do_update(index_elements=["incident_id", "token_sha256"], set_=said))


def see_to_feedback(case: Case) -> None:
    """Ask the duty officer whether to reopen, once enough of what came in since they were last asked says "not solved".

    Only of an incident that rests, and only about the statement that is public now.
    """
    incident, rule = case.incident, case.settings.policy.feedback
    standing = asking.open_request(case, RequestKind.FEEDBACK)
    if standing is not None:
        asking.ask(case, RequestKind.FEEDBACK, due_at=standing.due_at)
        return
    if incident.drill or incident.outcome in _NOT_HERE or not incident.stage.is_past(Stage.LIVE_CHECK):
        return
    public = published.newest(case.session, incident.id)
    last = _last_asked(case)
    if public is None:
        return
    if last is not None and case.now < due(rule.at_most_every, last.opened_at, case.settings.calendar):
        return
    since = last.ended_at or last.opened_at if last is not None else None
    query = select(func.count()).where(
        Feedback.incident_id == incident.id,
        Feedback.solved.is_(False),
        Feedback.statement_sha256 == public.revision.sha256,
    )
    if since is not None:
        query = query.where(Feedback.at > since)
    if (case.session.scalar(query) or 0) >= rule.ask_after:
        until = due(rule.answer_within, case.now, case.settings.calendar)
        asking.ask(case, RequestKind.FEEDBACK, due_at=until)


def reopened(case: Case, request: Request, answer: ReopenAfterFeedback, actor: str) -> None:
    """The duty officer takes the incident up again."""
    passing.reopen(case, answer.stage, answer.reason, actor)


def kept_closed(case: Case, request: Request, answer: KeepClosed, actor: str) -> None:
    """The duty officer lets it rest; why stands in the decision."""
    case.record("feedback_left", actor, reason=answer.reason)


def seen(session: Session, incident: Incident, locale: str, *, words: int = 20) -> FeedbackSeen | None:
    """Return what was said of the statement that is public now, None where nothing was."""
    public = published.newest(session, incident.id)
    if public is None:
        return None
    votes = session.scalars(
        select(Feedback)
        .where(Feedback.incident_id == incident.id, Feedback.statement_sha256 == public.revision.sha256)
        .order_by(Feedback.at.desc(), Feedback.id.desc())
    ).all()
    if not votes:
        return None
    told = [Reason(reason) for one in votes if not one.solved for reason in one.reasons]
    return FeedbackSeen(
        solved=sum(one.solved for one in votes),
        not_solved=sum(not one.solved for one in votes),
        reasons=_counted(told, locale),
        words=tuple((one.at, one.words) for one in votes if one.words)[:words],
    )


def _counted(told: Iterable[Reason], locale: str) -> tuple[tuple[str, int], ...]:
    told = list(told)
    return tuple((label(reason, locale), told.count(reason)) for reason in Reason if reason in told)


def _last_asked(case: Case) -> Request | None:
    """Return the newest request that somebody could answer: not one that was taken back."""
    return case.session.scalars(
        select(Request)
        .where(
            Request.incident_id == case.incident.id,
            Request.kind == RequestKind.FEEDBACK,
            Request.state != RequestState.WITHDRAWN,
        )
        .order_by(Request.id.desc())
    ).first()
