"""Pages: templates with what every page of the desk needs, and the words for clocks and events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.exc import SQLAlchemyError

from yingda import rendering, wiring
from yingda.desk import static_files, viewer
from yingda.desk.reasons import reason
from yingda.domain import clocks, forms, life, roles, second_channel, severity, speech
from yingda.domain.clocks import ClockKind, lateness_label
from yingda.domain.errors import SettingsError
from yingda.domain.life import DocumentKind, RequestKind, Stage
from yingda.domain.roles import Role
from yingda.domain.second_channel import SecondKind
from yingda.domain.severity import Severity
from yingda.domain.speech import N_
from yingda.services import lead_desk, naming
from yingda.services.viewing import ClockSeen, EventSeen
from yingda.settings import Settings


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Render `desk/<template>.html.j2`. See desk/_frame.html.j2 for what it is given besides."""
    house = viewer.house()
    html = rendering.render(
        f"desk/{template}.html.j2",
        house.speaks,
        root=root_of(request),
        office=house.roster.office,
        # In Airflow's frame a link to Airflow would open Airflow inside itself.
        static=lambda name: static_files.address(root_of(request), name),
        framed=request.headers.get("sec-fetch-dest") == "iframe",
        unit_name=lambda unit_id: naming.unit(unit_id, house).name,
        promised_for=lambda moment: _moment(moment, house.speaks),
        new_leads=_new_leads,
        **values,
    )
    return HTMLResponse(html.encode(errors="replace"), status_code=status)


def _new_leads() -> int:
    """Return how many leads wait; a navigation without that number is better than none, so 0 if it cannot be told."""
    try:
        with wiring.reading() as session:
            return lead_desk.waiting(session)
    except (SettingsError, SQLAlchemyError):
        return 0


def message(
    request: Request, heading: str, lines: Sequence[str] = (), *, status: int, link: tuple[str, str] | None = None
) -> HTMLResponse:
    """Return a page that only says something; `link` is an address with its words."""
    return page(request, "message", status=status, heading=heading, lines=lines, link=link)


def root_of(request: Request) -> str:
    """Return the path under which the desk is mounted, `/desk`."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def say(words: str, /, **values: object) -> str:
    """Return words in the language of whoever is looking, with values put in where `%(name)s` stands."""
    return speech.said(words, viewer.locale(), **values)


def clock_words(clock: ClockSeen, now: datetime, locale: str) -> tuple[str, str]:
    """Return how a clock stands, in words, and in one word for the style sheet: met, late, soon, running, over."""
    if clock.cancelled_at is not None and clock.met_at is None:
        return (speech.said("不再要求", locale)), "over"
    if clock.met_at is not None:
        when = rendering.local_long(clock.met_at, locale)
        if clock.missed:
            return (speech.said("%(when)s 完成（超时）", locale, when=when)), "late"
        return (speech.said("%(when)s 完成", locale, when=when)), "met"
    words = left_words(clock.due_at, now, locale)
    if now > clock.due_at:
        return words, "late"
    if clock.missed:
        return (speech.said("%(words)s（已延期，曾超时）", locale, words=words)), "late"
    return words, "soon" if (clock.due_at - now) * 4 < clock.due_at - clock.started_at else "running"


def left_words(due_at: datetime, now: datetime, locale: str) -> str:
    """Return how long there is still, or how late it is, in words."""
    if now > due_at:
        late = lateness_label(now - due_at, locale)
        return speech.said("超时 %(late)s", locale, late=late)
    left = lateness_label(due_at - now, locale)
    return speech.said("剩 %(left)s", locale, left=left)


def event_words(event: EventSeen, house: Settings) -> list[str]:
    """Return the particulars of an event in words; its kind is put into words by the template."""
    locale, data = house.speaks, event.data
    said = []
    if "clock" in data:
        said.append(clocks.label(ClockKind(data["clock"]), locale))
    kind = RequestKind(data["request_kind"]) if "request_kind" in data else None
    if kind is not None:
        said.append(life.label(kind, locale))
    if kind is not None and data.get("action") in forms.FORMS[kind]:
        said.append(forms.button(kind, data["action"], locale))
    if "hazard" in data:
        said.append(speech.said("隐患 %(hazard)s 号", locale, hazard=data["hazard"]))
    if "document" in data:
        said.append(life.label(DocumentKind(data["document"]), locale))
        said.append(speech.said(N_("第 %(number)s 稿", "pages"), locale, number=data["number"]))
    if "stage" in data:
        said.append(life.label(Stage(data["stage"]), locale))
    if "severity" in data:
        said.append(severity.label(Severity(data["severity"]), locale))
    if "role" in data:
        said.append(roles.label(Role(data["role"]), locale))
    if data.get("second_channel"):
        said.append(second_channel.label(SecondKind(data["second_channel"]), locale))
    for key in ("unit", "suggested"):
        if data.get(key):
            said.append(naming.unit(data[key], house).name)
    if data.get("officers"):
        said.append(", ".join(naming.officer(each, house).name for each in data["officers"]))
    if "was" in data and "severity" in data:
        was = severity.label(Severity(data["was"]), locale)
        said.append(speech.said("原%(was)s", locale, was=was))
    for key in ("channel", "url", "reason", "why", "comment", "problem", "where", "who"):
        if isinstance(data.get(key), str) and data[key]:
            said.append(reason(data[key], locale))
    for key in ("due_at", "until", "when"):
        if data.get(key):
            said.append(_moment(data[key], locale))
    if data.get("sha256") and event.kind != "answered":
        said.append(f"SHA-256 {data['sha256'][:12]}")
    return said


def _moment(value: str, locale: str) -> str:
    moment = datetime.fromisoformat(value)
    return rendering.local_long(moment if moment.tzinfo else moment.replace(tzinfo=UTC), locale)
