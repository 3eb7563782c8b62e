"""Who must sign what: the one rule that decides whether a text may be published.

The chains by severity are policy (key `signing`); that a person signs neither their own text nor two
stages of it is not policy but law of the house.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from yingda.domain.roles import Role


class Signed(Protocol):
    """A signature as stored."""

    @property
    def sha256(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def signer_id(self) -> str: ...


@dataclass(frozen=True)
class Flaw:
    """Why a text may not be published."""

    code: str
    detail: str


def missing(chain: Sequence[Role], sha256: str, signatures: Sequence[Signed]) -> tuple[Role, ...]:
    """Return the roles of `chain`, in order, whose signature under exactly this text is not there yet."""
    there = {signature.role for signature in signatures if signature.sha256 == sha256}
    return tuple(role for role in chain if role not in there)


def flaws(chain: Sequence[Role], sha256: str, author_id: str, signatures: Sequence[Signed]) -> tuple[Flaw, ...]:
    """Return everything that stands between the text with this SHA-256 and its publication; empty means it may go.

    `sha256` must be computed from the text about to be sent, never read from where it was stored.
    """
    if not chain:
        return (Flaw("no_chain", "policy names nobody to sign"),)
    found = [Flaw("unsigned", role.value) for role in missing(chain, sha256, signatures)]
    signers = [s.signer_id for s in signatures if s.sha256 == sha256 and s.role in chain]
    if author_id in signers:
        found.append(Flaw("own_text", author_id))
    found += [Flaw("signed_twice", signer) for signer in sorted({s for s in signers if signers.count(s) > 1})]
    return tuple(found)
