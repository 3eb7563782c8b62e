"""Correcting (更正) and withdrawing (撤回): what is public and wrong is answered in public again.

Deciding it changes nothing that the public reads: the incident goes back to `statement`, where the next text must be
the correction or the withdrawal. It is signed like any statement, by everybody whom the present severity asks for, then
published and looked at; what it corrects or withdraws stays on the page, marked.
"""

from __future__ import annotations

from yingda.domain import life, speech
from yingda.domain.documents import StatementKind
from yingda.domain.errors import FieldsRefused
from yingda.domain.life import DocumentKind, Stage
from yingda.domain.speech import N_
from yingda.services import asking, clocking, passing, published, speaking
from yingda.services.case import Case
from yingda.services.published import Published

_DECIDED = {
    StatementKind.CORRECTION: ("correction_decided", N_("更正", "correcting")),
    StatementKind.WITHDRAWAL: ("withdrawal_decided", N_("撤回", "correcting")),
}
"""The event of each, and its name."""


def correct(case: Case, reason: str, actor: str) -> None:
    """Decide that the statement that stands is corrected in public.

    :raises NotNow: nothing is public, it is still being handled, one is under way, or the incident was merged
    :raises FieldsRefused: no reason
    """
    _decide(case, StatementKind.CORRECTION, reason, actor)


def withdraw(case: Case, reason: str, actor: str) -> None:
    """Decide that the statement that stands is withdrawn in public.

    :raises NotNow: as `correct`; or what stands is a withdrawal already
    :raises FieldsRefused: no reason
    """
    _decide(case, StatementKind.WITHDRAWAL, reason, actor)


def _decide(case: Case, kind: StatementKind, reason: str, actor: str) -> None:
    wrong = _wrong_statement(case, kind)
    reason = reason.strip()
    if not reason:
        raise FieldsRefused({"reason": speech.said("必填", case.speaks)})
    case.record(_DECIDED[kind][0], actor, sha256=wrong.revision.sha256, reason=reason)
    if case.incident.stage is Stage.VERIFICATION:
        # An interim word is public while the unit verifies on: its correction comes first, then the report goes on.
        clocking.start_further(case)
    else:
        passing.reopen(case, Stage.STATEMENT, reason, actor)
    case.incident.wanted_statement = kind
    case.incident.wanted_reason = reason


def _wrong_statement(case: Case, kind: StatementKind) -> Published:
    """Return the statement that the public reads now, if it may be corrected or withdrawn.

    :raises NotNow: says why not, and what to do
    """
    incident = case.incident
    number, stage = incident.number, life.label(incident.stage, case.speaks)
    what = speech.said(_DECIDED[kind][1], case.speaks)
    speaking.refuse_if_merged(case)
    standing = published.newest(case.session, incident.id)
    if standing is None:
        raise case.not_now(
            "%(number)s 没有已发布的说明，无可%(what)s。还在办理的，请签发人退回修改；已办结的，请重新办理。",
            number=number,
            what=what,
        )
    under_way = _under_way(case)
    if under_way is not None:
        going_on = speech.said(_DECIDED[under_way][1], case.speaks)
        raise case.not_now(
            "%(number)s 的%(going_on)s正在办理（%(stage)s），现在不能再%(what)s。请等它发布；要改"
            "文字，请签发人退回修改。",
            number=number,
            going_on=going_on,
            stage=stage,
            what=what,
        )
    if not incident.stage.is_past(Stage.LIVE_CHECK) and incident.stage is not Stage.VERIFICATION:
        raise case.not_now(
            "%(number)s 还在办理（%(stage)s），现在不能%(what)s。请等这次的说明发布并核验后再办。",
            number=number,
            stage=stage,
            what=what,
        )
    if kind is StatementKind.WITHDRAWAL and standing.kind is StatementKind.WITHDRAWAL:
        raise case.not_now(
            "%(number)s 的说明《%(title)s》本身就是撤回声明，原说明已经撤回。要另行说明，请重新办理。",
            number=number,
            title=standing.title,
        )
    return standing


def _under_way(case: Case) -> StatementKind | None:
    """Return which of the two was decided and is not public and seen yet."""
    incident = case.incident
    if incident.wanted_statement in _DECIDED:
        return incident.wanted_statement
    if incident.stage in (Stage.STATEMENT_APPROVAL, Stage.PUBLICATION, Stage.LIVE_CHECK):
        # One channel has it, so it is wanted no more; others, or the look at the page, may take longer.
        latest = asking.latest_revision(case, DocumentKind.STATEMENT)
        kind = StatementKind(latest.content["kind"]) if latest is not None else None
        return kind if kind in _DECIDED else None
    return None
