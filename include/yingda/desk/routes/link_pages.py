"""The pages of a personal link: the address in the mail, the request with its forms, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from yingda import rendering, wiring
from yingda.desk import acting, fields, linked
from yingda.desk.pages import left_words, message, page, root_of, say
from yingda.desk.replying import LONGEST_FORM, body_of
from yingda.domain import forms
from yingda.domain.errors import (
    AnsweredAlready,
    FieldsRefused,
    LinkExpired,
    LinkForged,
    NotYours,
    RequestEnded,
    TextChanged,
    YingdaError,
)
from yingda.services import linking, presenting
from yingda.services.answering import Claims, refused_as_not_yours
from yingda.services.briefing import Brief
from yingda.settings import Settings

router = APIRouter()

COOKIE = "yingda_link"
KEPT_FOR = 7 * 24 * 3600  # seconds: long enough to write a report, far shorter than the link itself


async def _form(request: Request) -> bytes:
    return await body_of(request, LONGEST_FORM)


@router.get("/r")
def arrive(request: Request, token: Annotated[str, Query()] = "") -> Response:
    """Take the token out of the address: into a cookie of this request only, and on to an address without it."""
    house, now = wiring.settings(), wiring.utcnow()
    try:
        claims = linking.read(house, token, now)
    except YingdaError as problem:
        return _refusal(request, problem, house)
    path = f"{root_of(request)}/r/{quote(claims.request_id, safe='')}"
    on = RedirectResponse(path, status_code=303)
    on.set_cookie(
        COOKIE,
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
    house = wiring.settings()
    token = request.cookies.get(COOKIE, "")
    try:
        claims, brief = _see(token, public_id, house)
    except YingdaError as problem:
        return _refusal(request, problem, house, token)
    if brief.decision is not None:
        return _decided(request, brief)
    kept = linked.kept(claims)
    typed = fields.answer_of(brief.kind, kept.typed) if kept is not None else None
    return _asked(request, brief, token, house, typed, kept_at=kept.at if kept is not None else None)


@router.post("/r/{public_id}")
def answer(
    request: Request, public_id: str, background: BackgroundTasks, body: Annotated[bytes, Depends(_form)]
) -> Response:
    """Take the answer of a form; the page that follows says that it was received."""
    house, now = wiring.settings(), wiring.utcnow()
    token = request.cookies.get(COOKIE, "")
    try:
        _, brief = _see(token, public_id, house)
    except YingdaError as problem:
        return _refusal(request, problem, house, token)
    sent = _sent(body)
    given = fields.answer_of(brief.kind, sent)
    if not _is_from_our_page(request, sent, token, house):
        return _not_from_our_page(request, brief, token, house, given)
    try:
        decision = linked.take(token, given, house, now)
    except FieldsRefused as refused:
        with suppress(YingdaError):
            linked.keep(token, _typed(sent), house, now)
        return _asked(request, brief, token, house, given, refused.fields, status=422)
    except AnsweredAlready:
        return _decided(request, linked.see(token, house, now)[1], conflict=True)
    except NotYours as refused:
        said = refused_as_not_yours(refused, house.locale)
        return message(request, say("不能由您办理", "Not yours to decide"), [said], status=403)
    except YingdaError as problem:
        return _refusal(request, problem, house, token)
    background.add_task(linked.deliver, decision.incident_no)
    return RedirectResponse(f"{root_of(request)}/r/{quote(public_id, safe='')}", status_code=303)


@router.post("/r/{public_id}/draft")
def keep(request: Request, public_id: str, body: Annotated[bytes, Depends(_form)]) -> Response:
    """Keep what is typed so far; nothing is answered by it. A page that keeps by itself gets the words only."""
    house, now = wiring.settings(), wiring.utcnow()
    token = request.cookies.get(COOKIE, "")
    try:
        _, brief = _see(token, public_id, house)
        sent = _sent(body)
        if not _is_from_our_page(request, sent, token, house):
            return _not_from_our_page(request, brief, token, house, fields.answer_of(brief.kind, sent))
        kept = linked.keep(token, _typed(sent), house, now)
    except YingdaError as problem:
        return _refusal(request, problem, house, token)
    if request.headers.get("hx-request"):
        at = rendering.local(now)[11:]
        said = say(f"已暂存 {at}，尚未提交", f"Saved at {at}, not sent yet") if kept else ""
        return PlainTextResponse(said, status_code=200 if kept else 409)
    return RedirectResponse(f"{root_of(request)}/r/{quote(public_id, safe='')}", status_code=303)


def _see(token: str, public_id: str, house: Settings) -> tuple[Claims, Brief]:
    claims, brief = linked.see(token, house, wiring.utcnow())
    if claims.request_id != public_id:
        raise LinkForged("The cookie is of another request.")
    return claims, brief


def _sent(body: bytes) -> dict[str, str]:
    try:
        return fields.received(body)
    except ValueError:
        return {}


def _typed(sent: Mapping[str, str]) -> dict[str, str]:
    """Return what a person typed or chose, without what the page itself sends along."""
    return {name: value for name, value in sent.items() if name not in {"csrf", "revision_sha256"}}


def _is_from_our_page(request: Request, sent: Mapping[str, str], token: str, house: Settings) -> bool:
    return acting.from_our_page(request, house) and linked.is_form_token(sent.get("csrf", ""), token, house)


def _not_from_our_page(request: Request, brief: Brief, token: str, house: Settings, given: dict[str, Any]) -> Response:
    if brief.decision is not None:
        return _decided(request, brief)
    said = say(
        "这次提交不是从本页发出的，没有收到。请核对后再提交一次。",
        "This was not sent from this page, so it was not received. Please check it and send it again.",
    )
    return _asked(request, brief, token, house, given, {"form": said}, status=403)


def _asked(
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
    shown = fields.shown(brief, house, typed, wrong)
    known = {field for form in shown if form.wrong for field in _places(form.fields)}
    return page(
        request,
        "asked",
        status=status,
        brief=brief,
        forms=shown,
        csrf=linked.form_token(token, house),
        here=f"{root_of(request)}/r/{quote(brief.id, safe='')}",
        kept_at=kept_at,
        left=left_words(brief.due_at, wiring.utcnow(), house.locale) if brief.due_at is not None else None,
        statement_html=lambda content: presenting.public_html(content, house),
        statement_kinds=fields.statement_kind_labels(house.locale),
        wrong=wrong or {},
        # Messages for no field of the page stand at its top only.
        general=[said for place, said in (wrong or {}).items() if place.partition(".")[0] not in known],
        action_label=lambda kind, action: forms.button(kind, action, house.locale),
    )


def _places(shown: tuple[fields.Field, ...]) -> set[str]:
    return {field.name for field in shown}


def _decided(request: Request, brief: Brief, *, conflict: bool = False) -> Response:
    decision = brief.decision
    assert decision is not None  # noqa: S101 - callers looked; this tells the type checker
    mine = decision.officer.id == brief.officer.id
    house = wiring.settings()
    return page(
        request,
        "decided",
        status=409 if conflict or not mine else 200,
        brief=brief,
        decision=decision,
        mine=mine,
        conflict=conflict,
        button=forms.button(brief.kind, decision.action, house.locale),
        given=fields.told(brief.kind, decision.action, decision.fields, house),
    )


def _refusal(request: Request, problem: YingdaError, house: Settings, token: str = "") -> Response:
    call = say(
        f"如有疑问，请致电办公室 {house.roster.office.phone}。",
        f"If in doubt, call the office: {house.roster.office.phone}.",
    )
    if isinstance(problem, LinkForged):
        return message(
            request,
            say("链接无效", "This link does not work"),
            [
                say(
                    "请从邮件里重新打开链接；如果是复制的，请复制完整。",
                    "Please open it again from the mail; if you copied it, copy all of it.",
                ),
                call,
            ],
            status=404,
        )
    if isinstance(problem, LinkExpired):
        said = say("这个链接已过有效期，不能再答复。", "This link is too old; it cannot be used to answer any more.")
        return message(request, say("链接已过期", "This link has expired"), [said, call], status=410)
    if isinstance(problem, RequestEnded):
        chinese, english = _ENDED.get(problem.why, ("这件事已撤回，不需要再答复。", "This was taken back."))
        more = say("不需要您再答复。", "No answer is needed any more.")
        return message(request, say("已撤回", "Taken back"), [say(chinese, english), more, call], status=410)
    if isinstance(problem, TextChanged):
        return _text_changed(request, token, house, call)
    raise problem


_ENDED = {
    "reassigned": ("事件已转由其他单位办理。", "The incident was given to another unit."),
    "closed": ("事件已办结。", "The incident is closed."),
    "merged": ("事件已并入另一事件一并办理。", "The incident was merged into another and goes on there."),
    "reopened": ("事件已重新办理，会另发新的邮件。", "The incident was taken up again; new mails are sent."),
    "report_submitted": ("报告已报送，不再需要延期。", "The report is here, so no more time is needed."),
    "not_owed_now": ("按现在的级别，这一环节不再需要签发。", "At the present severity this signature is not needed."),
}


def _text_changed(request: Request, token: str, house: Settings, call: str) -> Response:
    try:
        who = linked.who_changed(linking.read(house, token, wiring.utcnow()), house)
    except YingdaError:
        who = None
    lines = [
        say(
            "您看到的文本已被修改，对旧文本的答复没有收到。",
            "The text you saw was changed. Nothing was received.",
        ),
        say(
            "新文本已另发邮件，请打开最新的一封。",
            "A new mail about the new text was sent. Please open it.",
        ),
    ]
    if who is not None:
        at = rendering.local_long(who.at, house.locale)
        lines.insert(1, say(f"新文本：{who.name}，{at}。", f"New text: {who.name}, {at}."))
    return message(request, say("文本已更新", "The text was changed"), [*lines, call], status=409)
