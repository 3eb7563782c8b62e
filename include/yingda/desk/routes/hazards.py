"""Hazards: the list, one with what may be done to it, the form to report one; the same for programs."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from yingda import wiring
from yingda.desk import acting, asking_for, fields, hazard_acts, hazard_page, linked, repeatable, viewer
from yingda.desk.access import may_act, may_view
from yingda.desk.hazard_page import Chosen, Refused
from yingda.desk.pages import root_of, say
from yingda.desk.replying import LONGEST_FORM, LONGEST_JSON, Json, NotJson, body_of, json_object
from yingda.domain.errors import FieldsRefused, HazardChanged, HazardNotFound, NotNow, YingdaError
from yingda.domain.hazard_form import ACTS, ReportHazard
from yingda.services import hazard_desk, repeating

reading = APIRouter(dependencies=[Depends(may_view)])
doing = APIRouter(dependencies=[Depends(may_act)])

CREATED = 201


async def _json(request: Request) -> bytes:
    return await body_of(request, LONGEST_JSON)


async def _form(request: Request) -> bytes:
    return await body_of(request, LONGEST_FORM)


def _number(hazard_id: str) -> int:
    if not (hazard_id.isascii() and hazard_id.isdigit() and len(hazard_id) < 11):
        raise HTTPException(404, "Not Found")
    return int(hazard_id)


def _known(action: str) -> str:
    if action not in ACTS:
        raise HTTPException(404, "Not Found")
    return action


Number = Annotated[int, Depends(_number)]
Known = Annotated[str, Depends(_known)]
JsonBody = Annotated[bytes, Depends(_json)]
FormBody = Annotated[bytes, Depends(_form)]


def _chosen(
    state: str = "",
    unit: str = "",
    topic: str = "",
    risk: str = "",
    overdue: str = "",
    q: str = "",
    limit: str = "",
    offset: str = "",
) -> Chosen:
    return Chosen(state, unit, topic, risk, overdue, q, limit, offset)


Asked = Annotated[Chosen, Depends(_chosen)]


@reading.get("/api/hazards")
def listed(chosen: Asked) -> Response:
    """Return hazards, open ones first, by their time limit.

    `state` is open, handling, resolved or escalated; `unit`, `topic`, `risk` and `overdue` (yes, no) narrow it further;
    `q` are words that stand in them.
    """
    house = viewer.house()
    try:
        sought = asking_for.hazards_sought(house, **dataclasses.asdict(chosen))
    except FieldsRefused as wrong:
        return Json(wrong.fields, status_code=422)
    with wiring.reading() as session:
        found, total = hazard_desk.hazards(session, house, sought, wiring.utcnow())
    return Json({"hazards": found, "total": total})


@reading.get("/api/hazards/{hazard_id}")
def one(hazard_id: Number) -> Response:
    """Return one hazard as it stands."""
    try:
        with wiring.reading() as session:
            return Json(hazard_desk.hazard(session, hazard_id, viewer.house(), wiring.utcnow()))
    except HazardNotFound as problem:
        return hazard_acts.refused(problem)


@doing.post("/api/hazards")
def report(request: Request, user: GetUserDep, body: JsonBody) -> Response:
    """Put a hazard on the register: 201, with its number."""
    actor = acting.actor_of(user.get_name())

    def do(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
        return dataclasses.asdict(hazard_acts.report(session, given, actor))

    return _done_once(request, user.get_name(), body, do, CREATED)


@doing.patch("/api/hazards/{hazard_id}")
def patch(
    request: Request, hazard_id: Number, user: GetUserDep, background: BackgroundTasks, body: JsonBody
) -> Response:
    """Put fields right, extend, or move to a `state`; return the hazard as it stands then."""
    actor = acting.actor_of(user.get_name())

    def do(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
        done = hazard_acts.patch(session, hazard_id, given, actor)
        _deliver(background, done.incident_no)
        return hazard_acts.plain(session, hazard_id)

    return _done_once(request, user.get_name(), body, do)


@reading.get("/hazards")
def list_page(request: Request, user: GetUserDep, chosen: Asked) -> Response:
    """Show the hazards under a filter, by default those that are open."""
    return hazard_page.show_list(request, user, chosen)


@reading.get("/hazards/new")
def new_page(request: Request, user: GetUserDep) -> Response:
    """Show the form to report a hazard."""
    return hazard_page.show_new(request, user)


@doing.post("/hazards")
def report_by_form(request: Request, user: GetUserDep, body: FormBody) -> Response:
    """Take the hazard of the form. The same form again is the same hazard."""
    account = user.get_name()
    sent = _sent(body)
    given = fields.given(ReportHazard, sent)
    if not _ours(request, sent, account, "hazards"):
        refused = Refused("report", given, general=(hazard_page.not_from_our_page(),))
        return hazard_page.show_new(request, user, refused, status=403)
    key = f"form:{hashlib.sha256(body).hexdigest()}"
    try:
        with wiring.transaction() as session:
            before = repeating.before(session, account, key)
            if before is not None:
                result = before.result
            else:
                result = dataclasses.asdict(hazard_acts.report(session, given, acting.actor_of(account)))
                repeating.keep(session, account, key, key.removeprefix("form:"), result, wiring.utcnow())
    except FieldsRefused as wrong:
        return hazard_page.show_new(request, user, Refused("report", given, wrong.fields), status=422)
    return RedirectResponse(f"{root_of(request)}/hazards/{result['id']}", status_code=303)


@reading.get("/hazards/{hazard_id}")
def page(request: Request, hazard_id: Number, user: GetUserDep) -> Response:
    """Show a hazard, its past, and what may be done to it."""
    return hazard_page.show(request, user, hazard_id)


@doing.post("/hazards/{hazard_id}/{action}")
def act_by_form(
    request: Request,
    hazard_id: Number,
    action: Known,
    user: GetUserDep,
    background: BackgroundTasks,
    body: FormBody,
) -> Response:
    """Do what a form of the hazard's page asks for; the page shows it afterwards, or what is wrong with it."""
    account = user.get_name()
    sent = _sent(body)
    given = fields.given(ACTS[action], sent)
    version = sent.get("version", "")
    if not _ours(request, sent, account, f"hazard:{hazard_id}") or not (version.isascii() and version.isdigit()):
        refused = Refused(action, given, general=(hazard_page.not_from_our_page(),))
        return hazard_page.show(request, user, hazard_id, refused, status=403)
    try:
        with wiring.transaction() as session:
            done = hazard_acts.act(session, hazard_id, action, given, acting.actor_of(account), int(version[:9]))
    except FieldsRefused as wrong:
        return hazard_page.show(request, user, hazard_id, Refused(action, given, wrong.fields), status=422)
    except HazardChanged as problem:
        refused = Refused(action, given, general=(hazard_acts.changed_words(problem),))
        return hazard_page.show(request, user, hazard_id, refused, status=409)
    except NotNow as problem:
        refused = Refused(action, given, general=(str(problem),))
        return hazard_page.show(request, user, hazard_id, refused, status=409)
    except HazardNotFound:
        return hazard_page.not_found(request)
    _deliver(background, done.incident_no)
    return RedirectResponse(f"{root_of(request)}/hazards/{hazard_id}", status_code=303)


def _done_once(
    request: Request,
    account: str,
    body: bytes,
    do: Callable[[Session, Mapping[str, Any]], dict[str, Any]],
    status: int = repeating.OK,
) -> Response:
    if not acting.from_our_page(request, viewer.house()):
        return Json({"error": "cross_site"}, status_code=403)
    try:
        given = json_object(body)
        with repeatable.once(request, account, body) as call:
            if call.result is None:
                call.done(do(call.session, given), status)
    except repeatable.KeyMisused as misused:
        return Json({"error": misused.code, "detail": str(misused)}, status_code=misused.status)
    except NotJson:
        return Json({"body": say("须为 JSON 对象")}, status_code=422)
    except YingdaError as problem:
        return hazard_acts.refused(problem)
    return Json(call.result, status_code=call.status)


def _deliver(background: BackgroundTasks, incident_no: str | None) -> None:
    if incident_no is not None:
        background.add_task(linked.deliver, incident_no)


def _sent(body: bytes) -> dict[str, str]:
    try:
        return fields.received(body)
    except ValueError:
        return {}


def _ours(request: Request, sent: Mapping[str, str], account: str, about: str) -> bool:
    house = viewer.house()
    return acting.from_our_page(request, house) and acting.is_form_token(sent.get("csrf", ""), account, about, house)


router = APIRouter()
router.include_router(reading)
router.include_router(doing)
