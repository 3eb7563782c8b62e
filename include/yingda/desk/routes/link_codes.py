"""The code that confirms a signature: sent on demand, from the page of a personal link and for programs."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from yingda import wiring
from yingda.desk import fields, link_page, link_refusals, linked, receiving, viewer
from yingda.desk.link_refusals import for_program
from yingda.desk.pages import message, root_of, say
from yingda.desk.receiving import Sent
from yingda.desk.replying import Json
from yingda.desk.routes.link_api import Token
from yingda.domain.errors import (
    AnsweredAlready,
    CodeNotSent,
    FieldsRefused,
    NotYours,
    TooManyCodes,
    YingdaError,
)
from yingda.domain.forms import CODE
from yingda.services.answering import refused_as_not_yours

router = APIRouter()

Form = Annotated[Sent, Depends(receiving.form)]


@router.post("/r/{public_id}/code")
def send(request: Request, public_id: str, form: Form) -> Response:
    """Send a code and keep what was typed; the page that follows says where it went. Nothing is answered by it."""
    house, now = viewer.house(), wiring.utcnow()
    token = request.cookies.get(receiving.COOKIE, "")
    try:
        _, brief = link_page.see(token, public_id, house)
    except YingdaError as problem:
        return link_refusals.page_of(request, problem, house, token)
    given = fields.answer_of(brief.kind, form.fields)
    if not link_page.is_from_our_page(request, form.fields, token, house):
        return link_page.not_from_our_page(request, brief, token, house, given)
    try:
        linked.keep(token, link_page.typed(form.fields), house, now)
        linked.send_code(token, house, now)
    except TooManyCodes as enough:
        said = {CODE: link_refusals.too_many_codes(enough)}
        return link_refusals.later(link_page.asked(request, brief, token, house, given, said, status=429), enough)
    except CodeNotSent:
        pass  # the page says why, and offers to try again
    except FieldsRefused as refused:
        return link_page.asked(request, brief, token, house, given, refused.fields, status=422)
    except AnsweredAlready:
        return link_page.decided(request, linked.see(token, house, now)[1], conflict=True)
    except NotYours as refused:
        said_so = refused_as_not_yours(refused, house.speaks)
        return message(request, say("不能由您办理"), [said_so], status=403)
    except YingdaError as problem:
        return link_refusals.page_of(request, problem, house, token)
    return RedirectResponse(f"{root_of(request)}/r/{quote(public_id, safe='')}#code", status_code=303)


@router.post("/api/r/code")
def send_for_program(token: Token = "") -> Response:
    """Send a code; the reply says where it went and until when it holds, never what it is."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        sent = linked.send_code(token, house, now)
    except YingdaError as problem:
        return for_program(problem, token, house)
    return Json(
        {"sent_to": sent.sent_to, "channel": sent.channel, "expires_at": sent.expires_at, "problem": sent.problem}
    )
