"""The register of a day and the morning mails: the same day, the same files, nothing twice."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from yingda.domain.errors import NotNow
from yingda.domain.hazards import HazardState
from yingda.services import registering, reminding
from yingda.services.composing import compose
from yingda.store import audit
from yingda.store.models import Hazard, OutboxMessage

DAY = date(2026, 11, 24)


def compile_and_write(office: Any, day: date = DAY) -> dict[str, bytes]:
    with office.transaction() as session:
        registering.compile_day(session, day, office.house, office.now)
    with office.transaction() as session:
        folder: Path = registering.write_files(session, day, office.house)
    assert folder == office.house.register / day.isoformat()
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def owe(office: Any, day: date = DAY) -> int:
    with office.transaction() as session:
        row = registering.compile_day(session, day, office.house, office.now)
        return reminding.owe_digests(session, row, office.house, office.now)


def digests(office: Any) -> dict[str, str]:
    with office.transaction() as session:
        mails = session.scalars(select(OutboxMessage).where(OutboxMessage.template == "digest"))
        return {mail.officer_id: compose(session, mail, office.house).text for mail in mails}


@pytest.fixture
def morning(office: Any) -> Any:
    """Tuesday, 08:00 in Shanghai: one report overdue, one due at 08:30, one hazard."""
    late = office.open(unit="social_affairs", title="路灯不亮", severity="major")
    office.answer(late, "brief_reply", "submit", reply="正在查看")
    office.now = office.now.replace(hour=22, minute=30)
    soon = office.open(title="柳溪码头积水")
    office.now += timedelta(hours=1, minutes=30)
    with office.transaction() as session:
        session.add(
            Hazard(
                unit_id="liuxi",
                content="=HYPERLINK(1)",
                offline_measures="巡查",
                online_measures="",
                due_on=date(2026, 12, 1),
                reported_at=office.now,
                reported_by="luo_chunsheng",
                changed_at=office.now,
                changed_by="luo_chunsheng",
                fingerprint="0" * 64,
            )
        )
    office.late, office.soon = late, soon
    return office


def test_the_register_shows_hazards_open_incidents_and_what_is_overdue(morning: Any) -> None:
    files = compile_and_write(morning)

    assert sorted(files) == ["register.html", "register.json", "register.xlsx"]
    content = json.loads(files["register.json"])
    assert [one["content"] for one in content["hazards"]] == ["=HYPERLINK(1)"]
    assert [(one["number"], one["stage"]) for one in content["incidents"]] == [
        (morning.late, "核查"),
        (morning.soon, "核查"),
    ]
    [overdue] = content["overdue"]
    assert (overdue["number"], overdue["what"], overdue["late"]) == (
        morning.late,
        "报送舆情处置情况报告单",
        "15 小时 57 分钟",
    )


def test_only_hazards_whose_unit_still_owes_something_are_on_the_register(morning: Any) -> None:
    with morning.transaction() as session:
        for place, state in enumerate(HazardState):
            session.add(
                Hazard(
                    unit_id="left_the_roster" if state is HazardState.HANDLING else "liuxi",
                    content=state.value,
                    offline_measures="",
                    online_measures="",
                    state=state,
                    reported_at=morning.now,
                    reported_by="luo_chunsheng",
                    changed_at=morning.now,
                    changed_by="luo_chunsheng",
                    fingerprint=str(place + 1) * 64,
                )
            )

    listed = json.loads(compile_and_write(morning)["register.json"])["hazards"]
    assert {one["content"]: one["unit_name"] for one in listed} == {
        "=HYPERLINK(1)": "柳溪村",
        "open": "柳溪村",
        "handling": "left_the_roster",
    }


def test_the_same_day_again_gives_the_same_files_whatever_happened_since(morning: Any) -> None:
    first = compile_and_write(morning)
    morning.open(title="又一件")
    morning.later(hours=3)

    assert compile_and_write(morning) == first
    with morning.transaction() as session:
        assert list(audit.breaks(session)) == []


def test_today_s_state_never_passes_for_a_day_that_is_over(morning: Any) -> None:
    with pytest.raises(NotNow):
        compile_and_write(morning, DAY - timedelta(days=1))
    assert not morning.house.register.exists()


def test_each_who_owes_gets_one_digest_and_so_do_their_leaders(morning: Any) -> None:
    assert owe(morning) == 4
    assert owe(morning) == 0
    morning.later(hours=2)
    assert owe(morning) == 0

    sent = digests(morning)
    assert set(sent) == {"pan_lihong", "qin_shuang", "han_yue", "shen_ruolan"}
    assert "/desk/r?token=" in sent["qin_shuang"]
    assert "/desk/r?token=" not in sent["shen_ruolan"]
    assert "社会事务科" in sent["han_yue"]
    assert all("路灯不亮" in text for text in sent.values())


def test_where_nothing_is_overdue_nobody_is_written_to(office: Any) -> None:
    office.open()
    assert owe(office, date(2026, 11, 23)) == 0


def test_an_absent_leader_s_deputy_gets_the_digest(morning: Any) -> None:
    away = {"start": "2026-11-24", "end": "2026-11-24", "deputy": "fang_qi"}
    morning.with_officer("shen_ruolan", absences=[away])
    owe(morning)

    sent = digests(morning)
    assert "shen_ruolan" not in sent
    assert "路灯不亮" in sent["fang_qi"]
