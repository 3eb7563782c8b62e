"""Clocks only go forward and are measured as policy says; rungs are raised in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from tests.services.moves.picture import Row, moment

from yingda.settings import Settings

from .frame import STEERED_BY_DATES, Facts, Step, span_of

GRADES = ("was", "severity")
"""The two severities that the event of a regrade names."""
DUE_CHANGES = {"clock_recomputed", "clock_extended"}


def clocks_only_go_forward(step: Step) -> Facts:
    for was in step.then.all("clock"):
        now = step.now.tables["clock"].get(was["id"])
        if now is None:
            continue  # what_was_decided_stays says when that may be
        parted = bool(step.told(was["incident_id"], "unmerged"))
        for column in ("met_at", "original_due_at", *(() if parted else ("missed_at",))):
            if was[column] is not None and now[column] != was[column]:
                yield f"{column} changed", was, now
        if moment(now["started_at"]) > moment(was["started_at"]) and not parted:
            yield "starts later", was, now
        mine = [one for one in step.told(was["incident_id"], *DUE_CHANGES) if one["data"]["clock"] == was["kind"]]
        if now["due_at"] != was["due_at"] and moment(now["due_at"]) not in {
            moment(one["data"]["due_at"]) for one in mine
        }:
            yield "due at another time, and no event says why", was, now
        if now["cancelled_at"] != was["cancelled_at"] and not parted:
            kind = "clock_resumed" if now["cancelled_at"] is None else "clock_cancelled"
            if not any(one["data"]["clock"] == was["kind"] for one in step.told(was["incident_id"], kind)):
                yield f"no event {kind}", was, now


def what_came_late_was_missed(step: Step) -> Facts:
    for clock in step.now.all("clock"):
        late = clock["met_at"] is not None and moment(clock["met_at"]) > moment(clock["due_at"])
        if late and clock["missed_at"] is None:
            yield (clock,)


def clocks_run_from_where_policy_says(step: Step) -> Facts:
    for clock in step.now.all("clock"):
        if clock["id"] in step.then.tables["clock"] or clock["kind"] in STEERED_BY_DATES:
            continue
        if any(merge["into_id"] == clock["incident_id"] for merge in step.now.all("merge")):
            continue  # measured with what others brought along: what_goes_on_as_one_is_owed_by_the_earliest
        incident = step.now.get("incident", clock["incident_id"])
        span = span_of(step, clock["kind"], incident)
        if span is None or moment(clock["due_at"]) != moment(clock["started_at"]) + span:
            yield "its length is not what policy says", clock, span
        mine = step.now.events[incident["id"]]
        assigned = [moment(one["at"]) for one in mine if one["kind"] == "assigned"]
        closed = [moment(one["at"]) for one in mine if one["kind"] == "closed"]
        starts = {
            "public_word": [moment(incident["opened_at"])],
            "press_conference": [moment(incident["opened_at"])],
            "brief_reply": assigned[:1],
            "verification": assigned[:1],
            "review": closed[-1:],
            "further_word": _owed_since(step, incident["id"]),
        }
        if [moment(clock["started_at"])] != starts[clock["kind"]]:
            yield "starts at the wrong moment", clock, starts[clock["kind"]]


def _owed_since(step: Step, incident_id: int) -> list[datetime]:
    """Now, or the day of what lapsed before anybody noted it; but not before the public last had a word."""
    noted = {one["id"] for one in step.then.all("commitment") if one["lapsed_at"]}
    lapsed = [
        moment(one["due_at"])
        for one in step.now.all("commitment")
        if (one["incident_id"], one["source"]) == (incident_id, "statement")
        and one["id"] not in noted
        and (one["lapsed_at"] or (not one["met_at"] and not one["ended_at"] and moment(one["due_at"]) <= step.at))
    ]
    standing = [one for one in step.now.all("publication") if one["incident_id"] == incident_id and one["confirmed_at"]]
    newest = max((one["revision_id"] for one in standing), default=None)
    word = [moment(one["confirmed_at"]) for one in standing if one["revision_id"] == newest]
    return [max([min([step.at, *lapsed]), *([min(word)] if word else [])])]


def a_regrade_measures_anew_from_the_start(step: Step) -> Facts:
    """Every limit that the new severity has otherwise; the others stay as they are, with all time that was granted."""
    for event in step.events:
        if event["kind"] != "regraded":
            continue
        incident = step.now.get("incident", event["incident_id"])
        if incident["outcome"] in ("dismissed", "no_publication") or step.told(incident["id"], "took_in", "unmerged"):
            continue
        for was in step.then.clocks.get(incident["id"], []):
            clock = step.now.get("clock", was["id"])
            over = was["met_at"] or (was["cancelled_at"] and was["kind"] == "further_word")
            if clock["kind"] in STEERED_BY_DATES | {"review"} or over:
                continue
            before, span = (
                span_of(step, clock["kind"], {**incident, "severity": event["data"][one]}) for one in GRADES
            )
            if before == span:
                if (was["due_at"], was["cancelled_at"]) != (clock["due_at"], clock["cancelled_at"]):
                    yield "changed, though its limit is the same", was, clock
            elif (span is None) != (clock["cancelled_at"] is not None):
                yield "owed or not, against policy", clock
            elif span is not None and moment(clock["due_at"]) != moment(clock["started_at"]) + span:
                yield "not measured anew", clock, span


def what_goes_on_as_one_is_owed_by_the_earliest(step: Step) -> Facts:
    """A merge: the source's clocks stop, the target's run from the earliest start, and are due no later than either."""
    for event in step.events:
        if event["kind"] != "merged":
            continue
        source = step.now.get("incident", event["incident_id"])
        target = step.now.by_number[event["data"]["other"]]
        grades = ["general", "major", "critical"]
        before = step.then.get("incident", target["id"])
        if target["severity"] != max(before["severity"], source["severity"], key=grades.index):
            yield "not as grave as the graver", source, target
        after = {clock["kind"]: clock for clock in step.now.clocks.get(target["id"], [])}
        for was in step.then.clocks.get(source["id"], []):
            if was["met_at"] or was["cancelled_at"] or was["kind"] in STEERED_BY_DATES:
                continue
            if step.now.get("clock", was["id"])["cancelled_at"] is None:
                yield "still runs for the source", was
            clock = after.get(was["kind"])
            if span_of(step, was["kind"], target) is None or (clock is not None and clock["met_at"]):
                continue
            if clock is None:
                if was["kind"] != "brief_reply":
                    yield "nobody owes it any more", was, target
                continue
            if clock["cancelled_at"] or moment(clock["started_at"]) > moment(was["started_at"]):
                yield "does not run from the earliest start", was, clock
            same = source["severity"] == target["severity"] and (source["urgent"] or not target["urgent"])
            if same and moment(clock["due_at"]) > moment(was["due_at"]):
                yield "due later than what was merged in", was, clock


def rungs_are_raised_in_order(step: Step) -> Facts:
    moments: dict[int, datetime] = {}
    for event in step.events:
        if event["kind"] == "rung_raised":
            at = moment(event["data"]["moment"])
            if at < moments.get(event["incident_id"], at):
                yield (event,)
            moments[event["incident_id"]] = at


def due_rungs(house: Settings, clock: Row, at: datetime) -> Iterator[tuple[str, datetime]]:
    """The rungs of a clock whose moment has come, measured by hand."""
    start, due = moment(clock["started_at"]), moment(clock["due_at"])
    ladder = next(rungs for kind, rungs in house.policy.ladders.items() if kind.value == clock["kind"])
    for rung in ladder:
        when = (
            start + (due - start) * rung.at.numerator / rung.at.denominator if isinstance(rung.at, Fraction) else None
        )
        if when is None and rung.at.elapsed is not None:  # type: ignore[union-attr]
            when = start + rung.at.elapsed  # type: ignore[union-attr]
        if when is not None and when <= at:
            yield rung.key, when
