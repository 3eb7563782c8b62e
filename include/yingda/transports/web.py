"""The way out to other servers: only to hosts the office named, at addresses that were looked at, and to nowhere else.

A name is resolved once, every address it has is checked, and the connection goes to the address that was checked: a
name that changes its mind in between (DNS rebinding) reaches nothing. Redirects are not followed, proxies and netrc of
the environment are not used, no more of an answer is read than it may hold, and no longer than it may take.
"""

from __future__ import annotations

import ipaddress
import json as json_module
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from yingda.domain.hosts import Host, allowed
from yingda.transports.errors import TransportError

if TYPE_CHECKING:
    from requests import Session as HttpSession

CONNECT = 5.0
"""Seconds to connect."""
ANSWER = 15.0
"""Seconds until the whole answer must be there, counted from the connection."""
LARGEST = 2_000_000
"""Bytes of an answer that are read, unless a caller says otherwise."""

Resolver = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Answer:
    """What a server said: its status, its headers (names in small letters) and its body."""

    host: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Tell whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the body read as JSON.

        :raises TransportError: it is none; uncertain, since the server took the request and said something of it
        """
        try:
            return json_module.loads(self.body)
        except (ValueError, RecursionError):
            raise TransportError(f"{self.host} answered {self.status} with no readable JSON.", uncertain=True) from None


def resolve(name: str, port: int) -> list[str]:
    """Return the addresses of a name, in the order the system prefers.

    :raises OSError: it has none
    """
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)))


@dataclass(frozen=True)
class Web:
    """A way out to the hosts that are named.

    :param hosts: which hosts may be spoken to
    :param verify: True to check certificates against the system's authorities, or the path of a file of authorities
    :param answer: seconds until the whole answer must be there
    """

    hosts: Sequence[Host]
    verify: bool | str = True
    connect: float = CONNECT
    answer: float = ANSWER
    resolver: Resolver = field(default=resolve, repr=False)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: bytes | str | None = None,
        files: Mapping[str, Any] | None = None,
        auth: tuple[str, str] | None = None,
        largest: int = LARGEST,
    ) -> Answer:
        """Send one request and return the answer, whatever its status; nothing is ever tried twice.

        Messages of errors name the host only: paths and queries may hold keys.

        :param json: sent as UTF-8 JSON; `data` as it is; `files` as multipart
        :param auth: user name and password (Basic)
        :param largest: bytes of the answer that are read; a longer one is an error
        :raises TransportError: permanent where the host may not be reached at all; uncertain where the request had been
            sent, or may have been, before something broke
        """
        import requests

        parts = urlsplit(url)
        name = (parts.hostname or "").rstrip(".").lower()
        if parts.scheme not in ("http", "https") or not name or parts.username is not None:
            raise TransportError(f"{name or 'An address'}: only http(s) without a user name is spoken.", permanent=True)
        address = self._address(name, parts.port or (443 if parts.scheme == "https" else 80))
        body = None if json is None else json_module.dumps(json, ensure_ascii=False, separators=(",", ":")).encode()
        given = {"Host": parts.netloc, "User-Agent": "Yingda", **(headers or {})}
        if body is not None:
            given.setdefault("Content-Type", "application/json; charset=utf-8")
        until = time.monotonic() + self.connect + self.answer
        with self._session(address, name) as session:
            try:
                with session.request(
                    method,
                    url,
                    params=params,
                    data=body if body is not None else data,
                    files=files,
                    headers=given,
                    auth=auth,
                    verify=self.verify,
                    timeout=(self.connect, self.answer),
                    allow_redirects=False,
                    stream=True,
                ) as said:
                    return Answer(
                        host=name,
                        status=said.status_code,
                        headers={key.lower(): value for key, value in said.headers.items()},
                        body=_read(said, name, largest, until),
                    )
            except requests.exceptions.SSLError:
                raise TransportError(f"{name} shows a certificate that is not its own or not trusted.") from None
            except requests.ConnectTimeout:
                raise TransportError(f"{name} does not answer.") from None
            except requests.Timeout:
                raise TransportError(f"{name} took the request and did not answer in time.", uncertain=True) from None
            except requests.ConnectionError as problem:
                if _never_connected(problem):
                    raise TransportError(f"{name} refuses connections.") from None
                raise TransportError(f"{name} broke off the connection.", uncertain=True) from None
            except requests.RequestException as problem:
                raise TransportError(f"{name} was not understood: {type(problem).__name__}.", uncertain=True) from None

    def _address(self, name: str, port: int) -> str:
        host = allowed(name, self.hosts)
        if host is None:
            raise TransportError(
                f"{name} is not among the hosts that may be reached. Add it under `hosts` in channels.yaml.",
                permanent=True,
            )
        try:
            addresses = self.resolver(name, port)
        except OSError:
            raise TransportError(f"{name} is not known to the name servers now.") from None
        for address in addresses:
            if not host.admits(ipaddress.ip_address(address.partition("%")[0])):
                raise TransportError(
                    f"{name} leads to {address}, inside a network of its own. If that is meant, write"
                    " `private: true` beside it under `hosts` in channels.yaml.",
                    permanent=True,
                )
        if not addresses:
            raise TransportError(f"{name} is not known to the name servers now.")
        return addresses[0]

    def _session(self, address: str, name: str) -> HttpSession:
        import requests
        from requests.adapters import HTTPAdapter

        class Pinned(HTTPAdapter):
            """Connects to the address that was checked, and asks for the certificate of the name."""

            def get_connection_with_tls_context(self, request, verify, proxies=None, cert=None):  # type: ignore[no-untyped-def]
                where, how = self.build_connection_pool_key_attributes(request, verify, cert)
                of_name = {"server_hostname": name, "assert_hostname": name} if where["scheme"] == "https" else {}
                return self.poolmanager.connection_from_host(
                    **(where | {"host": address}), pool_kwargs={**how, **of_name}
                )

        session = requests.Session()
        session.trust_env = False
        session.mount("http://", Pinned(max_retries=0))
        session.mount("https://", Pinned(max_retries=0))
        return session


def _read(said: Any, name: str, largest: int, until: float) -> bytes:
    pieces, size = [], 0
    for piece in said.iter_content(65_536):
        pieces.append(piece)
        size += len(piece)
        if size > largest:
            raise TransportError(f"{name} answered more than {largest:,} bytes.", uncertain=True)
        if time.monotonic() > until:
            raise TransportError(f"{name} took the request and did not finish its answer in time.", uncertain=True)
    return b"".join(pieces)


def _never_connected(problem: Exception) -> bool:
    """Tell whether the connection was never made, so that nothing can have been received."""
    from urllib3.exceptions import NewConnectionError

    reason = getattr(problem.args[0], "reason", None) if problem.args else None
    return isinstance(reason, NewConnectionError)
