"""First tables.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# Rows that nobody may change or take away, whoever connects with the application's role.
IMMUTABLE = ("revision", "decision", "signature", "event")


def upgrade() -> None:
    op.create_table(
        "chain_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_head")),
    )
    op.create_table(
        "hazard",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("offline_measures", sa.Text(), nullable=False),
        sa.Column("online_measures", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.String(length=64), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard")),
    )
    op.create_index(
        "ix_hazard_open", "hazard", ["due_on"], unique=False, postgresql_where=sa.text("resolved_at IS NULL")
    )
    op.create_index(op.f("ix_hazard_unit_id"), "hazard", ["unit_id"], unique=False)
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=True),
        sa.Column("severity", sa.String(length=40), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=True),
        sa.Column("platform", sa.String(length=100), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reporter_id", sa.String(length=64), nullable=True),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("number", name=op.f("uq_incident_number")),
    )
    op.create_index(
        "ix_incident_open", "incident", ["opened_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_index("ix_incident_stage", "incident", ["stage", "severity"], unique=False)
    op.create_index("ix_incident_unit_id", "incident", ["unit_id"], unique=False)
    op.create_table(
        "register_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("compiled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_register_day")),
    )
    op.create_table(
        "year_serial",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_year_serial")),
    )
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("original_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_clock_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
        sa.UniqueConstraint("incident_id", "kind", "cycle", name=op.f("uq_clock_incident_id_kind_cycle")),
    )
    op.create_index(
        "ix_clock_running",
        "clock",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("met_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_document_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("incident_id", "kind", "number", name=op.f("uq_document_incident_id_kind_number")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("(incident_id IS NULL) = (seq IS NULL)", name=op.f("ck_event_numbered_in_incident")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_event_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("incident_id", "seq", name=op.f("uq_event_incident_id_seq")),
    )
    op.create_table(
        "lead",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("conf", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_lead_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
        sa.UniqueConstraint("run_id", name=op.f("uq_lead_run_id")),
    )
    op.create_index(op.f("ix_lead_incident_id"), "lead", ["incident_id"], unique=False)
    op.create_table(
        "pass",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_pass_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pass")),
        sa.UniqueConstraint("incident_id", "number", name=op.f("uq_pass_incident_id_number")),
        sa.UniqueConstraint("run_id", name=op.f("uq_pass_run_id")),
    )
    op.create_table(
        "source_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_key", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_source_link_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_link")),
    )
    op.create_index(op.f("ix_source_link_incident_id"), "source_link", ["incident_id"], unique=False)
    op.create_index(
        "uq_source_link_active", "source_link", ["url_key"], unique=True, postgresql_where=sa.text("active")
    )
    op.create_table(
        "raised_rung",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clock_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clock_id"], ["clock.id"], name=op.f("fk_raised_rung_clock_id_clock")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raised_rung")),
        sa.UniqueConstraint("clock_id", "key", name=op.f("uq_raised_rung_clock_id_key")),
    )
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.String(length=64), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_revision_document_id_document")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint("document_id", "number", name=op.f("uq_revision_document_id_number")),
        sa.UniqueConstraint("id", "sha256", "author_id", name="uq_revision_identity"),
    )
    op.create_table(
        "commitment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_commitment_incident_id_incident")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_commitment_revision_id_revision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
        sa.UniqueConstraint("revision_id", "position", name=op.f("uq_commitment_revision_id_position")),
    )
    op.create_index(op.f("ix_commitment_incident_id"), "commitment", ["incident_id"], unique=False)
    op.create_index(
        "ix_commitment_owed", "commitment", ["due_at"], unique=False, postgresql_where=sa.text("met_at IS NULL")
    )
    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_publication_incident_id_incident")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_publication_revision_id_revision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("revision_id", "channel", name=op.f("uq_publication_revision_id_channel")),
    )
    op.create_index(op.f("ix_publication_incident_id"), "publication", ["incident_id"], unique=False)
    op.create_index(
        "ix_publication_troubled",
        "publication",
        ["id"],
        unique=False,
        postgresql_where=sa.text("problem IS NOT NULL AND live_at IS NULL"),
    )
    op.create_table(
        "request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("clock_id", sa.Integer(), nullable=True),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("revision_sha256", sa.String(length=64), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["clock_id"], ["clock.id"], name=op.f("fk_request_clock_id_clock")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_request_incident_id_incident")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_request_revision_id_revision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint(
            "incident_id", "kind", "role", "round", name=op.f("uq_request_incident_id_kind_role_round")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_request_public_id")),
    )
    op.create_index(
        "ix_request_open_due", "request", ["due_at"], unique=False, postgresql_where=sa.text("state = 'open'")
    )
    op.create_index(
        "uq_request_open",
        "request",
        ["incident_id", "kind", "role"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "addressee",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.String(length=64), nullable=False),
        sa.Column("deputy_for", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_addressee_request_id_request")),
        sa.PrimaryKeyConstraint("request_id", "officer_id", name=op.f("pk_addressee")),
    )
    op.create_index("ix_addressee_officer_id", "addressee", ["officer_id"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("officer_id", sa.String(length=64), nullable=False),
        sa.Column("deputy_for", sa.String(length=64), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_decision_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("request_id", name=op.f("uq_decision_request_id")),
    )
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("officer_id", sa.String(length=64), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_outbox_message_incident_id_incident")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_outbox_message_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_message_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_message_id")),
    )
    op.create_index(
        "ix_outbox_message_dead", "outbox_message", ["id"], unique=False, postgresql_where=sa.text("state = 'dead'")
    )
    op.create_index(op.f("ix_outbox_message_incident_id"), "outbox_message", ["incident_id"], unique=False)
    op.create_index(
        "ix_outbox_message_owed",
        "outbox_message",
        ["priority", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_outbox_message_request_id", "outbox_message", ["request_id"], unique=False)
    op.create_table(
        "signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("author_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("signer_id", sa.String(length=64), nullable=False),
        sa.Column("deputy_for", sa.String(length=64), nullable=True),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("signer_id <> author_id", name=op.f("ck_signature_never_own_text")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_signature_decision_id_decision")),
        sa.ForeignKeyConstraint(
            ["revision_id", "sha256", "author_id"],
            ["revision.id", "revision.sha256", "revision.author_id"],
            name="fk_signature_revision",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_signature_decision_id")),
        sa.UniqueConstraint("revision_id", "role", name=op.f("uq_signature_revision_id_role")),
        sa.UniqueConstraint("revision_id", "signer_id", name=op.f("uq_signature_revision_id_signer_id")),
    )

    op.execute("INSERT INTO chain_head (id, event_id, hash) VALUES (1, 0, repeat('0', 64))")
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% rows are kept as they were written; % is refused', TG_TABLE_NAME, TG_OP
                USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """
    )
    for table in IMMUTABLE:
        op.execute(
            f"CREATE TRIGGER keep_as_written BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER keep_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    # An event that was numbered must be there when its transaction commits: none can be lost without anybody noticing.
    op.execute(
        """
        CREATE FUNCTION refuse_lost_event() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.seq > 0 AND NOT EXISTS (
                SELECT FROM event WHERE event.incident_id = NEW.id AND event.seq = NEW.seq
            ) THEN
                RAISE EXCEPTION 'event % of incident % was not written', NEW.seq, NEW.number
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER no_lost_event AFTER INSERT OR UPDATE OF seq ON incident"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_lost_event()"
    )


def downgrade() -> None:
    op.drop_table("signature")
    op.drop_index("ix_outbox_message_request_id", table_name="outbox_message")
    op.drop_index("ix_outbox_message_owed", table_name="outbox_message", postgresql_where=sa.text("state = 'pending'"))
    op.drop_index(op.f("ix_outbox_message_incident_id"), table_name="outbox_message")
    op.drop_index("ix_outbox_message_dead", table_name="outbox_message", postgresql_where=sa.text("state = 'dead'"))
    op.drop_table("outbox_message")
    op.drop_table("decision")
    op.drop_index("ix_addressee_officer_id", table_name="addressee")
    op.drop_table("addressee")
    op.drop_index("uq_request_open", table_name="request", postgresql_where=sa.text("state = 'open'"))
    op.drop_index("ix_request_open_due", table_name="request", postgresql_where=sa.text("state = 'open'"))
    op.drop_table("request")
    op.drop_index(
        "ix_publication_troubled",
        table_name="publication",
        postgresql_where=sa.text("problem IS NOT NULL AND live_at IS NULL"),
    )
    op.drop_index(op.f("ix_publication_incident_id"), table_name="publication")
    op.drop_table("publication")
    op.drop_index("ix_commitment_owed", table_name="commitment", postgresql_where=sa.text("met_at IS NULL"))
    op.drop_index(op.f("ix_commitment_incident_id"), table_name="commitment")
    op.drop_table("commitment")
    op.drop_table("revision")
    op.drop_table("raised_rung")
    op.drop_index("uq_source_link_active", table_name="source_link", postgresql_where=sa.text("active"))
    op.drop_index(op.f("ix_source_link_incident_id"), table_name="source_link")
    op.drop_table("source_link")
    op.drop_table("pass")
    op.drop_index(op.f("ix_lead_incident_id"), table_name="lead")
    op.drop_table("lead")
    op.drop_table("event")
    op.drop_table("document")
    op.drop_index(
        "ix_clock_running", table_name="clock", postgresql_where=sa.text("met_at IS NULL AND cancelled_at IS NULL")
    )
    op.drop_table("clock")
    op.drop_table("year_serial")
    op.drop_table("register_day")
    op.drop_index("ix_incident_unit_id", table_name="incident")
    op.drop_index("ix_incident_stage", table_name="incident")
    op.drop_index("ix_incident_open", table_name="incident", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("incident")
    op.drop_index(op.f("ix_hazard_unit_id"), table_name="hazard")
    op.drop_index("ix_hazard_open", table_name="hazard", postgresql_where=sa.text("resolved_at IS NULL"))
    op.drop_table("hazard")
    op.drop_table("chain_head")
    op.execute("DROP FUNCTION refuse_change")
    op.execute("DROP FUNCTION refuse_lost_event")
