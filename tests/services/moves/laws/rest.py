"""At rest: how every incident stands once it was attended to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.services.moves.picture import Picture, Row, moment

from yingda.settings import Settings

from .asking import barred
from .frame import STAGES, Facts
from .timing import due_rungs

ASKED_AT = {
    "assign_unit": "assign_unit",
    "brief_reply": "brief_reply",
    "verification": "report",
    "report_approval": "approve_report",
    "statement": "draft_statement",
    "statement_approval": "sign_statement",
    "closing": "close",
}
"""Which request an incident waits for at a stage."""
STOPS_ASKING = ("dismissed", "no_publication", "merged")


@dataclass(frozen=True)
class Rest:
    """Incidents that were attended to, in a transaction that is still open."""

    now: Picture
    house: Settings
    at: datetime
    attended: frozenset[int]

    def rows(self, table: str) -> list[Row]:
        """The rows of a table that belong to them."""
        whose = "id" if table == "incident" else "incident_id"
        return [row for row in self.now.all(table) if row[whose] in self.attended]


def every_rung_that_is_due_was_raised(rest: Rest) -> Facts:
    now, house, at = rest.now, rest.house, rest.at
    for clock in rest.rows("clock"):
        if clock["met_at"] is not None or clock["cancelled_at"] is not None:
            continue
        if clock["missed_at"] is None and moment(clock["due_at"]) < at:
            yield "not noted as missed", clock
        raised = {row["key"] for row in now.rungs.get(clock["id"], [])}
        for key, when in due_rungs(house, clock, at):
            if key not in raised:
                yield key, when, clock


def every_open_incident_waits_for_somebody(rest: Rest) -> Facts:
    now, house, at = rest.now, rest.house, rest.at
    for incident in rest.rows("incident"):
        if not now.is_open(incident):
            continue
        stage = incident["stage"]
        if stage in ASKED_AT:
            interim = stage == "closing" and any(one["kind"] == "commitment" for one in open_requests(now, incident))
            kind = "commitment" if interim and not asks(now, incident, "close") else ASKED_AT[stage]
            if not is_asked(now, house, at, incident, kind):
                yield stage, incident, open_requests(now, incident)
            continue
        statement = now.latest(incident["id"], "statement")
        rows = [] if statement is None else now.publications.get(incident["id"], [])
        rows = [row for row in rows if statement is not None and row["revision_id"] == statement["id"]]
        told = [m["values"]["about"] for m in now.messages.get(incident["id"], []) if m["template"] == "notice"]
        if stage == "publication":
            trying = any(row["state"] in {"pending", "sending"} for row in rows)
            if not trying and not {"publication_unknown", "publication_failed"} & set(told):
                yield stage, incident, rows
        elif stage == "live_check" and not any(row["state"] == "confirmed" and not row["live_at"] for row in rows):
            yield stage, incident, rows


def whatever_is_owed_is_asked_for(rest: Rest) -> Facts:
    """A clock beside the steps that runs has somebody who can answer it, also after closing."""
    now, house, at = rest.now, rest.house, rest.at
    for clock in rest.rows("clock"):
        if clock["met_at"] is not None or clock["cancelled_at"] is not None:
            continue
        incident = now.get("incident", clock["incident_id"])
        if incident["id"] in now.merges:
            continue
        kind = "commitment" if clock["kind"] == "action_item" else clock["kind"]
        if kind == "press_conference" and STAGES.index(incident["stage"]) < STAGES.index("publication"):
            continue
        if kind not in {"press_conference", "review", "commitment"} and incident["closed_at"] is None:
            continue
        if not is_asked(now, house, at, incident, kind, clock["id"]):
            yield clock, incident, open_requests(now, incident)


def whoever_waits_outside_is_not_forgotten(rest: Rest) -> Facts:
    """Enquiries, letters and the emergency plan: somebody is asked for each until it is settled."""
    now, house, at = rest.now, rest.house, rest.at
    for enquiry in rest.rows("enquiry"):
        incident = now.get("incident", enquiry["incident_id"])
        if enquiry["answered_at"] is None and incident["id"] not in now.merges:
            about = f"enquiry:{enquiry['id']}"
            if not is_asked(now, house, at, incident, "enquiry", about=about):
                yield enquiry, incident, open_requests(now, incident)
    for letter in rest.rows("outside_letter"):
        incident = now.get("incident", letter["incident_id"])
        kind = {"proposed": "decide_letter", "approved": "send_letter"}.get(letter["state"])
        if (
            kind is None
            or incident["outcome"] in ("dismissed", "merged")
            or (incident["drill"] and kind == "send_letter")
        ):
            continue
        if not is_asked(now, house, at, incident, kind, about=f"letter:{letter['number']}"):
            yield letter, incident, open_requests(now, incident)
    grave = {severity.value for severity in house.policy.emergency_plan.severities}
    for incident in rest.rows("incident"):
        if incident["severity"] not in grave or incident["stage"] == "closed" or incident["outcome"] in STOPS_ASKING:
            continue
        asked = [row for row in now.requests.get(incident["id"], []) if row["kind"] == "emergency_plan"]
        if not any(row["state"] == "answered" for row in asked) and not is_asked(
            now, house, at, incident, "emergency_plan"
        ):
            yield incident, asked


def the_public_hears_of_what_lapsed(rest: Rest) -> Facts:
    """No incident rests closed on a public promise whose day has come without an answer."""
    now, at = rest.now, rest.at
    for row in rest.rows("commitment"):
        incident = now.get("incident", row["incident_id"])
        resting = incident["stage"] == "closed" and incident["outcome"] not in ("dismissed", "merged")
        over = row["met_at"] or row["ended_at"] or row["lapsed_at"]
        if resting and row["source"] == "statement" and not over and moment(row["due_at"]) <= at:
            yield row, incident


def is_asked(
    now: Picture,
    house: Settings,
    at: datetime,
    incident: Row,
    kind: str,
    clock_id: int | None = None,
    about: str | None = None,
) -> bool:
    """Tell whether somebody can answer what an incident waits for, or the duty officers know that nobody can."""
    known = {officer.id for officer in house.roster.officers}
    for request in open_requests(now, incident):
        if request["kind"] != kind or (clock_id is not None and request["clock_id"] != clock_id):
            continue
        if about is not None and request["about"] != about:
            continue
        able = {person["officer_id"] for person in now.addressees[request["id"]]} & known - barred(now, request)
        if able and at <= moment(request["expires_at"]):
            return True
    return any(
        mail["template"] == "notice"
        and mail["values"]["about"] == "nobody_may_answer"
        and mail["values"]["request_kind"] == kind
        for mail in now.messages.get(incident["id"], [])
    )


def asks(now: Picture, incident: Row, kind: str) -> bool:
    return any(request["kind"] == kind for request in open_requests(now, incident))


def open_requests(now: Picture, incident: Row) -> list[Row]:
    return [request for request in now.requests.get(incident["id"], []) if request["state"] == "open"]
