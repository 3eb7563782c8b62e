"""Material: the statement that is examined, and what it is held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from functools import cached_property

from yingda.domain.documents import StatementKind

from .reading import Text, read


@dataclass(frozen=True)
class Promise:
    """What a statement promises, by whom and until when (aware)."""

    text: str
    unit: str
    due: datetime | None


@dataclass(frozen=True)
class Draft:
    """A statement as it is drafted; `kind` is None where nobody chose one yet."""

    kind: StatementKind | None
    title: str
    body: str
    promises: tuple[Promise, ...] = ()

    @cached_property
    def texts(self) -> tuple[Text, ...]:
        """The texts that the public will read, each with the field it stands in."""
        return (
            read("title", self.title),
            read("body", self.body),
            *(read(f"commitments.{position}.text", one.text) for position, one in enumerate(self.promises)),
        )

    @property
    def words(self) -> str:
        """All of it in one, as the checks read it."""
        return "\n".join(text.plain for text in self.texts)


@dataclass(frozen=True)
class Material:
    """What is known when a statement is examined.

    :param reports: what the units verified: the approved report, and their answers to what was promised
    :param earlier: what the public can read already, the newest first
    :param title, summary: of the incident, as the lead told it
    :param units: names by which the responsible unit goes
    :param spokespersons: who may speak first, by name
    :param officers: everybody of the roster by name; they are no residents
    :param phones: the office's own numbers, of its units and officers
    :param moments: moments that need no report to be known: opened, seen, published, today (aware)
    """

    reports: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    title: str = ""
    summary: str = ""
    units: tuple[str, ...] = ()
    spokespersons: tuple[str, ...] = ()
    officers: frozenset[str] = frozenset()
    phones: tuple[str, ...] = ()
    moments: tuple[datetime, ...] = ()

    @cached_property
    def verified(self) -> tuple[Text, ...]:
        """Reports first, then what is public already."""
        return tuple(read("", source) for source in (*self.reports, *self.earlier))


@dataclass(frozen=True)
class Found:
    """What a check found, before the office's rules say how grave it is.

    :param field: the field of the form, as refusals name it
    :param quote: the words it is about, as they were written; empty where something is missing
    :param more: what its message says besides, by name
    """

    field: str
    quote: str = ""
    more: Mapping[str, str] = attribute(default_factory=dict)


Spans = Iterator[tuple[int, int]]
