"""What every channel can do with a signed statement; each kind of channel is one file beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from yingda.domain.pace import Pace
    from yingda.transports.bulletin import Notice


@dataclass(frozen=True)
class Access:
    """Where a channel is and what opens it, as its Airflow Connection says.

    :param url: scheme, host, port and path, without a slash at its end
    :param extra: the Connection's further fields
    """

    url: str
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Posted:
    """What a channel holds of a statement.

    :param url: where it can be read, None where the channel has no such address
    :param reference: the channel's own name for it, with which it can be found and changed again
    """

    url: str | None = None
    reference: str | None = None


def may_repeat(outlet: Outlet) -> bool:
    """Tell whether publishing the same revision twice is harmless, because the channel knows it again.

    An outlet says so by an attribute `repeats`; without one it may not be sent twice.
    """
    return bool(getattr(outlet, "repeats", False))


def pace_of(outlet: Outlet) -> Pace | None:
    """Return how often the channel may be spoken to, where it says so by an attribute `pace`."""
    return getattr(outlet, "pace", None)


def remind(outlet: Outlet, under_way: str | None) -> None:
    """Tell a channel of what it had begun (`TransportError.under_way`), where it asks to be told by `remember`."""
    remember = getattr(outlet, "remember", None)
    if under_way is not None and remember is not None:
        remember(under_way)


class Outlet(Protocol):
    """A channel that is ready to be spoken to."""

    looks: bool
    """Whether `find` can tell if a statement is there; if not, what is unknown stays so until a person looked."""

    def publish(self, notice: Notice, earlier: Posted | None) -> Posted:
        """Put a statement there, in place of `earlier` (of the same incident) where the channel can change what it has.

        :raises TransportError: it did not go out; uncertain where nobody can say whether it did
        """
        ...

    def find(self, notice: Notice) -> Posted | None:
        """Return what the channel holds of exactly this revision; None where it surely holds nothing of it.

        :raises TransportError: it cannot be told now
        """
        ...
