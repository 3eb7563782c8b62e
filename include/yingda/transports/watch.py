"""Calls a watch outside (a dead man's switch): it raises the alarm when the call that it waits for does not come."""

from __future__ import annotations

from yingda.transports.errors import TransportError
from yingda.transports.web import Web

LARGEST = 10_000
"""Bytes of its answer that are read; it has nothing to say."""


def call(address: str, web: Web) -> None:
    """
    Call an address once; an answer of 2xx is a call that was heard.

    :raises TransportError: it was not heard; permanent where trying again is of no use. Names the host only: the path
        of such an address is its key
    """
    said = web.send("GET", address, largest=LARGEST)
    if not said.ok:
        raise TransportError(
            f"{said.host} answered {said.status}.", permanent=400 <= said.status < 500 and said.status not in (408, 429)
        )
