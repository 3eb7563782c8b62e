"""Linked: what a personal link may see and do; the pages and the JSON both come here."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from yingda import wiring
from yingda.domain.errors import YingdaError
from yingda.services import answering, briefing, keeping, lettering, linking
from yingda.services.answering import Claims
from yingda.services.briefing import Brief, Decided
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

    :raises AnsweredAlready, FieldsRefused, NotYours: see `answering.answer`
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
        decision = answering.answer(session, claims, body, house, now)
        request = session.get_one(Request, decision.request_id)
        incident = session.get_one(Incident, request.incident_id)
        return briefing.decided(decision, incident, house)


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


def who_answered(claims: Claims, house: Settings) -> briefing.Who | None:
    """Return who gave the answer that a request got."""
    with wiring.reading() as session:
        return briefing.who_answered(session, claims.request_id, house)


def who_changed(claims: Claims, house: Settings) -> briefing.Who | None:
    """Return who wrote the newer text, None where there is none."""
    with wiring.reading() as session:
        return briefing.who_changed(session, claims.request_id, house)


def deliver(incident_no: str) -> None:
    """Send what the answer owes, write the letters it approved; runs after the reply. What fails is tried again."""
    _write_letters(incident_no)
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


def _write_letters(incident_no: str) -> None:
    try:
        problems = lettering.write_letters(wiring.transaction, wiring.settings(), incident_no)
    except Exception as problem:
        log.error("Letters of %s are still to be written: %s", incident_no, type(problem).__name__)
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
