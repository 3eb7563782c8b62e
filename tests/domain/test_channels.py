from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from yingda import settings
from yingda.domain.channels import Channels, WebhookOptions, web_address
from yingda.domain.errors import UnknownRobot

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
        ([{**BULLETIN, "kind": "carrier_pigeon"}], "Input should be 'bulletin', 'webhook'"),
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


HOOK = {"id": "hook", "kind": "webhook", "connection": "hook", "label": "推送", "label_en": "Hook"}


def refused(**changes):
    with pytest.raises(ValidationError) as found:
        Channels.model_validate({"channels": [BULLETIN, {**HOOK, **changes}]})
    [error] = found.value.errors()
    return error["loc"], error["ctx"]["error"].faults


def test_what_can_be_set_depends_on_the_kind():
    channels = Channels.model_validate({"channels": [BULLETIN, {**HOOK, "options": {"idempotent": "false"}}]})
    assert channels.channels[1].options == WebhookOptions(idempotent=False)
    assert Channels.model_validate({"channels": [HOOK]}).channels[0].options == WebhookOptions(idempotent=True)
    assert Channels.model_validate(channels.model_dump(mode="json")) == channels


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        ({"options": {"colour": "red"}}, ("options", "colour"), "a webhook has no such option. Allowed: idempotent."),
        ({"options": {"idempotent": "perhaps"}}, ("options", "idempotent"), "'perhaps' is refused: .* Correct it."),
        ({"options": "none"}, ("options",), "'none' is not a mapping"),
        ({"connection": None}, ("connection",), "a webhook needs one. Write the id of the Airflow Connection"),
        ({"kind": "press_mail"}, ("options", "to"), "is missing. Add it."),
        (
            {"kind": "wordpress", "options": {"x": "y"}},
            ("options", "x"),
            "a wordpress has no such .*none at all",
        ),
    ],
)
def test_an_option_that_cannot_be_is_refused_at_its_place(changes, place, said):
    loc, [(inner, sentence)] = refused(**changes)
    assert (*loc, *inner) == ("channels", 1, *place)
    assert re.match(said, sentence)


def test_residents_read_sites_but_not_groups_unless_the_office_says_so():
    kinds = ["bulletin", "webhook", "wordpress", "wecom", "dingtalk", "feishu", "wechat_mp"]
    plain = [{**HOOK, "id": kind, "kind": kind} for kind in kinds]
    public = {one.id for one in Channels.model_validate({"channels": plain}).channels if one.public}
    assert public == {"bulletin", "wordpress", "wechat_mp"}
    [group] = Channels.model_validate({"channels": [{**HOOK, "kind": "wecom", "public": "true"}]}).channels
    assert group.public


def test_robots_are_told_apart_and_found_by_their_id():
    plain = {"channels": [BULLETIN]}
    robot = {"id": "duty", "kind": "wecom", "connection": "robot_duty"}

    channels = Channels.model_validate({**plain, "robots": [robot]})
    assert channels.robot("duty").connection == "robot_duty"
    with pytest.raises(UnknownRobot, match=r"no robot 'who'\. It has: duty"):
        channels.robot("who")
    with pytest.raises(ValueError, match="names two robots"):
        Channels.model_validate({**plain, "robots": [robot, robot]})
    for wrong in ({"kind": "bulletin"}, {"id": "A B"}, {"connection": ""}, {"key": "secret"}):
        with pytest.raises(ValidationError):
            Channels.model_validate({**plain, "robots": [{**robot, **wrong}]})
