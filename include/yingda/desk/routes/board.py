"""Pages for those logged in: the board, one incident, the incident of an Airflow run, the registers."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from yingda import wiring
from yingda.desk import access, acting, asking_for, registers
from yingda.desk.access import DAG, may_view
from yingda.desk.fields import statement_kind_labels
from yingda.desk.pages import clock_words, event_words, message, page, root_of, say
from yingda.domain import forms
from yingda.domain.errors import FieldsRefused, IncidentNotFound
from yingda.domain.lead import REOPENING_STAGES
from yingda.domain.life import Stage
from yingda.domain.severity import Severity
from yingda.services import comparing, presenting, viewing
from yingda.services.case import number_of_run
from yingda.services.comparing import Changed
from yingda.services.troubles import troubles
from yingda.settings import Settings

router = APIRouter(dependencies=[Depends(may_view)])


@router.get("/")
def board(
    request: Request,
    stage: str = "",
    severity: str = "",
    unit: str = "",
    q: str = "",
    limit: str = "",
    offset: str = "",
) -> Response:
    """Show the incidents being handled: stage, time left, who is asked."""
    house, now = wiring.settings(), wiring.utcnow()
    try:
        sought = asking_for.sought(house, stage, severity, unit, q, limit, offset, board=True)
    except FieldsRefused as wrong:
        lines = [f"{name}: {said}" for name, said in wrong.fields.items()]
        back = (f"{root_of(request)}/", say("查看全部办理中的事件", "Show all open incidents"))
        return message(request, say("筛选条件有误", "This filter cannot be used"), lines, status=422, link=back)
    with wiring.reading() as session:
        lines_, total = viewing.incidents(session, house, sought, now)
        in_trouble = troubles(session, house)
    chosen = {"stage": stage, "severity": severity, "unit": unit, "q": q}

    def at(start: int) -> str:
        kept = {key: value for key, value in chosen.items() if value} | ({"limit": limit} if limit else {})
        return "?" + urlencode(kept | {"offset": str(start)})

    return page(
        request,
        "board",
        lines=lines_,
        troubles=in_trouble,
        total=total,
        sought=sought,
        chosen=chosen,
        filtered=any(chosen.values()),
        units=viewing.units(house),
        stages=list(Stage),
        severities=list(Severity),
        earlier=at(max(sought.offset - sought.limit, 0)) if sought.offset else None,
        later=at(sought.offset + sought.limit) if sought.offset + sought.limit < total else None,
        clock_words=lambda clock: clock_words(clock, now, house.locale),
    )


@router.get("/incidents/{number}")
def incident(request: Request, number: str, user: GetUserDep) -> Response:
    """Show everything on record about one incident."""
    house, now = wiring.settings(), wiring.utcnow()
    try:
        with wiring.reading() as session:
            seen = viewing.incident(session, number, house, now)
    except IncidentNotFound:
        return _no_incident(request)
    return page(
        request,
        "incident",
        incident=seen,
        stages=list(Stage),
        severities=list(Severity),
        reopening_stages=REOPENING_STAGES,
        csrf=acting.form_token(user.get_name(), number, house) if access.can_act(user) else None,
        statement_html=lambda content: presenting.public_html(content, house),
        changes_of=lambda document, revision: _changes(document, revision, house),
        statement_kinds=statement_kind_labels(house.locale),
        clock_words=lambda clock: clock_words(clock, now, house.locale),
        event_words=lambda event: event_words(event, house),
        action_label=lambda kind, action: forms.button(kind, action, house.locale),
        run_address=lambda run_id: f"{_airflow(request)}/dags/{DAG}/runs/{quote(run_id, safe='')}",
    )


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
                "The incident shows here once its first step, open_incident, has run.",
            )
        ]
        heading = say("这次运行还没有对应的事件", "This run belongs to no incident yet")
        return message(request, heading, lines, status=404, link=_to_board(request))
    return RedirectResponse(f"{root_of(request)}/incidents/{quote(number)}", status_code=303)


@router.get("/register")
def register_days(request: Request) -> Response:
    """List the registers that were compiled, latest first."""
    return page(request, "register", days=registers.days(wiring.settings()))


@router.get("/register/{day}/{name}")
def register_file(request: Request, day: str, name: str) -> Response:
    """Show or download a file of a day's register."""
    path = registers.file(wiring.settings(), day, name)
    if path is None:
        heading = say(f"没有 {day} 的这份汇总表", f"There is no such register of {day}")
        back = (f"{root_of(request)}/register", say("全部汇总表", "All registers"))
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


def _no_incident(request: Request) -> Response:
    heading = say("没有这个编号的事件", "No incident has this number")
    lines = [say("编号形如 YQCZBG-2026-001。", "Numbers look like YQCZBG-2026-001.")]
    return message(request, heading, lines, status=404, link=_to_board(request))


def _to_board(request: Request) -> tuple[str, str]:
    return f"{root_of(request)}/", say("回到事件一览", "Back to the board")


def _airflow(request: Request) -> str:
    """Return the path under which Airflow itself is served: the desk is mounted one below it."""
    return root_of(request).rpartition("/")[0]


def _changes(document: viewing.DocumentSeen, revision: viewing.RevisionSeen, house: Settings) -> tuple[Changed, ...]:
    before = next((one for one in document.revisions if one.number == revision.number - 1), None)
    return () if before is None else comparing.compare(before.content, revision.content, document.kind, house)
