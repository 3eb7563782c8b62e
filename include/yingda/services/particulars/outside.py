"""What is said to those outside: a letter for whoever decides on it or sends it, an enquiry for whoever answers it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain import life
from yingda.domain.clocks import ClockKind
from yingda.services import enquiring, lettering, naming, passing, presenting, published
from yingda.services.particulars.particular import Particular
from yingda.settings import Settings
from yingda.store.models import Clock, Incident, Request


def letter_to_decide(session: Session, request: Request, incident: Incident, house: Settings) -> list[Particular]:
    """Tell the director what the letter would say, on which evidence and ground, and who proposed it."""
    if not lettering.is_about(request):
        return []
    english = house.speaks == "en"
    letter = lettering.of_request(session, request)
    number = f"{life.label(letter.kind, house.speaks)} {lettering.number_of(letter, incident)}"
    proposer = naming.actor(letter.proposed_by, house)
    name, when = proposer.name if proposer else letter.proposed_by, rendering.local(letter.proposed_at)
    by = f"{name}, {when}" if english else f"{name}，{when}"
    evidence = "\n".join(f"{place}. {one}" for place, one in enumerate(letter.evidence, 1))
    return [
        Particular("Letter" if english else "函件", number),
        Particular("To" if english else "发给", letter.recipient),
        Particular("The claim that the report refutes" if english else "经核查报告证明不属实的说法", letter.claim),
        Particular("What is true" if english else "事实是什么", letter.refutation),
        Particular("Evidence" if english else "证据", evidence),
        Particular("Ground" if english else "事由", letter.ground_text),
        Particular("Proposed by" if english else "提请人", by),
    ]


def letter_to_send(session: Session, request: Request, incident: Incident, house: Settings) -> list[Particular]:
    """Give the whole letter as it was approved, so that it can be copied."""
    if not lettering.is_about(request):
        return []
    english = house.speaks == "en"
    letter = lettering.of_request(session, request)
    number = lettering.number_of(letter, incident)
    lost = (
        f"The text of {number} is not to be had: its file is gone, and the roster or the templates have changed since."
        " Record it as not sent and propose it again."
        if english
        else f"{number} 的原文已无法取得：文件缺失，且名册或模板此后有改动。请登记为未送出，并重新提请。"
    )
    text = lettering.as_approved(session, letter, incident, house) or lost
    return [
        Particular("Send to" if english else "发给", letter.recipient),
        Particular("The letter, to be sent as it is" if english else "函件全文（请照原文送出）", text),
    ]


def enquiry(session: Session, request: Request, incident: Incident, house: Settings) -> list[Particular]:
    """Tell who asks what, and the wording that holds now: the newest that is signed and public."""
    if not enquiring.is_about(request):
        return []
    english = house.speaks == "en"
    asked = enquiring.of_request(session, request)
    return [
        Particular("Outlet" if english else "媒体", asked.outlet),
        Particular("What was asked" if english else "询问内容", asked.question),
        Particular("Asked at" if english else "询问时间", rendering.local(asked.asked_at)),
        Particular("The wording that holds" if english else "现行口径", _wording(session, incident, house)),
    ]


def _wording(session: Session, incident: Incident, house: Settings) -> str:
    incident = _as_part_of(session, incident)
    standing = published.newest(session, incident.id)
    if standing is not None:
        text = rendering.plain_text(presenting.public_html(standing.revision.content, house))
        return f"{standing.title}\n\n{text}"
    clock = session.scalars(
        select(Clock)
        .where(Clock.incident_id == incident.id, Clock.kind == ClockKind.PUBLIC_WORD)
        .order_by(Clock.cycle.desc())
    ).first()
    english = house.speaks == "en"
    said = (
        "No wording was signed yet. Say only that the matter is being verified, and nothing of its substance."
        if english
        else "尚无已签发的口径。只能说明正在核实，不作实质性答复。"
    )
    if clock is None or clock.met_at is not None or clock.cancelled_at is not None:
        return said
    when = rendering.local(clock.due_at)
    return f"{said} The next public word is owed by {when}." if english else f"{said}下次对外发布应在 {when} 前。"


def _as_part_of(session: Session, incident: Incident) -> Incident:
    """Return the incident that speaks for this one: itself, or the one it was merged into, and so on."""
    seen = {incident.id}
    while (into := passing.merged_into(session, incident.id)) is not None:
        incident = session.scalars(select(Incident).where(Incident.number == into)).one()
        if incident.id in seen:
            break
        seen.add(incident.id)
    return incident
