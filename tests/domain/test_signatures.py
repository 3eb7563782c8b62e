"""The one rule that decides whether a text may be published."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from yingda.domain.roles import Role
from yingda.domain.signatures import Flaw, flaws, missing

TEXT, OTHER = "a" * 64, "b" * 64
CHAIN = (Role.OFFICE_DIRECTOR, Role.GROUP_LEADER, Role.SUPERIOR)


@dataclass(frozen=True)
class Signature:
    role: Role
    signer_id: str
    sha256: str = TEXT


WHOLE = [
    Signature(Role.OFFICE_DIRECTOR, "shen"),
    Signature(Role.GROUP_LEADER, "lu"),
    Signature(Role.SUPERIOR, "gu"),
]


def test_a_text_with_its_whole_chain_may_go() -> None:
    assert flaws(CHAIN, TEXT, "ding", WHOLE) == ()


@pytest.mark.parametrize("left_out", range(3))
def test_every_missing_signature_is_named(left_out: int) -> None:
    there = [one for place, one in enumerate(WHOLE) if place != left_out]

    assert flaws(CHAIN, TEXT, "ding", there) == (Flaw("unsigned", CHAIN[left_out].value),)
    assert missing(CHAIN, TEXT, there) == (CHAIN[left_out],)


def test_missing_roles_come_in_the_order_of_the_chain() -> None:
    assert missing(CHAIN, TEXT, [WHOLE[1]]) == (Role.OFFICE_DIRECTOR, Role.SUPERIOR)


def test_signatures_under_another_text_count_for_nothing() -> None:
    elsewhere = [Signature(one.role, one.signer_id, OTHER) for one in WHOLE]

    assert [flaw.code for flaw in flaws(CHAIN, TEXT, "ding", elsewhere)] == ["unsigned"] * 3


def test_the_author_signs_nothing_of_their_own() -> None:
    assert Flaw("own_text", "lu") in flaws(CHAIN, TEXT, "lu", WHOLE)


def test_one_person_in_two_roles_counts_once() -> None:
    twice = [WHOLE[0], Signature(Role.GROUP_LEADER, "shen"), WHOLE[2]]

    assert flaws(CHAIN, TEXT, "ding", twice) == (Flaw("signed_twice", "shen"),)


def test_a_policy_that_names_nobody_lets_nothing_go() -> None:
    assert [flaw.code for flaw in flaws((), TEXT, "ding", WHOLE)] == ["no_chain"]


def test_signatures_beyond_the_chain_do_no_harm() -> None:
    assert flaws((Role.OFFICE_DIRECTOR,), TEXT, "ding", WHOLE) == ()
