"""The environment of the embedded system's processes."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys

import pytest

from yingda.running import environment, ports
from yingda.running.errors import StartError
from yingda.running.layout import Layout


@pytest.fixture
def layout(tmp_path):
    layout = Layout(tmp_path / "var")
    layout.prepare()
    return layout


@pytest.fixture
def given():
    """A user's environment with two free ports."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return {"PORT": str(one.getsockname()[1]), "SMTP_PORT": str(two.getsockname()[1]), "PATH": "/usr/bin:/bin"}


@pytest.mark.parametrize("bad", ["abc", "0", "65536", "-1", "80.5", "８０"])
@pytest.mark.parametrize("name", ["PORT", "SMTP_PORT"])
def test_a_bad_port_is_refused_with_its_name_and_value(layout, given, name, bad):
    with pytest.raises(StartError, match=f"{name}='{bad}'"):
        environment.build(layout, {**given, name: bad})


@pytest.mark.parametrize("name", ["PORT", "SMTP_PORT"])
def test_a_taken_port_is_refused_with_the_variable_to_change(layout, given, name):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=f"{name}={port} "):
            environment.build(layout, {**given, name: str(port)})


def test_both_ports_the_same_are_refused(layout, given):
    with pytest.raises(StartError, match="SMTP_PORT"):
        environment.build(layout, {**given, "SMTP_PORT": given["PORT"]})


def test_two_homes_share_no_port_and_no_secret(layout, given, tmp_path):
    other = Layout(tmp_path / "other")
    other.prepare()

    one, two = environment.build(layout, given), environment.build(other, given)

    for name in (
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT",
        "AIRFLOW__API_AUTH__JWT_SECRET",
        "AIRFLOW__CORE__FERNET_KEY",
        "YINGDA_DATABASE_URL",
        "YINGDA_LINK_KEY_FILE",
    ):
        assert one[name] != two[name]


def test_a_second_start_finds_the_same_ports_and_secrets(layout, given):
    assert environment.build(layout, given) == environment.build(layout, given)


def test_a_kept_port_that_was_taken_meanwhile_is_chosen_anew(tmp_path):
    before = ports.kept(tmp_path / "ports.json", ("postgres",), avoid=set())["postgres"]

    with socket.create_server(("127.0.0.1", before)):
        after = ports.kept(tmp_path / "ports.json", ("postgres",), avoid=set())["postgres"]

    assert after != before
    assert ports.is_free(after)
    assert ports.kept(tmp_path / "ports.json", ("postgres",), avoid={after})["postgres"] != after


def test_two_databases_are_made_for_it_unless_both_are_given(given):
    own = "postgresql+psycopg2://a:b@db.example.org:5432/yingda"

    assert environment.needs_cluster(given)
    assert environment.needs_cluster({**given, "YINGDA_DATABASE_URL": own})
    assert not environment.needs_cluster(
        {**given, "YINGDA_DATABASE_URL": own, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": own}
    )


def test_a_given_domain_database_counts_also_out_of_a_file(layout, given, tmp_path):
    secret = tmp_path / "url"
    secret.write_text("postgresql+psycopg2://a:b@db.example.org:5432/yingda\n")

    built = environment.build(layout, {**given, "YINGDA_DATABASE_URL_FILE": str(secret)})

    assert built["YINGDA_DATABASE_URL"] == "postgresql+psycopg2://a:b@db.example.org:5432/yingda"
    assert built["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].endswith("/airflow")


def test_another_kind_of_database_is_refused_without_showing_its_password(given):
    with pytest.raises(StartError, match="YINGDA_DATABASE_URL") as refused:
        environment.needs_cluster({**given, "YINGDA_DATABASE_URL": "mysql://a:hidden@db/yingda"})

    assert "hidden" not in str(refused.value)


def test_what_the_user_sets_stands_above_ours_but_another_airflows_home_does_not(layout, given):
    built = environment.build(
        layout,
        {**given, "AIRFLOW_HOME": "/elsewhere", "AIRFLOW__CORE__PARALLELISM": "8", "YINGDA_PUBLIC_URL": "https://a.cn"},
    )

    assert built["AIRFLOW_HOME"] == str(layout.airflow)
    assert built["AIRFLOW__CORE__PARALLELISM"] == "8"
    assert built["YINGDA_PUBLIC_URL"] == "https://a.cn"


def test_an_offices_proxy_is_not_between_the_components(layout, given):
    built = environment.build(layout, {**given, "NO_PROXY": "intranet"})

    assert built["NO_PROXY"] == built["no_proxy"] == "intranet,127.0.0.1,localhost"


def test_other_shells_find_the_environment_and_only_its_owner_reads_it(layout, given):
    built = environment.build(layout, {**given, "AWS_SECRET_ACCESS_KEY": "not ours"})
    environment.save(layout, built)

    assert environment.load(layout) == built
    assert "AWS_SECRET_ACCESS_KEY" not in built
    assert stat.S_IMODE((layout.run / "environment.json").stat().st_mode) == 0o600


def test_without_a_start_there_is_no_environment_to_find(layout):
    with pytest.raises(StartError, match="make up"):
        environment.load(layout)


def test_every_option_we_set_is_one_that_airflow_knows(layout, given):
    built = environment.build(layout, given)
    asked = (
        "import json, os; from airflow.configuration import conf; "
        "names = [name[9:].lower().split('__') for name in os.environ if name.startswith('AIRFLOW__')]; "
        "known = conf.configuration_description; "
        "print(json.dumps([n for n in names if n[1] not in known.get(n[0], {}).get('options', {})]))"
    )
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", asked],
        env={**os.environ, **built},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(told.stdout.splitlines()[-1]) == []
