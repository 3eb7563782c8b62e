"""Wiring: puts sessions, settings, mail server and clock together for those who run things.

Engines are made lazily and per process, so that forks never share a connection.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from yingda import settings as settings_module
from yingda.domain.errors import SettingsError
from yingda.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from yingda.domain.second_channel import SecondKind
    from yingda.services.delivering import Courier
    from yingda.transports.mail import MailServer
    from yingda.transports.messenger import Messenger
    from yingda.transports.outlet import Access
    from yingda.transports.web import Web

MAIL_CONNECTION = "smtp_default"
SMS_CONNECTION = "sms_default"
WECOM_CONNECTION = "wecom_default"

_lock = threading.Lock()
_engine: tuple[int, str, Engine] | None = None


def utcnow() -> datetime:
    """Return the present moment, aware and in UTC. The only clock of the project."""
    return datetime.now(UTC)


def settings() -> Settings:
    """Return the settings of this process."""
    return settings_module.current()


def engine() -> Engine:
    """Return this process's engine for the domain database.

    :raises SettingsError: no database is configured
    """
    global _engine
    url = settings().database_url
    if url is None:
        raise SettingsError(
            "YINGDA_DATABASE_URL is not set and no embedded system runs on this YINGDA_HOME. Set it, or run `make up`."
        )
    with _lock:
        if _engine is None or _engine[:2] != (os.getpid(), url):
            from sqlalchemy import create_engine

            made = create_engine(
                url,
                pool_pre_ping=True,
                pool_size=5,
                max_overflow=20,
                connect_args={"connect_timeout": 10, "application_name": "yingda"},
            )
            _engine = (os.getpid(), url, made)
        return _engine[2]


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a session that commits when its block ends and rolls back when it raises."""
    from sqlalchemy.orm import Session

    with Session(engine(), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """Open a session in which the database itself refuses any change; it sees one moment throughout."""
    from sqlalchemy import text

    with transaction() as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        yield session


def mail_server() -> MailServer:
    """Return the mail server of the Airflow Connection `smtp_default`.

    Extra of the connection: `tls` (none, starttls, tls) and `timeout` (seconds).
    """
    from airflow.sdk import Connection

    from yingda.transports.mail import MailServer

    connection = Connection.get(MAIL_CONNECTION)
    extra = connection.extra_dejson
    return MailServer(
        host=connection.host or "127.0.0.1",
        port=connection.port or 25,
        username=connection.login or None,
        password=connection.password or None,
        tls=_tls(extra),
        timeout=float(extra.get("timeout", 20)),
    )


def _tls(extra: dict[str, object]):  # type: ignore[no-untyped-def]
    """Read our own key `tls`, else the provider's `disable_ssl` and `disable_tls`."""
    if "tls" in extra:
        if extra["tls"] not in ("none", "starttls", "tls"):
            raise SettingsError(f"Connection {MAIL_CONNECTION}: tls={extra['tls']!r}. Use none, starttls or tls.")
        return extra["tls"]
    if not extra.get("disable_ssl", True):
        return "tls"
    return "none" if extra.get("disable_tls", False) else "starttls"


def courier() -> Courier:
    """Return a courier that delivers through the configured mail server."""
    from yingda.services.delivering import Courier

    return Courier(transaction, settings(), mail_server, utcnow)


def access(connection_id: str) -> Access:
    """Return where an Airflow Connection leads and what opens it.

    Its host is a whole address (`https://sms.example.org/send`), or a name with `schema` (https unless it says
    otherwise), `port` and extra `path` beside it; without a host the address is empty.

    :raises SettingsError: there is no such Connection
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from yingda.transports.outlet import Access

    try:
        connection = Connection.get(connection_id)
    except AirflowNotFoundException:
        raise SettingsError(
            f"There is no Connection {connection_id}. Set AIRFLOW_CONN_{connection_id.upper()}, or add it in Airflow."
        ) from None
    extra = connection.extra_dejson
    url = connection.host or ""
    if url and "://" not in url:
        port = f":{connection.port}" if connection.port else ""
        url = f"{connection.schema or 'https'}://{url}{port}/{str(extra.get('path', '')).lstrip('/')}"
    return Access(
        url=url.rstrip("/"), login=connection.login or None, password=connection.password or None, extra=extra
    )


def web() -> Web:
    """Return the way out to the hosts that the office named."""
    from yingda.transports.web import Web

    return Web(settings().hosts)


def messenger(kind: SecondKind) -> Messenger:
    """Return the second channel of a kind, which the Connection `sms_default` or `wecom_default` describes.

    :raises TransportError: there is no such Connection
    """
    from yingda.domain.second_channel import SecondKind
    from yingda.transports import messenger as how
    from yingda.transports.errors import TransportError
    from yingda.transports.sms import SmsGateway
    from yingda.transports.web import Web
    from yingda.transports.wecom_app import WecomApp

    web = Web(settings().hosts, connect=how.QUICK_CONNECT, answer=how.QUICK_ANSWER)
    try:
        if kind is SecondKind.SMS:
            return SmsGateway(access(SMS_CONNECTION), web, utcnow)
        return WecomApp(access(WECOM_CONNECTION), web)
    except SettingsError as missing:
        raise TransportError(str(missing), permanent=True) from None
