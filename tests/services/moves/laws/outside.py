"""What concerns others: drills stay drills, letters rest on refuted claims, promises are kept in mind."""

from __future__ import annotations

from .frame import Facts, Step


def drills_stay_drills(step: Step) -> Facts:
    for row in step.now.all("merge"):
        one, other = step.now.get("incident", row["incident_id"]), step.now.get("incident", row["into_id"])
        if one["drill"] != other["drill"] or one["id"] == other["id"]:
            yield row, one, other
    for was in step.then.incidents:
        if step.now.get("incident", was["id"])["drill"] != was["drill"]:
            yield (was,)
    for table in ("lead", "reported_lead"):
        for lead in step.now.all(table):
            said = lead["conf"] if table == "lead" else lead
            if lead["incident_id"] is None or (table == "lead" and not lead["joined"]):
                continue
            incident = step.now.get("incident", lead["incident_id"])
            # One that was opened as something else than reported was corrected by the duty officer.
            if said.get("drill", False) != incident["drill"] and lead.get("state") != "opened":
                yield lead, incident


def letters_rest_on_a_refuted_claim(step: Step) -> Facts:
    for letter in step.now.all("outside_letter"):
        report = step.now.get("revision", letter["revision_id"])
        document = step.now.get("document", report["document_id"])
        if (
            document["kind"] != "report"
            or document["incident_id"] != letter["incident_id"]
            or letter["claim"] not in report["content"].get("refuted", [])
            or not letter["evidence"]
        ):
            yield letter, report
        if letter["state"] not in {"approved", "sent", "not_sent"}:
            continue
        incident = step.now.get("incident", letter["incident_id"])
        if letter["decided_by"] in (None, report["author_id"]):
            yield "nobody decided it, or the author of the report", letter
        if letter["state"] == "sent" and incident["drill"]:
            yield "sent in a drill", letter


def the_last_word_is_no_interim_one(step: Step) -> Facts:
    """Nothing is closed while what the public read last promises more."""
    for event in step.events:
        if event["kind"] != "closed":
            continue
        mine = event["incident_id"]
        public = [row for row in step.now.publications.get(mine, []) if row["state"] == "confirmed"]
        newest = max((row["revision_id"] for row in public), default=None)
        owed = [
            row
            for row in step.now.all("commitment")
            if row["incident_id"] == mine and row["source"] == "statement" and not row["met_at"] and not row["ended_at"]
        ]
        if newest is not None and owed and step.now.get("revision", newest)["content"]["kind"] == "holding":
            yield event, owed


def what_was_promised_is_owed(step: Step) -> Facts:
    """Each date of a text that is public is a commitment, and what was answered or ended stays so."""
    kept = {(row["revision_id"], row["position"]): row for row in step.now.all("commitment")}
    for row in step.now.all("publication"):
        content = step.now.get("revision", row["revision_id"])["content"]
        for position, promise in enumerate(content["commitments"] if row["state"] == "confirmed" else ()):
            found = kept.get((row["revision_id"], position))
            if found is None or (found["text"], found["unit_id"]) != (promise["text"], promise["unit"]):
                yield row, promise, found
    for was in step.then.all("commitment"):
        now = step.now.get("commitment", was["id"])
        for column in ("met_at", "ended_at", "taken_up_at", "lapsed_at"):
            if was[column] is not None and was[column] != now[column]:
                yield column, was, now


def what_was_decided_is_said_next(step: Step) -> Facts:
    """A new draft is of the kind that was decided; a withdrawal is never written unless it was."""
    for event in step.events:
        if event["kind"] != "revision_written" or event["data"]["document"] != "statement":
            continue
        wanted = step.then.get("incident", event["incident_id"])["wanted_statement"]
        text = step.now.latest(event["incident_id"], "statement")
        kind = text["content"]["kind"] if text is not None else None
        if kind not in ((wanted,) if wanted else ("final", "holding", "correction")):
            yield event, wanted, text
