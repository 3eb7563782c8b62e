"""What those logged in may do to an incident: over the API, and with the forms on its page."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, BackgroundTasks, Depends, Request
from fastapi.responses import RedirectResponse, Response

from yingda import wiring
from yingda.desk import acting, fields, linked
from yingda.desk.access import may_act
from yingda.desk.pages import message, root_of, say
from yingda.desk.replying import LONGEST_JSON, Json, NotJson, body_of, json_object
from yingda.domain.errors import FieldsRefused, IncidentNotFound, NotNow

router = APIRouter(dependencies=[Depends(may_act)])

Named = Literal["regrade", "reopen"]


async def _body(request: Request) -> bytes:
    return await body_of(request, LONGEST_JSON)


@router.post("/api/incidents/{number}/{action}")
def act(
    request: Request,
    number: str,
    action: Named,
    user: GetUserDep,
    background: BackgroundTasks,
    body: Annotated[bytes, Depends(_body)],
) -> Response:
    """Do it: `regrade` {severity, reason}, `reopen` {stage, reason}."""
    if not acting.from_our_page(request, wiring.settings()):
        return Json({"error": "cross_site"}, status_code=403)
    try:
        given = json_object(body)
        acting.act(number, action, given, user.get_name())
    except NotJson:
        return Json({"body": say("须为 JSON 对象", "must be a JSON object")}, status_code=422)
    except FieldsRefused as refused:
        return Json(refused.fields, status_code=422)
    except NotNow as refused:
        return Json({"error": "not_now", "detail": str(refused)}, status_code=409)
    except IncidentNotFound:
        return Json({"error": "not_found"}, status_code=404)
    background.add_task(linked.deliver, number)
    return Json({"incident_no": number, "done": action})


@router.post("/incidents/{number}/{action}")
def act_by_form(
    request: Request,
    number: str,
    action: Named,
    user: GetUserDep,
    background: BackgroundTasks,
    body: Annotated[bytes, Depends(_body)],
) -> Response:
    """Do what a form of the incident's page asks for; the page shows it afterwards."""
    house = wiring.settings()
    here = f"{root_of(request)}/incidents/{quote(number, safe='')}"
    back = (here, say("回到事件", "Back to the incident"))
    try:
        sent: dict[str, Any] = dict(fields.received(body))
    except ValueError:
        sent = {}
    token = str(sent.pop("csrf", ""))
    if not acting.from_our_page(request, house) or not acting.is_form_token(token, user.get_name(), number, house):
        heading = say("这次提交不是从本页发出的，没有收到", "This was not sent from our page, so nothing was done")
        return message(request, heading, status=403, link=back)
    try:
        acting.act(number, action, sent, user.get_name())
    except FieldsRefused as refused:
        lines = [f"{_label(name)}{say('：', ': ')}{said}" for name, said in refused.fields.items()]
        return message(request, say("没有办理，请改正后重试", "Nothing was done"), lines, status=422, link=back)
    except NotNow as refused:
        return message(request, say("目前不能这样办理", "Not now"), [str(refused)], status=409, link=back)
    except IncidentNotFound:
        return message(request, say("没有这个事件", "There is no such incident"), status=404)
    background.add_task(linked.deliver, number)
    return RedirectResponse(here, status_code=303)


def _label(name: str) -> str:
    return {
        "severity": say("级别", "Severity"),
        "stage": say("从哪一步起", "Stage"),
        "reason": say("理由", "Reason"),
    }.get(name, name)
