"""What every peer has: a real HTTP server on the loopback that answers as it is told, or falls ill on demand.

`ills` is a queue of what happens to the next requests, one each: `drop_before` (reads it, does nothing, hangs up),
`drop_after` (acts and hangs up), `hang` (acts and says nothing), `500` and `502` (a gateway's page, nothing done),
`garbage` (200 and no JSON, nothing done), `late_502` (acts, and a gateway says 502).
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
            if ill in ("500", "502", "garbage", "late_502"):
                if ill == "late_502":
                    self.answer(asked)
                status, said = {"500": 500, "garbage": 200}.get(ill, 502), b"<html>nginx</html>"
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
