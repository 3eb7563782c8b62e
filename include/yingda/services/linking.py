"""Links: signed, expiring, bound to one request, one officer and one text. Nothing about them is stored."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from yingda.domain.errors import LinkExpired, LinkForged, UnknownOfficer
from yingda.services import tokens
from yingda.services.answering import Claims
from yingda.settings import Settings
from yingda.store.models import Request

_PURPOSE = "yingda.desk.link"


def token(settings: Settings, request: Request, officer_id: str) -> str:
    """Return the token by which this officer may answer this request until it expires; always the same one."""
    claims = {
        "r": request.public_id,
        "o": officer_id,
        "v": request.revision_sha256,
        "e": int(request.expires_at.timestamp()),
    }
    return str(tokens.signer(settings, _PURPOSE).dumps(claims))


def link(settings: Settings, request: Request, officer_id: str) -> str:
    """Return the address that goes into a mail."""
    return f"{settings.public_url}/desk/r?token={quote(token(settings, request, officer_id))}"


def read(settings: Settings, given: str, now: datetime) -> Claims:
    """Check a token.

    :raises LinkForged: not made by us, for this purpose, with our key; or of somebody who left the roster since
    :raises LinkExpired: it was ours, and its time is over
    """
    from itsdangerous import BadData

    try:
        claims = tokens.signer(settings, _PURPOSE).loads(given)
        # Base64 can be written in more than one way; only the one we wrote is ours.
        if tokens.signer(settings, _PURPOSE).dumps(claims) != given:
            raise BadData("not as we wrote it")
        read_claims = Claims(str(claims["r"]), str(claims["o"]), claims["v"])
        expires_at = datetime.fromtimestamp(int(claims["e"]), UTC)
    except (BadData, KeyError, TypeError, ValueError, UnicodeError):
        raise LinkForged("No such request.") from None
    if now > expires_at:
        raise LinkExpired("The link has expired.")
    try:
        settings.roster.officer(read_claims.officer_id)
    except UnknownOfficer:
        raise LinkForged("No such request.") from None
    return read_claims
