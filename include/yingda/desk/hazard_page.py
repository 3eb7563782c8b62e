"""The pages of hazards: the list under its filters, one hazard with its past and what may be done, the empty form."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import Request
from fastapi.responses import Response

from yingda import wiring
from yingda.desk import access, acting, asking_for, fields, viewer
from yingda.desk.fields import Form
from yingda.desk.pages import message, page, root_of, say
from yingda.domain import hazards, severity, speech
from yingda.domain.errors import FieldsRefused, HazardNotFound
from yingda.domain.fields import field_label
from yingda.domain.hazard_form import ACTS, ReportHazard
from yingda.domain.hazards import FROM, HazardState, Risk
from yingda.domain.severity import Topic
from yingda.domain.speech import N_
from yingda.services import hazard_desk, hazard_past, naming
from yingda.services.hazard_desk import HazardSeen
from yingda.settings import Settings


@dataclass(frozen=True)
class Chosen:
    """What the address of the list asks for, as it was typed."""

    state: str = ""
    unit: str = ""
    topic: str = ""
    risk: str = ""
    overdue: str = ""
    q: str = ""
    limit: str = ""
    offset: str = ""

    @property
    def filtered(self) -> bool:
        return bool(self.state or self.unit or self.topic or self.risk or self.overdue or self.q)

    def address(self, offset: int) -> str:
        """Return the query of the page that begins at `offset`."""
        kept = {name: value for name, value in asdict(self).items() if value}
        return "?" + urlencode(kept | {"offset": str(offset)})


@dataclass(frozen=True)
class Refused:
    """A form that was refused, as it was typed: what is wrong by field, and what belongs to no field."""

    action: str
    typed: Mapping[str, Any]
    wrong: Mapping[str, str] = dataclasses.field(default_factory=dict)
    general: tuple[str, ...] = ()


def show_list(request: Request, user: BaseUser, chosen: Chosen) -> Response:
    """Show the hazards that an address asks for; by default those whose unit still owes something."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        sought = asking_for.hazards_sought(house, **asdict(chosen), page=True)
    except FieldsRefused as wrong:
        lines = [f"{name}: {said}" for name, said in wrong.fields.items()]
        back = (f"{root_of(request)}/hazards", say("查看全部未解决的隐患"))
        return message(request, say("筛选条件有误"), lines, status=422, link=back)
    with wiring.reading() as session:
        found, total = hazard_desk.hazards(session, house, sought, now)
    after = sought.offset + sought.limit
    return page(
        request,
        "hazards",
        hazards=found,
        total=total,
        first=sought.offset + 1,
        chosen=chosen,
        states=list(HazardState),
        units=naming.units(house),
        topics=list(Topic),
        risks=list(Risk),
        acts=access.can_act(user),
        earlier=chosen.address(max(sought.offset - sought.limit, 0)) if sought.offset else None,
        later=chosen.address(after) if after < total else None,
    )


def show_new(request: Request, user: BaseUser, refused: Refused | None = None, *, status: int = 200) -> Response:
    """Show the form to report a hazard; one that was refused stands there as it was typed."""
    house = viewer.house()
    if not access.can_act(user):
        back = (f"{root_of(request)}/hazards", say("回到隐患"))
        return message(request, say("您的账号不能登记隐患"), status=200, link=back)
    typed: Mapping[str, Any] = refused.typed if refused else {"risk": Risk.MEDIUM.value}
    form = fields.of_form(ReportHazard, "report", house, typed, refused.wrong if refused else {})
    return page(
        request,
        "hazard_new",
        status=status,
        form=form,
        general=_general(form, refused),
        csrf=acting.form_token(user.get_name(), "hazards", house),
        once=secrets.token_urlsafe(12),
    )


def show(
    request: Request, user: BaseUser, hazard_id: int, refused: Refused | None = None, *, status: int = 200
) -> Response:
    """Show a hazard; a form that was refused stands there as it was typed, whatever became of it meanwhile."""
    house, now = viewer.house(), wiring.utcnow()
    try:
        with wiring.reading() as session:
            seen = hazard_desk.hazard(session, hazard_id, house, now)
            past = hazard_past.history(session, hazard_id, house)
    except HazardNotFound:
        return not_found(request)
    name = refused.action if refused else ""
    shown = [
        _form(each, seen, house, refused if each == name else None)
        for each in ACTS
        if access.can_act(user) and (seen.state in FROM[each] or each == name)
    ]
    known = next((form for form in shown if form.action == name), None)
    return page(
        request,
        "hazard",
        status=status,
        hazard=seen,
        past=past,
        forms=shown,
        refused=name,
        general=_general(known, refused),
        csrf=acting.form_token(user.get_name(), f"hazard:{hazard_id}", house),
        field_words=lambda field: _field_words(field, house.speaks),
        value_words=lambda field, value: _value_words(field, value, house),
    )


def not_found(request: Request) -> Response:
    """Say that there is no such hazard."""
    back = (f"{root_of(request)}/hazards", say("全部隐患"))
    return message(request, say("没有这条隐患"), status=404, link=back)


def not_from_our_page() -> str:
    """Say that a form was not sent from its page."""
    return say(
        "这次提交不是从本页发出的，没有收到。请核对后再提交一次。",
    )


def _form(name: str, seen: HazardSeen, house: Settings, refused: Refused | None) -> Form:
    if refused is not None:
        return fields.of_form(ACTS[name], name, house, refused.typed, refused.wrong)
    return fields.of_form(ACTS[name], name, house, _begins(name, seen), {})


def _begins(name: str, seen: HazardSeen) -> dict[str, str]:
    """Return what stands in a form before anybody typed."""
    topic = seen.topic.value if seen.topic else ""
    if name == "change":
        return {
            "unit": seen.unit.id,
            "content": seen.content,
            "offline_measures": seen.offline_measures,
            "online_measures": seen.online_measures,
            "topic": topic,
            "risk": seen.risk.value,
        }
    if name == "escalate":
        return {"topic": topic}
    if name == "extend" and seen.due is not None:
        return {"due": seen.due.isoformat()}
    return {}


def _general(form: Form | None, refused: Refused | None) -> list[str]:
    """Return the messages that no field of the page shows."""
    if refused is None:
        return []
    known = {field.name for field in form.fields} if form is not None else set()
    return [*refused.general, *(f"{name}: {said}" for name, said in refused.wrong.items() if name not in known)]


_FIELDS: Mapping[str, str] = {
    "state": N_("状态"),
    "evidence": N_("解决情况和依据"),
    "incident_no": N_("事件"),
}


def _field_words(name: str, locale: str) -> str:
    if name in _FIELDS:
        return speech.said(_FIELDS[name], locale)
    words = {"due": N_("解决时限"), "content": N_("舆情隐患内容")}
    return speech.said(words[name], locale) if name in words else field_label(ReportHazard, name, locale)


def _value_words(name: str, value: str | None, house: Settings) -> str:
    if value in (None, ""):
        return "–"
    assert value is not None  # noqa: S101 - said above; this tells the type checker
    if name == "unit":
        return naming.unit(value, house).name
    if name == "state":
        return hazards.label(HazardState(value), house.speaks)
    if name == "risk":
        return hazards.label(Risk(value), house.speaks)
    if name == "topic":
        return severity.label(Topic(value), house.speaks)
    return value
