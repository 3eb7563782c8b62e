"""Health: open to anybody, and it says nothing but whether all is well."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from yingda import rendering, wiring
from yingda.desk.replying import Json

router = APIRouter()
log = logging.getLogger(__name__)

OVERDUE = timedelta(minutes=10)
"""How long a message may be due without anybody trying to send it: tasks, desk and follow_up all would."""


@router.get("/api/health")
def health() -> Response:
    """Say ok, or which parts are not, and no more."""
    failing = [part for part, check in CHECKS.items() if not _holds(part, check)]
    if failing:
        return Json({"ok": False, "parts": failing}, status_code=503)
    return Json({"ok": True})


def _holds(part: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as problem:
        log.warning("Health: %s fails with %s", part, type(problem).__name__)
        return False


def _settings() -> bool:
    return wiring.settings().link_key is not None


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


def _templates() -> bool:
    house = wiring.settings()
    told = {
        "root": "",
        "office": house.roster.office,
        "framed": False,
        "static": str,
        "heading": "",
        "lines": (),
        "link": None,
    }
    return bool(rendering.render("desk/message.html.j2", house.locale, **told))


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
}
