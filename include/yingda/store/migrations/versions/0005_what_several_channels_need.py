"""What several channels need: their own names for what they have, and when to look at it again.

Revision: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("publication", sa.Column("public", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.add_column("publication", sa.Column("reference", sa.Text(), nullable=True))
    op.add_column("publication", sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("publication", sa.Column("look_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("publication", sa.Column("drifted_at", sa.DateTime(timezone=True), nullable=True))
    # What is on its way now may have been sent: it is looked for, as it is after a crash.
    op.execute("UPDATE publication SET sent_at = coalesce(lease_until, created_at) WHERE state = 'sending'")
    op.create_index("ix_publication_drifted", "publication", ["id"], postgresql_where=sa.text("drifted_at IS NOT NULL"))
    op.create_index(
        "ix_publication_under_way",
        "publication",
        ["next_at"],
        postgresql_where=sa.text("state IN ('pending', 'sending')"),
    )
    op.create_index(
        "ix_publication_unseen",
        "publication",
        ["next_at"],
        postgresql_where=sa.text("state = 'confirmed' AND live_at IS NULL AND url IS NOT NULL"),
    )
    op.create_index(
        "ix_publication_look_at", "publication", ["look_at"], postgresql_where=sa.text("look_at IS NOT NULL")
    )


def downgrade() -> None:
    for name in ("look_at", "unseen", "under_way", "drifted"):
        op.drop_index(f"ix_publication_{name}", table_name="publication")
    # Earlier versions know no such state; a text that a newer one replaced was given up.
    op.execute("UPDATE publication SET state = 'failed' WHERE state = 'superseded'")
    for name in ("drifted_at", "look_at", "sent_at", "reference", "public"):
        op.drop_column("publication", name)
