"""Of an envelope that the peer has received only the header is kept, beside the digests that a receipt is held against.

The bytes of the others, which may have to leave again, get a table of their own. The log needs no step: entries that
are kept whole stay so, and later ones are kept without what their columns hold. Nor do contents, receipts and arrivals:
what is not packed is read as it is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

# The header follows magic and length, and is JSON whose first closing brace is its last byte (PROTOCOL.md, 4).
_SQLITE = """
CREATE TABLE shipment_before AS SELECT message_id, revision, digest, content_digest, peer_version, made_at, sent_at,
    terminal, substr(envelope, 9, instr(substr(envelope, 9), X'7D')) AS header FROM shipment;
DELETE FROM shipment;
ALTER TABLE shipment DROP COLUMN envelope;
INSERT INTO shipment (message_id, revision, digest, content_digest, peer_version, made_at, sent_at, terminal, header)
    SELECT * FROM shipment_before;
DROP TABLE shipment_before
"""
_POSTGRESQL = """
UPDATE shipment SET header = substring(envelope from 9 for position('\\x7d'::bytea in substring(envelope from 9)));
ALTER TABLE shipment DROP COLUMN envelope;
ALTER TABLE shipment ALTER COLUMN header DROP DEFAULT
"""


def upgrade() -> None:
    """Keep the bytes of what has no receipt, or whose state does not say that the peer has it; drop the others."""
    op.create_table(
        "kept_bytes",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["shipment.message_id"]),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.execute(
        "INSERT INTO kept_bytes (message_id, envelope) SELECT message_id, envelope FROM shipment WHERE NOT EXISTS "
        "(SELECT 1 FROM receipt JOIN message ON message.id = receipt.message_id WHERE message.id = shipment.message_id "
        "AND message.state IN ('delivered', 'accepted', 'refused'))"
    )
    op.add_column("shipment", sa.Column("header", sa.LargeBinary(), nullable=False, server_default=""))
    # SQLite would cut each row in place and leave its page half empty for good: the rows are put in anew instead.
    steps = _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL
    for step in steps.split(";"):
        op.execute(step)
