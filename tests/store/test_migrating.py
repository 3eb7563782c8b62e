"""The schema: from nothing, again, at once, and the same as the models say."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text

from yingda.domain.hazards import fingerprint
from yingda.store import migrating
from yingda.store.models import Base


@pytest.fixture
def empty(database_server: str) -> Iterator[str]:
    """The address of a database with nothing in it."""
    name = f"yingda_empty_{secrets.token_hex(4)}"
    server = create_engine(database_server, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    yield f"{database_server.rpartition('/')[0]}/{name}"
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.dispose()


def test_an_empty_database_becomes_current_and_stays_so(empty: str) -> None:
    assert not migrating.is_current(empty)

    migrating.upgrade(empty)
    assert migrating.is_current(empty)

    migrating.upgrade(empty)
    assert migrating.is_current(empty)
    engine = create_engine(empty)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT event_id, hash FROM chain_head")).all() == [(0, "0" * 64)]
    engine.dispose()


def test_two_who_migrate_at_once_wait_for_each_other(empty: str) -> None:
    code = "import sys; from yingda.store import migrating; migrating.upgrade(sys.argv[1])"
    both = [subprocess.Popen([sys.executable, "-c", code, empty], stderr=subprocess.PIPE) for _ in range(2)]

    assert [one.communicate(timeout=60)[1] for one in both] == [b"", b""]
    assert migrating.is_current(empty)


def test_the_migrated_schema_is_the_one_of_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        tables = set(connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars())

    assert tables == {*Base.metadata.tables, "alembic_version"}
    assert len(tables) > 15


def test_hazards_that_were_there_keep_what_they_were_and_those_alike_stay_apart(empty: str) -> None:
    from alembic import command
    from alembic.config import Config

    migrating.upgrade(empty, "0004")
    engine = create_engine(empty)
    row = "INSERT INTO hazard (unit_id, content, offline_measures, online_measures, reported_at, reported_by{0}) VALUES"
    with engine.begin() as connection:
        for content in ("积水", "积 水", "围栏"):
            connection.execute(text(f"{row.format('')} ('liuxi', '{content}', '', '', now(), 'luo_chunsheng')"))
        resolved = row.format(", resolved_at")
        connection.execute(text(f"{resolved} ('liuxi', '路灯', '', '', now(), 'luo_chunsheng', now())"))
    migrating.upgrade(empty)
    with engine.connect() as connection:
        kept = connection.execute(
            text("SELECT content, state, risk, version, changed_by, fingerprint FROM hazard ORDER BY id")
        ).all()
    assert [tuple(one)[:5] for one in kept] == [
        ("积水", "open", "medium", 1, "luo_chunsheng"),
        ("积 水", "open", "medium", 1, "luo_chunsheng"),
        ("围栏", "open", "medium", 1, "luo_chunsheng"),
        ("路灯", "resolved", "medium", 1, "luo_chunsheng"),
    ]
    assert len({one.fingerprint for one in kept}) == 4
    assert kept[2].fingerprint == fingerprint("liuxi", "围栏")

    config = Config()
    config.set_main_option("script_location", str(migrating._SCRIPTS))
    config.attributes["url"] = empty
    command.downgrade(config, "0004")
    migrating.upgrade(empty)
    with engine.connect() as connection:
        again = connection.execute(text("SELECT content, state, fingerprint FROM hazard ORDER BY id")).all()
    assert [(one.content, one.state, one.fingerprint) for one in again] == [
        (one.content, one.state, one.fingerprint) for one in kept
    ]
    engine.dispose()


def test_registers_compiled_before_keep_their_lines_and_give_them_back(empty: str) -> None:
    from alembic import command
    from alembic.config import Config

    hazards = [{"unit_name": "柳溪村", "content": "积水", "offline_measures": "", "online_measures": "", "due": None}]
    data = {"hazards": hazards, "incidents": [{"number": "YQCZBG-2026-001", "title": "路灯"}], "overdue": []}
    migrating.upgrade(empty, "0009")
    engine = create_engine(empty)
    with engine.begin() as connection:
        row = text("INSERT INTO register_day VALUES ('2026-11-23', '2026-11-23 00:00Z', CAST(:data AS jsonb))")
        connection.execute(row, {"data": json.dumps(data)})
    migrating.upgrade(empty)
    with engine.connect() as connection:
        lines = connection.execute(text("SELECT kind, place, key, data FROM register_line ORDER BY kind")).all()
        day = connection.execute(text("SELECT as_of = compiled_at, rebuilt, working, data FROM register_day")).one()
    assert [tuple(one) for one in lines] == [
        ("hazard", 1, "before-1", hazards[0]),
        ("incident", 1, "YQCZBG-2026-001", data["incidents"][0]),
    ]
    assert tuple(day) == (True, False, True, {"overdue": []})

    config = Config()
    config.set_main_option("script_location", str(migrating._SCRIPTS))
    config.attributes["url"] = empty
    command.downgrade(config, "0009")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT data FROM register_day")) == data
    engine.dispose()
