"""The interface of a WeChat Official Account (微信公众号): its token, its calls, and what its codes mean.

Addresses and fields as developers.weixin.qq.com states them (stable_token, draftbox, freepublish), codes as its table
of global return codes; 53500 to 53505 are from memory. The stable token is the same for all who ask until it runs out,
so processes do not push one another out; each keeps it, and asks anew when it is refused.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from yingda.transports import chat
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access
from yingda.transports.web import Web

LARGEST = 10_000_000
"""Bytes of an answer that are read: twenty articles whole."""
PAGE = 20
"""Articles that one answer holds at most."""
PAGES = 15
"""How many answers are looked through, newest first; what we look for was written lately."""
EARLY = 300.0
"""Seconds before its end at which a token is not used any more."""
DAY, MINUTE = timedelta(hours=1), timedelta(minutes=1)

STALE = frozenset({40001, 40014, 42001})
"""The token is refused; nothing was done."""

_ADMIN = "in the account's administration (设置与开发 › 开发接口管理)"
_SECRET = f"Put the present AppSecret {_ADMIN} into the Connection's password."
VERDICTS: chat.Verdicts = {
    40001: _SECRET,
    40125: _SECRET,
    40243: f"The AppSecret is frozen. Unfreeze it {_ADMIN}.",
    40013: "Put the AppID into the Connection's login.",
    40164: f"Add the address named here to the IP allow-list (IP 白名单) {_ADMIN}.",
    61004: f"Add the address named here to the IP allow-list (IP 白名单) {_ADMIN}.",
    40007: "The cover is not there. Upload it as permanent material and put its id into extra as `thumb_media_id`.",
    48001: "The account may not do this. It must be verified (微信认证), and publishing by interface granted to it.",
    50002: "The account is restricted. See the notices in its administration.",
    45002: "The text is too long there.",
    45003: "The title is too long there.",
    45004: "The abstract is too long there.",
    45110: "The author's name is too long there. Put a shorter one into extra as `author`.",
    45166: "The words were refused there. Publish them on another channel.",
    53500: "Publishing is closed to the account. See the notices in its administration.",
    53503: "The draft did not pass the check. See it in the account's draft box.",
    53504: "The draft must be published by hand. Publish it from the account's draft box, and say so on the board.",
    53505: "The draft must be saved by hand first. Open and save it in the account's draft box, then send again.",
    45009: DAY,  # the day's quota; the core leaves a channel alone for an hour at most
    45011: MINUTE,
    53501: MINUTE,
}

_tokens: dict[tuple[str, str], tuple[str, float]] = {}
_lock = threading.Lock()


class WeChat:
    """An account that is spoken to.

    :raises TransportError: permanent; the Connection lacks AppID or AppSecret
    """

    def __init__(self, web: Web, access: Access | None) -> None:
        if access is None or not access.login or not access.password:
            raise TransportError(
                "The Connection of the WeChat account lacks AppID (login) or AppSecret (password). Fill them in.",
                permanent=True,
            )
        self._web = web
        self._base, self._appid, self._secret = access.url, access.login, access.password

    def call(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask for something and return the answer; a token that is refused is renewed once.

        :raises TransportError: it was refused, or nobody can say
        """
        token = self._token()
        answer, said = self._ask(path, body, token)
        if answer.get("errcode") in STALE:
            answer, said = self._ask(path, body, self._token(instead_of=token))
        if answer.get("errcode"):
            chat.judge(said, answer["errcode"], answer.get("errmsg"), VERDICTS)
        return answer

    def articles(self, path: str) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Yield what a list holds, newest first: each entry with the article in it.

        :raises TransportError: the list cannot be read, or is so long that its end was not reached
        """
        for page in range(PAGES):
            answer = self.call(path, {"offset": page * PAGE, "count": PAGE, "no_content": 0})
            entries = answer.get("item") or []
            for entry in entries:
                for article in (entry.get("content") or {}).get("news_item") or []:
                    yield entry, article
            if (page + 1) * PAGE >= int(answer.get("total_count") or 0) or not entries:
                return

    def _ask(self, path: str, body: Mapping[str, Any], token: str) -> tuple[Mapping[str, Any], Any]:
        said = self._web.send(
            "POST", f"{self._base}/cgi-bin/{path}", params={"access_token": token}, json=dict(body), largest=LARGEST
        )
        return chat.read(said), said

    def _token(self, *, instead_of: str | None = None) -> str:
        key = (self._base, self._appid)
        with _lock:
            known, until = _tokens.get(key, ("", 0.0))
        if known and known != instead_of and time.monotonic() < until:
            return known
        token, lasts = self._fetch(force=False)
        if token == instead_of:
            token, lasts = self._fetch(force=True)
        with _lock:
            _tokens[key] = token, time.monotonic() + lasts - EARLY
        return token

    def _fetch(self, *, force: bool) -> tuple[str, float]:
        wanted = {"grant_type": "client_credential", "appid": self._appid, "secret": self._secret}
        try:
            said = self._web.send("POST", f"{self._base}/cgi-bin/stable_token", json={**wanted, "force_refresh": force})
            answer = chat.read(said)
        except TransportError as failed:
            # Nothing was asked for yet but a token.
            raise TransportError(failed.message, permanent=failed.permanent) from None
        if not answer.get("access_token"):
            chat.judge(said, answer.get("errcode"), answer.get("errmsg"), VERDICTS)
        return str(answer["access_token"]), float(answer.get("expires_in") or 0)
