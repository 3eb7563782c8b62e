"""Texts: what a report and a statement hold, and the SHA-256 that names one exact text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any


class StatementKind(StrEnum):
    FINAL = "final"
    HOLDING = "holding"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the one byte sequence of a content: sorted keys, no white space, UTF-8, moments in ISO 8601.

    What is signed is the SHA-256 of these bytes, so equal texts have equal hashes on every machine.
    """

    def plain(value: object) -> str:
        if isinstance(value, datetime):
            return value.isoformat()
        raise TypeError(f"{value!r} cannot be part of a text that is signed.")

    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=plain)
    return text.encode()


def sha256_of(content: Mapping[str, Any]) -> str:
    """Return the hexadecimal SHA-256 of `canonical(content)`."""
    return hashlib.sha256(canonical(content)).hexdigest()
