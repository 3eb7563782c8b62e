"""The second channel of an officer: where the code goes that confirms a signature, beside their mailbox."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from yingda.domain import speech
from yingda.domain.speech import N_

from .errors import Fault


class SecondKind(StrEnum):
    """The kinds of channel that a code can take."""

    SMS = "sms"
    WECOM = "wecom"


_LABELS = {
    SecondKind.SMS: N_("短信"),
    SecondKind.WECOM: N_("企业微信"),
}


def label(kind: SecondKind, locale: str) -> str:
    """Return its name in `locale`."""
    return speech.said(_LABELS[kind], locale)


def _mobile(value: str) -> str:
    """Return a number as gateways take it: 11 digits of the mainland, or with `+` and the country's code."""
    import phonenumbers
    from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

    said = f"{value!r} is no number that takes text messages. Write a mobile number such as 13800000000."
    try:
        number = phonenumbers.parse(value, "CN")
    except NumberParseException:
        raise ValueError(said) from None
    mobile = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in mobile:
        raise ValueError(said)
    if number.country_code == 86:
        return str(number.national_number)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _user_id(value: str) -> str:
    # As WeCom takes them; '@all' and lists of people ('a|b') are none.
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}", value):
        raise ValueError(f"{value!r} is no user id of WeCom. Write the one of the member's page there, such as wangli.")
    return value


class SecondChannel(BaseModel):
    """One address outside the mailbox: a mobile number, or a user of WeCom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sms: Annotated[str, AfterValidator(_mobile)] | None = None
    wecom: Annotated[str, AfterValidator(_user_id)] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> SecondChannel:
        if (self.sms is None) == (self.wecom is None):
            raise Fault([((), "names one channel. Write {sms: a mobile number} or {wecom: a user id}, not both.")])
        return self

    @property
    def kind(self) -> SecondKind:
        return SecondKind.WECOM if self.sms is None else SecondKind.SMS

    @property
    def address(self) -> str:
        return str(self.wecom if self.sms is None else self.sms)

    @property
    def masked(self) -> str:
        """The address as pages show it: `138****0000`, `wa****`."""
        return masked(self.address, self.kind)


def masked(address: str, kind: SecondKind) -> str:
    """Return an address with its middle hidden, so that its owner knows it and nobody else learns it."""
    if kind is SecondKind.WECOM:
        return f"{address[:2]}****"
    return f"{address[:-8]}****{address[-4:]}"
