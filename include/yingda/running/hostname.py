"""The name under which this machine's Airflow processes know themselves."""

from __future__ import annotations


def loopback() -> str:
    """Return the loopback address: it needs no name server, and stays the same when a laptop changes networks."""
    return "127.0.0.1"
