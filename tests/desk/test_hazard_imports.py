"""Importing over the desk: each row's fate is shown, and exactly that is stored after a yes; programs do it at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx
import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda import settings
from yingda.desk import acting
from yingda.desk.routes import hazard_imports
from yingda.domain.hazard_table import COLUMNS
from yingda.services import import_desk
from yingda.settings import Settings
from yingda.store.models import Event, Hazard, HazardImport
from yingda.transports.hazard_files import LARGEST

from .conftest import Clock
from .test_hazards import HEADERS, count, form, patch, reported, send

NAMES = list(COLUMNS.values())
BASE = [
    ["柳溪村", "码头积水", "巡查", "口径", "12月1日"],
    ["南塘村", "水库围栏松动", "加固", "", "长期"],
]
WRONG = [["火星科", "x", "", "", "下周五"]]


def xlsx(lines: Sequence[Sequence[str]]) -> bytes:
    book = openpyxl.Workbook()
    for line in (NAMES, *lines):
        book.active.append(list(line))
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def bring(client: TestClient, content: bytes, key: str | None = None, **fields: str) -> httpx.Response:
    headers = HEADERS | ({"Idempotency-Key": key} if key else {})
    return client.post("/desk/api/hazards/import", files={"file": ("隐患.xlsx", content)}, data=fields, headers=headers)


def upload(client: TestClient, content: bytes, name: str = "隐患.xlsx", **changed: str) -> httpx.Response:
    sent = form(client.get("/desk/hazards/import").text, "/desk/hazards/import")
    return client.post("/desk/hazards/import", files={"file": (name, content)}, data={"csrf": sent["csrf"], **changed})


def test_a_program_imports_all_rows_in_one_go_and_is_told_each_row_s_fate(logged_in: TestClient, session: Session):
    reply = bring(logged_in, xlsx(BASE))
    assert reply.status_code == 201, reply.text
    told = reply.json()
    assert told["stored"] is True
    assert told["counts"] == {"new": 2, "changed": 0, "unchanged": 0, "refused": 0}
    session.rollback()
    numbers = list(session.scalars(select(Hazard.id).order_by(Hazard.id)))
    assert told["rows"] == [
        {"row": 2, "fate": "new", "hazard": numbers[0], "changes": [], "errors": {}},
        {"row": 3, "fate": "new", "hazard": numbers[1], "changes": [], "errors": {}},
    ]
    again = bring(logged_in, xlsx(BASE))
    assert (again.status_code, again.json()["counts"]["unchanged"]) == (200, 2)
    changed = bring(logged_in, xlsx([["柳溪村", "码头积水", "巡查", "新口径", "2026-12-31"]]))
    assert changed.json()["rows"][0]["changes"] == ["online_measures", "due"]
    assert count(session, Hazard) == 2


def test_a_dry_run_tells_and_stores_nothing(logged_in: TestClient, session: Session):
    reply = bring(logged_in, xlsx(BASE), dry_run="true")
    assert (reply.status_code, reply.json()["stored"]) == (200, False)
    assert reply.json()["counts"]["new"] == 2
    assert count(session, Hazard) == count(session, Event) == 0
    assert bring(logged_in, xlsx(BASE), dry_run="perhaps").status_code == 422


def test_refused_rows_are_named_with_field_value_and_remedy_and_nothing_is_stored(
    logged_in: TestClient, session: Session
):
    reply = bring(logged_in, xlsx([*BASE, *WRONG]), "key-1")
    assert reply.status_code == 422
    told = reply.json()
    assert (told["error"], told["stored"], told["counts"]["refused"]) == ("rows_refused", False, 1)
    [refused] = [row for row in told["rows"] if row["fate"] == "refused"]
    assert refused["row"] == 4
    assert "“火星科”不是名册中的一个单位，请填：" in refused["errors"]["unit"]
    assert "“下周五” 不是能确定的日期，请写成" in refused["errors"]["due"]
    assert count(session, Hazard) == count(session, Event) == 0
    # The corrected file may use the same key.
    assert bring(logged_in, xlsx(BASE), "key-1").status_code == 201
    assert bring(logged_in, xlsx(BASE), "key-1").json()["counts"]["new"] == 2
    assert bring(logged_in, xlsx(BASE[:1]), "key-1").status_code == 409


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "空"), (b"hello", "没有找到表头"), (b"PK\x03\x04", "损坏"), (xlsx([]), "没有内容")],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    logged_in: TestClient, session: Session, content: bytes, said: str
):
    reply = bring(logged_in, content)
    assert reply.status_code == 422
    assert said in reply.json()["file"]
    page = upload(logged_in, content, "<b>.csv")
    assert page.status_code == 422
    assert said in page.text
    assert "&lt;b&gt;.csv" in page.text or "<b>" not in page.text
    assert count(session, HazardImport) == 0


def test_too_much_is_refused_before_it_is_read(logged_in: TestClient):
    large = bring(logged_in, b"x" * (LARGEST + 1))
    assert (large.status_code, "10 MB" in large.json()["file"]) == (422, True)
    assert bring(logged_in, b"x" * (hazard_imports.LONGEST + 1)).status_code == 413


def test_what_is_no_file_or_comes_from_another_site_is_refused(logged_in: TestClient, session: Session):
    assert logged_in.post("/desk/api/hazards/import", headers=HEADERS).status_code == 422
    other = logged_in.post("/desk/api/hazards/import", files={"other": ("a", b"x")}, headers=HEADERS)
    assert set(other.json()) == {"file"}
    crossed = logged_in.post(
        "/desk/api/hazards/import", files={"file": ("a", xlsx(BASE))}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert crossed.status_code == 403
    assert upload(logged_in, xlsx(BASE), csrf="0" * 64).status_code == 403
    sent = form(logged_in.get("/desk/hazards/import").text, "/desk/hazards/import")
    assert logged_in.post("/desk/hazards/import", data=sent).status_code == 403
    assert count(session, Hazard) == count(session, HazardImport) == 0


def test_an_upload_is_shown_row_by_row_and_stored_after_a_yes(logged_in: TestClient, session: Session, clock: Clock):
    number = reported(logged_in, unit="nantang", content="水库围栏松动", due="")
    uploaded = upload(logged_in, xlsx([*BASE, ["柳溪村", "<script>", "", "", ""]]))
    assert uploaded.status_code == 303
    address = uploaded.headers["location"]
    page = logged_in.get(address)
    assert page.status_code == 200
    assert "还没有导入" in page.text
    assert "<script>" not in page.text.replace("<script src", "")
    assert "更新：线下处置措施" in page.text
    assert "线下：加固" in page.text
    assert f'href="/desk/hazards/{number}"' in page.text
    assert count(session, Hazard) == 1

    clock.now += timedelta(hours=1)
    sent = form(page.text, address)
    done = send(logged_in, address, sent)
    assert (done.status_code, done.headers["location"]) == (303, address)
    assert count(session, Hazard) == 3
    assert send(logged_in, address, sent).status_code == 303
    assert count(session, Hazard) == 3
    after = logged_in.get(address).text
    assert "新增 2 条，更新 1 条" in after
    assert 'method="post"' not in after


def test_a_table_with_refused_rows_cannot_be_confirmed(logged_in: TestClient, session: Session, house: Settings):
    address = upload(logged_in, xlsx([*BASE, *WRONG])).headers["location"]
    page = logged_in.get(address).text
    assert "1 行不能导入，所以一行也不导入" in page
    assert "科室：“火星科”" in page
    assert 'method="post"' not in page
    only = logged_in.get(f"{address}?fate=refused").text
    assert "火星科" in only
    assert "码头积水" not in only
    # Whoever sends the form all the same.
    import_id = address.rpartition("/")[2]
    token = acting.form_token("duty", f"hazard-import:{import_id}", house)
    assert send(logged_in, address, {"csrf": token}).status_code == 409
    assert count(session, Hazard) == 0


def test_the_preview_turns_over_and_says_what_is_wrong_with_its_address(logged_in: TestClient):
    address = upload(logged_in, xlsx([["柳溪村", f"第{n}处", "", "", ""] for n in range(5)])).headers["location"]
    page = logged_in.get(f"{address}?limit=2&fate=new").text
    assert "共 5 行，第 1–2 行" in page
    [later] = re.findall(r'<a href="([^"]*)" rel="next"', page)
    second = logged_in.get(address + later.replace("&amp;", "&")).text
    assert "第2处" in second
    assert "第1处" not in second
    assert logged_in.get(f"{address}?fate=x&limit=0").status_code == 422


def test_if_a_hazard_was_changed_meanwhile_the_preview_is_shown_anew(logged_in: TestClient, session: Session):
    number = reported(logged_in, content="码头积水", due="")
    address = upload(logged_in, xlsx(BASE)).headers["location"]
    sent = form(logged_in.get(address).text, address)
    patch(logged_in, number, state="handling")
    reply = send(logged_in, address, sent)
    assert reply.status_code == 409
    assert "请重新核对预览后再确认" in reply.text
    assert count(session, Hazard) == 1
    assert send(logged_in, address, form(reply.text, address)).status_code == 303
    assert count(session, Hazard) == 2


def test_an_import_that_expired_or_never_was_is_gone(logged_in: TestClient, clock: Clock):
    address = upload(logged_in, xlsx(BASE)).headers["location"]
    sent = form(logged_in.get(address).text, address)
    clock.now += import_desk.KEPT
    assert logged_in.get(address).status_code == 404
    reply = send(logged_in, address, sent)
    assert reply.status_code == 404
    assert "请重新上传" in reply.text
    assert logged_in.get("/desk/hazards/import/nothing").status_code == 404


def test_the_empty_table_is_there_to_download_in_the_office_s_language(
    logged_in: TestClient, monkeypatch: pytest.MonkeyPatch
):
    reply = logged_in.get("/desk/hazards/template.xlsx")
    assert "attachment" in reply.headers["content-disposition"]
    book = openpyxl.load_workbook(BytesIO(reply.content))
    assert [cell.value for cell in book.worksheets[0][1]] == NAMES
    assert any("柳溪村" in str(row[0]) for row in book.worksheets[1].values)
    assert bring(logged_in, reply.content).status_code == 422
    monkeypatch.setenv("YINGDA_LOCALE", "en")
    settings.forget()
    english = openpyxl.load_workbook(BytesIO(logged_in.get("/desk/hazards/template.xlsx").content))
    assert [cell.value for cell in english.worksheets[0][1]] == NAMES
    assert english.sheetnames[1] == "Notes"


def test_text_that_looks_like_a_formula_comes_in_as_text_and_is_text_in_the_register(
    logged_in: TestClient, session: Session, clock: Clock
):
    from yingda import wiring
    from yingda.services import registering

    csv_text = ",".join(NAMES) + '\n柳溪村,"=HYPERLINK(""http://x"")",@SUM(A1),+1,长期\n'
    assert bring(logged_in, csv_text.encode("gb18030")).status_code == 201
    session.rollback()
    row = registering.compile_day(session, clock.now.date(), wiring.settings(), clock.now)
    session.commit()
    folder = registering.write_files(session, row.day, wiring.settings())
    book = openpyxl.load_workbook(folder / "register.xlsx")
    cells = book.worksheets[0][4]
    assert [cell.data_type for cell in cells[1:4]] == ["s"] * 3
    assert cells[1].value == '=HYPERLINK("http://x")'
    assert all(cell.quotePrefix for cell in cells[1:4])


def test_uploads_wait_in_the_database_where_every_process_finds_them(logged_in: TestClient, session: Session):
    address = upload(logged_in, xlsx(BASE)).headers["location"]
    session.rollback()
    kept: Any = session.execute(select(HazardImport.public_id, HazardImport.name, HazardImport.account)).one()
    assert (address.rpartition("/")[2], kept.name, kept.account) == (kept.public_id, "隐患.xlsx", "account:duty")
    assert len(kept.public_id) == 32
    assert session.scalar(select(func.count()).select_from(Event)) == 0
