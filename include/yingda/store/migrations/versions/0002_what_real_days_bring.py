"""What real days bring: commitments that are kept after, merges, letters, enquiries, reported leads, rounds.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "repeatable",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repeatable")),
        sa.UniqueConstraint("account", "key", name=op.f("uq_repeatable_account_key")),
    )
    op.create_index(op.f("ix_repeatable_at"), "repeatable", ["at"], unique=False)
    op.create_table(
        "site_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_round")),
        sa.UniqueConstraint("day", "site", name=op.f("uq_site_round_day_site")),
    )
    op.create_table(
        "enquiry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("outlet", sa.String(length=200), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_enquiry_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry")),
    )
    op.create_index(op.f("ix_enquiry_incident_id"), "enquiry", ["incident_id"], unique=False)
    op.create_table(
        "merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_merge_incident_id_incident")),
        sa.ForeignKeyConstraint(["into_id"], ["incident.id"], name=op.f("fk_merge_into_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
    )
    op.create_index(op.f("ix_merge_into_id"), "merge", ["into_id"], unique=False)
    op.create_index(
        "uq_merge_standing", "merge", ["incident_id"], unique=True, postgresql_where=sa.text("undone_at IS NULL")
    )
    op.create_table(
        "observation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_observation_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
    )
    op.create_index(op.f("ix_observation_incident_id"), "observation", ["incident_id"], unique=False)
    op.create_table(
        "reported_lead",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=True),
        sa.Column("severity", sa.String(length=40), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=True),
        sa.Column("platform", sa.String(length=100), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("url_key", sa.String(length=64), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reporter_id", sa.String(length=64), nullable=True),
        sa.Column("reported_by", sa.String(length=64), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("settled_by", sa.String(length=64), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_reported_lead_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reported_lead")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reported_lead_public_id")),
    )
    op.create_index(op.f("ix_reported_lead_incident_id"), "reported_lead", ["incident_id"], unique=False)
    op.create_index(
        "ix_reported_lead_new", "reported_lead", ["id"], unique=False, postgresql_where=sa.text("state = 'new'")
    )
    op.create_index(op.f("ix_reported_lead_url_key"), "reported_lead", ["url_key"], unique=False)
    op.create_table(
        "official_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_official_reply_incident_id_incident")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_official_reply_revision_id_revision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_reply")),
        sa.UniqueConstraint("incident_id", "url", name=op.f("uq_official_reply_incident_id_url")),
    )
    op.create_table(
        "outside_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("refutation", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ground", sa.String(length=64), nullable=False),
        sa.Column("ground_text", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_how", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_outside_letter_incident_id_incident")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_outside_letter_revision_id_revision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_letter")),
        sa.UniqueConstraint("incident_id", "number", name=op.f("uq_outside_letter_incident_id_number")),
    )
    op.add_column("commitment", sa.Column("source", sa.String(length=40), server_default="statement", nullable=False))
    op.add_column("commitment", sa.Column("clock_id", sa.Integer(), nullable=True))
    op.add_column("commitment", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("commitment", sa.Column("taken_up_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("commitment", sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_commitment_clock_id_clock"), "commitment", "clock", ["clock_id"], ["id"])
    op.drop_index("ix_commitment_owed", table_name="commitment")
    op.create_index(
        "ix_commitment_owed",
        "commitment",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("met_at IS NULL AND ended_at IS NULL"),
    )
    op.add_column("incident", sa.Column("wanted_statement", sa.String(length=40), nullable=True))
    op.add_column("incident", sa.Column("wanted_reason", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("emergency_plan_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("incident", sa.Column("interviewee_id", sa.String(length=64), nullable=True))
    op.add_column("request", sa.Column("about", sa.String(length=64), server_default="", nullable=False))
    op.drop_constraint(op.f("uq_request_incident_id_kind_role_round"), "request", type_="unique")
    op.drop_index(op.f("uq_request_open"), table_name="request", postgresql_where="((state)::text = 'open'::text)")
    op.create_index(
        "uq_request_open",
        "request",
        ["incident_id", "kind", "role", "about"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_unique_constraint(
        op.f("uq_request_incident_id_kind_role_about_round"),
        "request",
        ["incident_id", "kind", "role", "about", "round"],
    )


def downgrade() -> None:
    op.drop_constraint(op.f("uq_request_incident_id_kind_role_about_round"), "request", type_="unique")
    op.drop_index("uq_request_open", table_name="request", postgresql_where=sa.text("state = 'open'"))
    op.create_index(
        op.f("uq_request_open"),
        "request",
        ["incident_id", "kind", "role"],
        unique=True,
        postgresql_where="((state)::text = 'open'::text)",
    )
    op.create_unique_constraint(
        op.f("uq_request_incident_id_kind_role_round"),
        "request",
        ["incident_id", "kind", "role", "round"],
        postgresql_nulls_not_distinct=False,
    )
    op.drop_column("request", "about")
    op.drop_column("incident", "interviewee_id")
    op.drop_column("incident", "emergency_plan_at")
    op.drop_column("incident", "wanted_reason")
    op.drop_column("incident", "wanted_statement")
    op.drop_index("ix_commitment_owed", table_name="commitment")
    op.create_index(
        "ix_commitment_owed", "commitment", ["due_at"], unique=False, postgresql_where=sa.text("met_at IS NULL")
    )
    op.drop_constraint(op.f("fk_commitment_clock_id_clock"), "commitment", type_="foreignkey")
    op.drop_column("commitment", "lapsed_at")
    op.drop_column("commitment", "taken_up_at")
    op.drop_column("commitment", "ended_at")
    op.drop_column("commitment", "clock_id")
    op.drop_column("commitment", "source")
    op.drop_table("outside_letter")
    op.drop_table("official_reply")
    op.drop_index(op.f("ix_reported_lead_url_key"), table_name="reported_lead")
    op.drop_index("ix_reported_lead_new", table_name="reported_lead", postgresql_where=sa.text("state = 'new'"))
    op.drop_index(op.f("ix_reported_lead_incident_id"), table_name="reported_lead")
    op.drop_table("reported_lead")
    op.drop_index(op.f("ix_observation_incident_id"), table_name="observation")
    op.drop_table("observation")
    op.drop_index("uq_merge_standing", table_name="merge", postgresql_where=sa.text("undone_at IS NULL"))
    op.drop_index(op.f("ix_merge_into_id"), table_name="merge")
    op.drop_table("merge")
    op.drop_index(op.f("ix_enquiry_incident_id"), table_name="enquiry")
    op.drop_table("enquiry")
    op.drop_table("site_round")
    op.drop_index(op.f("ix_repeatable_at"), table_name="repeatable")
    op.drop_table("repeatable")
