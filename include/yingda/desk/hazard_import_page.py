"""The pages of importing: the upload, every row's fate before anything is stored, and what was stored."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import Request
from fastapi.responses import Response

from yingda import wiring
from yingda.desk import access, acting, asking_for, viewer
from yingda.desk.pages import message, page, root_of, say
from yingda.domain.errors import FieldsRefused, HazardNotFound
from yingda.domain.hazard_table import COLUMNS, MOST_ROWS
from yingda.domain.hazards import Fate
from yingda.services import import_desk, naming
from yingda.services.importing import RowTold
from yingda.transports.hazard_files import LARGEST


@dataclass(frozen=True)
class Part:
    """Which rows of a table are shown."""

    fate: Fate | None
    limit: int
    offset: int


def show_upload(request: Request, user: BaseUser, problem: str | None = None, *, status: int = 200) -> Response:
    """Show the form to upload a table, with why the last one was not taken."""
    house = viewer.house()
    if not access.can_act(user):
        back = (f"{root_of(request)}/hazards", say("回到隐患"))
        return message(request, say("您的账号不能导入隐患"), status=200, link=back)
    return page(
        request,
        "hazard_import",
        status=status,
        problem=problem,
        columns=list(COLUMNS.values()),
        most=MOST_ROWS,
        largest=LARGEST // 1_000_000,
        csrf=acting.form_token(user.get_name(), "hazard-import", house),
    )


def show_waiting(
    request: Request,
    user: BaseUser,
    import_id: str,
    fate: str = "",
    limit: str = "",
    offset: str = "",
    problem: str | None = None,
    *,
    status: int = 200,
) -> Response:
    """Show every row of a table with its fate; with the button to store it, if nothing is refused."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        part = Part(asking_for.one_of(Fate, "fate", fate), *asking_for.stretch(limit, offset))
    except FieldsRefused as wrong:
        lines = [f"{name}: {said}" for name, said in wrong.fields.items()]
        back = (f"{root_of(request)}/hazards/import/{import_id}", say("全部各行"))
        return message(request, say("筛选条件有误"), lines, status=422, link=back)
    try:
        with wiring.reading() as session:
            waiting = import_desk.waiting(session, import_id, acting.actor_of(user.get_name()), now)
    except HazardNotFound:
        return gone(request)
    rows = [row for row in waiting.told.rows if part.fate is None or row.fate is part.fate]
    after = part.offset + part.limit

    def at(place: int, which: str = fate) -> str:
        kept = {name: value for name, value in {"fate": which, "limit": limit}.items() if value}
        return "?" + urlencode(kept | {"offset": str(place)})

    return page(
        request,
        "hazard_preview",
        status=status,
        waiting=waiting,
        told=waiting.told,
        counts={one: waiting.told.counts[one.value] for one in Fate},
        rows=rows[part.offset : after],
        total=len(rows),
        first=part.offset + 1,
        chosen=part.fate,
        at=at,
        earlier=at(max(part.offset - part.limit, 0)) if part.offset else None,
        later=at(after) if after < len(rows) else None,
        problem=problem,
        unit_of=lambda row: naming.unit(row.unit, house).name,
        column=lambda name: COLUMNS.get(name, ""),
        changed=lambda row: _changed(row),
        csrf=acting.form_token(user.get_name(), f"hazard-import:{import_id}", house),
    )


def gone(request: Request) -> Response:
    """Say that no such table waits any more."""
    heading = say("没有这次导入，或已过期")
    lines = [say("没有导入任何内容。请重新上传文件。")]
    back = (f"{root_of(request)}/hazards/import", say("重新上传"))
    return message(request, heading, lines, status=404, link=back)


def _changed(row: RowTold) -> str:
    return say("、").join(COLUMNS[name] for name in row.changes)
