from sqlalchemy import text
def test_a(session, open_incident):
    assert open_incident() == "YQCZBG-2026-001"
    print(session.execute(text("select kind, role, state from request")).all())
def test_b(session, open_incident, wired):
    assert open_incident(title="x", severity="major") == "YQCZBG-2026-001"
    from yingda import wiring
    with wiring.transaction() as s: print(s.execute(text("select kind, role, state from request")).all())
