"""What is known of people: name and staff number (sealed), how the ID stands, first and last day, roles to come.

The seals of the rows of people cover the new columns. A revision has no key, so the upgrade that takes this step seals
those rows anew that bear the seal of an older program.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the columns and the table; who could log on still can, without a name, a number or a last day."""
    op.add_column("person", sa.Column("standing", sa.String(), nullable=False, server_default="active"))
    if op.get_bind().dialect.name != "sqlite":
        # SQLite cannot drop a default and keeps it. No new row takes it: the program always gives a value.
        op.alter_column("person", "standing", server_default=None)
    op.execute("UPDATE person SET standing = 'ended' WHERE NOT active")
    op.drop_column("person", "active")
    op.add_column("person", sa.Column("code_until", sa.BigInteger()))
    for name in ("staff", "valid_from", "valid_to", "coming_roles", "coming_on"):
        op.add_column("person", sa.Column(name, sa.String()))
    op.add_column("person", sa.Column("details", sa.Integer()))
    op.create_index("ix_person_staff", "person", ["staff"])
    op.create_table(
        "person_details",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("person"),
    )
