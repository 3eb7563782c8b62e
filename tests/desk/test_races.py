from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from yingda.domain.life import RequestState
from yingda.settings import Settings
from yingda.store.models import Decision, Request

from .conftest import STATEMENT, Desk


@pytest.fixture
def address(server: FastAPI) -> Iterator[str]:
    """The desk behind a real server."""
    running = uvicorn.Server(uvicorn.Config(server, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = True
    thread.join(10)


def test_of_two_answers_at_once_one_is_taken_and_the_other_is_told_who_won(
    address: str, session: Session, house: Settings, open_incident: Callable[..., str]
):
    with httpx.Client(base_url=address) as client:
        for turn in range(20):
            desk = Desk(client, session, house, open_incident(title=f"第 {turn} 件"))
            desk.up_to("draft_statement")
            tokens = {officer: desk.token("draft_statement", officer) for officer in ("ding_yifan", "xia_mengjie")}
            replies: dict[str, httpx.Response] = {}
            start = threading.Barrier(2)

            def answer(officer: str, tokens=tokens, replies=replies, start=start) -> None:
                start.wait()
                replies[officer] = httpx.post(
                    f"{address}/desk/api/r",
                    headers={"X-Desk-Token": tokens[officer]},
                    json={"action": "submit", **STATEMENT, "title": officer},
                    timeout=30,
                )

            threads = [threading.Thread(target=answer, args=(officer,)) for officer in tokens]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            by_status = {reply.status_code: (officer, reply.json()) for officer, reply in replies.items()}
            assert set(by_status) == {200, 409}, {o: r.text for o, r in replies.items()}
            winner = by_status[200][0]
            assert by_status[409][1]["who"]["id"] == winner
            request = desk.request("draft_statement", RequestState.ANSWERED)
            decided = session.scalar(select(func.count()).where(Decision.request_id == request.id))
            assert decided == 1
            shown = desk.get(desk.token("sign_statement")).json()
            assert [d["content"]["title"] for d in shown["context"]["documents"] if d["judged"]] == [winner]
        assert session.scalar(select(func.count()).select_from(Request)) > 20
