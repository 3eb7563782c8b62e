"""A whole system of its own, started as an office starts it and seen only from outside."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg2

PROJECT = Path(__file__).resolve().parents[2]

SHIPPED_ROSTER = PROJECT / "include" / "config" / "roster.yaml"

READY = "系统已就绪"
"""What the start prints once everything answers."""

STARTS_WITHIN = 240.0
"""Seconds."""

STOPS_WITHIN = 90.0
"""Seconds."""

OURS = ("YINGDA_", "AIRFLOW", "PORT", "SMTP_PORT", "DEMO_EXIT")
"""Variables of the user's that would leak into the system under test."""

T = TypeVar("T")


def wait_for(look: Callable[[], T | None], what: str, *, seconds: float = 60, pause: float = 0.1) -> T:
    """Return what `look` returns as soon as that is true; fail naming `what` when `seconds` are over."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(pause)
    return found


class System:
    """One home, and the processes that serve it while it is up.

    :param policy: what this office changes of the shipped policy, as YAML
    :param roster: its whole roster, as YAML; by default the shipped one
    """

    def __init__(self, policy: str, roster: str | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="yingda-whole-"))
        self.policy = self.home / "policy-of-the-tests.yaml"
        self.policy.write_text(policy, encoding="utf-8")
        self.roster = self.home / "roster-of-the-tests.yaml"
        self.roster.write_text(roster or SHIPPED_ROSTER.read_text(encoding="utf-8"), encoding="utf-8")
        self.port, self.smtp_port = _free_ports(2)
        self.base = f"http://127.0.0.1:{self.port}"
        self.output = self.home / "up.out"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def mail(self) -> Path:
        """Where the mail catcher leaves what officers get."""
        return self.home / "mail"

    @property
    def bulletin(self) -> Path:
        """The public site."""
        return self.home / "bulletin"

    def environment(self) -> dict[str, str]:
        """Return the environment of a shell in which this system is the one."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return {
            **kept,
            "YINGDA_HOME": str(self.home),
            "YINGDA_POLICY": str(self.policy),
            "YINGDA_ROSTER": str(self.roster),
            "PORT": str(self.port),
            "SMTP_PORT": str(self.smtp_port),
        }

    def start(self) -> None:
        """Run `python -m yingda up` and return once it says that it is ready."""
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "yingda", "up"],
                cwd=PROJECT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C at the tests reaches the tests alone; they stop the system themselves.
                start_new_session=True,
            )
        end = time.monotonic() + STARTS_WITHIN
        while READY not in self.said():
            if self._process.poll() is not None or time.monotonic() > end:
                said = self.said()
                self.stop()
                raise AssertionError(f"the system did not start:\n{said}\n{self.last_lines()}")
            time.sleep(0.1)

    def stop(self) -> list[str]:
        """Stop it as Ctrl-C does; return what was wrong with that: a bad exit code, processes left behind."""
        if self._process is None:
            return []
        problems = []
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        try:
            if code := process.wait(STOPS_WITHIN):
                problems.append(f"`yingda up` ended with exit code {code}:\n{self.said()}")
        except subprocess.TimeoutExpired:
            problems.append(f"`yingda up` did not stop within {STOPS_WITHIN:.0f} s of SIGINT:\n{self.said()}")
            process.kill()
            process.wait()
        left = list(self._left_behind())
        if left:
            problems.append("processes were left behind:\n" + "\n".join(f"{p.pid} {p.cmdline()}" for p in left))
            for one in left:
                with contextlib.suppress(psutil.Error):
                    one.kill()
        return problems

    def remove(self) -> None:
        """Remove the home."""
        shutil.rmtree(self.home, ignore_errors=True)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m yingda` with these arguments, as the operator of this system would."""
        return subprocess.run(
            [sys.executable, "-m", "yingda", *arguments],
            cwd=PROJECT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def processes(self) -> dict[str, int]:
        """Return the process id of each program that runs, by its name."""
        told = json.loads(self.command("ps", "--json").stdout or "[]")
        return {one["name"]: one["pid"] for one in told if one["state"] == "RUNNING" and one["pid"]}

    def kill(self, name: str) -> int:
        """End a program as a crash does; return the process id it had."""
        pid = self.processes()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def is_back(self, name: str, former: int) -> bool:
        """Tell whether a program that was killed runs again, as another process."""
        return self.processes().get(name, former) != former

    @contextlib.contextmanager
    def database(self, name: str = "YINGDA_DATABASE_URL") -> Iterator[Any]:
        """Give a cursor on a database of the system, as its owner; each statement is committed at once."""
        address = json.loads((self.home / "run" / "environment.json").read_text(encoding="utf-8"))[name]
        connection = psycopg2.connect("postgresql://" + address.partition("://")[2])
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def airflow_database(self) -> contextlib.AbstractContextManager[Any]:
        """Give a cursor on Airflow's own database, as its owner."""
        return self.database("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")

    def said(self) -> str:
        """Return what the start printed so far."""
        return self.output.read_text(encoding="utf-8", errors="replace") if self.output.exists() else ""

    def last_lines(self, count: int = 15) -> str:
        """Return the end of every log but for what merely says that all is well."""
        parts = [f"── what `up` printed\n{self.said()}"]
        for path in sorted((self.home / "logs").glob("*.log")):
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - 300_000))
                lines = file.read().decode(errors="replace").splitlines()
            notable = [line[:400] for line in lines if "[info " not in line and line.strip()]
            parts.append(f"── {path.name}\n" + "\n".join(notable[-count:]))
        return "\n".join(parts)

    def _left_behind(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            with contextlib.suppress(OSError, psutil.Error):
                if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                    continue
                if Path(process.cwd()).is_relative_to(self.home) or str(self.home) in process.cmdline():
                    yield process


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        trials = [held.enter_context(socket.socket()) for _ in range(count)]
        for trial in trials:
            trial.bind(("127.0.0.1", 0))
        return [trial.getsockname()[1] for trial in trials]
