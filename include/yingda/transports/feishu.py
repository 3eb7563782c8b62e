"""A group robot of Feishu (飞书自定义机器人): rich text to one group, signed.

Formats and codes as the "Custom bot usage guide" states them: requests up to 20 KB, 100 a minute and 5 a second, `code`
says what became of it whatever the status. The signature is HMAC-SHA256 with "timestamp in seconds, line feed, secret"
as key over nothing at all. Rich text (`post`) names its parts, so words can never become a link or a mention.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from yingda.domain.channels import Channel
from yingda.domain.pace import Limit, Pace
from yingda.transports import chat
from yingda.transports.outlet import Access
from yingda.transports.pace import key_of
from yingda.transports.web import Web

if TYPE_CHECKING:
    from yingda.settings import Settings

LONGEST = 20_000
"""Bytes of a request's body."""
PER_MINUTE = Limit(100, timedelta(minutes=1))
PER_SECOND = Limit(5, timedelta(seconds=1))
PAUSE = timedelta(minutes=1)

_HOOK = "Put the last part of the robot's address (after /hook/) into the password of the Connection."
_FORM = "The message is not formed as it must be."
VERDICTS: chat.Verdicts = {
    11232: PAUSE,  # frequency limited; also the platform's own crowd at full and half hours
    99991400: PAUSE,
    9499: _FORM,
    11246: _FORM,
    19001: f"The robot is not known there. {_HOOK}",
    19002: _FORM,
    19007: "The robot was switched off. Switch it on in its group.",
    19021: "The signature does not hold. Put the robot's secret into the Connection's extra as `secret`, and see that"
    " the clock of this machine is right.",
    19022: "Add the address of this machine to the robot's addresses.",
    19024: "The robot asks for a keyword. Set the beginning of our numbers, such as YQCZBG, as its keyword.",
    230028: "The words were refused there. Publish them on another channel.",
}


def signed(secret: str, now: datetime) -> dict[str, str]:
    """Return what a signed request holds besides: timestamp in seconds, and sign."""
    moment = str(int(now.timestamp()))
    digest = hmac.new(f"{moment}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": moment, "sign": base64.b64encode(digest).decode()}


class Feishu:
    """One robot in one group.

    :param clock: the present moment, UTC; signatures are made with it when something is sent
    """

    def __init__(self, web: Web, access: Access | None, clock: Callable[[], datetime]) -> None:
        self._web = web
        self._access, base = chat.endpoint(access, "Feishu", "/open-apis/bot/v2/hook")
        self._url = f"{base}/{self._access.password}"
        self._clock = clock
        self.pace = Pace(key_of("feishu", self._url), (PER_MINUTE, PER_SECOND), PAUSE)

    def request(self, post: chat.Post) -> dict[str, Any]:
        """Return the body of the request, without its signature."""
        # The text goes in twice as many bytes at worst: quotes and line feeds are escaped in JSON.
        size = LONGEST - 1000
        while True:
            body = _rich(post, size)
            if len(json.dumps(body, ensure_ascii=False).encode()) <= LONGEST - 500:
                return body
            size //= 2

    def say(self, post: chat.Post) -> None:
        """Say it in the group.

        :raises TransportError: see `chat.Robot.say`
        """
        body = self.request(post)
        secret = self._access.extra.get("secret")
        if secret:
            body |= signed(str(secret), self._clock())
        said = self._web.send("POST", self._url, json=body)
        answer = chat.read(said)
        code, words = answer.get("code", answer.get("StatusCode")), answer.get("msg", answer.get("StatusMessage"))
        if code == 9499 and "too many" in str(words).lower():
            chat.judge(said, code, words, {code: PAUSE})
        if code != 0:
            chat.judge(said, code, words, VERDICTS)


_HERE = "\ufffc"
"""Stands where the link goes, until the words are cut; no words hold it, since they are made legible."""


def _rich(post: chat.Post, size: int) -> dict[str, Any]:
    linked = {"tag": "a", "text": post.link, "href": post.link}
    text = chat.fitted(post, size - 2 * len(post.link.encode()), between="\n", linked=_HERE)
    lines: list[list[dict[str, str]]] = []
    for line in text.split("\n"):
        before, here, after = line.partition(_HERE)
        words = [{"tag": "text", "text": before}] if before else []
        lines.append([*words, *([linked] if here else []), *([{"tag": "text", "text": after}] if after else [])])
    heading = chat.cut(chat.one_line(post.heading), 600)
    return {"msg_type": "post", "content": {"post": {"zh_cn": {"title": heading, "content": lines}}}}


def robot(
    access: Access | None, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Feishu:
    """Return the robot of a Connection: the end of its address as password, `secret` in extra where it checks that.

    :raises TransportError: permanent; the Connection lacks something
    """
    return Feishu(Web(settings.hosts), access, clock)


def outlet(channel: Channel, access: Access | None, settings: Settings) -> chat.Group:
    """Return the robot's group as a channel."""
    return chat.Group(robot(access, settings))
