"""Links: for one request, one officer, one text, until one moment; and not a bit of them may be changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from yingda.domain.errors import LinkExpired, LinkForged, SettingsError
from yingda.services import linking

BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture
def asked(office: Any) -> Any:
    return office.asked(office.bring_to("report_approval"), "approve_report")


def test_a_link_names_its_request_officer_and_text(office: Any, asked: Any) -> None:
    address = urlsplit(linking.link(office.house, asked, "han_yue"))
    [token] = parse_qs(address.query)["token"]
    claims = linking.read(office.house, token, office.now)

    assert f"{address.scheme}://{address.netloc}{address.path}" == "http://127.0.0.1:8080/desk/r"
    assert (claims.request_id, claims.officer_id) == (asked.public_id, "han_yue")
    assert claims.revision_sha256 == asked.revision_sha256


def test_the_link_of_one_request_and_officer_is_always_the_same(office: Any, asked: Any) -> None:
    assert linking.token(office.house, asked, "han_yue") == linking.token(office.house, asked, "han_yue")
    assert linking.token(office.house, asked, "han_yue") != linking.token(office.house, asked, "tan_songbai")


def test_every_single_change_is_refused(office: Any, asked: Any) -> None:
    token = linking.token(office.house, asked, "han_yue")
    for place, letter in enumerate(token):
        others = (
            set(BASE64 + ".") - {letter} if place >= len(token) - 2 else {BASE64[BASE64.find(letter) - 1], "!", "é"}
        )
        for other in others - {letter}:
            with pytest.raises(LinkForged):
                linking.read(office.house, token[:place] + other + token[place + 1 :], office.now)
        for wrong in (token[:place], token[:place] + token[place + 1 :], token[:place] + " " + token[place:]):
            with pytest.raises(LinkForged):
                linking.read(office.house, wrong, office.now)


@pytest.mark.parametrize("given", ["", ".", "..", "a.b.c", "null", "\x00", "é.é", "🔑", "A" * 100_000])
def test_rubbish_is_forged_and_nothing_worse(office: Any, given: str) -> None:
    with pytest.raises(LinkForged):
        linking.read(office.house, given, office.now)


def test_another_key_or_another_purpose_makes_no_link(office: Any, asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(office.house, link_key="another-key-of-more-than-32-characters!")
    with pytest.raises(LinkForged):
        linking.read(office.house, linking.token(other, asked, "han_yue"), office.now)
    with monkeypatch.context() as patched:
        patched.setattr(linking, "_PURPOSE", "something.else")
        elsewhere = linking.token(office.house, asked, "han_yue")
    with pytest.raises(LinkForged):
        linking.read(office.house, elsewhere, office.now)


def test_a_link_ends_when_its_request_does(office: Any, asked: Any) -> None:
    token = linking.token(office.house, asked, "han_yue")
    assert asked.expires_at == office.now + timedelta(days=30)

    linking.read(office.house, token, asked.expires_at)
    with pytest.raises(LinkExpired):
        linking.read(office.house, token, asked.expires_at + timedelta(seconds=1))


def test_without_a_key_no_link_is_made(office: Any, asked: Any) -> None:
    with pytest.raises(SettingsError, match="YINGDA_LINK_KEY"):
        linking.token(replace(office.house, link_key=None), asked, "han_yue")
