"""The desk as one app: personal links for officers without accounts, board and records for those logged in."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from yingda.desk import access
from yingda.desk.headers import DESK, Headers
from yingda.desk.pages import message, root_of, say
from yingda.desk.replying import Json, TooLong
from yingda.desk.routes import (
    actions,
    board,
    feedback,
    hazard_imports,
    hazards,
    health,
    language,
    leads,
    link_api,
    link_codes,
    link_files,
    link_pages,
    office,
    papers,
    records,
    rounds,
    static,
    statistics,
    troubles,
)
from yingda.desk.viewer import Language
from yingda.domain.errors import CalendarError, SettingsError

log = logging.getLogger(__name__)


def build() -> FastAPI:
    """Return the app, to be mounted at `/desk` of Airflow's server.

    :raises RuntimeError: a route is open to anybody that should not be
    """
    app = FastAPI(title="Yingda", docs_url=None, redoc_url=None, openapi_url=None, swagger_ui_oauth2_redirect_url=None)
    for part in (link_pages, link_files, link_codes, link_api, feedback, health, language, static):
        app.include_router(part.router)
    # Papers come before actions, whose addresses would take theirs for the name of an act.
    for part in (board, records, papers, actions, leads, hazard_imports, hazards, troubles, rounds, statistics, office):
        app.include_router(part.router)
    app.add_middleware(Language)
    app.add_middleware(Headers, headers=DESK)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(TooLong, _too_long)
    app.add_exception_handler(SettingsError, _settings)
    app.add_exception_handler(CalendarError, _calendar)
    app.add_exception_handler(OperationalError, _unavailable)
    app.add_exception_handler(PoolTimeout, _unavailable)
    access.refuse_unguarded(app)
    return app


def _for_program(request: Request) -> bool:
    path = request.url.path.removeprefix(root_of(request))
    return path.startswith("/api/") or path == "/openapi.json" or "text/html" not in request.headers.get("accept", "")


async def _http(request: Request, problem: Exception) -> Response:
    """Say what is wrong; a browser that is not logged in goes to Airflow's login and comes back."""
    assert isinstance(problem, HTTPException)  # noqa: S101 - registered for nothing else
    if _for_program(request):
        return Json({"error": problem.detail}, status_code=problem.status_code, headers=problem.headers)
    if problem.status_code == 401:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        airflow = root_of(request).rpartition("/")[0]
        return RedirectResponse(f"{airflow}/api/v2/auth/login?{urlencode({'next': here})}", status_code=303)
    words = {
        403: say("您的账号没有查看权限"),
        404: say("没有这个页面"),
        405: say("不能这样访问"),
    }
    return message(request, words.get(problem.status_code, str(problem.detail)), status=problem.status_code)


async def _unreadable(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, RequestValidationError)  # noqa: S101 - registered for nothing else
    said = {str(error["loc"][-1]): str(error["msg"]) for error in problem.errors()}
    return Json(said, status_code=422)


async def _too_long(request: Request, _problem: Exception) -> Response:
    said = say("内容过长，没有收到。请缩短后再提交。")
    if _for_program(request):
        return Json({"body": said}, status_code=413)
    return message(request, said, status=413)


async def _settings(request: Request, problem: Exception) -> Response:
    log.error("%s", problem)
    return _sorry(request)


async def _calendar(request: Request, problem: Exception) -> Response:
    """Say that a limit cannot be counted: nothing was stored, and only the office's calendar can mend it."""
    log.error("%s", problem)
    said = say(
        "工作日历缺少所需年份，时限无法计算，没有收到。请办公室补全 calendar.yaml 后再提交一次。",
    )
    if _for_program(request):
        return Json({"error": "calendar", "detail": str(problem)}, status_code=503)
    return message(request, said, status=503)


async def _unavailable(request: Request, problem: Exception) -> Response:
    log.error("The database does not answer: %s", type(problem).__name__)
    return _sorry(request)


def _sorry(request: Request) -> Response:
    if _for_program(request):
        reply: Response = Json({"error": "unavailable"}, status_code=503)
    else:
        lines = [
            say(
                "没有收到您的答复。请几分钟后返回上一页，再提交一次。",
            )
        ]
        reply = message(request, say("系统暂时不可用"), lines, status=503)
    reply.headers["Retry-After"] = "30"
    return reply
