"""The page of one incident, as a browser without JavaScript and a screen reader find it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda import settings
from yingda.desk import access, acting
from yingda.domain.acts import ACTS
from yingda.domain.life import LetterKind, LetterState, Stage
from yingda.services import moving, publishing
from yingda.services.case import take
from yingda.settings import Settings
from yingda.store.models import (
    Clock as ClockRow,
)
from yingda.store.models import (
    Commitment,
    Document,
    Enquiry,
    Event,
    Incident,
    Merge,
    Observation,
    OfficialReply,
    OutsideLetter,
    Revision,
)

from .conftest import REPORT, STATEMENT, Clock, Desk

NASTY = "<script>alert(1)</script>\"'&{{7*7}}</textarea><img src=x onerror=1>"
EVERY_ACT = sorted(acting.HANDLERS)
LOCALES = pytest.mark.parametrize("locale", ["zh_CN", "en"], indirect=True)


@dataclass
class Control:
    """One field of a form, with what stands in it."""

    tag: str
    attrs: dict[str, str | None]
    value: str = ""
    options: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.attrs.get("id"))

    @property
    def name(self) -> str:
        return str(self.attrs["name"])


@dataclass
class Form:
    """A form of the page; `folded` tells whether it has to be opened first."""

    attrs: dict[str, str | None]
    folded: bool
    controls: list[Control] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)

    @property
    def act(self) -> str:
        return str(self.attrs["action"]).rpartition("/")[2]

    def hidden(self, name: str) -> str:
        return next(c.value for c in self.controls if c.attrs.get("type") == "hidden" and c.name == name)

    @property
    def shown(self) -> list[Control]:
        return [control for control in self.controls if control.attrs.get("type") != "hidden"]


class Page(HTMLParser):
    """What a page says: headings, forms, ids, links, and the words of each element that has an id."""

    VOID = frozenset({"input", "br", "meta", "link", "img"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.words, self.title = html, "", ""
        self.headings: list[tuple[int, str]] = []
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.labels: dict[str, str] = {}
        self.by_id: dict[str, tuple[str, dict[str, str | None]]] = {}
        self.words_of: dict[str, str] = {}
        self.links: list[tuple[str, str]] = []
        self.tables_out_of_reach = 0
        self.alerts: list[dict[str, str | None]] = []
        self.alert_links: list[str] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert self._open == [], f"left open: {self._open}"
        # The evidence pack is no act on the incident; tests/desk/test_papers.py looks at its form.
        self.forms = [form for form in self.forms if form.act != "pack"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), f"an attribute twice: {tag} {attrs}"
        if tag not in self.VOID:
            self._open.append((tag, given))
        if given.get("id"):
            self.ids.append(str(given["id"]))
            self.by_id[str(given["id"])] = (tag, given)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
        elif tag == "form":
            folded = any(t == "details" and "open" not in a for t, a in self._open)
            self.forms.append(Form(given, folded))
        elif tag in {"input", "select", "textarea"}:
            self.forms[-1].controls.append(Control(tag, given, given.get("value") or ""))
        elif tag == "option":
            self.forms[-1].controls[-1].options.append(given.get("value") or "")
            if "selected" in given:
                self.forms[-1].controls[-1].value = given.get("value") or ""
        elif tag == "button":
            self.forms[-1].buttons.append(str(given.get("type")))
        elif tag == "a":
            self.links.append((str(given.get("href")), ""))
            if any(a.get("role") == "alert" for _, a in self._open):
                self.alert_links.append(str(given.get("href")))
        elif tag == "table":
            self.tables_out_of_reach += not any(
                "wide" in (a.get("class") or "").split() and a.get("tabindex") == "0" for _, a in self._open
            )
        if given.get("role") == "alert":
            self.alerts.append(given)

    def handle_endtag(self, tag: str) -> None:
        # li, tr, td and their like may be left open; we close ours.
        assert self._open, f"</{tag}> closes nothing"
        opened, _ = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self._open]
        if "title" in tags:
            self.title += data
            return
        self.words += data
        if tags and re.fullmatch("h[1-6]", tags[-1]):
            level, words = self.headings[-1]
            self.headings[-1] = (level, words + data)
        if tags and tags[-1] == "textarea":
            self.forms[-1].controls[-1].value += data.removeprefix("\n")
        if "a" in tags:
            href, words = self.links[-1]
            self.links[-1] = (href, words + data)
        for tag, attrs in self._open:
            if tag == "label":
                self.labels[str(attrs["for"])] = self.labels.get(str(attrs["for"]), "") + data
            if attrs.get("id"):
                self.words_of[str(attrs["id"])] = self.words_of.get(str(attrs["id"]), "") + data


@dataclass
class Incidents:
    """The pages of incidents, for somebody who may act."""

    client: TestClient
    session: Session
    house: Settings
    clock: Clock

    def page(self, number: str) -> Page:
        reply = self.client.get(f"/desk/incidents/{number}")
        assert reply.status_code == 200, reply.text
        return Page(reply.text)

    def send(self, number: str, act: str, **fields: str) -> Any:
        token = acting.form_token("duty", number, self.house)
        return self.client.post(f"/desk/incidents/{number}/{act}", data={**fields, "csrf": token})

    def offered(self, number: str) -> set[str]:
        return {form.act for form in self.page(number).forms}

    def row(self, number: str) -> Incident:
        self.session.rollback()
        self.session.expire_all()
        return self.session.scalars(select(Incident).where(Incident.number == number)).one()

    def events(self, number: str) -> int:
        row = self.row(number)
        return self.session.scalar(select(func.count()).select_from(Event).where(Event.incident_id == row.id)) or 0


@pytest.fixture
def incidents(logged_in: TestClient, session: Session, house: Settings, clock: Clock) -> Incidents:
    return Incidents(logged_in, session, house, clock)


@pytest.fixture
def locale(request: pytest.FixtureRequest, wired: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("YINGDA_LOCALE", request.param)
    settings.forget()
    return str(request.param)


def publish(session: Session, number: str, house: Settings, now: datetime) -> None:
    """Let the channel take what is signed, and the text be seen on its page."""
    case = take(session, number, house, now)
    for sending in publishing.claim_due(case):
        publishing.confirm(case, sending, "https://example.org/bulletin")
    moving.advance(case)
    for publication_id, _, _ in publishing.to_look_at(case):
        publishing.seen_live(case, publication_id)
    moving.advance(case)
    session.commit()


@pytest.fixture
def standing(desk: Desk, session: Session, clock: Clock, incidents: Incidents) -> Callable[[str], str]:
    """A function that brings the incident to where its name says, and returns its number."""

    def bring(where: str) -> str:
        if where == "unassigned":
            desk.answer("report", "hand_back", reason="不归我们")
        elif where == "approval":
            desk.up_to("approve_report")
        elif where == "refuted":
            desk.answer("report", "submit", **REPORT, refuted=["路灯坏了一年"])
        elif where in {"closing", "closed", "refuted and closing", "reopened", "being corrected"}:
            refuted = ["路灯坏了一年"] if where.startswith("refuted") else []
            desk.answer("report", "submit", **REPORT, refuted=refuted)
            desk.answer("approve_report", "approve")
            desk.answer("draft_statement", "submit", **STATEMENT)
            desk.answer("sign_statement", "approve")
            publish(session, desk.number, desk.house, clock.now)
            if where == "closed":
                desk.answer("close", "close", result="已恢复")
            elif where in {"reopened", "being corrected"}:
                act = "reopen" if where == "reopened" else "correct"
                assert incidents.send(desk.number, act, **well_filled(act, incidents, desk)).status_code == 303
        elif where == "unpublished and closed":
            desk.up_to("sign_statement")
            desk.answer("sign_statement", "no_publication", comment="暂不发布")
            desk.answer("close", "close", result="内部处理")
        elif where == "dismissed":
            desk.answer("report", "hand_back", reason="不归我们")
            desk.answer("assign_unit", "dismiss", reason="无关")
        elif where == "merged":
            other = incidents.row(desk.number).number
            target = _another(incidents, desk)
            assert incidents.send(other, "merge", into=target).status_code == 303
        return desk.number

    return bring


def _another(incidents: Incidents, desk: Desk) -> str:
    from yingda.services import opening

    found = opening.open_incident(
        incidents.session,
        {"title": "另一件", "unit": "liuxi"},
        f"test__{secrets.token_hex(6)}",
        desk.house,
        incidents.clock.now,
    )
    moving.advance(take(incidents.session, found.incident_no, desk.house, incidents.clock.now))
    incidents.session.commit()
    return found.incident_no


STANDINGS = [
    "verification",
    "unassigned",
    "approval",
    "refuted",
    "closing",
    "refuted and closing",
    "reopened",
    "being corrected",
    "closed",
    "unpublished and closed",
    "dismissed",
    "merged",
]


def well_filled(act: str, incidents: Incidents, desk: Desk) -> dict[str, str]:
    """What somebody types who does it right."""
    before = f"{incidents.clock.now + timedelta(hours=8):%Y-%m-%dT%H:%M}"
    filled: dict[str, dict[str, str]] = {
        "regrade": {"severity": "major", "reason": "媒体转载"},
        "reassign": {"unit": "sanitation", "reason": "职责另有归属"},
        "extend": {"until": "2026-11-27T18:00", "reason": "需检测"},
        "reopen": {"stage": "statement", "reason": "又有反映"},
        "merge": {"reason": "同一件事"},
        "unmerge": {"reason": "不是同一件事"},
        "correct": {"reason": "时间写错"},
        "withdraw_statement": {"reason": "说法有误"},
        "observe": {"seen_at": before, "text": "评论增多"},
        "enquiry": {"outlet": "某报", "question": "何时修好？", "asked_at": "", "due": ""},
        "official_reply": {"account": "website", "url": "https://example.org/reply", "text": "已修", "when": before},
        "letter": {
            "kind": "correction_request",
            "recipient": "某报",
            "claim": "路灯坏了一年",
            "refutation": "断电两天",
            "evidence": "工单 17",
            "ground": "false_fact",
        },
    }
    if act == "merge":
        filled["merge"]["into"] = _another(incidents, desk)
    return filled[act]


@pytest.mark.parametrize("where", STANDINGS)
def test_what_cannot_be_done_where_an_incident_stands_is_not_offered_and_the_rest_is(
    incidents: Incidents, desk: Desk, standing: Callable[[str], str], where: str
):
    number = standing(where)
    offered = incidents.offered(number)
    before = incidents.events(number)
    for act in set(EVERY_ACT) - offered:
        reply = incidents.send(number, act, **well_filled(act, incidents, desk))
        assert reply.status_code in {409, 422}, f"{act} is done, though the page does not offer it"
        assert incidents.events(number) == before
    for act in offered:
        desk.number = _another(incidents, desk)
        number = standing(where)
        before = incidents.events(number)
        reply = incidents.send(number, act, **well_filled(act, incidents, desk))
        assert reply.status_code == 303, (act, Page(reply.text).words)
        assert incidents.events(number) > before


@LOCALES
@pytest.mark.parametrize("where", STANDINGS)
def test_every_form_can_be_filled_in_by_whoever_cannot_see_or_use_a_mouse(
    incidents: Incidents, locale: str, standing: Callable[[str], str], where: str
):
    number = standing(where)
    page = incidents.page(number)
    assert page.forms
    _is_sound(page)
    must = "(required)" if locale == "en" else "（必填）"
    for form in page.forms:
        assert form.attrs["method"] == "post"
        assert form.attrs["action"] == f"/desk/incidents/{number}/{form.act}"
        assert form.buttons == ["submit"]
        assert re.fullmatch("[0-9a-f]{64}", form.hidden("csrf"))
        assert [control.name for control in form.shown] == list(ACTS[form.act].model_fields)
        for control in form.shown:
            required = ACTS[form.act].model_fields[control.name].is_required()
            assert ("required" in control.attrs, must in page.labels[control.id]) == (required, required), control.id
            assert "aria-invalid" not in control.attrs
            if control.tag == "select":
                assert control.options
    assert all(form.folded for form in page.forms)
    assert page.alerts == []


def _is_sound(page: Page) -> None:
    """Check what holds for every page: labels, ids, headings, tables that scroll by themselves."""
    assert len(page.ids) == len(set(page.ids)), sorted(one for one in page.ids if page.ids.count(one) > 1)
    for form in page.forms:
        for control in form.shown:
            assert page.labels.get(control.id, "").strip(), f"{control.id} has no label"
            for described in (control.attrs.get("aria-describedby") or "").split():
                assert page.words_of[described].strip()
    levels = [level for level, _ in page.headings]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(words.strip() for _, words in page.headings)
    for before, after in pairwise(levels):
        assert after <= before + 1, page.headings
    assert page.tables_out_of_reach == 0
    assert all(href not in {"", "None", "#"} and words.strip() for href, words in page.links)
    for href, _ in page.links:
        if href.startswith("#"):
            assert href[1:] in page.by_id


@LOCALES
@pytest.mark.parametrize("act", EVERY_ACT)
def test_a_refused_act_comes_back_as_it_was_typed_with_what_is_wrong_beside_its_fields(
    incidents: Incidents, locale: str, desk: Desk, act: str
):
    before = incidents.events(desk.number)
    typed = {
        name: {"select": "nothing of the list", "moment": "yesterday"}.get(_kind(act, name), NASTY + "\x01")
        for name in ACTS[act].model_fields
    }

    reply = incidents.send(desk.number, act, **typed)

    assert reply.status_code == 422
    page = Page(reply.text)
    _is_sound(page)
    assert incidents.events(desk.number) == before
    assert page.title.startswith("Wrong · " if locale == "en" else "有误 · ")
    [alert] = page.alerts
    assert alert["tabindex"] == "-1"
    assert "autofocus" in alert
    [form] = [one for one in page.forms if not one.folded]
    assert form.act == act
    wrong = {control.id for control in form.shown if control.attrs.get("aria-invalid") == "true"}
    assert {href.removeprefix("#") for href in page.alert_links} == wrong
    assert wrong
    for control in form.shown:
        if control.id in wrong:
            assert f"{control.id}-error" in str(control.attrs["aria-describedby"]).split()
            assert page.words_of[f"{control.id}-error"].strip()
        if control.tag == "textarea" or (control.tag == "input" and control.attrs["type"] == "text"):
            assert control.value.rstrip() == typed[control.name].rstrip(), control.id
    for other in page.forms:
        if other.act != act:
            assert not any(c.value for c in other.shown if c.tag != "select"), "typed into another form"
    assert "<script>" not in reply.text
    assert "<img" not in reply.text
    assert "49" not in page.words_of.get("problems", "")


def _widget(act: str, name: str) -> str:
    extra = ACTS[act].model_fields[name].json_schema_extra
    return str(extra["widget"]) if isinstance(extra, dict) else "line"


def _kind(act: str, name: str) -> str:
    widget = _widget(act, name)
    lists = {"severity", "reopening_stage", "letter_kind", "official_account", "ground", "refuted_claim", "unit"}
    return "select" if widget in lists else widget


@pytest.mark.parametrize("act", EVERY_ACT)
def test_a_form_sent_empty_names_each_field_that_must_be_filled_in(incidents: Incidents, desk: Desk, act: str):
    must = {name for name, one in ACTS[act].model_fields.items() if one.is_required()}
    reply = incidents.send(desk.number, act, **dict.fromkeys(ACTS[act].model_fields, ""))
    if not must:
        assert reply.status_code == 409
        return
    assert reply.status_code == 422
    assert set(Page(reply.text).alert_links) == {f"#{act}-{name}" for name in must}


def test_what_was_chosen_is_still_chosen_when_the_rest_is_refused(incidents: Incidents, desk: Desk):
    reply = incidents.send(desk.number, "regrade", severity="critical", reason="")
    [severity] = [c for f in Page(reply.text).forms for c in f.shown if c.id == "regrade-severity"]
    assert severity.value == "critical"
    reply = incidents.send(desk.number, "observe", seen_at="2026-11-23T09:30", text=" ")
    [seen_at] = [c for f in Page(reply.text).forms for c in f.shown if c.id == "observe-seen_at"]
    assert (seen_at.attrs["type"], seen_at.value) == ("datetime-local", "2026-11-23T09:30")


def test_what_belongs_to_no_field_is_said_all_the_same(
    incidents: Incidents, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    """A service may refuse something that the form does not ask for."""
    from yingda.domain.errors import FieldsRefused

    def refuse(*given: Any) -> None:
        raise FieldsRefused({"incident": "另一件正在办理", "reason": "写得太短"})

    monkeypatch.setitem(acting.HANDLERS, "regrade", refuse)  # type: ignore[arg-type]
    reply = incidents.send(desk.number, "regrade", severity="major", reason="x")
    page = Page(reply.text)
    assert reply.status_code == 422
    assert "另一件正在办理" in page.words_of["problems"]
    assert page.alert_links == ["#regrade-reason"]


def test_who_may_only_look_sees_everything_and_no_form(
    incidents: Incidents, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(access, "can_act", lambda user: False)
    page = incidents.page(desk.number)
    assert page.forms == []
    assert "csrf" not in page.html
    assert "柳溪村路灯不亮" in page.words


@pytest.fixture
def full(desk: Desk, session: Session, clock: Clock, standing: Callable[[str], str]) -> str:
    """An incident around which everything stands on record that may."""
    number = standing("refuted and closing")
    session.rollback()
    now = clock.now
    row = session.scalars(select(Incident).where(Incident.number == number)).one()
    row.emergency_plan_at = now
    row.interviewee_id = "han_yue"
    statement = session.scalars(
        select(Revision)
        .join(Document, Document.id == Revision.document_id)
        .where(Document.incident_id == row.id, Document.kind == "statement")
    ).one()
    states: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("statement", "公布检测结果", {"due_at": now + timedelta(days=3)}, {}),
        ("statement", "更换线路" + NASTY, {"met_at": now}, {"met_at": now, "missed_at": now - timedelta(hours=1)}),
        ("statement", "通报进展", {"lapsed_at": now}, {"missed_at": now - timedelta(hours=1)}),
        ("statement", "逐户告知", {"ended_at": now}, {"cancelled_at": now}),
        ("review", "排查全村路灯", {"due_at": now + timedelta(days=9)}, {"original_due_at": now + timedelta(days=2)}),
    ]
    for position, (source, text, promised, clocked) in enumerate(states):
        due_at = promised.pop("due_at", now - timedelta(hours=1))
        kind = "commitment" if source == "statement" else "action_item"
        ticking = ClockRow(
            incident_id=row.id,
            kind=kind,
            cycle=position + 1,
            started_at=now - timedelta(days=2),
            due_at=due_at,
            original_due_at=clocked.pop("original_due_at", due_at),
            **clocked,
        )
        session.add(ticking)
        session.flush()
        session.add(
            Commitment(
                incident_id=row.id,
                revision_id=statement.id,
                position=position,
                source=source,
                text=text,
                unit_id="liuxi",
                due_at=due_at,
                clock_id=ticking.id,
                **promised,
            )
        )
    for place, state in enumerate(LetterState):
        session.add(
            OutsideLetter(
                incident_id=row.id,
                number=place + 1,
                kind=list(LetterKind)[place % 2],
                state=state,
                recipient="某报" + NASTY,
                claim="路灯坏了一年",
                refutation="断电两天",
                evidence=["工单"],
                ground="false_fact",
                ground_text="报道所述事实经核实不属实",
                revision_id=statement.id,
                proposed_by="account:duty",
                proposed_at=now,
                decided_by="shen_ruolan" if place else None,
                decided_at=now if place else None,
                sha256="ab" * 32 if place else None,
                sent_at=now if state is LetterState.SENT else None,
                sent_how="传真" if state is LetterState.SENT else None,
            )
        )
    session.add(
        OfficialReply(
            incident_id=row.id,
            revision_id=statement.id,
            account="website",
            url="https://example.org/replies/7",
            text="已经修好" + NASTY,
            replied_at=now,
            actor="account:duty",
            at=now,
        )
    )
    for outlet, due, answered in (
        ("晚报", now - timedelta(hours=1), None),
        ("晨报" + NASTY, None, None),
        ("电视台", now - timedelta(hours=1), now),
    ):
        session.add(
            Enquiry(
                incident_id=row.id,
                outlet=outlet,
                question="何时修好？" + NASTY,
                asked_at=now - timedelta(hours=2),
                due_at=due,
                actor="account:duty",
                at=now,
                answered_at=answered,
            )
        )
    for hours, text in ((3, "评论十条"), (1, "评论百条" + NASTY)):
        seen_at = now - timedelta(hours=hours)
        session.add(Observation(incident_id=row.id, seen_at=seen_at, text=text, actor="account:duty", at=now))
    session.commit()
    return number


SECTIONS = {
    "承诺和整改事项": "Commitments and action items",
    "官方账号答复": "Replies under official accounts",
    "更正请求和移送": "Correction requests and referrals",
    "媒体询问": "Reporters' enquiries",
    "动态": "How the concern develops",
}


@LOCALES
def test_the_page_tells_everything_on_record_in_the_offices_language(incidents: Incidents, full: str, locale: str):
    page = incidents.page(full)
    _is_sound(page)
    headings = [words for level, words in page.headings if level == 2]
    for chinese, english in SECTIONS.items():
        assert (english if locale == "en" else chinese) in headings
    if locale == "en":
        expected = [
            "The emergency plan was started: 2026-11-23 14:03",
            "Gives interviews: ",
            "3 days left",
            "done 23 Nov 14:03, late",
            "late by 1 hour",
            "no longer owed",
            "at first 2026-11-25 14:03",
            "Approved, to be sent",
            "The sub-district's website",
            "Open, and past the time it was wanted by",
            "Answered 2026-11-23 14:03",
        ]
    else:
        expected = [
            "应急预案已启动：2026-11-23 14:03",
            "接受采访：",
            "剩 3 天",
            "11月23日 14:03 完成（超时）",
            "超时 1 小时",
            "到期未报送，须向公众说明",
            "不再要求",
            "原定 2026-11-25 14:03",
            "整改事项",
            "更正请求 1：待审定",
            "已批准，待送出",
            "街道门户网站",
            "待答复，已过对方希望的时间",
            "已答复 2026-11-23 14:03",
        ]
    for words in expected:
        assert words in page.words, words
    assert ("https://example.org/replies/7", "https://example.org/replies/7") in page.links
    for raw in ("correction_request", "action_item", "proposed", "holding", "None", "{{", "account:duty"):
        assert raw not in page.words.replace(NASTY, "")
    assert NASTY in page.words
    assert "<script>" not in page.html
    assert "<img" not in page.html


def test_newest_observations_come_first(incidents: Incidents, full: str):
    words = incidents.page(full).words
    assert words.index("评论百条") < words.index("评论十条")


def test_the_clock_of_a_promise_shows_once_with_the_promise(incidents: Incidents, full: str):
    page = incidents.page(full)
    limits = page.html[page.html.index("时限</h2>") : page.html.index("待答复</h2>")]
    assert "核实结果" in limits
    assert "承诺事项：" not in limits
    assert "整改事项：" not in limits
    assert page.words.count("剩 3 天") == 1


def test_there_are_no_sections_without_anything_in_them(incidents: Incidents, desk: Desk):
    page = incidents.page(desk.number)
    assert not {words for _, words in page.headings} & set(SECTIONS)
    for words in ("应急预案", "并入", "须为", "接受采访"):
        assert words not in re.sub(r"<details.*?</details>", "", page.html, flags=re.DOTALL)


@LOCALES
def test_merged_incidents_name_each_other_with_a_link(
    incidents: Incidents, locale: str, standing: Callable[[str], str], session: Session
):
    number = standing("merged")
    merge = session.scalars(select(Merge)).one()
    target = session.get_one(Incident, merge.into_id).number
    source_page, target_page = incidents.page(number), incidents.page(target)
    assert (f"/desk/incidents/{target}", target) in source_page.links
    assert (f"/desk/incidents/{number}", number) in target_page.links
    _is_sound(source_page)
    _is_sound(target_page)
    said = "This incident was merged into " if locale == "en" else "本事件已并入 "
    assert said in source_page.words
    took_in = "Merged into this incident: " if locale == "en" else "并入本事件的："
    assert took_in in target_page.words
    assert incidents.send(number, "unmerge", reason="").status_code == 303
    assert took_in not in incidents.page(target).words
    assert said not in incidents.page(number).words


@LOCALES
def test_what_the_next_statement_must_be_is_said_with_the_reason(
    incidents: Incidents, locale: str, standing: Callable[[str], str]
):
    number = standing("closed")
    assert incidents.send(number, "correct", reason="日期写错" + NASTY).status_code == 303
    page = incidents.page(number)
    assert incidents.row(number).stage is Stage.STATEMENT
    assert ("must be: Correction" if locale == "en" else "须为：更正") in page.words
    assert "日期写错" + NASTY in page.words


def test_headings_inside_a_statement_lie_below_its_title(incidents: Incidents, desk: Desk):
    desk.answer("report", "submit", **REPORT)
    desk.answer("approve_report", "approve")
    body = "## 一、情况\n\n### 细目\n\n#### 小项\n\n写着 <h2>标题</h2> 的字"
    desk.answer("draft_statement", "submit", **{**STATEMENT, "body": body})
    page = incidents.page(desk.number)
    _is_sound(page)
    levels = {words.strip(): level for level, words in page.headings}
    assert [levels[each] for each in ("文本", "对外情况说明", STATEMENT["title"])] == [2, 3, 3]
    assert [levels[each] for each in ("一、情况", "细目", "小项")] == [4, 5, 6]
    assert "写着 <h2>标题</h2> 的字" in page.words
