"""Importing tables of hazards: all rows or none, the same twice changes nothing, what is shown is what is stored."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from yingda.domain.errors import HazardNotFound, NotNow, TableRefused
from yingda.domain.hazard_form import ResolveHazard
from yingda.domain.hazard_table import COLUMNS
from yingda.domain.hazards import Fate, HazardState
from yingda.services import hazard_past, hazards, import_desk, importing
from yingda.services.importing import Told
from yingda.store import audit
from yingda.store.models import Event, Hazard, HazardImport

NAMES = list(COLUMNS.values())
DUTY = "account:duty"

Line = tuple[str, str, str, str, str]
BASE: list[Line] = [
    ("柳溪村", "码头积水", "巡查", "口径", "2026-12-01"),
    ("nantang", "水库围栏松动", "加固", "", "长期"),
    ("Sanitation Section", "垃圾清运不及时", "", "", "12月1日"),
]


def xlsx(lines: Sequence[Sequence[str]]) -> bytes:
    book = openpyxl.Workbook()
    for line in (NAMES, *lines):
        book.active.append(list(line))
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def tell(office: Any, session: Session, lines: Sequence[Sequence[str]]) -> Told:
    return importing.tell(session, *importing.read(xlsx(lines), office.house, office.now), office.house)


def bring(office: Any, lines: Sequence[Sequence[str]], by: str = DUTY) -> Told:
    with office.transaction() as session:
        importing.alone(session)
        return importing.carry_out(session, tell(office, session, lines), by, office.house, office.now)


def fates(told: Told) -> list[str]:
    return [row.fate.value for row in told.rows]


def rows(office: Any) -> list[Hazard]:
    with office.transaction() as session:
        return list(session.scalars(select(Hazard).order_by(Hazard.id)))


def events(office: Any) -> list[Event]:
    with office.transaction() as session:
        return list(session.scalars(select(Event).where(Event.kind.startswith("hazard_")).order_by(Event.id)))


def test_every_row_becomes_a_hazard_with_an_event_that_says_which_row(office: Any):
    told = bring(office, BASE)
    assert fates(told) == ["new"] * 3
    assert [(one.unit_id, one.content, one.due_on) for one in rows(office)] == [
        ("liuxi", "码头积水", date(2026, 12, 1)),
        ("nantang", "水库围栏松动", None),
        ("sanitation", "垃圾清运不及时", date(2026, 12, 1)),
    ]
    assert [row.hazard for row in told.rows] == [one.id for one in rows(office)]
    assert [(event.kind, event.data["row"], event.actor) for event in events(office)] == [
        ("hazard_reported", 2, DUTY),
        ("hazard_reported", 3, DUTY),
        ("hazard_reported", 4, DUTY),
    ]
    with office.transaction() as session:
        assert list(audit.breaks(session)) == []
        then = hazard_past.at(session, office.now + timedelta(seconds=1))
        for one in rows(office):
            assert then[one.id]["content"] == one.content


def test_the_same_table_again_changes_nothing(office: Any):
    bring(office, BASE)
    before = [vars(one) | {"_sa_instance_state": None} for one in rows(office)]
    told = bring(office.later(days=1), BASE)
    assert fates(told) == ["unchanged"] * 3
    assert [vars(one) | {"_sa_instance_state": None} for one in rows(office)] == before
    assert len(events(office)) == 3


def test_other_measures_or_another_limit_change_the_hazard_and_the_event_says_what(office: Any):
    bring(office, BASE)
    changed = [("柳溪村", "码头 积水", "巡查", "新口径", "2026-12-31"), BASE[1], BASE[2]]
    told = bring(office.later(days=1), changed, by="account:other")
    assert fates(told) == ["changed", "unchanged", "unchanged"]
    assert told.rows[0].changes == ("online_measures", "due")
    first = rows(office)[0]
    assert (first.online_measures, first.due_on, first.version) == ("新口径", date(2026, 12, 31), 2)
    assert (first.content, first.changed_by) == ("码头积水", "account:other")
    event = events(office)[-1]
    assert event.kind == "hazard_imported"
    assert (event.data["was"]["due"], event.data["now"]["due"]) == ("2026-12-01", "2026-12-31")
    assert event.data["now"]["version"] == 2
    with office.transaction() as session:
        [last] = [one for one in hazard_past.history(session, first.id, office.house) if one.was]
        assert set(last.changed) == {"online_measures", "due"}


def test_one_refused_row_stores_none_of_them(office: Any):
    lines = [*BASE, ("没有这科", "x", "", "", "")]
    with office.transaction() as session:
        told = tell(office, session, lines)
    assert fates(told) == ["new", "new", "new", "refused"]
    with pytest.raises(NotNow):
        bring(office, lines)
    assert rows(office) == []
    assert events(office) == []


def test_a_hazard_that_stands_twice_in_a_table_counts_once_if_alike_and_is_refused_if_not(office: Any):
    told = bring(office, [BASE[0], ("liuxi", "码头积 水", "巡查", "口径", "2026/12/1")])
    assert fates(told) == ["new", "unchanged"]
    with office.transaction() as session:
        told = tell(office, session, [BASE[0], ("liuxi", "码头积水", "别的措施", "口径", "2026-12-01")])
    assert told.rows[1].fate is Fate.REFUSED
    assert "第 2 行" in told.rows[1].errors["row"]


def test_a_settled_hazard_is_left_alone_and_not_changed_behind_anybody_s_back(office: Any):
    bring(office, BASE)
    first = rows(office)[0]
    with office.transaction() as session:
        hazards.resolve(session, first.id, ResolveHazard(evidence="已修"), DUTY, office.house, office.now)
    with office.transaction() as session:
        assert fates(tell(office, session, BASE)) == ["unchanged"] * 3
        told = tell(office, session, [("柳溪村", "码头积水", "又来", "", "")])
    assert told.rows[0].fate is Fate.REFUSED
    assert f"隐患 {first.id} 号（已解决）" in told.rows[0].errors["row"]


def test_a_table_with_nothing_below_its_header_is_refused(office: Any):
    with pytest.raises(TableRefused) as refused:
        importing.read(xlsx([]), office.house, office.now)
    assert refused.value.why == "no_rows"


def test_two_who_import_the_same_at_once_import_it_once(office: Any):
    outcomes: list[str] = []
    threads = [threading.Thread(target=lambda: outcomes.extend(fates(bring(office, BASE)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["new"] * 3 + ["unchanged"] * 6
    assert len(rows(office)) == 3
    assert len(events(office)) == 3


def keep(office: Any, lines: Sequence[Sequence[str]], by: str = DUTY) -> str:
    with office.transaction() as session:
        return import_desk.keep(session, tell(office, session, lines), "隐患.xlsx", by, office.now)


def confirm(office: Any, import_id: str, by: str = DUTY) -> Told:
    with office.transaction() as session:
        return import_desk.confirm(session, import_id, by, office.house, office.now)


def test_what_was_shown_is_what_is_stored_even_after_midnight(office: Any):
    import_id = keep(office, [("柳溪村", "码头积水", "", "", "11月23日")])
    assert rows(office) == []
    office.now += timedelta(hours=1, minutes=59)
    confirm(office, import_id)
    assert [one.due_on for one in rows(office)] == [date(2026, 11, 23)]


def test_confirming_again_changes_nothing_and_says_the_same(office: Any):
    import_id = keep(office, BASE)
    first = confirm(office, import_id)
    assert confirm(office, import_id) == first
    assert [row.hazard for row in first.rows] == [one.id for one in rows(office)]
    assert len(events(office)) == 3


def test_if_hazards_were_changed_meanwhile_nothing_is_stored_and_the_rows_are_told_anew(office: Any):
    bring(office, BASE[:1])
    import_id = keep(office, [("柳溪村", "码头积水", "巡查", "新口径", "2026-12-01"), *BASE[1:]])
    first = rows(office)[0]
    with office.transaction() as session:
        hazards.resolve(session, first.id, ResolveHazard(evidence="已修"), DUTY, office.house, office.now)
    with pytest.raises(NotNow):
        confirm(office, import_id)
    assert len(rows(office)) == 1
    with office.transaction() as session:
        import_desk.tell_again(session, import_id, DUTY, office.house, office.now)
        waiting = import_desk.waiting(session, import_id, DUTY, office.now)
    assert fates(waiting.told) == ["refused", "new", "new"]


def test_a_table_that_waits_is_nobody_else_s_expires_and_gives_way_to_the_next(office: Any):
    import_id = keep(office, BASE)
    for by, at in (("account:other", office.now), (DUTY, office.now + import_desk.KEPT)):
        with office.transaction() as session, pytest.raises(HazardNotFound):
            import_desk.waiting(session, import_id, by, at)
    with office.transaction() as session, pytest.raises(HazardNotFound):
        import_desk.confirm(session, "nothing\x00", DUTY, office.house, office.now)
    another = keep(office, BASE, by="account:other")
    newer = keep(office, BASE[:1])
    with office.transaction() as session:
        assert set(session.scalars(select(HazardImport.public_id))) == {another, newer}
    office.now += import_desk.KEPT
    last = keep(office, BASE)
    with office.transaction() as session:
        assert set(session.scalars(select(HazardImport.public_id))) == {last}
        assert import_desk.prune(session, office.now) == 0
        assert import_desk.prune(session, office.now + import_desk.KEPT) == 1


TEXTS = st.text(alphabet="柳溪码头积水路灯不亮=+-@ab1", max_size=12).map(str.strip)
LINES = st.lists(
    st.tuples(
        st.sampled_from(["liuxi", "南塘村", "Sanitation Section"]),
        TEXTS.filter(bool),
        TEXTS,
        TEXTS,
        st.sampled_from(["", "长期", "2026-12-01", "2026年12月2日", "12月3日"]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda line: "".join(line[:2]).casefold(),
)
DATABASE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def csv_of(lines: Sequence[Sequence[str]]) -> bytes:
    import csv
    from io import StringIO

    written = StringIO()
    csv.writer(written).writerows([NAMES, *lines])
    return written.getvalue().encode("gb18030")


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Hazard)) or 0


@DATABASE
@given(lines=LINES)
def test_importing_any_table_twice_is_importing_it_once(office: Any, session: Session, lines: list[Line]):
    for expected in ("new", "unchanged"):
        told = importing.tell(session, *importing.read(csv_of(lines), office.house, office.now), office.house)
        assert set(fates(told)) == {expected}
        importing.carry_out(session, told, DUTY, office.house, office.now)
        assert count(session) == len(lines)
    stored = session.scalars(select(Hazard)).all()
    kept = {(one.unit_id, one.content, one.offline_measures, one.online_measures) for one in stored}
    ids = {"liuxi": "liuxi", "南塘村": "nantang", "Sanitation Section": "sanitation"}
    assert kept == {(ids[line[0]], *line[1:4]) for line in lines}
    assert all(one.state is HazardState.OPEN for one in stored)
    session.rollback()


@DATABASE
@given(lines=LINES, wrong=st.sets(st.integers(0, 7), min_size=1))
def test_a_table_with_wrong_rows_stores_nothing_and_names_exactly_those(
    office: Any, session: Session, lines: list[Line], wrong: set[int]
):
    wrong = {place % len(lines) for place in wrong}
    spoilt = [("没有", *line[1:]) if place in wrong else line for place, line in enumerate(lines)]
    told = importing.tell(session, *importing.read(csv_of(spoilt), office.house, office.now), office.house)
    assert {row.row - 2 for row in told.rows if row.fate is Fate.REFUSED} == wrong
    with pytest.raises(NotNow):
        importing.carry_out(session, told, DUTY, office.house, office.now)
    assert count(session) == 0
    session.rollback()
