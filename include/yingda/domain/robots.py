"""Robots in groups of officers: they carry notices, and are no channels of publication."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Robot(BaseModel):
    """A robot in one group.

    :param connection: id of the Airflow Connection with its address and key
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    kind: Literal["wecom", "dingtalk", "feishu"]
    connection: Annotated[str, Field(min_length=1)]
