"""Retelling: a story that broke a law, played again with ever less of it, until nothing more can be left out."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any

from .machine import AnyMoves

Call = tuple[str, dict[str, Any]]


def play(make: Callable[[], AnyMoves], calls: list[Call]) -> tuple[AnyMoves, BaseException | None]:
    """Play a story; return where it led, and what it ran into."""
    machine = make()
    try:
        for name, given in calls:
            machine.play(name, given)
        machine.teardown()
    except Exception as broken:
        return machine, broken
    return machine, None


def shortest(make: Callable[[], AnyMoves], calls: list[Call], broken: BaseException, seconds: float) -> list[Call]:
    """Leave out moves, many at first, then one by one, then make what is left plainer, while the same thing breaks."""
    until = time.monotonic() + seconds

    def still(tried: list[Call]) -> bool:
        return time.monotonic() < until and alike(play(make, tried)[1], broken)

    size = max(len(calls) // 2, 1)
    while size:
        start = len(calls)
        while start > 0:
            start -= size
            tried = calls[: max(start, 0)] + calls[max(start, 0) + size :]
            if still(tried):
                calls = tried
        size //= 2
    for position, (name, given) in enumerate(calls):
        for argument, value in given.items():
            plain = type(value)() if isinstance(value, int | bool) else value
            given = {**calls[position][1], argument: plain}
            tried = [*calls[:position], (name, given), *calls[position + 1 :]]
            if plain != value and still(tried):
                calls = tried
    return calls


def alike(one: BaseException | None, other: BaseException) -> bool:
    """Tell whether two stories ran into the same thing: the same law, or the same kind of error."""
    return type(one) is type(other) and str(one).partition(":")[0] == str(other).partition(":")[0]


def described(broken: BaseException) -> str:
    """Return what broke; for what is no law but an error, where it came from as well."""
    if isinstance(broken, AssertionError):
        return f"{type(broken).__name__}: {broken}"
    return "".join(traceback.format_exception(broken)[-12:])
