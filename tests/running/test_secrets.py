"""Secrets: generated once, kept, and closed to others."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet

from yingda.running import accounts, secrets
from yingda.running.errors import StartError
from yingda.running.layout import Layout, write_private


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def layout(tmp_path):
    layout = Layout(tmp_path / "var")
    layout.prepare()
    return layout


def test_a_secret_is_made_once_and_only_its_owner_reads_it(layout):
    first = secrets.kept(layout.secrets, "link_key")

    assert secrets.kept(layout.secrets, "link_key") == first
    assert secrets.kept(layout.secrets, "other") != first
    assert mode(layout.secrets) == 0o700
    assert mode(layout.secrets / "link_key") == 0o600
    assert sorted(path.name for path in layout.secrets.iterdir()) == ["link_key", "other"]


def test_many_who_ask_at_once_get_the_same_secret(layout):
    with ThreadPoolExecutor(16) as pool:
        got = set(pool.map(lambda _: secrets.kept(layout.secrets, "link_key"), range(64)))

    assert len(got) == 1


def test_a_secret_is_a_fernet_key_and_can_be_long_enough_for_sha512(layout):
    Fernet(secrets.kept(layout.secrets, "fernet_key"))

    assert len(secrets.kept(layout.secrets, "jwt_secret", octets=64)) >= 64


def test_a_prepared_home_closes_folders_that_were_open(tmp_path):
    (tmp_path / "secrets").mkdir(mode=0o755)

    Layout(tmp_path).prepare()

    assert mode(tmp_path / "secrets") == 0o700
    assert mode(tmp_path / "run") == 0o700


def test_private_text_is_replaced_as_a_whole_and_closed(tmp_path):
    path = tmp_path / "environment.json"
    path.write_text("old")
    path.chmod(0o644)

    write_private(path, "new")

    assert path.read_text() == "new"
    assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_first_accounts_have_the_three_roles_and_passwords_of_their_own(tmp_path):
    made = accounts.load(tmp_path / "accounts.json")

    assert {(one.name, one.role) for one in made} == {("ops", "admin"), ("duty", "user"), ("viewer", "viewer")}
    assert len({one.password for one in made}) == 3
    assert mode(tmp_path / "accounts.json") == 0o600
    assert accounts.load(tmp_path / "accounts.json") == made


def test_accounts_edited_by_hand_count_and_are_closed_again(tmp_path):
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps({"wang": {"password": "p", "role": "op"}}))
    path.chmod(0o644)

    found = accounts.load(path)
    accounts.write_passwords(tmp_path / "passwords.json", found)

    assert accounts.as_option(found) == "wang:op"
    assert json.loads((tmp_path / "passwords.json").read_text()) == {"wang": "p"}
    assert mode(path) == mode(tmp_path / "passwords.json") == 0o600


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "JSON"),
        ("{}", "no account"),
        ('{"a:b": {"password": "p", "role": "op"}}', "a:b"),
        ('{"wang": {"role": "op"}}', "password"),
        ('{"wang": {"password": "p", "role": "boss"}}', "boss"),
    ],
)
def test_accounts_that_cannot_be_used_are_refused_by_name(tmp_path, text, named):
    path = tmp_path / "accounts.json"
    path.write_text(text)

    with pytest.raises(StartError, match=named):
        accounts.load(path)
