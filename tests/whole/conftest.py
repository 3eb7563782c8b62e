"""One system for all whole tests: real processes, real SMTP, real HTTP, seen from outside only."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from tests.whole.mailbox import Mailbox
from tests.whole.office import Office
from tests.whole.scenes import play_all
from tests.whole.server import Server
from tests.whole.system import SHIPPED_ROSTER, System

POLICY = """\
clocks:
  verification: {major: 3s}
publication:
  pauses: [2s, 3s, 5s, 10s]
  tell_after: 1
"""
"""Time runs faster for the verified result of a major incident; what could not be published is tried again soon."""

LAST = ("test_processes_die.py", "test_airflow_database_lost.py")
"""What takes the system down in part comes after the rest."""

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and put those that break things at the end."""
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    for item in ours:
        item.add_marker(pytest.mark.whole)
        item.add_marker(pytest.mark.timeout(600))  # whoever comes first waits for the start and for all scenes
    order = sorted(ours, key=lambda item: LAST.index(item.path.name) if item.path.name in LAST else -1)
    places = [place for place, item in enumerate(items) if item.path.is_relative_to(HERE)]
    for place, item in zip(places, order, strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    """A running system. Processes left behind at its end are a failure."""
    made = System(POLICY, _somebody_is_away())
    request.config.stash[RUNNING] = made
    try:
        made.start()
        yield made
    finally:
        problems = made.stop()
        if os.environ.get("YINGDA_WHOLE_KEEP"):
            print(f"kept: {made.home}")
        else:
            made.remove()
    assert not problems, "\n".join(problems)


def _somebody_is_away() -> str:
    """Return the shipped roster with the officer of Nantang village away, the one of Shiqiao in their place."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    roster = yaml.safe_load(SHIPPED_ROSTER.read_text(encoding="utf-8"))
    away = next(officer for officer in roster["officers"] if officer["id"] == "zou_haitao")
    away["absences"] = [{"start": today - timedelta(days=1), "end": today + timedelta(days=1), "deputy": "wei_guilan"}]
    return str(yaml.safe_dump(roster, allow_unicode=True, sort_keys=False))


@pytest.fixture(scope="session")
def server(system: System) -> Server:
    """The server, as the account `ops`."""
    return Server(system.base, system.home / "accounts.json")


@pytest.fixture(scope="session")
def mailbox(system: System) -> Mailbox:
    """All mail that was sent."""
    return Mailbox(system.mail)


@pytest.fixture(scope="session")
def office(system: System, server: Server, mailbox: Mailbox) -> Office:
    """The people at work."""
    return Office(system.base, server, mailbox)


@pytest.fixture(scope="session")
def scenes(request: pytest.FixtureRequest, office: Office, system: System) -> dict[str, Future[Any]]:
    """Every scene that was asked for, played to its end."""
    return play_all(request.session.items, office, system)


RUNNING = pytest.StashKey[System]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the end of the logs to a failure."""
    report = yield
    system = item.config.stash.get(RUNNING, None)
    if report.failed and system is not None and item.path.is_relative_to(HERE):
        report.sections.append(("the end of var/logs", system.last_lines()))
    return report
