"""Fetches the page a reader sees."""

from __future__ import annotations

from yingda.transports.errors import TransportError

LARGEST = 2_000_000
"""Bytes of a page that are read; a statement is far smaller."""


def fetch(url: str, *, timeout: float = 10) -> str:
    """Return the HTML at `url`, following no redirect to elsewhere.

    :param timeout: seconds to connect, and between two pieces of the answer
    :raises TransportError: nothing, or no page, was there; never permanent, since sites come back
    """
    import requests

    try:
        with requests.get(
            url,
            timeout=timeout,
            allow_redirects=False,
            stream=True,
            headers={"Cache-Control": "no-cache", "Accept": "text/html"},
        ) as answer:
            if answer.status_code != requests.codes.ok:
                raise TransportError(f"{url} answered {answer.status_code}; the page is looked at again.")
            body = answer.raw.read(LARGEST, decode_content=True)
            return str(body.decode("utf-8", "replace"))
    except requests.RequestException as problem:
        raise TransportError(f"{url} could not be read: {type(problem).__name__}; it is looked at again.") from problem
