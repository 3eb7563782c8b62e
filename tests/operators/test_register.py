"""The steps of the register."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from pytest_httpserver import HTTPServer
from sqlalchemy import func, select

from yingda import wiring
from yingda.operators.register import CallWatch, CompileRegister, RemindOverdue, day_of
from yingda.store.models import OutboxMessage
from yingda.transports.errors import TransportError


def test_the_day_is_that_of_the_tick_in_shanghai() -> None:
    assert day_of({"logical_date": datetime(2026, 11, 23, 16, 0, tzinfo=UTC)}).isoformat() == "2026-11-24"  # type: ignore[typeddict-item]


def test_the_register_is_compiled_once_a_day_and_reminded_once(
    run: Any, wired: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    monkeypatch.setattr(wiring, "utcnow", lambda: moment)
    context: Any = {**run(), "logical_date": moment}
    assert CompileRegister(task_id="compile_register").execute(context) == "2026-11-24"
    first = {path.name: path.read_bytes() for path in (wired.register / "2026-11-24").iterdir()}
    assert CompileRegister(task_id="compile_register").execute(context) == "2026-11-24"

    assert {path.name: path.read_bytes() for path in (wired.register / "2026-11-24").iterdir()} == first
    assert RemindOverdue(task_id="remind_overdue").execute(context) == 0


def test_a_day_before_the_record_begins_is_skipped(run: Any) -> None:
    context: Any = {**run(), "logical_date": datetime(2020, 1, 6, tzinfo=UTC)}
    with pytest.raises(AirflowSkipException, match="2020-01-06"):
        CompileRegister(task_id="compile_register").execute(context)


def test_a_run_for_a_day_that_is_over_rebuilds_that_day_and_reminds_nobody(
    run: Any, wired: Any, open_incident: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_incident()
    monkeypatch.setattr(wiring, "utcnow", lambda: datetime(2026, 11, 27, 3, 0, tzinfo=UTC))
    context: Any = {**run(), "logical_date": datetime(2026, 11, 25, 0, 0, tzinfo=UTC)}

    assert CompileRegister(task_id="compile_register").execute(context) == "2026-11-25"
    page = (wired.register / "2026-11-25" / "register.html").read_text("utf-8")
    assert "按事件记录补编" in page
    assert RemindOverdue(task_id="remind_overdue").execute(context) == 0
    with wiring.transaction() as session:
        assert session.scalar(select(func.count()).where(OutboxMessage.template == "digest")) == 0


class Watch:
    """A watch outside, and a task of today that calls it."""

    def __init__(self, server: HTTPServer, run: Any, wired: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = server
        rule = wired.policy.register_rule.model_copy(update={"ping": f"http://127.0.0.1:{server.port}/ping/secret-key"})
        policy = wired.policy.model_copy(update={"register_rule": rule})
        self.house = replace(wired, policy=policy)
        monkeypatch.setattr(wiring, "settings", lambda: self.house)
        self.context: Any = {**run(), "logical_date": datetime.now(UTC)}
        self.context["ti"].try_number, self.context["ti"].max_tries = 1, 5

    def answers(self, status: int) -> None:
        self.server.expect_oneshot_request("/ping/secret-key", method="GET").respond_with_data(status=status)

    def call(self, **context: Any) -> bool:
        return CallWatch(task_id="call_watch").execute({**self.context, **context})  # type: ignore[typeddict-item]


@pytest.fixture
def watch(httpserver: HTTPServer, run: Any, wired: Any, monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(httpserver, run, wired, monkeypatch)


def test_the_watch_is_called_when_all_is_done(watch: Watch) -> None:
    watch.answers(200)
    assert watch.call() is True
    assert len(watch.server.log) == 1


def test_the_watch_is_not_called_for_a_day_that_is_over_or_where_there_is_none(watch: Watch) -> None:
    assert watch.call(logical_date=datetime(2026, 1, 5, tzinfo=UTC)) is False
    rule = watch.house.policy.register_rule.model_copy(update={"ping": None})
    watch.house = replace(watch.house, policy=watch.house.policy.model_copy(update={"register_rule": rule}))
    assert watch.call() is False
    assert not watch.server.log


def test_a_call_that_fails_is_tried_again_and_in_the_end_only_logged(
    watch: Watch, capsys: pytest.CaptureFixture[str]
) -> None:
    watch.answers(503)
    with pytest.raises(TransportError, match="503"):
        watch.call()
    watch.context["ti"].try_number = 6
    watch.answers(503)
    assert watch.call() is False, "the register is there, so the run is no failure"
    watch.context["ti"].try_number = 1
    watch.answers(404)
    assert watch.call() is False, "an address that is not known will not be known in ten seconds"
    logged = [line for line in capsys.readouterr().out.splitlines() if "The watch was not called" in line]
    assert len(logged) == 2
    assert "secret-key" not in "".join(logged), "the path of the address is its key"
