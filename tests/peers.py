"""
Peers: small real servers that stand for the other side of each kind of channel, and keep a log of what reached them.

To add a kind: write a class below `Peer` with `kind`, `promises`, `channel()`, `access()` and `effects()`, and put it
into `PEERS`; the fault matrix takes it from there.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from yingda.domain.hosts import Host
from yingda.transports.outlet import Access

PATIENCE = 0.5
"""Seconds that senders wait for an answer in these tests."""

FAULTS = ("refuse", "hang", "500", "drop_after_accept", "slow_accept", "wrong_body")
"""What a peer can do to a request that writes."""


class Peer:
    """One server on the loopback.

    :ivar fault: one of FAULTS, from the first request that writes on; None for a server that is well
    """

    kind: ClassVar[str]
    promises: ClassVar[bool] = True
    """It is promised that nothing is lost or doubled: the channel has a key or can be read back."""
    hosts: ClassVar[tuple[Host, ...]] = (Host(name="127.0.0.1", private=True),)

    def __init__(self, folder: Path) -> None:
        self.fault: str | None = None
        self.log: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self.lock = threading.Lock()
        self._busy = 0
        self._struck = False
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                peer.take(self)

            def do_POST(self) -> None:
                peer.take(self)

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def break_down(self, fault: str) -> None:
        if fault == "refuse":
            self.stop()
        self.fault, self._struck = fault, False

    def recover(self) -> None:
        self.come_to_rest()
        self.fault = None
        if self._server is None:
            self.start()

    def come_to_rest(self) -> None:
        """Wait until nothing that reached the server is still being worked on."""
        until = time.monotonic() + 10
        while self._busy and time.monotonic() < until:
            time.sleep(0.01)

    def take(self, request: BaseHTTPRequestHandler) -> None:
        with self.lock:
            self._busy += 1
        try:
            self._take(request)
        except (BrokenPipeError, ConnectionError):
            pass
        finally:
            with self.lock:
                self._busy -= 1

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        headers = {key.lower(): value for key, value in request.headers.items()}
        with self.lock:
            self.log.append((request.command, request.path, headers, body))
        self._struck |= request.command == "POST"
        fault = self.fault if self._struck else None
        if fault == "hang":
            time.sleep(PATIENCE * 3)
            request.close_connection = True
            return
        if fault == "500":
            self.answer(request, 500, b"<h1>Internal Server Error</h1>", "text/html")
            return
        if fault == "slow_accept":
            # It was received, and is worked on only after the other side has given up.
            time.sleep(PATIENCE * 3)
        with self.lock:
            status, said, more = self.work(request.command, request.path, headers, body)
        if fault == "drop_after_accept":
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        if fault == "wrong_body":
            self.answer(request, status, b"<html><title>Checking your browser</title></html>", "text/html")
            return
        self.answer(request, status, json.dumps(said, ensure_ascii=False).encode(), "application/json", more)

    def answer(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        body: bytes,
        kind: str,
        more: Mapping[str, str] | None = None,
    ) -> None:
        request.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(more or {})}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def work(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any, dict[str, str]]:
        """Do what the request asks; return status, JSON and further headers."""
        raise NotImplementedError

    def channel(self) -> dict[str, Any]:
        """Return the channel as channels.yaml has it."""
        raise NotImplementedError

    def access(self) -> Access | None:
        """Return what its Connection says."""
        raise NotImplementedError

    def effects(self) -> Counter[str]:
        """Return how often each text, by its SHA-256, came to be there for those who read the channel."""
        raise NotImplementedError


class WebhookPeer(Peer):
    """A receiver that knows a text again by its key, as we ask of receivers."""

    kind = "webhook"
    options: ClassVar[dict[str, Any]] = {}
    secret = "shared-secret"
    by_key = True

    def __init__(self, folder: Path) -> None:
        self.taken: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        super().__init__(folder)

    def work(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any, dict[str, str]]:
        key = headers["idempotency-key"]
        if self.by_key and key in self.keys:
            return 409, {"error": "known already", "reference": key}, {}
        self.keys.add(key)
        self.taken.append(json.loads(body))
        return 201, {"url": f"{self.url}/read/{len(self.taken)}", "reference": key}, {}

    def channel(self) -> dict[str, Any]:
        return {
            "id": "hook",
            "kind": "webhook",
            "connection": "hook",
            "label": "推送",
            "label_en": "Hook",
            "options": self.options,
        }

    def access(self) -> Access:
        return Access(f"{self.url}/in", None, self.secret)

    def effects(self) -> Counter[str]:
        return Counter(one["sha256"] for one in self.taken)


class WebhookOncePeer(WebhookPeer):
    """A receiver that knows nothing again: every delivery counts."""

    kind = "webhook, idempotent: false"
    promises = False
    by_key = False
    options: ClassVar[dict[str, Any]] = {"idempotent": "false"}


class WordPressPeer(Peer):
    """As much of WordPress's REST API as posts need: users, search by slug, creating, updating, and what kses strips.

    :ivar unfiltered: the user may write any HTML, as an editor of a site of its own may
    """

    kind = "wordpress"
    login, password = "yingda", "abcd EFGH 1234 ijkl MNOP 6789"

    def __init__(self, folder: Path) -> None:
        self.posts: dict[int, dict[str, Any]] = {}
        self.history: list[tuple[str, int, str]] = []
        self.unfiltered = False
        self.may_publish = True
        super().__init__(folder)

    def work(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any, dict[str, str]]:
        parts = urlsplit(path)
        asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/read/"):
            return 404, {}, {}
        if not re.fullmatch(r"/wp-json/wp/v2/posts(/\d+)?", parts.path):
            return 404, {"code": "rest_no_route", "message": "No route was found.", "data": {"status": 404}}, {}
        user = base64.b64encode(f"{self.login}:{self.password}".encode()).decode()
        known = headers.get("authorization") == f"Basic {user}"
        if "authorization" in headers and not known:
            said = "The provided password is an invalid application password."
            return 401, {"code": "incorrect_password", "message": said, "data": {"status": 401}}, {}
        number = int(parts.path.rpartition("/")[2]) if parts.path[-1].isdigit() and "posts/" in parts.path else None
        if method == "GET":
            return self._read(number, asked, known)
        return self._write(number, json.loads(body), known)

    def _read(self, number: int | None, asked: Mapping[str, str], known: bool) -> tuple[int, Any, dict[str, str]]:
        if asked.get("context") == "edit" and not known:
            said = "Sorry, you are not allowed to edit posts in this post type."
            return 401, {"code": "rest_forbidden_context", "message": said, "data": {"status": 401}}, {}
        edit = asked.get("context") == "edit"
        if number is not None:
            if number not in self.posts:
                return 404, {"code": "rest_post_invalid_id", "message": "Invalid post ID.", "data": {"status": 404}}, {}
            return 200, self._shown(self.posts[number], edit), {}
        wanted = asked.get("status", "publish")
        found = [
            self._shown(one, edit)
            for one in self.posts.values()
            if one["slug"] == asked.get("slug")
            and one["status"] != "trash"
            and (wanted == "any" or one["status"] == wanted)
        ]
        return 200, found, {"X-WP-Total": str(len(found))}

    def _write(self, number: int | None, given: dict[str, Any], known: bool) -> tuple[int, Any, dict[str, str]]:
        if not known:
            said = "Sorry, you are not allowed to create posts as this user."
            return 401, {"code": "rest_cannot_create", "message": said, "data": {"status": 401}}, {}
        if given.get("status") == "publish" and not self.may_publish:
            said = "Sorry, you are not allowed to publish posts in this post type."
            return 403, {"code": "rest_cannot_publish", "message": said, "data": {"status": 403}}, {}
        if given.get("status") not in (None, "publish", "draft", "pending", "private", "future"):
            said = "Invalid parameter(s): status"
            return 400, {"code": "rest_invalid_param", "message": said, "data": {"status": 400}}, {}
        created = number is None
        if number is None:
            number = len(self.posts) + 101
            slug = wanted = str(given.get("slug") or number)
            taken = {one["slug"] for one in self.posts.values()}
            for again in range(2, 99):
                if slug not in taken:
                    break
                slug = f"{wanted}-{again}"
            self.posts[number] = {"id": number, "slug": slug, "title": "", "content": "", "status": "draft"}
        elif number not in self.posts:
            return 404, {"code": "rest_post_invalid_id", "message": "Invalid post ID.", "data": {"status": 404}}, {}
        post = self.posts[number]
        for name in ("title", "status", "slug"):
            post[name] = given.get(name, post[name])
        if "content" in given:
            post["content"] = given["content"] if self.unfiltered else kses(given["content"])
        self.history.append(("create" if created else "update", number, post["content"]))
        return (201 if created else 200), self._shown(post, True), {}

    def _shown(self, post: Mapping[str, Any], edit: bool) -> dict[str, Any]:
        raw = {"raw": post["content"]} if edit else {}
        return {
            "id": post["id"],
            "slug": post["slug"],
            "status": post["status"],
            "link": f"{self.url}/read/{post['slug']}",
            "title": {"rendered": post["title"]},
            "content": {**raw, "rendered": texturize(post["content"])},
        }

    def answer(self, request: Any, status: int, body: bytes, kind: str, more: Mapping[str, str] | None = None) -> None:
        path = urlsplit(request.path).path
        if path.startswith("/read/") and status == 404:
            page = self.page(path.rpartition("/")[2])
            if page is not None:
                status, body, kind = 200, page.encode(), "text/html; charset=utf-8"
        super().answer(request, status, body, kind, more)

    def page(self, slug: str) -> str | None:
        """Return what a theme makes of a post; None where no reader sees one."""
        for post in self.posts.values():
            if post["slug"] == slug and post["status"] == "publish":
                return (
                    f"<html><head><title>{post['title']} – 柳溪</title></head><body><nav>首页 公告</nav><article>"
                    f"<h1>{texturize(post['title'])}</h1><p class='meta'>发布于 11 月 23 日</p>"
                    f"<div class='entry'>{texturize(post['content'])}</div></article>"
                    "<footer>版权所有</footer></body></html>"
                )
        return None

    def channel(self) -> dict[str, Any]:
        return {"id": "site", "kind": "wordpress", "connection": "site", "label": "门户网站", "label_en": "Site"}

    def access(self) -> Access:
        return Access(self.url, self.login, self.password)

    def effects(self) -> Counter[str]:
        """Posts that readers see, by the text they hold; a post written twice with the same text is one."""
        found = re.compile(r"yingda-sha256-([0-9a-f]{64})")
        return Counter(
            sha for post in self.posts.values() if post["status"] == "publish" for sha in found.findall(post["content"])
        )


def kses(html: str) -> str:
    """Strip what WordPress strips for users without `unfiltered_html`; comments and `data-` too, as plugins do."""
    import nh3

    tags = {"p", "br", "h2", "h3", "h4", "em", "strong", "ul", "ol", "li", "a", "blockquote", "div", "span", "section"}
    return nh3.clean(html, tags=tags, attributes={"a": {"href", "rel"}, "div": {"class"}}, link_rel=None)


def texturize(html: str) -> str:
    """Set quotation marks and dashes as WordPress does when it shows a post."""
    pieces = re.split(r"(<[^>]*>)", html)
    for place, piece in enumerate(pieces):
        if not piece.startswith("<"):
            piece = re.sub(r'(^|[\s(（：])"', r"\1“", piece).replace('"', "”").replace("&quot;", "”")
            pieces[place] = piece.replace("--", "–").replace("...", "…").replace("'", "’")
    return "".join(pieces)


class BulletinPeer(Peer):
    """The bulletin's folder; it can be away, and full after all was written."""

    kind = "bulletin"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(folder)

    def start(self) -> None:
        if self.folder.is_file():
            self.folder.unlink()

    def stop(self) -> None:
        pass

    def break_down(self, fault: str) -> None:
        self.fault = fault
        if not self.folder.exists():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self.folder.write_text("a file where the folder belongs")

    def recover(self) -> None:
        self.fault = None
        self.start()

    def channel(self) -> dict[str, Any]:
        return {"id": "bulletin", "kind": "bulletin", "label": "公开栏", "label_en": "Bulletin"}

    def access(self) -> None:
        return None

    def effects(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for file in self.folder.glob("*/notice.json"):
            found.update(one["sha256"] for one in json.loads(file.read_text(encoding="utf-8"))["notices"])
        return found


PEERS: dict[str, type[Peer]] = {peer.kind: peer for peer in (BulletinPeer, WebhookPeer, WebhookOncePeer, WordPressPeer)}
"""Every kind of channel that has a peer. Add yours here."""
