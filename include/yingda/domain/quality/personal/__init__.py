"""Personal data of residents: what must not be published, kind by kind, each place once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from yingda.domain.quality.material import Draft, Found, Material, Spans
from yingda.domain.quality.personal import addresses, cards, identity, names, phones, plates
from yingda.domain.quality.rule import Check

_KINDS: Mapping[Check, Callable[[str, Material], Spans]] = {
    Check.IDENTITY_NUMBER: lambda plain, material: identity.find(plain),
    Check.BANK_CARD: lambda plain, material: cards.find(plain),
    Check.MOBILE: lambda plain, material: phones.mobiles(plain, material.phones),
    Check.LANDLINE: lambda plain, material: phones.landlines(plain, material.phones),
    Check.PLATE: lambda plain, material: plates.find(plain),
    Check.HOME_ADDRESS: lambda plain, material: addresses.find(plain),
}
"""In the order in which digits are told apart: a mobile number may stand within an identity number."""


def found(draft: Draft, material: Material) -> Iterator[tuple[Check, Found]]:
    """Find personal data; what two kinds could claim goes to the first of them."""
    named = _residents(draft, material)
    for text in draft.texts:
        taken: list[tuple[int, int]] = []
        for check, spans in _KINDS.items():
            for start, end in sorted(set(spans(text.plain, material)), key=lambda span: (span[0], -span[1])):
                if not any(start < stop and begin < end for begin, stop in taken):
                    taken.append((start, end))
                    yield check, Found(text.field, text.quote(start, end))
        for start, end, name in names.places(text.plain, named):
            if not any(start < stop and begin < end for begin, stop in taken):
                taken.append((start, end))
                check = Check.RESIDENT_MASKED if names.is_masked(name) else Check.RESIDENT_NAME
                yield check, Found(text.field, text.quote(start, end))


def _residents(draft: Draft, material: Material) -> set[str]:
    told = [text.plain for text in (*material.verified, *draft.texts)]
    return names.introduced([*told, material.title, material.summary]) - material.officers
