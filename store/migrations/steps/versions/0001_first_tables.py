"""The tables of the first version, as they were then.

What the models have gained since belongs to later revisions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Moments are whole microseconds since 1970 in BigInteger columns, the same on both engines. A pair of `ciphertext` and
# `wrapped_key` is a sealed value with its own key.

# Few entries record that something was refused or failed. Only those are in the index, so that all others cost nothing.
_TROUBLE = sa.text("result <> 'done'")


def upgrade() -> None:
    """Create all tables."""
    # In this order, because a foreign key needs the table that it refers to.
    _create_log()
    _create_log_proofs()
    _create_people()
    _create_sessions()
    _create_peer_versions()
    _create_state_counts()
    _create_messages()
    _create_contents()
    _create_shipments()
    _create_feed()
    _create_results()


def _create_log() -> None:
    op.create_table(
        "log_entry",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("actor", sa.String()),
        sa.Column("session", sa.String()),
        sa.Column("object", sa.String()),
        sa.Column("result", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("log_entry_actor", "log_entry", ["actor", "seq"])
    op.create_index("log_entry_at", "log_entry", ["at"])
    op.create_index("log_entry_event", "log_entry", ["event", "seq"])
    op.create_index("log_entry_object", "log_entry", ["object", "seq"])
    op.create_index(
        "log_entry_trouble", "log_entry", ["result", "seq"], sqlite_where=_TROUBLE, postgresql_where=_TROUBLE
    )


def _create_log_proofs() -> None:
    op.create_table(
        "log_checkpoint",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("log_checkpoint_seq", "log_checkpoint", ["seq"])
    op.create_table(
        "log_witness",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )


def _create_people() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("pin_hash", sa.String(), nullable=False),
        sa.Column("pin_given", sa.Boolean(), nullable=False),
        sa.Column("pin_set_at", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "attempt",
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark"),
    )


def _create_sessions() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("reason", sa.String()),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_session_closed_at", "session", ["closed_at"])


def _create_peer_versions() -> None:
    op.create_table(
        "peer_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("certificates_pem", sa.String(), nullable=False),
        sa.Column("signing_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealing_key", sa.LargeBinary(), nullable=False),
        sa.Column("municipality", sa.String(), nullable=False),
        sa.Column("legal_basis", sa.String(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("valid_from"),
    )


def _create_state_counts() -> None:
    # How many messages are in each state, which every page of the queue shows.
    op.create_table(
        "tally",
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("direction", "state"),
    )


def _create_messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("pointer", sa.String()),
        sa.Column("target", sa.String()),
        sa.Column("hold", sa.String()),
        sa.Column("subject", sa.String()),
        sa.Column("author", sa.String()),
        sa.Column("approver", sa.String()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("approved_revision", sa.Integer()),
        sa.Column("approved_digest", sa.LargeBinary()),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("state_since", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String()),
        sa.PrimaryKeyConstraint("id"),
        # The sender's own key of a message: the same reference never enters the queue twice.
        sa.UniqueConstraint("direction", "kind", "reference"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("message_order", "message", ["direction", "occurred_at", "id"])
    op.create_index("message_reference", "message", ["reference"])
    op.create_index("message_state", "message", ["direction", "state", "occurred_at", "id"])
    op.create_index("message_subject", "message", ["subject", "occurred_at"])
    op.create_index("message_target", "message", ["target", "kind"])


def _create_contents() -> None:
    op.create_table(
        "content",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.PrimaryKeyConstraint("message_id", "revision"),
    )

    op.create_table(
        "note",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("author", sa.String()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.PrimaryKeyConstraint("message_id", "seq"),
    )


def _create_shipments() -> None:
    op.create_table(
        "shipment",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        # Both digests are kept: that of the envelope, and that of the content, which the receipt names.
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("peer_version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("receipt", sa.LargeBinary()),
        sa.Column("receipt_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.ForeignKeyConstraint(["peer_version"], ["peer_version.id"]),
        sa.PrimaryKeyConstraint("message_id"),
    )


def _create_feed() -> None:
    op.create_table(
        "arrival",
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("uid"),
    )
    op.create_index("arrival_position", "arrival", ["peer", "position"])
    op.create_index("ix_arrival_acknowledged_at", "arrival", ["acknowledged_at"])
    op.create_table(
        "cursor",
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("peer"),
    )


def _create_results() -> None:
    op.create_table(
        "result",
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("code", sa.String()),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.PrimaryKeyConstraint("uid"),
    )
    op.create_index("ix_result_message_id", "result", ["message_id"])
