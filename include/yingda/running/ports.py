"""Ports: two are the user's to choose, every other one is whatever is free and then kept."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from yingda.running.errors import StartError
from yingda.running.layout import read_json, write_private

DEFAULTS = {"PORT": 8080, "SMTP_PORT": 1025}
"""The ports a user may set, by the name of their environment variable."""


def given(environment: dict[str, str], name: str) -> int:
    """Return the port that the variable `name` holds, or its default.

    :raises StartError: not a whole number from 1 to 65535
    """
    value = environment.get(name, "").strip()
    if not value:
        return DEFAULTS[name]
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 65535):
        raise StartError(
            f"{name}={value!r} 不是端口号。请设为 1 到 65535 的整数，或不设置（默认 {DEFAULTS[name]}）。"
            f" {name}={value!r} is no port. Set it to a whole number from 1 to 65535, or leave it out for "
            f"{DEFAULTS[name]}."
        )
    return int(value)


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        # What servers do too; without it a port is "taken" for a minute after each stop.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def require_free(name: str, port: int) -> None:
    """Refuse to start on a port that somebody else holds.

    :raises StartError: `port`, from the variable `name`, is taken or may not be used
    """
    if not is_free(port):
        raise StartError(
            f"{name}={port} 已被其他程序占用，或当前用户无权使用。请停止该程序，或改用其他端口，"
            f"例如 {name}={port + 1} make up。"
            f" {name}={port} is in use by another program or not yours to use. Stop that program or choose another "
            f"port, e.g. {name}={port + 1} make up."
        )


def kept(path: Path, names: tuple[str, ...], avoid: set[int]) -> dict[str, int]:
    """Return a free port for each of `names`: the one `path` remembers where it is still free, else a new one.

    `avoid` holds ports that are promised to somebody else though nobody listens there yet.
    """
    try:
        remembered = read_json(path) or {}
    except ValueError:
        remembered = {}
    chosen: dict[str, int] = {}
    for name in names:
        port = remembered.get(name)
        if not isinstance(port, int) or port in avoid or not is_free(port):
            port = _unused(avoid)
        avoid = avoid | {port}
        chosen[name] = port
    write_private(path, json.dumps(chosen))
    return chosen


def _unused(avoid: set[int]) -> int:
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
            trial.bind(("127.0.0.1", 0))
            port: int = trial.getsockname()[1]
        if port not in avoid:
            return port
