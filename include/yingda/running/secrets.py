"""Passwords and keys, generated once and never shown."""

from __future__ import annotations

import base64
import os
import secrets as random
import tempfile
from pathlib import Path


def kept(folder: Path, name: str, octets: int = 32) -> str:
    """Return the secret `name` of `folder`, made on first use: `octets` random bytes in URL-safe base 64.

    32 of them make a Fernet key; JWT's SHA-512 wants 64.
    Two processes that ask at once get the same one.
    """
    path = folder / name
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        pass
    value = base64.urlsafe_b64encode(random.token_bytes(octets)).decode()
    handle, draft = tempfile.mkstemp(dir=folder, prefix=f".{name}.")  # made with mode 600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: it fails where another process was first, whose value then counts.
        Path(path).hardlink_to(draft)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    finally:
        Path(draft).unlink(missing_ok=True)
    return value


def password() -> str:
    """Return a new password that a person can still type: 20 letters and digits without 0, O, 1, l and I."""
    alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join(random.choice(alphabet) for _ in range(20))
