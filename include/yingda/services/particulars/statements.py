"""What the next statement must be, what it is about, and what became of what was promised."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain import speech
from yingda.domain.documents import StatementKind
from yingda.domain.speech import N_
from yingda.services import drafting
from yingda.services.particulars import promises
from yingda.services.particulars.particular import Particular
from yingda.settings import Settings
from yingda.store.models import Incident, Request

_NEXT_STATEMENT: Mapping[StatementKind, str] = {
    StatementKind.FINAL: N_("情况说明（最终）", "statements"),
    StatementKind.HOLDING: N_("阶段性说明：说明为什么暂不能办结，列出后续安排和时间"),
    StatementKind.CORRECTION: N_("更正：写出更正后的全文；发布后排在原说明之上，原说明保留并标明“已更正”"),
    StatementKind.WITHDRAWAL: N_("撤回声明：说明撤回什么、为什么；发布后原说明保留并标明“已撤回”"),
}


def next_statement(session: Session, request: Request, incident: Incident, house: Settings) -> list[Particular]:
    """Tell drafter and signers what the statement must be, why, and what it is about."""
    coming = drafting.next_statement(session, incident, request.opened_at, house)
    kept = promises.kept(session, incident, house)
    if coming.wanted is None:
        return kept
    about = ""
    if coming.about is not None and coming.about_at is not None:
        when = rendering.local(coming.about_at)
        about = speech.said("《%(about)s》，%(when)s 发布", house.speaks, about=coming.about, when=when)
    return [
        Particular(speech.said("本次说明", house.speaks), speech.said(_NEXT_STATEMENT[coming.wanted], house.speaks)),
        Particular(speech.said("所涉说明", house.speaks), about),
        Particular(speech.said(N_("原因", "statements"), house.speaks), coming.reason or ""),
        *kept,
    ]
