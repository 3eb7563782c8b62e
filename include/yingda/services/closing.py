"""Closing (办结), and what is owed around it: the press conference and the after-action review."""

from __future__ import annotations

from sqlalchemy import update

from yingda.domain.clocks import ClockKind
from yingda.domain.forms import Close, Held, Review
from yingda.domain.life import CommitmentSource, DocumentKind, Outcome, RequestKind, Stage
from yingda.services import asking, clocking, committing, writing
from yingda.services.case import Case
from yingda.store.models import Request, SourceLink

OUTLIVES_CLOSING = (asking.BESIDE - {RequestKind.EMERGENCY_PLAN}) | {RequestKind.FEEDBACK}
"""What stays asked, or may be asked, of an incident that is closed."""


def see_to_closing(case: Case) -> None:
    """Step `closing`: the duty officer is asked; nobody waits for it in Airflow.

    Not while the last public word is an interim one: its promises come first. A press conference is owed however the
    incident came here: a later statement that was decided against takes it off nobody's hands.
    """
    see_to_press_conference(case)
    if committing.is_interim(case):
        standing = asking.open_request(case, RequestKind.CLOSE)
        if standing is not None:
            asking.withdraw(case, standing, "interim")
        return
    asking.ask(case, RequestKind.CLOSE)


def see_to_press_conference(case: Case) -> None:
    """Ask the media liaison where a press conference is owed and was not held."""
    clock = clocking.ticking(case, ClockKind.PRESS_CONFERENCE)
    if clock is not None:
        asking.ask(case, RequestKind.PRESS_CONFERENCE, clock=clock)


def keep_asking(case: Case) -> None:
    """Ask again for a press conference or a review whose link ended, or whose people left, wherever the incident is.

    A review that a dismissal took back is asked for again once reopening brings it back. One that nobody was asked for
    yet waits for the closing: a merge may bring its clock long before.
    """
    if asking.open_request(case, RequestKind.PRESS_CONFERENCE) is not None:
        see_to_press_conference(case)
    review = clocking.ticking(case, ClockKind.REVIEW)
    if review is not None and asking.was_asked(case, RequestKind.REVIEW):
        asking.ask(case, RequestKind.REVIEW, clock=review)


def closed(case: Case, request: Request, answer: Close, actor: str) -> None:
    """The incident is closed; a review is owed where policy says so."""
    incident = case.incident
    incident.result = answer.result
    incident.closed_at = case.now
    asking.withdraw_all(case, "closed", actor=actor, keep=OUTLIVES_CLOSING)
    case.session.execute(
        update(SourceLink).where(SourceLink.incident_id == incident.id, SourceLink.active).values(active=False)
    )
    case.record("closed", actor, outcome=incident.outcome.value if incident.outcome else None)
    case.move(Stage.CLOSED, actor)
    if incident.outcome is Outcome.DISMISSED:
        return
    review = clocking.start(case, ClockKind.REVIEW, started_at=case.now)
    if review is not None and review.met_at is None:
        asking.ask(case, RequestKind.REVIEW, clock=review)


def held(case: Case, request: Request, answer: Held, actor: str) -> None:
    """The press conference was held."""
    case.record("press_conference_held", actor, **answer.model_dump(mode="json"))
    clocking.meet(case, ClockKind.PRESS_CONFERENCE, actor)


def reviewed(case: Case, request: Request, answer: Review, actor: str) -> None:
    """The lessons are written down; each action item is asked for until its day."""
    content = answer.model_dump(mode="json")
    revision = writing.add_revision(case, DocumentKind.REVIEW, actor, content)
    committing.promise(case, revision, CommitmentSource.REVIEW, content["actions"])
    clocking.meet(case, ClockKind.REVIEW, actor)
