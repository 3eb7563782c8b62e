"""A Feishu that knows one robot: checks the signature in the body, at most 20 KB, 100 a minute and 5 a second."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from .serving import Asked, Peer

HOOK = "b1e1b6a0-0000-4c6c-9d36-aaaaaaaaaaaa"
SECRET = "demo"


class FeishuPeer(Peer):
    """`said` is the rich text that stands in the group, as (title, lines of parts)."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__()
        self.clock = clock
        self.said: list[tuple[str, list[list[dict[str, str]]]]] = []
        self.moments: list[datetime] = []
        self.too_many = 0
        self.errors: list[tuple[int, dict[str, Any]]] = []

    def answer(self, asked: Asked) -> tuple[int, Any]:
        now = self.clock()
        if asked.path != f"/open-apis/bot/v2/hook/{HOOK}":
            return 200, {"code": 19001, "data": {}, "msg": "param invalid: incoming webhook access token invalid"}
        if self.errors:
            return self.errors.pop(0)
        body = asked.json
        moment = str(body.get("timestamp", ""))
        # As the guide writes it down: timestamp and secret are the key, the message is empty.
        wanted = base64.b64encode(hmac.new(f"{moment}\n{SECRET}".encode(), digestmod=hashlib.sha256).digest()).decode()
        old = not moment.isdigit() or abs(now - datetime.fromtimestamp(int(moment), UTC)) > timedelta(hours=1)
        if old or body.get("sign") != wanted:
            words = "sign match fail or timestamp is not within one hour from current time"
            return 200, {"code": 19021, "data": {}, "msg": words}
        in_a_minute = [at for at in self.moments if at > now - timedelta(minutes=1)]
        in_a_second = [at for at in self.moments if at > now - timedelta(seconds=1)]
        if len(in_a_minute) >= 100 or len(in_a_second) >= 5:
            self.too_many += 1
            return 400, {"code": 11232, "data": {}, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]"}
        if len(asked.raw) > 20_000 or body.get("msg_type") != "post":
            return 400, {"code": 9499, "data": {}, "msg": "Bad Request"}
        post = body["content"]["post"]["zh_cn"]
        self.moments.append(now)
        self.said.append((post["title"], post["content"]))
        return 200, {"code": 0, "data": {}, "msg": "success", "StatusCode": 0, "StatusMessage": "success"}
