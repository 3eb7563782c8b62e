"""What readers said of a statement, for the duty officer who decides whether to take the matter up again."""

from __future__ import annotations

from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain import speech
from yingda.domain.speech import N_
from yingda.services import hearing
from yingda.services.particulars.particular import Particular
from yingda.settings import Settings
from yingda.store.models import Incident, Request


def feedback(session: Session, request: Request, incident: Incident, house: Settings) -> list[Particular]:
    """Tell how many said what; in readers' own words where they gave any."""
    heard = hearing.seen(session, incident, house.speaks)
    if heard is None:
        return []
    counted = speech.said(
        "没有解决 %(not_solved)s 条，已解决 %(solved)s 条",
        house.speaks,
        not_solved=heard.not_solved,
        solved=heard.solved,
    )
    reasons = "\n".join(
        speech.said("%(words)s：%(count)s", house.speaks, words=words, count=count) for words, count in heard.reasons
    )
    words = "\n".join(f"{rendering.local(at)}  {said}" for at, said in heard.words)
    return [
        Particular(speech.said("公众反馈", house.speaks), counted),
        Particular(speech.said(N_("理由", "readers"), house.speaks), reasons),
        Particular(speech.said(N_("补充说明", "readers"), house.speaks), words),
    ]
