"""The register of a day and the morning mails: the same day, the same files, nothing twice."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from yingda.domain.errors import NotNow
from yingda.domain.hazards import HazardState
from yingda.domain.severity import Severity
from yingda.services import merging, register_lines, registering, regrading, reminding
from yingda.services.composing import compose
from yingda.store import audit
from yingda.store.models import Event, Hazard, OutboxMessage, RegisterDay, RegisterLine

from .conftest import REPORT
from .test_hazards import DUTY, do, report

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


def row(office: Any, day: date) -> RegisterDay:
    with office.transaction() as session:
        found: RegisterDay = session.get_one(RegisterDay, day)
        return found


def regrade(office: Any, number: str) -> None:
    with office.case(number) as case:
        regrading.regrade(case, Severity.MAJOR, "影响扩大", DUTY)


def nearly_closed(office: Any, **conf: Any) -> str:
    number: str = office.bring_to("publication", **conf)
    office.publish(number)
    return number


def told(office: Any, day: date) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(compile_and_write(office, day)["register.json"])
    return content


def test_a_past_day_without_a_register_is_rebuilt_as_it_stood_and_says_so(office: Any) -> None:
    report(office, content="码头积水")
    kept = office.open(title="路灯不亮", severity="general")
    office.answer(kept, "report", "submit", **REPORT)
    office.now = office.now.replace(day=24, hour=6)  # after the register of the 24th was due
    regrade(office, kept)
    later = office.open(title="后来的事")
    report(office, content="后来的隐患")
    office.now = office.now.replace(day=26)

    first = compile_and_write(office, DAY)
    content = json.loads(first["register.json"])
    assert [one["content"] for one in content["hazards"]] == ["码头积水"]
    [incident] = content["incidents"]
    assert (incident["number"], incident["severity"], incident["stage"]) == (kept, "general", "报告审批")
    assert later not in first["register.json"].decode()
    assert content["as_of"] == "2026-11-24T00:00:00Z"
    assert content["rebuilt"] is True
    assert "补编" in first["register.html"].decode()
    assert compile_and_write(office.later(hours=5), DAY) == first
    with office.transaction() as session:
        assert list(audit.breaks(session)) == []


def test_no_register_is_made_of_a_day_to_come_or_from_before_the_record(morning: Any) -> None:
    with pytest.raises(NotNow, match="2026-11-25"):
        compile_and_write(morning, DAY + timedelta(days=1))
    with pytest.raises(NotNow, match="2026-11-20"):
        compile_and_write(morning, date(2026, 11, 20))
    assert not morning.house.register.exists()


def test_changes_span_the_days_since_the_last_working_day(office: Any) -> None:
    office.now = office.now.replace(day=26)  # Thursday
    gone, changed, escalated = (report(office, content=text) for text in ("甲", "乙", "丙"))
    closing, regraded = nearly_closed(office, title="将办结"), office.open(title="将升级")
    office.now = office.now.replace(day=27, hour=0, minute=1)  # Friday
    compile_and_write(office, date(2026, 11, 27))
    office.now = office.now.replace(day=28, hour=3)  # Saturday
    compile_and_write(office, date(2026, 11, 28))
    do(office, gone, "resolve")
    do(office, changed, "change", risk="high")
    do(office, escalated, "escalate")
    fresh = report(office, content="丁")
    office.answer(closing, "close", "close", result="已办结")
    regrade(office, regraded)
    opened = office.open(title="新受理")
    office.now = office.now.replace(day=30, hour=0, minute=0)  # Monday, 08:00 in Shanghai

    content = told(office, date(2026, 11, 30))
    assert content["compared_with"] == "2026-11-27"
    found = {(one["change"], one["number"] or one["hazard"]) for one in content["changes"]}
    assert found == {
        ("隐患解决", str(gone)),
        ("隐患变更", str(changed)),
        ("隐患转为事件", str(escalated)),
        ("隐患新增", str(fresh)),
        ("事件办结", closing),
        ("事件调整级别", regraded),
        ("事件受理", opened),
        ("事件受理", "YQCZBG-2026-003"),
    }
    [details] = [one["details"] for one in content["changes"] if one["change"] == "隐患变更"]
    assert details == "风险：中 → 高"
    assert row(office, date(2026, 11, 30)).data["changes"]["hazard_resolved"] == 1
    saturday = row(office, date(2026, 11, 28))
    assert (saturday.working, saturday.compared_with) == (False, date(2026, 11, 27))
    assert "休息日" in (office.house.register / "2026-11-28" / "register.html").read_text("utf-8")


def test_make_up_working_days_count_as_working(office: Any) -> None:
    office.now = datetime(2026, 10, 9, 1, tzinfo=UTC)
    report(office, due="")
    office.now = datetime(2026, 10, 10, 1, tzinfo=UTC)  # a Saturday worked in exchange for National Day
    told(office, date(2026, 10, 10))
    office.now = datetime(2026, 10, 12, 1, tzinfo=UTC)

    assert told(office, date(2026, 10, 12))["compared_with"] == "2026-10-10"
    assert row(office, date(2026, 10, 10)).working


def test_what_came_back_is_told_from_what_is_new(office: Any) -> None:
    back, closed = report(office, content="又来了"), nearly_closed(office)
    do(office, back, "resolve")
    office.answer(closed, "close", "close", result="已办结")
    merged, into = office.open(title="并入的"), office.open(title="并入处")
    office.now = office.now.replace(day=24, hour=0, minute=0)
    told(office, DAY)
    do(office, back, "reopen")
    office.reopen(closed, "verification")
    with office.transaction() as session:
        merging.merge(session, merged, into, "同一件事", DUTY, office.house, office.now)
    office.now = office.now.replace(day=25)

    found = {(one["change"], one["number"] or one["hazard"]) for one in told(office, date(2026, 11, 25))["changes"]}
    assert {("隐患重新打开", str(back)), ("事件重新办理", closed), ("事件并入其他事件", merged)} <= found


def test_overdue_hazards_and_the_counts_by_unit_and_topic_are_there(office: Any) -> None:
    report(office, content="逾期的", due="2026-11-23", topic="sanitation")
    report(office, content="今天到期的", due="2026-11-24")
    late = office.open(title="演练的", drill=True)
    real = office.open(title="真的", topic="livelihood")
    office.now = office.now.replace(day=24, hour=0, minute=0)

    content = told(office, DAY)
    overdue = [(one["number"] or "隐患", one["title"], one["late"]) for one in content["overdue"]]
    assert overdue == [
        (late, "【演练】演练的", "15 小时 57 分钟"),
        (real, "真的", "15 小时 57 分钟"),
        ("隐患", "逾期的", "1 天"),
    ]
    shown = ("group", "name", "hazards", "hazards_overdue", "incidents", "overdue")
    counts = [tuple(one[name] for name in shown) for one in content["statistics"]]
    assert counts == [
        ("科室", "柳溪村", 2, 1, 1, 1),
        ("类别", "社会民生", 0, 0, 1, 1),
        ("类别", "环境卫生", 1, 1, 0, 0),
        ("类别", "未分类", 1, 0, 0, 0),
    ]


def test_of_several_who_compile_at_once_one_does_and_all_have_the_same(morning: Any) -> None:
    with ThreadPoolExecutor(4) as several:

        def compiled(_: int) -> tuple[datetime, int]:
            with morning.transaction() as session:
                made = registering.compile_day(session, DAY, morning.house, morning.now)
                return made.compiled_at, len(list(register_lines.read(session, DAY, "incident")))

        assert len(set(several.map(compiled, range(4)))) == 1
    with morning.transaction() as session:
        told_of = list(session.scalars(select(Event).where(Event.kind == "register_compiled")))
        assert [one.data["day"] for one in told_of] == [DAY.isoformat()]


def test_a_missing_register_is_noticed_half_an_hour_after_its_time_on_working_days(morning: Any) -> None:
    def missing(**at: int) -> bool:
        with morning.transaction() as session:
            return registering.missing(session, morning.house, morning.now.replace(**at))

    assert not missing(hour=0, minute=29)
    assert missing(hour=0, minute=30)
    assert not missing(day=28, hour=9), "a day off"
    assert not missing(day=23, hour=9), "nothing was on record that morning"
    compile_and_write(morning)
    assert not missing(hour=9)
    (morning.house.register / "2026-11-24" / "register.xlsx").unlink()
    assert missing(hour=9), "the files are gone"


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


def test_a_day_kept_before_registers_were_lines_can_still_be_written(office: Any) -> None:
    worded = {
        "number": "YQCZBG-2026-001",
        "title": "路灯不亮",
        "severity": "general",
        "unit_name": "柳溪村",
        "stage": "核查",
        "waiting_for": "报送舆情处置情况报告单",
        "opened_at": "2026-11-23T06:03:00+00:00",
        "due_at": None,
        "drill": False,
    }
    hazard = {"unit_name": "柳溪村", "content": "积水", "offline_measures": "", "online_measures": "", "due": None}
    with office.transaction() as session:
        session.add(
            RegisterDay(
                day=DAY, compiled_at=office.now, as_of=office.now, rebuilt=False, working=True, data={"overdue": []}
            )
        )
        session.flush()
        session.add(RegisterLine(day=DAY, kind="hazard", place=1, key="before-1", data=hazard))
        session.add(RegisterLine(day=DAY, kind="incident", place=1, key="YQCZBG-2026-001", data=worded))

    content = told(office, DAY)
    assert [(one["content"], one["unit_name"]) for one in content["hazards"]] == [("积水", "柳溪村")]
    assert [(one["stage"], one["title"]) for one in content["incidents"]] == [("核查", "路灯不亮")]
