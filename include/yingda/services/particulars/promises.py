"""What was promised for a date: for whoever answers it, rules on more time for it, or drafts the next word."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain import life, speech
from yingda.domain.life import CommitmentSource, RequestKind
from yingda.services import naming
from yingda.services.particulars.particular import Particular
from yingda.settings import Settings
from yingda.store.models import Commitment, Decision, Incident, Request, Revision

_ABOUT = "commitment:"


def commitment(session: Session, request: Request, incident: Incident, house: Settings) -> list[Particular]:
    """Tell what was promised, where, and for when; nothing for a request about something else."""
    if not request.about.startswith(_ABOUT):
        return []
    promised = session.get_one(Commitment, int(request.about.removeprefix(_ABOUT)))
    found = [
        Particular(life.label(promised.source, house.speaks), promised.text),
        Particular(speech.said("期限", house.speaks), rendering.local(promised.due_at)),
    ]
    if promised.source is CommitmentSource.STATEMENT:
        title = str(session.get_one(Revision, promised.revision_id).content["title"])
        found.append(
            Particular(
                speech.said("见于对外说明", house.speaks), speech.said("《%(title)s》", house.speaks, title=title)
            )
        )
    return found


def kept(session: Session, incident: Incident, house: Settings) -> list[Particular]:
    """Tell whoever drafts or signs what became of what was promised in public: answers, and what is owed still."""
    rows = session.scalars(
        select(Commitment)
        .where(
            Commitment.incident_id == incident.id,
            Commitment.source == CommitmentSource.STATEMENT,
            Commitment.ended_at.is_(None),
        )
        .order_by(Commitment.due_at, Commitment.id)
    )
    found = []
    for promised in rows:
        said = _answer(session, promised)
        when = rendering.local(promised.due_at)
        unit = naming.unit(promised.unit_id, house).name
        if promised.met_at is None:
            late = promised.lapsed_at is not None
            lapsed = speech.said("已承诺、到期未答复", house.speaks)
            owed = speech.said("已承诺、尚待办理", house.speaks)
            label = lapsed if late else owed
            found.append(
                Particular(
                    label,
                    speech.said(
                        "%(text)s（%(unit)s，%(when)s）", house.speaks, text=promised.text, unit=unit, when=when
                    ),
                )
            )
        elif said is not None:
            label = speech.said("承诺事项与办理情况", house.speaks)
            found.append(
                Particular(
                    label,
                    speech.said(
                        "%(text)s（%(unit)s）\n%(said)s", house.speaks, text=promised.text, unit=unit, said=said
                    ),
                )
            )
    return found


def _answer(session: Session, promised: Commitment) -> str | None:
    payload = session.scalars(
        select(Decision.payload)
        .join(Request, Decision.request_id == Request.id)
        .where(
            Request.incident_id == promised.incident_id,
            Request.kind == RequestKind.COMMITMENT,
            Request.about == f"{_ABOUT}{promised.id}",
            Decision.action == "submit",
        )
        .order_by(Decision.id.desc())
    ).first()
    return None if payload is None else str(payload["answer"])
