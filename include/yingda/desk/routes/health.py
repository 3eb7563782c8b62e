"""Health: open to anybody, and it says nothing but whether all is well."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from yingda.desk import wellbeing
from yingda.desk.replying import Json

router = APIRouter()


@router.get("/api/health")
def health() -> Response:
    """Say ok, or which parts are not, and no more."""
    failing = wellbeing.failing()
    if failing:
        return Json({"ok": False, "parts": failing}, status_code=503)
    return Json({"ok": True})
