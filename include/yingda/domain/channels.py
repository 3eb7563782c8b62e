"""The places where statements are published."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from .errors import Fault
from .hosts import Host


def web_address(value: str) -> str:
    """Return an http(s) address without the slash at its end.

    :raises ValueError: anything else, or one with user name, query or fragment
    """
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        sound = False
    if not sound or re.search(r"[\s?#@\\]", value):
        raise ValueError(f"{value!r} is not a web address. Write one such as https://www.example.org/yingda.")
    return value.rstrip("/")


def _channel_id(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", value):
        raise ValueError(f"{value!r} is not an id. Write small letters, digits, '-' or '_', such as bulletin.")
    return value


class Channel(BaseModel):
    """One place where statements are published.

    :param connection: id of the Airflow Connection with its address and secrets; None where none is needed
    :param public: residents can read it
    :param base_url: address under which the public finds it; None for the bulletin that Yingda itself serves
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, AfterValidator(_channel_id)]
    kind: Literal["bulletin"]
    connection: str | None = None
    label: Annotated[str, Field(min_length=1)]
    label_en: Annotated[str, Field(min_length=1)]
    public: bool = True
    base_url: Annotated[str, AfterValidator(web_address)] | None = None


class Channels(BaseModel):
    """All channels, in the order in which they are published to, and the hosts that may be reached for them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hosts: tuple[Host, ...] = ()
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ids_differ(self) -> Channels:
        seen: set[str] = set()
        for position, channel in enumerate(self.channels):
            if channel.id in seen:
                said = f"{channel.id!r} names two channels. Give each its own id."
                raise Fault([(("channels", position, "id"), said)])
            seen.add(channel.id)
        return self

    def channel(self, channel_id: str) -> Channel:
        """Return the channel with this id; KeyError where there is none."""
        for channel in self.channels:
            if channel.id == channel_id:
                return channel
        raise KeyError(channel_id)
