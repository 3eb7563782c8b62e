"""Signing (签发): the chain of the present severity, one after the other, under exactly the text to be published."""

from __future__ import annotations

from sqlalchemy import select

from yingda.domain.clocks import ClockKind
from yingda.domain.documents import sha256_of
from yingda.domain.errors import NotYours
from yingda.domain.forms import NoPublication, Return, Sign, Statement
from yingda.domain.life import DocumentKind, Outcome, RequestKind, Stage
from yingda.domain.roles import Role
from yingda.domain.signatures import Flaw, flaws, missing
from yingda.domain.work_group import GroupEvent
from yingda.services import alerting, asking, clocking, confirming, published, telling, writing
from yingda.services.case import Case
from yingda.store.models import Addressee, Decision, Request, Revision, Signature


def see_to_draft(case: Case) -> None:
    """Step `statement`: the duty officer drafts it from the report."""
    asking.ask(case, RequestKind.DRAFT_STATEMENT, clock=clocking.public(case))


def see_to_signatures(case: Case) -> None:
    """Step `statement_approval`: the next role of the chain is asked; with all of them there, the text may go."""
    revision = asking.latest_revision(case, DocumentKind.STATEMENT)
    if revision is None:
        case.move(Stage.STATEMENT)
        return
    owed = missing(chain(case), revision.sha256, asking.signers(case, revision))
    for request in asking.open_requests(case):
        if request.kind is RequestKind.SIGN_STATEMENT and (not owed or request.role is not owed[0]):
            asking.withdraw(case, request, "not_owed_now")
    if owed:
        clock = clocking.public(case)
        asking.ask(case, RequestKind.SIGN_STATEMENT, role=owed[0], revision=revision, clock=clock)
        return
    case.record("statement_signed", sha256=revision.sha256)
    telling.wording(case, revision)
    alerting.alert(case, GroupEvent.SIGNED, f"{revision.id}")
    case.move(Stage.PUBLICATION)


def chain(case: Case) -> tuple[Role, ...]:
    """Return who must sign at the incident's present severity (policy key `signing`)."""
    return case.settings.policy.signing[case.incident.severity]


def flaws_of(case: Case, revision: Revision) -> tuple[Flaw, ...]:
    """Return what forbids publishing a revision now; its hash is computed from the text itself."""
    signatures = asking.signers(case, revision)
    return flaws(chain(case), sha256_of(revision.content), revision.author_id, signatures)


def drafted(case: Case, request: Request, answer: Statement, actor: str) -> None:
    """The statement is written; a new text starts the chain at its beginning, since nobody signed it yet."""
    writing.add_revision(case, DocumentKind.STATEMENT, actor, answer.model_dump(mode="json"))
    case.move(Stage.STATEMENT_APPROVAL, actor)


def approved(case: Case, request: Request, answer: Sign, actor: str) -> None:
    """One more person stands for the text."""
    put_signature(case, request, actor)


def returned(case: Case, request: Request, answer: Return, actor: str) -> None:
    """Back to the drafter with comments."""
    case.record("statement_returned", actor, sha256=request.revision_sha256, comment=answer.comment)
    case.move(Stage.STATEMENT, actor)


def no_publication(case: Case, request: Request, answer: NoPublication, actor: str) -> None:
    """A signer decides that this is not published; that, too, is on record with the reason.

    Where something is public already, only this further text does not go out.
    """
    case.incident.wanted_statement = case.incident.wanted_reason = None
    if published.newest(case.session, case.incident.id) is not None:
        case.incident.outcome = Outcome.PUBLISHED
        clocking.stop(case, ClockKind.FURTHER_WORD, "no_publication", actor)
        case.record("no_publication", actor, sha256=request.revision_sha256, comment=answer.comment)
        case.move(Stage.CLOSING, actor)
        return
    clocking.cancel(case, actor, answer.comment)
    asking.withdraw_all(case, "no_publication", actor=actor, keep=asking.PROMISED)
    case.incident.outcome = Outcome.NO_PUBLICATION
    case.record("no_publication", actor, sha256=request.revision_sha256, comment=answer.comment)
    case.move(Stage.CLOSING, actor)


def put_signature(case: Case, request: Request, signer_id: str) -> None:
    """Put a person's name under the text their request is about.

    :raises NotYours: it is their own text, or they signed it before; the database refuses both as well
    """
    revision = case.session.get_one(Revision, request.revision_id)
    refuse_if_involved(case, revision, signer_id)
    decision = case.session.scalars(select(Decision).where(Decision.request_id == request.id)).one()
    confirmed_by = confirming.confirmed_by(case.session, request, signer_id)
    case.session.add(
        Signature(
            revision_id=revision.id,
            sha256=revision.sha256,
            author_id=revision.author_id,
            role=request.role,
            signer_id=signer_id,
            deputy_for=decision.deputy_for,
            decision_id=decision.id,
            at=case.now,
            confirmed_by=confirmed_by,
        )
    )
    case.session.flush()
    case.record(
        "signed",
        signer_id,
        role=request.role.value,
        sha256=revision.sha256,
        request=request.public_id,
        second_channel=confirmed_by.value if confirmed_by else None,
    )


def refuse_if_involved(case: Case, revision: Revision, officer_id: str) -> None:
    """Four eyes: an author never judges their own text, nobody judges one text twice.

    :raises NotYours: says which
    """
    if officer_id == revision.author_id:
        raise NotYours("author")
    if officer_id in {signature.signer_id for signature in asking.signers(case, revision)}:
        raise NotYours("signed_before")


def is_asked(request: Request, officer_id: str) -> Addressee | None:
    """Return the officer's place among those a request was sent to, None if it was not sent to them."""
    return next((person for person in request.addressees if person.officer_id == officer_id), None)
