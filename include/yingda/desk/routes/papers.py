"""The papers: report form and statement of an incident, its evidence pack for those who may act, and the flow chart."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Annotated
from urllib.parse import quote

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy.orm import Session

from yingda import wiring
from yingda.desk import acting, fields
from yingda.desk.access import may_act, may_view
from yingda.desk.incident_page import to_board
from yingda.desk.pages import message, root_of, say
from yingda.desk.replying import body_of
from yingda.domain.errors import IncidentNotFound
from yingda.domain.speech import N_
from yingda.services import charting, packing, papering
from yingda.settings import Settings
from yingda.transports import files
from yingda.transports.errors import TransportError

router = APIRouter()

log = logging.getLogger(__name__)

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LONGEST = 10_000  # bytes: a token
PIECE = 1_000_000


async def _body(request: Request) -> bytes:
    return await body_of(request, LONGEST)


Body = Annotated[bytes, Depends(_body)]


@router.get("/incidents/{number}/report.docx", dependencies=[Depends(may_view)])
def report(request: Request, number: str) -> Response:
    """Return 附件2 as a Word document: the approved report, before that the newest, marked."""
    return _paper(request, number, say(N_("舆情处置情况报告单", "papers")), papering.report_document)


@router.get("/incidents/{number}/statement.docx", dependencies=[Depends(may_view)])
def statement(request: Request, number: str, sha256: str = "") -> Response:
    """Return the statement as a Word document: the one of this SHA-256, or the newest that is public."""
    wanted = sha256.replace("\x00", "") or None
    return _paper(
        request,
        number,
        say("情况说明"),
        lambda session, number, house: papering.statement_document(session, number, house, wanted),
    )


@router.get("/flow.svg", dependencies=[Depends(may_view)])
def flow() -> Response:
    """Return 附件1, the picture of how an incident is handled, with the rules in force."""
    picture = charting.svg(charting.kept(), wiring.settings().policy)
    # The picture carries its colours for day and night inside, and nothing else may run or load in it.
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"}
    return Response(picture.encode(), media_type="image/svg+xml", headers=policy)


@router.post("/incidents/{number}/pack", dependencies=[Depends(may_act)])
def pack(request: Request, number: str, user: GetUserDep, body: Body) -> Response:
    """Make the evidence pack, note that it was made, and hand it out."""
    house, account = wiring.settings(), user.get_name()
    try:
        sent = fields.received(body)
    except ValueError:
        sent = {}
    token = sent.pop("csrf", "")
    if not acting.from_our_page(request, house) or not acting.is_form_token(token, account, number, house):
        heading = say("这次提交不是从本页发出的，没有收到")
        return message(request, heading, status=403, link=_back(request, number))
    try:
        file = _pack(number, house, account)
    except IncidentNotFound:
        return _no_incident(request)
    except (TransportError, OSError) as problem:
        return _sorry(request, number, problem)
    size = file.tell()
    name = f"{number}-{say('证据包')}.zip"
    headers = {"Content-Length": str(size), **_attached(name)}
    return StreamingResponse(_pieces(file), media_type="application/zip", headers=headers)


def _pack(number: str, house: Settings, account: str) -> IO[bytes]:
    """Make the pack in a file without a name, on the disk that has room for it: it goes away whatever happens."""
    files.make_folder(house.home)
    file = tempfile.TemporaryFile(dir=house.home)  # noqa: SIM115 - open until its last piece was sent
    try:
        actor, now = acting.actor_of(account), wiring.utcnow()
        packing.make(wiring.reading, wiring.transaction, number, house, now, actor, file)
    except BaseException:
        file.close()
        raise
    return file


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _paper(
    request: Request, number: str, name: str, compose: Callable[[Session, str, Settings], bytes | None]
) -> Response:
    try:
        with wiring.reading() as session:
            content = compose(session, number, wiring.settings())
    except IncidentNotFound:
        return _no_incident(request)
    except TransportError as problem:
        return _sorry(request, number, problem)
    if content is None:
        heading = say("还没有这份文本")
        return message(request, heading, status=404, link=_back(request, number))
    return Response(content, media_type=WORD, headers=_attached(f"{number}-{name}.docx"))


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


def _no_incident(request: Request) -> Response:
    return message(request, say("没有这个事件"), status=404, link=to_board(request))


def _sorry(request: Request, number: str, problem: Exception) -> Response:
    log.error("A paper of %s could not be made: %s", number, problem)
    lines = [problem.message] if isinstance(problem, TransportError) else []
    heading = say("现在做不出来，请稍后再试或告知运维")
    return message(request, heading, lines, status=503, link=_back(request, number))


def _back(request: Request, number: str) -> tuple[str, str]:
    return f"{root_of(request)}/incidents/{quote(number, safe='')}", say("回到事件")
