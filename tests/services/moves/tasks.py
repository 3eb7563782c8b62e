"""Tasks: what Airflow's tasks, follow_up, the publisher and the courier do; and everybody who only reads."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from yingda.domain.errors import LinkExpired, RequestEnded, TextChanged, YingdaError
from yingda.services import (
    answering,
    attending,
    briefing,
    composing,
    escalating,
    lead_desk,
    opening,
    publishing,
    registering,
    troubles,
    viewing,
)
from yingda.services.answering import Claims
from yingda.services.case import take
from yingda.services.passing import RunState
from yingda.store import outbox
from yingda.store.models import OutboxMessage, Request

from . import laws
from .laws import Broken
from .story import Story, between, either, move, one_of, pick, sometimes


class Tasks(Story):
    """Everything that happens without a person, and may crash, run twice, or come late."""

    @move(which=pick, crash=sometimes)
    def a_task_looks(self, which: int, crash: bool) -> None:
        self.attend(self.any_number(which), crash=crash)

    @move(mood=either(*RunState), ended=pick, dry=sometimes)
    def follow_up_runs(self, mood: RunState, ended: int, dry: bool) -> None:
        """Airflow says what it likes of each run: it lives, it ended, it was never heard of."""
        world = self.world
        moods = list(RunState)

        def airflow(run_id: str) -> RunState:
            return mood if ended % 3 else one_of(moods, sum(map(ord, run_id)) + ended)

        outcome = world.step(
            f"follow_up, airflow says {mood} ({ended % 3}){' dry' if dry else ''}",
            lambda: attending.attend_all(world.transaction, world.house, lambda: world.now, airflow, dry_run=dry),
        )
        if outcome.result.problems:
            raise Broken("every incident can be attended to", outcome.result.problems)
        for start in outcome.result.starts if not dry else ():
            incident = world.picture.by_number[start.conf["incident_no"]]
            if incident["stage"] in ("closing", "closed"):
                raise Broken("no run for what needs none", start, incident)
            world.runs[start.run_id] = start.conf
        self.at_rest()

    @move(which=pick, crash=sometimes)
    def a_run_begins(self, which: int, crash: bool) -> None:
        """What follow_up asked for begins: once, twice, or long after."""
        world = self.world
        if not world.runs:
            return
        run_id = one_of(sorted(world.runs), which)

        def begin(session: Session) -> None:
            found = opening.open_incident(session, world.runs[run_id], run_id, world.house, world.now)
            escalating.attend(take(session, found.incident_no, world.house, world.now))

        world.move(f"run {run_id} begins", begin, crash=crash)
        self.at_rest()

    # ── Publication and the look at the page

    @move(which=pick, crash=sometimes)
    def the_publisher_claims(self, which: int, crash: bool) -> None:
        self.claim(self.any_number(which, "publication"), crash=crash)
        self.at_rest()

    @move(which=pick, how=between(0, 5))
    def a_channel_says_something(self, which: int, how: int) -> None:
        """Of something it was sent, perhaps long ago, perhaps twice."""
        if self.world.sendings:
            self.settle(which, how)
            self.at_rest()

    @move(which=pick, shown=either(False, True))
    def somebody_looks_at_the_page(self, which: int, shown: bool) -> None:
        self.look_at(self.any_number(which, "live_check"), shown)
        self.at_rest()

    def claim(self, number: str, *, crash: bool) -> None:
        """Claim what is to be sent; after a crash nobody knows of it."""
        world = self.world
        outcome = world.move(
            f"claim {number}",
            lambda session: publishing.claim_due(take(session, number, world.house, world.now)),
            crash=crash,
        )
        if outcome.done:
            world.sendings += outcome.result

    def settle(self, which: int, how: int) -> None:
        """Note what became of a sending."""
        world = self.world
        sending = one_of(world.sendings, which)
        # It stays here at times, so that the same thing is said again later.
        if how != 5:
            world.sendings.remove(sending)
        row = world.picture.get("publication", sending.publication_id)
        held = row["state"] == "sending" and row["lease"] == sending.lease
        before = world.picture

        def note(session: Session) -> None:
            case = take(session, sending.incident_no, world.house, world.now)
            if how in (0, 5):
                publishing.confirm(case, sending, f"https://bulletin.example/{sending.incident_no}/")
            elif how == 1:
                publishing.doubt(case, sending, "the line broke")
            else:
                publishing.put_off(case, sending, "away", permanent=how == 2)

        words = ("sent", "nobody knows", "refused for good", "away", "away", "sent (and said again)")[how]
        outcome = world.move(f"{sending.channel} of {sending.incident_no}: {words}", note)
        if outcome.refused:
            raise Broken("what became of a sending can be noted", repr(outcome.refused))
        if not held and next(before.differences(world.picture), None) is not None:
            raise Broken("who lost the lease settles nothing", list(before.differences(world.picture)))
        if held:
            self.attend(sending.incident_no)

    def look_at(self, number: str, shown: bool) -> None:
        """Look at the pages that are due; they show the text or not."""
        world = self.world

        def look(session: Session) -> None:
            case = take(session, number, world.house, world.now)
            for publication_id, _, _ in publishing.to_look_at(case):
                if shown:
                    publishing.seen_live(case, publication_id)
                else:
                    publishing.not_seen(case, publication_id, "shows another text")

        world.move(f"look at the page of {number}: {'there' if shown else 'not there'}", look)
        self.attend(number)

    # ── Mail, the register, and everybody who only reads

    @move(how=between(0, 4), limit=between(1, 50))
    def the_courier_goes(self, how: int, limit: int) -> None:
        """It claims, writes the letters, and the server takes them or not; or the courier dies."""
        world = self.world

        def go(session: Session) -> None:
            lease, messages = outbox.claim(session, now=world.now, lease_for=timedelta(seconds=90), limit=limit)
            for message in messages:
                problem = self._composed(session, message)
                if problem or how == 2:
                    again_at = None if problem else world.now + timedelta(seconds=30)
                    outbox.mark_failed(session, message.id, lease, problem=problem or "away", again_at=again_at)
                elif how != 3:
                    outbox.mark_sent(session, message.id, lease, now=world.now)

        world.move(f"the courier goes ({how})", go, crash=how == 4)

    def _composed(self, session: Session, message: OutboxMessage) -> str | None:
        try:
            composing.compose(session, message, self.world.house)
        except YingdaError as hopeless:
            return repr(hopeless)
        return None

    @move()
    def the_register_is_compiled(self) -> None:
        world = self.world
        today = world.now.astimezone(laws.SHANGHAI).date()
        outcome = world.move(
            f"the register of {today}", lambda session: registering.compile_day(session, today, world.house, world.now)
        )
        if outcome.refused:
            raise Broken("the register of today can be compiled", repr(outcome.refused))

    @move()
    def everybody_reads(self) -> None:
        """Board, incidents, links, troubles: whatever happened, every page can be shown, and none changes anything."""
        world = self.world

        def read(session: Session) -> None:
            session.execute(text("SET TRANSACTION READ ONLY"))
            viewing.incidents(session, world.house, viewing.Sought(), world.now)
            viewing.requests(session, world.house, None, limit=100, offset=0)
            troubles.troubles(session, world.house)
            found, _ = lead_desk.leads(session, world.house, None, limit=50, offset=0)
            for lead in found:
                lead_desk.similar(session, lead)
            for incident in world.picture.incidents:
                viewing.incident(session, incident["number"], world.house, world.now)
            for request in session.scalars(select(Request)):
                for person in request.addressees:
                    claims = Claims(request.public_id, person.officer_id, request.revision_sha256)
                    try:
                        asked = answering.look(session, claims, world.now)
                    except (LinkExpired, RequestEnded, TextChanged):
                        briefing.who_answered(session, request.public_id, world.house)
                        briefing.who_changed(session, request.public_id, world.house)
                    else:
                        briefing.brief(session, asked, person.officer_id, world.house)

        outcome = world.move("everybody reads", read)
        if outcome.refused:
            raise Broken("everything can be read", repr(outcome.refused))
