from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
import uvicorn
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from fastapi import FastAPI
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from yingda import settings, wiring
from yingda.services import repeating
from yingda.store.models import Event, Repeatable

from .conftest import Clock, Desk

PROGRAM = {"Authorization": "Bearer checked-by-airflow"}
MAJOR = b'{"severity": "major", "reason": "\xe5\xaa\x92\xe4\xbd\x93\xe8\xbd\xac\xe8\xbd\xbd"}'
CRITICAL = b'{"severity": "critical", "reason": "x"}'


def send(client: TestClient, address: str, body: bytes, *keys: str, **headers: str) -> httpx.Response:
    """Post a body as a program does, with these keys."""
    given = [*PROGRAM.items(), *headers.items(), *(("Idempotency-Key", key) for key in keys)]
    return client.post(address, content=body, headers=httpx.Headers(given))


def regraded(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Event).where(Event.kind == "regraded")) or 0


@pytest.fixture
def address(logged_in: TestClient, desk: Desk) -> str:
    return f"/desk/api/incidents/{desk.number}/regrade"


@pytest.fixture
def log_in_as(server: FastAPI, logged_in: TestClient) -> Callable[[str], None]:
    """A function that lets another account be the one who asks."""

    def become(name: str) -> None:
        desk = server.routes[-1].app  # type: ignore[attr-defined]
        desk.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username=name, role="user")

    return become


@pytest.fixture
def running(server: FastAPI, logged_in: TestClient) -> Iterator[str]:
    """The desk behind a real server; its address."""
    started = uvicorn.Server(uvicorn.Config(server, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=started.run)
    thread.start()
    while not started.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{started.servers[0].sockets[0].getsockname()[1]}"
    started.should_exit = True
    thread.join(10)


def test_the_same_request_again_does_nothing_and_gets_the_same_answer_to_the_byte(
    logged_in: TestClient, address: str, desk: Desk, session: Session, clock: Clock
):
    first = send(logged_in, address, MAJOR, "k-1")
    assert (first.status_code, first.json()) == (200, {"incident_no": desk.number, "done": "regrade"})
    clock.now += timedelta(hours=1)
    assert send(logged_in, address, CRITICAL, "k-2").status_code == 200

    again = send(logged_in, address, MAJOR, "k-1")

    assert (again.status_code, again.content) == (200, first.content)
    assert regraded(session) == 2
    assert logged_in.get(f"/desk/api/incidents/{desk.number}").json()["severity"] == "critical"


def test_without_a_key_each_request_stands_for_itself(logged_in: TestClient, address: str, session: Session):
    assert send(logged_in, address, MAJOR).status_code == 200
    assert send(logged_in, address, MAJOR).status_code == 422
    assert regraded(session) == 1
    assert session.scalar(select(func.count()).select_from(Repeatable)) == 0


@pytest.mark.parametrize(
    "other",
    [
        CRITICAL,
        MAJOR + b"\n",
        b'{"reason": "\xe5\xaa\x92\xe4\xbd\x93\xe8\xbd\xac\xe8\xbd\xbd", "severity": "major"}',
        b"{}",
    ],
    ids=["other values", "white space", "order of keys", "what would be refused"],
)
def test_a_key_with_another_body_is_409_and_changes_nothing(
    logged_in: TestClient, address: str, session: Session, other: bytes
):
    first = send(logged_in, address, MAJOR, "k-1")
    reply = send(logged_in, address, other, "k-1")
    assert (reply.status_code, reply.json()["error"]) == (409, "idempotency_key_reused")
    assert "Idempotency-Key" in reply.json()["detail"]
    assert regraded(session) == 1
    assert send(logged_in, address, MAJOR, "k-1").content == first.content


def test_a_key_at_another_address_is_409(
    logged_in: TestClient, address: str, session: Session, open_incident: Callable[..., str]
):
    other = open_incident(title="另一件")
    assert send(logged_in, address, MAJOR, "k-1").status_code == 200
    for elsewhere in (
        f"/desk/api/incidents/{other}/regrade",
        address.replace("regrade", "reopen"),
        f"{address}?dry=1",
        "/desk/api/incidents/YQCZBG-1999-001/regrade",
    ):
        reply = send(logged_in, elsewhere, MAJOR, "k-1")
        assert (reply.status_code, reply.json()["error"]) == (409, "idempotency_key_reused"), elsewhere
    assert regraded(session) == 1


def test_the_same_key_of_two_accounts_is_two_keys(
    logged_in: TestClient, address: str, session: Session, log_in_as: Callable[[str], None]
):
    assert send(logged_in, address, MAJOR, "k-1").status_code == 200
    log_in_as("director")
    assert send(logged_in, address, CRITICAL, "k-1").status_code == 200
    log_in_as("duty")
    assert send(logged_in, address, MAJOR, "k-1").status_code == 200
    assert regraded(session) == 2


def test_accounts_with_names_longer_than_their_column_have_keys_of_their_own(
    logged_in: TestClient, address: str, session: Session, log_in_as: Callable[[str], None]
):
    long = "a" * 70 + "@example.org"
    log_in_as(long + ".cn")
    assert send(logged_in, address, MAJOR, "k-1").status_code == 200
    assert send(logged_in, address, MAJOR, "k-1").status_code == 200
    log_in_as(long)
    assert send(logged_in, address, CRITICAL, "k-1").status_code == 200
    assert regraded(session) == 2


def test_what_was_refused_leaves_the_key_free(logged_in: TestClient, address: str, session: Session, desk: Desk):
    wrong = send(logged_in, address, b'{"severity": "major"}', "k-1")
    assert (wrong.status_code, list(wrong.json())) == (422, ["reason"])
    assert send(logged_in, address, b"[1]", "k-1").status_code == 422
    not_now = send(logged_in, address.replace("regrade", "reopen"), b'{"stage": "statement", "reason": "x"}', "k-1")
    assert (not_now.status_code, not_now.json()["error"]) == (409, "not_now")
    assert send(logged_in, "/desk/api/incidents/YQCZBG-1999-001/regrade", MAJOR, "k-1").status_code == 404
    led_astray = {"Sec-Fetch-Site": "cross-site", "Idempotency-Key": "k-1"}
    assert logged_in.post(address, content=MAJOR, headers=led_astray).status_code == 403

    assert send(logged_in, address, MAJOR, "k-1").status_code == 200
    assert regraded(session) == 1


@pytest.mark.parametrize(
    "keys",
    [("",), ("k" * 201,), ("a\tb",), ("a\x7fb",), ("schl\xfcssel",), ("\u94a5\u5319",), ("k-1", "k-1"), ("k-1", "")],
    ids=["empty", "too long", "tab", "delete", "latin", "chinese", "twice", "one of two"],
)
def test_what_is_no_key_is_refused_and_nothing_done(
    logged_in: TestClient, address: str, session: Session, keys: tuple[str, ...]
):
    given = [*PROGRAM.items(), *(("Idempotency-Key", key) for key in keys)]
    raw = [(name.encode(), value.encode()) for name, value in given]
    reply = logged_in.post(address, content=MAJOR, headers=httpx.Headers(raw))
    assert reply.status_code == 422, reply.text
    assert "200" in reply.text
    assert regraded(session) == 0


@pytest.mark.parametrize("key", ["k", "k" * 200, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a b", "%00", "'; --"])
def test_any_1_to_200_printable_characters_are_a_key(logged_in: TestClient, address: str, session: Session, key: str):
    assert [send(logged_in, address, MAJOR, key).status_code for _ in range(2)] == [200, 200]
    assert regraded(session) == 1


def test_of_two_at_once_with_one_key_one_acts_and_both_get_its_answer(running: str, address: str, session: Session):
    for turn, body in enumerate([MAJOR, CRITICAL] * 5):
        replies = _at_once(running + address, [(body, f"turn-{turn}")] * 4)
        assert [reply.status_code for reply in replies] == [200] * 4, [reply.text for reply in replies]
        assert len({reply.content for reply in replies}) == 1
        assert regraded(session) == turn + 1


def test_of_two_bodies_at_once_with_one_key_one_is_taken(running: str, address: str, session: Session):
    other = b'{"severity": "major", "reason": "y"}'
    replies = _at_once(running + address, [(MAJOR, "k-1"), (other, "k-1")])
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    assert [reply.json()["error"] for reply in replies if reply.status_code == 409] == ["idempotency_key_reused"]
    assert regraded(session) == 1


def test_of_two_at_once_the_second_acts_where_the_first_is_refused(running: str, address: str, session: Session):
    replies = _at_once(running + address, [(b'{"severity": "major"}', "k-1"), (MAJOR, "k-1")])
    refused, taken = replies
    assert (refused.status_code, taken.status_code) in {(422, 200), (409, 200)}
    assert regraded(session) == 1


def test_who_got_no_answer_after_the_commit_sends_again_and_is_told_what_came_of_it(
    server: FastAPI, logged_in: TestClient, address: str, session: Session
):
    async def cut_off(scope: Scope, receive: Receive, send_on: Send) -> None:
        async def lost(message: Message) -> None:
            raise ConnectionResetError("the process is gone")

        await server(scope, receive, lost if scope["type"] == "http" else send_on)

    with TestClient(cut_off) as doomed, pytest.raises(ConnectionResetError):
        send(doomed, address, MAJOR, "k-1")
    assert regraded(session) == 1
    # What the next process knows is what the database holds.
    wiring.engine().dispose()
    settings.forget()

    again = send(logged_in, address, MAJOR, "k-1")

    assert again.status_code == 200
    assert again.json()["done"] == "regrade"
    assert regraded(session) == 1


def test_where_the_database_is_gone_before_the_commit_nothing_is_left_and_the_key_works(
    logged_in: TestClient, address: str, session: Session
):
    def break_off(opened: Session) -> None:
        opened.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    event.listen(Session, "before_commit", break_off)
    try:
        reply = send(logged_in, address, MAJOR, "k-1")
    finally:
        event.remove(Session, "before_commit", break_off)
    assert (reply.status_code, reply.json()) == (503, {"error": "unavailable"})
    assert regraded(session) == 0
    assert send(logged_in, address, MAJOR, "k-1").status_code == 200
    assert regraded(session) == 1


def test_keys_are_forgotten_after_their_time_and_the_others_kept(
    logged_in: TestClient, address: str, session: Session, clock: Clock
):
    assert send(logged_in, address, MAJOR, "old").status_code == 200
    clock.now += timedelta(hours=25)
    assert send(logged_in, address, CRITICAL, "new").status_code == 200

    for gone in (1, 0):
        assert repeating.prune(session, before=clock.now - timedelta(hours=24)) == gone
        session.commit()

    assert send(logged_in, address, CRITICAL, "new").status_code == 200
    assert regraded(session) == 2
    assert send(logged_in, address, MAJOR, "old").status_code == 200
    assert regraded(session) == 3


def _at_once(address: str, asked: list[tuple[bytes, str]]) -> list[httpx.Response]:
    """Post several requests at the same moment; return the answers in the order they were asked."""
    replies: dict[int, httpx.Response] = {}
    start = threading.Barrier(len(asked))

    def ask(place: int, body: bytes, key: str) -> None:
        with httpx.Client(timeout=30) as client:
            start.wait()
            replies[place] = client.post(address, content=body, headers={**PROGRAM, "Idempotency-Key": key})

    threads = [threading.Thread(target=ask, args=(place, *each)) for place, each in enumerate(asked)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [replies[place] for place in range(len(asked))]
