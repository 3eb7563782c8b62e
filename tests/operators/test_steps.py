"""Each step looks first, then acts or waits, and may be run any number of times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, DownstreamTasksSkipped, TaskDeferred
from sqlalchemy import func, select

from yingda import wiring
from yingda.domain.life import PublicationState, RequestState, Stage
from yingda.operators.sensors import ApprovalGate, DomainSensor, VerificationSensor
from yingda.operators.steps import (
    AskToClose,
    AssignUnit,
    AttendAll,
    KeepPublishing,
    LiveCheck,
    OpenIncident,
    PublishStatement,
)
from yingda.operators.trigger import IncidentTrigger
from yingda.services import answering
from yingda.services.answering import Claims
from yingda.store.models import Incident, OutboxMessage, Pass, Publication, RaisedRung, Request
from yingda.transports import evidence_files, report_files

LEAD = {"title": "柳溪村路灯不亮", "unit": "liuxi"}
LINK = "https://forum.example.org/t/1"


def incident() -> Incident:
    with wiring.transaction() as session:
        return session.scalars(select(Incident)).one()


def answer(kind: str, action: str, /, **fields: Any) -> None:
    with wiring.transaction() as session:
        request = session.scalars(select(Request).where(Request.kind == kind, Request.state == RequestState.OPEN)).one()
        claims = Claims(request.public_id, request.addressees[0].officer_id, request.revision_sha256)
        body = {"action": action, "revision_sha256": request.revision_sha256, **fields}
        answering.answer(session, claims, body, wiring.settings(), wiring.utcnow())


def to_statement_approval() -> None:
    answer("report", "submit", cause="老化", measures="更换", wording="已修复", result="恢复")
    answer("approve_report", "approve")
    answer("draft_statement", "submit", kind="final", title="说明", body="路灯已修复。")


def deferred(step: DomainSensor, context: Any) -> IncidentTrigger:
    with pytest.raises(TaskDeferred) as waiting:
        step.execute(context)
    assert waiting.value.method_name == "look"
    trigger = waiting.value.trigger
    assert isinstance(trigger, IncidentTrigger)
    return trigger


def test_opening_tells_the_run_s_number_and_nothing_else(run: Any) -> None:
    context = run(**LEAD, summary="正文")
    OpenIncident(task_id="open_incident").execute(context)
    assert context["ti"].pushed == {"incident_no": incident().number}


def test_opening_again_changes_nothing(run: Any) -> None:
    for _ in range(3):
        OpenIncident(task_id="open_incident").execute(run(**LEAD))

    with wiring.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Pass)) == 1


@pytest.mark.parametrize(
    ("conf", "named"), [({}, "title"), ({"title": "一", "unit": "x"}, "unit"), ({"incident_no": "A-1"}, "incident_no")]
)
def test_a_refused_conf_fails_at_once_and_names_the_field(run: Any, conf: dict[str, Any], named: str) -> None:
    for step in (OpenIncident(task_id="open_incident"), VerificationSensor(task_id="verification")):
        with pytest.raises(AirflowFailException, match=named):
            step.execute(run(**conf))


def test_a_lead_that_joins_ends_its_run_there(run: Any) -> None:
    OpenIncident(task_id="open_incident").execute(run("run-1", **LEAD, source_url=LINK))
    context = run("run-2", title="又见", source_url=LINK)
    for _ in range(2):
        with pytest.raises(DownstreamTasksSkipped):
            OpenIncident(task_id="open_incident").execute(context)
    with pytest.raises(AirflowSkipException, match=incident().number):
        VerificationSensor(task_id="verification").execute(context)

    assert context["ti"].pushed == {"incident_no": incident().number, "joined": incident().number}
    with wiring.transaction() as session:
        assert session.scalars(select(Pass.run_id)).all() == ["run-1"]


def test_a_step_run_without_the_opening_loses_no_lead(run: Any) -> None:
    trigger = deferred(VerificationSensor(task_id="verification"), run(**LEAD))

    assert trigger.incident_no == incident().number
    assert incident().stage is Stage.VERIFICATION


def test_a_waiting_step_waits_for_the_next_event_or_the_next_moment(run: Any) -> None:
    trigger = deferred(VerificationSensor(task_id="verification"), run(**LEAD))

    assert trigger.after_seq == incident().seq
    assert trigger.wake_at is not None
    with wiring.transaction() as session:
        [next_at] = session.scalars(select(OutboxMessage.next_at)).all()
    assert datetime.fromisoformat(trigger.wake_at) == next_at > datetime.now(UTC)


def test_a_step_whose_stage_is_past_simply_ends(run: Any) -> None:
    context = run(**LEAD)
    AssignUnit(task_id="assign_unit").execute(context)
    VerificationSensor(task_id="brief_reply").execute(context)
    step = VerificationSensor(task_id="verification")
    deferred(step, context)
    to_statement_approval()

    step.look(context, {"woken_by": "event"})
    ApprovalGate(task_id="report_approval").execute(context)
    DomainSensor(task_id="statement").execute(context)
    deferred(ApprovalGate(task_id="statement_approval"), context)


def test_marking_the_signing_by_hand_publishes_nothing(run: Any, wired: Any) -> None:
    context = run(**LEAD)
    deferred(VerificationSensor(task_id="verification"), context)
    to_statement_approval()

    for step in (PublishStatement(task_id="publication"), LiveCheck(task_id="live_check")):
        deferred(step, context)
    deferred(AskToClose(task_id="closing"), context)
    assert not wired.bulletin.exists()
    assert incident().stage is Stage.STATEMENT_APPROVAL


def test_publication_happens_in_its_step_and_once(run: Any, wired: Any) -> None:
    context = run(**LEAD)
    deferred(VerificationSensor(task_id="verification"), context)
    to_statement_approval()
    answer("sign_statement", "approve")
    assert incident().stage is Stage.PUBLICATION

    for _ in range(2):
        PublishStatement(task_id="publication").execute(context)
    with wiring.transaction() as session:
        [row] = session.scalars(select(Publication)).all()
    assert (row.state, row.attempts) == ("confirmed", 1)
    assert (wired.bulletin / incident().number / "index.html").exists()
    trigger = deferred(LiveCheck(task_id="live_check"), context)
    assert trigger.wake_at is not None


def in_doubt(context: Any, *, for_seconds: float, until: float) -> Any:
    """Leave the only publication as a process leaves it that died just after sending; return its id."""
    deferred(VerificationSensor(task_id="verification"), context)
    to_statement_approval()
    answer("sign_statement", "approve")
    with wiring.transaction() as session:
        row = session.scalars(select(Publication)).one()
        row.state, row.lease, row.attempts, row.channel = PublicationState.SENDING, "dead", 1, "gone"
        row.sent_at = wiring.utcnow() - timedelta(seconds=for_seconds)
        row.lease_until = row.next_at = wiring.utcnow() + timedelta(seconds=until)


def unknown_is_told() -> bool:
    with wiring.transaction() as session:
        [row] = session.scalars(select(Publication)).all()
        told = session.scalars(select(OutboxMessage).where(OutboxMessage.template == "notice")).all()
        return row.state is PublicationState.UNKNOWN and any(
            one.values["about"] == "publication_unknown" for one in told
        )


def test_follow_up_stays_while_something_is_in_doubt_so_that_the_mail_leaves_in_time(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    began, real = datetime.now(UTC), time.monotonic()
    moment = wiring.utcnow()
    monkeypatch.setattr(wiring, "utcnow", lambda: moment + (datetime.now(UTC) - began))
    in_doubt(run(**LEAD), for_seconds=100, until=1.5)
    KeepPublishing(task_id="keep", every=timedelta(minutes=2)).execute(run("follow_up_1"))
    assert unknown_is_told()
    assert time.monotonic() - real < 30, "and it ends as soon as nothing is in doubt any more"
    real = time.monotonic()
    KeepPublishing(task_id="keep", every=timedelta(minutes=2)).execute(run("follow_up_2"))
    assert time.monotonic() - real < 5


def test_follow_up_does_not_wait_out_the_lease_of_what_is_being_sent_and_arrives(run: Any) -> None:
    """Runs of follow_up come one after the other, so whoever waits for nothing holds up the next."""
    import threading
    import time

    context = run(**LEAD)
    in_doubt(context, for_seconds=1, until=60)

    def arrives() -> None:
        with wiring.transaction() as session:
            row = session.scalars(select(Publication).where(Publication.state == PublicationState.SENDING)).one()
            row.state, row.lease, row.lease_until, row.next_at = PublicationState.CONFIRMED, None, None, None

    sender = threading.Timer(1.5, arrives)
    sender.start()
    began = time.monotonic()
    KeepPublishing(task_id="keep", every=timedelta(minutes=2)).execute(run("follow_up_1"))
    sender.join()
    assert 1 < time.monotonic() - began < 15


def test_the_step_of_publication_wakes_for_what_is_in_doubt(run: Any) -> None:
    context = run(**LEAD)
    in_doubt(context, for_seconds=30, until=20)
    trigger = deferred(PublishStatement(task_id="publication"), context)
    assert trigger.wake_at is not None
    assert timedelta(0) < datetime.fromisoformat(trigger.wake_at) - wiring.utcnow() <= timedelta(seconds=20)


def test_the_run_ends_when_only_the_closing_is_left(run: Any) -> None:
    context = run(**LEAD)
    deferred(VerificationSensor(task_id="verification"), context)
    to_statement_approval()
    answer("sign_statement", "no_publication", comment="已当面答复")

    for step in (
        PublishStatement(task_id="publication"),
        LiveCheck(task_id="live_check"),
        AskToClose(task_id="closing"),
    ):
        step.execute(context)
    with wiring.transaction() as session:
        [one] = session.scalars(select(Pass)).all()
        kinds = session.scalars(select(Request.kind).where(Request.state == RequestState.OPEN)).all()
    assert one.ended_at is not None
    assert kinds == ["close"]


def test_no_step_minds_a_mail_server_that_is_away(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise LookupError("smtp_default")

    monkeypatch.setattr(wiring, "mail_server", broken)
    deferred(VerificationSensor(task_id="verification"), run(**LEAD))
    monkeypatch.setattr(wiring, "courier", broken)
    deferred(VerificationSensor(task_id="verification"), run(**LEAD))


def test_attending_to_all_raises_rungs_and_returns_the_runs_to_start(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TaskDeferred):
        VerificationSensor(task_id="verification").execute(run("run-1", **LEAD))
    moment = wiring.utcnow() + timedelta(hours=3)
    monkeypatch.setattr(wiring, "utcnow", lambda: moment)
    context = run("follow_up_1")
    step = AttendAll(task_id="attend_all", dag_id="incident_response")
    number = incident().number

    expected = {
        "trigger_run_id": f"{number}-pass-2",
        "conf": {"title": number, "incident_no": number},
    }
    assert step.execute(context) == [expected]
    with monkeypatch.context() as locked:

        def refused(*_: Any) -> None:
            raise PermissionError(13, "Permission denied")

        locked.setattr(evidence_files, "older_than", refused)
        assert step.execute(context) == [expected], "a folder that cannot be read keeps incidents from being driven"
    context["ti"].alive = {f"{number}-pass-2"}
    assert step.execute(context) == []
    with wiring.transaction() as session:
        assert session.scalar(select(func.count()).select_from(RaisedRung)) == 3


def test_attending_to_all_writes_the_report_forms_that_are_not_there(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TaskDeferred):
        VerificationSensor(task_id="verification").execute(run("run-1", **LEAD))
    answer("report", "submit", cause="老化", measures="更换", wording="已修复", result="恢复")
    file = wiring.settings().reports / f"{incident().number}.docx"
    step = AttendAll(task_id="attend_all", dag_id="incident_response")
    context = run("follow_up_1")
    with monkeypatch.context() as locked:

        def refused(*_: Any) -> None:
            raise PermissionError(13, "Permission denied")

        locked.setattr(report_files, "names", refused)
        step.execute(context)
    assert not file.exists()
    step.execute(context)
    assert file.is_file()


def test_a_stage_that_is_none_is_refused_when_the_dag_is_read() -> None:
    with pytest.raises(ValueError, match="verifcation"):
        VerificationSensor(task_id="verifcation")
    assert DomainSensor(task_id="anything", stage="statement").stage == "statement"
