"""Messages of the office's own WeCom (企业微信) application to single members.

A token is fetched with the application's secret, kept in this process until shortly before it expires, and fetched anew
once when WeCom says that it holds no more. WeCom answers 200 whatever happened; `errcode` tells.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access
from yingda.transports.web import Answer, Web

HOME = "https://qyapi.weixin.qq.com"
"""Where WeCom is, unless the Connection names another place."""
SHORT = 65_536
"""Bytes of an answer that are read."""
EARLY = 60.0
"""Seconds before its end from which a token is not used any more."""

_TOKEN_OVER = frozenset({40014, 41001, 42001})
_REMEDIES = {
    40001: "Correct the secret in the Connection.",
    40013: "Correct the corpid (login) in the Connection.",
    40056: "Correct the agentid in the Connection.",
    60020: "Add this server's address to the trusted ones of the application.",
    81013: "Add the member to those who may see the application, or correct the user id in the roster.",
    301002: "Correct the agentid in the Connection.",
}
_PASSING = frozenset({-1, 45009})
"""The server is busy; too many calls for now."""

_lock = threading.Lock()
_tokens: dict[tuple[str, str, str], tuple[str, float]] = {}


@dataclass(frozen=True)
class WecomApp:
    """The application of `access`: `login` is the corpid, `password` its secret, extra `agentid` its number."""

    access: Access
    web: Web

    def send(self, to: str, text: str, key: str) -> None:
        """Send a text to a member by their user id.

        :param key: unused: WeCom folds nothing by a key of ours
        :raises TransportError: it did not go out, see `Messenger.send`
        """
        agent = str(self.access.extra.get("agentid", ""))
        if not (self.access.login and self.access.password and agent.isdecimal()):
            raise TransportError(
                "The Connection of WeCom is not complete. Set login (corpid), password (secret) and extra agentid.",
                permanent=True,
            )
        message = {"touser": to, "msgtype": "text", "agentid": int(agent), "text": {"content": text}, "safe": 0}
        token = self._token()
        said = self._post(message, token)
        if said.get("errcode") in _TOKEN_OVER:
            self._forget(token)
            said = self._post(message, self._token())
        _refuse(said)
        if said.get("invaliduser") or said.get("unlicenseduser"):
            raise TransportError(
                "WeCom knows no such member, or gives them no messages of this application."
                " Correct the user id in the roster.",
                permanent=True,
            )

    def _post(self, message: dict[str, Any], token: str) -> dict[str, Any]:
        return _said(
            self.web.send(
                "POST",
                f"{self._url}/cgi-bin/message/send",
                params={"access_token": token},
                json=message,
                largest=SHORT,
            )
        )

    def _token(self) -> str:
        with _lock:
            kept = _tokens.get(self._name)
        if kept is not None and time.monotonic() < kept[1]:
            return kept[0]
        asked_at = time.monotonic()
        try:
            said = _said(
                self.web.send(
                    "GET",
                    f"{self._url}/cgi-bin/gettoken",
                    params={"corpid": str(self.access.login), "corpsecret": str(self.access.password)},
                    largest=SHORT,
                )
            )
        except TransportError as problem:
            # Without a token nothing was sent, however much of the answer is missing.
            raise TransportError(problem.message, permanent=problem.permanent) from None
        _refuse(said)
        try:
            token, lasts = str(said["access_token"]), float(said["expires_in"])
        except (KeyError, TypeError, ValueError):
            raise TransportError("WeCom gave no token.") from None
        with _lock:
            _tokens[self._name] = token, asked_at + lasts - EARLY
        return token

    def _forget(self, token: str) -> None:
        with _lock:
            if _tokens.get(self._name, ("", 0.0))[0] == token:
                del _tokens[self._name]

    @property
    def _url(self) -> str:
        return self.access.url or HOME

    @property
    def _name(self) -> tuple[str, str, str]:
        return self._url, str(self.access.login), str(self.access.password)


def _said(answer: Answer) -> dict[str, Any]:
    if not answer.ok:
        raise TransportError(f"{answer.host} answered {answer.status}.", uncertain=answer.status >= 500)
    said = answer.json()
    if not isinstance(said, dict):
        raise TransportError(f"{answer.host} answered something that is not WeCom's.", uncertain=True)
    return said


def _refuse(said: dict[str, Any]) -> None:
    code = said.get("errcode", 0)
    if code == 0:
        return
    remedy = _REMEDIES.get(code, "See WeCom's list of error codes.") if isinstance(code, int) else ""
    raise TransportError(f"WeCom refused it (errcode {code}). {remedy}".strip(), permanent=code not in _PASSING)
