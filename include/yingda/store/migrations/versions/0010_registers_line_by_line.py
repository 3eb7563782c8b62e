"""Registers line by line, so that any two days compare and 100,000 hazards need no memory.

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("register_day", sa.Column("as_of", sa.DateTime(timezone=True), nullable=True))
    op.add_column("register_day", sa.Column("rebuilt", sa.Boolean(), nullable=True))
    op.add_column("register_day", sa.Column("working", sa.Boolean(), nullable=True))
    op.add_column("register_day", sa.Column("compared_with", sa.Date(), nullable=True))
    op.execute("UPDATE register_day SET as_of = compiled_at, rebuilt = false, working = extract(isodow FROM day) < 6")
    for name in ("as_of", "rebuilt", "working"):
        op.alter_column("register_day", name, nullable=False)
    op.create_table(
        "register_line",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["day"], ["register_day.day"], name=op.f("fk_register_line_day_register_day")),
        sa.PrimaryKeyConstraint("day", "kind", "place", name=op.f("pk_register_line")),
    )
    # The lists of a day compiled before become its lines; they named no hazard by its number.
    op.execute(
        """
        INSERT INTO register_line (day, kind, place, key, data)
        SELECT day, 'hazard', place, 'before-' || place, line
        FROM register_day, jsonb_array_elements(data -> 'hazards') WITH ORDINALITY AS listed (line, place)
        UNION ALL
        SELECT day, 'incident', place, line ->> 'number', line
        FROM register_day, jsonb_array_elements(data -> 'incidents') WITH ORDINALITY AS listed (line, place)
        """
    )
    op.execute("UPDATE register_day SET data = data - 'hazards' - 'incidents'")


def downgrade() -> None:
    op.execute(
        """
        UPDATE register_day SET data = data || jsonb_build_object(
            'hazards', coalesce((SELECT jsonb_agg(line.data ORDER BY place) FROM register_line AS line
                WHERE line.day = register_day.day AND kind = 'hazard'), '[]'),
            'incidents', coalesce((SELECT jsonb_agg(line.data ORDER BY place) FROM register_line AS line
                WHERE line.day = register_day.day AND kind = 'incident'), '[]'))
        """
    )
    op.drop_table("register_line")
    for name in ("compared_with", "working", "rebuilt", "as_of"):
        op.drop_column("register_day", name)
