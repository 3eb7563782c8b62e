"""The pages of a personal link: the address in the mail, the request with its forms, and what became of it."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from yingda import rendering, wiring
from yingda.desk import attachments, fields, link_page, link_refusals, linked, receiving, viewer
from yingda.desk.pages import message, root_of, say
from yingda.desk.receiving import Sent
from yingda.domain.errors import (
    AnsweredAlready,
    FieldsRefused,
    NotYours,
    YingdaError,
)
from yingda.services import linking
from yingda.services.answering import refused_as_not_yours

router = APIRouter()

Form = Annotated[Sent, Depends(receiving.form)]

KEPT_FOR = 7 * 24 * 3600  # seconds: long enough to write a report, far shorter than the link itself


@router.get("/r")
def arrive(request: Request, token: Annotated[str, Query()] = "") -> Response:
    """Take the token out of the address: into a cookie of this request only, and on to an address without it."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        claims = linking.read(house, token, now)
    except YingdaError as problem:
        return link_refusals.page_of(request, problem, house)
    path = f"{root_of(request)}/r/{quote(claims.request_id, safe='')}"
    on = RedirectResponse(path, status_code=303)
    on.set_cookie(
        receiving.COOKIE,
        token,
        max_age=KEPT_FOR,
        path=path,
        httponly=True,
        samesite="lax",
        secure=house.public_url.startswith("https://"),
    )
    return on


@router.get("/r/{public_id}")
def show(request: Request, public_id: str) -> Response:
    """Show the request with what was typed before, or what became of it. Changes nothing."""
    house = viewer.house()
    token = request.cookies.get(receiving.COOKIE, "")
    try:
        claims, brief = link_page.see(token, public_id, house)
    except YingdaError as problem:
        return link_refusals.page_of(request, problem, house, token)
    if brief.decision is not None:
        return link_page.decided(request, brief)
    kept = linked.kept(claims)
    typed = fields.answer_of(brief.kind, kept.typed) if kept is not None else None
    return link_page.asked(request, brief, token, house, typed, kept_at=kept.at if kept is not None else None)


@router.post("/r/{public_id}")
def answer(request: Request, public_id: str, background: BackgroundTasks, form: Form) -> Response:
    """Take the answer of a form; the page that follows says that it was received."""
    house, now = viewer.house(), wiring.utcnow()
    token = request.cookies.get(receiving.COOKIE, "")
    try:
        _, brief = link_page.see(token, public_id, house)
    except YingdaError as problem:
        return link_refusals.page_of(request, problem, house, token)
    sent = form.fields
    given = fields.answer_of(brief.kind, sent)
    if not link_page.is_from_our_page(request, sent, token, house):
        return link_page.not_from_our_page(request, brief, token, house, given)
    try:
        if brief.decision is None:
            attachments.take(token, form.files, house, now)
        decision = linked.take(token, given, house, now)
    except FieldsRefused as refused:
        with suppress(YingdaError):
            linked.keep(token, link_page.typed(sent), house, now)
            _, brief = linked.see(token, house, now)
        return link_page.asked(request, brief, token, house, given, refused.fields, status=422)
    except AnsweredAlready:
        return link_page.decided(request, linked.see(token, house, now)[1], conflict=True)
    except NotYours as refused:
        said = refused_as_not_yours(refused, house.speaks)
        return message(request, say("不能由您办理"), [said], status=403)
    except YingdaError as problem:
        return link_refusals.page_of(request, problem, house, token)
    background.add_task(linked.deliver, decision.incident_no)
    return RedirectResponse(f"{root_of(request)}/r/{quote(public_id, safe='')}", status_code=303)


@router.post("/r/{public_id}/draft")
def keep(request: Request, public_id: str, form: Form) -> Response:
    """Keep what is typed so far; nothing is answered by it. A page that keeps by itself gets the words only."""
    house, now = viewer.house(), wiring.utcnow()
    token = request.cookies.get(receiving.COOKIE, "")
    try:
        _, brief = link_page.see(token, public_id, house)
        sent = form.fields
        if not link_page.is_from_our_page(request, sent, token, house):
            return link_page.not_from_our_page(request, brief, token, house, fields.answer_of(brief.kind, sent))
        kept = linked.keep(token, link_page.typed(sent), house, now)
        attachments.take(token, form.files, house, now)
    except AnsweredAlready:
        return link_page.decided(request, linked.see(token, house, now)[1], conflict=True)
    except FieldsRefused as refused:
        given = fields.answer_of(brief.kind, sent)
        return link_page.asked(request, brief, token, house, given, refused.fields, status=422)
    except YingdaError as problem:
        return link_refusals.page_of(request, problem, house, token)
    if request.headers.get("hx-request"):
        at = rendering.local(now)[11:]
        said = say("已暂存 %(at)s，尚未提交", at=at) if kept else ""
        return PlainTextResponse(said, status_code=200 if kept else 409)
    return RedirectResponse(f"{root_of(request)}/r/{quote(public_id, safe='')}", status_code=303)
