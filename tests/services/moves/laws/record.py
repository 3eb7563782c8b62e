"""The record: one chain, and an event for whatever came, changed or ended."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.services.moves.picture import Row, moment

from .frame import Facts, Step

HAPPENS_UNTOLD = {
    "outbox_message",
    "event",
    "chain_head",
    "year_serial",
    "repeatable",
    "hazard",
    "hazard_import",
    "register_day",
    "reported_lead",
    "site_round",
}
"""Tables whose rows change without an event of an incident."""


def the_chain_holds(step: Step) -> Facts:
    for event in step.events:
        at = moment(event["at"]).isoformat()
        content = [step.record.hash, step.record.event_id + 1, event["incident_id"], event["seq"], at]
        written = json.dumps(
            [*content, event["kind"], event["actor"], event["data"]],
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )
        if event["previous_hash"] != step.record.hash or event["hash"] != hashlib.sha256(written.encode()).hexdigest():
            yield (event,)
        step.record.event_id, step.record.hash = event["id"], event["hash"]
    head = step.now.get("chain_head", 1)
    if (head["event_id"], head["hash"]) != (step.record.event_id, step.record.hash):
        yield head, step.record.event_id


def events_tell_stage_and_severity(step: Step) -> Facts:
    record = step.record
    for event in step.events:
        mine = event["incident_id"]
        if mine is None:
            continue
        if event["seq"] != record.seq.get(mine, 0) + 1:
            yield "numbered wrongly", event
        record.seq[mine] = event["seq"]
        if event["kind"] == "incident_opened":
            record.severity[mine] = event["data"]["severity"]
        if event["kind"] == "regraded":
            record.severity[mine] = event["data"]["severity"]
        if event["kind"] == "stage_entered":
            if event["data"]["left"] != record.stage.get(mine, "assign_unit"):
                yield "left another stage than the one it stood at", event
            record.stage[mine] = event["data"]["stage"]
    for incident in step.now.incidents:
        told = (
            record.seq.get(incident["id"], 0),
            record.stage.get(incident["id"], "assign_unit"),
            record.severity.get(incident["id"]),
        )
        if told != (incident["seq"], incident["stage"], incident["severity"]):
            yield "the events tell otherwise", told, incident
        if len(step.now.events.get(incident["id"], [])) != incident["seq"]:
            yield "events are missing", incident


def whatever_changed_is_told(step: Step) -> Facts:
    for table, was, now in step.then.differences(step.now):
        if table in HAPPENS_UNTOLD or now is None:
            continue
        if table == "pass" and was is not None and {**was, "seen_at": None} == {**now, "seen_at": None}:
            continue
        mine = step.now.incident_of(table, now)
        if mine is not None and not any(event["incident_id"] == mine for event in step.events):
            yield table, was, now


def books_balance(step: Step) -> Facts:
    """Each thing that came to be or came to an end in this move has its own event."""
    told = Counter((one["incident_id"], one["kind"], _about(one)) for one in step.events)
    found: Counter[tuple[int | None, str, Any]] = Counter()
    for table, was, now in step.then.differences(step.now):
        if now is None:
            continue
        mine = step.now.incident_of(table, now)
        found.update((mine, kind, about) for kind, about in _to_be_told(step, table, was, now))
    for key in {**told, **found}:
        if key[1] in _COUNTED and told[key] != found[key]:
            yield key, f"{told[key]} events", f"{found[key]} in the tables"


_COUNTED = {
    "request_opened",
    "request_withdrawn",
    "answered",
    "signed",
    "revision_written",
    "clock_started",
    "clock_met",
    "clock_missed",
    "publication_owed",
    "published",
    "publication_unknown",
    "seen_live",
    "rung_raised",
    "commitment_made",
    "action_item_made",
    "request_reopened",
}


def _about(event: Row) -> Any:
    data = event["data"]
    names = {
        "answered": ("request", "action", "sha256"),
        "signed": ("request", "role", "sha256"),
        "revision_written": ("document", "sha256"),
        "clock_started": ("clock",),
        "clock_met": ("clock",),
        "clock_missed": ("clock",),
        "rung_raised": ("clock", "rung"),
        "commitment_made": ("commitment",),
        "action_item_made": ("commitment",),
    }
    if event["kind"].startswith("request_"):
        return data["request"]
    if event["kind"] in {"publication_owed", "published", "publication_unknown", "seen_live"}:
        return data["channel"]
    return tuple(data.get(name) for name in names.get(event["kind"], ()))


def _to_be_told(step: Step, table: str, was: Row | None, now: Row) -> Iterator[tuple[str, Any]]:
    def came(column: str) -> bool:
        return now[column] is not None and (was is None or was[column] is None)

    if table == "request":
        if was is None:
            yield "request_opened", now["public_id"]
        if now["state"] == "withdrawn" and (was is None or was["state"] == "open"):
            yield "request_withdrawn", now["public_id"]
        if now["state"] == "open" and was is not None and was["state"] == "withdrawn":
            yield "request_reopened", now["public_id"]
    elif table == "decision" and was is None:
        request = step.now.get("request", now["request_id"])
        yield "answered", (request["public_id"], now["action"], now["payload_sha256"])
    elif table == "signature" and was is None:
        request = step.now.get("request", step.now.get("decision", now["decision_id"])["request_id"])
        yield "signed", (request["public_id"], now["role"], now["sha256"])
    elif table == "revision" and was is None:
        yield "revision_written", (step.now.get("document", now["document_id"])["kind"], now["sha256"])
    elif table == "clock":
        if was is None:
            yield "clock_started", (now["kind"],)
        for column, kind in (("met_at", "clock_met"), ("missed_at", "clock_missed")):
            if came(column):
                yield kind, (now["kind"],)
    elif table == "raised_rung" and was is None:
        yield "rung_raised", (step.now.get("clock", now["clock_id"])["kind"], now["key"])
    elif table == "commitment" and was is None:
        yield "commitment_made" if now["source"] == "statement" else "action_item_made", (now["id"],)
    elif table == "publication":
        if was is None:
            yield "publication_owed", now["channel"]
        for column, kind in (("confirmed_at", "published"), ("live_at", "seen_live")):
            if came(column):
                yield kind, now["channel"]
        if now["state"] == "unknown" and (was is None or was["state"] != "unknown"):
            yield "publication_unknown", now["channel"]
