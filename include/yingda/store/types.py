"""Column types that keep the promises of the models: aware UTC moments, enums as their values."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import DateTime, Dialect, Enum, String
from sqlalchemy.types import TypeDecorator


class UtcMoment(TypeDecorator[datetime]):
    """A moment, aware and in UTC on both sides; a naive one is refused rather than guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone. Give moments in UTC.")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


def value_enum(kind: type[StrEnum]) -> Enum:
    """Store the value of a member ("major"), not its name, in a plain string column."""
    return Enum(kind, native_enum=False, length=40, values_callable=lambda members: [m.value for m in members])


Sha256 = String(64)
"""Hexadecimal SHA-256."""
