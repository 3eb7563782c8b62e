"""Hazards with their states, and tables of them that wait for a yes.

Revision: 0006
"""

import hashlib
import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hazard", sa.Column("topic", sa.String(length=40), nullable=True))
    op.add_column("hazard", sa.Column("risk", sa.String(length=40), nullable=True))
    op.add_column("hazard", sa.Column("state", sa.String(length=40), nullable=True))
    op.add_column("hazard", sa.Column("version", sa.Integer(), nullable=True))
    op.add_column("hazard", sa.Column("fingerprint", sa.String(length=64), nullable=True))
    op.add_column("hazard", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("hazard", sa.Column("changed_by", sa.String(length=64), nullable=True))
    op.add_column("hazard", sa.Column("evidence", sa.Text(), nullable=True))
    op.add_column("hazard", sa.Column("incident_id", sa.Integer(), nullable=True))
    op.execute(
        """
        UPDATE hazard SET risk = 'medium', version = 1,
            state = CASE WHEN resolved_at IS NULL THEN 'open' ELSE 'resolved' END,
            changed_at = COALESCE(resolved_at, reported_at), changed_by = reported_by
        """
    )
    _fingerprints()
    for name in ("risk", "state", "version", "fingerprint", "changed_at", "changed_by"):
        op.alter_column("hazard", name, nullable=False)
    op.create_unique_constraint(op.f("uq_hazard_fingerprint"), "hazard", ["fingerprint"])
    op.create_foreign_key(op.f("fk_hazard_incident_id_incident"), "hazard", "incident", ["incident_id"], ["id"])
    op.create_index("ix_hazard_incident_id", "hazard", ["incident_id"])
    op.drop_index("ix_hazard_open", table_name="hazard")
    op.drop_index("ix_hazard_unit_id", table_name="hazard")
    op.create_index(
        "ix_hazard_open", "hazard", ["due_on", "id"], postgresql_where=sa.text("state IN ('open', 'handling')")
    )
    op.create_index("ix_hazard_state", "hazard", ["state", "id"])
    op.create_index("ix_hazard_unit_id", "hazard", ["unit_id", "state"])
    op.create_index("ix_hazard_topic", "hazard", ["topic", "state"])
    op.create_index("ix_hazard_risk", "hazard", ["risk", "state"])
    op.create_index(
        "ix_event_hazard",
        "event",
        [sa.text("(data ->> 'hazard')")],
        postgresql_where=sa.text("(data ->> 'hazard') IS NOT NULL"),
    )
    op.create_table(
        "hazard_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_import")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hazard_import_public_id")),
    )
    op.create_index("ix_hazard_import_account", "hazard_import", ["account"])
    op.create_index("ix_hazard_import_expires_at", "hazard_import", ["expires_at"])


def downgrade() -> None:
    op.drop_table("hazard_import")
    op.drop_index("ix_event_hazard", table_name="event")
    for name in ("risk", "topic", "unit_id", "state", "open"):
        op.drop_index(f"ix_hazard_{name}", table_name="hazard")
    # An escalated hazard was the incident's; before this there was no such state, and it must not look open again.
    op.execute("UPDATE hazard SET resolved_at = changed_at WHERE state = 'escalated' AND resolved_at IS NULL")
    # Unique constraint, foreign key and their indexes go with their columns.
    for name in ("incident_id", "evidence", "changed_by", "changed_at", "fingerprint"):
        op.drop_column("hazard", name)
    for name in ("version", "state", "risk", "topic"):
        op.drop_column("hazard", name)
    op.create_index("ix_hazard_unit_id", "hazard", ["unit_id"])
    op.create_index("ix_hazard_open", "hazard", ["due_on"], postgresql_where=sa.text("resolved_at IS NULL"))


def _fingerprints() -> None:
    """Give each hazard the fingerprint of that day's domain.hazards; of two alike the later keeps its number in it."""
    connection = op.get_bind()
    seen: set[str] = set()
    rows = connection.execute(sa.text("SELECT id, unit_id, content FROM hazard ORDER BY id")).all()
    for row in rows:
        plain = "".join(unicodedata.normalize("NFKC", row.content).casefold().split())
        found = hashlib.sha256(f"{row.unit_id}\n{plain}".encode()).hexdigest()
        if found in seen:
            found = hashlib.sha256(f"{row.unit_id}\n{plain}\n{row.id}".encode()).hexdigest()
        seen.add(found)
        connection.execute(
            sa.text("UPDATE hazard SET fingerprint = :found WHERE id = :id"), {"found": found, "id": row.id}
        )
