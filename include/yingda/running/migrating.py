"""Brings both databases to the shape that the installed programs expect."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

from yingda.running.errors import StartError
from yingda.running.layout import Layout, read_json, write_private


def airflow(layout: Layout, environment: dict[str, str]) -> bool:
    """Migrate Airflow's metadata database; False when nothing was to do.

    `airflow db migrate` takes seconds even then, so what it left is remembered: Airflow's version and the revision
    found in the database. Both unchanged means nothing to do.

    :raises StartError: the migration failed
    """
    stamp = layout.airflow / "migrated.json"
    url = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    version = importlib.metadata.version("apache-airflow-core")
    revision = _revision(url)
    if revision is not None and read_json(stamp) == {"airflow": version, "revision": revision}:
        return False
    log = layout.logs / "airflow-migrate.log"
    with log.open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-m", "yingda.running.child", "TERM", sys.executable, "-m", "airflow", "db", "migrate"],
            env=environment,
            cwd=layout.airflow,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if done.returncode != 0:
        raise StartError(f"airflow db migrate 失败 / failed（{log}）:\n{_tail(log)}")
    write_private(stamp, json.dumps({"airflow": version, "revision": _revision(url)}))
    return True


def yingda(environment: dict[str, str]) -> None:
    """Migrate the domain database.

    :raises StartError: the database cannot be reached
    """
    from sqlalchemy.exc import OperationalError

    from yingda.store.migrating import upgrade

    try:
        upgrade(environment["YINGDA_DATABASE_URL"])
    except OperationalError as reason:
        raise StartError(
            "无法连接 YINGDA_DATABASE_URL 指定的数据库，请检查地址、账号与网络 / "
            f"cannot use the domain database: {reason.orig}"
        ) from reason


def _revision(url: str) -> str | None:
    """Return the Alembic revision of the database at `url`; None where it has none.

    :raises StartError: the database cannot be reached
    """
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import OperationalError, ProgrammingError

    engine = create_engine(url, connect_args={"connect_timeout": 10} if url.startswith("postgres") else {})
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except ProgrammingError:
        return None
    except OperationalError as reason:
        raise StartError(
            "无法连接 AIRFLOW__DATABASE__SQL_ALCHEMY_CONN 指定的数据库，请检查地址、账号与网络 / "
            f"cannot use Airflow's database: {reason.orig}"
        ) from reason
    finally:
        engine.dispose()


def _tail(path: Path, count: int = 25) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
