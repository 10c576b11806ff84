"""The log with entries of format 2, in which the clock may step back and an entry says so.

No table changes. The number keeps programs away that know format 1 alone: where several terminals share a log, such a
program would write its entries after those of format 2, and take those for none at all.
"""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Change nothing; entries that are there keep their format."""
