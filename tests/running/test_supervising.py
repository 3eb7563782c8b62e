"""supervisord with programs of our own in place of Airflow's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from yingda.running import sessions
from yingda.running.errors import StartError
from yingda.running.layout import PROJECT, Layout
from yingda.running.locking import locked
from yingda.running.supervising import Program, Supervisor, configuration, last_lines, socket_path, states

SLEEPER = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(600)"]
# Leaves a process of its own group behind when it is killed, as Airflow's task processes are.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], process_group=0)
with open(sys.argv[1], "a") as file:
    file.write(f"{child.pid}\\n")
time.sleep(600)
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT / "include")}


def wait_for(condition, seconds=15.0):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return found


def pid_of(layout, name):
    return next((state.pid for state in states(layout) if state.name == name and state.pid), None)


def gone(pid):
    """Whether the process ended; it may still wait for init to take note."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def started(layout, name, after=None):
    """The pid of the program once it runs under another pid than `after`."""
    return wait_for(lambda: pid_of(layout, name) not in (None, after) and pid_of(layout, name))


@pytest.fixture
def layout(tmp_path):
    layout = Layout(tmp_path / "var")
    layout.prepare()
    return layout


@pytest.fixture
def children(tmp_path):
    return tmp_path / "children"


@pytest.fixture
def supervisor(layout, children, tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    programs = [
        Program("sleeper", SLEEPER, 10, layout.airflow),
        Program("parent", [sys.executable, str(script), str(children)], 10, layout.airflow),
    ]
    supervisor = Supervisor.start(layout, programs, ENVIRONMENT)
    yield supervisor
    supervisor.stop()
    assert sessions.members(supervisor.process.pid) == []


def test_nothing_runs_before_it_is_asked_for_and_a_killed_program_comes_back(supervisor, layout):
    assert [state.state for state in states(layout)] == ["STOPPED", "STOPPED"]

    supervisor.launch("sleeper")
    first = started(layout, "sleeper")
    wait_for(lambda: "awake" in last_lines(layout, "sleeper"))
    os.kill(first, signal.SIGKILL)

    assert psutil.pid_exists(started(layout, "sleeper", after=first))


def test_what_a_killed_program_left_behind_is_ended_before_it_runs_again(supervisor, layout, children):
    supervisor.launch("parent")
    wait_for(children.exists)
    [orphan] = wait_for(lambda: children.read_text().split())
    first = started(layout, "parent")

    os.kill(first, signal.SIGKILL)
    started(layout, "parent", after=first)

    wait_for(lambda: len(children.read_text().split()) == 2)
    wait_for(lambda: gone(int(orphan)))


def test_stopping_leaves_no_process_not_even_one_in_a_group_of_its_own(supervisor, layout, children):
    supervisor.launch("sleeper", "parent")
    wait_for(children.exists)
    [grandchild] = wait_for(lambda: children.read_text().split())

    supervisor.stop()

    assert not supervisor.alive
    assert gone(int(grandchild))
    assert states(layout) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_programs_end_when_supervisord_is_killed(supervisor, layout):
    supervisor.launch("sleeper")
    pid = started(layout, "sleeper")
    wait_for(lambda: "awake" in last_lines(layout, "sleeper"))

    supervisor.process.kill()

    wait_for(lambda: gone(pid))


def test_the_next_start_ends_what_a_killed_supervisord_left_and_nothing_else(supervisor, layout, children):
    supervisor.launch("parent")
    wait_for(children.exists)
    [grandchild] = wait_for(lambda: children.read_text().split())
    bystander = subprocess.Popen(SLEEPER, cwd=layout.airflow, stdout=subprocess.DEVNULL)
    supervisor.process.kill()
    supervisor.process.wait()

    cleared = sessions.clear(layout)

    assert cleared >= 1
    assert gone(int(grandchild))
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_a_session_number_of_another_home_is_not_ours_to_end(layout, tmp_path):
    stranger = subprocess.Popen(SLEEPER, cwd=tmp_path, start_new_session=True, stdout=subprocess.DEVNULL)
    sessions.record(layout, stranger.pid)

    assert sessions.clear(layout) == 0

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_home_too_deep_for_a_socket_uses_a_short_private_path(tmp_path):
    layout = Layout(tmp_path / ("deep" * 20) / ("deeper" * 10))
    layout.prepare()
    assert len(os.fsencode(socket_path(layout))) <= 100

    supervisor = Supervisor.start(layout, [Program("sleeper", SLEEPER, 10, layout.airflow)], ENVIRONMENT)
    folder = socket_path(layout).parent
    try:
        assert [state.name for state in states(layout)] == ["sleeper"]
        assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        supervisor.stop()
    folder.rmdir()


def test_percent_signs_and_blanks_in_paths_do_no_harm(tmp_path):
    layout = Layout(tmp_path / "100% 应答")
    layout.prepare()
    supervisor = Supervisor.start(layout, [Program("sleeper", SLEEPER, 10, layout.airflow)], ENVIRONMENT)
    try:
        supervisor.launch("sleeper")
        wait_for(lambda: "awake" in last_lines(layout, "sleeper"))
    finally:
        supervisor.stop()


def test_a_path_that_supervisord_would_cut_off_is_refused():
    layout = Layout(PROJECT / "a ;b")

    with pytest.raises(StartError, match="YINGDA_HOME"):
        configuration(layout, [])


def test_a_home_is_one_systems_at_a_time(layout):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path\n"
            "from yingda.running.layout import Layout; from yingda.running.locking import locked\n"
            "with locked(Layout(Path(sys.argv[1]))): print('held', flush=True); time.sleep(600)",
            str(layout.home),
        ],
        stdout=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    assert holder.stdout is not None
    holder.stdout.readline()

    with pytest.raises(StartError, match=str(holder.pid)), locked(layout):
        pass

    holder.kill()
    holder.wait()
    holder.stdout.close()
    with locked(layout):
        assert (layout.run / "lock").read_text() == str(os.getpid())


def test_ps_prints_the_processes_and_fails_when_none_run(supervisor, layout):
    supervisor.launch("sleeper")
    pid = started(layout, "sleeper")
    command = [sys.executable, "-m", "yingda", "ps", "--json"]

    told = subprocess.run(command, env={**ENVIRONMENT, "YINGDA_HOME": str(layout.home)}, capture_output=True, text=True)
    supervisor.stop()
    after = subprocess.run(
        command, env={**ENVIRONMENT, "YINGDA_HOME": str(layout.home)}, capture_output=True, text=True
    )

    assert told.returncode == 0
    assert {"name": "sleeper", "pid": pid} == {
        key: value for key, value in json.loads(told.stdout)[1].items() if key != "state"
    }
    assert after.returncode == 1
    assert "make up" not in after.stdout
