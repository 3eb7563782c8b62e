"""Wellbeing: whether each part of the system that the desk can see does its work."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

from yingda import rendering, wiring
from yingda.desk import viewer

log = logging.getLogger(__name__)

OVERDUE = timedelta(minutes=10)
"""How long a message may be due without anybody trying to send it: tasks, desk and follow_up all would."""


TOLD_HOLDS = 10.0
"""Seconds for which the parts are not asked again for the board."""


def failing() -> list[str]:
    """Return which of our own parts do not do their work, none when all is well."""
    return [part for part, check in CHECKS.items() if not _holds(part, check)]


def all_failing() -> list[str]:
    """Return which parts do not do their work, ours and Airflow's: metadatabase, scheduler, triggerer, dag_processor.

    A part of Airflow's is failing where Airflow itself calls it so by its heartbeat. Asked once in a few seconds,
    however many look at the board.
    """
    global _told
    with _asking:
        if _told is None or time.monotonic() - _told[0] > TOLD_HOLDS:
            _told = (time.monotonic(), (*failing(), *_ask_airflow()))
        return list(_told[1])


_asking = threading.Lock()
_told: tuple[float, tuple[str, ...]] | None = None


def _ask_airflow() -> tuple[str, ...]:
    from airflow.api.common.airflow_health import UNHEALTHY, get_airflow_health

    try:
        told = get_airflow_health()
    except Exception as problem:
        log.warning("Health: Airflow does not tell how it is: %s", type(problem).__name__)
        return ("metadatabase",)
    if told["metadatabase"]["status"] == UNHEALTHY:
        return ("metadatabase",)
    return tuple(part for part, said in told.items() if said["status"] == UNHEALTHY)


def _holds(part: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as problem:
        log.warning("Health: %s fails with %s", part, type(problem).__name__)
        return False


def _settings() -> bool:
    return viewer.house().link_key is not None


def _database() -> bool:
    from sqlalchemy import text

    with wiring.transaction() as session:
        at = set(session.scalars(text("SELECT version_num FROM alembic_version")))
    return at == _newest()


def _outbox() -> bool:
    from sqlalchemy import select

    from yingda.domain.life import SendState
    from yingda.store.models import OutboxMessage

    with wiring.transaction() as session:
        overdue = select(OutboxMessage.id).where(
            OutboxMessage.state == SendState.PENDING, OutboxMessage.next_at < wiring.utcnow() - OVERDUE
        )
        return session.scalar(overdue.limit(1)) is None


def _register() -> bool:
    from yingda.services import registering

    with wiring.transaction() as session:
        return not registering.missing(session, viewer.house(), wiring.utcnow())


def _templates() -> bool:
    house = viewer.house()
    told = {
        "root": "",
        "office": house.roster.office,
        "framed": False,
        "static": str,
        "heading": "",
        "lines": (),
        "link": None,
    }
    return bool(rendering.render("desk/message.html.j2", house.speaks, **told))


@cache
def _newest() -> frozenset[str]:
    """Return the schema that this code needs."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from yingda.store import migrating

    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).with_name("migrations")))
    return frozenset(ScriptDirectory.from_config(config).get_heads())


CHECKS: dict[str, Callable[[], bool]] = {
    "settings": _settings,
    "database": _database,
    "outbox": _outbox,
    "templates": _templates,
    "register": _register,
}
