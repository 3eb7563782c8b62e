"""Lettering: correction requests to outlets (更正请求) and referrals to authorities (移送).

The only way to one is a claim of fact that an approved report refutes, with evidence, on a ground that policy lists
(key `letters`). The office director decides each; nobody decides on a report of their own. The letter is generated, in
the office's name; people send it and record that they did. The system sends it nowhere.

proposed → refused | approved → sent | not sent. What was approved is kept by its SHA-256 before the files are written;
`write_letters` writes them after the commit, and again wherever they are missing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain import life, roles, speech
from yingda.domain.acts import ProposeLetter
from yingda.domain.calendar import shanghai_date
from yingda.domain.errors import FieldsRefused, NotNow, NotYours
from yingda.domain.forms import ApproveLetter, LetterNotSent, LetterSent, RefuseLetter
from yingda.domain.life import DocumentKind, LetterState, Outcome, RequestKind
from yingda.domain.roles import Role
from yingda.services import asking, naming, speaking
from yingda.services.case import Case
from yingda.settings import Settings
from yingda.store.models import Decision, Incident, OutsideLetter, Request, Revision
from yingda.transports import letter_files
from yingda.transports.errors import TransportError
from yingda.transports.letter_files import Contents, Letter

Transaction = Callable[[], AbstractContextManager[Session]]

_ABOUT = "letter:"
_NOT_HERE = (Outcome.DISMISSED, Outcome.MERGED)
"""How an incident ends that no letter can rest on."""

_DECIDING = (Role.OFFICE_DIRECTOR, Role.OFFICE_DEPUTY)
"""Who decides; the deputy only where the director wrote the report, or nobody is there to stand in for them."""


def propose(case: Case, given: ProposeLetter, actor: str) -> None:
    """Propose a letter about a claim that the newest report refutes, and ask the office director.

    :raises NotNow: merged or dismissed, no approved report, the same letter is there already, or the claim was refused
        on this very report and evidence
    :raises FieldsRefused: a claim that the report does not name as untrue, or a ground that policy does not list
    """
    speaking.refuse_if_merged(case)
    report = _approved_report(case)
    if report is None:
        raise NotNow(_why_no_report(case))
    wrong: dict[str, str] = {}
    if given.claim not in _refuted(report):
        wrong["claim"] = _why_not_refuted(case)
    rule = case.settings.policy.letters[given.kind]
    ground = next((one for one in rule.grounds if one.id == given.ground), None)
    if ground is None:
        allowed = ", ".join(one.id for one in rule.grounds)
        kind = life.label(given.kind, case.speaks)
        wrong["ground"] = speech.said(
            "不能作为%(kind)s的事由，只能是：%(allowed)s", case.speaks, kind=kind, allowed=allowed
        )
    if wrong or ground is None:
        raise FieldsRefused(wrong)
    _refuse_the_same_again(case, given, report)
    last = case.session.scalar(
        select(func.max(OutsideLetter.number)).where(OutsideLetter.incident_id == case.incident.id)
    )
    letter = OutsideLetter(
        incident_id=case.incident.id,
        number=(last or 0) + 1,
        kind=given.kind,
        state=LetterState.PROPOSED,
        recipient=given.recipient,
        claim=given.claim,
        refutation=given.refutation,
        evidence=list(given.evidence),
        ground=ground.id,
        ground_text=ground.label(case.settings.locale),
        revision_id=report.id,
        proposed_by=actor,
        proposed_at=case.now,
    )
    case.session.add(letter)
    case.session.flush()
    case.record(
        "letter_proposed",
        actor,
        letter=letter.number,
        letter_kind=letter.kind.value,
        ground=letter.ground,
        report_sha256=report.sha256,
    )
    _ask_for_decision(case, letter)


def see_to_letters(case: Case) -> None:
    """See to it that somebody is asked for each letter that is to be decided or sent; safe to call again."""
    for letter in of_incident(case):
        if letter.state is LetterState.PROPOSED and case.incident.outcome not in _NOT_HERE:
            _ask_for_decision(case, letter)
        elif letter.state is LetterState.APPROVED:
            _ask_to_send(case, letter)


def approved(case: Case, request: Request, answer: ApproveLetter, actor: str) -> None:
    """The director stands for the letter: it is put into words, and somebody is asked to send it.

    :raises FieldsRefused: the newest report was not approved, or does not refute the claim any more
    :raises NotYours: they wrote the report
    """
    letter = of_request(case.session, request)
    _refuse_author(case, letter, actor)
    report = _approved_report(case)
    if report is None:
        until = speech.said("；请在报告获批后再审定", case.speaks)
        raise FieldsRefused({"action": _why_no_report(case) + until})
    if letter.claim not in _refuted(report):
        so = speech.said("；请不予发函", case.speaks)
        raise FieldsRefused({"action": _why_not_refuted(case) + so})
    letter.state, letter.decided_by, letter.decided_at = LetterState.APPROVED, actor, case.now
    letter.sha256 = _in_words(case.session, letter, case.incident, case.settings).sha256
    case.session.flush()
    case.record("letter_approved", actor, letter=letter.number, sha256=letter.sha256, comment=answer.comment or None)
    _ask_to_send(case, letter)


def refused(case: Case, request: Request, answer: RefuseLetter, actor: str) -> None:
    """The director refuses; the claim may be proposed again with a new report or other evidence.

    :raises NotYours: they wrote the report
    """
    letter = of_request(case.session, request)
    _refuse_author(case, letter, actor)
    letter.state, letter.decided_by, letter.decided_at = LetterState.REFUSED, actor, case.now
    case.record("letter_refused", actor, letter=letter.number, comment=answer.comment)


def sent(case: Case, request: Request, answer: LetterSent, actor: str) -> None:
    """People sent it.

    :raises FieldsRefused: a drill's letter is never sent; or it was sent before it was approved
    """
    letter = of_request(case.session, request)
    if case.incident.drill:
        raise FieldsRefused({"action": speech.said("演练：不得送出", case.speaks)})
    if letter.decided_at is not None and answer.when + speaking.AS_TYPED <= letter.decided_at:
        when = rendering.local(letter.decided_at)
        said = speech.said("不能早于批准时间（%(when)s）", case.speaks, when=when)
        raise FieldsRefused({"when": said})
    letter.state, letter.sent_at, letter.sent_how = LetterState.SENT, answer.when.astimezone(UTC), answer.how
    case.record("letter_sent", actor, letter=letter.number, when=answer.when.isoformat(), sha256=letter.sha256)


def not_sent(case: Case, request: Request, answer: LetterNotSent, actor: str) -> None:
    """It was not sent after all; that ends it."""
    letter = of_request(case.session, request)
    letter.state = LetterState.NOT_SENT
    case.record("letter_not_sent", actor, letter=letter.number, comment=answer.comment)


def write_letters(transaction: Transaction, house: Settings, incident_no: str | None = None) -> list[str]:
    """Write the files of approved letters that are not there as they were approved; the others are left alone.

    :param incident_no: only those of one incident
    :return: a sentence for each letter that could not be written; calling again tries again
    """
    owed: list[tuple[str, Letter]] = []
    problems: list[str] = []
    with transaction() as session:
        query = select(OutsideLetter, Incident).join(Incident, OutsideLetter.incident_id == Incident.id)
        query = query.where(OutsideLetter.sha256.is_not(None)).order_by(OutsideLetter.id)
        if incident_no is not None:
            query = query.where(Incident.number == incident_no)
        for letter, incident in session.execute(query):
            number = number_of(letter, incident)
            if letter_files.is_whole(folder_of(house), number, letter.sha256 or ""):
                continue
            words = _in_words(session, letter, incident, house)
            if words.sha256 == letter.sha256:
                owed.append((number, words))
            else:
                problems.append(
                    f"The letter {number} cannot be written as it was approved: the roster or the templates have"
                    f" changed since. Put {folder_of(house) / number}.txt and .html back from a backup."
                )
    for number, words in owed:
        try:
            letter_files.write(folder_of(house), number, words)
        except TransportError as failed:
            problems.append(failed.message)
    return problems


def of_incident(case: Case) -> list[OutsideLetter]:
    """Return the letters of the incident, in the order of their numbers."""
    return list(
        case.session.scalars(
            select(OutsideLetter).where(OutsideLetter.incident_id == case.incident.id).order_by(OutsideLetter.number)
        )
    )


def number_of(letter: OutsideLetter, incident: Incident) -> str:
    """Return the number a letter carries, `YQCZBG-2026-001-1`."""
    return f"{incident.number}-{letter.number}"


def folder_of(house: Settings) -> Path:
    """Return the folder of the letters."""
    return house.home / "letters"


def is_about(request: Request) -> bool:
    """Tell whether a request is about a letter."""
    return request.about.startswith(_ABOUT)


def of_request(session: Session, request: Request) -> OutsideLetter:
    """Return the letter that a request is about."""
    return session.scalars(
        select(OutsideLetter).where(
            OutsideLetter.incident_id == request.incident_id,
            OutsideLetter.number == int(request.about.removeprefix(_ABOUT)),
        )
    ).one()


def _ask_for_decision(case: Case, letter: OutsideLetter) -> None:
    """Ask the first of those who decide in whose role somebody but the report's author is there."""
    kind, about = RequestKind.DECIDE_LETTER, f"{_ABOUT}{letter.number}"
    author = case.session.get_one(Revision, letter.revision_id).author_id
    may = {
        role: [
            person
            for person in speaking.people((role,), case.incident, case.settings, case.now)
            if person.officer.id != author
        ]
        for role in _DECIDING
    }
    standing = asking.open_request(case, kind, about=about)
    role = standing.role if standing is not None else next((one for one in _DECIDING if may[one]), _DECIDING[0])
    asking.ask(case, kind, role=role, about=about, people=may[role])


def _ask_to_send(case: Case, letter: OutsideLetter) -> None:
    if case.incident.drill:
        return
    kind, about = RequestKind.SEND_LETTER, f"{_ABOUT}{letter.number}"
    # Policy may name another role meanwhile; a letter is sent once, so nobody else is asked beside.
    standing = asking.open_request(case, kind, about=about)
    role = standing.role if standing is not None else case.settings.policy.letters[letter.kind].sent_by
    asking.ask(case, kind, role=role, about=about)


def _refuse_author(case: Case, letter: OutsideLetter, actor: str) -> None:
    if case.session.get_one(Revision, letter.revision_id).author_id == actor:
        raise NotYours("author")


def _approved_report(case: Case) -> Revision | None:
    """Return the newest report if a branch leader stands for this very text, None otherwise."""
    report = asking.latest_revision(case, DocumentKind.REPORT)
    if report is None or case.incident.outcome in _NOT_HERE:
        return None
    signed = any(
        signature.role is Role.BRANCH_LEADER and signature.sha256 == report.sha256
        for signature in asking.signers(case, report)
    )
    return report if signed else None


def _refuted(report: Revision) -> tuple[str, ...]:
    return tuple(report.content.get("refuted") or ())


def _why_no_report(case: Case) -> str:
    number = case.incident.number
    if case.incident.outcome in _NOT_HERE:
        what = life.label(case.incident.outcome, case.speaks)
        return f"{number}: {what}" if case.speaks == "en" else f"{number} {what}"
    if asking.latest_revision(case, DocumentKind.REPORT) is None:
        return speech.said("%(number)s 还没有核查报告", case.speaks, number=number)
    return speech.said("%(number)s 最新的核查报告尚未经分管领导批准", case.speaks, number=number)


def _why_not_refuted(case: Case) -> str:
    return speech.said("最新获批的核查报告没有把这一说法列为不属实", case.speaks)


def _refuse_the_same_again(case: Case, given: ProposeLetter, report: Revision) -> None:
    """Refuse what is being decided, what was approved for the same recipient, and what was refused for want of more."""
    for earlier in of_incident(case):
        if earlier.claim != given.claim:
            continue
        same = (earlier.kind, _plain(earlier.recipient)) == (given.kind, _plain(given.recipient))
        more = earlier.revision_id != report.id or not set(given.evidence) <= set(earlier.evidence)
        number, when = number_of(earlier, case.incident), rendering.local(earlier.decided_at or earlier.proposed_at)
        if same and earlier.state is LetterState.PROPOSED:
            raise NotNow(
                speech.said(
                    "%(number)s 就同一说法、发给同一单位，%(when)s 已提请，正待审定，不必重复提请。",
                    case.speaks,
                    number=number,
                    when=when,
                )
            )
        if same and earlier.state in (LetterState.APPROVED, LetterState.SENT) and not more:
            raise NotNow(
                speech.said(
                    "%(number)s 就同一说法、发给同一单位，%(when)s 已批准。须有新的核查报告或新的证据，才能再次提请。",
                    case.speaks,
                    number=number,
                    when=when,
                )
            )
        if earlier.state is LetterState.REFUSED and not more:
            raise NotNow(
                speech.said(
                    "%(number)s 就同一说法提请，%(when)s 未获批准。须有新的核查报告或新的证据，才能再次提请。",
                    case.speaks,
                    number=number,
                    when=when,
                )
            )


def _plain(words: str) -> str:
    return "".join(words.split()).casefold()


def as_approved(session: Session, letter: OutsideLetter, incident: Incident, house: Settings) -> str | None:
    """Return the text whose SHA-256 was approved, None where it is not to be had any more."""
    if letter.sha256 is None:
        return None
    words = _in_words(session, letter, incident, house)
    if words.sha256 == letter.sha256:
        return words.text
    return letter_files.read(folder_of(house), number_of(letter, incident), letter.sha256)


def _in_words(session: Session, letter: OutsideLetter, incident: Incident, house: Settings) -> Letter:
    """Put a decided letter into words: always the same ones, as long as roster, templates and language stay."""
    house = house.for_the_record()
    decision, role = session.execute(
        select(Decision, Request.role)
        .join(Request, Decision.request_id == Request.id)
        .where(
            Request.incident_id == letter.incident_id,
            Request.kind == RequestKind.DECIDE_LETTER,
            Request.about == f"{_ABOUT}{letter.number}",
        )
        .order_by(Decision.id.desc())
        .limit(1)
    ).one()
    english = house.locale == "en"
    who = naming.officer(decision.officer_id, house).name
    if decision.deputy_for:
        absent = naming.officer(decision.deputy_for, house).name
        who = speech.said("%(who)s（代%(absent)s）", house.locale, who=who, absent=absent)
    title = roles.label(role, house.locale)
    contents = Contents(
        number=number_of(letter, incident),
        kind=letter.kind,
        day=shanghai_date(decision.at),
        office_name=house.roster.office.name_en if english else house.roster.office.name,
        phone=house.roster.office.phone,
        recipient=letter.recipient,
        claim=letter.claim,
        refutation=letter.refutation,
        evidence=tuple(letter.evidence),
        ground=letter.ground_text,
        decided_by=f"{title}, {who}" if english else f"{title} {who}",
        drill=incident.drill,
    )
    return letter_files.compose(contents, house.locale)
