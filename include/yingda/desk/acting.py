"""Acting: what those logged in may do to an incident, and who they are on record as."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from yingda import wiring
from yingda.desk import asking_for
from yingda.desk.pages import say
from yingda.domain.errors import FieldsRefused
from yingda.domain.lead import REOPENING_STAGES
from yingda.domain.life import Stage
from yingda.domain.severity import Severity
from yingda.services import moving, passing, regrading
from yingda.services.case import Case, take
from yingda.settings import Settings

LONGEST_REASON = 500

_FORM = b"yingda.desk.action:"

Action = Callable[[Case, Mapping[str, Any], str], None]


def regrade(case: Case, given: Mapping[str, Any], actor: str) -> None:
    """Set another severity: `severity`, `reason`."""
    reason = _reason(given)
    severity = asking_for.one_of(Severity, "severity", _text(given, "severity"))
    if severity is None:
        raise FieldsRefused({"severity": say("必填", "is required")})
    regrading.regrade(case, severity, reason, actor)


def reopen(case: Case, given: Mapping[str, Any], actor: str) -> None:
    """Take a closing or closed incident up again: `stage`, `reason`."""
    reason = _reason(given)
    stage = asking_for.one_of(Stage, "stage", _text(given, "stage"))
    if stage not in REOPENING_STAGES:
        allowed = ", ".join(REOPENING_STAGES)
        raise FieldsRefused({"stage": say(f"只能是：{allowed}", f"must be one of: {allowed}")})
    passing.reopen(case, stage, reason, actor)
    moving.advance(case)


ACTIONS: Mapping[str, Action] = {"regrade": regrade, "reopen": reopen}


def act(number: str, action: str, given: Mapping[str, Any], account: str) -> None:
    """Do it, in one transaction.

    :raises FieldsRefused: names each field that is wrong; nothing was changed
    :raises NotNow: it cannot be done where the incident stands
    :raises IncidentNotFound: there is no such incident
    """
    allowed = {"regrade": {"severity", "reason"}, "reopen": {"stage", "reason"}}[action]
    strange = {name: say("没有此项", "is not a field of this action") for name in given if name not in allowed}
    if strange:
        raise FieldsRefused(strange)
    with wiring.transaction() as session:
        case = take(session, number, wiring.settings(), wiring.utcnow())
        ACTIONS[action](case, given, f"account:{account}"[:64])


def from_our_page(request: Request, house: Settings) -> bool:
    """Tell whether the browser says that one of our pages sent this; one that says nothing is believed.

    A program that shows its own credentials in the header Authorization is not a browser led astray. Forms bring a
    token of their own besides.
    """
    if request.headers.get("authorization"):
        return True
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin is None:
        return True
    ours = urlsplit(house.public_url)
    return urlsplit(origin).netloc == request.headers.get("host") or origin == f"{ours.scheme}://{ours.netloc}"


def form_token(account: str, number: str, house: Settings) -> str:
    """Return what a form on an incident's page must send along: it holds for this account and this incident."""
    key = (house.link_key or "").encode()
    return hmac.new(key, _FORM + f"{account}:{number}".encode(), hashlib.sha256).hexdigest()


def is_form_token(given: str, account: str, number: str, house: Settings) -> bool:
    """Tell whether a form came from the incident's page of this account."""
    expected = form_token(account, number, house).encode()
    return bool(house.link_key) and hmac.compare_digest(given.encode(errors="replace"), expected)


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise FieldsRefused({name: say("须为文字", "must be text")})
    return value.strip()


def _reason(given: Mapping[str, Any]) -> str:
    reason = _text(given, "reason")
    if not reason:
        raise FieldsRefused({"reason": say("必填", "is required")})
    if len(reason) > LONGEST_REASON or any(ord(character) < 32 for character in reason.replace("\n", "")):
        raise FieldsRefused(
            {"reason": say(f"最多 {LONGEST_REASON} 字，不含控制字符", f"at most {LONGEST_REASON} plain characters")}
        )
    return reason
