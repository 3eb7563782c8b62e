"""The way out, against real servers on the loopback that answer, hang, break off and lead elsewhere."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from yingda.domain.hosts import Host
from yingda.transports.errors import TransportError
from yingda.transports.web import Web

HERE = Host(name="office.test", private=True)


def to_loopback(name: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def web(*hosts: Host, **settings: object) -> Web:
    return Web(hosts or (HERE,), resolver=settings.pop("resolver", to_loopback), **settings)  # type: ignore[arg-type]


@pytest.fixture
def raw() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """A function that serves each connection by what it is given, and returns the port."""
    servers: list[socket.socket] = []

    def serve(handle: Callable[[socket.socket], None]) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def run() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    handle(connection)

        threading.Thread(target=run, daemon=True).start()
        return int(server.getsockname()[1])

    yield serve
    for server in servers:
        server.close()


def test_an_answer_comes_back_whatever_its_status_and_the_server_hears_the_name(httpserver: HTTPServer):
    heard: list[Request] = []

    def answer(request: Request) -> Response:
        heard.append(request)
        return Response('{"errcode": 0}', status=503, headers={"X-Here": "1"})

    httpserver.expect_request("/a").respond_with_handler(answer)

    said = web().send("POST", f"http://office.test:{httpserver.port}/a", json={"字": "意"}, params={"key": "k"})

    assert (said.status, said.ok, said.json(), said.headers["x-here"]) == (503, False, {"errcode": 0}, "1")
    assert heard[0].host == f"office.test:{httpserver.port}"
    assert heard[0].get_json() == {"字": "意"}
    assert heard[0].args["key"] == "k"


def test_a_host_that_is_not_named_is_not_spoken_to(httpserver: HTTPServer):
    with pytest.raises(TransportError, match=r"other\.test is not among the hosts") as refused:
        web().send("GET", f"http://other.test:{httpserver.port}/")

    assert refused.value.permanent
    assert not httpserver.log


def test_a_name_that_leads_inside_is_not_followed_unless_that_is_written(httpserver: HTTPServer):
    with pytest.raises(TransportError, match=r"leads to 127\.0\.0\.1.*private: true") as refused:
        web(Host(name="office.test")).send("GET", f"http://office.test:{httpserver.port}/")

    assert refused.value.permanent
    assert not httpserver.log


def test_one_inner_address_among_public_ones_is_enough_to_refuse(httpserver: HTTPServer):
    both = web(Host(name="office.test"), resolver=lambda name, port: ["93.184.215.14", "10.0.0.1"])

    with pytest.raises(TransportError, match=r"10\.0\.0\.1"):
        both.send("GET", f"http://office.test:{httpserver.port}/")


def test_a_name_that_changes_its_mind_after_it_was_looked_at_reaches_only_what_was_looked_at(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
):
    httpserver.expect_request("/").respond_with_data("ours")
    asked: list[str] = []

    def once(name: str, port: int) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    real = socket.getaddrinfo

    def no_second_look(host: str, *rest: object, **more: object) -> object:
        assert host == "127.0.0.1", f"{host} was looked up again"
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", no_second_look)

    assert web(resolver=once).send("GET", f"http://office.test:{httpserver.port}/").body == b"ours"
    assert asked == ["office.test"]


def test_a_redirect_is_an_answer_and_is_not_followed(httpserver: HTTPServer):
    httpserver.expect_request("/").respond_with_data(status=302, headers={"Location": "/secret"})
    httpserver.expect_request("/secret").respond_with_data("secret")

    assert web().send("GET", f"http://office.test:{httpserver.port}/").status == 302
    assert [request.path for request, _ in httpserver.log] == ["/"]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://office.test/", "http://", "http://a:b@office.test/"])
def test_only_plain_web_addresses_are_spoken_to(url):
    with pytest.raises(TransportError, match="only http") as refused:
        web().send("GET", url)
    assert refused.value.permanent


def test_a_refused_connection_is_certain_to_have_received_nothing():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(TransportError, match="refuses connections") as failed:
        web().send("POST", f"http://office.test:{port}/?key=secret", json={})

    assert not failed.value.uncertain
    assert not failed.value.permanent
    assert "secret" not in failed.value.message


def test_a_server_that_takes_the_request_and_breaks_off_may_have_it(raw):
    port = raw(lambda connection: connection.recv(65_536))

    with pytest.raises(TransportError, match="broke off") as failed:
        web().send("POST", f"http://office.test:{port}/", json={})

    assert failed.value.uncertain


def test_a_server_that_takes_the_request_and_says_nothing_may_have_it(raw):
    def hang(connection: socket.socket) -> None:
        connection.recv(65_536)
        time.sleep(1)

    with pytest.raises(TransportError, match="did not answer in time") as failed:
        web(answer=0.2).send("POST", f"http://office.test:{raw(hang)}/", json={})

    assert failed.value.uncertain


def test_a_server_that_answers_drop_by_drop_is_not_waited_for_for_ever(raw):
    def drip(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(100):
                connection.sendall(b"1\r\nx\r\n")
                time.sleep(0.05)
        except OSError:
            return

    begun = time.monotonic()
    with pytest.raises(TransportError, match="in time") as failed:
        web(connect=0.2, answer=0.3).send("GET", f"http://office.test:{raw(drip)}/")

    assert failed.value.uncertain
    assert time.monotonic() - begun < 3


def test_no_more_is_read_than_may_be(httpserver: HTTPServer):
    httpserver.expect_request("/").respond_with_data(b"x" * 100_000)

    with pytest.raises(TransportError, match="more than 1,000 bytes"):
        web().send("GET", f"http://office.test:{httpserver.port}/", largest=1000)


def test_proxies_of_the_environment_are_not_used(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    httpserver.expect_request("/").respond_with_data("direct")

    assert web().send("GET", f"http://office.test:{httpserver.port}/").body == b"direct"


def test_what_is_no_json_is_said_to_be_none(httpserver: HTTPServer):
    httpserver.expect_request("/").respond_with_data("<html>")

    with pytest.raises(TransportError, match="no readable JSON"):
        web().send("GET", f"http://office.test:{httpserver.port}/").json()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for office.test, with its key in the same file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "office.test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("office.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "office.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[HTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with HTTPServer(ssl_context=context) as server:
        server.expect_request("/").respond_with_data("sealed")
        yield server


def test_the_certificate_is_asked_of_the_name_though_the_address_is_spoken_to(secure: HTTPServer, certificate: Path):
    sealed = web(HERE, Host(name="other.test", private=True), verify=str(certificate))

    assert sealed.send("GET", f"https://office.test:{secure.port}/").body == b"sealed"
    with pytest.raises(TransportError, match="certificate"):
        sealed.send("GET", f"https://other.test:{secure.port}/")


def test_a_certificate_that_nobody_trusts_is_refused(secure: HTTPServer):
    with pytest.raises(TransportError, match="certificate") as failed:
        web().send("GET", f"https://office.test:{secure.port}/")

    assert not failed.value.uncertain
