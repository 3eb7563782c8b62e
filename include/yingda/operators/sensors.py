"""How a step waits: without a worker slot, until the incident has moved past it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from yingda.operators.link import IncidentLink
from yingda.operators.trigger import IncidentTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

    from yingda.services.escalating import Standing
    from yingda.services.opening import Opened


def open_or_find(context: Context) -> Opened:
    """
    Return what a run belongs to, opening the incident if nobody did yet.

    Every step asks this way, so that an `open_incident` that was marked by hand loses no lead.

    :raises AirflowFailException: the conf is refused; the message names the field, and trying again cannot help
    """
    from yingda import wiring
    from yingda.domain.errors import ConfRefused, IncidentNotFound
    from yingda.services import opening

    dag_run = context["dag_run"]
    try:
        with wiring.transaction() as session:
            return opening.open_incident(
                session, dag_run.conf or {}, dag_run.run_id, wiring.settings(), wiring.utcnow()
            )
    except ConfRefused as refused:
        raise AirflowFailException(f"conf refused: {refused}") from refused
    except IncidentNotFound as refused:
        raise AirflowFailException(f"conf refused: incident_no: {refused}") from refused


class DomainSensor(BaseSensorOperator):
    """
    Wait until an incident has left a stage behind, keeping its ladder and its mail moving meanwhile.

    Each time it runs it attends to the incident (moves it as far as it goes, raises what is due), acts if this step
    speaks to the outside world, sends the incident's mail, and ends or defers. Whatever was decided is read from the
    domain database; a task that finds its stage left behind, or the pass of its run over, simply ends.

    :param stage: value of `yingda.domain.life.Stage`; by default the task id
    :raises AirflowSkipException: the run's lead joined another incident
    """

    operator_extra_links = (IncidentLink(),)
    holds_at_own_stage = True
    """False for a step that ends as soon as its stage is reached."""

    def __init__(self, *, stage: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        from yingda.domain.life import Stage

        self.stage = Stage(stage or self.task_id).value

    def execute(self, context: Context) -> None:
        """Look for the first time."""
        self.look(context)

    def look(self, context: Context, event: dict[str, Any] | None = None) -> None:
        """Look, act, and end or wait. `event` only says what woke us; the incident says what to do."""
        opened = open_or_find(context)
        if opened.joined:
            raise AirflowSkipException(f"The lead joined {opened.incident_no}; this run has nothing to do.")
        incident_no = opened.incident_no
        standing, over = self._attend(context, incident_no)
        if over:
            self.log.info("This pass of %s is over; another run drives it.", incident_no)
            return
        if standing.stage.value == self.stage:
            self.act(incident_no)
        self._deliver(incident_no)
        standing, over = self._attend(context, incident_no)
        if over or self._is_through(standing):
            self.done(context, incident_no)
            return
        self.defer(
            trigger=IncidentTrigger(
                incident_no=incident_no,
                after_seq=standing.seq,
                wake_at=standing.wake_at.isoformat() if standing.wake_at else None,
            ),
            method_name="look",
        )

    def act(self, incident_no: str) -> None:
        """Speak to the outside world if this step does; called only while the incident stands at its stage."""

    def done(self, context: Context, incident_no: str) -> None:
        """Note that the step is through, if that is to be noted."""

    def _is_through(self, standing: Standing) -> bool:
        from yingda.domain.life import Stage

        own = Stage(self.stage)
        return standing.stage.is_past(own) or (not self.holds_at_own_stage and standing.stage is own)

    def _attend(self, context: Context, incident_no: str) -> tuple[Standing, bool]:
        """Attend to the incident; tell where it stands, and whether this run's pass is over."""
        from yingda import wiring
        from yingda.services import escalating, passing
        from yingda.services.case import take

        with wiring.transaction() as session:
            case = take(session, incident_no, wiring.settings(), wiring.utcnow())
            standing = escalating.attend(case)
            return standing, passing.look_in(case, context["run_id"])

    def _deliver(self, incident_no: str) -> None:
        from yingda import wiring

        try:
            wiring.courier().deliver(incident_no)
        except Exception:
            # Mail must not stop the step; what is owed stays owed and is tried again at the next look.
            self.log.warning("The mail of %s could not be handed over now.", incident_no, exc_info=True)


class VerificationSensor(DomainSensor):
    """Wait for what the unit owes: its brief reply, its report."""


class ApprovalGate(DomainSensor):
    """Wait for those who must stand for a text. Silence never opens it, and marking the task by hand opens nothing."""
