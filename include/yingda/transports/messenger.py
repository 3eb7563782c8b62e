"""What every second channel can do: take a short text to one person, at once; each kind is one file beside this one."""

from __future__ import annotations

from typing import Protocol

QUICK_CONNECT = 3.0
"""Seconds to connect: somebody sits before the page and waits."""
QUICK_ANSWER = 6.0
"""Seconds until the whole answer must be there."""


class Messenger(Protocol):
    """A second channel that is ready to be spoken to."""

    def send(self, to: str, text: str, key: str) -> None:
        """Send a text to an address of this channel.

        :param key: names this message; sent twice under one key, it need reach the person once only
        :raises TransportError: it did not go out; uncertain where nobody can say whether it did. Its message names
            neither the person nor the text
        """
        ...
