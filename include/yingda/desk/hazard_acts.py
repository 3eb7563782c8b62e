"""What may be done to hazards over the desk, by form and by program: the same functions, each by its name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from fastapi.responses import Response
from sqlalchemy.orm import Session

from yingda import rendering, wiring
from yingda.desk import viewer
from yingda.desk.pages import say
from yingda.desk.replying import Json, rfc3339
from yingda.domain import fields as typed_fields
from yingda.domain.errors import FieldsRefused, HazardChanged, HazardNotFound, NotNow, TableRefused, YingdaError
from yingda.domain.hazard_form import ACTS, ChangeHazard, ReportHazard
from yingda.domain.hazard_table import refusal
from yingda.domain.hazards import TO
from yingda.services import hazard_desk, hazard_escalating, hazards, naming
from yingda.services.hazard_in_hand import Done

_DO: Mapping[str, Callable[..., Done]] = {
    "take_up": hazards.take_up,
    "resolve": hazards.resolve,
    "extend": hazards.extend,
    "escalate": hazard_escalating.escalate,
    "reopen": hazards.reopen,
    "change": hazards.change,
}
_MOVES = {state.value: act for act, state in TO.items()}


def report(session: Session, given: Mapping[str, Any], actor: str) -> Done:
    """Put a hazard on the register; raises as `hazards.report`, also where a field is wrong."""
    house = viewer.house()
    form = typed_fields.check(ReportHazard, given, house.speaks)
    return hazards.report(session, form, actor, house, wiring.utcnow())


def act(session: Session, hazard_id: int, name: str, given: Mapping[str, Any], actor: str, version: int | None) -> Done:
    """Do it, in the caller's transaction; raises as the service does, also where a field is wrong."""
    house = viewer.house()
    form = typed_fields.check(ACTS[name], given, house.speaks)
    return _DO[name](session, hazard_id, form, actor, house, wiring.utcnow(), version)


def patch(session: Session, hazard_id: int, given: Mapping[str, Any], actor: str) -> Done:
    """Do all that the fields ask for, in one transaction: put right, extend, and move to a state.

    `state` names the state wanted, and what that takes stands beside it: `evidence` for resolved, `reason` for
    escalated and open. `due` is another time limit and takes a `reason` too. `version` is what was read, if it matters.

    :raises FieldsRefused: names each field that is wrong; nothing was changed
    """
    left = dict(given)
    version = left.pop("version", None)
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise FieldsRefused({"version": say("须为整数")})
    done: Done | None = None
    for name, said in _steps(left):
        done = act(session, hazard_id, name, said, actor, version)
        version = None  # what comes next is done to what this one left, under the same lock
    if done is None:
        known = ", ".join(sorted({*ChangeHazard.model_fields, "due", "state"}))
        raise FieldsRefused({"body": say("没有要改的内容，可改：%(known)s", known=known)})
    return done


def _steps(left: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return what is asked for as acts with their fields, in the order in which they make sense."""
    reason = {"reason": left.pop("reason")} if "reason" in left else {}
    state = left.pop("state", None)
    move = _MOVES.get(state) if isinstance(state, str) else None
    if state is not None and move is None:
        allowed = ", ".join(_MOVES)
        raise FieldsRefused({"state": say("只能是：%(allowed)s", allowed=allowed)})
    changed = {name: left.pop(name) for name in ChangeHazard.model_fields if name in left}
    steps = [("change", changed)] if changed else []
    if "due" in left:
        steps.append(("extend", {"due": left.pop("due"), **reason}))
    if move is not None:
        own = [name for name in ACTS[move].model_fields if name in left]
        said = {name: left.pop(name) for name in own} | (reason if "reason" in ACTS[move].model_fields else {})
        # Only an open hazard can be put right.
        steps.insert(0 if move == "reopen" else len(steps), (move, said))
    if reason and not any("reason" in said for _, said in steps):
        left |= reason
    if left:
        raise FieldsRefused({name: say("这里不收此项") for name in left})
    return steps


def plain(session: Session, hazard_id: int) -> dict[str, Any]:
    """Return a hazard as it stands, as programs get it."""
    seen = hazard_desk.hazard(session, hazard_id, viewer.house(), wiring.utcnow())
    found: dict[str, Any] = json.loads(bytes(Json(seen).body))
    return found


def refused(problem: YingdaError) -> Response:
    """Return what a program is told; what is no refusal is raised again."""
    if isinstance(problem, FieldsRefused):
        return Json(problem.fields, status_code=422)
    if isinstance(problem, TableRefused):
        return Json({"file": table_words(problem)}, status_code=422)
    if isinstance(problem, HazardNotFound):
        return Json({"error": "not_found"}, status_code=404)
    if isinstance(problem, HazardChanged):
        by = naming.actor(problem.by, viewer.house())
        said = {"error": "changed", "detail": changed_words(problem), "by": by, "at": rfc3339(problem.at)}
        return Json(said, status_code=409)
    if isinstance(problem, NotNow):
        return Json({"error": "not_now", "detail": str(problem)}, status_code=409)
    raise problem


def table_words(problem: TableRefused) -> str:
    """Return why a file is not taken, with the remedy."""
    return refusal(problem.why, problem.detail, viewer.house().locale)


def changed_words(problem: HazardChanged) -> str:
    """Return who was first, and when."""
    house = viewer.house()
    by = naming.actor(problem.by, house)
    name = by.name if by is not None else say("系统")
    at = rendering.local_long(problem.at, house.speaks)
    return say(
        "%(name)s 已于 %(at)s 改动了这条隐患。请看过现在的情况后再提交。",
        name=name,
        at=at,
    )
