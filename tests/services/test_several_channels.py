"""Several channels at once: each goes its own way, a newer text goes before an older one, and pages are watched."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from tests.peers import PATIENCE, WebhookOncePeer, WebhookPeer, WordPressPeer

from yingda.domain.acts import ItIsNotThere
from yingda.domain.channels import Channels
from yingda.domain.errors import NotNow
from yingda.domain.life import Outcome, PublicationState, Stage
from yingda.services import correcting, drifting, publishing, sending, troubles, vouching
from yingda.store.models import Publication
from yingda.transports import webhook, wordpress
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access
from yingda.transports.web import Web

PENDING, SENDING, CONFIRMED = PublicationState.PENDING, PublicationState.SENDING, PublicationState.CONFIRMED
UNKNOWN, FAILED, SUPERSEDED = PublicationState.UNKNOWN, PublicationState.FAILED, PublicationState.SUPERSEDED


@dataclass
class World:
    """An office with a bulletin, a site and a receiver."""

    office: Any
    site: WordPressPeer
    hook: WebhookPeer
    connections: dict[str, Access]

    def access(self, connection_id: str) -> Access:
        if connection_id not in self.connections:
            raise TransportError(f"Connection {connection_id} is not there; create it.")
        return self.connections[connection_id]

    def publish(self, number: str) -> int:
        office = self.office
        return sending.publish_due(office.transaction, number, office.house, lambda: office.now, self.access)

    def look(self, number: str) -> int:
        office = self.office
        return sending.look_due(office.transaction, number, office.house, lambda: office.now)

    def look_again(self) -> int:
        office = self.office
        return sending.look_again_due(office.transaction, office.house, lambda: office.now, limit=20)

    def look_now(self, number: str, channel: str) -> None:
        office = self.office
        sending.look_again(office.transaction, self.row(number, channel).id, office.house, lambda: office.now)

    def later_steps(self) -> list[str]:
        """What follow_up does for publications."""
        with self.office.transaction() as session:
            numbers = sending.to_see_to(session, self.office.now)
        for number in numbers:
            self.publish(number)
            self.look(number)
            self.office.attend(number)
        return numbers

    def row(self, number: str, channel: str, revision: int = -1) -> Publication:
        return [one for one in self.office.publications(number) if one.channel == channel][revision]

    def states(self, number: str, channel: str) -> list[PublicationState]:
        return [one.state for one in self.office.publications(number) if one.channel == channel]

    def about(self, number: str) -> set[str]:
        return {mail.values["about"] for mail in self.office.mails(number, "notice")}

    def out(self, number: str) -> None:
        """Publish, see live and stand at closing."""
        self.publish(number)
        self.office.attend(number)
        self.look(number)
        self.office.attend(number)

    def correct(self, number: str, body: str = "更正：路灯明日修复。", kind: str = "correction") -> None:
        """Have a correction or withdrawal written and signed; it stands at publication then."""
        with self.office.case(number) as case:
            (correcting.correct if kind == "correction" else correcting.withdraw)(case, "写错了", "account:duty")
        self.office.attend(number)
        text = {"kind": kind, "title": "更正", "body": body, "commitments": []}
        self.office.answer(number, "draft_statement", "submit", **text)
        self.office.carry_on(number, "publication")


@pytest.fixture
def world(office: Any, bulletin_site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    site, hook = WordPressPeer(office.house.bulletin), WebhookPeer(office.house.bulletin)
    bulletin = office.house.channels.channels[0].model_dump(mode="json")
    channels = {"hosts": site.hosts, "channels": [bulletin, site.channel(), hook.channel()]}
    office.house = replace(office.house, channels=Channels.model_validate(channels))
    for module in (webhook, wordpress):
        monkeypatch.setattr(module, "Web", lambda hosts, **given: Web(hosts, **{**given, "answer": PATIENCE}))
    yield World(office, site, hook, {"site": site.access(), "hook": hook.access()})
    site.stop()
    hook.stop()


def test_every_channel_has_it_and_its_own_page_is_looked_at(world: World) -> None:
    number = world.office.bring_to("publication")
    assert world.publish(number) == 3
    assert {row.state for row in world.office.publications(number)} == {CONFIRMED}
    assert world.row(number, "site").reference == "101"
    world.office.attend(number)
    assert world.look(number) == 2
    assert (world.row(number, "hook").looks, world.row(number, "hook").live_at) == (1, None)


def test_a_page_that_is_not_to_be_seen_is_told_and_holds_nothing_up_that_residents_can_read(world: World) -> None:
    number = world.office.bring_to("publication")
    world.publish(number)
    world.office.attend(number)
    # The receiver of the webhook names a page, and nothing stands there.
    for stage in (Stage.LIVE_CHECK, Stage.LIVE_CHECK, Stage.CLOSING):
        world.look(number)
        assert world.office.attend(number).stage is stage
        world.office.now = world.row(number, "hook").next_at
    assert "not_seen_live" in world.about(number)
    assert world.later_steps() == [number]
    assert world.row(number, "hook").looks == 4
    world.look_now(number, "hook")
    assert world.row(number, "hook").looks == 4, "not before its time"
    with world.office.transaction() as session:
        vouching.look_again(session, world.row(number, "hook").id, world.office.house, world.office.now, "account:x")
    world.look_now(number, "hook")
    assert world.row(number, "hook").looks == 5


@pytest.mark.parametrize(
    "body", ['他说"已修"--真的...', "1. 一\n2. 二\n\n> 引文\n\n[链接](https://example.org/?a=1&b=2)"]
)
def test_a_theme_and_its_typography_make_no_text_look_wrong_but_other_words_do(world: World, body: str) -> None:
    number = world.office.bring_to("statement")
    text = {"kind": "final", "title": '关于"路灯"的说明', "body": body, "commitments": []}
    world.office.answer(number, "draft_statement", "submit", **text)
    world.office.carry_on(number, "publication")
    world.out(number)
    assert world.row(number, "site").live_at is not None
    post = world.site.posts[101]
    for wrong in (post["content"].replace("已修", "未修").replace("引文", "文引"), "<p>别的</p>"):
        right, post["content"] = post["content"], wrong
        world.office.later(hours=2)
        world.look_again()
        assert world.row(number, "site").drifted_at is not None
        post["content"] = right
        world.office.later(hours=2)
        world.look_again()
        assert world.row(number, "site").drifted_at is None


def test_a_channel_that_is_down_holds_nothing_up_and_is_tried_to_the_end(world: World) -> None:
    world.site.stop()
    number = world.office.bring_to("publication")
    began = world.office.now
    assert world.publish(number) == 2
    assert world.office.attend(number).stage is Stage.LIVE_CHECK
    with world.office.transaction() as session:
        # The receiver gave an address that nothing stands at; that is another matter.
        session.get_one(Publication, world.row(number, "hook").id).url = None
    assert world.look(number) == 1
    assert world.office.attend(number).stage is Stage.CLOSING
    assert world.office.incident(number).outcome is Outcome.PUBLISHED
    row = world.row(number, "site")
    assert (row.state, row.attempts) == (PENDING, 1)
    assert row.problem is not None
    assert "refuses" in row.problem
    assert world.later_steps() == [], "not before its time"

    world.office.later(seconds=10)
    assert world.later_steps() == [number]
    world.office.answer(number, "close", "close", result="已修复")
    assert world.office.stage(number) is Stage.CLOSED
    world.office.later(seconds=30)
    assert world.later_steps() == [number]
    assert world.row(number, "site").attempts == 3
    assert "publication_failed" in world.about(number)
    with world.office.transaction() as session:
        [stuck] = troubles.troubles(session, world.office.house).publications
    assert (stuck.channel, stuck.way_out) == ("site", "send_again")

    world.site.start()
    world.office.later(minutes=5)
    world.later_steps()
    assert (world.row(number, "site").state, world.office.stage(number)) == (CONFIRMED, Stage.CLOSED)
    assert world.row(number, "site").live_at == world.office.now
    assert world.office.clocks(number)["public_word"].met_at == began


def test_a_channel_that_hangs_lets_the_others_go_at_once(world: World) -> None:
    world.site.break_down("hang")
    number = world.office.bring_to("publication")
    began = threading.Event()
    hooked = world.hook.work

    def noted(*given: Any) -> Any:
        began.set()
        return hooked(*given)

    world.hook.work = noted  # type: ignore[method-assign]
    thread = threading.Thread(target=world.publish, args=(number,))
    thread.start()
    assert began.wait(PATIENCE), "it did not wait for the one that hangs"
    thread.join()


def test_a_connection_that_is_not_there_is_told_and_its_making_is_enough(world: World) -> None:
    kept = world.connections.pop("hook")
    number = world.office.bring_to("publication")
    for _ in range(3):
        world.publish(number)
        world.office.attend(number)
        world.office.later(minutes=2)
    row = world.row(number, "hook")
    assert (row.state, row.problem) == (PENDING, "Connection hook is not there; create it.")
    assert "publication_failed" in world.about(number)
    world.connections["hook"] = kept
    world.later_steps()
    world.publish(number)
    assert world.row(number, "hook").state is CONFIRMED


def test_a_group_of_colleagues_is_not_the_public(world: World) -> None:
    plain = world.office.house.channels.model_dump(mode="json")
    plain["channels"] = [{**plain["channels"][2], "public": False}, plain["channels"][1]]
    world.office.house = replace(world.office.house, channels=Channels.model_validate(plain))
    world.site.stop()
    number = world.office.bring_to("publication")
    assert world.publish(number) == 1
    assert world.office.attend(number).stage is Stage.PUBLICATION
    assert world.office.incident(number).outcome is None
    assert world.office.clocks(number)["public_word"].met_at is None
    with world.office.case(number) as case, pytest.raises(NotNow):
        correcting.correct(case, "x", "account:duty")


def test_a_drill_stays_on_the_bulletin(world: World) -> None:
    number = world.office.bring_to("publication", drill=True)
    world.publish(number)
    assert [row.channel for row in world.office.publications(number)] == ["bulletin"]
    assert not world.site.log
    assert not world.hook.log


def test_a_correction_takes_the_place_everywhere_and_points_back(world: World) -> None:
    number = world.office.bring_to("publication")
    world.out(number)
    world.office.carry_on(number, "live_check")
    with world.office.transaction() as session:
        session.get_one(Publication, world.row(number, "hook").id).live_at = world.office.now
    world.office.attend(number)
    world.office.later(hours=1)
    first = world.row(number, "site").url
    world.correct(number)
    assert world.publish(number) == 3
    assert [kind for kind, _, _ in world.site.history] == ["create", "update"]
    assert world.row(number, "site").url == first
    assert world.hook.taken[1]["earlier"]["url"] == world.hook.taken[0].get("url", f"{world.hook.url}/read/1")
    assert world.states(number, "site") == [CONFIRMED, CONFIRMED]


def test_a_newer_text_takes_the_place_of_what_was_not_sent_yet(world: World) -> None:
    world.site.stop()
    number = world.office.bring_to("publication")
    world.out(number)
    with world.office.transaction() as session:
        session.get_one(Publication, world.row(number, "hook").id).live_at = world.office.now
    world.office.attend(number)
    old = world.row(number, "site")
    world.office.later(hours=1)
    world.correct(number)
    world.office.attend(number)
    assert world.states(number, "site") == [SUPERSEDED, PENDING]
    [told] = world.office.events(number, "publication_superseded")
    assert told.data == {"channel": "site", "was_state": "pending"}
    world.site.start()
    world.publish(number)
    assert world.states(number, "site") == [SUPERSEDED, CONFIRMED]
    assert len(world.site.posts) == 1
    assert "明日修复" in world.site.posts[101]["content"]
    with world.office.transaction() as session, pytest.raises(NotNow):
        vouching.send_again(session, old.id, ItIsNotThere(looked=True), world.office.house, world.office.now, "a")


def in_flight(world: World) -> tuple[str, Any]:
    """An older text that its sender may still be about to write to the site, and a newer one that waits."""
    number = world.office.bring_to("publication")
    with world.office.case(number) as case:
        claimed = {one.channel: one for one in publishing.claim_due(case)}
        for one in claimed.values():
            publishing.clear(case, one)
        publishing.confirm(case, claimed["bulletin"], f"https://example.org/{number}")
        publishing.confirm(case, claimed["hook"], None)
        case.move(Stage.CLOSING)
    world.correct(number)
    world.office.attend(number)
    assert world.states(number, "site") == [SENDING, PENDING]
    return number, claimed["site"]


def test_a_newer_text_waits_for_an_older_one_on_its_way(world: World) -> None:
    number, _ = in_flight(world)
    world.publish(number)
    assert world.states(number, "site") == [SENDING, PENDING], "the older may arrive at any moment"
    assert not world.site.log
    with world.office.case(number) as case:
        assert publishing.next_moment(case) == world.row(number, "site", 0).next_at, "it sleeps until then"
    world.office.later(seconds=60)
    world.publish(number)
    world.publish(number)
    assert world.states(number, "site") == [SUPERSEDED, CONFIRMED], "the older surely is not there"
    assert "明日修复" in world.site.posts[101]["content"]


def test_an_older_text_that_arrived_is_found_and_the_newer_goes_over_it(world: World) -> None:
    number, older = in_flight(world)
    channel = world.office.house.channels.channel("site")
    from yingda.services import announcing

    outlet = wordpress.outlet(channel, world.access("site"), world.office.house)
    outlet.publish(announcing.notice_of(older, world.office.house), None)
    world.office.later(seconds=60)
    world.publish(number)
    assert world.states(number, "site") == [CONFIRMED, CONFIRMED]
    assert [kind for kind, _, _ in world.site.history] == ["create", "update"]
    assert "明日修复" in world.site.posts[101]["content"]


def test_an_older_sender_that_wakes_late_sends_nothing(world: World) -> None:
    number, older = in_flight(world)
    world.office.later(seconds=60)
    world.publish(number)
    with world.office.case(number) as case:
        assert publishing.clear(case, older) is publishing.Clearance.LOST


def test_an_older_text_of_which_nobody_knows_holds_up_no_newer_and_is_never_sent_again(world: World) -> None:
    number, older = in_flight(world)
    with world.office.case(number) as case:
        publishing.doubt(case, older, "broken off")
    world.publish(number)
    assert world.states(number, "site") == [UNKNOWN, CONFIRMED]
    old = world.row(number, "site", 0).id
    with world.office.transaction() as session:
        vouching.send_again(session, old, ItIsNotThere(looked=True), world.office.house, world.office.now, "account:x")
    world.office.later(hours=1)
    world.publish(number)
    assert world.states(number, "site") == [SUPERSEDED, CONFIRMED]
    assert [kind for kind, _, _ in world.site.history] == ["create"]


def test_tasks_that_run_at_once_send_each_text_once_to_each_channel(world: World) -> None:
    number = world.office.bring_to("publication")
    together = threading.Barrier(3)

    def run() -> None:
        together.wait()
        world.publish(number)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {row.state for row in world.office.publications(number)} == {CONFIRMED}
    assert len(world.office.events(number, "published")) == 3
    assert [kind for kind, _, _ in world.site.history] == ["create"]
    assert len(world.hook.log) == 1


@pytest.mark.parametrize("change", ["regrade", "step"])
def test_what_changed_since_the_claim_is_seen_just_before_the_wire(world: World, change: str) -> None:
    number = world.office.bring_to("publication")
    office, before = world.office, sending.announcing.notice_of

    def meanwhile(*given: Any) -> Any:
        if change == "regrade":
            office.regrade(number, "critical")
        elif office.stage(number) is Stage.PUBLICATION:
            with office.case(number) as case:
                case.move(Stage.STATEMENT)
        return before(*given)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sending.announcing, "notice_of", meanwhile)
        assert world.publish(number) == 0
    assert {row.state for row in office.publications(number)} == {PENDING}
    assert len(office.events(number, "publication_held_back")) == 3
    assert not world.site.log
    assert not world.hook.log
    assert not (office.house.bulletin / number).exists()
    stage = Stage.STATEMENT_APPROVAL if change == "regrade" else Stage.STATEMENT
    assert office.attend(number).stage is stage


def test_a_text_whose_signatures_do_not_suffice_later_is_not_sent_later(world: World) -> None:
    world.site.stop()
    number = world.office.bring_to("publication")
    world.publish(number)
    world.office.attend(number)
    world.office.regrade(number, "critical")
    world.site.start()
    world.office.later(minutes=1)
    world.publish(number)
    assert (world.row(number, "site").state, world.office.stage(number)) == (FAILED, Stage.LIVE_CHECK)
    assert "publication_refused" in world.about(number)
    assert not world.site.posts


@pytest.mark.parametrize("where", ["prepare", "publish"])
def test_what_no_transport_names_is_told_and_leaves_nothing_leased(
    world: World, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("a broken template")

    with monkeypatch.context() as patched:
        if where == "prepare":
            patched.setattr(sending.announcing, "notice_of", broken)
        else:
            patched.setattr(webhook, "payload", broken)
        number = world.office.bring_to("publication")
        for _ in range(3):
            world.publish(number)
            row = world.row(number, "hook")
            assert (row.state, row.lease) == (PENDING, None)
            assert "ZeroDivisionError: a broken template" in row.problem
            world.office.now = row.next_at
    assert "publication_failed" in world.about(number)
    world.publish(number)
    assert world.row(number, "hook").state is CONFIRMED


def test_what_failed_is_sent_again_at_later_steps(world: World) -> None:
    world.site.may_publish = False
    number = world.office.bring_to("publication")
    world.publish(number)
    world.office.attend(number)
    row = world.row(number, "site")
    assert (row.state, world.office.stage(number)) == (FAILED, Stage.LIVE_CHECK)
    world.site.may_publish = True
    with world.office.case(number) as case:
        case.move(Stage.CLOSING)
    with world.office.transaction() as session:
        found = [one for one in troubles.troubles(session, world.office.house).publications if one.id == row.id]
        assert [one.way_out for one in found] == ["send_again"]
        vouching.send_again(session, row.id, ItIsNotThere(), world.office.house, world.office.now, "account:duty")
    world.later_steps()
    assert (world.row(number, "site").state, world.row(number, "site").live_at) == (CONFIRMED, world.office.now)


def test_what_cannot_be_told_is_looked_for_and_then_told_within_two_minutes(world: World) -> None:
    number = world.office.bring_to("publication")
    sent = world.office.now
    world.site.break_down("drop_after_accept")
    world.publish(number)
    assert (world.row(number, "site").state, world.row(number, "site").lease) == (SENDING, None)
    assert world.office.attend(number).stage is Stage.PUBLICATION
    looks = 0
    while world.row(number, "site").state is SENDING:
        with world.office.case(number) as case:
            moment = publishing.next_moment(case)
        assert moment is not None
        assert moment > world.office.now, "the task sleeps until then and wakes by itself"
        assert world.office.attend(number).wake_at <= moment
        world.office.now = moment
        world.publish(number)
        looks += 1
    assert looks >= 3
    row = world.row(number, "site")
    assert row.state is UNKNOWN
    assert "publication_unknown" in world.about(number)
    assert world.office.now - sent <= timedelta(minutes=2) * 3 / 4
    assert len(world.site.posts) == 1
    # Whoever looks and says it is there settles it; nothing is sent again.
    world.site.fault = None
    world.publish(number)
    assert len(world.site.history) == 1


def test_nothing_is_believed_gone_while_it_may_still_arrive(world: World) -> None:
    number = world.office.bring_to("publication")
    with world.office.case(number) as case:
        claimed = {one.channel: one for one in publishing.claim_due(case)}
        publishing.clear(case, claimed["site"])
        publishing.look_later(case, claimed["site"], "no answer")
    for seconds, state in ((10, SENDING), (30, SENDING)):
        world.office.later(seconds=seconds)
        world.publish(number)
        assert world.row(number, "site").state is state
    assert not world.site.posts
    world.office.now = world.row(number, "site").next_at
    world.publish(number)
    assert world.row(number, "site").state is CONFIRMED
    assert [kind for kind, _, _ in world.site.history] == ["create"]


def test_a_page_that_changes_later_in_the_day_is_told_once_a_drift_and_its_recovery_noted(world: World) -> None:
    number = world.office.bring_to("publication")
    world.publish(number)
    world.office.attend(number)
    world.look(number)
    row = world.row(number, "site")
    assert row.look_at == world.office.now + timedelta(minutes=15)
    assert world.look_again() == 0
    world.office.later(minutes=15)
    assert world.look_again() == 2
    assert world.row(number, "site").look_at == row.live_at + timedelta(hours=1)
    right = world.site.posts[101]["content"]
    for drift in (1, 2):
        world.site.posts[101]["content"] = "<p>此文已删除</p>"
        world.office.now = world.row(number, "site").look_at
        world.look_again()
        found = world.row(number, "site")
        assert found.drifted_at == world.office.now
        assert found.live_at == row.live_at
        with world.office.transaction() as session:
            [stuck] = [one for one in troubles.troubles(session, world.office.house).publications if one.drifted_at]
        assert stuck.way_out == "look_again"
        world.office.now = found.look_at
        world.look_again()
        assert len(world.office.events(number, "drifted")) == drift, "told once"
        world.site.posts[101]["content"] = right
        world.office.later(seconds=1)
        with world.office.transaction() as session:
            vouching.look_again(session, found.id, world.office.house, world.office.now, "account:duty")
        sending.look_again(world.office.transaction, found.id, world.office.house, lambda: world.office.now)
        assert world.row(number, "site").drifted_at is None
        assert len(world.office.events(number, "recovered")) == drift
        world.office.later(hours=1)
    told = [mail for mail in world.office.mails(number, "notice") if mail.values["about"] == "drifted"]
    assert len(told) == 4, "two duty officers, two drifts"
    world.office.later(days=2)
    world.look_again()
    assert world.row(number, "site").look_at is None


def test_a_site_that_is_away_for_a_moment_has_not_drifted(world: World) -> None:
    number = world.office.bring_to("publication")
    world.publish(number)
    world.office.attend(number)
    world.look(number)
    world.site.stop()
    for looks in (1, 2, 3):
        world.office.now = world.row(number, "site").look_at
        world.look_again()
        assert (world.row(number, "site").drifted_at is not None) is (looks >= 3)
    world.site.start()


def test_only_the_newest_text_is_watched(world: World) -> None:
    number = world.office.bring_to("publication")
    world.out(number)
    with world.office.transaction() as session:
        session.get_one(Publication, world.row(number, "hook").id).live_at = world.office.now
    world.office.attend(number)
    world.office.later(hours=2)
    world.correct(number)
    assert {row.look_at for row in world.office.publications(number)} == {None}
    with world.office.transaction() as session:
        assert drifting.due(session, world.office.now + timedelta(days=3), limit=9) == []


def test_a_receiver_that_knows_nothing_again_gets_one_attempt(
    world: World, office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = WebhookOncePeer(office.house.bulletin)
    channels = office.house.channels.model_dump(mode="json")
    channels["channels"][2] = once.channel()
    office.house = replace(office.house, channels=Channels.model_validate(channels))
    world.connections["hook"] = once.access()
    number = office.bring_to("publication")
    with office.case(number) as case:
        for one in publishing.claim_due(case):
            publishing.clear(case, one)
    office.later(seconds=60)
    world.publish(number)
    assert world.row(number, "hook").state is UNKNOWN, "an orphan is unknown at once"
    assert not once.log
    once.stop()
