"""The environment of every process of the embedded system, built in one place."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from yingda.running import accounts, ports, postgres, secrets
from yingda.running.errors import StartError
from yingda.running.layout import PROJECT, Layout, read_json, write_private

FREE_PORTS = ("postgres", "scheduler")
"""What listens besides the API server and the mail catcher; their ports are nobody's concern."""

PASSED_ON = ("YINGDA_", "AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_")
"""Variables of the user's that count; above all a plain AIRFLOW_HOME, meant for another Airflow, does not."""


def needs_cluster(given: dict[str, str]) -> bool:
    """Whether the embedded cluster is wanted: not when both databases are named in `given`.

    :raises StartError: YINGDA_DATABASE_URL is not the address of a PostgreSQL
    """
    return not (_domain_url(given) and given.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"))


def build(layout: Layout, given: dict[str, str]) -> dict[str, str]:
    """Return the environment of the system of `layout`, for a user whose own environment is `given`.

    Chooses free ports and generates secrets on the way, and keeps both below the home. What the user set in one of
    PASSED_ON stands above what is set here.

    :raises StartError: a bad or taken port, a bad account, a bad address
    """
    port, smtp_port = ports.given(given, "PORT"), ports.given(given, "SMTP_PORT")
    if port == smtp_port:
        raise StartError(
            f"PORT 与 SMTP_PORT 都是 {port}，请改其中一个。 PORT and SMTP_PORT are both {port}; change one of them."
        )
    ports.require_free("PORT", port)
    ports.require_free("SMTP_PORT", smtp_port)
    free = ports.kept(layout.run / "ports.json", FREE_PORTS, avoid={port, smtp_port})
    people = accounts.load(layout.accounts)
    passwords = layout.airflow / "passwords.json"
    accounts.write_passwords(passwords, people)

    ours = {
        **_airflow(layout, port, free),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": accounts.as_option(people),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW_CONN_SMTP_DEFAULT": _mail_connection(smtp_port),
        "YINGDA_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    if not given.get("YINGDA_LINK_KEY") and not given.get("YINGDA_LINK_KEY_FILE"):
        secrets.kept(layout.secrets, "link_key")
        ours["YINGDA_LINK_KEY_FILE"] = str(layout.secrets / "link_key")
    if not given.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"):
        ours["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = _own_url(layout, free, "airflow")
    theirs = {name: value for name, value in given.items() if name.startswith(PASSED_ON) and value}
    theirs.pop("YINGDA_DATABASE_URL_FILE", None)
    return {
        **ours,
        **theirs,
        "PORT": str(port),
        "SMTP_PORT": str(smtp_port),
        "AIRFLOW_HOME": str(layout.airflow),
        "YINGDA_HOME": str(layout.home),
        "YINGDA_DATABASE_URL": _domain_url(given) or _own_url(layout, free, "yingda"),
        **_process(given),
    }


def save(layout: Layout, environment: dict[str, str]) -> None:
    """Keep `environment` for `load`, readable by its owner only."""
    write_private(layout.run / "environment.json", json.dumps(environment, indent=2, ensure_ascii=False) + "\n")


def load(layout: Layout) -> dict[str, str]:
    """Return the environment that the system of `layout` was last started with.

    :raises StartError: it was never started
    """
    held = read_json(layout.run / "environment.json")
    if not isinstance(held, dict):
        raise StartError(
            f"{layout.home} 中没有启动过系统。请先运行 make up，或设置 YINGDA_HOME。"
            f" No system was started in {layout.home}. Run make up first, or set YINGDA_HOME."
        )
    return held


def cluster_port(layout: Layout) -> int:
    """Return the port that `build` chose for the embedded cluster."""
    port: int = read_json(layout.run / "ports.json")["postgres"]
    return port


def _airflow(layout: Layout, port: int, free: dict[str, int]) -> dict[str, str]:
    options = {
        "CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "yingda.running.executor.WarmLocalExecutor",
        "CORE__PARALLELISM": "4",
        "CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "CORE__FERNET_KEY": secrets.kept(layout.secrets, "fernet_key"),
        "CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        # One run per open incident; Airflow's 16 would leave the 17th queued with no clock.
        "CORE__MAX_ACTIVE_RUNS_PER_DAG": "100000",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__HOSTNAME_CALLABLE": "yingda.running.hostname.loopback",
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "API__WORKERS": "1",
        "API__SECRET_KEY": secrets.kept(layout.secrets, "api_secret_key", octets=64),
        "API__INSTANCE_NAME": "应答 Yingda",
        "API_AUTH__JWT_SECRET": secrets.kept(layout.secrets, "jwt_secret", octets=64),
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "SCHEDULER__ENABLE_HEALTH_CHECK": "True",
        "SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": "127.0.0.1",
        "SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(free["scheduler"]),
        # Airflow's log servers listen on every interface and are not started here, as all logs lie on this disk. The
        # API server still asks them for a running task; the health server's 404 sends it to the disk without a fuss.
        "LOGGING__WORKER_LOG_SERVER_PORT": str(free["scheduler"]),
        "LOGGING__TRIGGER_LOG_SERVER_PORT": str(free["scheduler"]),
        "LOGGING__COLORED_CONSOLE_LOG": "False",
        # At the default 5 s a slot is often held that long after its task ended.
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "TRIGGERER__CAPACITY": "10000",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        # A changed file is parsed at once all the same.
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
    }
    return {f"AIRFLOW__{name}": value for name, value in options.items()}


def _process(given: dict[str, str]) -> dict[str, str]:
    paths = [str(PROJECT / "include"), *filter(None, given.get("PYTHONPATH", "").split(os.pathsep))]
    # The components speak to each other over the loopback address, never through an office's proxy.
    direct = ",".join(dict.fromkeys([*filter(None, given.get("NO_PROXY", "").split(",")), "127.0.0.1", "localhost"]))
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), given.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "NO_PROXY": direct,
        "no_proxy": direct,
        "NO_COLOR": "1",
        # Airflow's own, in every task's log.
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
        # glibc keeps a heap for each thread otherwise; costs nothing measurable and saves a third of the memory.
        "MALLOC_ARENA_MAX": "2",
    }


def _mail_connection(port: int) -> str:
    return json.dumps(
        {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": port,
            "extra": {"disable_ssl": True, "disable_tls": True, "from_email": "yingda@localhost"},
        }
    )


def _own_url(layout: Layout, free: dict[str, int], database: str) -> str:
    return postgres.url(free["postgres"], database, secrets.kept(layout.secrets, f"postgres_{database}"))


def _domain_url(given: dict[str, str]) -> str:
    """Return the domain database's address as given, directly or in a file; empty where it is not."""
    value, name = given.get("YINGDA_DATABASE_URL", ""), "YINGDA_DATABASE_URL"
    if not value and (path := given.get("YINGDA_DATABASE_URL_FILE")):
        name = "YINGDA_DATABASE_URL_FILE"
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as reason:
            raise StartError(
                f"{name}={path} 不可读（{reason.strerror}），请改正路径或取消设置。"
                " The file cannot be read; correct the path or unset the variable."
            ) from reason
    if value and not value.startswith(("postgresql://", "postgresql+psycopg2://", "postgres://")):
        raise StartError(
            f"{name} 不是 PostgreSQL 地址（{value.partition(':')[0]}:…）。格式：postgresql+psycopg2://用户:密码@主机:5432/数据库；"
            f"留空则使用内嵌数据库。 {name} is not the address of a PostgreSQL. Write "
            "postgresql+psycopg2://user:password@host:5432/database, or leave it out for the embedded one."
        )
    return value
