"""What the next statement must be, what it is about, and what became of what was promised."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain.documents import StatementKind
from yingda.services import drafting
from yingda.services.particulars import promises
from yingda.services.particulars.particular import Particular
from yingda.settings import Settings
from yingda.store.models import Incident, Request

_NEXT_STATEMENT: Mapping[StatementKind, tuple[str, str]] = {
    StatementKind.FINAL: ("情况说明（最终）", "A final statement"),
    StatementKind.HOLDING: (
        "阶段性说明：说明为什么暂不能办结，列出后续安排和时间",
        "An interim statement: say why the matter cannot be settled yet, and what happens when",
    ),
    StatementKind.CORRECTION: (
        "更正：写出更正后的全文；发布后排在原说明之上，原说明保留并标明“已更正”",
        "A correction: write the whole text as it should read. It goes above the earlier one, which stays, marked",
    ),
    StatementKind.WITHDRAWAL: (
        "撤回声明：说明撤回什么、为什么；发布后原说明保留并标明“已撤回”",
        "A withdrawal: say what is withdrawn and why. The earlier statement stays readable, marked as withdrawn",
    ),
}


def next_statement(session: Session, request: Request, incident: Incident, house: Settings) -> list[Particular]:
    """Tell drafter and signers what the statement must be, why, and what it is about."""
    english = house.speaks == "en"
    coming = drafting.next_statement(session, incident, request.opened_at, house)
    kept = promises.kept(session, incident, house)
    if coming.wanted is None:
        return kept
    about = ""
    if coming.about is not None and coming.about_at is not None:
        when = rendering.local(coming.about_at)
        about = f"“{coming.about}”, published {when}" if english else f"《{coming.about}》，{when} 发布"
    return [
        Particular("What this statement must be" if english else "本次说明", _NEXT_STATEMENT[coming.wanted][english]),
        Particular("What it is about" if english else "所涉说明", about),
        Particular("Why" if english else "原因", coming.reason or ""),
        *kept,
    ]
