"""What became of each file that was taken in, under which names it was met, and its sealed report.

The tables begin empty: of files that came before nobody kept a digest, and taking them in again finds them known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_COUNTS = ("accepted", "known", "refused", "errors", "warnings")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "file_outcome",
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("taken_by", sa.String(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_index("ix_file_outcome_taken_at", "file_outcome", ["taken_at"])
    op.create_table(
        "file_look",
        sa.Column("look", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["file_outcome.file"]),
        sa.PrimaryKeyConstraint("look"),
    )
    op.create_index("ix_file_look_file", "file_look", ["file"])
    op.create_table(
        "file_report",
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["file_outcome.file"]),
        sa.PrimaryKeyConstraint("file"),
    )
