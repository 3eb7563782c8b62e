"""Style and scripts of the desk, and the addresses that a browser may keep for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
FILES = {
    "desk.css": "text/css",
    "desk.js": "text/javascript",
    "charts.js": "text/javascript",
    "htmx.min.js": "text/javascript",
    "echarts.min.js": "text/javascript",
}
"""What is served of the folder, with its media type."""


@cache
def version(name: str) -> str:
    """Return what the address of a file carries, so that a browser asks anew when the file changes."""
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]


def address(root: str, name: str) -> str:
    """Return the address of a file; `root` is where the desk begins."""
    return f"{root}/static/{name}?v={version(name)}"
