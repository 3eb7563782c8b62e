"""Linked: what a personal link may see and do; the pages and the JSON both come here."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from yingda import wiring
from yingda.domain.errors import CodeRefused, YingdaError
from yingda.services import answering, briefing, examining, keeping, lettering, linking, papering, sending_codes
from yingda.services.answering import Claims
from yingda.services.briefing import Brief, Decided
from yingda.services.examining import FindingSeen
from yingda.services.sending_codes import CodeSent
from yingda.settings import Settings

if TYPE_CHECKING:
    pass

log = logging.getLogger(__name__)

_FORM = b"yingda.desk.form:"
_TRY_AGAIN = {"40001", "40P01"}  # serialization failure, deadlock


@dataclass(frozen=True)
class Kept:
    """A draft: fields by name as the page sent them, and since when (UTC) they are kept."""

    typed: Mapping[str, str]
    at: datetime


def see(token: str, house: Settings, now: datetime) -> tuple[Claims, Brief]:
    """Return what a link is about, changing nothing.

    :raises LinkForged, LinkExpired, TextChanged, RequestEnded: see `answering.look`
    """
    claims = linking.read(house, token, now)
    with wiring.reading() as session:
        asked = answering.look(session, claims, now)
        return claims, briefing.brief(session, asked, claims.officer_id, house)


def take(token: str, body: Mapping[str, Any], house: Settings, now: datetime) -> Decided:
    """Take an answer; when this returns, it is committed.

    A race that the database stops, or a deadlock, is tried once more: then whoever came first is known.

    :raises AnsweredAlready, FieldsRefused, CodeRefused, NotYours: see `answering.answer`
    :raises LinkForged, LinkExpired, TextChanged, RequestEnded: see `answering.look`
    """
    from sqlalchemy.exc import DBAPIError, IntegrityError

    claims = linking.read(house, token, now)
    try:
        return _commit(claims, body, house, now)
    except DBAPIError as stopped:
        if not isinstance(stopped, IntegrityError) and getattr(stopped.orig, "pgcode", None) not in _TRY_AGAIN:
            raise
    return _commit(claims, body, house, now)


def _commit(claims: Claims, body: Mapping[str, Any], house: Settings, now: datetime) -> Decided:
    from yingda.store.models import Incident, Request

    with wiring.transaction() as session:
        try:
            decision = answering.answer(session, claims, body, house, now)
        except CodeRefused as refused:
            # Committed: the try counts.
            wrong = refused
        else:
            request = session.get_one(Request, decision.request_id)
            incident = session.get_one(Incident, request.incident_id)
            return briefing.decided(decision, incident, house)
    raise wrong


def send_code(token: str, house: Settings, now: datetime) -> CodeSent:
    """Send the officer of a link the code that they need to sign.

    :raises TooManyCodes, CodeNotSent, FieldsRefused, AnsweredAlready, NotYours: see `sending_codes.send`
    :raises LinkForged, LinkExpired, TextChanged, RequestEnded: see `answering.look`
    """
    claims = linking.read(house, token, now)
    return sending_codes.send(wiring.transaction, claims, house, wiring.utcnow, wiring.messenger)


def keep(token: str, typed: Mapping[str, str], house: Settings, now: datetime) -> bool:
    """Keep what was typed on the page of a link and not sent; False if its request is not open any more.

    :raises LinkForged, LinkExpired, TextChanged, RequestEnded: see `answering.look`
    """
    claims = linking.read(house, token, now)
    with wiring.transaction() as session:
        answering.look(session, claims, now)
        return keeping.keep(session, claims, typed, now)


def kept(claims: Claims) -> Kept | None:
    """Return what was typed on the page of a link and not sent, None if nothing was."""
    with wiring.reading() as session:
        draft = keeping.kept(session, claims)
        return Kept(draft.given, draft.at) if draft is not None else None


def examined(brief: Brief, typed: Mapping[str, Any], house: Settings, now: datetime) -> tuple[FindingSeen, ...]:
    """Return what is found in a statement as it stands typed on its drafter's page."""
    from sqlalchemy import select

    from yingda.store.models import Incident

    with wiring.reading() as session:
        incident = session.scalars(select(Incident).where(Incident.number == brief.incident_no)).one()
        return examining.of_draft(session, incident, typed, house, now)


def who_answered(claims: Claims, house: Settings) -> briefing.Who | None:
    """Return who gave the answer that a request got."""
    with wiring.reading() as session:
        return briefing.who_answered(session, claims.request_id, house)


def who_changed(claims: Claims, house: Settings) -> briefing.Who | None:
    """Return who wrote the newer text, None where there is none."""
    with wiring.reading() as session:
        return briefing.who_changed(session, claims.request_id, house)


def deliver(incident_no: str) -> None:
    """Send what the answer owes, write the papers that follow from it; runs after the reply.

    What fails is tried again, by `follow_up` if by nobody else.
    """
    _write("Letters", incident_no, lambda: lettering.write_letters(wiring.transaction, wiring.settings(), incident_no))
    _write(
        "The report form",
        incident_no,
        lambda: papering.write_reports(wiring.transaction, wiring.settings(), wiring.utcnow(), incident_no),
    )
    _hand_over(incident_no)


def deliver_all() -> None:
    """Send whatever is owed now, also what belongs to no incident; runs after the reply."""
    _hand_over(None)


def look_again(publication_id: int) -> None:
    """Look now at a public page that does not show the text, or not any more; runs after the reply.

    What goes wrong is tried again by `follow_up`.
    """
    from yingda.services import sending

    try:
        sending.look_again(wiring.transaction, publication_id, wiring.settings(), wiring.utcnow)
    except Exception as problem:
        log.error("Publication %s could not be looked at again: %s", publication_id, type(problem).__name__)


def _hand_over(incident_no: str | None) -> None:
    try:
        wiring.courier().deliver(incident_no)
    except Exception as problem:
        # Messages of others' errors may hold an address with its password; ours never do.
        said = str(problem) if isinstance(problem, YingdaError) else ""
        log.error("Mail for %s stays owed: %s %s", incident_no or "the office", type(problem).__name__, said)


def _write(what: str, incident_no: str, write: Callable[[], list[str]]) -> None:
    try:
        problems = write()
    except Exception as problem:
        log.error("%s of %s: still to be written: %s", what, incident_no, type(problem).__name__)
    else:
        for said in problems:
            log.error("%s", said)


def form_token(token: str, house: Settings) -> str:
    """Return what a form must send along to show that it comes from the page of this link."""
    key = (house.link_key or "").encode()
    return hmac.new(key, _FORM + token.encode(errors="replace"), hashlib.sha256).hexdigest()


def is_form_token(given: str, token: str, house: Settings) -> bool:
    """Tell whether a form came from the page of this link."""
    return hmac.compare_digest(given.encode(errors="replace"), form_token(token, house).encode())
