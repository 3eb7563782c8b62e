"""Personal data of residents: what must not be published, kind by kind, each place once."""

from __future__ import annotations

from collections.abc import Iterator

from yingda.domain.quality.material import Draft, Found, Material, Spans
from yingda.domain.quality.personal import addresses, cards, identity, names, phones, plates
from yingda.domain.quality.rule import Check

_Places = Iterator[tuple[Check, int, int]]


def found(draft: Draft, material: Material) -> Iterator[tuple[Check, Found]]:
    """Find personal data; what two kinds could claim goes to the first of them."""
    named = _residents(draft, material)
    for text in draft.texts:
        taken = bytearray(len(text.plain))
        for places in _in_order(text.plain, material, named):
            for check, start, end in sorted(places, key=lambda place: (place[1], -place[2])):
                if not any(taken[start:end]):
                    taken[start:end] = b"\x01" * (end - start)
                    yield check, Found(text.field, text.quote(start, end))


def _in_order(plain: str, material: Material, named: set[str]) -> Iterator[_Places]:
    """Yield the places of each kind, in the order in which digits are told apart.

    A mobile number may stand within an identity number, and a short row of digits within a long one.
    """
    yield _all_of(Check.IDENTITY_NUMBER, identity.find(plain))
    yield _all_of(Check.BANK_CARD, cards.find(plain))
    numbers = list(phones.find(plain, material.phones))
    for check in (Check.MOBILE, Check.LANDLINE):
        yield (number for number in numbers if number[0] is check)
    yield _all_of(Check.PLATE, plates.find(plain))
    yield _all_of(Check.HOME_ADDRESS, addresses.find(plain))
    for start, end, name in names.places(plain, named):
        yield iter([(Check.RESIDENT_MASKED if names.is_masked(name) else Check.RESIDENT_NAME, start, end)])


def _all_of(check: Check, spans: Spans) -> _Places:
    return ((check, start, end) for start, end in spans)


def _residents(draft: Draft, material: Material) -> set[str]:
    told = [text.plain for text in (*material.verified, *draft.texts)]
    return names.introduced([*told, material.title, material.summary]) - material.officers
