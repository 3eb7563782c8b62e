"""The places where statements are published."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{value!r} is no web address. Write https://…, with no ? or # in it.")
    return value.rstrip("/")


class Channel(BaseModel):
    """One place where statements are published.

    :param connection: id of the Airflow Connection with its address and secrets; None where none is needed
    :param public: residents can read it
    :param base_url: address under which the public finds it; None for the bulletin that Yingda itself serves
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    kind: Literal["bulletin"]
    connection: str | None = None
    label: Annotated[str, Field(min_length=1)]
    label_en: Annotated[str, Field(min_length=1)]
    public: bool = True
    base_url: Annotated[str, AfterValidator(_web_address)] | None = None


class Channels(BaseModel):
    """All channels, in the order in which they are published to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ids_differ(self) -> Channels:
        seen: set[str] = set()
        for channel in self.channels:
            if channel.id in seen:
                raise ValueError(f"two channels have the id {channel.id!r}. Give each its own.")
            seen.add(channel.id)
        return self

    def channel(self, channel_id: str) -> Channel:
        """Return the channel with this id; KeyError where there is none."""
        for channel in self.channels:
            if channel.id == channel_id:
                return channel
        raise KeyError(channel_id)
