"""Photos and PDFs as evidence: added on the page of a link or by a program, read by whoever judges the report."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image
from starlette.testclient import TestClient

from yingda import wiring
from yingda.desk import receiving
from yingda.domain.life import Stage
from yingda.services import attaching, linking, moving, passing
from yingda.services.attaching import MOST
from yingda.services.case import take
from yingda.settings import Settings
from yingda.store.models import Attachment, Decision, Draft
from yingda.transports import evidence_files
from yingda.transports.errors import TransportError

from .conftest import REPORT, Clock, Desk
from .test_link_pages import Page, opened


def photo(color: str = "red") -> bytes:
    drawn = BytesIO()
    Image.new("RGB", (30, 20), color).save(drawn, "JPEG")
    return drawn.getvalue()


def paper() -> bytes:
    made, written = pikepdf.new(), BytesIO()
    made.add_blank_page()
    made.save(written)
    return written.getvalue()


def typed(page: Page) -> dict[str, str]:
    """What a browser sends of the first form besides its files."""
    return {name: value for name, value in page.forms[0].items() if name != "files"}


def add(
    client: TestClient, address: str, page: Page, *files: tuple[str, bytes], to: str = "/files", **more: str
) -> Any:
    chosen = [("files", (name, content, "text/plain")) for name, content in files]
    return client.post(address + to, data=typed(page) | more, files=chosen)


def rows(desk: Desk) -> list[Attachment]:
    desk.session.rollback()
    return list(desk.session.query(Attachment).order_by(Attachment.id).populate_existing())


def kept(house: Settings) -> list[str]:
    return sorted(path.name for path in house.evidence.iterdir()) if house.evidence.is_dir() else []


def test_files_are_added_with_what_was_typed_shown_and_taken_back(desk: Desk, client: TestClient, wired: Settings):
    address, page = opened(client, desk.up_to("report"))
    reply = add(client, address, page, ("现场.JPG", photo()), (r"C:\temp\检测.pdf", paper()), cause="查到一半")
    assert (reply.status_code, reply.headers["location"]) == (303, f"{address}#files")
    again = Page(client.get(address).text)
    assert again.forms[0]["cause"] == "查到一半"
    assert "现场.jpg" in again.words
    assert "检测.pdf" in again.words
    assert "temp" not in again.words

    first, second = rows(desk)
    assert sorted([first.public_id, second.public_id]) == kept(wired)
    shown = client.get(f"{address}/files/{first.public_id}")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["content-disposition"].startswith("inline")
    assert client.get(f"{address}/files/{second.public_id}").headers["content-disposition"].startswith("attachment")

    gone = client.post(f"{address}/files/{first.public_id}/remove", data=typed(again) | {"cause": "又写一点"})
    assert gone.status_code == 303
    after = Page(client.get(address).text)
    assert "现场.jpg" not in after.words
    assert after.forms[0]["cause"] == "又写一点"
    assert kept(wired) == [second.public_id]
    assert client.get(f"{address}/files/{first.public_id}").status_code == 404


def test_what_is_refused_is_named_and_nothing_that_was_typed_or_in_order_is_lost(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("report"))
    files = ("好.jpg", photo()), ("表.xlsx", b"PK\x03\x04nothing"), ("空.pdf", b"")
    reply = add(client, address, page, *files, to="", **REPORT | {"evidence": "一条"})
    assert reply.status_code == 422
    wrong = Page(reply.text)
    assert "表.xlsx：不是照片" in wrong.words
    assert "空.pdf：是空文件" in wrong.words
    assert "好.jpg" in wrong.words
    assert wrong.forms[0]["cause"] == REPORT["cause"]
    assert desk.session.query(Decision).count() == 0
    assert desk.session.query(Draft).one().given["cause"] == REPORT["cause"]

    # A field that is wrong keeps the files as well.
    reply = add(client, address, page, ("另一张.jpg", photo("blue")), to="", **REPORT | {"evidence": "", "cause": ""})
    assert reply.status_code == 422
    assert "另一张.jpg" in Page(reply.text).words


def test_sent_with_the_report_they_stand_in_its_text_and_whoever_judges_it_reads_them(
    desk: Desk, client: TestClient, logged_in: TestClient
):
    address, page = opened(client, desk.up_to("report"))
    reply = add(client, address, page, ("现场.jpg", photo()), to="", **REPORT | {"evidence": ""})
    assert reply.status_code == 303
    [row] = rows(desk)
    assert row.decision_id is not None

    seen = logged_in.get(f"/desk/api/incidents/{desk.number}").json()
    [revision] = next(one for one in seen["documents"] if one["kind"] == "report")["revisions"]
    assert revision["content"]["attachments"] == [
        {"name": "现场.jpg", "media_type": "image/jpeg", "sha256": row.sha256}
    ]
    [told] = [one for one in seen["timeline"] if one["kind"] == "evidence_attached"]
    assert told["data"]["files"] == [row.sha256]

    where, judged = opened(client, desk.token("approve_report"))
    assert "现场.jpg" in judged.words
    mine, theirs = (client.get(f"{each}/files/{row.public_id}").content for each in (address, where))
    assert mine == theirs
    assert "现场.jpg" in logged_in.get(f"/desk/incidents/{desk.number}").text
    assert logged_in.get(f"/desk/incidents/{desk.number}/files/{row.public_id}").content == mine
    # Nobody takes back on another's page what they may only read.
    assert client.post(f"{where}/files/{row.public_id}/remove", data=judged.forms[0]).status_code == 404


def test_a_report_that_came_back_keeps_its_files_until_they_are_taken_back_and_signed_ones_stay(
    desk: Desk, client: TestClient, wired: Settings
):
    address, page = opened(client, desk.up_to("report"))
    files = ("现场.jpg", photo()), ("门牌.jpg", photo("green"))
    assert add(client, address, page, *files, to="", **REPORT | {"evidence": ""}).status_code == 303
    desk.answer("approve_report", "return", comment="去掉门牌照片")

    address, page = opened(client, desk.token("report"))
    door = next(one for one in rows(desk) if one.name == "门牌.jpg")
    assert client.post(f"{address}/files/{door.public_id}/remove", data=typed(page)).status_code == 303
    assert len(kept(wired)) == 1
    desk.answer("report", "submit", **REPORT)
    where, judged = opened(client, desk.token("approve_report"))
    assert "现场.jpg" in judged.words
    assert "门牌.jpg" in judged.html.partition("</details>")[0], "the change is not told"
    assert client.get(f"{where}/files/{door.public_id}").status_code == 404

    desk.answer("approve_report", "approve")
    left = next(one for one in rows(desk) if one.name == "现场.jpg")
    desk.answer("draft_statement", "submit", kind="final", title="说明", body="正文", commitments=[])
    desk.answer("sign_statement", "no_publication", comment="暂不发布")
    case = take(desk.session, desk.number, wired, wiring.utcnow())
    passing.reopen(case, Stage.VERIFICATION, "再查")
    moving.advance(case)
    desk.session.commit()
    address, page = opened(client, desk.token("report"))
    assert client.post(f"{address}/files/{left.public_id}/remove", data=typed(page)).status_code == 404
    assert kept(wired) == [left.public_id]


def test_a_program_adds_reads_and_takes_back_with_its_token(desk: Desk, client: TestClient):
    token = {"X-Desk-Token": desk.up_to("report")}
    added = client.post("/desk/api/r/files", headers=token, files={"files": ("a.jpg", photo(), "image/jpeg")})
    assert added.status_code == 201, added.text
    [file] = added.json()["files"]
    assert (file["name"], file["media_type"], file["sent"], file["may_be_removed"]) == (
        "a.jpg",
        "image/jpeg",
        False,
        True,
    )
    assert client.get(f"/desk/api/r/files/{file['id']}", headers=token).headers["content-type"] == "image/jpeg"
    assert [one["id"] for one in client.get("/desk/api/r", headers=token).json()["context"]["files"]] == [file["id"]]
    refused = client.post("/desk/api/r/files", headers=token, files={"files": ("a.txt", b"text", "image/jpeg")})
    assert (refused.status_code, list(refused.json())) == (422, ["files"])
    assert client.post("/desk/api/r/files", headers=token).status_code == 422
    assert client.post(f"/desk/api/r/files/{file['id']}/remove", headers=token).json() == {"removed": file["id"]}
    assert client.get(f"/desk/api/r/files/{file['id']}", headers=token).status_code == 404
    assert client.post("/desk/api/r/files", headers={"X-Desk-Token": "x"}, files={"files": b"x"}).status_code == 404


def test_what_was_not_sent_is_its_officer_s_alone(
    desk: Desk, client: TestClient, logged_in: TestClient, open_incident: Callable[..., str]
):
    desk.number = open_incident(unit="sanitation")
    request = desk.request("report")
    one, other = (person.officer_id for person in request.addressees[:2])
    mine = {"X-Desk-Token": linking.token(desk.house, request, one)}
    theirs = {"X-Desk-Token": linking.token(desk.house, request, other)}
    [file] = client.post("/desk/api/r/files", headers=mine, files={"files": ("a.jpg", photo())}).json()["files"]
    assert client.get(f"/desk/api/r/files/{file['id']}", headers=theirs).status_code == 404
    assert client.post(f"/desk/api/r/files/{file['id']}/remove", headers=theirs).status_code == 404
    assert logged_in.get(f"/desk/incidents/{desk.number}/files/{file['id']}").status_code == 404
    # The other answers: what was not sent does not go along, and is not taken any more.
    desk.answer("report", "submit", other, **REPORT)
    assert rows(desk)[0].decision_id is None
    late = client.post("/desk/api/r/files", headers=mine, files={"files": ("b.jpg", photo("blue"))})
    assert (late.status_code, late.json()["error"]) == (409, "answered")


def test_the_same_file_twice_is_one_and_more_than_may_be_are_refused(desk: Desk, client: TestClient):
    token = {"X-Desk-Token": desk.up_to("report")}
    for _ in range(2):
        client.post("/desk/api/r/files", headers=token, files={"files": ("a.jpg", photo())})
    assert len(rows(desk)) == 1
    colors = [f"#{number:02x}0000" for number in range(0, 250, 10)]
    for color in colors:
        reply = client.post("/desk/api/r/files", headers=token, files={"files": (f"{color}.jpg", photo(color))})
    assert reply.status_code == 422
    assert f"最多 {MOST} 个" in reply.json()["files"]
    assert len(rows(desk)) == MOST

    # All at once in the page's form: what was typed is there again.
    address, page = opened(client, desk.token("report"))
    many = [(f"{number}.jpg", photo(f"#0000{number:02x}")) for number in range(0, 250, 10)]
    reply = add(client, address, page, *many, cause="写到一半")
    assert reply.status_code == 422
    assert Page(reply.text).forms[0]["cause"] == "写到一半"
    assert f"最多 {MOST} 个" in Page(reply.text).words


def test_whoever_has_no_link_is_not_even_read(desk: Desk, client: TestClient, monkeypatch: pytest.MonkeyPatch):
    address, page = opened(client, desk.up_to("report"))
    read: list[int] = []
    monkeypatch.setattr(receiving, "_counted", lambda request: read.append(1))
    client.cookies.clear()
    for where in (address, f"{address}/files", f"{address}/draft", "/desk/api/r/files"):
        reply = client.post(where, data=typed(page), files={"files": ("a.jpg", photo())})
        assert reply.status_code == 404
    assert read == []
    assert rows(desk) == []


def test_a_form_from_elsewhere_adds_nothing(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("report"))
    stranger = typed(page) | {"csrf": "0" * 64}
    assert client.post(f"{address}/files", data=stranger, files={"files": ("a.jpg", photo())}).status_code == 403
    foreign = {"Origin": "https://elsewhere.example.org"}
    form = {"data": typed(page), "files": {"files": ("a.jpg", photo())}}
    assert client.post(f"{address}/files", headers=foreign, **form).status_code == 403
    assert rows(desk) == []


def test_a_power_cut_between_row_and_file_leaves_nothing_half_shown_and_the_next_try_mends_it(
    desk: Desk, client: TestClient, wired: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    token = {"X-Desk-Token": desk.up_to("report")}

    def full(*_: object) -> None:
        raise TransportError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(evidence_files, "write", full)
        reply = client.post("/desk/api/r/files", headers=token, files={"files": ("a.jpg", photo())})
    assert reply.status_code == 422
    assert "没有存下" in reply.json()["files"]
    assert client.get("/desk/api/r", headers=token).json()["context"]["files"] == []
    assert client.post("/desk/api/r/files", headers=token, files={"files": ("a.jpg", photo())}).status_code == 201
    [row] = rows(desk)
    assert row.stored_at is not None
    assert kept(wired) == [row.public_id]


def test_what_nobody_sent_is_tidied_away_and_what_was_sent_stays(
    desk: Desk, client: TestClient, wired: Settings, clock: Clock, open_incident: Callable[..., str]
):
    desk.number = open_incident(unit="sanitation")
    address, page = opened(client, desk.up_to("report"))
    add(client, address, page, ("寄出.jpg", photo()), to="", **REPORT | {"evidence": ""})
    desk.answer("approve_report", "return", comment="重写")
    request = desk.request("report")
    one, other = (person.officer_id for person in request.addressees[:2])
    token = {"X-Desk-Token": linking.token(desk.house, request, one)}
    client.post("/desk/api/r/files", headers=token, files={"files": ("没寄.jpg", photo("blue"))})
    desk.answer("report", "submit", other, **REPORT)
    stray = "s" * 22
    evidence_files.write(wired.evidence, stray, b"left by a crash")
    sent, unsent = rows(desk)

    def tidy(days: int) -> int:
        at = clock.now + timedelta(days=days)
        for path in wired.evidence.iterdir():
            os.utime(path, (clock.now.timestamp(), clock.now.timestamp()))
        return attaching.tidy(wiring.transaction, wired, at - timedelta(days=30), at)

    assert tidy(0) == 0
    assert tidy(2) == 1, "only the stray file is over two days later"
    assert sorted([sent.public_id, unsent.public_id]) == kept(wired)
    assert tidy(31) == 1
    assert kept(wired) == [sent.public_id]
    assert Path(wired.evidence, sent.public_id).is_file()
