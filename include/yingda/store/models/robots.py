"""What is kept of a robot: when it spoke, so that no two of us together speak too often."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ARRAY, String
from sqlalchemy.orm import Mapped, mapped_column

from yingda.store.models.base import Base
from yingda.store.types import UtcMoment


class RobotPace(Base):
    """The turns that a robot took lately; locked while one is taken."""

    __tablename__ = "robot_pace"

    key: Mapped[str] = mapped_column(String(80), primary_key=True, doc="names the robot; holds no secret")
    turns: Mapped[list[datetime]] = mapped_column(ARRAY(UtcMoment()), doc="when it spoke; as many as a limit looks at")
    held_until: Mapped[datetime | None] = mapped_column(doc="left alone until then, since it said it was too much")
