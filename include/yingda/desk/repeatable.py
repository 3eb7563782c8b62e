"""Requests that may be sent twice: with an Idempotency-Key, the first result is kept and given again.

The same request is the same method, address and body, byte for byte: whoever sends again sends again what was sent, so
that nobody has to guess which differences matter. Only what was done is kept; what was refused may be corrected and
sent again under its key. Keys belong to an account, and are forgotten some time after a day (`repeating.prune`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session

from yingda import wiring
from yingda.desk.pages import say
from yingda.services import repeating

HEADER = "Idempotency-Key"
LONGEST = 200


class KeyMisused(Exception):
    """The key cannot be used for this: it stood for another request, or is no key."""

    def __init__(self, code: str, status: int, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.status = status


@dataclass
class Call:
    """A request under way; `result` and `status` are there already if the same one was done before."""

    session: Session
    result: dict[str, Any] | None = None
    status: int = repeating.OK

    def done(self, result: dict[str, Any], status: int = repeating.OK) -> None:
        """Note what came of it, plain JSON values, and the HTTP status it is answered with.

        Keys are put in order, since the database keeps none: the repeated answer is the same to the byte.
        """
        self.result, self.status = json.loads(json.dumps(result, sort_keys=True)), status


@contextmanager
def once(request: Request, account: str, body: bytes) -> Iterator[Call]:
    """Open a transaction in which to do what is asked, unless the same key did it before.

    What is done and the note of its result are one commit; of two at once the second waits for the first. Nothing is
    kept of a request that was refused, so the corrected one may use the same key.

    :param body: the bytes as they were sent; of a form with files the bytes of the files, since its boundary is another
        each time
    :raises KeyMisused: the key stood for another request (409), or there is no telling which key it is (422)
    """
    key = _key(request)
    with wiring.transaction() as session:
        call = Call(session)
        if key is None:
            yield call
            return
        asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body
        fingerprint = hashlib.sha256(asked).hexdigest()
        before = repeating.before(session, account, key)
        if before is not None:
            if before.request_sha256 != fingerprint:
                words = say(
                    "这个 %(HEADER)s 已用于另一个请求。另一个请求请用新的；重发请原样发送。",
                    HEADER=HEADER,
                )
                raise KeyMisused("idempotency_key_reused", 409, words)
            call.done(before.result, before.status)
        yield call
        if before is None and call.result is not None:
            repeating.keep(session, account, key, fingerprint, call.result, wiring.utcnow(), status=call.status)


def _key(request: Request) -> str | None:
    keys = request.headers.getlist(HEADER)
    if not keys:
        return None
    [key, *others] = keys
    if others or not 1 <= len(key) <= LONGEST or not (key.isascii() and key.isprintable()):
        words = say(
            "%(HEADER)s 只能有一个，须为 1 到 %(LONGEST)s 个可见的 ASCII 字符",
            HEADER=HEADER,
            LONGEST=LONGEST,
        )
        raise KeyMisused("idempotency_key", 422, words)
    return key
