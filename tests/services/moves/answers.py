"""Answers: by those asked and by everybody else, right and wrong, in time and late, once and again."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy.orm import Session

from yingda.domain import forms
from yingda.domain.errors import (
    AnsweredAlready,
    FieldsRefused,
    LinkExpired,
    LinkForged,
    NotYours,
    RequestEnded,
    TextChanged,
    YingdaError,
)
from yingda.domain.life import RequestKind
from yingda.services import answering, linking
from yingda.services.answering import Claims

from . import filling, laws
from .laws import Broken
from .picture import Row, moment
from .story import Story, move, one_of, pick, sometimes
from .world import Outcome

Problems = list[type[YingdaError]]


class Answers(Story):
    """Everything that comes in through the links of the mails."""

    @move(which=pick, who=pick, action=pick, variety=pick, crash=sometimes)
    def somebody_asked_answers(self, which: int, who: int, action: int, variety: int, crash: bool) -> None:
        waiting = self.answerable()
        if waiting:
            request = one_of(waiting, which)
            self.answer(request, self.able(request), who, self._action(request, action), variety, crash=crash)

    @move(which=pick, who=pick, action=pick, variety=pick, how=pick)
    def somebody_answers_wrongly(self, which: int, who: int, action: int, variety: int, how: int) -> None:
        waiting = self.answerable()
        if waiting:
            request = one_of(waiting, which)
            self.answer(request, self.able(request), who, self._action(request, action), variety, how=how)

    @move(which=pick, who=pick, action=pick, variety=pick, how=pick)
    def anybody_answers_anything(self, which: int, who: int, action: int, variety: int, how: int) -> None:
        """Old links, other people's requests, their own texts: mostly refused, and rightly accepted at times."""
        world = self.world
        everything = list(world.picture.all("request"))
        if not everything:
            return
        request = one_of(everything[::-1], which)
        officers = [officer.id for officer in world.house.roster.officers]
        people = [one["officer_id"] for one in world.picture.addressees[request["id"]]]
        judged = request["revision_id"] and world.picture.get("revision", request["revision_id"])["author_id"]
        crowd = [*people, *([judged] if judged else []), one_of(officers, who), "nobody_we_know"]
        actions = [*forms.actions(RequestKind(request["kind"])), "approve", "submit", "frobnicate"]
        self.answer(request, crowd, who, one_of(actions, action), variety, how=how if how % 3 == 0 else None)

    @move(which=pick, changed=sometimes)
    def an_answer_comes_again(self, which: int, changed: bool) -> None:
        """The very same is the same decision; anything else comes too late. Neither changes anything."""
        world = self.world
        if not world.answers:
            return
        claims, body, decision_id = one_of(world.answers, which)
        if changed:
            body = {**body, "action": body["action"] + "?"} if which % 2 else {**body, "one_thing_more": which}
        before = world.picture
        outcome = world.move(
            f"again {'and different ' if changed else ''}{body['action']} of {claims.officer_id}",
            lambda session: self._decide(session, claims, body),
        )
        if next(before.differences(world.picture), None) is not None:
            raise Broken("a repeat changes nothing", list(before.differences(world.picture)))
        if changed and not isinstance(outcome.refused, AnsweredAlready):
            raise Broken("another answer comes too late", outcome)
        if not changed and outcome.result != decision_id:
            raise Broken("an exact repeat is the same decision", outcome)

    def answer(
        self,
        request: Row,
        crowd: Sequence[str],
        who: int,
        action: str,
        variety: int,
        *,
        how: int | None = None,
        crash: bool = False,
    ) -> Outcome:
        """Answer a request, spoilt in one way if `how` is given, and check that it was rightly taken or refused."""
        world, officer = self.world, one_of(crowd, who)
        incident = world.picture.get("incident", request["incident_id"])
        body = {"action": action, **self._filled(request, incident, action, variety)}
        body["revision_sha256"] = request["revision_sha256"]
        claims = Claims(request["public_id"], officer, request["revision_sha256"])
        wrong: Problems = []
        if how is not None:
            body, claims, wrong = self._spoilt(request, incident, body, claims, variety, how)
        repeated = [decision for said, given, decision in world.answers if (said, given) == (claims, body)]
        expected = self._objections(request, officer, str(body["action"])) + wrong
        if repeated:
            expected = [problem for problem in expected if problem is LinkExpired]
        said = {name: value for name, value in body.items() if name not in {"action", "revision_sha256"}}
        outcome = world.move(
            f"{incident['number']} {request['kind']}#{request['id']} {body['action']!r} by {officer} {said}"
            f"{' (wrong)' if wrong else ''}",
            lambda session: self._through_the_link(session, request, claims, body),
            crash=crash,
        )
        if crash and not outcome.refused:
            return outcome
        allowed = expected + self._may_be_refused(request, action)
        if outcome.done and expected:
            raise Broken("an answer was taken that should have been refused", expected, request)
        if outcome.refused and not allowed:
            raise Broken("an answer was refused that should have been taken", repr(outcome.refused), request)
        if outcome.refused and not isinstance(outcome.refused, tuple(allowed)):
            raise Broken("an answer was refused for the wrong reason", repr(outcome.refused), allowed, request)
        if repeated and outcome.result not in (None, repeated[0]):
            raise Broken("an exact repeat is the same decision", repeated, outcome)
        if outcome.done and not repeated:
            world.answers.append((claims, body, outcome.result))
            self.nothing_left_to_advance()
        self.at_rest()
        return outcome

    def _filled(self, request: Row, incident: Row, action: str, variety: int) -> dict[str, Any]:
        officers = [officer.id for officer in self.world.house.roster.officers]
        return filling.answer(
            request["kind"],
            action,
            self.world.now,
            variety,
            due=moment(request["due_at"]) if request["due_at"] else None,
            wanted=incident["wanted_statement"],
            officer=one_of(officers, variety),
        )

    def _spoilt(
        self, request: Row, incident: Row, body: dict[str, Any], claims: Claims, variety: int, how: int
    ) -> tuple[dict[str, Any], Claims, Problems]:
        """Return the answer with one thing wrong, and what it must be refused with."""
        way = how % 6
        if way == 2:
            return {**body, "action": one_of(("", "frobnicate", "publish"), how)}, claims, [FieldsRefused]
        if way == 3 and request["revision_sha256"]:
            return {**body, "revision_sha256": one_of((None, "", "0" * 64), how)}, claims, [FieldsRefused, TextChanged]
        if way == 4:
            return body, Claims(claims.request_id, claims.officer_id, "f" * 64), [LinkForged]
        if way == 5 and request["kind"] == "draft_statement":
            other = "final" if incident["wanted_statement"] == "withdrawal" else "withdrawal"
            return {**body, "kind": other}, claims, [FieldsRefused]
        given = {name: value for name, value in body.items() if name not in {"action", "revision_sha256"}}
        kept = {"action": body["action"], "revision_sha256": body["revision_sha256"]}
        return {**kept, **filling.spoilt(given, variety)}, claims, [FieldsRefused]

    def _through_the_link(self, session: Session, request: Row, claims: Claims, body: dict[str, Any]) -> int:
        """As it comes in: by the token of the mail, unless the claims are none that we ever signed."""
        world = self.world
        if claims.revision_sha256 == request["revision_sha256"]:
            sent: Any = SimpleNamespace(**{**request, "expires_at": moment(request["expires_at"])})
            claims = linking.read(world.house, linking.token(world.house, sent, claims.officer_id), world.now)
        return self._decide(session, claims, body)

    def _decide(self, session: Session, claims: Claims, body: dict[str, Any]) -> int:
        return answering.answer(session, claims, body, self.world.house, self.world.now).id

    def _objections(self, request: Row, officer: str, action: str) -> Problems:
        """Return what an answer must be refused with by the rules of contract.md; empty means it must be taken."""
        world = self.world
        asked = {one["officer_id"] for one in world.picture.addressees[request["id"]]}
        found: Problems = []
        if officer not in asked:
            found.append(LinkForged)
        if world.now > moment(request["expires_at"]).replace(microsecond=0):
            found.append(LinkExpired)
        if request["state"] == "withdrawn":
            found += [RequestEnded, TextChanged]
        if request["state"] == "answered":
            found.append(AnsweredAlready)
        if action not in self._open_actions(request):
            found.append(FieldsRefused)
        if request["kind"] in laws.JUDGING:
            revision = world.picture.get("revision", request["revision_id"])
            signed = {one["signer_id"] for one in world.picture.signatures.get(revision["id"], [])}
            if officer == revision["author_id"] or officer in signed:
                found.append(NotYours)
        return found

    def _may_be_refused(self, request: Row, action: str) -> Problems:
        """What the office may say no to for reasons of its own: a letter needs a report that still stands."""
        if request["kind"] == "decide_letter" and action == "approve":
            return [FieldsRefused]
        if request["kind"] == "send_letter" and action == "sent":
            return [FieldsRefused]
        return []

    def _open_actions(self, request: Row) -> tuple[str, ...]:
        """The actions of a kind; after the ruling, or with an interim word on its way, nothing is handed back."""
        world = self.world
        actions = forms.actions(RequestKind(request["kind"]))
        mine = {row["id"] for row in world.picture.requests[request["incident_id"]]}
        back = [
            row for row in world.picture.all("decision") if row["action"] == "hand_back" and row["request_id"] in mine
        ]
        stage = world.picture.get("incident", request["incident_id"])["stage"]
        interim = laws.STAGES.index(stage) > laws.STAGES.index("verification")
        if interim or len(back) >= world.house.policy.hand_back.ruling_after:
            return tuple(action for action in actions if action != "hand_back")
        return actions

    def answerable(self) -> list[Row]:
        """The open requests that somebody can answer now."""
        open_requests = [row for row in self.world.picture.all("request") if row["state"] == "open"]
        return [row for row in open_requests if self.able(row) and self.world.now < moment(row["expires_at"])]

    def able(self, request: Row) -> list[str]:
        """Those asked who may answer."""
        return [
            one["officer_id"]
            for one in self.world.picture.addressees[request["id"]]
            if NotYours not in self._objections(request, one["officer_id"], "")
        ]

    def _action(self, request: Row, which: int) -> str:
        return one_of(self._open_actions(request), which)
