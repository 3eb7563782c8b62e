"""The round of watched sites: who looked at what on a day, and ticking off what was looked at today."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from yingda import rendering, wiring
from yingda.desk import access, acting, fields, repeatable, viewer
from yingda.desk.access import may_act, may_view
from yingda.desk.pages import message, page, root_of, say
from yingda.desk.replying import LONGEST_JSON, Json, NotJson, body_of, json_object, rfc3339
from yingda.domain import fields as typed_fields
from yingda.domain.calendar import shanghai_date
from yingda.domain.errors import FieldsRefused
from yingda.domain.leads import CheckSite
from yingda.services import repeating, watching
from yingda.services.watching import SiteSeen

router = APIRouter()

CREATED = 201
EARLIEST = date(2000, 1, 1)


async def _body(request: Request) -> bytes:
    return await body_of(request, LONGEST_JSON)


Body = Annotated[bytes, Depends(_body)]


@router.get("/api/rounds", dependencies=[Depends(may_view)])
def round_of(day: str = "") -> Response:
    """Return who looked at what on a day in Shanghai, YYYY-MM-DD, by default today."""
    try:
        wanted = _day(day)
    except FieldsRefused as wrong:
        return Json(wrong.fields, status_code=422)
    with wiring.reading() as session:
        return Json(watching.round_of(session, wanted, viewer.house(), wiring.utcnow()))


@router.post("/api/rounds", dependencies=[Depends(may_act)])
def look_at(request: Request, user: GetUserDep, body: Body) -> Response:
    """Tick a site off for today: 201 for the first, 200 with who that was for everybody after."""
    if not acting.from_our_page(request, viewer.house()):
        return Json({"error": "cross_site"}, status_code=403)
    account = user.get_name()
    try:
        given = json_object(body)
        with repeatable.once(request, account, body) as call:
            if call.result is None:
                first, seen = _tick(call.session, given, account)
                call.done(_plain(seen, first), CREATED if first else repeating.OK)
    except repeatable.KeyMisused as misused:
        return Json({"error": misused.code, "detail": str(misused)}, status_code=misused.status)
    except NotJson:
        return Json({"body": say("须为 JSON 对象")}, status_code=422)
    except FieldsRefused as refused:
        return Json(refused.fields, status_code=422)
    return Json(call.result, status_code=call.status)


@router.get("/rounds", dependencies=[Depends(may_view)])
def show(request: Request, user: GetUserDep, day: str = "") -> Response:
    """Show the round of a day, by default today."""
    try:
        return _page(request, user, _day(day))
    except FieldsRefused as wrong:
        back = (f"{root_of(request)}/rounds", say("今天的巡查"))
        return message(request, wrong.fields["day"], status=422, link=back)


@router.post("/rounds", dependencies=[Depends(may_act)])
def look_at_by_form(request: Request, user: GetUserDep, body: Body) -> Response:
    """Tick a site off; whoever comes second is told who was first, and loses no word they typed."""
    house, account = viewer.house(), user.get_name()
    today = shanghai_date(wiring.utcnow())
    try:
        sent = fields.received(body)
    except ValueError:
        sent = {}
    typed = (sent.get("site", ""), sent.get("note", ""))
    token = sent.pop("csrf", "")
    if not acting.from_our_page(request, house) or not acting.is_form_token(token, account, "rounds", house):
        said = say("这次提交不是从本页发出的，请再提交一次。")
        return _page(request, user, today, [said], typed, status=403)
    try:
        with wiring.transaction() as session:
            first, seen = _tick(session, fields.given(CheckSite, sent), account)
    except FieldsRefused as refused:
        said = "; ".join(refused.fields.values())
        return _page(request, user, today, [said], typed, status=422)
    if not first and typed[1].strip():
        return _page(request, user, today, [_who_was_first(seen)], typed)
    return RedirectResponse(f"{root_of(request)}/rounds", status_code=303)


def _tick(session: Session, given: Mapping[str, Any], account: str) -> tuple[bool, SiteSeen]:
    house, now = viewer.house(), wiring.utcnow()
    form = typed_fields.check(CheckSite, given, house.speaks)
    first = watching.look_at(session, form, acting.actor_of(account), house, now)
    today = watching.round_of(session, shanghai_date(now), house, now)
    return first, next(seen for seen in today.sites if seen.id == form.site)


def _plain(seen: SiteSeen, first: bool) -> dict[str, Any]:
    assert seen.checked_at is not None  # noqa: S101 - just ticked off; this tells the type checker
    by = seen.checked_by
    return {
        "day": shanghai_date(seen.checked_at).isoformat(),
        "site": seen.id,
        "name": seen.name,
        "checked_by": {"id": by.id, "name": by.name} if by else None,
        "checked_at": rfc3339(seen.checked_at),
        "note": seen.note,
        "first": first,
    }


def _who_was_first(seen: SiteSeen) -> str:
    assert seen.checked_at is not None  # noqa: S101 - somebody was first; this tells the type checker
    name = seen.checked_by.name if seen.checked_by else "–"
    at = rendering.local_long(seen.checked_at, viewer.house().speaks)
    return say(
        "%(name)s：%(name_2)s 已于 %(at)s 登记，每天只登记一次。",
        name=seen.name,
        name_2=name,
        at=at,
    )


def _day(text: str) -> date:
    """Read a day of an address; an empty one is today.

    :raises FieldsRefused: no day, or one on which nothing can be on record
    """
    today = shanghai_date(wiring.utcnow())
    if not text:
        return today
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= today:
        said = say("日期须形如 %(today)s，不晚于今天", today=today)
        raise FieldsRefused({"day": said})
    return day


def _page(
    request: Request,
    user: BaseUser,
    day: date,
    general: list[str] | None = None,
    typed: tuple[str, str] | None = None,
    *,
    status: int = 200,
) -> Response:
    house, now = viewer.house(), wiring.utcnow()
    with wiring.reading() as session:
        shown = watching.round_of(session, day, house, now)
    return page(
        request,
        "rounds",
        status=status,
        round=shown,
        earlier=day - timedelta(days=1) if day > EARLIEST else None,
        later=None if shown.today else day + timedelta(days=1),
        acts=access.can_act(user),
        csrf=acting.form_token(user.get_name(), "rounds", house),
        general=general or [],
        typed=typed,
    )
