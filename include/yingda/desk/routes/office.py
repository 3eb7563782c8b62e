"""The office as the system knows it: roster and rules, to read only; they are changed in their files."""

from __future__ import annotations

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from yingda.desk import office_page
from yingda.desk.access import may_view

router = APIRouter(dependencies=[Depends(may_view)])


@router.get("/office")
def office(request: Request, user: GetUserDep) -> Response:
    """Show who is there, who is away, and the rules in force."""
    return office_page.show(request, user)
