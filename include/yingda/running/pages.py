"""What the generated pages of docs/ have in common: tables, and being compared with what stands."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""

    def line(cells: Sequence[object]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([line(heads), line(["---"] * len(heads)), *(line(row) for row in rows)]) + "\n"


def differences(page: Path, says: str, source: str) -> str:
    """Return how `page` differs from what `source` says now, as a unified diff; empty where it does not."""
    stands = page.read_text(encoding="utf-8") if page.exists() else ""
    lines = difflib.unified_diff(
        stands.splitlines(keepends=True), says.splitlines(keepends=True), fromfile=str(page), tofile=source
    )
    return "".join(lines)
