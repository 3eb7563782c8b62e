"""Starts the whole embedded system, shows how far it is, keeps it up and stops it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import FrameType

from rich.console import Console

from yingda.running import environment as environments
from yingda.running import migrating, postgres, secrets, sessions
from yingda.running.errors import StartError
from yingda.running.layout import Layout
from yingda.running.locking import locked
from yingda.running.monitoring import Server
from yingda.running.supervising import Program, Supervisor, last_lines, states

READY_SECONDS = 300.0
"""How long the start may take before it counts as failed; slow machines need a minute."""

STARTS = 4
"""A program that had to be started so often before all was ready is broken."""


class Stop(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal."""


def up(console: Console, *, demo: bool = False) -> int:
    """Start the system, stay until told to stop, and return the exit code.

    With `demo` the drill is played once all is ready; DEMO_EXIT=1 then ends with 0 if every step was seen, else 1.
    """
    given = dict(os.environ)
    system: System | None = None
    try:
        layout = Layout.of(given)
        layout.prepare()
        with locked(layout):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, _stop)
            system = System(layout, given, console)
            try:
                system.start()
                if demo and (played := system.play()) is not None:
                    return 0 if played else 1
                system.stay()
            except StartError as reason:
                _ignore_signals()
                system.explain(reason)
                return 1
            except Stop:
                return 0
            finally:
                _ignore_signals()
                system.stop()
    except StartError as reason:
        console.print(f"✗ {reason}", style="red", markup=False, soft_wrap=True)
        return 1
    except Stop:
        return 0
    return 0


class System:
    """The processes of one home."""

    def __init__(self, layout: Layout, given: dict[str, str], console: Console) -> None:
        """Prepare to run the system of `layout` for a user whose environment is `given`."""
        self.layout = layout
        self.given = given
        self.console = console
        self.chinese = given.get("YINGDA_LOCALE") != "en"
        self.environment: dict[str, str] = {}
        self.supervisor: Supervisor | None = None
        self.failed: str | None = None
        self._starts: dict[str, set[int]] = {}

    def say(self, chinese: str, english: str, style: str = "") -> None:
        """Print a line in the user's language."""
        self.console.print(chinese if self.chinese else english, style=style, markup=False, soft_wrap=True)

    def start(self) -> None:
        """Bring everything up; returns when all is ready.

        1. stop what a start that died left behind; 2. choose ports, make secrets and the environment;
        3. PostgreSQL; 4. its roles and databases; 5. migrations; 6. all other programs; 7. wait until they are ready.

        :raises StartError: a step failed
        """
        begun = time.monotonic()
        if left := sessions.clear(self.layout):
            self.say(
                f"已清理上次异常退出留下的 {left} 个进程", f"Stopped {left} processes that an earlier start left behind"
            )
        self.environment = environments.build(self.layout, self.given)
        self._check_settings()
        environments.save(self.layout, self.environment)
        embedded = environments.needs_cluster(self.given)
        self._prepare_programs(embedded)
        self._bring_up(embedded)
        self._announce(time.monotonic() - begun)

    def _check_settings(self) -> None:
        from yingda import settings
        from yingda.domain.errors import SettingsError

        try:
            settings.load({**self.given, **self.environment})
        except SettingsError as reason:
            raise StartError(str(reason)) from reason

    def play(self) -> bool | None:
        """Play the drill; its result where DEMO_EXIT=1 asks to end after it, None to stay."""
        from yingda.running.drill import play

        succeeded = play({**os.environ, **self.environment}, self.console)
        if self.given.get("DEMO_EXIT") == "1":
            return succeeded
        if not succeeded:
            self.say("演练未全部完成，系统继续运行。", "The drill was not completed; the system stays up.", "red")
        return None

    def stay(self) -> None:
        """Stay until told to stop; a supervisord that died is started again."""
        while True:
            if not self._alive:
                self.say(
                    "supervisord 意外退出，正在重新启动……", "supervisord died; starting everything again …", "yellow"
                )
                sessions.clear(self.layout)
                self._bring_up(environments.needs_cluster(self.given))
                self.say("系统已恢复。", "The system is back.", "green")
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop everything; no process is left when this returns."""
        if self.supervisor is None:
            sessions.clear(self.layout)
            return
        with self._step("正在停止", "Stopping", "已停止", "Stopped"):
            self.supervisor.stop()

    def explain(self, reason: StartError) -> None:
        """Say why the start failed, with the last lines of the program that is to blame."""
        self.console.print(f"✗ {reason}", style="red", markup=False, soft_wrap=True)
        if self.failed:
            self.say(f"—— {self.failed} 最后的输出 ——", f"—— last lines of {self.failed} ——")
            self.console.print(last_lines(self.layout, self.failed), markup=False, highlight=False, soft_wrap=True)
        if self.supervisor is not None:
            self.say(f"全部日志：{self.layout.logs}", f"All logs: {self.layout.logs}")

    def _prepare_programs(self, embedded: bool) -> None:
        airflow, folder, layout = [sys.executable, "-m", "airflow"], self.layout.airflow, self.layout
        port = self.environment["SMTP_PORT"]
        catcher = [sys.executable, "-m", "yingda.running.mailcatcher", "--port", port, "--folder", str(layout.mail)]
        # Airflow's triggerer often never ends by itself, and the API server takes seconds after its last answer.
        # Neither holds anything: triggers start again from the database, answers were committed before they were given.
        self.programs = [
            Program("api-server", [*airflow, "api-server"], 10, folder, stop_seconds=3),
            Program("scheduler", [*airflow, "scheduler", "--skip-serve-logs"], 20, folder, stop_seconds=6),
            Program("dag-processor", [*airflow, "dag-processor"], 20, folder),
            Program("triggerer", [*airflow, "triggerer", "--skip-serve-logs"], 20, folder, stop_seconds=3),
            Program("mailcatcher", catcher, 20, folder),
        ]
        self.names = [program.name for program in self.programs]
        if embedded:
            cluster = postgres.Cluster.at(layout.postgres)
            if cluster.runner.prefix:
                self.say(
                    "提示：以 root 启动，PostgreSQL 将改以非特权用户运行；日常使用请用普通用户。",
                    "Note: started by root, PostgreSQL runs as an unprivileged user; better start as an ordinary user.",
                    "yellow",
                )
            command = cluster.command(environments.cluster_port(layout))
            self.programs.append(Program("postgres", command, 1, folder, stop_signal="INT", stop_seconds=20))
            if not cluster.exists:
                with self._step("正在建立数据库", "Making the database", "数据库已建立", "Database made"):
                    cluster.make(secrets.kept(layout.secrets, "postgres"))

    def _bring_up(self, embedded: bool) -> None:
        since = datetime.now(UTC)
        self._starts.clear()
        self.supervisor = Supervisor.start(self.layout, self.programs, {**self.given, **self.environment})
        if embedded:
            with self._step("正在启动 PostgreSQL", "Starting PostgreSQL", "PostgreSQL 就绪", "PostgreSQL ready"):
                self.supervisor.launch("postgres")
                port, password = environments.cluster_port(self.layout), secrets.kept(self.layout.secrets, "postgres")
                postgres.wait(port, password, seconds=90, check=self._check)
                owners = {name: secrets.kept(self.layout.secrets, f"postgres_{name}") for name in ("airflow", "yingda")}
                postgres.provide(port, password, owners)
        with self._step(
            "正在检查 Airflow 数据库（首次约需 10 秒）",
            "Checking Airflow's database (10 s the first time)",
            "Airflow 数据库就绪",
            "Airflow's database ready",
        ):
            migrating.airflow(self.layout, {**self.given, **self.environment})
        with self._step(
            "正在检查业务数据库", "Checking the domain database", "业务数据库就绪", "Domain database ready"
        ):
            migrating.yingda(self.environment)
        with self._step("正在启动 Airflow", "Starting Airflow", "Airflow 就绪", "Airflow ready"):
            self.supervisor.launch(*self.names)
            self._wait_until_ready(since)

    def _wait_until_ready(self, since: datetime) -> None:
        asked = Server(self.environment)
        end = time.monotonic() + READY_SECONDS
        while missing := asked.awaited(since):
            self._check()
            if errors := asked.import_errors(since) if asked.token else []:
                raise StartError("DAG 文件有错误 / a dag file is broken:\n" + "\n".join(errors))
            if time.monotonic() > end:
                name = missing[0].replace("_", "-")
                self.failed = name if name in self.names else "dag-processor"
                raise StartError(
                    f"{READY_SECONDS:.0f} 秒内没有就绪 / not ready within {READY_SECONDS:.0f} s: {', '.join(missing)}"
                )
            time.sleep(0.25)
        for dag in asked.expected_dags():
            if (asked.dag(dag) or {}).get("is_paused"):
                self.say(
                    f"注意：DAG {dag} 已被暂停，其任务不会执行。请在 Airflow 页面上恢复。",
                    f"Note: the dag {dag} is paused and will do nothing. Unpause it in Airflow.",
                    "yellow",
                )

    @property
    def _alive(self) -> bool:
        return self.supervisor is not None and self.supervisor.alive

    def _check(self) -> None:
        """Raise StartError when supervisord died or a program cannot be started."""
        if not self._alive:
            raise StartError("supervisord 意外退出 / supervisord died")
        for state in states(self.layout):
            starts = self._starts.setdefault(state.name, set())
            if state.started:
                starts.add(state.started)
            if state.state == "FATAL" or len(starts) >= STARTS:
                self.failed = state.name
                raise StartError(f"{state.name} 无法启动 / cannot be started: {state.description}")

    def _announce(self, seconds: float) -> None:
        layout, environment = self.layout, self.environment
        lines = [
            ("地址", "Address", environment["YINGDA_PUBLIC_URL"]),
            ("工作台", "Desk", environment["YINGDA_PUBLIC_URL"].rstrip("/") + "/desk/"),
            ("账号", "Accounts", str(layout.accounts)),
            ("收到的邮件", "Mail caught", str(layout.mail)),
            ("公开页面", "Public site", str(layout.bulletin)),
            ("日志", "Logs", str(layout.logs)),
        ]
        self.say(f"系统已就绪（{seconds:.0f} 秒）", f"The system is ready ({seconds:.0f} s)", "bold green")
        for chinese, english, value in lines:
            self.say(f"  {chinese}：{value}", f"  {english}: {value}")
        self.say("按 Ctrl-C 停止。", "Press Ctrl-C to stop.")

    @contextlib.contextmanager
    def _step(self, doing: str, doing_english: str, done: str, done_english: str) -> Iterator[None]:
        begun = time.monotonic()
        text = doing if self.chinese else doing_english
        if self.console.is_terminal:
            with self.console.status(f"{text} …"):
                yield
        else:
            self.console.print(f"… {text}", markup=False, highlight=False)
            yield
        seconds = time.monotonic() - begun
        self.say(f"✓ {done}（{seconds:.1f} 秒）", f"✓ {done_english} ({seconds:.1f} s)", "green")


def _stop(number: int, frame: FrameType | None) -> None:
    _ignore_signals()
    raise Stop


def _ignore_signals() -> None:
    """Let nothing interrupt the stopping; it ends by itself."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
