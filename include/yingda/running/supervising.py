"""supervisord: keeps our processes running, and stops them in the right order."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from yingda.running import sessions
from yingda.running.errors import StartError
from yingda.running.layout import Layout, write_private

LONGEST_SOCKET = 100
"""Bytes of the longest socket path used; the kernel ends at 107 (macOS at 103)."""


@dataclass(frozen=True)
class Program:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    priority: int
    """Lower starts first and stops last."""
    folder: Path
    """Where it works: inside the home, which is how a leftover is told."""
    stop_signal: str = "TERM"
    stop_seconds: int = 10
    """How long it may take to stop before it is killed."""


@dataclass(frozen=True)
class State:
    """How a program stands."""

    name: str
    pid: int
    """0 when it does not run."""
    state: str
    """STOPPED, STARTING, RUNNING, BACKOFF, STOPPING, EXITED or FATAL, as supervisord says."""
    description: str
    started: int
    """When it was last started, as a UNIX time; 0 if never."""


def socket_path(layout: Layout) -> Path:
    """Return where supervisord of this home listens: below the home, or a short path where that would be too long."""
    near = layout.run / "supervisor.sock"
    if len(os.fsencode(near)) <= LONGEST_SOCKET:
        return near
    short = hashlib.sha256(os.fsencode(layout.home)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir())
    if len(os.fsencode(folder)) > 60:
        folder = Path("/tmp")  # noqa: S108 - the socket has mode 600 in a folder of mode 700 that must be ours
    return folder / f"yingda-{os.geteuid()}-{short}" / "supervisor.sock"


def configuration(layout: Layout, programs: Sequence[Program]) -> str:
    """Return the text of supervisord.conf for `programs`; none is started before it is asked for.

    :raises StartError: a path holds what supervisord takes for a comment
    """
    lines = [
        "[supervisord]",
        "nodaemon=true",
        "silent=true",
        f"logfile={_value(layout.logs / 'supervisord.log')}",
        "logfile_maxbytes=5MB",
        "logfile_backups=2",
        f"pidfile={_value(layout.run / 'supervisord.pid')}",
        f"childlogdir={_value(layout.logs)}",
        *(["user=root"] if os.geteuid() == 0 else []),
        "",
        "[unix_http_server]",
        f"file={_value(socket_path(layout))}",
        "chmod=0600",
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
    ]
    for program in programs:
        command = [sys.executable, "-m", "yingda.running.child", program.stop_signal, *program.command]
        lines += [
            "",
            f"[program:{program.name}]",
            f"command={_value(shlex.join(command))}",
            f"directory={_value(program.folder)}",
            f"priority={program.priority}",
            "autostart=false",
            "autorestart=true",
            # A program killed while it starts is tried again after 1, 2, 3, … seconds.
            "startsecs=2",
            "startretries=1000",
            f"stopsignal={program.stop_signal}",
            f"stopwaitsecs={program.stop_seconds}",
            "stopasgroup=true",
            "killasgroup=true",
            "redirect_stderr=true",
            # The one value that supervisord expands twice.
            f"stdout_logfile={_value(_value(log_path(layout, program.name)))}",
            "stdout_logfile_maxbytes=10MB",
            "stdout_logfile_backups=3",
        ]
    return "\n".join(lines) + "\n"


def log_path(layout: Layout, name: str) -> Path:
    """Return the file that holds what the program `name` prints."""
    return layout.logs / f"{name}.log"


class Supervisor:
    """A running supervisord, our child."""

    def __init__(self, layout: Layout, process: subprocess.Popen[bytes]) -> None:
        """Speak to `process`, a supervisord started for `layout`."""
        self.layout = layout
        self.process = process

    @classmethod
    def start(cls, layout: Layout, programs: Sequence[Program], environment: dict[str, str]) -> Supervisor:
        """Start supervisord with `programs`, all of them stopped, and return once it answers.

        :raises StartError: it ended at once, or did not answer within 15 seconds
        """
        config = layout.run / "supervisord.conf"
        write_private(config, configuration(layout, programs))
        _private_folder(socket_path(layout).parent)
        as_child = [sys.executable, "-m", "yingda.running.child", "TERM", sys.executable]
        with (layout.logs / "supervisord.out").open("wb") as output:
            process = subprocess.Popen(
                [*as_child, "-m", "supervisor.supervisord", "--configuration", str(config)],
                env=environment,
                cwd=layout.run,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        sessions.record(layout, process.pid)
        supervisor = cls(layout, process)
        end = time.monotonic() + 15
        while True:
            with contextlib.suppress(OSError, HTTPException, Fault):
                if server(layout).getPID() == process.pid:
                    return supervisor
            if process.poll() is not None or time.monotonic() > end:
                supervisor.stop()
                said = (layout.logs / "supervisord.out").read_text(errors="replace").strip()
                raise StartError(f"supervisord 未能启动 / did not start:\n{said}")
            time.sleep(0.05)

    @property
    def alive(self) -> bool:
        """Whether supervisord still runs."""
        return self.process.poll() is None

    def launch(self, *names: str) -> None:
        """Have the programs `names` started, without waiting; those that run already are left alone."""
        already = {state.name for state in states(self.layout) if state.pid}
        for name in names:
            if name not in already:
                server(self.layout).startProcess(name, False)

    def stop(self) -> None:
        """Stop all: the scheduler first (its tasks report to the API server), then the rest, PostgreSQL last.

        Returns when no process is left; what does not listen is killed.
        """
        if self.alive:
            with contextlib.suppress(OSError, HTTPException, Fault):
                names = [state.name for state in states(self.layout)]
                last = [name for name in ("api-server", "postgres") if name in names]
                self._halt([name for name in names if name not in last])
                for name in last:
                    self._halt([name])
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=30)
        # Who is still there, a task at work perhaps, was asked to stop long ago.
        sessions.clear(self.layout, patience=0)
        self.process.wait()

    def _halt(self, names: list[str]) -> None:
        for name in names:
            with contextlib.suppress(Fault):
                server(self.layout).stopProcess(name, False)
        while any(state.pid for state in states(self.layout) if state.name in names):
            time.sleep(0.1)


def states(layout: Layout) -> list[State]:
    """Return how each program of this home stands; empty when no supervisord answers, or it is about to end."""
    try:
        told = server(layout).getAllProcessInfo()
    except (OSError, HTTPException, Fault):
        return []
    return [State(one["name"], one["pid"], one["statename"], one["description"], one["start"]) for one in told]


def server(layout: Layout) -> Any:
    """Return the `supervisor` namespace of this home's supervisord; its calls raise OSError when it does not answer."""
    from supervisor.xmlrpc import SupervisorTransport

    transport = SupervisorTransport(None, None, f"unix://{socket_path(layout)}")
    return ServerProxy("http://localhost", transport=transport).supervisor


def last_lines(layout: Layout, name: str, count: int = 25) -> str:
    """Return the last `count` lines that the program `name` printed."""
    try:
        with log_path(layout, name).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 64 * 1024))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-count:])


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    held = folder.stat(follow_symlinks=False)
    if held.st_uid != os.geteuid():
        raise StartError(f"{folder} 属于其他用户，请删除它 / belongs to somebody else; have it removed.")
    folder.chmod(0o700)


def _value(value: str | Path) -> str:
    text = str(value)
    if any(mark in text for mark in (" ;", " #", "\n")):
        raise StartError(
            f"路径 {text!r} 含有 “ ;”、“ #” 或换行，无法使用。请将项目或 YINGDA_HOME 移到别的文件夹。"
            f" The path {text!r} holds ' ;', ' #' or a line break. Move the project or YINGDA_HOME elsewhere."
        )
    return text.replace("%", "%%")
