"""Public feedback on a statement: open to anybody, without a name, one vote a ballot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Request
from fastapi.responses import Response

from yingda import wiring
from yingda.desk import acting, linked, receiving, viewer
from yingda.desk.pages import message, page, root_of, say
from yingda.desk.receiving import Sent
from yingda.domain import feedback
from yingda.domain import fields as typed
from yingda.domain.errors import FieldsRefused, IncidentNotFound, LinkExpired, LinkForged, NotNow
from yingda.services import hearing, moving
from yingda.services.case import take
from yingda.services.hearing import Matter

router = APIRouter()

Form = Annotated[Sent, Depends(receiving.plain)]


@router.get("/feedback/{number}")
def ask(request: Request, number: str) -> Response:
    """Ask whether a statement settled the matter. Changes nothing: a ballot is kept nowhere until it is cast."""
    house, now = viewer.house(), wiring.utcnow()
    with wiring.reading() as session:
        about = hearing.matter(session, number)
    if about is None:
        return _nothing_to_say(request)
    return _page(request, about, hearing.ballot(house, about, now))


@router.post("/feedback/{number}")
def take_vote(request: Request, number: str, form: Form, background: BackgroundTasks) -> Response:
    """Count a vote; the page says that it was received."""
    house, now = viewer.house(), wiring.utcnow()
    sent = form.fields
    with wiring.reading() as session:
        about = hearing.matter(session, number)
    if about is None:
        return _nothing_to_say(request)
    again = hearing.ballot(house, about, now)
    if not acting.from_our_page(request, house):
        return _page(request, about, again, sent, {"form": _not_ours()}, status=403)
    try:
        vote = typed.check(feedback.Vote, _given(sent), house.speaks)
        with wiring.transaction() as session:
            case = take(session, number, house, now)
            hearing.vote(case, sent.get("ballot", ""), vote)
            moving.advance(case)
    except FieldsRefused as refused:
        return _page(request, about, sent.get("ballot", again), sent, refused.fields, status=422)
    except (LinkForged, LinkExpired):
        return _page(request, about, again, sent, {"form": _not_ours()}, status=403)
    except NotNow as refused:
        return _page(request, about, sent.get("ballot", again), sent, {"form": str(refused)}, status=429)
    except IncidentNotFound:
        return _nothing_to_say(request)
    background.add_task(linked.deliver, number)
    thanks = say("谢谢，您的反馈已收到")
    lines = [
        say(
            "值班员会看到这条反馈；没有解决的，由值班员决定是否重新办理。办理结果仍在原页面公布。",
        )
    ]
    back = (about.url, say("回到情况说明")) if about.url else None
    return message(request, thanks, lines, status=200, link=back)


def _page(
    request: Request,
    about: Matter,
    ballot: str,
    sent: Mapping[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> Response:
    house = viewer.house()
    return page(
        request,
        "feedback",
        status=status,
        about=about,
        ballot=ballot,
        kept=sent or {},
        wrong=wrong or {},
        reasons=[(reason.value, feedback.label(reason, house.speaks)) for reason in feedback.Reason],
        longest=feedback.LONGEST_WORDS,
        here=f"{root_of(request)}/feedback/{about.incident_no}",
    )


def _given(sent: Mapping[str, str]) -> dict[str, object]:
    """Return a vote out of what the browser sent; boxes that were not ticked are not sent."""
    given: dict[str, object] = {
        "reasons": [reason.value for reason in feedback.Reason if f"reason-{reason.value}" in sent],
        "words": sent.get("words", ""),
    }
    if "solved" in sent:
        given["solved"] = sent["solved"]
    return given


def _not_ours() -> str:
    return say(
        "页面已过期，没有收到。请核对后再提交一次。",
    )


def _nothing_to_say(request: Request) -> Response:
    heading = say("这里没有可以反馈的情况说明")
    return message(request, heading, status=404)
