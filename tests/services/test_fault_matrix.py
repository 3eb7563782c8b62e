"""
Every channel against every fault: what is lost and what is doubled is counted from the other side's own log.

Channels with a key, or that can be read back, lose and double nothing. The others never double anything, and the duty
officer hears within two minutes of what nobody can tell about. `-s` prints the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.group_peers import GROUPS
from tests.peers import FAULTS, PATIENCE, PEERS, Peer

from yingda.domain.channels import Channels
from yingda.domain.life import PublicationState
from yingda.services import publishing, sending
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access, Outlet, Posted
from yingda.transports.outlets import MODULES, outlet_of
from yingda.transports.web import Web

EVERY = {**PEERS, **GROUPS}
DEATHS = ("dies_before_sending", "dies_after_sending", "dies_after_claiming")
TOLD_WITHIN = timedelta(minutes=2)
TABLE: list[str] = []


class Died(BaseException):
    """The process is gone."""


class Mortal:
    """A channel whose sender dies once, before or after it spoke."""

    def __init__(self, outlet: Outlet, deaths: list[str]) -> None:
        self.outlet, self.deaths, self.looks = outlet, deaths, outlet.looks
        self.repeats = getattr(outlet, "repeats", False)

    def publish(self, notice: Any, earlier: Posted | None) -> Posted:
        death = self.deaths.pop() if self.deaths else None
        if death == "dies_before_sending":
            raise Died
        posted = self.outlet.publish(notice, earlier)
        if death == "dies_after_sending":
            raise Died
        return posted

    def find(self, notice: Any) -> Posted | None:
        return self.outlet.find(notice)


@pytest.fixture
def peer(request: pytest.FixtureRequest, office: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    """The other side of one channel, beside the bulletin."""
    from importlib import import_module

    made = EVERY[request.param](office.house.bulletin)
    channel = made.channel()
    beside = [] if channel["kind"] == "bulletin" else [PEERS["bulletin"](office.house.bulletin).channel()]
    office.house = replace(
        office.house, channels=Channels.model_validate({"hosts": made.hosts, "channels": [channel, *beside]})
    )
    module = import_module(MODULES[office.house.channels.channels[0].kind])
    if hasattr(module, "Web"):
        monkeypatch.setattr(
            module, "Web", lambda hosts, **given: Web(hosts, **{**given, "answer": PATIENCE, "connect": PATIENCE})
        )
    yield made
    made.stop()


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """Print what was counted."""
    yield
    print(
        "\n".join(["", f"{'channel':28}{'fault':22}{'lasts':7}{'sent':>6}{'lost':>6}{'doubled':>9}  ends as", *TABLE])
    )


class Run:
    """One statement on its way, with the time that passes."""

    def __init__(self, office: Any, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.office, self.peer = office, peer
        self.number: str = office.bring_to("publication")
        self.channel: str = peer.channel()["id"]
        self.deaths: list[str] = []
        self.sha = office.signatures(self.number)[-1].sha256
        monkeypatch.setattr(
            sending,
            "outlet_of",
            lambda channel, access, house: self._mortal(outlet_of(channel, access, house), channel),
        )

    def _mortal(self, outlet: Outlet, channel: Any) -> Outlet:
        return Mortal(outlet, self.deaths) if channel.id == self.channel else outlet

    def connections(self, connection_id: str) -> Access:
        access = self.peer.access()
        if access is None:
            raise TransportError(connection_id)
        return access

    def publish(self) -> None:
        with suppress(Died):
            sending.publish_due(
                self.office.transaction, self.number, self.office.house, lambda: self.office.now, self.connections
            )
        self.peer.come_to_rest()

    @property
    def row(self) -> Any:
        return next(one for one in self.office.publications(self.number) if one.channel == self.channel)

    def told(self, about: str) -> list[datetime]:
        return [mail.created_at for mail in self.office.mails(self.number, "notice") if mail.values["about"] == about]

    def go_on(self, span: timedelta) -> None:
        """Let time pass: whenever a task would wake for this channel, it does."""
        until = self.office.now + span
        while self.office.now < until and self.row.state in (PublicationState.PENDING, PublicationState.SENDING):
            due = min(self.row.next_at or self.office.now, until)
            self.office.now = max(due, self.office.now + timedelta(seconds=1))
            self.publish()
            self.office.attend(self.number)


def count(run: Run, fault: str, lasts: str) -> tuple[int, int]:
    """Return what was lost and what was doubled, from the peer's own log, and note it in the table."""
    row, there = run.row, run.peer.effects()[run.sha]
    # Lost: we say it is there and it is not; or nothing of it is known to anybody.
    told = bool(run.told("publication_unknown") or run.told("publication_failed"))
    lost = int(there == 0 and (row.state is PublicationState.CONFIRMED or not told))
    doubled = max(there - 1, 0)
    TABLE.append(f"{run.peer.kind:28}{fault:22}{lasts:7}{len(run.peer.log):>6}{lost:>6}{doubled:>9}  {row.state.value}")
    return lost, doubled


@pytest.mark.parametrize("fault", [*FAULTS, *DEATHS])
@pytest.mark.parametrize("peer", EVERY, indirect=True)
def test_what_breaks_once_loses_and_doubles_nothing(
    office: Any, peer: Peer, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(office, peer, monkeypatch)
    began = office.now
    if fault == "dies_after_claiming":
        with office.case(run.number) as case:
            publishing.claim_due(case)
    elif fault in DEATHS:
        run.deaths.append(fault)
        run.publish()
    else:
        peer.break_down(fault)
        run.publish()
        peer.recover()
    if fault != "dies_after_claiming" and run.channel != "bulletin":
        [beside] = [one for one in office.publications(run.number) if one.channel == "bulletin"]
        assert beside.state is PublicationState.CONFIRMED, "a channel that is down holds no other up"
    run.go_on(timedelta(minutes=10))

    lost, doubled = count(run, fault, "once")
    assert doubled == 0
    assert lost == 0
    if peer.promises:
        assert run.row.state is PublicationState.CONFIRMED
        assert peer.effects()[run.sha] == 1
    elif run.row.state is not PublicationState.CONFIRMED:
        assert run.row.state is PublicationState.UNKNOWN
        assert all(moment - began < TOLD_WITHIN for moment in run.told("publication_unknown"))


@pytest.mark.soak
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("peer", EVERY, indirect=True)
def test_what_stays_broken_is_never_doubled_and_told_in_time(
    office: Any, peer: Peer, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(office, peer, monkeypatch)
    began = office.now
    peer.break_down(fault)
    run.publish()
    run.go_on(timedelta(minutes=30))

    _, doubled = count(run, fault, "on")
    assert doubled == 0
    row = run.row
    if row.state is PublicationState.UNKNOWN:
        [first, *_] = run.told("publication_unknown")
        assert first - began < TOLD_WITHIN
    elif row.state is PublicationState.CONFIRMED:
        assert peer.effects()[run.sha] == 1
    else:
        assert run.told("publication_failed"), "who waits for ever is told of"
    peer.recover()
