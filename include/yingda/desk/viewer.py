"""The viewer: in which language they read the desk, which is theirs to choose; the office's where they chose none.

Only what is shown and said follows it. What is stored, mailed and published is in the office's language.
"""

from __future__ import annotations

from contextvars import ContextVar

from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from yingda import wiring
from yingda.settings import LOCALES, Settings

COOKIE = "yingda_language"
"""Holds the language chosen on the desk, or, put there by desk.js, the one that Airflow's pages are shown in."""
KEPT_FOR = 365 * 24 * 3600
"""Seconds that the choice holds."""

_chosen: ContextVar[str | None] = ContextVar("yingda_language", default=None)


def house() -> Settings:
    """Return the settings of this process, speaking the language of whoever this request is for."""
    settings = wiring.settings()
    chosen = _chosen.get()
    return settings if chosen is None else settings.spoken(chosen)


def locale() -> str:
    """Return the language of whoever this request is for: `zh_CN` or `en`."""
    return _chosen.get() or wiring.settings().locale


class Language:
    """ASGI middleware: notes the language that the request's cookie names, if it is one we have."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = _chosen.set(_named(scope))
        try:
            await self._app(scope, receive, send)
        finally:
            _chosen.reset(token)


def _named(scope: Scope) -> str | None:
    for name, value in scope.get("headers", ()):
        if name == b"cookie":
            chosen = cookie_parser(value.decode("latin-1")).get(COOKIE)
            if chosen in LOCALES:
                return chosen
    return None
