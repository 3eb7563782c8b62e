"""Files brought as evidence: over the page of a personal link, and for programs with its token."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from yingda import wiring
from yingda.desk import attachments, fields, link_page, link_refusals, linked, receiving, viewer
from yingda.desk.link_refusals import for_program
from yingda.desk.pages import message, root_of, say
from yingda.desk.receiving import Sent
from yingda.desk.replying import Json
from yingda.desk.routes.link_api import Token
from yingda.domain.errors import AnsweredAlready, FieldsRefused, YingdaError

router = APIRouter()

Form = Annotated[Sent, Depends(receiving.form)]


@router.post("/r/{public_id}/files")
def add(request: Request, public_id: str, form: Form) -> Response:
    """Keep the files that were chosen, and what was typed; nothing is answered by it."""
    return _and_go_on(request, public_id, form, None)


@router.post("/r/{public_id}/files/{file_id}/remove")
def remove(request: Request, public_id: str, file_id: str, form: Form) -> Response:
    """Take a file back, and keep what was typed."""
    return _and_go_on(request, public_id, form, file_id)


@router.get("/r/{public_id}/files/{file_id}")
def show(request: Request, public_id: str, file_id: str) -> Response:
    """Show a file that the officer of this link may read."""
    house = viewer.house()
    token = request.cookies.get(receiving.COOKIE, "")
    try:
        _, brief = link_page.see(token, public_id, house)
    except YingdaError as problem:
        return link_refusals.page_of(request, problem, house, token)
    return attachments.reply(brief.context.files, file_id, house) or _no_file(request)


@router.post("/api/r/files")
def add_by_program(form: Form, token: Token = "") -> Response:
    """Keep files, multipart field `files`; they go along with the answer that follows."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        linked.see(token, house, now)
        if not form.files:
            raise FieldsRefused({"files": say("必填：multipart 表单的文件")})
        kept = attachments.take(token, form.files, house, now)
        _, brief = linked.see(token, house, now)
    except YingdaError as problem:
        return for_program(problem, token, house)
    return Json({"files": [file for file in brief.context.files if file.id in kept]}, status_code=201)


@router.get("/api/r/files/{file_id}")
def show_to_program(file_id: str, token: Token = "") -> Response:
    """Return a file that the officer of this link may read."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        _, brief = linked.see(token, house, now)
    except YingdaError as problem:
        return for_program(problem, token, house)
    return attachments.reply(brief.context.files, file_id, house) or Json({"error": "not_found"}, status_code=404)


@router.post("/api/r/files/{file_id}/remove")
def remove_by_program(file_id: str, token: Token = "") -> Response:
    """Take a file back."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        attachments.remove(token, file_id, house, now)
    except YingdaError as problem:
        return for_program(problem, token, house)
    return Json({"removed": file_id})


def _and_go_on(request: Request, public_id: str, form: Sent, removed: str | None) -> Response:
    house, now = viewer.house(), wiring.utcnow()
    token = request.cookies.get(receiving.COOKIE, "")
    try:
        _, brief = link_page.see(token, public_id, house)
        given = fields.answer_of(brief.kind, form.fields)
        if not link_page.is_from_our_page(request, form.fields, token, house):
            return link_page.not_from_our_page(request, brief, token, house, given)
        linked.keep(token, link_page.typed(form.fields), house, now)
        attachments.take(token, form.files, house, now)
        if removed is not None:
            attachments.remove(token, removed, house, now)
    except AnsweredAlready:
        return link_page.decided(request, linked.see(token, house, now)[1], conflict=True)
    except FieldsRefused as refused:
        _, brief = link_page.see(token, public_id, house)
        return link_page.asked(request, brief, token, house, given, refused.fields, status=422)
    except YingdaError as problem:
        return link_refusals.page_of(request, problem, house, token)
    return RedirectResponse(f"{root_of(request)}/r/{quote(public_id, safe='')}#files", status_code=303)


def _no_file(request: Request) -> Response:
    return message(request, say("没有这个文件"), status=404)
