"""One system a home."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator

from yingda.running.errors import StartError
from yingda.running.layout import Layout


@contextlib.contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """Hold the home for this process; the kernel gives it back however the process ends.

    :raises StartError: another process holds it
    """
    with (layout.run / "lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip()
            raise StartError(
                f"{layout.home} 中的系统已在运行（进程 {holder}）。请先在该窗口按 Ctrl-C 停止，"
                "或用 YINGDA_HOME、PORT、SMTP_PORT 另起一套。"
                f" A system is already running in {layout.home} (process {holder}). Stop it with Ctrl-C there, "
                "or start another one with its own YINGDA_HOME, PORT and SMTP_PORT."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
