"""Which hosts may be reached, and which of their addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

_BROADCAST = IPv4Address("255.255.255.255")


def _host_name(value: str) -> str:
    name = value.strip().rstrip(".").lower()
    try:
        return str(ip_address(name.strip("[]")))
    except ValueError:
        pass
    if not re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", name):
        raise ValueError(f"{value!r} is not the name of a host. Write one such as www.example.org, without https://.")
    return name


class Host(BaseModel):
    """A host that may be reached.

    :param name: its name or address, exactly; there are no wildcards, so that nobody's subdomain slips in
    :param private: its addresses may lie in a network of the office's own (10.x, 192.168.x, this machine …)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, AfterValidator(_host_name)]
    private: bool = False

    def admits(self, address: IPv4Address | IPv6Address) -> bool:
        """Tell whether the host may be spoken to at an address it turned out to have.

        Never link-local ones (where clouds keep their keys), multicast or none at all, whatever is written.
        """
        address = _meant(address)
        if address.is_link_local or address.is_multicast or address.is_unspecified or address == _BROADCAST:
            return False
        return self.private or address.is_global


def allowed(name: str, hosts: Sequence[Host]) -> Host | None:
    """Return the entry of a host, None where it is not named; of two entries the one that allows more counts."""
    named = [host for host in hosts if host.name == name.strip("[]").rstrip(".").lower()]
    return max(named, key=lambda host: host.private, default=None)


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one wraps, if it does: it is where the packets would go."""
    if isinstance(address, IPv6Address):
        nat64 = int(address) >> 32 == 0x0064_FF9B << 64
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        return inner or (IPv4Address(int(address) & 0xFFFF_FFFF) if nat64 else address)
    return address
