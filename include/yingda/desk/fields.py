"""Fields: the forms of domain/forms.py as a page shows them, and what a page sends read back into an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from yingda.domain import acts, forms, hazards, life, severity, speech
from yingda.domain.calendar import SHANGHAI
from yingda.domain.documents import StatementKind
from yingda.domain.fields import Answer, CommitmentMade, field_label
from yingda.domain.hazards import Risk
from yingda.domain.life import REOPENING_STAGES, DocumentKind, LeadOrigin, LetterKind, RequestKind
from yingda.domain.severity import Severity, Topic
from yingda.domain.speech import N_
from yingda.services import naming
from yingda.services.briefing import Brief, DocumentShown
from yingda.settings import Settings

NOTHING_IF_EMPTY = frozenset({"moment", "statement_kind"})
"""Fields that a browser sends empty where a program would leave them out."""

EMPTY_ROWS = 3
MOST_ROWS = 30
MOST_FIELDS = 400


@dataclass(frozen=True)
class Choice:
    """One entry of a list to choose from."""

    value: str
    label: str


@dataclass(frozen=True)
class Field:
    """One field of a form as it is shown.

    :param name: what the browser sends it as
    :param value: what stands in it, as typed
    :param remark: what was said of it when the text came back
    :param rows: the rows of a field that holds several commitments
    """

    name: str
    label: str
    widget: str
    required: bool
    value: str
    error: str | None
    longest: int | None
    remark: str | None = None
    choices: tuple[Choice, ...] = ()
    rows: tuple[tuple[Field, ...], ...] = ()


@dataclass(frozen=True)
class Form:
    """One way to answer: its button and its fields.

    :param wrong: it was just refused
    :param begun: something was typed into it already
    """

    action: str
    button: str
    fields: tuple[Field, ...]
    wrong: bool
    begun: bool = False


def shown(
    brief: Brief, house: Settings, typed: Mapping[str, Any] | None = None, wrong: Mapping[str, str] | None = None
) -> tuple[Form, ...]:
    """Return the forms of a request, the usual one first.

    :param typed: an answer that was refused, or a draft: `action` and its fields; kept as it was typed
    :param wrong: message by field of that answer
    """
    typed, wrong = typed or {}, wrong or {}
    made = []
    for action in brief.actions:
        begun = typed.get("action") == action
        values = typed if begun else _begun(brief, action, house)
        form = forms.FORMS[brief.kind][action]
        said = _said_of(brief) if action == "submit" else {}
        fields = tuple(
            replace(field, remark=said.get(field.name))
            for field in _fields(form, "", values, wrong if begun else {}, house, _narrowed(brief, house))
            if field.widget != forms.CODE or brief.context.second_factor.channel is not None
        )
        made.append(Form(action, forms.button(brief.kind, action, house.speaks), fields, begun and bool(wrong), begun))
    return tuple(made)


def received(body: bytes) -> dict[str, str]:
    """Read what a form sent; of a field sent twice the last counts.

    :raises ValueError: far too many fields
    """
    pairs = parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    return {name: one_ending(value) for name, value in pairs}


def one_ending(value: str) -> str:
    """Return a text whose lines all end alike, however the browser ends them."""
    return value.replace("\r\n", "\n").replace("\r", "\n")


def answer_of(kind: RequestKind, sent: Mapping[str, str]) -> dict[str, Any]:
    """Return the answer that a form holds: what the same answer would be in JSON, empty rows left out."""
    action = sent.get("action", "")
    answer: dict[str, Any] = {"action": action, "revision_sha256": sent.get("revision_sha256") or None}
    form = forms.FORMS[kind].get(action)
    if form is None:
        return answer
    return answer | given(form, sent)


def given(form: type[BaseModel], sent: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a form out of what a browser sent: what they would be in JSON, empty rows left out."""
    found: dict[str, Any] = {}
    for name, field in form.model_fields.items():
        widget = _widget(field)
        if widget == "commitments":
            found[name] = list(_rows_of(name, sent))
        elif name not in sent or (widget in NOTHING_IF_EMPTY and not sent[name].strip()):
            continue
        elif widget == "lines":
            found[name] = [line.strip() for line in sent[name].splitlines() if line.strip()]
        else:
            found[name] = sent[name]
    return found


def of_act(name: str, house: Settings, typed: Mapping[str, Any], wrong: Mapping[str, str], **lists: Any) -> Form:
    """Return the form of an act on an incident; see `of_form`."""
    return of_form(acts.ACTS[name], name, house, typed, wrong, **lists)


def of_form(
    form: type[Answer], name: str, house: Settings, typed: Mapping[str, Any], wrong: Mapping[str, str], **lists: Any
) -> Form:
    """Return a form as it is shown.

    :param name: what it is told apart by
    :param typed: what stands in it: what was typed and refused, kept as it was, or what it begins with
    :param wrong: message by field
    :param lists: choices by widget, where they are not always the same
    """
    shown_fields = tuple(_fields(form, "", typed, wrong, house, lists))
    return Form(name, speech.said(form.labels, house.speaks), shown_fields, bool(wrong))


def _rows_of(name: str, sent: Mapping[str, str]) -> Iterable[dict[str, str]]:
    for position in range(MOST_ROWS):
        row = {part: sent.get(f"{name}-{position}-{part}", "") for part in CommitmentMade.model_fields}
        if any(value.strip() for value in row.values()):
            # A moment left out is "required"; an empty one would be "no date".
            yield {part: value for part, value in row.items() if part != "due" or value.strip()}


def _begun(brief: Brief, action: str, house: Settings) -> Mapping[str, Any]:
    """Return what stands in a form before anybody typed: what came back to be changed, or what can be built on."""
    if action != "submit":
        return {}
    report = _document(brief, DocumentKind.REPORT)
    statement = _document(brief, DocumentKind.STATEMENT)
    if brief.kind is RequestKind.REPORT and brief.context.comments and report is not None:
        return report.content
    if brief.kind is RequestKind.DRAFT_STATEMENT:
        if brief.context.comments and statement is not None:
            return statement.content
        about = brief.context.incident.title
        title = speech.said("关于“%(about)s”的情况说明", house.speaks, about=about)
        coming = brief.context.next_statement
        return {
            "kind": StatementKind.FINAL.value,
            "title": title[:200],
            "body": report.content["wording"] if report is not None else "",
            **(coming.begins if coming is not None else {}),
        }
    return {}


def _said_of(brief: Brief) -> Mapping[str, str]:
    """Return what was said of each field when the text came back."""
    return {name: said for remark in brief.context.comments for name, said in remark.by_field.items()}


def _narrowed(brief: Brief, house: Settings) -> dict[str, tuple[Choice, ...]]:
    """Return the choices by widget that depend on where the incident stands."""
    coming = brief.context.next_statement
    if coming is None:
        return {}
    words = statement_kind_labels(house.speaks)
    return {"statement_kind": tuple(Choice(kind.value, words[kind]) for kind in coming.kinds)}


def _document(brief: Brief, kind: DocumentKind) -> DocumentShown | None:
    return next((document for document in brief.context.documents if document.kind is kind), None)


def _fields(
    form: type[BaseModel],
    prefix: str,
    values: Mapping[str, Any],
    wrong: Mapping[str, str],
    house: Settings,
    lists: Mapping[str, tuple[Choice, ...]] | None = None,
) -> Iterable[Field]:
    """Yield the fields of a form; `prefix` is `commitments-0-` in a row, and `commitments.0.` in messages."""
    for name, field in form.model_fields.items():
        place = prefix.replace("-", ".") + name
        value = values.get(name)
        widget = _widget(field)
        rows: tuple[tuple[Field, ...], ...] = ()
        if widget == "commitments":
            kept = value if isinstance(value, list) else []
            more = min(EMPTY_ROWS, MOST_ROWS - len(kept)) if len(kept) < MOST_ROWS else 0
            rows = tuple(
                tuple(_fields(CommitmentMade, f"{prefix}{name}-{position}-", row, wrong, house))
                for position, row in enumerate([*kept, *({} for _ in range(more))])
            )
        yield Field(
            name=prefix + name,
            label=field_label(form, name, house.speaks),
            widget=widget,
            # The rows after the last need not be filled in, so the browser must not insist.
            required=(field.is_required() and not prefix) or widget == forms.CODE,
            value=_typed(widget, value),
            error=_message(place, widget, wrong),
            longest=next((m.max_length for m in field.metadata if hasattr(m, "max_length")), None),
            choices=(lists or {}).get(widget) or _choices(widget, house),
            rows=rows,
        )


def _message(place: str, widget: str, wrong: Mapping[str, str]) -> str | None:
    if place in wrong:
        return wrong[place]
    if widget == "lines":
        parts = [(key.rpartition(".")[2], said) for key, said in wrong.items() if key.startswith(f"{place}.")]
        return "; ".join(f"{int(line) + 1}: {said}" for line, said in parts if line.isdigit()) or None
    return None


def _widget(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    return str(extra["widget"]) if isinstance(extra, dict) else "line"


def _typed(widget: str, value: Any) -> str:
    # A code is typed anew each time.
    if value is None or widget in ("commitments", forms.CODE):
        return ""
    if widget == "lines":
        return "\n".join(str(line) for line in value)
    if widget == "moment":
        return _shanghai(str(value))
    return str(value)


def _shanghai(value: str) -> str:
    """Write a stored moment as a date field wants it, in Shanghai time; what was typed stays as it is."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if moment.tzinfo is None else f"{moment.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def _choices(widget: str, house: Settings) -> tuple[Choice, ...]:
    english = house.speaks == "en"
    if widget == "unit":
        return (Choice("", "–"), *(Choice(unit.id, unit.name) for unit in naming.units(house)))
    if widget == "statement_kind":
        return tuple(Choice(kind.value, speech.said(STATEMENT_KINDS[kind], house.speaks)) for kind in StatementKind)
    if widget == "officer":
        named = (Choice(one.id, one.name_en if english else one.name) for one in house.roster.officers)
        return (Choice("", "–"), *named)
    if widget == "severity":
        return tuple(Choice(one.value, severity.label(one, house.speaks)) for one in Severity)
    if widget == "reopening_stage":
        return tuple(Choice(one.value, life.label(one, house.speaks)) for one in reversed(REOPENING_STAGES))
    if widget == "letter_kind":
        return tuple(Choice(one.value, life.label(one, house.speaks)) for one in LetterKind)
    if widget == "official_account":
        return tuple(Choice(one.id, one.label(house.speaks)) for one in house.policy.official_accounts)
    if widget == "topic":
        return (Choice("", "–"), *(Choice(one.value, severity.label(one, house.speaks)) for one in Topic))
    if widget == "risk":
        return tuple(Choice(one.value, hazards.label(one, house.speaks)) for one in Risk)
    if widget == "lead_origin":
        return tuple(Choice(one.value, life.label(one, house.speaks)) for one in LeadOrigin)
    if widget == "yes_no":
        return (Choice("false", speech.said("否", house.speaks)), Choice("true", speech.said("是", house.speaks)))
    if widget == "ground":
        return tuple(
            Choice(
                one.id,
                speech.said(
                    "%(what)s：%(text)s",
                    house.speaks,
                    what=life.label(kind, house.speaks),
                    text=one.label(house.speaks),
                ),
            )
            for kind, rule in house.policy.letters.items()
            for one in rule.grounds
        )
    return ()


STATEMENT_KINDS: Mapping[StatementKind, str] = {
    StatementKind.FINAL: N_("情况说明（最终）"),
    StatementKind.HOLDING: N_("阶段性说明（暂不能办结，列出时间表）"),
    StatementKind.CORRECTION: N_("更正"),
    StatementKind.WITHDRAWAL: N_("撤回"),
}


def statement_kind_labels(locale: str) -> dict[str, str]:
    """Return the words for the kinds of statement."""
    return {kind.value: speech.said(words, locale) for kind, words in STATEMENT_KINDS.items()}


def told(kind: RequestKind, action: str, given: Mapping[str, Any], house: Settings) -> list[tuple[str, str]]:
    """Return an answer that was given as pairs of label and text; what was left empty is left out."""
    pairs = []
    form = forms.FORMS[kind][action]
    for name, field in form.model_fields.items():
        text = _told(_widget(field), given.get(name), house)
        if text:
            pairs.append((field_label(form, name, house.speaks), text))
    return pairs


def _told(widget: str, value: Any, house: Settings) -> str:
    if not value:
        return ""
    if widget == "unit":
        return naming.unit(str(value), house).name
    if widget == "officer":
        return naming.officer(str(value), house).name
    if widget == "statement_kind":
        return statement_kind_labels(house.speaks).get(str(value), str(value))
    if widget == "moment":
        return _shanghai(str(value)).replace("T", " ")
    if widget == "commitments":
        return "\n".join(
            f"{_shanghai(str(row['due'])).replace('T', ' ')}  {naming.unit(row['unit'], house).name}  {row['text']}"
            for row in value
        )
    return _typed(widget, value)
