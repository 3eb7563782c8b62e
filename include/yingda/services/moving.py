"""Moving: the one function that takes an incident as far as it goes without a person or the outside world.

Everybody calls it, nobody else moves anything: the desk in the transaction of each answer, every task when it runs,
`follow_up` for what a crash left. Calling it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from yingda.domain.life import Stage
from yingda.services import assigning, closing, publishing, reporting, signing
from yingda.services.case import Case


def _rest(case: Case) -> None:
    """Nothing is owed at this stage without a person."""


STEPS: dict[Stage, Callable[[Case], None]] = {
    Stage.ASSIGN_UNIT: assigning.see_to_unit,
    Stage.BRIEF_REPLY: assigning.see_to_brief_reply,
    Stage.VERIFICATION: reporting.see_to_report,
    Stage.REPORT_APPROVAL: reporting.see_to_approval,
    Stage.STATEMENT: signing.see_to_draft,
    Stage.STATEMENT_APPROVAL: signing.see_to_signatures,
    Stage.PUBLICATION: publishing.see_to_publications,
    Stage.LIVE_CHECK: publishing.see_to_live_check,
    Stage.CLOSING: closing.see_to_closing,
    Stage.CLOSED: _rest,
}


def advance(case: Case) -> None:
    """Move the incident on until it waits for somebody, for the outside world, or is closed."""
    while True:
        stage = case.incident.stage
        STEPS[stage](case)
        if case.incident.stage is stage:
            break
    case.session.flush()
