"""Acting: what those logged in may do to an incident, and who they are on record as."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from sqlalchemy.orm import Session

from yingda import wiring
from yingda.desk import viewer
from yingda.domain import acts, fields
from yingda.domain.documents import StatementKind
from yingda.domain.life import Outcome, PublicationState, RequestKind, RequestState, Stage
from yingda.domain.roles import Role
from yingda.services import (
    assigning,
    correcting,
    enquiring,
    lettering,
    merging,
    moving,
    observing,
    passing,
    regrading,
    replying_officially,
    reporting,
)
from yingda.services.case import Case, take
from yingda.services.viewing import IncidentSeen
from yingda.settings import Settings

_FORM = b"yingda.desk.action:"

Handler = Callable[[Session, str, Settings, datetime, Any, str], None]
"""Given a session, the incident's number, settings, moment (UTC), the act's fields and who acts."""


def _on_case(do: Callable[[Case, Any, str], None]) -> Handler:
    """Make a handler of what is done to one incident; the incident moves on afterwards."""

    def handle(session: Session, number: str, house: Settings, now: datetime, given: Any, actor: str) -> None:
        case = take(session, number, house, now)
        do(case, given, actor)
        moving.advance(case)

    return handle


def _regrade(case: Case, given: acts.Regrade, actor: str) -> None:
    regrading.regrade(case, given.severity, given.reason, actor)


def _reopen(case: Case, given: acts.Reopen, actor: str) -> None:
    passing.reopen(case, given.stage, given.reason, actor)


def _merge(session: Session, number: str, house: Settings, now: datetime, given: acts.Merge, actor: str) -> None:
    merging.merge(session, number, given.into, given.reason, actor, house, now)


def _unmerge(session: Session, number: str, house: Settings, now: datetime, given: acts.Unmerge, actor: str) -> None:
    merging.unmerge(session, number, given.reason, actor, house, now)


def _correct(case: Case, given: acts.Correct, actor: str) -> None:
    correcting.correct(case, given.reason, actor)


def _withdraw_statement(case: Case, given: acts.WithdrawStatement, actor: str) -> None:
    correcting.withdraw(case, given.reason, actor)


def _observe(case: Case, given: acts.Observe, actor: str) -> None:
    observing.observe(case, given.seen_at, given.text, actor)


HANDLERS: Mapping[str, Handler] = {
    "regrade": _on_case(_regrade),
    "reassign": _on_case(assigning.reassign),
    "extend": _on_case(reporting.extend),
    "reopen": _on_case(_reopen),
    "merge": _merge,
    "unmerge": _unmerge,
    "observe": _on_case(_observe),
    "correct": _on_case(_correct),
    "withdraw_statement": _on_case(_withdraw_statement),
    "enquiry": _on_case(enquiring.record),
    "official_reply": _on_case(replying_officially.record),
    "letter": _on_case(lettering.propose),
}


def act(session: Session, number: str, action: str, given: Mapping[str, Any], account: str) -> None:
    """Do it, in the caller's transaction.

    :raises FieldsRefused: names each field that is wrong; nothing was changed
    :raises NotNow: it cannot be done where the incident stands
    :raises IncidentNotFound: there is no such incident
    """
    house = viewer.house()
    form = fields.check(acts.ACTS[action], given, house.speaks)
    HANDLERS[action](session, number, house, wiring.utcnow(), form, actor_of(account))


def actor_of(account: str) -> str:
    """Return who somebody logged in is on record as."""
    return f"account:{account}"[:64]


def possible(seen: IncidentSeen) -> tuple[str, ...]:
    """Return the acts that make sense where an incident stands; the services refuse the others."""
    merged = seen.outcome is Outcome.MERGED
    closed = seen.stage is Stage.CLOSED
    public = any(one.public and one.state is PublicationState.CONFIRMED for one in seen.publications)
    may_be_put_right = seen.stage.is_past(Stage.LIVE_CHECK) or seen.stage is Stage.VERIFICATION
    may = {
        "regrade": not closed,
        "reassign": not seen.stage.is_past(Stage.REPORT_APPROVAL) and not merged,
        "extend": _waits_for_report(seen),
        "reopen": seen.stage.is_past(Stage.LIVE_CHECK) and not merged,
        "merge": not closed and not seen.publications,
        "unmerge": merged,
        "correct": public and may_be_put_right and not merged,
        "withdraw_statement": public and may_be_put_right and not merged and not _is_withdrawn(seen),
        "observe": not closed,
        "enquiry": not merged,
        "official_reply": public,
        "letter": bool(refuted(seen)) and seen.outcome not in (Outcome.MERGED, Outcome.DISMISSED),
    }
    return tuple(name for name in acts.ACTS if may[name] and name in HANDLERS)


def _waits_for_report(seen: IncidentSeen) -> bool:
    return any(one.kind is RequestKind.REPORT and one.state is RequestState.OPEN for one in seen.requests)


def _is_withdrawn(seen: IncidentSeen) -> bool:
    """Tell whether the newest statement that is public is a withdrawal."""
    public = {one.sha256 for one in seen.publications if one.public and one.state is PublicationState.CONFIRMED}
    texts = [one for document in seen.documents if document.kind == "statement" for one in document.revisions]
    kinds = [text.content["kind"] for text in texts if text.sha256 in public]
    return bool(kinds) and kinds[-1] == StatementKind.WITHDRAWAL


def refuted(seen: IncidentSeen) -> tuple[str, ...]:
    """Return the claims of fact that the newest report names as untrue, none where it is not approved."""
    reports = [one for document in seen.documents if document.kind == "report" for one in document.revisions]
    approved = {one.sha256 for one in seen.signatures if one.role is Role.BRANCH_LEADER}
    return tuple(reports[-1].content.get("refuted") or ()) if reports and reports[-1].sha256 in approved else ()


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
