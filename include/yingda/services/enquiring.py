"""Enquiring: what an outlet asks is answered with the wording that is signed and public, and with nothing else.

Media liaison and whoever gives the interviews are asked, each enquiry by itself, also about a closed incident. Who at
the outlet asked is not kept.
"""

from __future__ import annotations

from datetime import UTC

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain import speech
from yingda.domain.acts import Enquire
from yingda.domain.errors import FieldsRefused
from yingda.domain.forms import EnquiryAnswered
from yingda.domain.life import RequestKind
from yingda.domain.roles import Role
from yingda.domain.roster import Addressee
from yingda.services import asking, speaking
from yingda.services.case import Case
from yingda.store.models import Enquiry, Request

_ABOUT = "enquiry:"


def record(case: Case, given: Enquire, actor: str) -> None:
    """Keep what an outlet asked, and ask those who may answer it.

    :raises NotNow: the incident goes on as part of another
    :raises FieldsRefused: moments that cannot be, or the same question of the same outlet that waits for its answer
    """
    speaking.refuse_if_merged(case)
    asked_at = given.asked_at or case.now
    _refuse(case, given)
    enquiry = Enquiry(
        incident_id=case.incident.id,
        outlet=given.outlet,
        question=given.question,
        asked_at=asked_at.astimezone(UTC),
        due_at=given.due.astimezone(UTC) if given.due is not None else None,
        actor=actor,
        at=case.now,
    )
    case.session.add(enquiry)
    case.session.flush()
    case.record(
        "enquiry_received",
        actor,
        enquiry=enquiry.id,
        due_at=enquiry.due_at.isoformat() if enquiry.due_at is not None else None,
    )
    _ask(case, enquiry)


def see_to_enquiries(case: Case) -> None:
    """See to it that somebody is asked for each enquiry that was not answered. Safe to call any number of times."""
    for enquiry in _unanswered(case):
        _ask(case, enquiry)


def is_about(request: Request) -> bool:
    """Tell whether a request is about an enquiry."""
    return request.about.startswith(_ABOUT)


def of_request(session: Session, request: Request) -> Enquiry:
    """Return the enquiry that a request is about."""
    return session.get_one(Enquiry, int(request.about.removeprefix(_ABOUT)))


def answered(case: Case, request: Request, answer: EnquiryAnswered, actor: str) -> None:
    """The outlet has its answer; who gave it, when and in which words stands in the decision."""
    enquiry = of_request(case.session, request)
    enquiry.answered_at = case.now
    case.record("enquiry_answered", actor, enquiry=enquiry.id, when=answer.when.isoformat())


def _ask(case: Case, enquiry: Enquiry) -> None:
    asking.ask(
        case,
        RequestKind.ENQUIRY,
        about=f"{_ABOUT}{enquiry.id}",
        due_at=enquiry.due_at,
        people=_who(case),
    )


def _who(case: Case) -> list[Addressee]:
    """Return the media liaison and whoever gives interviews at the present severity or was named for it."""
    liaison = speaking.people((Role.MEDIA_LIAISON,), case.incident, case.settings, case.now)
    found = {person.officer.id: person for person in liaison}
    for person in speaking.asked_for_interviews(case.incident, case.settings, case.now):
        found.setdefault(person.officer.id, person)
    return list(found.values())


def _unanswered(case: Case) -> list[Enquiry]:
    return list(
        case.session.scalars(
            select(Enquiry)
            .where(Enquiry.incident_id == case.incident.id, Enquiry.answered_at.is_(None))
            .order_by(Enquiry.id)
        )
    )


def _refuse(case: Case, given: Enquire) -> None:
    wrong: dict[str, str] = {}
    asked_at = given.asked_at or case.now
    if asked_at > case.now:
        wrong["asked_at"] = speech.said("不能晚于现在", case.speaks)
    if given.due is not None and given.due <= asked_at:
        wrong["due"] = speech.said("须晚于询问时间", case.speaks)
    for one in _unanswered(case):
        if (one.outlet, one.question) == (given.outlet, given.question):
            since = rendering.local(one.at)
            wrong["question"] = speech.said(
                "%(outlet)s的同一询问已于 %(since)s 登记，正待答复", case.speaks, outlet=one.outlet, since=since
            )
    if wrong:
        raise FieldsRefused(wrong)
