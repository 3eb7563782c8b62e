"""What a trigger may say (the conf of `incident_response`), checked once and nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from yingda.domain.errors import ConfRefused
from yingda.domain.life import REOPENING_STAGES, Stage
from yingda.domain.severity import Severity, Topic

OfficeId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]

_NOT_QUOTED = frozenset({"title", "summary", "reason", "source_url"})

TITLE, SUMMARY, PLATFORM, ADDRESS, REASON = 200, 4000, 100, 2000, 500
"""Longest texts of a lead, in characters."""


def web_address(value: str) -> str:
    """Return an address as it was given.

    :raises ValueError: not http(s), not one address, or one with a user name or password
    """
    parts = urlsplit(value)
    whole = bool(parts.hostname) and not any(character.isspace() for character in value)
    if parts.scheme.lower() not in {"http", "https"} or not whole or "@" in parts.netloc:
        raise ValueError("only http:// and https:// addresses without a user name are taken")
    _ = parts.port  # raises where it is no port
    return value


class LeadConf(BaseModel):
    """A lead as reported: where, when, what; never by whom it was posted."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    title: str | None = Field(default=None, min_length=1, max_length=TITLE)
    summary: str = Field(default="", max_length=SUMMARY)
    topic: Topic | None = None
    severity: Severity = Severity.GENERAL
    urgent: bool = False
    drill: bool = False
    unit: OfficeId | None = None
    platform: str | None = Field(default=None, max_length=PLATFORM)
    source_url: str | None = Field(default=None, max_length=ADDRESS)
    seen_at: AwareDatetime | None = None
    reporter: OfficeId | None = None
    incident_no: str | None = Field(default=None, pattern=r"^[A-Z]{2,16}-[0-9]{4}-[0-9]{3,}$")
    stage: Stage | None = None
    reason: str | None = Field(default=None, max_length=REASON)

    @field_validator("source_url")
    @classmethod
    def _an_address_of_the_web(cls, value: str | None) -> str | None:
        return None if value is None else web_address(value)

    @field_validator("title", "summary", "platform", "source_url", "reason")
    @classmethod
    def _text_that_can_be_stored(cls, value: str | None) -> str | None:
        if value is not None and any(ord(character) < 32 and character not in "\n\r\t" for character in value):
            raise ValueError("contains control characters; remove them")
        return value

    @field_validator("stage")
    @classmethod
    def _a_stage_to_begin_at(cls, value: Stage | None) -> Stage | None:
        if value is not None and value not in REOPENING_STAGES:
            allowed = ", ".join(stage.value for stage in REOPENING_STAGES)
            raise ValueError(f"a further pass begins at one of {allowed}")
        return value


def read(conf: Mapping[str, Any]) -> LeadConf:
    """Check a conf; empty values count as absent, as forms send them.

    :raises ConfRefused: names the first field that is wrong, its value and the remedy
    """
    given = {key: value for key, value in conf.items() if value is not None and value != ""}
    try:
        lead = LeadConf.model_validate(given)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "conf"
        if first["type"] == "extra_forbidden":
            known = ", ".join(LeadConf.model_fields)
            raise ConfRefused(field, f"is not a field of an incident. Fields: {known}") from None
        # The message goes into a task log that every viewer reads: what people wrote, or a password, must not.
        value = "" if field in _NOT_QUOTED else f"{_brief(first.get('input'))}: "
        raise ConfRefused(field, f"{value}{first['msg']}") from None
    if lead.incident_no is None:
        if lead.title is None:
            raise ConfRefused("title", "is required: one line that names the concern, 1 to 200 characters")
        for field in ("stage", "reason"):
            if getattr(lead, field) is not None:
                raise ConfRefused(field, "goes only with incident_no, for a further pass of a known incident")
    return lead


def url_key(url: str) -> str:
    """Return the SHA-256 of an address with what does not change its target taken away (case of host, fragment)."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    port = parts.port
    if port is not None and port != {"http": 80, "https": 443}[parts.scheme.lower()]:
        host = f"{host}:{port}"
    plain = urlunsplit((parts.scheme.lower(), host, parts.path.rstrip("/") or "/", parts.query, ""))
    return hashlib.sha256(plain.encode()).hexdigest()


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def number_of(prefix: str, year: int, serial: int) -> str:
    """Return an incident number, `YQCZBG-2026-001`; serials beyond 999 simply grow longer."""
    return f"{prefix}-{year}-{serial:03d}"


def local_year(moment: datetime) -> int:
    """Return the Shanghai year a moment falls in; the sequence of numbers begins anew with it."""
    from yingda.domain.calendar import SHANGHAI

    return moment.astimezone(SHANGHAI).year
