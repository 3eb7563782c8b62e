"""What those logged in do with mails that no server took: the buttons at the head of the board."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from yingda import wiring
from yingda.desk import acting, fields, linked
from yingda.desk.access import may_act
from yingda.desk.pages import message, root_of, say
from yingda.desk.replying import body_of
from yingda.domain.errors import NotNow
from yingda.services import redelivering
from yingda.settings import Settings

router = APIRouter(dependencies=[Depends(may_act)])

TOKEN_FOR = "mails"  # noqa: S105 - what the form token is about
LONGEST = 10_000  # bytes: a token and nothing else
MOST = 2**31 - 1

_DOES: Mapping[str, Callable[[Session, int, Settings, datetime, str], None]] = {
    "send_again": redelivering.send_again,
    "let_be": redelivering.let_be,
}


async def _body(request: Request) -> bytes:
    return await body_of(request, LONGEST)


@router.post("/mails/{message_id}/{action}")
def settle(
    request: Request,
    message_id: int,
    action: str,
    user: GetUserDep,
    background: BackgroundTasks,
    body: Annotated[bytes, Depends(_body)],
) -> Response:
    """Send a mail that was given up once more, or let it be; then back to the board."""
    if action not in _DOES or not 0 < message_id <= MOST:
        raise HTTPException(404, "Not Found")
    house, account = wiring.settings(), user.get_name()
    board = f"{root_of(request)}/"
    back = (board, say("回到事件一览", "Back to the board"))
    try:
        token = fields.received(body).get("csrf", "")
    except ValueError:
        token = ""
    if not acting.from_our_page(request, house) or not acting.is_form_token(token, account, TOKEN_FOR, house):
        heading = say("这次提交不是从本页发出的，没有收到", "This was not sent from our page, so nothing was done")
        return message(request, heading, status=403, link=back)
    try:
        with wiring.transaction() as session:
            _DOES[action](session, message_id, house, wiring.utcnow(), acting.actor_of(account))
    except NotNow as refused:
        return message(request, say("没有改动", "Nothing was changed"), [str(refused)], status=409, link=back)
    if action == "send_again":
        background.add_task(linked.deliver_all)
    return RedirectResponse(board, status_code=303)
