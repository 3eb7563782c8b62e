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
from yingda.domain.channels import MAIL_CONNECTION
from yingda.domain.errors import SettingsError
from yingda.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from yingda.domain.second_channel import SecondKind
    from yingda.services.delivering import Courier
    from yingda.transports.chat import Robot
    from yingda.transports.mail import MailServer
    from yingda.transports.messenger import Messenger
    from yingda.transports.outlet import Access
    from yingda.transports.web import Web

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

    from yingda.transports.mail import MailServer, encryption

    connection = Connection.get(MAIL_CONNECTION)
    extra = connection.extra_dejson
    return MailServer(
        host=connection.host or "127.0.0.1",
        port=connection.port or 25,
        username=connection.login or None,
        password=connection.password or None,
        tls=encryption(extra),
        timeout=float(extra.get("timeout", 20)),
    )


def access(connection_id: str, *, default: str = "") -> Access:
    """Return where a channel is and what opens it, from its Airflow Connection.

    The address is Host as it is where that begins with http:// or https://; otherwise Schema (https by default), Host,
    Port and the key `path` of Extra are put together.

    :param default: the address where the Connection names no host
    :raises TransportError: there is no such Connection, or no host is known; tried again, so that mending it is enough
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from yingda.transports.errors import TransportError
    from yingda.transports.outlet import Access

    try:
        connection = Connection.get(connection_id)
    except AirflowNotFoundException:
        raise TransportError(
            f"Connection {connection_id} is not there; create it in Airflow (Admin, Connections), set"
            f" AIRFLOW_CONN_{connection_id.upper()}, or correct the name where it is used. It is tried again by itself."
        ) from None
    extra = connection.extra_dejson
    host = (connection.host or "").strip() or default
    if not host:
        raise TransportError(f"Connection {connection_id} names no host. Fill in its field Host.")
    if "://" not in host:
        scheme = connection.schema if connection.schema in ("http", "https") else "https"
        name, slash, path = host.partition("/")
        port = f":{connection.port}" if connection.port else ""
        host = f"{scheme}://{name}{port}{slash}{path}"
    path = str(extra.get("path") or "").strip("/")
    return Access(
        url=host.rstrip("/") + (f"/{path}" if path else ""),
        login=connection.login or None,
        password=connection.password or None,
        extra=extra,
    )


def robot(robot_id: str) -> Robot:
    """Return a robot of channels.yaml, ready to speak in its group.

    :raises UnknownRobot: there is none with this id
    :raises TransportError: it cannot be spoken through as it is configured; the message says what to mend
    """
    from yingda.transports.chat import robot_of

    house = settings()
    named = house.channels.robot(robot_id)
    return robot_of(named.kind, access(named.connection), house)


def courier() -> Courier:
    """Return a courier that delivers through the configured mail server."""
    from yingda.services.delivering import Courier

    return Courier(transaction, settings(), mail_server, utcnow, robot)


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
    from yingda.transports.sms import SmsGateway
    from yingda.transports.web import Web
    from yingda.transports.wecom_app import HOME, WecomApp

    web = Web(settings().hosts, connect=how.QUICK_CONNECT, answer=how.QUICK_ANSWER)
    if kind is SecondKind.SMS:
        return SmsGateway(access(SMS_CONNECTION), web, utcnow)
    return WecomApp(access(WECOM_CONNECTION, default=HOME), web)
