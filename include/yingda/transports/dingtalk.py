"""A group robot of DingTalk (钉钉自定义机器人): markdown to one group, signed.

Formats and codes as "Custom robot access" and its table of errors state them: messages up to 20,000 bytes, 20 a
minute and none for ten minutes after one too many, HTTP 200 for refusals too, `errcode` says. The signature is
HMAC-SHA256 with the secret as key over "timestamp in milliseconds, line feed, secret", and holds for an hour. What the
platform's guard answers ({"status": 1111, "punish": "deny"}) has no `errcode`. Codes of other tables (40014, 302033)
are from memory; one that is wrong there costs a try later, not a post.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from yingda.domain.channels import Channel
from yingda.domain.pace import Limit, Pace
from yingda.transports import chat
from yingda.transports.outlet import Access
from yingda.transports.pace import TooFast, key_of
from yingda.transports.web import Web

if TYPE_CHECKING:
    from yingda.settings import Settings

LONGEST = 20_000
"""Bytes of UTF-8 in a message."""
LONGEST_TITLE = 120
"""Bytes of what the list of conversations shows."""
PER_MINUTE = Limit(20, timedelta(minutes=1))
PAUSE = timedelta(minutes=10)

_TOKEN = "Put the access_token of the robot's address into the password of the Connection."  # noqa: S105
_CHECKED = {
    "keywords": "The robot asks for a keyword. Set the beginning of our numbers, such as YQCZBG, as its keyword.",
    "sign": "Put the secret that begins with SEC into the Connection's extra as `secret`.",
    "timestamp": "Set the clock of this machine.",
    "whitelist": "Add the address of this machine to the robot's addresses.",
}
_REFUSED = "The words were refused there. Publish them on another channel."
VERDICTS: chat.Verdicts = {
    130101: PAUSE,  # send too fast, exceed 20 times per minute
    302033: PAUSE,
    410100: PAUSE,
    300001: f"The robot is not known there. {_TOKEN}",
    300005: f"The robot is not known there. {_TOKEN}",
    400013: "The group was dissolved. Name another group's robot in the Connection.",
    400014: "The robot was switched off. Switch it on in its group.",
    400101: f"The robot is not known there. {_TOKEN}",
    400102: "The robot was switched off. Switch it on in its group.",
    400105: "The kind of message is not known there.",
    400106: "The robot was removed. Add it again, and put its new access_token into the Connection.",
    40014: f"The access_token does not hold. {_TOKEN}",
    40035: "The message is not formed as it must be.",
    43004: "The message is not formed as it must be.",
    430101: _REFUSED,
    430102: _REFUSED,
    430103: _REFUSED,
    430104: _REFUSED,
    460101: "The message is too long.",
}


def signed(secret: str, now: datetime) -> dict[str, str]:
    """Return what the address of a signed request holds besides: timestamp in milliseconds, and sign."""
    moment = str(int(now.timestamp() * 1000))
    digest = hmac.new(secret.encode(), f"{moment}\n{secret}".encode(), hashlib.sha256).digest()
    return {"timestamp": moment, "sign": base64.b64encode(digest).decode()}


class DingTalk:
    """One robot in one group.

    :param clock: the present moment, UTC; signatures are made with it when something is sent
    """

    def __init__(self, web: Web, access: Access | None, clock: Callable[[], datetime]) -> None:
        self._web = web
        self._access, self._url = chat.endpoint(access, "DingTalk", "/robot/send")
        self._clock = clock
        self.pace = Pace(key_of("dingtalk", self._url, self._access.password), (PER_MINUTE,), PAUSE)

    def request(self, post: chat.Post) -> dict[str, Any]:
        """Return the body of the request."""
        heading = chat.one_line(post.heading)
        above = f"**{chat.cut(heading, 600)}**\n\n"
        text = chat.fitted(
            post, LONGEST - len(above.encode()) - 500, between="\n\n", linked=f"[{post.link}]({post.link})"
        )
        return {
            "msgtype": "markdown",
            "markdown": {"title": chat.cut(heading, LONGEST_TITLE), "text": above + text},
            "at": {"isAtAll": False},
        }

    def say(self, post: chat.Post) -> None:
        """Say it in the group.

        :raises TransportError: see `chat.Robot.say`
        """
        params = {"access_token": self._access.password or ""}
        secret = self._access.extra.get("secret")
        if secret:
            params |= signed(str(secret), self._clock())
        said = self._web.send("POST", self._url, params=params, json=self.request(post))
        answer = chat.read(said)
        code, words = answer.get("errcode"), answer.get("errmsg")
        if code is None and answer.get("punish"):
            raise TooFast(f"{said.host} did not take it: it was spoken to too often.", pause=PAUSE)
        if code == 310000:
            remedy = next((does for what, does in _CHECKED.items() if what in str(words)), "See its security settings.")
            chat.judge(said, code, words, {code: remedy})
        if code != 0:
            chat.judge(said, code, words, VERDICTS)


def robot(
    access: Access | None, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> DingTalk:
    """Return the robot of a Connection: access_token as password, and `secret` in extra where it checks signatures.

    :raises TransportError: permanent; the Connection lacks something
    """
    return DingTalk(Web(settings.hosts), access, clock)


def outlet(channel: Channel, access: Access | None, settings: Settings) -> chat.Group:
    """Return the robot's group as a channel."""
    return chat.Group(robot(access, settings))
