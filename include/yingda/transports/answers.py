"""What the answers of other servers mean for a publication, where they mean the same for every channel."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from yingda.transports.errors import TransportError
from yingda.transports.web import Answer

LATER = frozenset({408, 425, 429})
"""Refusals that hold for now only."""


def refuse_redirect(answer: Answer) -> None:
    """Raise what is to be mended where a server points elsewhere; we never follow, so it did not go out.

    :raises TransportError: permanent
    """
    if 300 <= answer.status < 400 and answer.status != 304:
        where = urlsplit(answer.headers.get("location", ""))
        there = f"{where.scheme}://{where.netloc}" if where.netloc else "elsewhere"
        raise TransportError(
            f"{answer.host} answers {answer.status} and points to {there}; redirects are not followed."
            " Write the final address (usually https://) into the Connection.",
            permanent=True,
        )


def pause_of(answer: Answer) -> float | None:
    """Return the seconds that Retry-After asks for; None where it asks for nothing that we can read."""
    wanted = answer.headers.get("retry-after", "").strip()
    if wanted.isdigit():
        return float(wanted)
    try:
        return max((parsedate_to_datetime(wanted) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


def said(answer: Answer) -> str:
    """Return the beginning of what a server said, on one line, for people."""
    words = " ".join(answer.body[:2000].decode("utf-8", "replace").split())
    return words if len(words) <= 200 else f"{words[:197]}…"
