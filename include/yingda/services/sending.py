"""Sending: what is claimed goes to its channel, and what became of it is noted; then the live page is looked at.

No transaction is open while the outside world is spoken to. Channels are spoken to side by side, so that one that
hangs holds no other up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from yingda.domain.errors import YingdaError
from yingda.domain.life import PublicationState
from yingda.services import announcing, drifting, looking, publishing
from yingda.services.case import Case, take, take_by_id
from yingda.services.drifting import Watched
from yingda.services.publishing import Clearance, Sending
from yingda.settings import Settings
from yingda.store import pacing
from yingda.store.models import Incident, Publication
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access, Outlet, Posted, may_repeat, pace_of, remind
from yingda.transports.outlets import outlet_of
from yingda.transports.pace import TooFast

if TYPE_CHECKING:
    from yingda.transports.bulletin import Notice

Transaction = Callable[[], AbstractContextManager[Session]]
Clock = Callable[[], datetime]
Connections = Callable[[str], Access]

ROUNDS = 3
"""How often one call looks for what is due: what surely is not there is sent in the next round."""
AT_ONCE = 8
"""Channels spoken to side by side."""

log = logging.getLogger(__name__)


def no_connections(connection_id: str) -> Access:
    """Know no Connection at all: enough for an office that has the bulletin only.

    :raises TransportError: always
    """
    raise TransportError(f"Connection {connection_id} is not there; create it in Airflow (Admin, Connections).")


def publish_due(
    transaction: Transaction, number: str, settings: Settings, clock: Clock, connections: Connections = no_connections
) -> int:
    """Send what is due of one incident, and look for what is in doubt; return how many channels were found to have it.

    :param connections: returns what an Airflow Connection says, by its id
    """
    there = 0
    for _ in range(ROUNDS):
        with transaction() as session:
            sendings = publishing.claim_due(take(session, number, settings, clock()))
        if not sendings:
            break
        there += sum(_side_by_side([_Work(transaction, settings, clock, one, connections) for one in sendings]))
    return there


def look_due(transaction: Transaction, number: str, settings: Settings, clock: Clock) -> int:
    """Look at the pages that are due and note whether they show the text; return how many do."""
    with transaction() as session:
        pages = publishing.to_look_at(take(session, number, settings, clock()))
    seen = 0
    for publication_id, url, content in pages:
        wrong = looking.what_is_wrong(url, content, settings)
        with transaction() as session:
            case = take(session, number, settings, clock())
            if wrong is None:
                publishing.seen_live(case, publication_id)
                seen += 1
            else:
                publishing.not_seen(case, publication_id, wrong.said)
    return seen


def look_again_due(transaction: Transaction, settings: Settings, clock: Clock, *, limit: int) -> int:
    """Look again at pages that were seen live, and note whether they show the text still; return how many there were.

    :param limit: at most this many; the rest is due at the next call
    """
    with transaction() as session:
        pages = drifting.due(session, clock(), limit=limit)
    for one in pages:
        try:
            _look_again(transaction, settings, clock, one)
        except Exception:
            # One page that cannot be judged holds up no other.
            log.exception("Publication %s could not be looked at again.", one.publication_id)
    return len(pages)


def look_again(transaction: Transaction, publication_id: int, settings: Settings, clock: Clock) -> None:
    """Look now at one page that is due, be it for the first time or again."""
    with transaction() as session:
        one = drifting.watched(session, publication_id, clock())
        whose = select(Incident.number).join(Publication, Publication.incident_id == Incident.id)
        number = session.scalar(whose.where(Publication.id == publication_id))
    if one is not None:
        _look_again(transaction, settings, clock, one)
    elif number is not None:
        look_due(transaction, number, settings, clock)


def _look_again(transaction: Transaction, settings: Settings, clock: Clock, one: Watched) -> None:
    wrong = looking.what_is_wrong(one.url, one.content, settings)
    with transaction() as session:
        case = take_by_id(session, one.incident_id, settings, clock())
        if wrong is None:
            drifting.shows(case, one.publication_id)
        else:
            drifting.does_not_show(case, one.publication_id, wrong.said, read=wrong.read)


def to_see_to(session: Session, now: datetime) -> list[str]:
    """Return the incidents of which something waits to be sent, looked for, or seen for the first time, oldest first.

    What waits at the step of publication itself is sent by that step.

    :param now: aware UTC
    """
    newer = aliased(Publication)
    newest = ~exists().where(newer.incident_id == Publication.incident_id, newer.revision_id > Publication.revision_id)
    due = or_(Publication.next_at.is_(None), Publication.next_at <= now)
    waits = or_(
        Publication.state == PublicationState.SENDING,
        and_(Publication.state == PublicationState.PENDING, Incident.stage.in_(publishing.LOOKS_AT), newest),
        and_(
            Publication.state == PublicationState.CONFIRMED,
            Publication.live_at.is_(None),
            Publication.url.is_not(None),
            Incident.stage.in_(publishing.LOOKS_AT),
            newest,
        ),
    )
    return list(
        session.scalars(
            select(Incident.number)
            .join(Publication, Publication.incident_id == Incident.id)
            .where(due, waits)
            .group_by(Incident.id)
            .order_by(Incident.id)
        )
    )


def next_in_doubt(session: Session) -> datetime | None:
    """Return when something is looked for next of which nobody knows whether it arrived (UTC); None if nothing is."""
    in_doubt = Publication.state == PublicationState.SENDING
    return session.scalar(select(func.min(Publication.next_at)).where(in_doubt))


def _side_by_side(works: Sequence[_Work]) -> list[bool]:
    for work in works:
        work.prepare()
    if len(works) == 1:
        return [works[0].do()]
    with ThreadPoolExecutor(min(len(works), AT_ONCE)) as pool:
        return list(pool.map(_Work.do, works))


class _Work:
    """One claimed publication on its way: at the end its row says what became of it."""

    def __init__(
        self, transaction: Transaction, settings: Settings, clock: Clock, sending: Sending, connections: Connections
    ) -> None:
        self.transaction = transaction
        self.settings = settings
        self.clock = clock
        self.sending = sending
        self.connections = connections
        self.ready: tuple[Outlet, Notice] | None = None
        self.hindrance: str | None = None
        self.hopeless = False

    def prepare(self) -> None:
        """Put together what is needed; nothing is sent yet, so whatever goes wrong here is tried again later."""
        try:
            channel = self.settings.channels.channel(self.sending.channel)
            access = self.connections(channel.spoken_through) if channel.spoken_through else None
            self.ready = outlet_of(channel, access, self.settings), announcing.notice_of(self.sending, self.settings)
        except TransportError as failed:
            self.hindrance, self.hopeless = failed.message, failed.permanent
        except KeyError:
            self.hindrance = f"{self.sending.channel} is not in channels.yaml any more. Put it back."
        except YingdaError as changed:
            # A signer or unit that is not in the office's files any more: a person must put it back.
            self.hindrance = f"{self.sending.channel}: {changed}"
        except Exception as bug:
            log.exception("What is to go to %s could not be put together.", self.sending.channel)
            self.hindrance = f"{self.sending.channel}: {type(bug).__name__}: {bug}"

    def do(self) -> bool:
        """Look for it or send it; tell whether the channel has it."""
        if self.ready is None:
            said = self.hindrance or ""
            if self.sending.settles:
                self._note(partial(publishing.look_later, problem=said))
            else:
                self._note(partial(publishing.put_off, problem=said, permanent=self.hopeless))
            return False
        outlet, notice = self.ready
        remind(outlet, self.sending.under_way)
        if self.sending.settles and not may_repeat(outlet):
            return self._look_for(outlet, notice)
        if self._waits_for_its_turn(outlet):
            return False
        clearance = self._note(publishing.clear)
        if clearance is Clearance.HELD_BACK and self.sending.settles:
            return self._look_for(outlet, notice)
        if clearance is not Clearance.GO:
            return False
        return self._send(outlet, notice)

    def _send(self, outlet: Outlet, notice: Notice) -> bool:
        try:
            posted = outlet.publish(notice, self.sending.earlier)
        except TransportError as failed:
            problem = failed
            self._leave_alone(outlet, problem)
            if problem.under_way is not None:
                self._note(partial(publishing.under_way, reference=problem.under_way))
        except Exception as bug:
            # Nobody can say whether it went out before this broke.
            log.exception("Sending to %s broke.", self.sending.channel)
            problem = TransportError(f"{self.sending.channel}: {type(bug).__name__}: {bug}", uncertain=True)
        else:
            return self._there(posted)
        if problem.uncertain and not may_repeat(outlet):
            return self._look_for(outlet, notice, problem)
        self._note(
            partial(
                publishing.put_off,
                problem=problem.message,
                permanent=problem.permanent and not problem.uncertain,
                pause=problem.pause,
            )
        )
        return False

    def _waits_for_its_turn(self, outlet: Outlet) -> bool:
        """Take a turn of a robot that may speak only so often, or put the rest off to the moment of its next one."""
        pace = pace_of(outlet)
        if pace is None:
            return False
        with self.transaction() as session:
            until = pacing.take_turn(session, pace, now=self.clock())
        if until is None:
            return False
        self._note(partial(publishing.wait_for_turn, until=until))
        return True

    def _leave_alone(self, outlet: Outlet, problem: TransportError) -> None:
        """Let a robot rest, for all of us, once it says that it was spoken to too often."""
        pace = pace_of(outlet)
        if pace is not None and isinstance(problem, TooFast):
            with self.transaction() as session:
                pacing.hold(session, pace, until=self.clock() + problem.leave_alone)

    def _look_for(self, outlet: Outlet, notice: Notice, why: TransportError | None = None) -> bool:
        """Settle what is in doubt by what the channel has, without sending anything."""
        if not outlet.looks:
            ended = f"{self.sending.channel}: what sent it ended before it could note what became of it."
            self._note(partial(publishing.doubt, problem=why.message if why else ended))
            return False
        try:
            posted = outlet.find(notice)
        except Exception as unread:
            if not isinstance(unread, TransportError):
                log.exception("Looking at %s broke.", self.sending.channel)
            said = unread.message if isinstance(unread, TransportError) else f"{type(unread).__name__}: {unread}"
            self._note(partial(publishing.look_later, problem=f"{why.message} {said}" if why else said))
            return False
        if posted is not None:
            return self._there(posted)
        self._note(partial(publishing.not_found, problem=why.message if why else None))
        return False

    def _there(self, posted: Posted) -> bool:
        self._note(partial(publishing.confirm, url=posted.url, reference=posted.reference))
        return True

    def _note(self, what: Callable[[Case, Sending], Any]) -> Any:
        with self.transaction() as session:
            return what(take(session, self.sending.incident_no, self.settings, self.clock()), self.sending)
