"""What goes by robot: messages to a group instead of an officer, and the turns of robots.

Revision: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "robot_pace",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("turns", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_robot_pace")),
    )
    op.add_column("outbox_message", sa.Column("robot", sa.String(length=64), nullable=True))
    op.alter_column("outbox_message", "officer_id", existing_type=sa.String(length=64), nullable=True)
    op.create_check_constraint(
        op.f("ck_outbox_message_one_addressee"), "outbox_message", "(officer_id IS NULL) <> (robot IS NULL)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_outbox_message_one_addressee"), "outbox_message", type_="check")
    # The earlier schema knows no way to send these.
    op.execute("DELETE FROM outbox_message WHERE robot IS NOT NULL")
    op.alter_column("outbox_message", "officer_id", existing_type=sa.String(length=64), nullable=False)
    op.drop_column("outbox_message", "robot")
    op.drop_table("robot_pace")
