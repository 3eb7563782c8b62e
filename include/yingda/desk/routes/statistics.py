"""Statistics: the page, the same figures for programs, and as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from yingda import wiring
from yingda.desk import figures, figures_file, viewer
from yingda.desk.access import may_view
from yingda.desk.figures import Typed, Wanted
from yingda.desk.replying import Json
from yingda.domain.errors import FieldsRefused
from yingda.settings import Settings

router = APIRouter(dependencies=[Depends(may_view)])


def _typed(since: str = "", until: str = "", unit: str = "", severity: str = "", by: str = "") -> Typed:
    return Typed(since, until, unit, severity, by)


Asked = Annotated[Typed, Depends(_typed)]


@router.get("/statistics")
def page(request: Request, typed: Asked) -> Response:
    """Show how punctual the office was from one day to another."""
    return figures.show(request, typed)


@router.get("/statistics/export.csv")
def export(request: Request, typed: Asked) -> Response:
    """Return the figures of the page as CSV; where the address is wrong, the page that says so."""
    return _file(request, typed, figures_file.as_csv, "csv", "text/csv; charset=utf-8")


@router.get("/statistics/export.xlsx")
def export_workbook(request: Request, typed: Asked) -> Response:
    """Return the same as a workbook."""
    return _file(
        request,
        typed,
        figures_file.as_xlsx,
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


@router.get("/api/statistics")
def statistics(typed: Asked) -> Response:
    """Count how punctual the office was from one day to another, both included; by default in the last 30 days."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        asked = figures.wanted(typed, house, now)
    except FieldsRefused as wrong:
        return Json(wrong.fields, status_code=422)
    return Json(figures.plain(asked, *figures.counted(asked, now), figures.open_hazards(asked, now)))


def _file(
    request: Request, typed: Typed, make: Callable[[Wanted, datetime, Settings], bytes], suffix: str, media_type: str
) -> Response:
    house, now = viewer.house(), wiring.utcnow()
    try:
        asked = figures.wanted(typed, house, now)
    except FieldsRefused:
        return figures.show(request, typed)
    name = f"statistics-{asked.since}-{asked.until}.{suffix}"
    return Response(
        make(asked, now, house),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
