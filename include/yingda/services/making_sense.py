"""Making sense: what a form cannot check by itself, since it takes the roster, the incident and the moment to tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from yingda.domain import acts, forms, speech
from yingda.domain.documents import StatementKind
from yingda.domain.errors import FieldsRefused, UnknownOfficer, UnknownUnit
from yingda.domain.fields import Answer, CommitmentMade
from yingda.services import examining, published
from yingda.services.case import Case
from yingda.store.models import Request


@dataclass
class Look:
    """An answer or act being looked at; `wrong` collects a message by field.

    :param request: what is answered; None for an act
    """

    case: Case
    request: Request | None = None
    wrong: dict[str, str] = field(default_factory=dict)

    def refuse(self, name: str, words: str, /, **values: object) -> None:
        """Note what is wrong with a field; the first thing said of it stands."""
        self.wrong.setdefault(name, speech.said(words, self.case.speaks, **values))

    def unit(self, name: str, value: str) -> None:
        """Refuse a unit that the roster does not know."""
        try:
            self.case.settings.roster.unit(value)
        except UnknownUnit:
            known = ", ".join(unit.id for unit in self.case.settings.roster.units)
            self.refuse(name, "没有这个单位，可选：%(known)s", known=known)

    def officer(self, name: str, value: str) -> None:
        """Refuse an officer that the roster does not know."""
        try:
            self.case.settings.roster.officer(value)
        except UnknownOfficer:
            known = ", ".join(officer.id for officer in self.case.settings.roster.officers)
            self.refuse(name, "没有这个人，可选：%(known)s", known=known)

    def ahead(self, name: str, value: datetime) -> None:
        """Refuse a moment that is over."""
        if value <= self.case.now:
            self.refuse(name, "须晚于现在")

    def behind(self, name: str, value: datetime) -> None:
        """Refuse a moment that is still to come."""
        if value > self.case.now:
            self.refuse(name, "不能晚于现在")


def check(case: Case, request: Request | None, form: Answer) -> None:
    """Check an answer, or an act where there is no request, against roster, incident and moment.

    :raises FieldsRefused: names each field that is wrong
    """
    look = Look(case, request)
    judge = _JUDGES.get(type(form))
    if judge is not None:
        judge(look, form)
    if look.wrong:
        raise FieldsRefused(look.wrong)


def _assign(look: Look, form: forms.Assign | acts.Reassign) -> None:
    look.unit("unit", form.unit)


def _hand_back(look: Look, form: forms.HandBack) -> None:
    if form.suggested_unit:
        look.unit("suggested_unit", form.suggested_unit)


def _extension(look: Look, form: forms.RequestExtension) -> None:
    limit = look.request.due_at if look.request is not None else None
    if limit is not None and form.until <= limit:
        look.refuse("until", "须晚于现在的时限")
    look.ahead("until", form.until)


def _statement(look: Look, form: forms.Statement) -> None:
    _promises(look, "commitments", form.commitments)
    wanted = look.case.incident.wanted_statement
    public = published.newest(look.case.session, look.case.incident.id)
    if wanted is not None and form.kind is not wanted:
        look.refuse("kind", "此次只能是：%(value)s", value=wanted.value)
    elif wanted is None and form.kind is StatementKind.WITHDRAWAL:
        look.refuse(
            "kind",
            "撤回须先在事件页面上决定（撤回已发布的说明）",
        )
    elif form.kind is StatementKind.CORRECTION and public is None:
        look.refuse("kind", "还没有已发布的说明可以更正")
    if form.kind is StatementKind.HOLDING and not form.commitments:
        look.refuse(
            "commitments",
            "阶段性说明须列出至少一项有时限的后续安排",
        )
    case = look.case
    found = examining.refusals(case.session, case.incident, form.model_dump(mode="json"), case.settings, case.now)
    for name, said in found.items():
        look.wrong.setdefault(name, said)


def _review(look: Look, form: forms.Review) -> None:
    _promises(look, "actions", form.actions)


def _promises(look: Look, name: str, promised: Sequence[CommitmentMade]) -> None:
    for position, promise in enumerate(promised):
        look.unit(f"{name}.{position}.unit", promise.unit)
        look.ahead(f"{name}.{position}.due", promise.due)


def _interviewee(look: Look, form: forms.StartPlan | forms.NoPlan) -> None:
    if form.interviewee:
        look.officer("interviewee", form.interviewee)


def _done(look: Look, form: forms.LetterSent | forms.EnquiryAnswered) -> None:
    look.behind("when", form.when)


_JUDGES: dict[type[Answer], Callable[[Look, Any], None]] = {
    forms.Assign: _assign,
    acts.Reassign: _assign,
    forms.HandBack: _hand_back,
    forms.RequestExtension: _extension,
    forms.Statement: _statement,
    forms.Review: _review,
    forms.StartPlan: _interviewee,
    forms.NoPlan: _interviewee,
    forms.LetterSent: _done,
    forms.EnquiryAnswered: _done,
}
