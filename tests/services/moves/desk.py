"""The desk: what those logged in do to incidents and leads, with right fields and wrong ones; and merges undone."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from yingda.desk import acting
from yingda.domain import acts, fields
from yingda.domain.feedback import Reason, Vote
from yingda.domain.leads import SETTLING, ReportLead
from yingda.domain.life import DocumentKind, Stage
from yingda.services import asking, escalating, hearing, leads, merging, moving, opening, signing
from yingda.services.case import Case, take

from . import filling, picture
from .laws import Broken
from .picture import Picture, Row
from .story import Story, either, few, move, one_of, pick, sometimes

URLS = (None, "https://example.org/thread/1", "HTTPS://Example.org/thread/1#again", "https://example.org/thread/2")
ACTOR = "account:ops"
AT_MOST = 4
"""So many incidents a story has."""


class Desk(Story):
    """Leads from wherever, every act of the incident's page, and what readers say."""

    @functools.cached_property
    def ballots(self) -> dict[str, str]:
        """The last ballot handed out for each incident."""
        return {}

    @move(severity=few, unit=few, url=few, variety=pick, urgent=either(False, True), drill=sometimes, crash=sometimes)
    def a_lead_triggers_a_run(
        self, severity: int, unit: int, url: int, variety: int, urgent: bool, drill: bool, crash: bool
    ) -> None:
        if len(self.world.picture.incidents) < AT_MOST:
            self.open(severity, unit, url, variety, urgent=urgent, drill=drill, crash=crash)

    def open(
        self, severity: int, unit: int, url: int, variety: int, *, urgent: bool, drill: bool, crash: bool = False
    ) -> None:
        """Let a run begin with a lead, as `open_incident` does."""
        world = self.world
        world.triggers += 1
        run_id = f"run-{world.triggers}"
        conf: dict[str, Any] = {
            "title": one_of(("柳溪村路灯不亮", "垃圾没人收", "办事排长队"), variety),
            "severity": one_of(("general", "major", "critical"), severity),
            "unit": one_of((None, "liuxi", "sanitation", None), unit),
            "topic": one_of((None, "sanitation", "economy"), variety),
            "source_url": one_of(URLS, url),
            "urgent": urgent,
            "drill": drill,
        }
        if variety % 17 == 16:
            conf = filling.spoilt(conf, variety)

        def come_in(session: Session) -> None:
            found = opening.open_incident(session, conf, run_id, world.house, world.now)
            moving.advance(take(session, found.incident_no, world.house, world.now))

        world.move(f"a lead: {conf}", come_in, crash=crash)
        self.at_rest()

    @move(variety=pick, bad=sometimes, crash=sometimes)
    def somebody_reports_a_lead(self, variety: int, bad: bool, crash: bool) -> None:
        world = self.world
        given = filling.lead(world.now, variety)
        if bad:
            given = filling.spoilt(given, variety)

        def report(session: Session) -> None:
            form = fields.check(ReportLead, given, world.house.locale)
            leads.report(session, form, ACTOR, world.house, world.now)

        outcome = world.move(f"report {given}", report, crash=crash)
        if bad and outcome.done:
            raise Broken("a lead with wrong fields was taken", given)
        self.at_rest()

    @move(which=pick, how=either(*SETTLING), variety=pick, crash=sometimes)
    def somebody_settles_a_lead(self, which: int, how: str, variety: int, crash: bool) -> None:
        """A new one, one that somebody settled before, or one that was dismissed and is taken up again."""
        world = self.world
        known = list(world.picture.all("reported_lead"))
        if not known or (how == "open" and len(world.picture.incidents) >= AT_MOST):
            return
        lead = one_of(known, which)
        given: dict[str, Any] = {"reason": ("", "又有人反映")[variety % 2 or how == "dismiss"]}
        if how == "join":
            numbers = [*(row["number"] for row in world.picture.incidents), "YQCZBG-1999-001"]
            given["incident_no"] = one_of(numbers, variety // 2)
        services: dict[str, Callable[..., object]] = {
            "open": leads.open_lead,
            "join": leads.join,
            "dismiss": leads.dismiss,
        }

        def settle(session: Session) -> None:
            form: Any = fields.check(SETTLING[how], given, world.house.locale)
            services[how](session, lead["public_id"], form, ACTOR, world.house, world.now)

        outcome = world.move(f"{how} lead {lead['id']} {given}", settle, crash=crash)
        again = lead["state"] == "dismissed" and given["reason"] and how != "dismiss"
        if outcome.done and lead["state"] != "new" and not again:
            raise Broken("a lead is settled once", lead)
        self.at_rest()

    @move(which=pick, name=pick, variety=pick, bad=sometimes, crash=sometimes)
    def somebody_logged_in_acts(self, which: int, name: int, variety: int, bad: bool, crash: bool) -> None:
        """Whatever the page offers, three times out of four where it makes sense."""
        makes_sense = [one for one in sorted(acting.HANDLERS) if self._fitting(one)]
        names = makes_sense if makes_sense and name % 4 else sorted(acting.HANDLERS)
        self.act(one_of(names, name // 4), which, variety, bad=bad, crash=crash)

    @move(which=pick, solved=sometimes, again=sometimes, crash=sometimes)
    def a_reader_votes(self, which: int, solved: bool, again: bool, crash: bool) -> None:
        """On what is public, with a new ballot or with the last one again."""
        world = self.world
        public = sorted({row["incident_id"] for row in world.picture.all("publication") if row["state"] == "confirmed"})
        if not public:
            return
        number = world.picture.get("incident", one_of(public, which))["number"]

        def vote(session: Session) -> None:
            about = hearing.matter(session, number)
            if about is None:
                return
            if not (again and number in self.ballots):
                self.ballots[number] = hearing.ballot(world.house, about, world.now)
            case = take(session, number, world.house, world.now)
            hearing.vote(case, self.ballots[number], Vote(solved=solved, reasons=(Reason.NOT_FIXED,)))
            moving.advance(case)

        world.move(f"a reader says that {number} is {'' if solved else 'not '}settled", vote, crash=crash)
        self.at_rest()

    @move(which=pick, variety=pick, crash=sometimes)
    def two_are_merged(self, which: int, variety: int, crash: bool) -> None:
        self.act("merge", which, variety, crash=crash)

    @move(which=pick, variety=pick, crash=sometimes)
    def a_merge_is_undone(self, which: int, variety: int, crash: bool) -> None:
        self.act("unmerge", which, variety, crash=crash)

    @move(which=pick, variety=pick, crash=sometimes)
    def one_is_regraded(self, which: int, variety: int, crash: bool) -> None:
        self.act("regrade", which, variety, crash=crash)

    def _fitting(self, name: str) -> list[Row]:
        """The incidents for which an act may make sense; for most acts those that are open."""
        now = self.world.picture
        public = {row["incident_id"] for row in now.all("publication") if row["state"] == "confirmed"}
        alone = [row for row in now.incidents if row["id"] not in now.merges]
        resting = [row for row in alone if row["stage"] in ("closing", "closed")]
        if name == "unmerge":
            return [row for row in now.incidents if row["id"] in now.merges]
        if name == "reopen":
            return resting
        if name in ("correct", "withdraw_statement"):
            return [row for row in resting if row["id"] in public]
        if name == "official_reply":
            return [row for row in now.incidents if row["id"] in public]
        if name == "letter":
            reports = [(row, now.latest(row["id"], "report")) for row in alone]
            return [row for row, report in reports if report is not None and report["content"].get("refuted")]
        if name == "merge":
            return [row for row in now.incidents if now.is_open(row) and not now.publications.get(row["id"])]
        return [row for row in now.incidents if now.is_open(row)]

    def act(self, name: str, which: int, variety: int, *, bad: bool = False, crash: bool = False) -> None:
        """Act on an incident, three times out of four on one for which that may make sense."""
        world = self.world
        fitting = self._fitting(name)
        incident = one_of(fitting if fitting and which % 4 else world.picture.incidents, which // 4)
        report = world.picture.latest(incident["id"], "report")
        refuted = report["content"].get("refuted", []) if report else []
        numbers = [*(row["number"] for row in world.picture.incidents), "YQCZBG-1999-001"]
        given = filling.act(name, world.now, variety, numbers, refuted)
        if bad:
            given = filling.spoilt(given, variety)

        def act(session: Session) -> None:
            form = fields.check(acts.ACTS[name], given, world.house.locale)
            acting.HANDLERS[name](session, incident["number"], world.house, world.now, form, ACTOR)

        outcome = world.move(f"{name} {incident['number']} {given}", act, crash=crash)
        if bad and outcome.done:
            raise Broken("an act with wrong fields was done", name, given)
        if outcome.done:
            self.nothing_left_to_advance()
        self.at_rest()

    @move(one=pick, other=pick, seconds=either(0, 61, 3_600, 20_000, 90_000))
    def what_if_they_were_merged_and_parted(self, one: int, other: int, seconds: int) -> None:
        """A merge that is undone leaves everything as if it had never been; tried out and taken back."""
        world = self.world
        source, target = self.any_number(one), self.any_number(other)
        later = world.now.__class__.fromtimestamp(world.now.timestamp() + seconds, world.now.tzinfo)

        def attend(session: Session) -> None:
            for number in (source, target):
                escalating.attend(take(session, number, world.house, later))

        def apart(session: Session) -> Picture | None:
            for number in (source, target):
                # As a merge does: what comes to be owed by looking is owed from the same moment.
                escalating.attend(take(session, number, world.house, world.now))
            attend(session)
            # Policy asks for more signatures since: the next claim would send the text back, a regrade does so at once.
            if any(_waits_unsigned(take(session, number, world.house, later)) for number in (source, target)):
                return None
            return picture.take(session)

        def there_and_back(session: Session) -> Picture | None:
            try:
                merging.merge(session, source, target, "", ACTOR, world.house, world.now)
            except Exception:
                return None
            attend(session)
            merging.unmerge(session, source, "", ACTOR, world.house, later)
            attend(session)
            return picture.take(session)

        parted = world.probe(there_and_back)
        if parted is None:
            return
        world.story.append(f"{world.now.isoformat()} what if {source} was merged into {target} for {seconds} s")
        never = world.probe(apart)
        if never is None:
            return
        for number in (source, target):
            was, now = (_owed(tables, number) for tables in (never, parted))
            if was != now:
                raise Broken("a merge undone leaves no trace in what is owed", number, was, now)


def _waits_unsigned(case: Case) -> bool:
    """Whether a text that waits to be sent lacks a signature that policy asks for by now."""
    text = asking.latest_revision(case, DocumentKind.STATEMENT)
    return case.incident.stage is Stage.PUBLICATION and text is not None and bool(signing.flaws_of(case, text))


def _owed(tables: Picture, number: str) -> dict[str, Any]:
    """What an incident is and owes, without what only the record keeps."""
    incident = tables.by_number[number]
    mine = incident["id"]
    kept = ("severity", "urgent", "stage", "unit_id", "outcome", "closed_at", "wanted_statement", "interviewee_id")
    clock = ("started_at", "due_at", "met_at", "missed_at", "cancelled_at")
    return {
        **{name: incident[name] for name in kept},
        "clocks": {
            (row["kind"], row["cycle"]): {name: row[name] for name in clock}
            for row in tables.clocks.get(mine, [])
            # What was dropped and never owed by itself may stay on record as dropped.
            if not row["cancelled_at"]
        },
        "asked": sorted(
            (row["kind"], row["role"], row["about"], row["due_at"] or "", row["revision_id"] or 0)
            for row in tables.requests.get(mine, [])
            if row["state"] == "open"
        ),
        "links": sorted(
            (row["url_key"], row["active"]) for row in tables.all("source_link") if row["incident_id"] == mine
        ),
    }
