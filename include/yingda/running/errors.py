"""What can keep the embedded system from running."""

from __future__ import annotations


class StartError(Exception):
    """The system cannot start; the text says why and what to do about it."""
