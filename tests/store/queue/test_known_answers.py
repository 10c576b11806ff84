"""Where sealed values belong: the places under which contents, notes and results that exist were sealed.

Holds `store.queue.contents` and `store.queue.shipping` to the names of tables and columns, which are bound to each
sealed value. A table under another name would leave all that it holds sealed for ever.
"""

from datetime import datetime

from store import queue
from store.database import Database
from store.message.states import Step
from store.packing import unpack
from store.queue import Act, PeerOutcome, ResultRow
from store.sealing.vault import Place, Sealed, Vault
from tests.store.conftest import Fill


def test_sealed_values_open_in_the_places_that_are_kept(
    database: Database, vault: Vault, fill: Fill, now: datetime
) -> None:
    (added,) = fill(["R-1"])
    with database.writing() as tx:
        queue.move(tx, vault, added.id, Step.GIVE_BACK, Act(by="ap-201", now=now, reason="一枚目を確認"))
        words = ResultRow(
            uid="0f" * 16,
            message_id=added.id,
            position=1,
            outcome=PeerOutcome.REFUSED,
            code="item_missing",
            received_at=now,
            words=b'{"cause":null}',
        )
        queue.add_result(tx, vault, words)
        sealed = {
            table: Sealed(*map(bytes, tx.exec_driver_sql(f"SELECT ciphertext, wrapped_key FROM {table}").one()))
            for table in ("content", "note", "result")
        }
    places = {
        "content": (Place("content", "ciphertext", added.uid, 1), b"content of R-1"),
        "note": (Place("note", "ciphertext", added.uid, 1), "一枚目を確認".encode()),
        "result": (Place("result", "ciphertext", "0f" * 16, 1), b'{"cause":null}'),
    }
    # Contents and results are packed before they are sealed; notes are too short for that.
    assert {name: unpack(vault.unseal(sealed[name], place=place)) for name, (place, _) in places.items()} == {
        name: plain for name, (_, plain) in places.items()
    }
