"""Scenes: what is mostly waiting is played at the same time, each scene in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from tests.whole.office import Office
from tests.whole.system import System

Play = Callable[[Office, System], Any]

AT_ONCE = 6
"""Scenes played at the same time: each keeps Airflow busy, and two cores have only so much to give."""

_plays: dict[str, Play] = {}


def scene(play: Play) -> Any:
    """Make a fixture of what a scene returns; what goes wrong in it fails the tests that ask for it, and no other."""
    name = str(play.__name__)
    _plays[name] = play

    @pytest.fixture(scope="session", name=name)
    def result(scenes: dict[str, Future[Any]]) -> Any:
        return scenes[name].result()

    result.__doc__ = play.__doc__
    return result


def play_all(items: list[pytest.Item], office: Office, system: System) -> dict[str, Future[Any]]:
    """Play every scene that one of these tests asks for; return when the last has ended."""
    asked_for = {name for item in items for name in getattr(item, "fixturenames", ())}
    wanted = {name: play for name, play in _plays.items() if name in asked_for}
    with ThreadPoolExecutor(AT_ONCE) as stage:
        return {name: stage.submit(play, office, system) for name, play in wanted.items()}
