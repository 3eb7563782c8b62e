"""Becomes a supervised program: `python -m yingda.running.child SIGNAL PROGRAM [ARGUMENT ...]`.

Two things first. What the program's former life left behind when it was killed (an executor's workers, a triggerer's
runner) is ended, so that nothing works twice. And the kernel is asked to send SIGNAL when supervisord dies, so that the
program does not outlive it; only Linux offers that, elsewhere the next start clears up.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

from yingda.running.sessions import abandoned


def main(arguments: list[str]) -> None:
    """Do the above and turn into the program; does not return."""
    number, program = signal.Signals[f"SIG{arguments[0]}"], arguments[1:]
    leader = os.getppid()
    # Only below a supervisord that leads the session: any other session is not ours to clear.
    if os.getsid(0) == leader:
        end = time.monotonic() + 3
        while (left := abandoned(leader)) and time.monotonic() < end:
            for process in left:
                with contextlib.suppress(Exception):
                    process.kill()
            time.sleep(0.05)
    die_with_parent(number)
    if os.getppid() != leader:
        sys.exit("supervisord died meanwhile")
    os.execvp(program[0], program)  # noqa: S606 - no shell is the point


def die_with_parent(number: int) -> None:
    """Have the kernel send signal `number` to this process when its parent dies; exec keeps that."""
    if sys.platform == "linux":
        import ctypes

        set_parent_death_signal = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>
        ctypes.CDLL(None, use_errno=True).prctl(set_parent_death_signal, int(number), 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
