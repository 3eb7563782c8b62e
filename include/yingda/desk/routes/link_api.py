"""The same for programs: a personal link's token in the header `X-Desk-Token`, JSON in and out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Request
from fastapi.responses import Response

from yingda import wiring
from yingda.desk import linked, viewer
from yingda.desk.link_refusals import for_program
from yingda.desk.pages import say
from yingda.desk.replying import LONGEST_JSON, Json, NotJson, body_of, json_object
from yingda.domain import forms
from yingda.domain.errors import (
    YingdaError,
)
from yingda.services import linking
from yingda.services.briefing import Brief

router = APIRouter(prefix="/api/r")


async def _body(request: Request) -> bytes:
    return await body_of(request, LONGEST_JSON)


Token = Annotated[str, Header(alias="X-Desk-Token")]


@router.get("")
def show(token: Token = "") -> Response:
    """Return the request, its form and what there is to read; with a decision, once there is one."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        _claims, brief = linked.see(token, house, now)
    except YingdaError as problem:
        return for_program(problem, token, house)
    return Json(_as_json(brief))


@router.post("")
def answer(background: BackgroundTasks, body: Annotated[bytes, Depends(_body)], token: Token = "") -> Response:
    """Take an answer; the same one again gets the same reply."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        # Whoever has no link learns nothing about what a body should look like.
        linking.read(house, token, now)
        decision = linked.take(token, json_object(body), house, now)
    except NotJson:
        return Json({"body": say("须为 JSON 对象")}, status_code=422)
    except YingdaError as problem:
        return for_program(problem, token, house)
    background.add_task(linked.deliver, decision.incident_no)
    return Json({"decision": decision})


def _as_json(brief: Brief) -> dict[str, Any]:
    return {
        "id": brief.id,
        "incident_no": brief.incident_no,
        "kind": brief.kind,
        "round": brief.round,
        "revision_sha256": brief.revision_sha256,
        "actions": brief.actions,
        "form": forms.schema(brief.kind, brief.actions or forms.actions(brief.kind)),
        "due_at": brief.due_at,
        "expires_at": brief.expires_at,
        "officer": brief.officer,
        "context": brief.context,
        **({"decision": brief.decision} if brief.decision else {}),
    }
