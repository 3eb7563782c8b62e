"""Reported leads: the list with the form to report one, each lead with what the duty officer may make of it."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from yingda import rendering, wiring
from yingda.desk import access, acting, asking_for, fields, linked, repeatable, viewer
from yingda.desk.access import may_act, may_view
from yingda.desk.fields import Form
from yingda.desk.pages import message, page, root_of, say
from yingda.desk.replying import LONGEST_FORM, LONGEST_JSON, Json, NotJson, body_of, json_object
from yingda.domain import fields as typed_fields
from yingda.domain import life
from yingda.domain.clocks import lateness_label
from yingda.domain.errors import FieldsRefused, LeadNotFound, LeadSettled, NotNow, YingdaError
from yingda.domain.lead import PLATFORM
from yingda.domain.leads import SETTLING, ReportLead
from yingda.domain.life import LeadState
from yingda.services import lead_desk, leads, naming, repeating
from yingda.services.lead_desk import LeadSeen
from yingda.services.leads import Settled
from yingda.settings import Settings

reading = APIRouter(dependencies=[Depends(may_view)])
doing = APIRouter(dependencies=[Depends(may_act)])

CREATED = 201
_DO: Mapping[str, Callable[..., Settled]] = {
    "open": leads.open_lead,
    "join": leads.join,
    "dismiss": leads.dismiss,
}


async def _json(request: Request) -> bytes:
    return await body_of(request, LONGEST_JSON)


async def _form(request: Request) -> bytes:
    return await body_of(request, LONGEST_FORM)


def _known(action: str) -> str:
    if action not in SETTLING:
        raise HTTPException(404, "Not Found")
    return action


Known = Annotated[str, Depends(_known)]


@reading.get("/api/leads")
def listed(state: str = "", limit: str = "", offset: str = "") -> Response:
    """Return leads, those that wait first: `state` is new, opened, joined, dismissed, or left out for all."""
    try:
        wanted = asking_for.one_of(LeadState, "state", state)
        count, start = asking_for.stretch(limit, offset)
    except FieldsRefused as wrong:
        return Json(wrong.fields, status_code=422)
    with wiring.reading() as session:
        found, total = lead_desk.leads(session, viewer.house(), wanted, limit=count, offset=start)
    return Json({"leads": found, "total": total})


@reading.get("/api/leads/{lead_id}")
def one(lead_id: str) -> Response:
    """Return one lead, and what became of it."""
    try:
        with wiring.reading() as session:
            return Json(lead_desk.lead(session, lead_id, viewer.house()))
    except LeadNotFound as problem:
        return _refused(problem)


@doing.post("/api/leads")
def report(
    request: Request, user: GetUserDep, background: BackgroundTasks, body: Annotated[bytes, Depends(_json)]
) -> Response:
    """Take a lead; one whose link is known at an open incident joins it at once."""
    account = user.get_name()

    def do(session: Session, given: Mapping[str, Any]) -> Settled:
        return _report(session, given, account)

    return _done_once(request, account, body, background, do, CREATED)


@doing.post("/api/leads/{lead_id}/{action}")
def settle(
    request: Request,
    lead_id: str,
    action: Known,
    user: GetUserDep,
    background: BackgroundTasks,
    body: Annotated[bytes, Depends(_json)],
) -> Response:
    """Open, join or dismiss a lead; the fields of each are those of its form (domain/leads.py)."""
    account = user.get_name()

    def do(session: Session, given: Mapping[str, Any]) -> Settled:
        return _settle(session, lead_id, action, given, account)

    return _done_once(request, account, body, background, do)


@reading.get("/leads")
def list_page(
    request: Request, user: GetUserDep, state: str = "", limit: str = "", offset: str = "", platform: str = ""
) -> Response:
    """Show the leads, those that wait first, and the form to report one; `platform` only begins that form."""
    try:
        asking_for.one_of(LeadState, "state", state)
        asking_for.stretch(limit, offset)
    except FieldsRefused as wrong:
        lines = [f"{name}: {said}" for name, said in wrong.fields.items()]
        back = (f"{root_of(request)}/leads", say("查看全部线索"))
        return message(request, say("筛选条件有误"), lines, status=422, link=back)
    begun = {"platform": platform[:PLATFORM]} if platform else {}
    return _list(request, user, state, limit, offset, begun)


@doing.post("/leads")
def report_by_form(
    request: Request, user: GetUserDep, background: BackgroundTasks, body: Annotated[bytes, Depends(_form)]
) -> Response:
    """Take the lead of the form; the page of the lead says what became of it. The same form again is the same lead."""
    house, account = viewer.house(), user.get_name()
    sent = _sent(body)
    given = fields.given(ReportLead, sent)
    if not _ours(request, sent, account, "leads", house):
        return _list(request, user, typed=given, general=[_not_from_our_page()], status=403)
    fingerprint = hashlib.sha256(body).hexdigest()
    try:
        with wiring.transaction() as session:
            before = repeating.before(session, account, f"form:{fingerprint}")
            if before is not None:
                result = before.result
            else:
                settled = _report(session, given, account)
                result = dataclasses.asdict(settled)
                repeating.keep(session, account, f"form:{fingerprint}", fingerprint, result, wiring.utcnow())
    except FieldsRefused as refused:
        return _list(request, user, typed=given, wrong=refused.fields, status=422)
    _deliver(background, result["incident_no"])
    return RedirectResponse(_address(request, result["id"]), status_code=303)


@reading.get("/leads/{lead_id}")
def lead_page(request: Request, lead_id: str, user: GetUserDep) -> Response:
    """Show a lead with what may be made of it."""
    return _lead(request, lead_id, user)


@doing.post("/leads/{lead_id}/{action}")
def settle_by_form(
    request: Request,
    lead_id: str,
    action: Known,
    user: GetUserDep,
    background: BackgroundTasks,
    body: Annotated[bytes, Depends(_form)],
) -> Response:
    """Do what a form of the lead's page asks for; the page shows it afterwards, or what is wrong with it."""
    house, account = viewer.house(), user.get_name()
    sent = _sent(body)
    given = fields.given(SETTLING[action], sent)
    if not _ours(request, sent, account, f"lead:{lead_id}", house):
        return _lead(request, lead_id, user, action, given, general=[_not_from_our_page()], status=403)
    try:
        with wiring.transaction() as session:
            settled = _settle(session, lead_id, action, given, account)
    except FieldsRefused as refused:
        return _lead(request, lead_id, user, action, given, refused.fields, status=422)
    except LeadSettled as refused:
        return _lead(request, lead_id, user, action, given, general=[_settled_words(refused, house)], status=409)
    except NotNow as refused:
        return _lead(request, lead_id, user, action, given, general=[str(refused)], status=409)
    except LeadNotFound:
        return _lead(request, lead_id, user)
    _deliver(background, settled.incident_no)
    return RedirectResponse(_address(request, lead_id), status_code=303)


def _report(session: Session, given: Mapping[str, Any], account: str) -> Settled:
    house = viewer.house()
    form = typed_fields.check(ReportLead, given, house.speaks)
    return leads.report(session, form, acting.actor_of(account), house, wiring.utcnow())


def _settle(session: Session, lead_id: str, action: str, given: Mapping[str, Any], account: str) -> Settled:
    house = viewer.house()
    form = typed_fields.check(SETTLING[action], given, house.speaks)
    return _DO[action](session, lead_id, form, acting.actor_of(account), house, wiring.utcnow())


def _done_once(
    request: Request,
    account: str,
    body: bytes,
    background: BackgroundTasks,
    do: Callable[[Session, Mapping[str, Any]], Settled],
    status: int = repeating.OK,
) -> Response:
    if not acting.from_our_page(request, viewer.house()):
        return Json({"error": "cross_site"}, status_code=403)
    try:
        given = json_object(body)
        with repeatable.once(request, account, body) as call:
            if call.result is None:
                call.done(dataclasses.asdict(do(call.session, given)), status)
        assert call.result is not None  # noqa: S101 - done, now or before
    except repeatable.KeyMisused as misused:
        return Json({"error": misused.code, "detail": str(misused)}, status_code=misused.status)
    except NotJson:
        return Json({"body": say("须为 JSON 对象")}, status_code=422)
    except YingdaError as problem:
        return _refused(problem)
    _deliver(background, call.result["incident_no"])
    return Json(call.result, status_code=call.status)


def _deliver(background: BackgroundTasks, incident_no: str | None) -> None:
    if incident_no is None:
        background.add_task(linked.deliver_all)
    else:
        background.add_task(linked.deliver, incident_no)


def _refused(problem: YingdaError) -> Response:
    if isinstance(problem, FieldsRefused):
        return Json(problem.fields, status_code=422)
    if isinstance(problem, LeadNotFound):
        return Json({"error": "not_found"}, status_code=404)
    if isinstance(problem, NotNow):
        return Json({"error": "not_now", "detail": str(problem)}, status_code=409)
    if isinstance(problem, LeadSettled):
        house = viewer.house()
        said = {
            "error": "settled",
            "detail": _settled_words(problem, house),
            "state": problem.state,
            "incident_no": problem.incident_no,
            "by": naming.actor(problem.settled_by, house),
            "at": problem.at,
        }
        return Json(said, status_code=409)
    raise problem


def _settled_words(problem: LeadSettled, house: Settings) -> str:
    who = naming.actor(problem.settled_by, house)
    name = who.name if who is not None else say("系统")
    at = rendering.local_long(problem.at, house.speaks)
    state = life.label(LeadState(problem.state), house.speaks)
    number = problem.incident_no or ""
    if problem.state == LeadState.DISMISSED:
        return say(
            "%(name)s 已于 %(at)s 处理：%(state)s。如需重新受理或并入，请写明理由。",
            name=name,
            at=at,
            state=state,
        )
    return say("%(name)s 已于 %(at)s 处理：%(state)s %(number)s。", name=name, at=at, state=state, number=number)


def _sent(body: bytes) -> dict[str, str]:
    try:
        return fields.received(body)
    except ValueError:
        return {}


def _ours(request: Request, sent: Mapping[str, str], account: str, about: str, house: Settings) -> bool:
    token = sent.get("csrf", "")
    return acting.from_our_page(request, house) and acting.is_form_token(token, account, about, house)


def _not_from_our_page() -> str:
    return say(
        "这次提交不是从本页发出的，没有收到。请核对后再提交一次。",
    )


def _address(request: Request, lead_id: str) -> str:
    return f"{root_of(request)}/leads/{quote(lead_id, safe='')}"


def _list(
    request: Request,
    user: BaseUser,
    state: str = "",
    limit: str = "",
    offset: str = "",
    typed: Mapping[str, Any] | None = None,
    wrong: Mapping[str, str] | None = None,
    general: list[str] | None = None,
    *,
    status: int = 200,
) -> Response:
    house, now = viewer.house(), wiring.utcnow()
    count, start = asking_for.stretch(limit, offset)
    with wiring.reading() as session:
        found, total = lead_desk.leads(session, house, LeadState(state) if state else None, limit=count, offset=start)
    form = fields.of_form(ReportLead, "report", house, typed or {}, wrong or {})
    kept = {name: value for name, value in {"state": state, "limit": limit}.items() if value}

    def at(place: int) -> str:
        return "?" + urlencode(kept | {"offset": str(place)})

    return page(
        request,
        "leads",
        status=status,
        leads=found,
        total=total,
        first=start + 1,
        state=state,
        states=list(LeadState),
        earlier=at(max(start - count, 0)) if start else None,
        later=at(start + count) if start + count < total else None,
        form=form if access.can_act(user) else None,
        begun=bool(typed or wrong or general),
        general=[*(general or []), *_for_no_field(form, wrong)],
        csrf=acting.form_token(user.get_name(), "leads", house),
        once=secrets.token_urlsafe(12),
        waited=lambda lead: _waited(lead, now, house),
        late=lambda lead: lead.waits_from is not None and lead.waits_from <= now,
    )


def _lead(
    request: Request,
    lead_id: str,
    user: BaseUser,
    refused: str = "",
    typed: Mapping[str, Any] | None = None,
    wrong: Mapping[str, str] | None = None,
    general: list[str] | None = None,
    *,
    status: int = 200,
) -> Response:
    """Show a lead; a form that was refused stands there as it was typed, whatever became of the lead meanwhile."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        with wiring.reading() as session:
            seen = lead_desk.lead(session, lead_id, house)
            waits = seen.state in (LeadState.NEW, LeadState.DISMISSED)
            similar = lead_desk.similar(session, seen) if waits else []
    except LeadNotFound:
        back = (f"{root_of(request)}/leads", say("全部线索"))
        return message(request, say("没有这条线索"), status=404, link=back)
    shown: list[Form] = []
    if access.can_act(user):
        shown = [
            _as_it_stands(name, seen, house, typed if name == refused else None, wrong if name == refused else None)
            for name in SETTLING
            if name in _possible(seen) or name == refused
        ]
    known = next((form for form in shown if form.action == refused), None)
    return page(
        request,
        "lead",
        status=status,
        lead=seen,
        forms=shown,
        refused=refused,
        general=[*(general or []), *_for_no_field(known, wrong)],
        similar=similar,
        csrf=acting.form_token(user.get_name(), f"lead:{lead_id}", house),
        waited=_waited(seen, now, house),
    )


def _possible(seen: LeadSeen) -> tuple[str, ...]:
    if seen.state is LeadState.NEW:
        return tuple(SETTLING)
    return ("open", "join") if seen.state is LeadState.DISMISSED else ()


def _as_it_stands(
    name: str, seen: LeadSeen, house: Settings, typed: Mapping[str, Any] | None, wrong: Mapping[str, str] | None
) -> Form:
    """Return a form to settle a lead; whoever takes up a dismissed one has to say why."""
    begins = _reported(seen) if name == "open" else {}
    form = fields.of_form(SETTLING[name], name, house, begins if typed is None else typed, wrong or {})
    if name == "dismiss":
        return form
    again = seen.state is LeadState.DISMISSED
    kept = tuple(
        dataclasses.replace(field, required=again) if field.name == "reason" else field
        for field in form.fields
        if again or field.name != "reason" or field.value
    )
    return dataclasses.replace(form, fields=kept)


def _reported(seen: LeadSeen) -> dict[str, str]:
    return {
        "title": seen.title,
        "summary": seen.summary,
        "topic": seen.topic.value if seen.topic else "",
        "severity": seen.severity.value,
        "urgent": str(seen.urgent).lower(),
        "drill": str(seen.drill).lower(),
        "unit": seen.unit.id if seen.unit else "",
        "platform": seen.platform or "",
        "source_url": seen.source_url or "",
        "seen_at": seen.seen_at.isoformat() if seen.seen_at else "",
    }


def _for_no_field(form: Form | None, wrong: Mapping[str, str] | None) -> list[str]:
    """Return the messages for no field that the page shows."""
    known = {field.name for field in form.fields} if form is not None else set()
    return [f"{name}: {said}" for name, said in (wrong or {}).items() if name not in known]


def _waited(seen: LeadSeen, now: Any, house: Settings) -> str:
    return lateness_label((seen.settled_at or now) - seen.reported_at, house.speaks)


router = APIRouter()
router.include_router(reading)
router.include_router(doing)
