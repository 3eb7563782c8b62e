"""The papers on the incident's page: to look at for those logged in, the evidence pack for those who may act."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import pytest
from docx import Document
from starlette.testclient import TestClient

from yingda.desk import access, acting
from yingda.settings import Settings
from yingda.store.models import Event
from yingda.transports import report_files

from .conftest import REPORT, Desk


def words_of(reply) -> str:  # type: ignore[no-untyped-def]
    return "\n".join(one.text for one in Document(BytesIO(reply.content)).paragraphs)


def name_of(reply) -> str:  # type: ignore[no-untyped-def]
    return unquote(reply.headers["content-disposition"].partition("filename*=UTF-8''")[2])


def events(desk: Desk) -> list[Event]:
    desk.session.rollback()
    return desk.session.query(Event).order_by(Event.id).populate_existing().all()


def ask_for_pack(client: TestClient, desk: Desk, **changed: str):  # type: ignore[no-untyped-def]
    csrf = acting.form_token("duty", desk.number, desk.house)
    return client.post(f"/desk/incidents/{desk.number}/pack", data={"csrf": csrf} | changed)


def test_the_report_form_is_there_from_the_first_report_and_looking_changes_nothing(
    logged_in: TestClient, desk: Desk
) -> None:
    address = f"/desk/incidents/{desk.number}/report.docx"
    assert logged_in.get(address).status_code == 404
    desk.answer("report", "submit", **REPORT)
    before = len(events(desk))
    reply = logged_in.get(address)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("application/vnd.openxmlformats-officedocument.wordprocessingml")
    assert name_of(reply) == f"{desk.number}-舆情处置情况报告单.docx"
    assert "（未审批）" in words_of(reply)
    assert [row.cells[1].text for row in Document(BytesIO(reply.content)).tables[0].rows[1:]] == [
        REPORT[name] for name in ("cause", "measures", "wording", "result")
    ]
    assert f'href="{address}"' in logged_in.get(f"/desk/incidents/{desk.number}").text
    assert len(events(desk)) == before
    desk.answer("approve_report", "approve")
    assert "（未审批）" not in words_of(logged_in.get(address))


def test_an_answer_writes_the_form_to_its_file_right_after_its_reply(client: TestClient, desk: Desk) -> None:
    file = report_files.path(desk.house.reports, desk.number)
    desk.answer("report", "submit", **REPORT)
    unapproved = file.read_bytes()
    desk.answer("approve_report", "approve")
    assert file.read_bytes() != unapproved


def test_a_disk_that_takes_no_form_takes_the_answer_all_the_same(
    client: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.house.home.mkdir(parents=True, exist_ok=True)
    desk.house.reports.write_text("in the way")
    desk.answer("report", "submit", **REPORT)

    def refused(folder: Path) -> frozenset[str]:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(report_files, "names", refused)
    desk.answer("approve_report", "approve")


def test_the_statement_is_there_revision_by_revision(logged_in: TestClient, desk: Desk) -> None:
    address = f"/desk/incidents/{desk.number}/statement.docx"
    assert logged_in.get(address).status_code == 404
    desk.up_to("sign_statement")
    first = desk.request("sign_statement").revision_sha256
    desk.answer("sign_statement", "return", comment="写短些")
    desk.answer("draft_statement", "submit", kind="final", title="短说明", body="已恢复。")
    page = logged_in.get(f"/desk/incidents/{desk.number}").text
    assert f'href="{address}"' in page
    assert f'href="{address}?sha256={first}"' in page
    newest = logged_in.get(address)
    assert name_of(newest) == f"{desk.number}-情况说明.docx"
    assert "短说明" in words_of(newest)
    assert "关于柳溪村路灯的情况说明" in words_of(logged_in.get(address, params={"sha256": first}))
    for wrong in ("0" * 64, "\x00", "x" * 5000):
        expected = 200 if wrong == "\x00" else 404
        assert logged_in.get(address, params={"sha256": wrong}).status_code == expected


def test_a_template_that_cannot_be_used_is_named_to_whoever_asks(
    logged_in: TestClient, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.answer("report", "submit", **REPORT)
    monkeypatch.setattr(report_files, "TEMPLATE", tmp_path / "report.docx")
    reply = logged_in.get(f"/desk/incidents/{desk.number}/report.docx")
    assert reply.status_code == 503
    assert "report.docx" in reply.text


@pytest.mark.parametrize("paper", ["report.docx", "statement.docx"])
def test_there_are_no_papers_of_an_incident_that_is_none(logged_in: TestClient, desk: Desk, paper: str) -> None:
    for number in ("YQCZBG-2026-999", "%00", "..%2f..%2fetc"):
        assert logged_in.get(f"/desk/incidents/{number}/{paper}").status_code == 404


def test_the_pack_is_made_noted_and_handed_out(logged_in: TestClient, desk: Desk, tmp_path: Path) -> None:
    desk.up_to("sign_statement")
    reply = ask_for_pack(logged_in, desk)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/zip")
    assert int(reply.headers["content-length"]) == len(reply.content)
    assert name_of(reply) == f"{desk.number}-证据包.zip"
    assert reply.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(BytesIO(reply.content)) as file:
        assert file.testzip() is None
        manifest = file.read(f"{desk.number}/manifest.json")
        file.extractall(tmp_path / "out")
    done = subprocess.run([sys.executable, "-I", tmp_path / "out" / desk.number / "verify.py"], capture_output=True)
    assert done.returncode == 0, done.stdout.decode()
    noted = events(desk)[-1]
    assert (noted.kind, noted.actor) == ("evidence_pack_made", "account:duty")
    assert noted.data["sha256"] == hashlib.sha256(manifest).hexdigest()
    page = logged_in.get(f"/desk/incidents/{desk.number}").text
    assert "生成证据包" in page
    assert not [path for path in desk.house.home.iterdir() if path.suffix == ".zip" or path.name.startswith("tmp")]


def test_only_our_own_page_makes_a_pack(logged_in: TestClient, desk: Desk) -> None:
    before = len(events(desk))
    assert ask_for_pack(logged_in, desk, csrf="").status_code == 403
    assert ask_for_pack(logged_in, desk, csrf=acting.form_token("other", desk.number, desk.house)).status_code == 403
    csrf = acting.form_token("duty", desk.number, desk.house)
    foreign = logged_in.post(
        f"/desk/incidents/{desk.number}/pack", data={"csrf": csrf}, headers={"sec-fetch-site": "cross-site"}
    )
    assert foreign.status_code == 403
    assert logged_in.get(f"/desk/incidents/{desk.number}/pack").status_code == 405
    assert len(events(desk)) == before


def test_a_pack_of_nothing_is_not_found(logged_in: TestClient, desk: Desk) -> None:
    csrf = acting.form_token("duty", "YQCZBG-2026-999", desk.house)
    assert logged_in.post("/desk/incidents/YQCZBG-2026-999/pack", data={"csrf": csrf}).status_code == 404


def test_a_pack_that_cannot_be_made_is_told_and_not_noted(
    logged_in: TestClient, desk: Desk, wired: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    before = len(events(desk))
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda dir: Path("/dev/full").open("wb"))  # noqa: SIM115
    assert ask_for_pack(logged_in, desk).status_code == 503
    assert len(events(desk)) == before


def test_those_who_only_look_see_the_papers_and_no_way_to_a_pack(
    logged_in: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.answer("report", "submit", **REPORT)
    monkeypatch.setattr(access, "can_act", lambda user: False)
    page = logged_in.get(f"/desk/incidents/{desk.number}").text
    assert "report.docx" in page
    assert "/pack" not in page
