"""What statistics look for: clocks by the date set at first.

Revision: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_clock_original_due_at", "clock", ["original_due_at"])


def downgrade() -> None:
    op.drop_index("ix_clock_original_due_at", table_name="clock")
