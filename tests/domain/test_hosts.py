from __future__ import annotations

from ipaddress import ip_address

import pytest
from pydantic import ValidationError

from yingda.domain.hosts import Host, allowed


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "100.64.0.1",
        "::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:0a00:0001::1",
    ],
)
def test_an_address_inside_a_network_is_admitted_only_where_that_is_written(address):
    assert not Host(name="www.example.org").admits(ip_address(address))
    assert Host(name="www.example.org", private=True).admits(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "224.0.0.1", "0.0.0.0", "::"],  # noqa: S104 - refused, never bound to
)
def test_where_clouds_keep_their_keys_is_never_admitted(address):
    assert not Host(name="www.example.org", private=True).admits(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_a_public_address_is_admitted(address):
    assert Host(name="www.example.org").admits(ip_address(address))


def test_a_host_is_found_by_its_whole_name_only():
    hosts = [Host(name="WWW.Example.org.")]

    assert allowed("www.example.org", hosts) == hosts[0]
    assert allowed("WWW.EXAMPLE.ORG.", hosts) == hosts[0]
    assert allowed("evil.www.example.org", hosts) is None
    assert allowed("www.example.org.evil.org", hosts) is None
    assert allowed("example.org", hosts) is None


@pytest.mark.parametrize("name", ["https://www.example.org", "*.example.org", "www.example.org/a", "a b", "", "-a.org"])
def test_what_is_no_host_name_is_refused(name):
    with pytest.raises(ValidationError, match="not the name of a host"):
        Host(name=name)
