"""One of each: publications, decisions, signatures, rungs, open requests; and what was decided stays as it was."""

from __future__ import annotations

from collections import Counter

from .frame import Facts, Step


def there_is_one_of_each(step: Step) -> Facts:
    yield from _twice(step, "publication", "revision_id", "channel")
    yield from _twice(step, "decision", "request_id")
    yield from _twice(step, "signature", "revision_id", "signer_id")
    yield from _twice(step, "raised_rung", "clock_id", "key")
    yield from _twice(step, "clock", "incident_id", "kind", "cycle")
    yield from _twice(step, "outbox_message", "key")
    open_requests = [row for row in step.now.all("request") if row["state"] == "open"]
    counted = Counter((row["incident_id"], row["kind"], row["role"], row["about"]) for row in open_requests)
    yield from ((key, count) for key, count in counted.items() if count > 1)
    links = Counter(row["url_key"] for row in step.now.all("source_link") if row["active"])
    yield from ((key, count) for key, count in links.items() if count > 1)


def _twice(step: Step, table: str, *columns: str) -> Facts:
    counted = Counter(tuple(row[column] for column in columns) for row in step.now.all(table))
    yield from ((table, key, count) for key, count in counted.items() if count > 1)


def every_answer_is_a_decision_of_somebody_asked(step: Step) -> Facts:
    for request in step.now.all("request"):
        decision = step.now.decisions.get(request["id"])
        if (request["state"] == "answered") != (decision is not None):
            yield request, decision
        asked = {person["officer_id"] for person in step.now.addressees.get(request["id"], [])}
        if decision is not None and decision["officer_id"] not in asked:
            yield "not asked", decision, sorted(asked)
        if not asked:
            yield "asks nobody", request


def what_was_decided_stays(step: Step) -> Facts:
    for table, was, now in step.then.differences(step.now):
        if now is None:
            # Undoing a merge takes out a clock that only the merge put there; the events keep that it ran.
            mine = step.then.incident_of(table, was) if was is not None else None
            if table not in {"clock", "raised_rung"} or mine is None or not step.told(mine, "unmerged"):
                yield table, "deleted", was
        elif was is not None and table in {"event", "decision", "signature", "revision", "addressee", "raised_rung"}:
            yield table, was, now
        elif was is not None and table == "request" and was["state"] != "open":
            again = step.told(was["incident_id"], "request_reopened")
            if was["state"] != "withdrawn" or was["public_id"] not in {one["data"]["request"] for one in again}:
                yield table, was, now
