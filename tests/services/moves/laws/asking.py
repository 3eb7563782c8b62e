"""Who is asked: those who hold the role, never about their own text, and never about what is over."""

from __future__ import annotations

from collections.abc import Iterator

from tests.services.moves.picture import Picture, Row

from .frame import JUDGING, Facts, Step

ROLES = {
    "assign_unit": ("duty_officer",),
    "brief_reply": ("information_officer",),
    "report": ("information_officer", "section_head"),
    "extension": ("branch_leader",),
    "approve_report": ("branch_leader",),
    "draft_statement": ("duty_officer",),
    "press_conference": ("media_liaison",),
    "close": ("duty_officer",),
    "review": ("duty_officer", "section_head"),
    "commitment": ("information_officer",),
    "emergency_plan": ("group_leader",),
    "decide_letter": ("office_director",),
    "enquiry": ("media_liaison",),
    "feedback": ("duty_officer",),
}
"""Who is asked for what (contract: the desk); the others by the role of the request itself."""

OF_A_UNIT = {"branch_leader", "section_head", "information_officer"}
PROMISED = {"commitment", "send_letter", "enquiry"}
OUTLIVES_CLOSING = {"press_conference", "review", "commitment", "decide_letter", "send_letter", "enquiry", "feedback"}


def nobody_is_asked_about_what_is_over(step: Step) -> Facts:
    for request in step.now.all("request"):
        incident = step.now.get("incident", request["incident_id"])
        if request["state"] != "open":
            continue
        about_a_promise = request["kind"] == "extension" and request["about"].startswith("commitment:")
        lives_on = PROMISED if incident["id"] in step.now.merges else OUTLIVES_CLOSING
        over = incident["closed_at"] is not None or incident["id"] in step.now.merges
        if over and request["kind"] not in lives_on and not about_a_promise:
            yield request, incident


def nobody_judges_their_own_text_or_twice(step: Step) -> Facts:
    for request in step.now.all("request"):
        if request["state"] != "open" or request["kind"] not in JUDGING:
            continue
        asked = {person["officer_id"] for person in step.now.addressees[request["id"]]}
        if asked & barred(step.now, request):
            yield request, sorted(asked), sorted(barred(step.now, request))
        kind = "report" if request["kind"] == "approve_report" else "statement"
        latest = step.now.latest(request["incident_id"], kind)
        if latest is None or latest["id"] != request["revision_id"]:
            yield "about an old text", request, latest


def barred(now: Picture, request: Row) -> set[str]:
    if request["kind"] == "decide_letter":
        return {now.get("revision", letter_of(now, request)["revision_id"])["author_id"]}
    if request["kind"] not in JUDGING:
        return set()
    revision = now.get("revision", request["revision_id"])
    return {revision["author_id"]} | {one["signer_id"] for one in now.signatures.get(revision["id"], [])}


def letter_of(now: Picture, request: Row) -> Row:
    number = int(request["about"].partition(":")[2])
    [found] = [
        row
        for row in now.all("outside_letter")
        if (row["incident_id"], row["number"]) == (request["incident_id"], number)
    ]
    return found


def those_are_asked_who_hold_the_role(step: Step) -> Facts:
    for request in step.now.all("request"):
        if request["id"] in step.then.tables["request"] or request["state"] != "open":
            continue
        unit = step.now.get("incident", request["incident_id"])["unit_id"]
        if request["about"].startswith("commitment:"):
            unit = step.now.get("commitment", int(request["about"].partition(":")[2]))["unit_id"]
        roles = ROLES.get(request["kind"], (request["role"],))
        if request["kind"] == "decide_letter":
            roles = (request["role"],)
        wanted = {person for role in roles for person in holders(step, role, unit)} - barred(step.now, request)
        if request["kind"] == "enquiry":
            wanted |= set(_give_interviews(step, step.now.get("incident", request["incident_id"])))
        asked = {person["officer_id"] for person in step.now.addressees[request["id"]]}
        if asked != wanted:
            yield request, f"asked {sorted(asked)}", f"hold the role {sorted(wanted)}"


def _give_interviews(step: Step, incident: Row) -> Iterator[str]:
    """Who was named for it, if still there, else whoever policy says."""
    named = [one for one in step.house.roster.officers if one.id == incident["interviewee_id"]]
    if named:
        yield there(step, named[0].id)
        return
    for role in next(roles for grade, roles in step.house.policy.interviewee.items() if grade == incident["severity"]):
        yield from holders(step, role.value, incident["unit_id"])


def there(step: Step, officer_id: str) -> str:
    """Whoever answers for an officer today."""
    officers = {officer.id: officer for officer in step.house.roster.officers}
    here = officers[officer_id]
    while away := [one for one in here.absences if one.start <= step.on <= one.end]:
        here = officers[away[0].deputy]
    return here.id


def holders(step: Step, role: str, unit_id: str | None) -> Iterator[str]:
    """Who holds a role today, or the deputies of those who are absent."""
    for officer in step.house.roster.officers:
        if role not in {held.value for held in officer.roles}:
            continue
        if role in OF_A_UNIT:
            if unit_id is None:
                continue
            [unit] = [one for one in step.house.roster.units if one.id == unit_id]
            if (unit.branch_leader != officer.id) if role == "branch_leader" else (officer.unit != unit_id):
                continue
        yield there(step, officer.id)


def whoever_is_asked_gets_a_mail(step: Step) -> Facts:
    keys = {row["key"]: row for row in step.now.all("outbox_message")}
    for request in step.now.all("request"):
        if request["state"] != "open":
            continue
        for person in step.now.addressees[request["id"]]:
            mail = keys.get(f"request:{request['public_id']}:{person['officer_id']}")
            if mail is None or mail["state"] == "void":
                yield request, person, mail
    for mail in keys.values():
        if mail["request_id"] is not None and mail["state"] == "pending" and mail["lease"] is None:
            request = step.now.get("request", mail["request_id"])
            # A courier that failed gives back what it had taken before the request ended.
            if request["state"] != "open" and mail["attempts"] == 0:
                yield "asks for what nobody wants any more", mail, request
