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

    :raises AirflowSkipException: a day that is over and was never compiled
    """

    def execute(self, context: Context) -> str:
        """Return the day, as the register's folder is named."""
        from yingda import wiring
        from yingda.domain.errors import NotNow
        from yingda.services import registering

        settings = wiring.settings()
        try:
            with wiring.transaction() as session:
                row = registering.compile_day(session, day_of(context), settings, wiring.utcnow())
        except NotNow as reason:
            raise AirflowSkipException(str(reason)) from reason
        folder = registering.write_files(row, settings)
        self.log.info("The register of %s stands in %s.", row.day, folder.name)
        return row.day.isoformat()


class RemindOverdue(BaseOperator):
    """Send each officer who owes something overdue, and each leader of those who do, one digest a day."""

    def execute(self, context: Context) -> int:
        """Return how many digests are new."""
        from yingda import wiring
        from yingda.services import foreseeing, registering, reminding

        settings = wiring.settings()
        with wiring.transaction() as session:
            row = registering.compile_day(session, day_of(context), settings, wiring.utcnow())
            new = reminding.owe_digests(session, row, settings, wiring.utcnow())
            if foreseeing.warn(session, settings, wiring.utcnow()):
                self.log.warning("calendar.yaml lacks a year; the duty officers are told.")
        wiring.courier().deliver()
        return new
