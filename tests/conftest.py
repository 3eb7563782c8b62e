"""What tests of stored things share: a real PostgreSQL, a migrated database that is empty, settings and a moment.

Nothing but Python is needed: the embedded PostgreSQL is started once a session. YINGDA_TEST_DATABASE_URL names
another server instead, with a user who may create databases, such as postgresql://postgres@127.0.0.1:5432/postgres.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from yingda.settings import Settings

if "AIRFLOW_HOME" not in os.environ:
    # Importing Airflow writes its configuration there; a developer's own is none of our business.
    _airflow_home = tempfile.mkdtemp(prefix="yingda-tests-airflow-")
    atexit.register(shutil.rmtree, _airflow_home, ignore_errors=True)
    os.environ["AIRFLOW_HOME"] = _airflow_home
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

LINK_KEY = "a-key-for-tests-of-more-than-32-characters"
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "log_min_messages=panic")


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """The address of a PostgreSQL server, as one who may create databases; ends with `/postgres`."""
    given = os.environ.get("YINGDA_TEST_DATABASE_URL")
    if given:
        yield "postgresql+psycopg2://" + given.partition("://")[2]
        return
    from yingda.running import postgres

    folder = Path(tempfile.mkdtemp(prefix="yingda-tests-"))
    port, password = _free_port(), secrets.token_hex(8)
    cluster = postgres.Cluster.at(folder / "postgres")
    cluster.make(password)
    server = subprocess.Popen(
        [*cluster.command(port), *(part for setting in QUICK for part in ("-c", setting))],
        cwd=folder / "postgres",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        postgres.wait(port, password, seconds=60)
        yield f"postgresql+psycopg2://{postgres.SUPERUSER}:{password}@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _administrator(database_server: str) -> Iterator[Engine]:
    from sqlalchemy import create_engine

    engine = create_engine(database_server, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def _migrated(database_server: str, _administrator: Engine) -> Iterator[str]:
    """The name of a migrated database that nobody is connected to."""
    from yingda.store import migrating

    name = f"yingda_test_{secrets.token_hex(6)}"
    _run(_administrator, f'CREATE DATABASE "{name}"')
    try:
        migrating.upgrade(_address(database_server, name))
        yield name
    finally:
        _run(_administrator, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def _shared(database_server: str, _administrator: Engine, _migrated: str) -> Iterator[Engine]:
    """One migrated database for all tests that need nothing else of it."""
    from sqlalchemy import create_engine

    name = f"{_migrated}_shared"
    _run(_administrator, f'CREATE DATABASE "{name}" TEMPLATE "{_migrated}"')
    engine = create_engine(_address(database_server, name), pool_pre_ping=True)
    yield engine
    engine.dispose()
    _run(_administrator, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database_url(_shared: Engine) -> Iterator[str]:
    """A migrated, empty domain database. It is emptied after each test: far quicker than a new one a test."""
    from yingda.store.models import Base

    yield _shared.url.render_as_string(hide_password=False)
    with _shared.begin() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
        # As a replica: without the triggers that keep rows as they were written.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
        connection.exec_driver_sql("INSERT INTO chain_head (id, event_id, hash) VALUES (1, 0, repeat('0', 64))")
        off = connection.exec_driver_sql("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'O'").scalars().all()
    assert not off, f"left off for the tests that follow: {off}; SET LOCAL session_replication_role ends by itself"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on this test's database."""
    from sqlalchemy import create_engine

    made = create_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on this test's database; the test commits what others are to see."""
    from sqlalchemy.orm import Session

    with Session(engine, expire_on_commit=False) as opened:
        yield opened


@pytest.fixture
def NOW() -> datetime:
    """Monday, 23 November 2026, 14:03 in Shanghai."""
    return datetime(2026, 11, 23, 6, 3, tzinfo=UTC)


@pytest.fixture
def house_environment(tmp_path: Path) -> dict[str, str]:
    """The environment that `house` is loaded from, without its database."""
    return {"YINGDA_HOME": str(tmp_path / "var"), "YINGDA_LINK_KEY": LINK_KEY, "YINGDA_LOCALE": "zh_CN"}


@pytest.fixture
def house(house_environment: dict[str, str], database_url: str) -> Settings:
    """The settings of this test: shipped policy, roster, channels and calendar, this test's database and home."""
    from yingda import settings

    return settings.load({**house_environment, "YINGDA_DATABASE_URL": database_url})


@pytest.fixture
def wired(
    house: Settings, house_environment: dict[str, str], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Let `wiring` work with this test's settings and database."""
    from yingda import settings, wiring

    for name in settings.VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    for name, value in {**house_environment, "YINGDA_DATABASE_URL": database_url}.items():
        monkeypatch.setenv(name, value)
    settings.forget()
    yield house
    wiring.engine().dispose()
    settings.forget()


@pytest.fixture
def open_incident(session: Session, house: Settings, NOW: datetime) -> Callable[..., str]:
    """A function that opens an incident at NOW, moves it as far as it goes by itself, commits, returns its number.

    Keywords are fields of the conf; without any: a general incident in Liuxi village.
    """
    from yingda.services import moving, opening
    from yingda.services.case import take

    def opened(at: datetime = NOW, **conf: Any) -> str:
        conf = {"title": "柳溪村路灯不亮", "unit": "liuxi", **conf}
        found = opening.open_incident(session, conf, f"test__{secrets.token_hex(6)}", house, at)
        moving.advance(take(session, found.incident_no, house, at))
        session.commit()
        return found.incident_no

    return opened


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _address(server: str, database: str) -> str:
    return f"{server.rpartition('/')[0]}/{database}"


def _run(engine: Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
