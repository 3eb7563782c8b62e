"""The page of one incident: everything on record, and the forms of what may be done to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import Request
from fastapi.responses import Response

from yingda import wiring
from yingda.desk import access, acting, fields, viewer
from yingda.desk.access import DAG
from yingda.desk.fields import Choice, Form
from yingda.desk.pages import clock_words, event_words, message, page, root_of, say
from yingda.domain import acts, forms
from yingda.domain.errors import IncidentNotFound
from yingda.domain.life import Stage
from yingda.domain.speech import N_
from yingda.services import committing, comparing, hazard_desk, presenting, viewing
from yingda.services.comparing import Changed
from yingda.services.dossier import CommitmentSeen
from yingda.services.viewing import ClockSeen, IncidentSeen
from yingda.settings import Settings

# The text is clean: what looks like a tag is one.
_HEADING = re.compile(r"(</?h)([2-4])(?=>)")

Refused = tuple[str, Mapping[str, Any], Mapping[str, str]]
"""An act that was refused: its name, its fields as typed, and the message by field."""


def show(
    request: Request, number: str, user: BaseUser, *, refused: Refused | None = None, status: int = 200
) -> Response:
    """Show everything on record about one incident; an act that was refused stands there as it was typed."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        with wiring.reading() as session:
            seen = viewing.incident(session, number, house, now)
            hazards = hazard_desk.of_incident(session, number, house, now)
    except IncidentNotFound:
        heading = say(N_("没有这个编号的事件", "incident_page"))
        lines = [say("编号形如 YQCZBG-2026-001。")]
        return message(request, heading, lines, status=404, link=to_board(request))
    may_act = access.can_act(user)
    return page(
        request,
        "incident",
        status=status,
        incident=seen,
        hazards=hazards,
        now=now,
        stages=list(Stage),
        limits=[clock for clock in seen.clocks if clock.kind not in committing.CLOCKS.values()],
        commitments=[(one, *clock_words(_clock_of(one), now, house.speaks)) for one in seen.commitments],
        general=_general(refused),
        acts=_forms(seen, house, refused) if may_act else (),
        csrf=acting.form_token(user.get_name(), number, house) if may_act else None,
        statement_html=lambda content: _under_its_title(presenting.public_html(content, house)),
        changes_of=lambda document, revision: _changes(document, revision, house),
        statement_kinds=fields.statement_kind_labels(house.speaks),
        clock_words=lambda clock: clock_words(clock, now, house.speaks),
        event_words=lambda event: event_words(event, house),
        action_label=lambda kind, action: forms.button(kind, action, house.speaks),
        run_address=lambda run_id: f"{_airflow(request)}/dags/{DAG}/runs/{quote(run_id, safe='')}",
    )


def to_board(request: Request) -> tuple[str, str]:
    """Return the address of the board, with its words."""
    return f"{root_of(request)}/", say("回到事件一览")


def _forms(seen: IncidentSeen, house: Settings, refused: Refused | None) -> tuple[Form, ...]:
    name, typed, wrong = refused or ("", {}, {})
    claims = tuple(Choice(claim, claim) for claim in acting.refuted(seen))
    names = acting.possible(seen)
    # What was typed is shown again even where the incident has moved on meanwhile.
    if name and name not in names:
        names = (*names, name)
    return tuple(
        fields.of_act(each, house, typed if each == name else {}, wrong if each == name else {}, refuted_claim=claims)
        for each in names
    )


def _general(refused: Refused | None) -> list[str]:
    """Return what was said against an act that no field of its form can show."""
    if refused is None:
        return []
    name, _, wrong = refused
    return [said for place, said in wrong.items() if place.partition(".")[0] not in acts.ACTS[name].model_fields]


def _clock_of(promised: CommitmentSeen) -> ClockSeen:
    return ClockSeen(
        kind=committing.CLOCKS[promised.source],
        started_at=promised.started_at,
        due_at=promised.due_at,
        met_at=promised.met_at,
        cancelled_at=promised.ended_at,
        missed=promised.missed,
    )


def _under_its_title(html: str) -> str:
    """Lower the headings of a published text, h2 to h4, below its title on our page, which is a heading itself."""
    return _HEADING.sub(lambda found: f"{found[1]}{int(found[2]) + 2}", html)


def _airflow(request: Request) -> str:
    """Return the path under which Airflow itself is served: the desk is mounted one below it."""
    return root_of(request).rpartition("/")[0]


def _changes(document: viewing.DocumentSeen, revision: viewing.RevisionSeen, house: Settings) -> tuple[Changed, ...]:
    before = next((one for one in document.revisions if one.number == revision.number - 1), None)
    return () if before is None else comparing.compare(before.content, revision.content, document.kind, house)
