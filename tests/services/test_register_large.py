"""A register of 100,000 hazards and 10,000 incidents. YINGDA_LARGE=1 measures it; otherwise it is left out.

Whoever compiles is a process of its own, so that its CPU seconds and its memory are its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

HAZARDS, INCIDENTS = 100_000, 10_000
MOST_SECONDS, MOST_MEMORY = 30, 600
COMPILE = """
import json, resource, sys, time
from datetime import date, datetime
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from yingda import settings
from yingda.services import registering
house, engine = settings.load(), create_engine(sys.argv[1])
day, now = date.fromisoformat(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
began = time.monotonic()
with Session(engine, expire_on_commit=False) as session, session.begin():
    registering.compile_day(session, day, house, now)
compiled = time.monotonic()
with Session(engine, expire_on_commit=False) as session, session.begin():
    registering.write_files(session, day, house)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "compiled": round(compiled - began, 1), "written": round(time.monotonic() - compiled, 1),
    "cpu": round(used.ru_utime + used.ru_stime, 1), "megabytes": used.ru_maxrss // 1024,
}))
"""

FILL = [
    """
    CREATE TEMP TABLE one AS SELECT i AS id,
        (ARRAY['liuxi','sanitation','social_affairs','economy'])[1 + i % 4] AS unit,
        '隐患 ' || i || '：' || repeat('雨后积水，居民出行不便。', 4) AS content,
        '线下：' || repeat('安排人员清淤、设立警示牌。', 3) AS offline,
        '线上：' || repeat('及时发布进展，统一口径。', 3) AS online, date '2026-11-10' + i % 60 AS due_on,
        (ARRAY['livelihood','sanitation',NULL])[1 + i % 3] AS topic
    FROM generate_series(1, :hazards) AS i
    """,
    """
    INSERT INTO hazard (id, unit_id, content, offline_measures, online_measures, due_on, topic, risk, state, version,
        fingerprint, reported_at, reported_by, changed_at, changed_by)
    SELECT id, unit, content, offline, online, due_on, topic, 'medium', 'open', 1 + (id % 2),
        encode(sha256(id::text::bytea), 'hex'), '2026-11-02 00:00Z', 'luo', '2026-11-02 00:00Z', 'luo' FROM one
    """,
    """
    INSERT INTO event (id, incident_id, seq, at, kind, actor, data, previous_hash, hash)
    SELECT (v - 1) * :hazards + id, NULL, NULL, CASE v WHEN 1 THEN timestamptz '2026-11-02 00:00Z'
            ELSE timestamptz '2026-11-24 02:00Z' END,
        CASE v WHEN 1 THEN 'hazard_reported' ELSE 'hazard_changed' END, 'luo',
        jsonb_build_object('hazard', id, 'was', NULL, 'now', jsonb_build_object('unit', unit, 'content', content,
            'offline_measures', offline, 'online_measures', online, 'due', to_char(due_on, 'YYYY-MM-DD'),
            'topic', topic, 'risk', 'medium', 'state', 'open', 'version', v)), repeat('0', 64), repeat('0', 64)
    FROM one, generate_series(1, 2) AS v WHERE v = 1 OR id % 2 = 1
    """,
    """
    INSERT INTO incident (id, number, title, summary, topic, severity, urgent, drill, unit_id, stage, seq, opened_at)
    SELECT i, 'YQCZBG-2026-' || i, '路灯不亮 ' || i, '', 'livelihood', 'general', false, false, 'liuxi', 'verification',
        24, timestamptz '2026-11-20 00:00Z' FROM generate_series(1, :incidents) AS i
    """,
    """
    INSERT INTO clock (id, incident_id, kind, cycle, started_at, due_at, original_due_at)
    SELECT i * 2 + k, i, (ARRAY['verification','public_word'])[1 + k], 1, '2026-11-20 00:00Z',
        timestamptz '2026-11-20 02:00Z' + k * interval '8 days', timestamptz '2026-11-20 02:00Z'
    FROM generate_series(1, :incidents) AS i, generate_series(0, 1) AS k
    """,
    """
    INSERT INTO request (id, public_id, incident_id, kind, role, about, round, state, clock_id, opened_at, due_at,
        expires_at)
    SELECT i, 'r' || i, i, 'report', 'information_officer', '', 1, 'open', i * 2, '2026-11-20 00:00Z',
        '2026-11-20 02:00Z', '2026-12-20 00:00Z' FROM generate_series(1, :incidents) AS i
    """,
    "INSERT INTO addressee (request_id, officer_id) SELECT i, 'luo_chunsheng' FROM generate_series(1, :incidents) AS i",
    """
    INSERT INTO event (id, incident_id, seq, at, kind, actor, data, previous_hash, hash)
    SELECT 2 * :hazards + (i - 1) * 24 + s, i, s, '2026-11-20 00:00Z', CASE s WHEN 1 THEN 'incident_opened'
            WHEN 2 THEN 'clock_started' WHEN 3 THEN 'assigned' WHEN 4 THEN 'clock_started' WHEN 5 THEN 'stage_entered'
            WHEN 6 THEN 'request_opened' ELSE 'observed' END, 'system',
        CASE s WHEN 1 THEN '{"severity": "general"}'::jsonb
            WHEN 2 THEN '{"clock": "public_word", "cycle": 1, "started_at": "2026-11-20T00:00:00+00:00",
                "due_at": "2026-11-28T02:00:00+00:00"}'::jsonb
            WHEN 3 THEN '{"unit": "liuxi"}'::jsonb
            WHEN 4 THEN '{"clock": "verification", "cycle": 1, "started_at": "2026-11-20T00:00:00+00:00",
                "due_at": "2026-11-20T02:00:00+00:00"}'::jsonb
            WHEN 5 THEN '{"stage": "verification"}'::jsonb
            WHEN 6 THEN jsonb_build_object('request', 'r' || i, 'request_kind', 'report', 'role', 'information_officer',
                'officers', jsonb_build_array('luo_chunsheng'), 'due_at', '2026-11-20T02:00:00+00:00')
            ELSE '{}'::jsonb END, repeat('0', 64), repeat('0', 64)
    FROM generate_series(1, :incidents) AS i, generate_series(1, 24) AS s
    """,
    "UPDATE chain_head SET event_id = (SELECT max(id) FROM event)",
    "ANALYZE",
]


PLANS = {
    "ix_event_hazard": "SELECT data FROM event WHERE data ->> 'hazard' IN ('7', '99999') AND at <= now() AND kind IN"
    " ('hazard_reported', 'hazard_changed')",
    "pk_register_line": "SELECT key, data FROM register_line WHERE day = '2026-11-26' AND kind = 'incident'"
    " ORDER BY place",
    "Full Join": "SELECT 1 FROM (SELECT * FROM register_line WHERE day = '2026-11-25') AS a FULL JOIN"
    " (SELECT * FROM register_line WHERE day = '2026-11-26') AS b ON a.kind = b.kind AND a.key = b.key"
    " WHERE a.data IS DISTINCT FROM b.data",
}
"""What the queries that look at days kept must go by, however many lines there are."""


@pytest.mark.timeout(1800)
@pytest.mark.skipif(not os.environ.get("YINGDA_LARGE"), reason="YINGDA_LARGE=1 measures a register of 100,000 hazards")
def test_a_large_register_is_compiled_in_time_and_in_little_memory(
    engine: Engine, database_url: str, house_environment: dict[str, str], tmp_path: Path
) -> None:
    with engine.begin() as connection:
        for statement in FILL:
            connection.execute(text(statement), {"hazards": HAZARDS, "incidents": INCIDENTS})
    engine.dispose()

    def compiled(day: str, now: str) -> dict[str, Any]:
        ran = subprocess.run(
            [sys.executable, "-c", COMPILE, database_url, day, now],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **house_environment},
        )
        told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        sizes = {path.name: path.stat().st_size // 1024 for path in (tmp_path / "var" / "register" / day).iterdir()}
        print(day, told, sizes)
        return told

    past = compiled("2026-11-24", "2026-11-26T00:00:00+00:00")
    today = compiled("2026-11-26", "2026-11-26T00:00:00+00:00")
    again = compiled("2026-11-26", "2026-11-26T01:00:00+00:00")
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT day, data->'changes', data->'counts' FROM register_day ORDER BY day"))
        for row in kept:
            print(row)
        size = connection.scalar(text("SELECT pg_size_pretty(pg_total_relation_size('register_line'))"))
        print("register_line:", size)
        for used, query in PLANS.items():
            plan = "\n".join(connection.execute(text(f"EXPLAIN {query}")).scalars())
            assert used in plan, plan
    for one in (past, today, again):
        assert one["megabytes"] <= MOST_MEMORY
        # Seconds of this process; what the database used besides shows on the clock of an idle machine.
        assert one["cpu"] <= MOST_SECONDS
