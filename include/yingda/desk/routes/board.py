"""Pages for those logged in: the board, one incident, the incident of an Airflow run, the registers."""

from __future__ import annotations

from urllib.parse import quote

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from yingda import wiring
from yingda.desk import attachments, board_page, incident_page, registers, viewer
from yingda.desk.access import may_view
from yingda.desk.board_page import Chosen
from yingda.desk.incident_page import to_board
from yingda.desk.pages import message, page, root_of, say
from yingda.domain.errors import FieldsRefused, IncidentNotFound
from yingda.services import viewing
from yingda.services.case import number_of_run

router = APIRouter(dependencies=[Depends(may_view)])


@router.get("/")
def board(
    request: Request,
    user: GetUserDep,
    stage: str = "",
    severity: str = "",
    unit: str = "",
    q: str = "",
    sort: str = "",
    limit: str = "",
    offset: str = "",
) -> Response:
    """Show the incidents being handled: stage, time left, who is asked; first of all what a machine gave up."""
    chosen = Chosen(stage=stage, severity=severity, unit=unit, q=q, sort=sort, limit=limit, offset=offset)
    return board_page.show(request, user, chosen)


@router.get("/incidents/{number}")
def incident(request: Request, number: str, user: GetUserDep) -> Response:
    """Show everything on record about one incident."""
    return incident_page.show(request, number, user)


@router.get("/incidents/{number}/files/{file_id}")
def file(request: Request, number: str, file_id: str) -> Response:
    """Show a file that an officer sent as evidence."""
    house = viewer.house()
    try:
        with wiring.reading() as session:
            files = viewing.incident(session, number, house, wiring.utcnow()).files
    except IncidentNotFound:
        files = ()
    heading = say("没有这个文件")
    return attachments.reply(files, file_id, house) or message(request, heading, status=404, link=to_board(request))


@router.get("/runs")
def run(request: Request, run_id: str = "") -> Response:
    """Go to the incident that an Airflow run belongs to."""
    try:
        with wiring.reading() as session:
            number = number_of_run(session, run_id.replace("\x00", ""))
    except IncidentNotFound:
        lines = [
            say(
                "它的第一步“受理”完成后，这里显示事件。",
            )
        ]
        heading = say("这次运行还没有对应的事件")
        return message(request, heading, lines, status=404, link=to_board(request))
    return RedirectResponse(f"{root_of(request)}/incidents/{quote(number)}", status_code=303)


@router.get("/register")
def register_days(
    request: Request, since: str = Query("", alias="from"), until: str = Query("", alias="to")
) -> Response:
    """List the registers that were compiled, latest first; with `from` and `to`, what is different between two."""
    house, compared, wrong = viewer.house(), None, dict[str, str]()
    with wiring.reading() as session:
        days = registers.listed(session, house)
        if since or until:
            try:
                compared = registers.compared(session, since, until, house)
            except FieldsRefused as refused:
                wrong = dict(refused.fields)
    kept = [one.day for one in days if one.kept]
    # As it comes, the latest is compared with the one before.
    chosen = {"from": since or "".join(kept[1:2]), "to": until or "".join(kept[:1])}
    values = {"days": days, "compared": compared, "wrong": wrong, "chosen": chosen}
    return page(request, "register", status=422 if wrong else 200, **values)


@router.get("/register/{day}/{name}")
def register_file(request: Request, day: str, name: str) -> Response:
    """Show or download a file of a day's register."""
    path = registers.file(viewer.house(), day, name)
    if path is None:
        heading = say("没有 %(day)s 的这份汇总表", day=day)
        back = (f"{root_of(request)}/register", say("全部汇总表"))
        return message(request, heading, status=404, link=back)
    # The page of a register is one file, so it carries its style inside.
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"}
    inline = name == "register.html"
    return FileResponse(
        path,
        media_type=registers.FILES[name],
        headers=policy if inline else None,
        filename=None if inline else f"{day}-{name}",
    )
