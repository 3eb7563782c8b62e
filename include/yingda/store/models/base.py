"""The base of all records: names of constraints, moments in UTC, enums as their values."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from yingda.domain.clocks import ClockKind
from yingda.domain.documents import StatementKind
from yingda.domain.hazards import HazardState, Risk
from yingda.domain.life import (
    CommitmentSource,
    DocumentKind,
    LeadOrigin,
    LeadState,
    LetterKind,
    LetterState,
    Outcome,
    PublicationState,
    RequestKind,
    RequestState,
    SendState,
    Stage,
)
from yingda.domain.roles import Role
from yingda.domain.second_channel import SecondKind
from yingda.domain.severity import Severity, Topic
from yingda.store.types import UtcMoment, value_enum

_ENUMS: tuple[type[StrEnum], ...] = (
    ClockKind,
    CommitmentSource,
    DocumentKind,
    HazardState,
    LeadOrigin,
    LeadState,
    LetterKind,
    LetterState,
    Outcome,
    PublicationState,
    RequestKind,
    RequestState,
    Risk,
    Role,
    SecondKind,
    SendState,
    Severity,
    Stage,
    StatementKind,
    Topic,
)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcMoment(),
        dict[str, Any]: JSONB,
        list[str]: JSONB,
        **{kind: value_enum(kind) for kind in _ENUMS},
    }
