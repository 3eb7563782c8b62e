"""Which run drives an incident, and what is asked of Airflow after a crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, text, update

from yingda.domain.life import Stage
from yingda.services import attending, opening, passing
from yingda.services.passing import RunState, Start
from yingda.store.models import Incident, Pass, Request


def known(alive: tuple[str, ...], ended: tuple[str, ...] = ()) -> Callable[[str], RunState]:
    """What Airflow says of runs."""

    def state(run_id: str) -> RunState:
        if run_id in alive:
            return RunState.ALIVE
        return RunState.ENDED if run_id in ended else RunState.UNKNOWN

    return state


def owed(office: Any, number: str, alive: tuple[str, ...] = ()) -> Start | None:
    with office.transaction() as session:
        return passing.owed(session, number, office.house, office.now, known(alive))


def attend_all(office: Any, alive: tuple[str, ...] = (), **more: Any) -> attending.Report:
    return attending.attend_all(office.transaction, office.house, lambda: office.now, known(alive), **more)


def test_an_incident_whose_run_lives_is_owed_none(office: Any) -> None:
    number = office.open()
    [first] = office.rows(Pass, number)

    assert owed(office, number, (first.run_id,)) is None


def test_nothing_people_wrote_goes_into_the_conf_of_a_run_we_start(office: Any) -> None:
    number = office.open(title="{{ conn.smtp_default }}", summary="{% raise %}")

    assert "{" not in str(list(owed(office, number).conf.values()))  # type: ignore[union-attr]


def test_a_lost_run_is_asked_for_again_under_one_id_until_it_begins(office: Any) -> None:
    number = office.open()
    start = owed(office, number)

    assert start == Start(f"{number}-pass-2", {"title": number, "incident_no": number})
    assert owed(office, number) == start
    assert owed(office, number, (start.run_id,)) is None
    with office.transaction() as session:
        opened = opening.open_incident(session, start.conf, start.run_id, office.house, office.now)
    assert (opened.incident_no, opened.joined) == (number, False)
    assert [(one.number, one.started_at is None) for one in office.rows(Pass, number)] == [(1, False), (2, False)]
    third = owed(office, number)
    assert third is not None
    assert third.run_id == f"{number}-pass-3"


def test_nothing_is_owed_once_only_the_closing_is_left(office: Any) -> None:
    number = office.bring_to("statement_approval")
    office.answer(number, "sign_statement", "no_publication", comment="已当面答复")

    assert office.stage(number) is Stage.CLOSING
    assert owed(office, number) is None


def test_attending_to_all_raises_what_is_due_and_names_the_runs_to_start(office: Any) -> None:
    one, two = office.open(), office.open(title="石桥菜场积水", unit="shiqiao")
    [alive] = [row.run_id for row in office.rows(Pass, one)]
    report = attend_all(office.later(hours=3), (alive,))

    assert [start.conf["incident_no"] for start in report.starts] == [two]
    assert report.problems == []
    assert len(office.events(one, "rung_raised")) == len(office.events(two, "rung_raised")) == 3


def test_a_dry_run_tells_and_takes_everything_back(office: Any) -> None:
    number = office.open()
    seq = office.incident(number).seq

    assert len(attend_all(office.later(hours=3), dry_run=True).starts) == 1
    assert office.incident(number).seq == seq
    assert len(office.rows(Pass, number)) == 1


def test_one_incident_that_cannot_be_attended_to_holds_up_no_other(office: Any) -> None:
    broken, sound = office.open(), office.open(title="石桥菜场积水", unit="shiqiao")
    with office.transaction() as session:
        session.execute(text("UPDATE incident SET severity = 'huge' WHERE number = :number"), {"number": broken})

    report = attend_all(office.later(hours=3))
    assert [number for number, _ in report.problems] == [broken]
    assert "huge" in report.problems[0][1]
    assert len(office.events(sound, "rung_raised")) == 3


def test_what_belonged_to_a_unit_that_is_gone_is_attended_to_and_the_duty_officer_told(office: Any) -> None:
    number = office.open()
    with office.transaction() as session:
        gone = session.scalars(select(Incident).where(Incident.number == number)).one()
        gone.unit_id = "abolished"
        session.execute(update(Request).values(state="withdrawn").where(Request.incident_id == gone.id))

    report = attend_all(office.later(hours=3))
    assert report.problems == []
    assert {mail.officer_id for mail in office.mails(number, "notice")} == {"ding_yifan", "xia_mengjie"}
    assert office.events(number, "rung_raised")


def test_a_run_that_ended_before_its_first_task_is_not_asked_for_again_under_its_name(office: Any) -> None:
    number = office.open()
    first = owed(office, number)
    assert first is not None
    with office.transaction() as session:
        again = passing.owed(session, number, office.house, office.now, known((), ended=(first.run_id,)))
    assert again is not None
    assert again.run_id != first.run_id


def test_a_pass_that_was_left_behind_is_over_for_its_run_and_the_next_one_is_owed_at_once(office: Any) -> None:
    number = office.bring_to("publication")
    [first] = office.rows(Pass, number)
    with office.case(number) as case:
        assert not passing.look_in(case, first.run_id)
    office.publish(number)
    # Its run has not come to its last task yet.
    office.reopen(number, "statement")
    with office.case(number) as case:
        assert passing.look_in(case, first.run_id)
    with office.transaction() as session:
        start = passing.owed(session, number, office.house, office.now, lambda run: RunState.ALIVE)
    assert start is not None
    assert start.run_id == f"{number}-pass-2"
    with office.transaction() as session:
        again = passing.owed(session, number, office.house, office.now, lambda run: RunState.UNKNOWN)
    assert again == start
