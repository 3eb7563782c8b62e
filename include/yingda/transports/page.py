"""Fetches the page a reader sees."""

from __future__ import annotations

from yingda.transports.errors import TransportError
from yingda.transports.web import Web


def fetch(web: Web, url: str) -> str:
    """Return the HTML at `url`, following no redirect to elsewhere.

    :raises TransportError: nothing, or no page, was there; sites come back, so it is looked at again
    """
    answer = web.send("GET", url, headers={"Cache-Control": "no-cache", "Accept": "text/html"})
    if answer.status != 200:
        raise TransportError(f"{url} answered {answer.status}; the page is looked at again.")
    return answer.body.decode("utf-8", "replace")
