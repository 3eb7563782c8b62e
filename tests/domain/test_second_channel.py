"""Where codes go: one address of one channel, checked when the roster is read."""

from __future__ import annotations

import pytest

from yingda import settings
from yingda.domain.roster import Roster
from yingda.domain.second_channel import SecondChannel, SecondKind
from yingda.settings import yaml_files


@pytest.mark.parametrize(
    ("given", "kind", "address", "masked"),
    [
        ({"sms": "13800000000"}, SecondKind.SMS, "13800000000", "138****0000"),
        ({"sms": "+86 138 0000 0000"}, SecondKind.SMS, "13800000000", "138****0000"),
        ({"sms": "+85291234567"}, SecondKind.SMS, "+85291234567", "+852****4567"),
        ({"wecom": "wang.li"}, SecondKind.WECOM, "wang.li", "wa****"),
    ],
)
def test_an_address_is_kept_as_its_channel_takes_it_and_shown_with_its_middle_hidden(given, kind, address, masked):
    channel = SecondChannel.model_validate(given)
    assert (channel.kind, channel.address, channel.masked) == (kind, address, masked)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{sms: 0571-5550-0104}", "'0571-5550-0104' is no number that takes text messages."),
        ("{sms: 138}", "'138' is no number that takes text messages."),
        ("{sms: someone}", "'someone' is no number that takes text messages."),
        ("{wecom: '@all'}", "'@all' is no user id of WeCom."),
        ("{wecom: 'a|b'}", "'a|b' is no user id of WeCom."),
        ("{}", "names one channel. Write {sms: a mobile number} or {wecom: a user id}, not both."),
        ("{sms: '13800000000', wecom: wang}", "names one channel."),
        ("{phone: '13800000000'}", "there is no such key. Allowed: sms, wecom."),
    ],
)
def test_what_is_no_address_is_refused_with_its_line(tmp_path, given, said):
    text = (settings.CONFIG / "roster.yaml").read_text("utf-8")
    mail = "    email: shen.ruolan@example.org\n"
    line = text[: text.index(mail)].count("\n") + 2
    path = tmp_path / "roster.yaml"
    path.write_text(text.replace(mail, f"{mail}    second_channel: {given}\n"), "utf-8")
    with pytest.raises(settings.SettingsError) as refused:
        yaml_files.validate(Roster, [yaml_files.read(path, "roster.yaml")])
    assert any(one.startswith(f"roster.yaml:{line}: ") and said in one for one in refused.value.problems), str(
        refused.value
    )
