from __future__ import annotations

import pytest
from pydantic import ValidationError

from yingda import settings
from yingda.domain.channels import Channels, web_address

BULLETIN = {"id": "bulletin", "kind": "bulletin", "label": "公开栏", "label_en": "Bulletin"}


def test_the_office_publishes_to_its_public_bulletin_by_default():
    [channel] = settings.load({}).channels.channels
    assert (channel.id, channel.kind, channel.public, channel.connection) == ("bulletin", "bulletin", True, None)


def test_a_channel_is_found_by_its_id():
    channels = Channels.model_validate({"channels": [BULLETIN]})
    assert channels.channel("bulletin") is channels.channels[0]
    with pytest.raises(KeyError):
        channels.channel("wechat")


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        ([], "at least 1 item"),
        ([BULLETIN, BULLETIN], "'bulletin' names two channels"),
        ([{**BULLETIN, "id": "公开栏"}], "is not an id"),
        ([{**BULLETIN, "kind": "carrier_pigeon"}], "Input should be 'bulletin'"),
        ([{**BULLETIN, "base_url": "ftp://example.org"}], "is not a web address"),
        ([{**BULLETIN, "colour": "red"}], "colour"),
    ],
)
def test_a_channel_that_cannot_be_is_refused(channels, said):
    with pytest.raises(ValidationError, match=said):
        Channels.model_validate({"channels": channels})


def test_an_address_loses_the_slash_at_its_end():
    assert web_address("https://www.example.org/yingda/") == "https://www.example.org/yingda"


@pytest.mark.parametrize(
    "address",
    [
        "www.example.org",
        "https://",
        "javascript:alert(1)",
        "https://a b.org",
        "https://u:p@example.org",
        "http://x/?a=1",
        "http://x/#a",
        "http://x:99999",
        "http://[::1",
        "http://x\\y",
    ],
)
def test_what_is_no_plain_web_address_is_refused(address):
    with pytest.raises(ValueError, match="is not a web address"):
        web_address(address)
