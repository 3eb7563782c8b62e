"""The steps of `hazard_register`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

if TYPE_CHECKING:
    from datetime import date

    from airflow.sdk import Context


def day_of(context: Context) -> date:
    """Return the (Shanghai) day a run is for: that of its logical date, else of now."""
    from yingda import wiring
    from yingda.domain.calendar import shanghai_date

    return shanghai_date(context.get("logical_date") or wiring.utcnow())


class CompileRegister(BaseOperator):
    """
    Compile the register of the day and write its files; for the same day always the same.

    A day that is over and was never compiled is rebuilt from the events, and says so.

    :raises AirflowSkipException: a day to come, or one before the record begins
    """

    def execute(self, context: Context) -> str:
        """Return the day, as the register's folder is named."""
        from yingda import wiring
        from yingda.domain.errors import NotNow
        from yingda.services import registering

        settings, day = wiring.settings(), day_of(context)
        try:
            with wiring.transaction() as session:
                registering.compile_day(session, day, settings, wiring.utcnow())
        except NotNow as reason:
            raise AirflowSkipException(str(reason)) from reason
        with wiring.reading() as session:
            folder = registering.write_files(session, day, settings)
        self.log.info("The register of %s stands in %s.", day, folder.name)
        return day.isoformat()


class RemindOverdue(BaseOperator):
    """Send each officer who owes something overdue, and each leader of those who do, one digest a day."""

    def execute(self, context: Context) -> int:
        """Return how many digests are new; none for another day than today, whatever it shows."""
        from yingda import wiring
        from yingda.domain.calendar import shanghai_date
        from yingda.services import foreseeing, registering, reminding

        settings, now = wiring.settings(), wiring.utcnow()
        with wiring.transaction() as session:
            day, new = day_of(context), 0
            if day == shanghai_date(now):
                new = reminding.owe_digests(
                    session, registering.compile_day(session, day, settings, now), settings, now
                )
            if foreseeing.warn(session, settings, now):
                self.log.warning("calendar.yaml lacks a year; the duty officers are told.")
        wiring.courier().deliver()
        return new


class CallWatch(BaseOperator):
    """
    Call the watch outside that policy names (key `register.ping`), after everything else was done.

    The watch raises the alarm on a morning when no call comes; for a day that is over it is not called. A call that
    fails is tried again as the task is; the last one only leaves a line in the log, since the register is there.

    :raises TransportError: it failed, and is worth another try
    """

    def execute(self, context: Context) -> bool:
        """Tell whether the watch was called."""
        from yingda import wiring
        from yingda.domain.calendar import shanghai_date
        from yingda.transports import watch
        from yingda.transports.errors import TransportError

        address = wiring.settings().policy.register_rule.ping
        if address is None or day_of(context) != shanghai_date(wiring.utcnow()):
            return False
        try:
            watch.call(address, wiring.web())
        except TransportError as problem:
            ti = context["ti"]
            if not problem.permanent and ti.try_number <= (ti.max_tries or 0):
                raise
            self.log.error("The watch was not called: %s", problem)
            return False
        return True
