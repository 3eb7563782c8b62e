"""A DingTalk that knows one robot: checks the signature, bans for ten minutes at the 21st message in a minute."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from .serving import Asked, Peer

TOKEN = "566cc69da782ec33"
SECRET = "SECdeadbeef0123456789"


class DingTalkPeer(Peer):
    """`said` is what stands in the group; `banned_until` tells of one message too many."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC), *, keyword: str = "") -> None:
        super().__init__()
        self.clock = clock
        self.keyword = keyword
        self.said: list[str] = []
        self.moments: list[datetime] = []
        self.too_many = 0
        self.banned_until: datetime | None = None
        self.errors: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> tuple[int, Any]:
        now = self.clock()
        if asked.path != "/robot/send":
            return 404, {}
        if asked.query.get("access_token") != TOKEN:
            return 200, {"errcode": 300005, "errmsg": "token is not exist"}
        if self.errors:
            return 200, self.errors.pop(0)
        moment = asked.query.get("timestamp", "")
        if not moment.isdigit() or abs(now - datetime.fromtimestamp(int(moment) / 1000, UTC)) > timedelta(hours=1):
            return 200, {"errcode": 310000, "errmsg": "invalid timestamp"}
        # As the platform's documents write it down, independent of what is tested.
        wanted = hmac.new(SECRET.encode(), (moment + "\n" + SECRET).encode(), digestmod=hashlib.sha256)
        if asked.query.get("sign") != base64.b64encode(wanted.digest()).decode():
            return 200, {"errcode": 310000, "errmsg": "sign not match"}
        if self.banned_until is not None and now < self.banned_until:
            self.too_many += 1
            return 200, {"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "9ff0e7e2"}
        if len([at for at in self.moments if at > now - timedelta(minutes=1)]) >= 20:
            self.too_many += 1
            self.banned_until = now + timedelta(minutes=10)
            return 200, {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}
        if asked.json["msgtype"] != "markdown":
            return 200, {"errcode": 400105, "errmsg": "unsupported msgtype"}
        text = asked.json["markdown"]["text"]
        if len(text.encode()) > 20_000:
            return 200, {"errcode": 460101, "errmsg": "message too long, exceed 20000 bytes"}
        if self.keyword not in text:
            return 200, {"errcode": 310000, "errmsg": "keywords not in content"}
        self.moments.append(now)
        self.said.append(text)
        return 200, {"errcode": 0, "errmsg": "ok"}
