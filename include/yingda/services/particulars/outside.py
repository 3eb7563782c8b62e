"""What is said to those outside: a letter for whoever decides on it or sends it, an enquiry for whoever answers it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain import life, speech
from yingda.domain.clocks import ClockKind
from yingda.domain.speech import N_
from yingda.services import enquiring, lettering, naming, passing, presenting, published
from yingda.services.particulars.particular import Particular
from yingda.settings import Settings
from yingda.store.models import Clock, Incident, Request


def letter_to_decide(session: Session, request: Request, incident: Incident, house: Settings) -> list[Particular]:
    """Tell the director what the letter would say, on which evidence and ground, and who proposed it."""
    if not lettering.is_about(request):
        return []
    letter = lettering.of_request(session, request)
    number = f"{life.label(letter.kind, house.speaks)} {lettering.number_of(letter, incident)}"
    proposer = naming.actor(letter.proposed_by, house)
    name, when = proposer.name if proposer else letter.proposed_by, rendering.local(letter.proposed_at)
    by = speech.said("%(name)s，%(when)s", house.speaks, name=name, when=when)
    evidence = "\n".join(f"{place}. {one}" for place, one in enumerate(letter.evidence, 1))
    return [
        Particular(speech.said("函件", house.speaks), number),
        Particular(speech.said("发给", house.speaks), letter.recipient),
        Particular(speech.said("经核查报告证明不属实的说法", house.speaks), letter.claim),
        Particular(speech.said("事实是什么", house.speaks), letter.refutation),
        Particular(speech.said("证据", house.speaks), evidence),
        Particular(speech.said("事由", house.speaks), letter.ground_text),
        Particular(speech.said("提请人", house.speaks), by),
    ]


def letter_to_send(session: Session, request: Request, incident: Incident, house: Settings) -> list[Particular]:
    """Give the whole letter as it was approved, so that it can be copied."""
    if not lettering.is_about(request):
        return []
    letter = lettering.of_request(session, request)
    number = lettering.number_of(letter, incident)
    lost = speech.said(
        "%(number)s 的原文已无法取得：文件缺失，且名册或模板此后有改动。请登记为未送出，并重新提请。",
        house.speaks,
        number=number,
    )
    text = lettering.as_approved(session, letter, incident, house) or lost
    return [
        Particular(speech.said(N_("发给", "outside"), house.speaks), letter.recipient),
        Particular(speech.said("函件全文（请照原文送出）", house.speaks), text),
    ]


def enquiry(session: Session, request: Request, incident: Incident, house: Settings) -> list[Particular]:
    """Tell who asks what, and the wording that holds now: the newest that is signed and public."""
    if not enquiring.is_about(request):
        return []
    asked = enquiring.of_request(session, request)
    return [
        Particular(speech.said("媒体", house.speaks), asked.outlet),
        Particular(speech.said("询问内容", house.speaks), asked.question),
        Particular(speech.said("询问时间", house.speaks), rendering.local(asked.asked_at)),
        Particular(speech.said("现行口径", house.speaks), _wording(session, incident, house)),
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
    said = speech.said("尚无已签发的口径。只能说明正在核实，不作实质性答复。", house.speaks)
    if clock is None or clock.met_at is not None or clock.cancelled_at is not None:
        return said
    when = rendering.local(clock.due_at)
    return speech.said("%(said)s下次对外发布应在 %(when)s 前。", house.speaks, said=said, when=when)


def _as_part_of(session: Session, incident: Incident) -> Incident:
    """Return the incident that speaks for this one: itself, or the one it was merged into, and so on."""
    seen = {incident.id}
    while (into := passing.merged_into(session, incident.id)) is not None:
        incident = session.scalars(select(Incident).where(Incident.number == into)).one()
        if incident.id in seen:
            break
        seen.add(incident.id)
    return incident
