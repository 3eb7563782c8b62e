"""What a machine gave up: shown at the head of the board, with a button for each way out."""

from __future__ import annotations

import email
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update
from starlette.testclient import TestClient

from yingda import wiring
from yingda.desk import access
from yingda.domain.life import PublicationState, SendState, Stage
from yingda.store import outbox
from yingda.store.models import Incident, OutboxMessage, Publication
from yingda.transports.mail import MailServer

from .test_link_pages import Page


def test_a_mail_given_up_shows_at_the_head_of_the_board(logged_in, desk):
    number = desk.number
    assert "需要人工处理" not in logged_in.get("/desk/").text

    with wiring.transaction() as session:
        session.execute(update(OutboxMessage).values(state="dead", attempts=8, problem="550 <no such> mailbox"))

    page = logged_in.get("/desk/").text
    assert "需要人工处理" in page
    assert number in page
    assert "8 次" in page
    assert "550 &lt;no such&gt; mailbox" in page


def test_word_that_no_group_got_shows_with_the_robots_name_and_is_let_be_like_a_mail(logged_in, desk):
    with wiring.transaction() as session:
        session.execute(
            update(OutboxMessage).values(
                officer_id=None, robot="duty_group", state="dead", attempts=8, problem="errcode 93000 <key>"
            )
        )
        dead = session.scalars(select(OutboxMessage.id)).first()

    page = logged_in.get("/desk/").text
    assert "群通知未能发出，机器人 duty_group" in page
    assert "邮件未能送达" not in page
    assert "errcode 93000 &lt;key&gt;" in page
    assert press(logged_in, dead, "let_be").status_code == 303
    assert mail(dead).state is SendState.VOID
    assert "duty_group" in logged_in.get(f"/desk/api/incidents/{desk.number}").text


class PostOffice:
    """Takes whatever it is given."""

    def __init__(self) -> None:
        self.message_ids: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.message_ids.append(str(email.message_from_bytes(envelope.content)["Message-ID"]))
        return "250 OK"


@pytest.fixture
def post(clock: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    """A mail server that listens again."""
    office = PostOffice()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setattr(wiring, "mail_server", lambda: MailServer("127.0.0.1", port, timeout=5))
    yield office
    controller.stop()


def given_up(**where: Any) -> int:
    """Let the newest mail be a dead letter; return its id."""
    with wiring.transaction() as session:
        row = session.scalars(select(OutboxMessage).filter_by(**where).order_by(OutboxMessage.id.desc())).first()
        assert row is not None
        row.state, row.attempts, row.problem, row.lease = SendState.DEAD, 8, "550 mailbox full", None
        return row.id


def mail(message_id: int) -> OutboxMessage:
    with wiring.reading() as session:
        row = session.get_one(OutboxMessage, message_id)
        session.expunge(row)
        return row


def button(client: TestClient, message_id: int, action: str) -> dict[str, str]:
    """The form of a button on the board."""
    page = Page(client.get("/desk/").text)
    assert f'action="/desk/mails/{message_id}/{action}"' in page.html
    return next(form for form in page.forms if "csrf" in form)


def press(client: TestClient, message_id: int, action: str, **headers: str) -> Any:
    form = button(client, message_id, action)
    return client.post(f"/desk/mails/{message_id}/{action}", data=form, headers=headers)


def test_a_mail_is_sent_again_with_all_its_attempts_once(logged_in, desk, post):
    dead = given_up()
    was = mail(dead)
    form = button(logged_in, dead, "send_again")
    assert logged_in.post(f"/desk/mails/{dead}/send_again", data=form).status_code == 303
    again = logged_in.post(f"/desk/mails/{dead}/send_again", data=form)
    assert (again.status_code, "已经处理过" in again.text) == (409, True)

    sent = mail(dead)
    assert (sent.state, sent.attempts, sent.message_id) == (SendState.SENT, 1, was.message_id)
    assert post.message_ids.count(was.message_id) == 1
    assert "需要人工处理" not in logged_in.get("/desk/").text
    assert "再发一次" in logged_in.get(f"/desk/incidents/{desk.number}").text


def test_a_mail_is_let_be_and_stays_on_record(logged_in, desk):
    dead = given_up()
    assert press(logged_in, dead, "let_be").status_code == 303
    assert mail(dead).state is SendState.VOID
    seen = logged_in.get(f"/desk/incidents/{desk.number}").text
    assert "未送达的邮件不再发送" in seen
    assert "account:duty" in seen or "duty" in seen


def test_a_mail_of_no_incident_is_settled_too(logged_in, desk):
    with wiring.transaction() as session:
        outbox.owe(
            session,
            None,
            key="x",
            template="digest",
            officer_id="shen_ruolan",
            at=wiring.utcnow(),
            domain="example.org",
        )
    dead = given_up(key="x")
    assert press(logged_in, dead, "let_be").status_code == 303
    assert mail(dead).state is SendState.VOID


def test_a_mail_whose_request_was_answered_is_not_sent_again(logged_in, desk):
    desk.up_to("report")
    dead = given_up(request_id=desk.request("report").id)
    desk.answer("report", "hand_back", reason="不属本村")
    refused = press(logged_in, dead, "send_again")
    assert refused.status_code == 409
    assert "不再发送" in refused.text
    assert mail(dead).state is SendState.DEAD


def test_only_the_board_of_who_may_act_settles_a_mail(logged_in, desk, monkeypatch):
    dead = given_up()
    form = button(logged_in, dead, "let_be")
    there = f"/desk/mails/{dead}/let_be"
    assert logged_in.post(there, data={}).status_code == 403
    assert logged_in.post(there, data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert logged_in.post(f"/desk/mails/{dead}/burn", data=form).status_code == 404
    assert logged_in.post(f"/desk/mails/{2**40}/let_be", data=form).status_code == 404
    assert logged_in.post("/desk/mails/999999/let_be", data=form).status_code == 409
    assert mail(dead).state is SendState.DEAD
    monkeypatch.setattr(access, "can_act", lambda user: False)
    assert "/desk/mails/" not in logged_in.get("/desk/").text


def test_the_board_refreshes_what_it_shows_under_the_same_filter(logged_in, desk):
    page = logged_in.get("/desk/?severity=general&q=").text
    assert page.count('hx-get="?severity=general"') == 2


def stuck(desk: Any, session: Any, state: str) -> int:
    """Let the signed statement of the incident be stuck on its channel."""
    desk.up_to("sign_statement")
    desk.answer("sign_statement", "approve")
    with wiring.transaction() as own:
        row = own.scalars(select(Publication)).one()
        row.state, row.problem = PublicationState(state), "502 <b>bad</b> gateway"
        return row.id


def publication() -> Publication:
    with wiring.reading() as session:
        row = session.scalars(select(Publication)).one()
        session.expunge(row)
        return row


def ways(client: TestClient, row: int) -> dict[str, dict[str, str]]:
    """The forms about a publication on the board, by the last part of their address."""
    page = Page(client.get("/desk/").text)
    assert "502 &lt;b&gt;bad" in page.html
    found = re.findall(rf'action="/desk/publications/{row}/(\w+)"', page.html)
    token = next(form["csrf"] for form in page.forms if "csrf" in form)
    return {action: {"csrf": token} for action in found}


def test_a_publication_of_unknown_outcome_is_settled_by_who_looked(logged_in, desk, session):
    row = stuck(desk, session, "unknown")
    forms = ways(logged_in, row)
    assert set(forms) == {"it_is_there", "send_again"}
    token = {"csrf": forms["it_is_there"]["csrf"]}

    wrong = logged_in.post(f"/desk/publications/{row}/it_is_there", data=token | {"url": "javascript:alert(1)"})
    assert wrong.status_code == 422
    assert 'value="javascript:alert(1)"' in wrong.text
    assert "http" in wrong.text
    unlooked = logged_in.post(f"/desk/publications/{row}/send_again", data=token)
    assert (unlooked.status_code, "查看" in unlooked.text) == (409, True)
    assert publication().state is PublicationState.UNKNOWN

    there = token | {"url": "https://news.example.org/1"}
    assert logged_in.post(f"/desk/publications/{row}/it_is_there", data=there).status_code == 303
    second = logged_in.post(f"/desk/publications/{row}/it_is_there", data=there)
    assert (second.status_code, "已经处理过" in second.text) == (409, True)
    assert (publication().state, publication().url) == (PublicationState.CONFIRMED, "https://news.example.org/1")
    seen = logged_in.get(f"/desk/incidents/{desk.number}").text
    assert re.search(r"<strong>已发布</strong>.*>duty<", seen)


def test_a_publication_that_failed_is_owed_once_more(logged_in, desk, session):
    row = stuck(desk, session, "failed")
    forms = ways(logged_in, row)
    assert set(forms) == {"send_again"}
    assert logged_in.post(f"/desk/publications/{row}/send_again", data=forms["send_again"]).status_code == 303
    assert publication().state is PublicationState.PENDING
    assert "再发布一次" in logged_in.get(f"/desk/incidents/{desk.number}").text


def test_a_page_that_changed_is_shown_first_of_all_and_looked_at_at_once(logged_in, desk, session, clock):
    row = stuck(desk, session, "confirmed")
    with wiring.transaction() as own:
        mine = own.get_one(Publication, row)
        mine.url, mine.live_at = "http://127.0.0.1:9/gone", clock.now
        mine.drifted_at, mine.look_at = clock.now, clock.now + timedelta(hours=1)
        own.scalars(select(Incident).where(Incident.number == desk.number)).one().stage = Stage.CLOSED
    forms = ways(logged_in, row)
    assert set(forms) == {"look_again"}
    assert "与发布的文本不符" in logged_in.get("/desk/").text
    assert "页面走样" in logged_in.get(f"/desk/incidents/{desk.number}").text
    assert logged_in.post(f"/desk/publications/{row}/look_again", data=forms["look_again"]).status_code == 303
    assert publication().looks == 1, "it was looked at before anything else came by"
    assert "not among the hosts" in publication().problem or "refuses" in publication().problem


def test_only_the_board_of_who_may_act_settles_a_publication(logged_in, desk, session, monkeypatch):
    row = stuck(desk, session, "failed")
    form = ways(logged_in, row)["send_again"]
    there = f"/desk/publications/{row}/send_again"
    assert logged_in.post(there, data={}).status_code == 403
    assert logged_in.post(there, data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert logged_in.post(f"/desk/publications/{row}/burn", data=form).status_code == 404
    assert logged_in.post("/desk/publications/999999/send_again", data=form).status_code == 409
    assert publication().state is PublicationState.FAILED
    monkeypatch.setattr(access, "can_act", lambda user: False)
    assert "/desk/publications/" not in logged_in.get("/desk/").text
