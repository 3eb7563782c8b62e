"""Moving: the one function that takes an incident as far as it goes without a person or the outside world.

Everybody calls it, nobody else moves anything: the desk in the transaction of each answer, every task when it runs,
`follow_up` for what a crash left. Calling it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from yingda.domain.life import Outcome, Stage
from yingda.services import (
    assigning,
    closing,
    committing,
    enquiring,
    hearing,
    lettering,
    passing,
    planning,
    publishing,
    reporting,
    signing,
)
from yingda.services.case import Case


def _see_to_closing(case: Case) -> None:
    """Step `closing`: what the public is still owed comes first."""
    if not _goes_on(case):
        closing.see_to_closing(case)


def _rest(case: Case) -> None:
    """A closed incident rests until something that was promised in public is answered or due."""
    _goes_on(case)


def _goes_on(case: Case) -> bool:
    """Take an incident that is public up again where the public is owed more: what comes is a further pass."""
    incident = case.incident
    if incident.outcome in (Outcome.DISMISSED, Outcome.MERGED):
        return False
    back = reporting.outstanding(case) if incident.stage is Stage.CLOSING else None
    news = committing.take_up(case)
    if incident.wanted_statement is not None:
        passing.reopen(case, Stage.STATEMENT, "interim_owed", since=news.since if news else None)
    elif back is not None:
        passing.reopen(case, back, "report_outstanding", further=False)
    elif news is not None:
        passing.reopen(case, Stage.STATEMENT, news.why, since=news.since)
    else:
        return False
    return True


STEPS: dict[Stage, Callable[[Case], None]] = {
    Stage.ASSIGN_UNIT: assigning.see_to_unit,
    Stage.BRIEF_REPLY: assigning.see_to_brief_reply,
    Stage.VERIFICATION: reporting.see_to_report,
    Stage.REPORT_APPROVAL: reporting.see_to_approval,
    Stage.STATEMENT: signing.see_to_draft,
    Stage.STATEMENT_APPROVAL: signing.see_to_signatures,
    Stage.PUBLICATION: publishing.see_to_publications,
    Stage.LIVE_CHECK: publishing.see_to_live_check,
    Stage.CLOSING: _see_to_closing,
    Stage.CLOSED: _rest,
}


def advance(case: Case) -> None:
    """Move the incident on until it waits for somebody, for the outside world, or is closed."""
    while True:
        stage = case.incident.stage
        STEPS[stage](case)
        if case.incident.stage is stage:
            break
    closing.keep_asking(case)
    committing.see_to_commitments(case)
    planning.see_to_plan(case)
    lettering.see_to_letters(case)
    enquiring.see_to_enquiries(case)
    hearing.see_to_feedback(case)
    case.session.flush()
