"""The places where statements are published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from .errors import Fault, UnknownRobot
from .hosts import Host
from .robots import Robot
from .roster import Email


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


class Kind(StrEnum):
    """What a channel is; each is one file of `yingda.transports` with the same name."""

    BULLETIN = "bulletin"
    WEBHOOK = "webhook"
    WORDPRESS = "wordpress"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    WECHAT_MP = "wechat_mp"
    PRESS_MAIL = "press_mail"


PUBLIC = frozenset({Kind.BULLETIN, Kind.WORDPRESS, Kind.WECHAT_MP})
"""Kinds that residents can read unless the office says otherwise; the rest are groups, mailboxes and other systems."""
WITHOUT_CONNECTION = frozenset({Kind.BULLETIN, Kind.PRESS_MAIL})
"""Kinds that need no Airflow Connection of their own."""
MAIL_CONNECTION = "smtp_default"
"""The Airflow Connection through which mail goes."""


class Options(BaseModel):
    """What can be set for channels of one kind; by default nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WebhookOptions(Options):
    """What can be set for a webhook.

    :param idempotent: the receiver knows a statement again by its Idempotency-Key, so that sending it twice is harmless
    """

    idempotent: bool = True


class PressMailOptions(Options):
    """What can be set for mail to the press.

    :param to: the addresses of newsrooms
    """

    to: Annotated[tuple[Email, ...], Field(min_length=1)]


OPTIONS: Mapping[Kind, type[Options]] = {Kind.WEBHOOK: WebhookOptions, Kind.PRESS_MAIL: PressMailOptions}
"""The kinds of which something can be set."""


class Channel(BaseModel):
    """One place where statements are published.

    :param connection: id of the Airflow Connection with its address and secrets; None where none is needed
    :param public: residents can read it; by default as its kind is
    :param drills: statements of drills go there too; by default only to the bulletin, on a page that no list names
    :param base_url: address under which the public finds it; None for the bulletin that Yingda itself serves
    :param options: what can be set for its kind, an instance of `OPTIONS[kind]`
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, AfterValidator(_channel_id)]
    kind: Kind
    connection: Annotated[str, Field(min_length=1)] | None = None
    label: Annotated[str, Field(min_length=1)]
    label_en: Annotated[str, Field(min_length=1)]
    public: bool = Field(default_factory=lambda given: given.get("kind") in PUBLIC)
    drills: bool = Field(default_factory=lambda given: given.get("kind") is Kind.BULLETIN)
    base_url: Annotated[str, AfterValidator(web_address)] | None = None
    options: SerializeAsAny[Options] = Field(default_factory=Options, validate_default=True)

    @property
    def spoken_through(self) -> str | None:
        """Return the id of the Connection that opens it: its own, or for mail the office's mail server."""
        return self.connection or (MAIL_CONNECTION if self.kind is Kind.PRESS_MAIL else None)

    @field_validator("options", mode="before")
    @classmethod
    def _of_its_kind(cls, value: Any, info: ValidationInfo) -> Options:
        kind = info.data.get("kind")
        if kind is None:
            return Options()  # the kind is at fault, and said to be
        of_kind = OPTIONS.get(kind, Options)
        given = value.model_dump() if isinstance(value, Options) else {} if value is None else value
        try:
            return of_kind.model_validate(given)
        except ValidationError as error:
            raise Fault(_said(kind, of_kind, one) for one in error.errors(include_url=False)) from None

    @model_validator(mode="after")
    def _can_be_reached(self) -> Channel:
        if self.connection is None and self.kind not in WITHOUT_CONNECTION:
            said = (
                f"a {self.kind} needs one. Write the id of the Airflow Connection that holds its address and secrets."
            )
            raise Fault([(("connection",), said)])
        return self


def _said(kind: Kind, of_kind: type[Options], error: Any) -> tuple[tuple[str | int, ...], str]:
    """Return where an option is wrong, and a sentence that says what is allowed."""
    place = tuple(error["loc"])
    if error["type"] == "extra_forbidden":
        allowed = ", ".join(of_kind.model_fields) or "none at all"
        return place, f"a {kind} has no such option. Allowed: {allowed}."
    if error["type"] == "missing":
        return place, "is missing. Add it."
    if not place:
        return place, f"{error['input']!r} is not a mapping. Write key: value, below it and indented."
    return place, f"{error['input']!r} is refused: {error['msg']}. Correct it."


class Channels(BaseModel):
    """All channels, in the order in which they are published to, and the hosts that may be reached for them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hosts: tuple[Host, ...] = ()
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    robots: tuple[Robot, ...] = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> Channels:
        seen: set[str] = set()
        for position, channel in enumerate(self.channels):
            if channel.id in seen:
                said = f"{channel.id!r} names two channels. Give each its own id."
                raise Fault([(("channels", position, "id"), said)])
            seen.add(channel.id)
        return self

    @model_validator(mode="after")
    def _robots_differ(self) -> Channels:
        seen: set[str] = set()
        for position, robot in enumerate(self.robots):
            if robot.id in seen:
                raise Fault([(("robots", position, "id"), f"{robot.id!r} names two robots. Give each its own id.")])
            seen.add(robot.id)
        return self

    def robot(self, robot_id: str) -> Robot:
        """Return the robot with this id.

        :raises UnknownRobot: there is none
        """
        for robot in self.robots:
            if robot.id == robot_id:
                return robot
        raise UnknownRobot(robot_id, [robot.id for robot in self.robots])

    def channel(self, channel_id: str) -> Channel:
        """Return the channel with this id; KeyError where there is none."""
        for channel in self.channels:
            if channel.id == channel_id:
                return channel
        raise KeyError(channel_id)
