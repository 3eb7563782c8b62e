"""Nothing unsigned is ever published, and what was published stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tests.services.moves.picture import moment

from .frame import JUDGING, Facts, Step


def nothing_goes_out_unsigned(step: Step) -> Facts:
    for event in step.events:
        if event["kind"] == "publication_started":
            # The same words may have been written, signed and published before; the newest are the ones that go out.
            row = max(
                (
                    one
                    for one in step.now.publications[event["incident_id"]]
                    if one["channel"] == event["data"]["channel"]
                    and step.now.get("revision", one["revision_id"])["sha256"] == event["data"]["sha256"]
                ),
                key=lambda one: one["id"],
            )
            severity = step.record.severity[event["incident_id"]]
            chain = next(roles for grade, roles in step.house.policy.signing.items() if grade.value == severity)
            step.record.owed[row["id"]] = tuple(role.value for role in chain)
    for row in step.now.all("publication"):
        if row["state"] in {"pending", "superseded"} and row["attempts"] == 0:
            continue
        if row["id"] not in step.record.owed:
            yield "sent without a claim on record", row
            continue
        revision = step.now.get("revision", row["revision_id"])
        exact = sha256(revision["content"])
        signatures = step.now.signatures.get(revision["id"], [])
        if exact != revision["sha256"]:
            yield "the text is not the one named", revision
        there = {one["role"]: one for one in signatures if one["sha256"] == exact}
        owed = step.record.owed[row["id"]]
        if not owed or set(owed) - set(there):
            yield "lacks signatures", owed, sorted(there), row
        signers = [there[role]["signer_id"] for role in owed if role in there]
        if len(set(signers)) != len(signers) or revision["author_id"] in signers:
            yield "signed twice by one person, or by the author", signers, revision["author_id"]


def a_signature_is_an_approval_by_somebody_asked(step: Step) -> Facts:
    for one in step.now.all("signature"):
        decision = step.now.get("decision", one["decision_id"])
        request = step.now.get("request", decision["request_id"])
        asked = {person["officer_id"]: person["deputy_for"] for person in step.now.addressees[request["id"]]}
        if (
            decision["action"] != "approve"
            or request["kind"] not in JUDGING
            or (request["revision_id"], request["revision_sha256"]) != (one["revision_id"], one["sha256"])
            or request["role"] != one["role"]
            or decision["officer_id"] != one["signer_id"]
            or one["signer_id"] not in asked
            or asked[one["signer_id"]] != one["deputy_for"]
        ):
            yield one, decision, request


def what_was_published_stays(step: Step) -> Facts:
    for was in step.then.all("publication"):
        now = step.now.get("publication", was["id"])
        if was["state"] == "confirmed" and (now["state"], now["confirmed_at"]) != ("confirmed", was["confirmed_at"]):
            yield "published and taken back", was, now
        if was["live_at"] is not None and now["live_at"] != was["live_at"]:
            yield "seen and unseen", was, now
        if was["state"] == "unknown" and now["state"] in {"pending", "sending"}:
            yield "a blind resend", was, now
        if was["state"] == "sending" and was["lease"] != now["lease"] and now["state"] == "sending":
            held_until = moment(was["lease_until"])
            if held_until > step.at:
                yield "claimed while another holds it", was, now


def sha256(content: Mapping[str, Any]) -> str:
    """The SHA-256 of a text as design.md has it: sorted keys, no white space, UTF-8."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
