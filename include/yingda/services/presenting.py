"""Presenting: a statement as the public reads it, made in one place for signers, bulletin, live check and mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

from yingda import rendering
from yingda.domain import speech
from yingda.domain.errors import UnknownUnit
from yingda.settings import Settings


def public_html(content: Mapping[str, Any], settings: Settings) -> str:
    """Return the body of a statement with its commitments, as safe HTML.

    What is promised with a date is part of what is signed, so it is part of what is read.
    """
    return rendering.statement_html(str(content["body"])) + _commitments(content, settings)


def whole_html(content: Mapping[str, Any], settings: Settings) -> str:
    """Return title and body, as they must stand on the page a reader sees."""
    return f"<h1>{escape(rendering.legible(str(content['title'])))}</h1>{public_html(content, settings)}"


def _commitments(content: Mapping[str, Any], settings: Settings) -> str:
    promised = content.get("commitments") or []
    if not promised:
        return ""
    lines = []
    for promise in promised:
        when = rendering.local(datetime.fromisoformat(promise["due"]))
        unit = _unit_name(promise["unit"], settings)
        words = speech.said(
            "%(when)s 前：%(text)s（%(unit)s）", settings.locale, when=when, text=promise["text"], unit=unit
        )
        lines.append(f"<li>{escape(words)}</li>")
    heading = speech.said("后续安排", settings.locale)
    return rendering.clean(f"<h2>{heading}</h2><ul>{''.join(lines)}</ul>")


def _unit_name(unit_id: str, settings: Settings) -> str:
    try:
        unit = settings.roster.unit(unit_id)
    except UnknownUnit:
        return unit_id
    return unit.name_en if settings.locale == "en" else unit.name
