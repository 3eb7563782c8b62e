"""How things are put together."""

from __future__ import annotations

import os
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, text

from yingda import settings, wiring
from yingda.domain.errors import SettingsError
from yingda.settings import Settings
from yingda.store.models import YearSerial


def test_a_transaction_commits_at_its_end_and_takes_all_back_when_it_fails(wired: Settings) -> None:
    with wiring.transaction() as session:
        session.add(YearSerial(year=2026, last=1))

    def fail() -> None:
        with wiring.transaction() as session:
            session.add(YearSerial(year=2027, last=1))
            session.flush()
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        fail()

    with wiring.transaction() as session:
        assert session.scalars(select(YearSerial.year)).all() == [2026]


def test_a_forked_process_makes_an_engine_of_its_own(wired: Settings) -> None:
    mine = wiring.engine()
    with wiring.transaction() as session:
        session.execute(text("SELECT 1"))
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            same = wiring.engine() is mine
            with wiring.transaction() as session:
                session.execute(text("SELECT 1"))
            os.write(write, b"same" if same else b"own")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(write)

    assert os.read(read, 10) == b"own"
    assert wiring.engine() is mine
    with wiring.transaction() as session:
        session.execute(text("SELECT 1"))


def test_a_missing_database_is_named_with_the_remedy(wired: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(settings, "current", lambda: replace(wired, database_url=None))
        with pytest.raises(SettingsError, match="YINGDA_DATABASE_URL"):
            wiring.engine()


def test_the_present_moment_is_aware_and_in_utc() -> None:
    assert str(wiring.utcnow().tzinfo) == "UTC"


@pytest.mark.parametrize(
    ("extra", "tls"),
    [
        ({"tls": "none"}, "none"),
        ({"tls": "starttls"}, "starttls"),
        ({"tls": "tls"}, "tls"),
        ({}, "starttls"),
        ({"disable_tls": True}, "none"),
        ({"disable_ssl": False}, "tls"),
    ],
)
def test_the_mail_server_is_that_of_the_connection(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], tls: str
) -> None:
    import airflow.sdk

    known = SimpleNamespace(
        host="mail.example.org", port=2525, login="office", password="word", extra_dejson={**extra, "timeout": 7}
    )
    monkeypatch.setattr(airflow.sdk.Connection, "get", lambda name: {"smtp_default": known}[name])
    server = wiring.mail_server()

    assert (server.host, server.port, server.username, server.password) == ("mail.example.org", 2525, "office", "word")
    assert (server.tls, server.timeout) == (tls, 7.0)
    assert "word" not in repr(server)


def test_a_connection_that_says_something_else_about_tls_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import airflow.sdk

    known = SimpleNamespace(host="", port=None, login="", password="", extra_dejson={"tls": "maybe"})
    monkeypatch.setattr(airflow.sdk.Connection, "get", lambda name: known)

    with pytest.raises(SettingsError, match="none, starttls or tls"):
        wiring.mail_server()


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"host": "www.example.org"}, "https://www.example.org"),
        ({"host": "www.example.org", "schema": "http", "port": 8081}, "http://www.example.org:8081"),
        ({"host": "www.example.org/blog/", "port": 444}, "https://www.example.org:444/blog"),
        ({"host": "https://www.example.org/blog/"}, "https://www.example.org/blog"),
        ({"host": "www.example.org", "extra_dejson": {"path": "/hooks/in/"}}, "https://www.example.org/hooks/in"),
    ],
)
def test_a_channel_is_where_its_connection_says(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], url: str
) -> None:
    import airflow.sdk

    plain = {"schema": None, "port": None, "login": "u", "password": "word", "extra_dejson": {}, **fields}
    monkeypatch.setattr(airflow.sdk.Connection, "get", lambda name: SimpleNamespace(**plain))
    access = wiring.access("site")
    assert (access.url, access.login, access.password) == (url, "u", "word")
    assert "word" not in repr(access)


def test_a_connection_that_is_not_there_says_what_to_do_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import airflow.sdk
    from airflow.sdk.exceptions import AirflowNotFoundException

    from yingda.transports.errors import TransportError

    def missing(name: str) -> Any:
        raise AirflowNotFoundException(name)

    monkeypatch.setattr(airflow.sdk.Connection, "get", missing)
    with pytest.raises(TransportError, match="Connection site is not there; create it in Airflow") as failed:
        wiring.access("site")
    assert not failed.value.permanent
    empty = SimpleNamespace(host="", schema=None, port=None, login=None, password=None, extra_dejson={})
    monkeypatch.setattr(airflow.sdk.Connection, "get", lambda name: empty)
    with pytest.raises(TransportError, match="names no host"):
        wiring.access("site")
