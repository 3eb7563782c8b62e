"""The page of a personal link: the request with its forms, or what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from yingda import wiring
from yingda.desk import acting, fields, linked, viewer
from yingda.desk.pages import left_words, page, root_of, say
from yingda.domain import forms
from yingda.domain.errors import LinkForged
from yingda.domain.life import RequestKind
from yingda.services import attaching, presenting
from yingda.services.answering import Claims
from yingda.services.briefing import Brief
from yingda.settings import Settings
from yingda.transports.evidence_content import LARGEST, SUFFIXES


def see(token: str, public_id: str, house: Settings) -> tuple[Claims, Brief]:
    """Return what the cookie of a link lets its officer see of the request in the address.

    :raises LinkForged, LinkExpired, TextChanged, RequestEnded: see `answering.look`
    """
    claims, brief = linked.see(token, house, wiring.utcnow())
    if claims.request_id != public_id:
        raise LinkForged("The cookie is of another request.")
    return claims, brief


def typed(sent: Mapping[str, str]) -> dict[str, str]:
    """Return what a person typed or chose, without what the page itself sends along and what is never kept."""
    not_theirs = {"csrf", "revision_sha256", "files", forms.CODE}
    return {name: value for name, value in sent.items() if name not in not_theirs}


def is_from_our_page(request: Request, sent: Mapping[str, str], token: str, house: Settings) -> bool:
    """Tell whether a form was sent by the page of this link, as far as browser and form can tell."""
    return acting.from_our_page(request, house) and linked.is_form_token(sent.get("csrf", ""), token, house)


def not_from_our_page(request: Request, brief: Brief, token: str, house: Settings, given: dict[str, Any]) -> Response:
    """Return the page again, with what was typed, after a form that came from elsewhere."""
    if brief.decision is not None:
        return decided(request, brief)
    said = say(
        "这次提交不是从本页发出的，没有收到。请核对后再提交一次。",
    )
    return asked(request, brief, token, house, given, {"form": said}, status=403)


def asked(
    request: Request,
    brief: Brief,
    token: str,
    house: Settings,
    typed: dict[str, Any] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    kept_at: datetime | None = None,
    status: int = 200,
) -> Response:
    """Show a request with its forms.

    :param typed: an answer that was refused, or a draft; kept as it was typed
    :param wrong: message by field; those of `files` stand with the files
    :param kept_at: when a draft was kept (UTC)
    """
    shown = fields.shown(brief, house, typed, wrong)
    drafts = brief.kind is RequestKind.DRAFT_STATEMENT
    findings = brief.context.findings
    if drafts and typed is not None:
        findings = linked.examined(brief, typed, house, wiring.utcnow())
    known = {field for form in shown if form.wrong for field in _places(form.fields)}
    if attaching.takes_files(brief.kind):
        known.add("files")
    return page(
        request,
        "asked",
        status=status,
        brief=brief,
        forms=shown,
        csrf=linked.form_token(token, house),
        here=f"{root_of(request)}/r/{quote(brief.id, safe='')}",
        kept_at=kept_at,
        left=left_words(brief.due_at, wiring.utcnow(), house.speaks) if brief.due_at is not None else None,
        findings=findings,
        examined=typed is not None if drafts else brief.kind is RequestKind.SIGN_STATEMENT,
        drafts=drafts,
        statement_html=lambda content: presenting.public_html(content, house),
        statement_kinds=fields.statement_kind_labels(house.speaks),
        wrong=wrong or {},
        # Messages for no field of the page stand at its top only.
        general=[said for place, said in (wrong or {}).items() if place.partition(".")[0] not in known],
        action_label=lambda kind, action: forms.button(kind, action, house.speaks),
        takes_files=attaching.takes_files(brief.kind),
        accepted=",".join(SUFFIXES),
        megabytes=LARGEST // 1_000_000,
        most_files=attaching.MOST,
    )


def _places(shown: tuple[fields.Field, ...]) -> set[str]:
    return {field.name for field in shown}


def decided(request: Request, brief: Brief, *, conflict: bool = False) -> Response:
    """Show what became of a request: the receipt for whoever answered, for others who did and what."""
    decision = brief.decision
    assert decision is not None  # noqa: S101 - callers looked; this tells the type checker
    mine = decision.officer.id == brief.officer.id
    house = viewer.house()
    return page(
        request,
        "decided",
        status=409 if conflict or not mine else 200,
        brief=brief,
        decision=decision,
        mine=mine,
        conflict=conflict,
        button=forms.button(brief.kind, decision.action, house.speaks),
        given=fields.told(brief.kind, decision.action, decision.fields, house),
    )
