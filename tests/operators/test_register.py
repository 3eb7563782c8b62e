"""The steps of the register."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from yingda import wiring
from yingda.operators.register import CompileRegister, RemindOverdue, day_of


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


def test_a_day_that_is_over_and_was_never_compiled_is_skipped(run: Any) -> None:
    context: Any = {**run(), "logical_date": datetime(2020, 1, 6, tzinfo=UTC)}
    with pytest.raises(AirflowSkipException, match="2020-01-06"):
        CompileRegister(task_id="compile_register").execute(context)
