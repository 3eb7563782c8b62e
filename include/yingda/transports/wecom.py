"""A group robot of WeCom (企业微信群机器人): markdown to one group.

Formats as the developer documents 91770 and 99110 (message push) state them, codes as 90313 (global codes), of which
93000 and 45009 were seen in recorded answers and the rest is from memory: markdown up to 4096 bytes of UTF-8, 20
messages a minute, HTTP 200 for refusals too, `errcode` says. There is no signature: the key in the address is all, so
it is kept as the password of the Connection.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from yingda.domain.channels import Channel
from yingda.domain.pace import Limit, Pace
from yingda.transports import chat
from yingda.transports.outlet import Access
from yingda.transports.pace import key_of
from yingda.transports.web import Web

if TYPE_CHECKING:
    from yingda.settings import Settings

LONGEST = 4096
"""Bytes of UTF-8 in a markdown message."""
PER_MINUTE = Limit(20, timedelta(minutes=1))
PAUSE = timedelta(minutes=1)

_KEY = "Put the key of the robot's address (after key=) into the password of the Connection."
VERDICTS: chat.Verdicts = {
    45009: PAUSE,  # api freq out of limit
    45033: PAUSE,  # too many at once
    93000: f"The robot does not exist or was removed from its group. {_KEY}",
    93004: "The robot was switched off. Switch it on in its group.",
    93008: "The robot is not in a group any more. Add it again, and put its new key into the Connection.",
    40008: "The kind of message is not known there.",
    40058: "The message is not formed as it must be.",
    41001: f"The key is missing. {_KEY}",
    44004: "The message is empty.",
    45002: "The message is too long.",
}


class WeCom:
    """One robot in one group."""

    def __init__(self, web: Web, access: Access | None) -> None:
        self._web = web
        self._access, self._url = chat.endpoint(access, "WeCom", "/cgi-bin/webhook/send")
        self.pace = Pace(key_of("wecom", self._url, self._access.password), (PER_MINUTE,), PAUSE)

    def request(self, post: chat.Post) -> dict[str, Any]:
        """Return the body of the request."""
        heading = f"**{chat.cut(chat.one_line(post.heading), 600)}**\n"
        linked = f"[{post.link}]({post.link})"
        text = chat.fitted(post, LONGEST - len(heading.encode()), between="\n", linked=linked)
        return {"msgtype": "markdown", "markdown": {"content": heading + text}}

    def say(self, post: chat.Post) -> None:
        """Say it in the group.

        :raises TransportError: see `chat.Robot.say`
        """
        said = self._web.send("POST", self._url, params={"key": self._access.password or ""}, json=self.request(post))
        answer = chat.read(said)
        if answer.get("errcode") != 0:
            chat.judge(said, answer.get("errcode"), answer.get("errmsg"), VERDICTS)


def robot(access: Access | None, settings: Settings) -> WeCom:
    """Return the robot of a Connection: its address as host, its key as password.

    :raises TransportError: permanent; the Connection lacks something
    """
    return WeCom(Web(settings.hosts), access)


def outlet(channel: Channel, access: Access | None, settings: Settings) -> chat.Group:
    """Return the robot's group as a channel."""
    return chat.Group(robot(access, settings))
