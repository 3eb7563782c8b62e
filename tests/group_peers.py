"""Groups and an Official Account for the fault matrix: the servers of tests/transports/peers behind its faults."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.peers import Peer
from tests.transports.peers import dingtalk, feishu, wechat_mp, wecom
from tests.transports.peers.serving import Asked

from yingda.transports import wechat_api
from yingda.transports.outlet import Access


class _Of(Peer):
    """One of those servers, asked by way of the matrix's own."""

    group: Any

    def work(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any, dict[str, str]]:
        parts = urlsplit(path)
        status, said = self.group.answer(Asked(method, parts.path, dict(parse_qsl(parts.query)), body))
        return status, said, {}

    def channel(self) -> dict[str, Any]:
        return {"id": "group", "kind": self.kind, "connection": "group", "label": "群", "label_en": "Group"}

    def effects(self) -> Counter[str]:
        return _Said({"": len(self.group.said)})


class _Said(Counter[str]):
    """What stands in a group, which holds one statement only and no hash: every hash counts all of it."""

    def __missing__(self, key: str) -> int:
        return self.total()


class WeComGroup(_Of):
    """A WeCom group: without key, and nobody can read it back."""

    kind = "wecom"
    promises = False

    def __init__(self, folder: Path) -> None:
        self.group = wecom.WeComPeer()
        super().__init__(folder)

    def access(self) -> Access:
        return Access(self.url, password=wecom.KEY)


class DingTalkGroup(_Of):
    """A DingTalk group."""

    kind = "dingtalk"
    promises = False

    def __init__(self, folder: Path) -> None:
        self.group = dingtalk.DingTalkPeer()
        super().__init__(folder)

    def access(self) -> Access:
        return Access(self.url, password=dingtalk.TOKEN, extra={"secret": dingtalk.SECRET})


class FeishuGroup(_Of):
    """A Feishu group."""

    kind = "feishu"
    promises = False

    def __init__(self, folder: Path) -> None:
        self.group = feishu.FeishuPeer()
        super().__init__(folder)

    def access(self) -> Access:
        return Access(self.url, password=feishu.HOOK, extra={"secret": feishu.SECRET})


class WeChatAccount(_Of):
    """An Official Account: it is read back by the last line of each article."""

    kind = "wechat_mp"

    def __init__(self, folder: Path) -> None:
        wechat_api._tokens.clear()
        self.group = wechat_mp.WeChatPeer()
        super().__init__(folder)

    def access(self) -> Access:
        return Access(self.url, wechat_mp.APPID, wechat_mp.SECRET, {"thumb_media_id": wechat_mp.COVER})

    def effects(self) -> Counter[str]:
        shown = "".join(one["article"]["content"] for one in self.group.published)
        return Counter(re.findall(r"SHA-256 ([0-9a-f]{64})", shown))


GROUPS: dict[str, type[Peer]] = {peer.kind: peer for peer in (WeComGroup, DingTalkGroup, FeishuGroup, WeChatAccount)}
