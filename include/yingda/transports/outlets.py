"""The channels by their kind: each is one file here, named like its kind, and is loaded only where it is spoken to.

Such a file has a function `outlet(channel, access, settings) -> Outlet`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from yingda.domain.channels import Channel, Kind
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access, Outlet

if TYPE_CHECKING:
    from yingda.settings import Settings

MODULES = {kind: f"yingda.transports.{kind.value}" for kind in Kind} | {
    Kind.BULLETIN: "yingda.transports.bulletin_outlet"
}
"""Where the outlet of each kind stands."""


def outlet_of(channel: Channel, access: Access | None, settings: Settings) -> Outlet:
    """Return a channel ready to be spoken to; nothing is sent yet.

    :param access: what its Airflow Connection says; None where it has none
    :raises TransportError: it cannot be spoken to as it is configured; the message says what to mend
    """
    try:
        module = import_module(MODULES[channel.kind])
    except ModuleNotFoundError as missing:
        raise TransportError(f"{channel.id}: a {channel.kind} cannot be spoken to here: {missing}.") from missing
    outlet: Outlet = module.outlet(channel, access, settings)
    return outlet
