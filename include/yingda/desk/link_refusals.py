"""Why a personal link does not open, in words that say what to do instead."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from yingda import rendering, wiring
from yingda.desk import linked
from yingda.desk.pages import message, say
from yingda.desk.replying import Json
from yingda.domain import speech
from yingda.domain.errors import (
    AnsweredAlready,
    CodeNotSent,
    FieldsRefused,
    LinkExpired,
    LinkForged,
    NotYours,
    RequestEnded,
    TextChanged,
    TooManyCodes,
    YingdaError,
)
from yingda.domain.speech import N_
from yingda.services import linking
from yingda.services.answering import refused_as_not_yours
from yingda.services.briefing import Who
from yingda.settings import Settings


def page_of(request: Request, problem: YingdaError, house: Settings, token: str = "") -> Response:
    """Return the page about a link that cannot be used.

    :raises YingdaError: `problem`, where it is none of a link
    """
    call = say(
        "如有疑问，请致电办公室 %(phone)s。",
        phone=house.roster.office.phone,
    )
    if isinstance(problem, LinkForged):
        return message(
            request,
            say("链接无效"),
            [
                say(
                    "请从邮件里重新打开链接；如果是复制的，请复制完整。",
                ),
                call,
            ],
            status=404,
        )
    if isinstance(problem, LinkExpired):
        said = say("这个链接已过有效期，不能再答复。")
        return message(request, say("链接已过期"), [said, call], status=410)
    if isinstance(problem, RequestEnded):
        why = speech.said(_ENDED.get(problem.why, N_("这件事已撤回，不需要再答复。")), house.speaks)
        more = say("不需要您再答复。")
        return message(request, say("已撤回"), [why, more, call], status=410)
    if isinstance(problem, TextChanged):
        return _text_changed(request, token, house, call)
    raise problem


_ENDED = {
    "reassigned": N_("事件已转由其他单位办理。"),
    "closed": N_("事件已办结。"),
    "merged": N_("事件已并入另一事件一并办理。"),
    "reopened": N_("事件已重新办理，会另发新的邮件。"),
    "report_submitted": N_("报告已报送，不再需要延期。"),
    "not_owed_now": N_("按现在的级别，这一环节不再需要签发。"),
}


def _text_changed(request: Request, token: str, house: Settings, call: str) -> Response:
    try:
        who = linked.who_changed(linking.read(house, token, wiring.utcnow()), house)
    except YingdaError:
        who = None
    lines = [
        say(
            "您看到的文本已被修改，对旧文本的答复没有收到。",
        ),
        say(
            "新文本已另发邮件，请打开最新的一封。",
        ),
    ]
    if who is not None:
        at = rendering.local_long(who.at, house.speaks)
        lines.insert(1, say("新文本：%(name)s，%(at)s。", name=who.name, at=at))
    return message(request, say("文本已更新"), [*lines, call], status=409)


def for_program(problem: YingdaError, token: str, house: Settings) -> Response:
    """Return the same for a program, which tells by the status (contract: the desk).

    :raises YingdaError: `problem`, where it is none of a link
    """
    if isinstance(problem, FieldsRefused):
        return Json(problem.fields, status_code=422)
    if isinstance(problem, TooManyCodes):
        return later(Json({"error": too_many_codes(problem)}, status_code=429), problem)
    if isinstance(problem, CodeNotSent):
        return Json({"error": "not_sent", "detail": str(problem)}, status_code=502)
    if isinstance(problem, NotYours):
        return Json({"error": refused_as_not_yours(problem, house.speaks)}, status_code=403)
    if isinstance(problem, LinkForged):
        return Json({"error": "not_found"}, status_code=404)
    if isinstance(problem, LinkExpired):
        return Json({"error": "expired"}, status_code=410)
    if isinstance(problem, RequestEnded):
        return Json({"error": "withdrawn", "why": problem.why}, status_code=410)
    if isinstance(problem, AnsweredAlready | TextChanged):
        claims = linking.read(house, token, wiring.utcnow())
        if isinstance(problem, AnsweredAlready):
            return Json(_first("answered", linked.who_answered(claims, house)), status_code=409)
        return Json(_first("text_changed", linked.who_changed(claims, house)), status_code=409)
    raise problem


def too_many_codes(problem: TooManyCodes) -> str:
    """Return in words that no other code is sent for a while."""
    at = rendering.local(problem.again_at)[11:]
    return say(
        "一小时内发送的验证码太多了，%(at)s 以后才能再发。已收到的最近一个仍在有效期内的可以使用；着急请致电办公室。",
        at=at,
    )


def later(reply: Response, problem: TooManyCodes) -> Response:
    """Return a reply that says in its header, too, after how many seconds to try again."""
    left = (problem.again_at - wiring.utcnow()).total_seconds()
    reply.headers["Retry-After"] = str(max(1, math.ceil(left)))
    return reply


def _first(error: str, who: Who | None) -> dict[str, Any]:
    if who is None:
        return {"error": error, "who": None, "at": None}
    named = {key: value for key, value in dataclasses.asdict(who).items() if key in {"id", "name", "role"}}
    return {"error": error, "who": named, "action": who.action, "at": who.at}
