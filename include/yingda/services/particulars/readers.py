"""What readers said of a statement, for the duty officer who decides whether to take the matter up again."""

from __future__ import annotations

from sqlalchemy.orm import Session

from yingda import rendering
from yingda.services import hearing
from yingda.services.particulars.particular import Particular
from yingda.settings import Settings
from yingda.store.models import Incident, Request


def feedback(session: Session, request: Request, incident: Incident, house: Settings) -> list[Particular]:
    """Tell how many said what; in readers' own words where they gave any."""
    english = house.speaks == "en"
    heard = hearing.seen(session, incident, house.speaks)
    if heard is None:
        return []
    counted = (
        f"not settled: {heard.not_solved}; settled: {heard.solved}"
        if english
        else f"没有解决 {heard.not_solved} 条，已解决 {heard.solved} 条"
    )
    reasons = "\n".join(f"{words}: {count}" if english else f"{words}：{count}" for words, count in heard.reasons)
    words = "\n".join(f"{rendering.local(at)}  {said}" for at, said in heard.words)
    return [
        Particular("Public feedback" if english else "公众反馈", counted),
        Particular("Reasons" if english else "理由", reasons),
        Particular("In their words" if english else "补充说明", words),
    ]
