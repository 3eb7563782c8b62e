"""Codes that confirm a signature over a second channel, and which channel confirmed one.

Revision: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KIND = sa.String(length=40)


def upgrade() -> None:
    op.create_table(
        "signing_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.String(length=64), nullable=False),
        sa.Column("channel", KIND, nullable=False),
        sa.Column("sent_to", sa.String(length=80), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_why", sa.String(length=20), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("tries_left >= 0", name=op.f("ck_signing_code_tries_left")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_signing_code_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_code")),
    )
    op.create_index("ix_signing_code_request_id_officer_id", "signing_code", ["request_id", "officer_id"])
    op.create_index(
        "uq_signing_code_live",
        "signing_code",
        ["request_id", "officer_id"],
        unique=True,
        postgresql_where=sa.text("voided_at IS NULL AND used_at IS NULL"),
    )
    op.add_column("signature", sa.Column("confirmed_by", KIND, nullable=True))


def downgrade() -> None:
    op.drop_column("signature", "confirmed_by")
    op.drop_table("signing_code")
