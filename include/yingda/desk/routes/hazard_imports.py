"""Importing tables of hazards: upload, look at every row's fate, confirm; and for programs all of it in one request."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from yingda import wiring
from yingda.desk import acting, fields, hazard_acts, hazard_import_page, hazard_page, receiving, repeatable, viewer
from yingda.desk.access import may_act, may_view
from yingda.desk.pages import root_of, say
from yingda.desk.receiving import Sent
from yingda.desk.replying import LONGEST_JSON, Json, body_of
from yingda.domain.errors import HazardNotFound, NotNow, TableRefused, YingdaError
from yingda.services import import_desk, importing, repeating
from yingda.services.importing import RowTold, Told
from yingda.transports import hazard_template
from yingda.transports.hazard_files import LARGEST

reading = APIRouter(dependencies=[Depends(may_view)])
doing = APIRouter(dependencies=[Depends(may_act)])

CREATED = 201
LONGEST = 2 * LARGEST
"""Bytes of a form with its file: a file that is somewhat too large is told so, one that is far too large not read."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def _upload(request: Request) -> Sent:
    return await receiving.with_files(request, largest=LARGEST, longest=LONGEST)


async def _form(request: Request) -> bytes:
    return await body_of(request, LONGEST_JSON)


Uploaded = Annotated[Sent, Depends(_upload)]
FormBody = Annotated[bytes, Depends(_form)]


@doing.post("/api/hazards/import")
def import_table(request: Request, user: GetUserDep, sent: Uploaded) -> Response:
    """Import the table in the multipart field `file`, all rows or none; with `dry_run=true` only tell their fates.

    200 or 201 (where a hazard is new) with each row's fate; 422 where the file or a row is refused, and then nothing is
    stored.
    """
    house, account = viewer.house(), user.get_name()
    if not acting.from_our_page(request, house):
        return Json({"error": "cross_site"}, status_code=403)
    wanted = sent.fields.get("dry_run", "false").strip().lower()
    if wanted not in ("true", "false"):
        return Json({"dry_run": say("只能是 true 或 false")}, status_code=422)
    content = next((one.content for one in sent.files if one.field == "file"), None)
    if content is None:
        said = say("请在 multipart 表单的 file 字段里上传 .xlsx 或 .csv")
        return Json({"file": said}, status_code=422)
    dry = wanted == "true"
    try:
        with repeatable.once(request, account, wanted.encode() + b"\n" + content) as call:
            if call.result is None:
                now = wiring.utcnow()
                rows, ignored = importing.read(content, house, now)
                importing.alone(call.session)
                told = importing.tell(call.session, rows, ignored, house)
                if told.refused:
                    return Json({"error": "rows_refused", "stored": False, **_plain(told)}, status_code=422)
                if not dry:
                    told = importing.carry_out(call.session, told, acting.actor_of(account), house, now)
                created = not dry and told.counts["new"] > 0
                call.done({"stored": not dry, **_plain(told)}, CREATED if created else repeating.OK)
    except repeatable.KeyMisused as misused:
        return Json({"error": misused.code, "detail": str(misused)}, status_code=misused.status)
    except YingdaError as problem:
        return hazard_acts.refused(problem)
    return Json(call.result, status_code=call.status)


@reading.get("/hazards/template.xlsx")
def template() -> Response:
    """Return the empty table of 附件3."""
    house = viewer.house()
    units = [(unit.id, unit.name, unit.name_en) for unit in house.roster.units]
    chinese = quote(f"{hazard_template.SHEET}.xlsx")
    disposition = f"attachment; filename=\"hazards.xlsx\"; filename*=UTF-8''{chinese}"
    return Response(
        hazard_template.empty(units, house.speaks), media_type=XLSX, headers={"Content-Disposition": disposition}
    )


@reading.get("/hazards/import")
def upload_page(request: Request, user: GetUserDep) -> Response:
    """Show the form to upload a table."""
    return hazard_import_page.show_upload(request, user)


@doing.post("/hazards/import")
def upload(request: Request, user: GetUserDep, sent: Uploaded) -> Response:
    """Read a table, and go to the page that tells every row's fate. Nothing of it is stored as a hazard."""
    house, account, now = viewer.house(), user.get_name(), wiring.utcnow()
    token = sent.fields.get("csrf", "")
    if not acting.from_our_page(request, house) or not acting.is_form_token(token, account, "hazard-import", house):
        return hazard_import_page.show_upload(request, user, hazard_page.not_from_our_page(), status=403)
    file = next((one for one in sent.files if one.field == "file"), None)
    if file is None:
        said = say("请选择一个文件。")
        return hazard_import_page.show_upload(request, user, said, status=422)
    try:
        rows, ignored = importing.read(file.content, house, now)
    except TableRefused as refused:
        said = say("%(name)s：", name=file.name[:120]) + hazard_acts.table_words(refused)
        return hazard_import_page.show_upload(request, user, said, status=422)
    with wiring.transaction() as session:
        told = importing.tell(session, rows, ignored, house)
        import_id = import_desk.keep(session, told, file.name, acting.actor_of(account), now)
    return RedirectResponse(f"{root_of(request)}/hazards/import/{import_id}", status_code=303)


@reading.get("/hazards/import/{import_id}")
def preview(
    request: Request, import_id: str, user: GetUserDep, fate: str = "", limit: str = "", offset: str = ""
) -> Response:
    """Show every row of a table that was read, and what becomes of it."""
    return hazard_import_page.show_waiting(request, user, import_id, fate, limit, offset)


@doing.post("/hazards/import/{import_id}")
def confirm(request: Request, import_id: str, user: GetUserDep, body: FormBody) -> Response:
    """Store a table exactly as its page told it, all rows or none; the page says so afterwards."""
    house, account, now = viewer.house(), user.get_name(), wiring.utcnow()
    try:
        sent = fields.received(body)
    except ValueError:
        sent = {}
    about = f"hazard-import:{import_id}"
    if not acting.from_our_page(request, house) or not acting.is_form_token(
        sent.get("csrf", ""), account, about, house
    ):
        said = hazard_page.not_from_our_page()
        return hazard_import_page.show_waiting(request, user, import_id, problem=said, status=403)
    actor = acting.actor_of(account)
    try:
        with wiring.transaction() as session:
            import_desk.confirm(session, import_id, actor, house, now)
    except HazardNotFound:
        return hazard_import_page.gone(request)
    except NotNow as refused:
        with wiring.transaction() as session:
            import_desk.tell_again(session, import_id, actor, house, now)
        return hazard_import_page.show_waiting(request, user, import_id, problem=str(refused), status=409)
    return RedirectResponse(f"{root_of(request)}/hazards/import/{import_id}", status_code=303)


def _plain(told: Told) -> dict[str, Any]:
    return {"counts": told.counts, "ignored_columns": list(told.ignored), "rows": [_row(one) for one in told.rows]}


def _row(one: RowTold) -> dict[str, Any]:
    return {
        "row": one.row,
        "fate": one.fate.value,
        "hazard": one.hazard,
        "changes": list(one.changes),
        "errors": dict(one.errors),
    }


router = APIRouter()
router.include_router(reading)
router.include_router(doing)
