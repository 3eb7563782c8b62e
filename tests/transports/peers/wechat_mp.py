"""A WeChat Official Account: tokens that run out, a draft box, publications that are queued, checked and listed.

Answers are 200 with an errcode, as the real ones are. A draft leaves the box once it is published.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

from .serving import Asked, Peer

APPID, SECRET = "wx0123456789abcdef", "0123456789abcdef0123456789abcdef"
COVER = "cover_media_id"


class WeChatPeer(Peer):
    """`takes` is how often a publication is asked for before it is out; `ends` how it ends (publish_status)."""

    def __init__(self) -> None:
        super().__init__()
        self.token = ""
        self.tokens_given = 0
        self.takes = 1
        self.ends = 0
        self.refusals: dict[str, list[tuple[int, str]]] = {}
        self.drafts: dict[str, dict[str, Any]] = {}
        self.published: list[dict[str, Any]] = []
        self.tasks: dict[str, dict[str, Any]] = {}
        self.added = 0
        self.submitted = 0
        self.expire()

    def expire(self) -> None:
        """Let every token that was given be refused from now on."""
        self.token = f"72_{secrets.token_hex(8)}"

    def refuse(self, path: str, code: int, words: str = "refused") -> None:
        """Refuse the next call of a path."""
        self.refusals.setdefault(path, []).append((code, words))

    def called(self, path: str) -> int:
        return sum(asked.path == f"/cgi-bin/{path}" for asked in self.asked)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        path = asked.path.removeprefix("/cgi-bin/")
        if self.refusals.get(path):
            code, words = self.refusals[path].pop(0)
            return 200, {"errcode": code, "errmsg": f"{words} rid: 65d2faf1-1a6ae467-7861d534"}
        if path == "stable_token":
            return 200, self._give_token(asked.json)
        if asked.query.get("access_token") != self.token:
            return 200, {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"}
        does = {
            "draft/add": self._add,
            "draft/update": self._update,
            "draft/batchget": self._drafts,
            "freepublish/submit": self._submit,
            "freepublish/get": self._get,
            "freepublish/batchget": self._published,
        }
        return 200, does[path](asked.json)

    def _give_token(self, body: Any) -> dict[str, Any]:
        if body["appid"] != APPID:
            return {"errcode": 40013, "errmsg": "invalid appid"}
        if body["secret"] != SECRET:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        self.tokens_given += 1
        if body.get("force_refresh"):
            self.expire()
        return {"access_token": self.token, "expires_in": 7200}

    def _flaw(self, article: dict[str, Any]) -> dict[str, Any] | None:
        if len(article["title"]) > 32:
            return {"errcode": 45003, "errmsg": "title size out of limit"}
        if len(article["author"]) > 16:
            return {"errcode": 45110, "errmsg": "author size out of limit"}
        if len(article["content"]) >= 20_000 or len(article["content"].encode()) >= 1_000_000:
            return {"errcode": 45002, "errmsg": "content size out of limit"}
        if article["thumb_media_id"] != COVER:
            return {"errcode": 40007, "errmsg": "invalid media_id"}
        return None

    def _add(self, body: Any) -> dict[str, Any]:
        [article] = body["articles"]
        flaw = self._flaw(article)
        if flaw is None:
            self.added += 1
            media_id = f"media-{self.added}"
            self.drafts[media_id] = article
        return flaw or {"media_id": media_id, "item": []}

    def _update(self, body: Any) -> dict[str, Any]:
        if body["media_id"] not in self.drafts:
            return {"errcode": 40007, "errmsg": "invalid media_id"}
        flaw = self._flaw(body["articles"])
        if flaw is None:
            self.drafts[body["media_id"]] = body["articles"]
        return flaw or {"errcode": 0, "errmsg": "ok"}

    def _submit(self, body: Any) -> dict[str, Any]:
        if body["media_id"] not in self.drafts:
            return {"errcode": 40007, "errmsg": "invalid media_id"}
        self.submitted += 1
        task = str(100_000_000 + self.submitted)
        self.tasks[task] = {"media_id": body["media_id"], "asked": 0, "status": 1}
        return {"errcode": 0, "errmsg": "ok", "publish_id": task, "msg_data_id": "1"}

    def end(self, task: str) -> None:
        """Let a publication come to its end."""
        known = self.tasks[task]
        known["status"] = self.ends
        if self.ends == 0:
            article = self.drafts.pop(known["media_id"])
            number = f"article-{len(self.published) + 1}"
            # The platform writes the tags anew.
            content = re.sub(r"<p>", '<p style="margin:0">', article["content"])
            url = f"http://mp.weixin.qq.com/s?__biz=MzA&mid=1&sn={number}"
            self.published.insert(
                0, {"article_id": number, "article": {**article, "content": content, "url": url, "is_deleted": False}}
            )
            known["article"] = number, url

    def _get(self, body: Any) -> dict[str, Any]:
        known = self.tasks.get(str(body["publish_id"]))
        if known is None:
            return {"errcode": 53502, "errmsg": "invalid publish id"}
        known["asked"] += 1
        if known["status"] == 1 and known["asked"] >= self.takes:
            self.end(str(body["publish_id"]))
        answer: dict[str, Any] = {"publish_id": str(body["publish_id"]), "publish_status": known["status"]}
        if known["status"] == 0:
            number, url = known["article"]
            detail = {"count": 1, "item": [{"idx": 1, "article_url": url}]}
            answer |= {"article_id": number, "article_detail": detail, "fail_idx": []}
        elif known["status"] > 1:
            answer["fail_idx"] = [1]
        return answer

    def _drafts(self, body: Any) -> dict[str, Any]:
        entries = [
            {"media_id": media_id, "content": {"news_item": [article]}, "update_time": int(time.time())}
            for media_id, article in reversed(self.drafts.items())
        ]
        return _page(entries, body)

    def _published(self, body: Any) -> dict[str, Any]:
        entries = [
            {"article_id": one["article_id"], "content": {"news_item": [one["article"]]}, "update_time": 1}
            for one in self.published
        ]
        return _page(entries, body)


def _page(entries: list[dict[str, Any]], body: Any) -> dict[str, Any]:
    shown = entries[body["offset"] : body["offset"] + body["count"]]
    return {"total_count": len(entries), "item_count": len(shown), "item": shown}
