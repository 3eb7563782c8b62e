"""The steps of `incident_response`: each looks first, then acts or waits, and may be run any number of times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import DownstreamTasksSkipped

from yingda.operators.link import IncidentLink
from yingda.operators.sensors import DomainSensor, open_or_find

if TYPE_CHECKING:
    from airflow.sdk import Context


KEYS_HOLD = timedelta(hours=24)
"""How long an Idempotency-Key gives the first result again."""
LOOKS_AGAIN = 20
"""At most so many live pages are looked at again in one run."""
DRAFTS_HOLD = timedelta(days=30)
"""How long what was typed and not sent stays for a request that was taken back."""


class OpenIncident(BaseOperator):
    """
    Open the incident a run was triggered for, join an open one with the same source, or take a known one up again.

    Returns nothing; pushes `incident_no`, and `joined` where the lead joined, so that ops can see it on the run.

    :raises AirflowFailException: the conf is refused; the message names the field
    :raises DownstreamTasksSkipped: the lead joined an open incident, so this run has nothing more to do
    """

    operator_extra_links = (IncidentLink(),)

    def execute(self, context: Context) -> None:
        """Do it; the same run always belongs to the same incident."""
        opened = open_or_find(context)
        context["ti"].xcom_push(key="incident_no", value=opened.incident_no)
        if opened.joined:
            context["ti"].xcom_push(key="joined", value=opened.incident_no)
            self.log.info("The lead joined %s, which has the same source_url and is open.", opened.incident_no)
            raise DownstreamTasksSkipped(tasks=sorted(self.get_flat_relative_ids(upstream=False)))
        self.log.info("This run drives %s.", opened.incident_no)


class AssignUnit(DomainSensor):
    """Wait until a unit holds the incident: by rule at once, else by the duty officer."""


class PublishStatement(DomainSensor):
    """Publish the signed statement on every channel, once each; wait where it is not signed or a channel is away."""

    def act(self, incident_no: str) -> None:
        """Send what is due."""
        from yingda import wiring
        from yingda.services import sending

        sending.publish_due(wiring.transaction, incident_no, wiring.settings(), wiring.utcnow, wiring.access)


class LiveCheck(DomainSensor):
    """Look at the pages a reader sees until they show the text that was signed; send what still waits."""

    def act(self, incident_no: str) -> None:
        """Send and look at what is due."""
        from yingda import wiring
        from yingda.services import sending

        sending.publish_due(wiring.transaction, incident_no, wiring.settings(), wiring.utcnow, wiring.access)
        sending.look_due(wiring.transaction, incident_no, wiring.settings(), wiring.utcnow)


class AskToClose(DomainSensor):
    """Ask the duty officer to close the incident and end the run; what is owed after it needs no run."""

    holds_at_own_stage = False

    def done(self, context: Context, incident_no: str) -> None:
        """Note that this pass is through."""
        from yingda import wiring
        from yingda.services import passing
        from yingda.services.case import take

        with wiring.transaction() as session:
            case = take(session, incident_no, wiring.settings(), wiring.utcnow())
            passing.end(case, context["run_id"])


ASKS_EVERY = 2.0
"""Seconds after which it is asked again whether something is in doubt."""


class KeepPublishing(BaseOperator):
    """
    Send what still waits for its channel after its own step, look for what is in doubt, look again at live pages.

    Ends at once where nothing is in doubt. Otherwise it stays until shortly before the next run and looks whenever
    something is due, since the duty officer hears within two minutes of what nobody can tell about, whichever process
    died.

    :param every: how often this task is started
    """

    def __init__(self, *, every: timedelta, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stays = every - timedelta(seconds=10)

    def execute(self, context: Context) -> None:
        """Do it."""
        import time

        from yingda import wiring
        from yingda.services import sending

        until = wiring.utcnow() + self.stays
        self._see_to()
        sending.look_again_due(wiring.transaction, wiring.settings(), wiring.utcnow, limit=LOOKS_AGAIN)
        wiring.courier().deliver()
        while True:
            with wiring.transaction() as session:
                moment = sending.next_in_doubt(session)
            if moment is None or moment > until or wiring.utcnow() > until:
                return
            if moment <= wiring.utcnow():
                self._see_to()
                wiring.courier().deliver()
            # What is just being sent counts as in doubt until it arrives, which is a matter of seconds: whoever slept
            # until its lease ends would hold up the next run, and a worker.
            time.sleep(ASKS_EVERY)

    def _see_to(self) -> None:
        from yingda import wiring
        from yingda.services import sending

        with wiring.transaction() as session:
            numbers = sending.to_see_to(session, wiring.utcnow())
        for number in numbers:
            try:
                sending.publish_due(wiring.transaction, number, wiring.settings(), wiring.utcnow, wiring.access)
                sending.look_due(wiring.transaction, number, wiring.settings(), wiring.utcnow)
            except Exception:
                # One incident that cannot be seen to holds up no other; its rows say what is still due.
                self.log.exception("The publications of %s could not be seen to.", number)


class AttendAll(BaseOperator):
    """
    Look after every incident that something may be due for: ladders, mail, what a crash left; after leads, too.

    Returns the runs to ask Airflow for, as arguments of TriggerDagRunOperator, one for each incident that no living
    run drives. An incident that cannot be attended to is logged and holds up no other.

    :param dag_id: dag whose runs drive incidents
    """

    def __init__(self, *, dag_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dag_id_of_incidents = dag_id

    def execute(self, context: Context) -> list[Mapping[str, Any]]:
        """Do it."""
        from yingda import wiring
        from yingda.services import attaching, attending, import_desk, keeping, lettering, repeating
        from yingda.services.passing import RunState

        ti = context["ti"]

        def known(run_id: str) -> RunState:
            dag_id = self.dag_id_of_incidents
            if ti.get_dr_count(dag_id=dag_id, run_ids=[run_id], states=["queued", "running"]):
                return RunState.ALIVE
            return RunState.ENDED if ti.get_dr_count(dag_id=dag_id, run_ids=[run_id]) else RunState.UNKNOWN

        report = attending.attend_all(wiring.transaction, wiring.settings(), wiring.utcnow, known)
        for number, problem in report.problems:
            self.log.error("%s could not be attended to: %s", number, problem)
        wiring.courier().deliver()
        for problem in lettering.write_letters(wiring.transaction, wiring.settings()):
            self.log.error("%s", problem)
        for problem in self._report_forms():
            self.log.error("%s", problem)
        with wiring.transaction() as session:
            repeating.prune(session, wiring.utcnow() - KEYS_HOLD)
            keeping.prune(session, wiring.utcnow() - DRAFTS_HOLD)
            import_desk.prune(session, wiring.utcnow())
        try:
            attaching.tidy(wiring.transaction, wiring.settings(), wiring.utcnow() - DRAFTS_HOLD, wiring.utcnow())
        except OSError as problem:
            # A folder that cannot be tidied must not keep incidents from being driven.
            self.log.error("The files brought as evidence could not be tidied: %s", problem)
        return [{"trigger_run_id": start.run_id, "conf": start.conf} for start in report.starts]

    def _report_forms(self) -> list[str]:
        """Write the report forms that are not there, and return what is wrong; it must keep no incident waiting."""
        from yingda import wiring
        from yingda.services import papering

        try:
            return papering.write_reports(wiring.transaction, wiring.settings(), wiring.utcnow())
        except OSError as problem:
            return [f"The report forms could not be looked after: {problem}"]
