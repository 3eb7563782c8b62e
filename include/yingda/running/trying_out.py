"""Trying out: a test line through a robot, on demand, at the robot's own pace."""

from __future__ import annotations

import json

from yingda import wiring
from yingda.domain.calendar import SHANGHAI
from yingda.settings import Settings
from yingda.store import pacing
from yingda.transports.chat import Post, Robot
from yingda.transports.errors import TransportError


def robot(robot_id: str, *, dry_run: bool) -> str:
    """Say a test line in the group of a robot, and return what was said; with `dry_run` say nothing.

    :raises UnknownRobot: channels.yaml has none with this id
    :raises TransportError: it was not said; the message says what to mend
    """
    ready, post = wiring.robot(robot_id), _line(wiring.settings())
    shown = json.dumps(ready.request(post), ensure_ascii=False, indent=2)
    if dry_run:
        return f"将要发送 Would be sent:\n{shown}"
    _take_turn(ready)
    ready.say(post)
    return f"已发送 Sent:\n{shown}"


def _take_turn(ready: Robot) -> None:
    with wiring.transaction() as session:
        until = pacing.take_turn(session, ready.pace, now=wiring.utcnow())
    if until is not None:
        at = until.astimezone(SHANGHAI)
        raise TransportError(
            f"这个机器人刚发得太多，请在 {at:%H:%M:%S} 之后再试。"
            f" The robot has spoken too often just now; try again after {at:%H:%M:%S} (Beijing time)."
        )


def _line(house: Settings) -> Post:
    english, office = house.locale == "en", house.roster.office
    prefix = office.number_prefix
    return Post(
        heading=f"{prefix} test" if english else f"{prefix} 测试",
        lines=["This is a test line. Nothing has happened." if english else "这是一条测试消息，没有发生任何事。"],
        link=f"{house.public_url}/desk/",
        link_says="The desk: " if english else "办理台：",
        cut_says="The desk: " if english else "办理台：",
        foot=office.name_en if english else office.name,
    )
