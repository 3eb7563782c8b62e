"""What those logged in do about what a machine gave up: the buttons at the head of the board."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from yingda import wiring
from yingda.desk import acting, board_page, fields, linked, viewer
from yingda.desk.access import may_act
from yingda.desk.board_page import TOKEN_FOR, Chosen, Refused
from yingda.desk.pages import message, root_of, say
from yingda.desk.replying import body_of
from yingda.domain import acts
from yingda.domain.errors import FieldsRefused, NotNow
from yingda.domain.fields import check
from yingda.services import redelivering, vouching
from yingda.settings import Settings

router = APIRouter(dependencies=[Depends(may_act)])

LONGEST = 10_000  # bytes: a token and an address
MOST = 2**31 - 1

Sent = Mapping[str, str]
Settles = Callable[[Session, int, Sent, Settings, datetime, str], None]


async def _body(request: Request) -> bytes:
    return await body_of(request, LONGEST)


Body = Annotated[bytes, Depends(_body)]


def _mail(does: Callable[[Session, int, Settings, datetime, str], None]) -> Settles:
    return lambda session, row, sent, house, now, actor: does(session, row, house, now, actor)


def _it_is_there(session: Session, row: int, sent: Sent, house: Settings, now: datetime, actor: str) -> None:
    given = check(acts.ItIsThere, fields.given(acts.ItIsThere, sent), house.speaks)
    vouching.it_is_there(session, row, given, house, now, actor)


def _send_again(session: Session, row: int, sent: Sent, house: Settings, now: datetime, actor: str) -> None:
    given = check(acts.ItIsNotThere, fields.given(acts.ItIsNotThere, sent), house.speaks)
    vouching.send_again(session, row, given, house, now, actor)


_MAILS: Mapping[str, Settles] = {"send_again": _mail(redelivering.send_again), "let_be": _mail(redelivering.let_be)}
_PUBLICATIONS: Mapping[str, Settles] = {
    "it_is_there": _it_is_there,
    "send_again": _send_again,
    "look_again": _mail(vouching.look_again),
}


@router.post("/mails/{message_id}/{action}")
def settle_mail(
    request: Request, message_id: int, action: str, user: GetUserDep, background: BackgroundTasks, body: Body
) -> Response:
    """Send a mail that was given up once more, or let it be; then back to the board."""
    sent, refusal = _sent(request, user.get_name(), message_id, action in _MAILS, body)
    if refusal is not None:
        return refusal
    try:
        _settle(_MAILS[action], message_id, sent, user.get_name())
    except NotNow as refused:
        return message(request, _unchanged(), [str(refused)], status=409, link=_back(request))
    if action == "send_again":
        background.add_task(linked.deliver_all)
    return RedirectResponse(f"{root_of(request)}/", status_code=303)


@router.post("/publications/{publication_id}/{action}")
def settle_publication(
    request: Request, publication_id: int, action: str, user: GetUserDep, background: BackgroundTasks, body: Body
) -> Response:
    """Say what became of a publication, or have it sent or looked at once more; then back to the board."""
    sent, refusal = _sent(request, user.get_name(), publication_id, action in _PUBLICATIONS, body)
    if refusal is not None:
        return refusal
    try:
        _settle(_PUBLICATIONS[action], publication_id, sent, user.get_name())
    except FieldsRefused as wrong:
        refused = Refused(publication_id, sent, " ".join(wrong.fields.values()))
        return board_page.show(request, user, Chosen(), refused=refused, status=422)
    except NotNow as not_now:
        refused = Refused(publication_id, sent, str(not_now))
        return board_page.show(request, user, Chosen(), refused=refused, status=409)
    if action == "look_again":
        background.add_task(linked.look_again, publication_id)
    background.add_task(linked.deliver_all)
    return RedirectResponse(f"{root_of(request)}/", status_code=303)


def _settle(does: Settles, row: int, sent: Sent, account: str) -> None:
    with wiring.transaction() as session:
        does(session, row, sent, viewer.house(), wiring.utcnow(), acting.actor_of(account))


def _sent(request: Request, account: str, row: int, known: bool, body: bytes) -> tuple[Sent, Response | None]:
    """Return what the form sent, or the refusal of what is not from our page.

    :raises HTTPException: 404, there is no such button
    """
    if not known or not 0 < row <= MOST:
        raise HTTPException(404, "Not Found")
    house = viewer.house()
    try:
        sent = fields.received(body)
    except ValueError:
        sent = {}
    token = sent.pop("csrf", "")
    if acting.from_our_page(request, house) and acting.is_form_token(token, account, TOKEN_FOR, house):
        return sent, None
    heading = say("这次提交不是从本页发出的，没有收到")
    return {}, message(request, heading, status=403, link=_back(request))


def _unchanged() -> str:
    return say("没有改动")


def _back(request: Request) -> tuple[str, str]:
    return f"{root_of(request)}/", say("回到事件一览")
