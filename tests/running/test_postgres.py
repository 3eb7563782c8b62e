"""The embedded PostgreSQL, the real one."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import psutil
import psycopg2
import pytest

from yingda.running import ports, postgres
from yingda.running.errors import StartError

PASSWORD = "a-superusers-password"


class Server:
    """A cluster with a server that a test may kill."""

    def __init__(self, folder):
        self.cluster = postgres.Cluster.at(folder / "postgres")
        if not self.cluster.exists:
            self.cluster.make(PASSWORD)
        self.port = ports.kept(folder / "ports.json", ("postgres",), avoid=set())["postgres"]
        self.log = (folder / "postgres.log").open("ab")
        self.process = None

    def start(self):
        end = time.monotonic() + 20
        while True:
            self.process = subprocess.Popen(
                self.cluster.command(self.port), stdout=self.log, stderr=self.log, start_new_session=True
            )
            try:
                postgres.wait(self.port, PASSWORD, seconds=10, check=self._fail_when_ended)
                return
            except ChildProcessError:
                # As under supervisord: orphans of a killed server hold its memory for a moment.
                assert time.monotonic() < end
                time.sleep(0.2)

    def _fail_when_ended(self):
        if self.process.poll() is not None:
            raise ChildProcessError

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            assert self.process.wait(timeout=15) == 0
        self.log.close()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


def test_each_database_belongs_to_its_role_and_nobody_else_enters(server):
    postgres.provide(server.port, PASSWORD, {"airflow": "one", "yingda": "two"})
    postgres.provide(server.port, PASSWORD, {"airflow": "one", "yingda": "changed"})

    own = postgres.connect(server.port, "changed", database="yingda", user="yingda")
    with own.cursor() as cursor:
        cursor.execute("CREATE TABLE t (x text); INSERT INTO t VALUES ('舆情')")
        cursor.execute("SELECT x, current_setting('TimeZone'), current_setting('fsync') FROM t")
        assert cursor.fetchone() == ("舆情", "UTC", "on")
    own.close()
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        postgres.connect(server.port, "one", database="yingda", user="airflow")
    with pytest.raises(psycopg2.OperationalError, match="password"):
        postgres.connect(server.port, "two", database="yingda", user="yingda")


def test_it_listens_on_the_loopback_address_only(server):
    listening = {
        connection.laddr
        for connection in psutil.Process(server.process.pid).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert listening == {("127.0.0.1", server.port)}


def test_it_is_never_run_by_root(server):
    assert 0 not in psutil.Process(server.process.pid).uids()


def test_a_server_killed_at_work_comes_back_with_all_it_acknowledged(server):
    connection = postgres.connect(server.port, PASSWORD)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")

    server.process.kill()
    server.process.wait()
    server.start()

    with postgres.connect(server.port, PASSWORD) as again, again.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept")
        assert cursor.fetchone() == (1000,)


def test_a_wrong_password_is_told_from_a_server_that_is_not_ready(server):
    with pytest.raises(StartError, match="secrets"):
        postgres.wait(server.port, "wrong", seconds=5)


def test_a_start_that_finds_no_server_gives_up_in_time(tmp_path):
    port = ports.kept(tmp_path / "ports.json", ("postgres",), avoid=set())["postgres"]

    with pytest.raises(StartError, match="did not become ready"):
        postgres.wait(port, PASSWORD, seconds=0.3)


def test_a_cluster_half_made_is_made_again(tmp_path):
    half = tmp_path / ".postgres.making"
    half.mkdir()
    (half / "base").write_text("interrupted")

    cluster = postgres.Cluster.at(tmp_path / "postgres")
    cluster.make(PASSWORD)

    assert postgres.Cluster.at(tmp_path / "postgres").exists
    assert [path.name for path in tmp_path.iterdir()] == ["postgres"]


def test_foreign_files_in_the_data_folder_are_left_alone(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "letter.txt").write_text("mine")

    with pytest.raises(StartError, match="YINGDA_HOME"):
        postgres.Cluster.at(tmp_path / "postgres")


def test_data_of_a_version_that_is_not_installed_are_refused_by_number(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("9\n")

    with pytest.raises(StartError, match="PostgreSQL 9"):
        postgres.Cluster.at(tmp_path / "postgres")


@pytest.mark.skipif(os.geteuid() != 0, reason="what root does; run the tests as root to see it")
def test_root_needs_no_folder_opened_for_the_server(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = Server(closed)
    server.start()
    server.stop()

    assert closed.stat().st_mode & 0o777 == 0o700
    assert closed.stat().st_uid == 0
    assert server.cluster.data.stat().st_uid != 0
