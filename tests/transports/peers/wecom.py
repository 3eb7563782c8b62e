"""A WeCom that knows one robot: takes text and markdown, refuses as the real one does, with 200 and an errcode."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from .serving import Asked, Peer

KEY = "693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa"
HINT = "hint: [1592021214_50_551fc8807c11f27ed0e6714d0c267ba4], from ip: 171.43.164.231, more info at …"


class WeComPeer(Peer):
    """`said` is what stands in the group; `too_many` counts what came beyond 20 a minute."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__()
        self.clock = clock
        self.key = KEY
        self.said: list[str] = []
        self.moments: list[datetime] = []
        self.too_many = 0
        self.errors: list[tuple[int, str]] = []

    def answer(self, asked: Asked) -> tuple[int, Any]:
        now = self.clock()
        if asked.path != "/cgi-bin/webhook/send":
            return 404, {}
        if asked.query.get("key") != self.key:
            return 200, {"errcode": 93000, "errmsg": f"invalid webhook url, {HINT}"}
        if self.errors:
            code, words = self.errors.pop(0)
            return 200, {"errcode": code, "errmsg": words}
        if len([at for at in self.moments if at > now - timedelta(minutes=1)]) >= 20:
            self.too_many += 1
            return 200, {"errcode": 45009, "errmsg": f"api freq out of limit, {HINT}"}
        kind = asked.json["msgtype"]
        longest = {"text": 2048, "markdown": 4096}.get(kind)
        if longest is None:
            return 200, {"errcode": 40008, "errmsg": f"invalid message type, {HINT}"}
        content = asked.json[kind]["content"]
        if not content:
            return 200, {"errcode": 44004, "errmsg": f"empty content, {HINT}"}
        if len(content.encode()) > longest:
            return 200, {"errcode": 40058, "errmsg": f"{kind}.content exceed max length {longest}. {HINT}"}
        self.moments.append(now)
        self.said.append(content)
        return 200, {"errcode": 0, "errmsg": "ok"}
