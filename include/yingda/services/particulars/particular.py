"""A particular: one thing to know before answering."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Particular:
    """One thing to know before answering; `label` in the office's language."""

    label: str
    text: str
