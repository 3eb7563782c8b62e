"""Sending codes: one is made, committed, sent while its officer waits, and marked. It is kept nowhere on the way.

No transaction is open while the outside world is spoken to. Whoever dies in between leaves a code of which nobody knows
whether it went out; it can be used if it did, and the page offers another.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain import speech
from yingda.domain.errors import AnsweredAlready, CodeNotSent, FieldsRefused, LinkForged, TooManyCodes
from yingda.domain.forms import CODE
from yingda.domain.second_channel import SecondChannel, SecondKind
from yingda.services import answering, confirming, signing
from yingda.services.answering import Claims
from yingda.services.case import Case, take_by_id
from yingda.settings import Settings
from yingda.store.models import Request, Revision, SigningCode
from yingda.transports.errors import TransportError
from yingda.transports.messenger import Messenger

Transaction = Callable[[], AbstractContextManager[Session]]

HOUR = timedelta(hours=1)
FAILURES = 4
"""So many times the codes of an hour may be made where they do not go out; they reach nobody, but cost the channel."""


@dataclass(frozen=True)
class CodeSent:
    """A code that went out, or may have.

    :param sent_to: masked
    :param expires_at: UTC
    :param problem: why nobody can say whether it went out
    """

    incident_no: str
    channel: SecondKind
    sent_to: str
    expires_at: datetime
    problem: str | None = None


@dataclass(frozen=True)
class _Made:
    code_id: int
    incident_id: int
    incident_no: str
    channel: SecondChannel
    expires_at: datetime
    key: str
    text: str = field(repr=False)


def send(
    transaction: Transaction,
    claims: Claims,
    settings: Settings,
    clock: Callable[[], datetime],
    messenger: Callable[[SecondKind], Messenger],
) -> CodeSent:
    """Send the officer of a link a new code; the one before holds no more.

    :param messenger: gives the channel of a kind
    :raises TooManyCodes: enough were sent within an hour
    :raises CodeNotSent: it surely did not go out; it is void
    :raises FieldsRefused: no code is needed, or there is nowhere to send one to
    :raises AnsweredAlready: nothing is left to be signed
    :raises NotYours: the author of the text, or a signer of another stage
    :raises LinkForged, LinkExpired, TextChanged, RequestEnded: see `answering.look`
    """
    with transaction() as session:
        made = _make(session, claims, settings, clock())
    problem: TransportError | None = None
    try:
        messenger(made.channel.kind).send(made.channel.address, made.text, made.key)
    except TransportError as failed:
        problem = failed
    except Exception as broken:
        # Messages of others' errors may hold number or text.
        problem = TransportError(f"The channel cannot be used: {type(broken).__name__}.")
    with transaction() as session:
        _mark(take_by_id(session, made.incident_id, settings, clock()), claims, made, problem)
    if problem is not None and not problem.uncertain:
        raise CodeNotSent(problem.message)
    return CodeSent(
        incident_no=made.incident_no,
        channel=made.channel.kind,
        sent_to=made.channel.masked,
        expires_at=made.expires_at,
        problem=problem.message if problem is not None else None,
    )


def _make(session: Session, claims: Claims, settings: Settings, now: datetime) -> _Made:
    incident_id = session.scalar(select(Request.incident_id).where(Request.public_id == claims.request_id))
    if incident_id is None:
        raise LinkForged("No such request.")
    case = take_by_id(session, incident_id, settings, now)
    asked = answering.look(session, claims, now)
    request, rule = asked.request, settings.policy.second_factor
    if asked.decision is not None:
        raise AnsweredAlready(asked.decision.officer_id, asked.decision.action, asked.decision.at)
    channel = confirming.channel_of(claims.officer_id, settings)
    if channel is None or not confirming.is_asked(request.kind, case.incident, settings):
        said = speech.said("这里不需要验证码", settings.speaks)
        raise FieldsRefused({CODE: said})
    signing.refuse_if_involved(case, session.get_one(Revision, request.revision_id), claims.officer_id)
    _not_too_many(case, request, claims.officer_id)
    for old in _of(session, request, claims.officer_id):
        if old.voided_at is None and old.used_at is None:
            confirming.void(old, confirming.REPLACED, now)
    session.flush()
    code = f"{secrets.randbelow(10**rule.digits):0{rule.digits}}"
    salt = secrets.token_hex(16)
    row = SigningCode(
        request_id=request.id,
        officer_id=claims.officer_id,
        channel=channel.kind,
        sent_to=channel.masked,
        salt=salt,
        proof=confirming.proof(settings, salt, request, claims.officer_id, code),
        made_at=now,
        expires_at=now + _elapsed(rule.valid_for.elapsed),
        tries_left=rule.tries,
    )
    session.add(row)
    session.flush()
    return _Made(
        code_id=row.id,
        incident_id=incident_id,
        incident_no=case.incident.number,
        channel=channel,
        expires_at=row.expires_at,
        key=f"{request.public_id}-{row.id}",
        text=rendering.render(
            f"code/text{'.en' if settings.locale == 'en' else ''}.txt.j2",
            settings.locale,
            office=settings.roster.office,
            number=case.incident.number,
            drill=case.incident.drill,
            code=code,
            until=rendering.local(row.expires_at)[11:],
        ).strip(),
    )


def _mark(case: Case, claims: Claims, made: _Made, problem: TransportError | None) -> None:
    row = case.session.get_one(SigningCode, made.code_id, populate_existing=True)
    facts = {"request": claims.request_id, "second_channel": made.channel.kind.value}
    if problem is None:
        row.sent_at = case.now
        case.record("code_sent", claims.officer_id, **facts)
        return
    row.problem = problem.message[:2000]
    if not problem.uncertain and row.used_at is None and row.voided_at is None:
        confirming.void(row, confirming.NOT_SENT, case.now)
    case.record("code_not_sent", claims.officer_id, problem=row.problem, **facts)


def _not_too_many(case: Case, request: Request, officer_id: str) -> None:
    most = case.settings.policy.second_factor.codes_an_hour
    lately = [row for row in _of(case.session, request, officer_id) if row.made_at > case.now - HOUR]
    went_out = [row for row in lately if row.voided_why != confirming.NOT_SENT]
    for rows, limit in ((went_out, most), (lately, most * FAILURES)):
        if len(rows) >= limit:
            raise TooManyCodes(rows[-limit].made_at + HOUR)


def _of(session: Session, request: Request, officer_id: str) -> list[SigningCode]:
    """Return the codes of an officer for a request, the oldest first."""
    return list(
        session.scalars(
            select(SigningCode)
            .where(SigningCode.request_id == request.id, SigningCode.officer_id == officer_id)
            .order_by(SigningCode.id)
            .execution_options(populate_existing=True)
        )
    )


def _elapsed(span: timedelta | None) -> timedelta:
    assert span is not None  # noqa: S101 - policy takes none that counts working days
    return span
