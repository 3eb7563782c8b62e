"""Packing: everything on record about one incident as one zip, with a program that checks it offline.

What the chain of events can prove from one incident's events alone: each event is what its hash says; events that
follow one another in the chain are linked; how many of other incidents lie between is seen from their places. That the
rest of the chain holds, and that the pack as a whole is the office's, is for the office to confirm: the SHA-256 of each
manifest is an event itself.

No addresses, no personal links or what signs them, no drafts: people are named by id and name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain.errors import IncidentNotFound
from yingda.services import lettering
from yingda.services.case import take
from yingda.services.packed import evidence, people, records, texts
from yingda.settings import Settings
from yingda.store import audit
from yingda.store.models import Attachment, ChainHead, Event, Incident, OutsideLetter
from yingda.transports import evidence_files, pack_files
from yingda.transports.errors import TransportError
from yingda.transports.pack_files import Pack

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Packed:
    """A pack that was written.

    :param sha256: of its manifest, which names every other file by its own
    :param files: how many files the manifest names
    """

    incident_no: str
    sha256: str
    files: int


def make(
    reading: Transaction,
    transaction: Transaction,
    number: str,
    house: Settings,
    now: datetime,
    actor: str,
    to: BinaryIO,
) -> Packed:
    """Write the pack of an incident, then note that it was made; only then may it be handed out.

    :param reading: opens a session that sees one moment throughout
    :param to: a file to write to, from its beginning
    :raises IncidentNotFound: there is none of this number
    :raises TransportError: a file brought as evidence cannot be read, or there is no room
    """
    try:
        packed = write(reading, number, house, now, to)
    except OSError as error:
        raise TransportError(
            f"The evidence pack of {number} could not be written: {error}. See that there is room."
        ) from error
    with transaction() as session:
        case = take(session, packed.incident_no, house, now)
        case.record("evidence_pack_made", actor, sha256=packed.sha256, files=packed.files)
    return packed


def write(reading: Transaction, number: str, house: Settings, now: datetime, to: BinaryIO) -> Packed:
    """Write the pack of an incident as it stands at one moment; changes nothing.

    :raises IncidentNotFound: there is none of this number
    :raises OSError: see `make`
    """
    with Pack(to, number, now) as pack:
        with reading() as session:
            chain_head, files = _write_records(pack, session, number, house, now)
        # Large files are looked at and copied when no transaction is open any more; they never change.
        found = [evidence.file(place, row, house) for place, row in enumerate(files, start=1)]
        for one in found:
            if one.path is not None:
                pack.add_pieces(one.path, evidence_files.pieces(house.evidence, one.kept_as))
        pack.add_json("evidence.json", [one.said for one in found])
        facts = {"incident_no": number, "made_at": records.moment(now), "chain_head": chain_head}
        sha256, count = pack.finish(facts)
    return Packed(number, sha256, count)


def _write_records(
    pack: Pack, session: Session, number: str, house: Settings, now: datetime
) -> tuple[dict[str, Any], list[Attachment]]:
    """Write what the database knows; return the end of the chain, and the files that are to follow."""
    # PostgreSQL knows no text with a zero byte.
    incident = session.scalars(select(Incident).where(Incident.number == number.replace("\x00", "?"))).one_or_none()
    if incident is None:
        raise IncidentNotFound(f"No incident has the number {number!r}. Numbers look like YQCZBG-2026-001.")
    head = session.get_one(ChainHead, 1)
    chain_head = {"event_id": head.event_id, "hash": head.hash}
    words = rendering.render("pack/readme.txt.j2", house.locale, number=number, at=now, head=chain_head)
    pack.add("README.txt", words.encode())
    pack.add_json("incident.json", records.incident(session, incident, house))
    _write_texts(pack, session, incident, house)
    pack.add_json("signatures.json", records.signatures(session, incident, house))
    pack.add_json("decisions.json", records.decisions(session, incident, house))
    pack.add_json("publications.json", records.publications(session, incident))
    pack.add_json("official_replies.json", records.official_replies(session, incident, house))
    pack.add_json("clocks.json", records.clocks(session, incident))
    _write_letters(pack, session, incident, house)
    stretches = _write_events(pack, session, incident)
    chain = {"head": chain_head, "incident_id": incident.id, "events": incident.seq, "stretches": stretches}
    pack.add_json("chain.json", chain)
    pack.add_json("officers.json", people.named(session, incident, house))
    return chain_head, evidence.sent(session, incident)


def _write_texts(pack: Pack, session: Session, incident: Incident, house: Settings) -> None:
    index = []
    for text in texts.of_incident(session, incident, house):
        pack.add(text.path, text.canonical)
        pack.add(text.readable_path, text.readable.encode(errors="replace"))
        index.append(text.said)
    pack.add_json("documents.json", index)


def _write_letters(pack: Pack, session: Session, incident: Incident, house: Settings) -> None:
    index = []
    for letter in session.scalars(
        select(OutsideLetter).where(OutsideLetter.incident_id == incident.id).order_by(OutsideLetter.number)
    ):
        said = records.letter(session, letter, incident, house)
        words = lettering.as_approved(session, letter, incident, house)
        if words is not None:
            said["path"] = f"letters/{said['full_number']}.txt"
            pack.add(said["path"], words.encode(errors="replace"))
        index.append(said)
    pack.add_json("letters.json", index)


def _write_events(pack: Pack, session: Session, incident: Incident) -> list[dict[str, Any]]:
    """Write the incident's events with all that their hashes are made of; return its stretches of the chain."""
    stretches: list[dict[str, Any]] = []
    with pack.opened("events.jsonl") as file:
        for event in _events(session, incident):
            file.write(pack_files.as_line(event))
            if stretches and stretches[-1]["last_id"] == event["id"] - 1:
                stretches[-1] |= {"last_id": event["id"], "hash": event["hash"]}
            else:
                stretches.append(
                    {
                        "first_id": event["id"],
                        "last_id": event["id"],
                        "previous_hash": event["previous_hash"],
                        "hash": event["hash"],
                    }
                )
    return stretches


def _events(session: Session, incident: Incident) -> Iterator[dict[str, Any]]:
    rows = session.execute(
        select(*audit.CHAINED)
        .where(Event.incident_id == incident.id)
        .order_by(Event.seq)
        .execution_options(yield_per=500)
    )
    for row in rows:
        # As `audit.digest` takes it.
        yield {**row._mapping, "at": row.at.astimezone(UTC).isoformat()}
