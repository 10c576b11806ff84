"""Rows that a test edits behind the program's back, sealed as if the terminal itself had written them so."""

from sqlalchemy import Connection, select, update

from store import peers
from store.peers import PEER_VERSIONS
from store.queue.sealed_rows import sealed
from store.queue.tables import ALL_MESSAGES, message_row, select_messages
from store.sealing.vault import Vault


def reseal(tx: Connection, vault: Vault) -> None:
    """Seal all messages and all versions of the peer as they are."""
    for row in tx.execute(select_messages()).all():
        seal = sealed(vault.rows, message_row(row)).seal
        tx.execute(update(ALL_MESSAGES).where(ALL_MESSAGES.c.id == row.id).values(seal=seal))
    for version in tx.execute(select(PEER_VERSIONS)).mappings().all():
        seal = vault.rows.seal(PEER_VERSIONS.name, peers.sealed_values(version))
        tx.execute(update(PEER_VERSIONS).where(PEER_VERSIONS.c.id == version["id"]).values(seal=seal))
