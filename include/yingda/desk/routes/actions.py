"""What those logged in may do to an incident: over the API, and with the forms on its page."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from yingda import wiring
from yingda.desk import acting, fields, incident_page, linked, repeatable, viewer
from yingda.desk.access import may_act
from yingda.desk.pages import message, root_of, say
from yingda.desk.replying import LONGEST_JSON, Json, NotJson, body_of, json_object
from yingda.domain import acts
from yingda.domain.errors import FieldsRefused, IncidentNotFound, NotNow

router = APIRouter(dependencies=[Depends(may_act)])


async def _body(request: Request) -> bytes:
    return await body_of(request, LONGEST_JSON)


def _known(action: str) -> str:
    if action not in acting.HANDLERS:
        raise HTTPException(404, "Not Found")
    return action


Known = Annotated[str, Depends(_known)]
Body = Annotated[bytes, Depends(_body)]


@router.post("/api/incidents/{number}/{action}")
def act(
    request: Request, number: str, action: Known, user: GetUserDep, background: BackgroundTasks, body: Body
) -> Response:
    """Do it; the fields of each act are those of its form (domain/acts.py)."""
    if not acting.from_our_page(request, viewer.house()):
        return Json({"error": "cross_site"}, status_code=403)
    account = user.get_name()
    try:
        given = json_object(body)
        with repeatable.once(request, account, body) as call:
            if call.result is None:
                acting.act(call.session, number, action, given, account)
                call.done({"incident_no": number, "done": action})
            result = call.result
    except repeatable.KeyMisused as misused:
        return Json({"error": misused.code, "detail": str(misused)}, status_code=misused.status)
    except NotJson:
        return Json({"body": say("须为 JSON 对象")}, status_code=422)
    except FieldsRefused as refused:
        return Json(refused.fields, status_code=422)
    except NotNow as refused:
        return Json({"error": "not_now", "detail": str(refused)}, status_code=409)
    except IncidentNotFound:
        return Json({"error": "not_found"}, status_code=404)
    background.add_task(linked.deliver, number)
    return Json(result)


@router.post("/incidents/{number}/{action}")
def act_by_form(
    request: Request, number: str, action: Known, user: GetUserDep, background: BackgroundTasks, body: Body
) -> Response:
    """Do what a form of the incident's page asks for; the page shows it afterwards, or what is wrong with it."""
    house = viewer.house()
    account = user.get_name()
    here = f"{root_of(request)}/incidents/{quote(number, safe='')}"
    back = (here, say("回到事件"))
    try:
        sent = fields.received(body)
    except ValueError:
        sent = {}
    token = sent.pop("csrf", "")
    if not acting.from_our_page(request, house) or not acting.is_form_token(token, account, number, house):
        heading = say("这次提交不是从本页发出的，没有收到")
        return message(request, heading, status=403, link=back)
    given = fields.given(acts.ACTS[action], sent)
    try:
        with wiring.transaction() as session:
            acting.act(session, number, action, given, account)
    except FieldsRefused as refused:
        return incident_page.show(request, number, user, refused=(action, given, refused.fields), status=422)
    except NotNow as refused:
        return incident_page.show(request, number, user, refused=(action, given, {"": str(refused)}), status=409)
    except IncidentNotFound:
        return message(request, say("没有这个事件"), status=404)
    background.add_task(linked.deliver, number)
    return RedirectResponse(here, status_code=303)
