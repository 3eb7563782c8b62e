"""What every peer has: a real HTTP server on the loopback that answers as it is told, or falls ill on demand.

`ills` is a queue of what happens to the next requests, one each: `drop_before` (hangs up unread), `drop_after` (takes it
and hangs up), `hang` (takes it and says nothing), `500` and `502` (a gateway's page), `garbage` (200 and no JSON). A peer
that takes a request acts on it before it falls silent, as the real ones do.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


class Peer:
    """A server of one kind; use it as a context. `name` is what it is called in the allow-list."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.ills: deque[str] = deque()
        self.hanging = 1.0
        self._one_at_a_time = threading.Lock()

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """Act on a request; return the status and what is said as JSON."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Any:
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_POST(self) -> None:
                peer._serve(self)

            do_GET = do_POST

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        parts = urlsplit(handler.path)
        asked = Asked(handler.command, parts.path, dict(parse_qsl(parts.query)), raw)
        with self._one_at_a_time:
            ill = self.ills.popleft() if self.ills else ""
            if ill == "drop_before":
                return
            self.asked.append(asked)
            if ill in ("500", "502", "garbage"):
                status, said = int(ill) if ill.isdigit() else 200, b"<html>nginx</html>"
            else:
                status, answer = self.answer(asked)
                said = json.dumps(answer, ensure_ascii=False).encode()
        if ill == "hang":
            time.sleep(self.hanging)
        if ill in ("hang", "drop_after"):
            return
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json; charset=utf-8")
        handler.send_header("Content-Length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said)
