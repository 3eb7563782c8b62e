"""The same records for programs of those logged in, as JSON."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from yingda import wiring
from yingda.desk import asking_for, registers, viewer
from yingda.desk.access import may_view
from yingda.desk.pages import say
from yingda.desk.replying import Json
from yingda.domain.errors import FieldsRefused, IncidentNotFound
from yingda.domain.life import RequestState
from yingda.services import viewing
from yingda.store import audit

router = APIRouter(dependencies=[Depends(may_view)])

MOST_BREAKS = 100


@router.get("/api/incidents")
def incidents(
    stage: str = "", severity: str = "", unit: str = "", q: str = "", limit: str = "", offset: str = ""
) -> Response:
    """Return incidents, newest first, closed ones included; `total` counts them all."""
    house = viewer.house()
    try:
        sought = asking_for.sought(house, stage, severity, unit, q, limit, offset)
    except FieldsRefused as wrong:
        return Json(wrong.fields, status_code=422)
    with wiring.reading() as session:
        lines, total = viewing.incidents(session, house, sought, wiring.utcnow())
    return Json({"incidents": lines, "total": total})


@router.get("/api/incidents/{number}")
def incident(number: str) -> Response:
    """Return everything on record about one incident."""
    try:
        with wiring.reading() as session:
            return Json(viewing.incident(session, number, viewer.house(), wiring.utcnow()))
    except IncidentNotFound:
        return Json({"error": "not_found"}, status_code=404)


@router.get("/api/requests")
def requests(status: str = "", limit: str = "", offset: str = "") -> Response:
    """Return requests, oldest first: `status` is open, answered, withdrawn, or left out for all."""
    try:
        state = asking_for.one_of(RequestState, "status", status)
        count, start = asking_for.stretch(limit, offset)
    except FieldsRefused as wrong:
        return Json(wrong.fields, status_code=422)
    with wiring.reading() as session:
        found, total = viewing.requests(session, viewer.house(), state, limit=count, offset=start)
    return Json({"requests": found, "total": total})


@router.get("/api/register/{day}")
def register(day: str) -> Response:
    """Return the register of a day, YYYY-MM-DD."""
    path = registers.file(viewer.house(), day, "register.json")
    if path is None:
        return Json({"error": "not_found"}, status_code=404)
    return Response(path.read_bytes(), media_type="application/json")


@router.get("/api/audit/verify")
def verify() -> Response:
    """Walk the whole chain of events: 200 only if it holds, else 409 with the places where it does not."""
    from itertools import islice

    from sqlalchemy import func, select

    from yingda.store.models import Event

    with wiring.reading() as session:
        broken = list(islice(audit.breaks(session), MOST_BREAKS))
        if broken:
            return Json({"ok": False, "breaks": broken}, status_code=409)
        return Json({"ok": True, "events": session.scalar(select(func.count()).select_from(Event))})


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """Return the description of this interface."""
    described: dict[str, Any] = json.loads(json.dumps(request.app.openapi()))
    described["servers"] = [{"url": str(request.scope.get("root_path", "")) or "/"}]
    described["info"]["title"] = say("应答")
    return Json(described)
