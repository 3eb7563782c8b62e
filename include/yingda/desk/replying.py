"""Replying: records become JSON, and bodies are read no longer than they may be."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

LONGEST_JSON = 1_000_000
LONGEST_FORM = 4_000_000
"""Bytes. A form is longer than the same JSON: each byte of Chinese text is sent as three."""


class TooLong(Exception):
    """A body is longer than it may be."""


class NotJson(Exception):
    """A body is no JSON object."""


class Json(JSONResponse):
    """JSON of records: dataclasses as objects, moments in RFC 3339 and UTC, texts unescaped."""

    def render(self, content: Any) -> bytes:
        """Write `content` as JSON."""
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode(
            errors="replace"
        )


def rfc3339(moment: datetime) -> str:
    """Write an aware moment as `2026-11-23T06:03:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: object) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be written as JSON.")


async def body_of(request: Request, longest: int) -> bytes:
    """Read the body of a request.

    :raises TooLong: more than `longest` bytes
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > longest:
            raise TooLong
    return bytes(body)


def json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    :raises NotJson: it is anything else
    """

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        read = json.loads(body.decode(), parse_constant=refuse)
    except (ValueError, RecursionError):
        raise NotJson from None
    if not isinstance(read, dict):
        raise NotJson
    return read
