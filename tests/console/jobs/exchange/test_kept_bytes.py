"""What was made once for a message leaves again exactly so, and under its own id alone."""

import re
from collections.abc import Callable
from hashlib import sha256

import pytest

from console.jobs import exchange
from console.jobs.exchange.kept_bytes import replaced_bytes
from console.jobs.messages import reading
from store import queue
from store.log import Event
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import OPERATOR, Site, entry
from transport.errors import LineCancelled
from transport.line.client import Line

pytestmark = ON_SQLITE


@pytest.fixture
def kept(served: Site, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bytes of two approved messages that were made for a line which then ended before they left."""

    def end(*_: object) -> None:
        raise LineCancelled

    served.approve([entry(1), entry(2)])
    with monkeypatch.context() as patch:
        patch.setattr(Line, "deliver", end)
        exchange.send(served.terminal, served.session(OPERATOR))
    assert served.states([1, 2]) == ["approved", "approved"]
    return [bytes(made) for (made,) in served.raw("SELECT envelope FROM kept_bytes ORDER BY message_id")]


def test_the_same_bytes_leave_again_and_go_when_the_receipts_are_here(served: Site, kept: list[bytes]) -> None:
    assert exchange.send(served.terminal, served.session(OPERATOR)).delivered == 2
    assert sorted(bytes(raw) for (raw,) in served.agency_raw("SELECT envelope FROM message")) == sorted(kept)
    assert served.raw("SELECT count(*) FROM kept_bytes") == [(0,)]
    # Header and digest are what a receipt is held against, here as when a backup is restored.
    view = reading.read(served.terminal, served.session(OPERATOR), 1)
    assert view.receipt is not None
    assert view.receipt.digest in {sha256(raw).hexdigest() for raw in kept}


@pytest.mark.parametrize("left", ["approved", "delivered"])
def test_bytes_that_somebody_took_away_are_missed(served: Site, kept: list[bytes], left: str) -> None:
    del kept
    if left == "delivered":
        exchange.send(served.terminal, served.session(OPERATOR))
        served.rewrite("UPDATE message SET state = 'approved' WHERE id = 1")
    served.raw("DELETE FROM kept_bytes WHERE message_id = 1")
    with served.terminal.database.reading() as conn:
        rows = queue.rows_of(conn, [1, 2])
        shipments = queue.shipments_of(conn, [1, 2])
        assert list(replaced_bytes(conn, rows, shipments)) == [1]


def _of_another(kept: list[bytes]) -> bytes:
    return kept[1]


def _no_envelope(_kept: list[bytes]) -> bytes:
    return b"RNK1"


def _of_another_signature(kept: list[bytes]) -> bytes:
    """The id is the message's own, as it is in the bytes of an earlier revision."""
    return kept[0][:-1] + bytes([kept[0][-1] ^ 1])


@pytest.mark.parametrize("forge", [_of_another, _of_another_signature])
def test_other_bytes_stay_and_the_next_message_leaves(
    served: Site, kept: list[bytes], forge: Callable[[list[bytes]], bytes]
) -> None:
    served.raw("UPDATE kept_bytes SET envelope = ? WHERE message_id = 1", forge(kept))
    done = exchange.send(served.terminal, served.session(OPERATOR))
    assert (done.delivered, done.unproved, served.received().messages) == (1, 1, 1)
    (item,) = [item for item in done.items if item.id == 1]
    assert (item.outcome, item.code) == ("approved", "row_outdated")
    assert item.facts == {"table": "shipment", "row": served.row(1).uid}
    assert served.states([1, 2]) == ["approved", "delivered"]
    (made,) = served.entries(Event.PROTECTION_FAILED)
    assert (made.object, made.detail["code"]) == (served.row(1).uid, "row_outdated")


@pytest.mark.parametrize(("forge", "delivered"), [(_of_another, 1), (_no_envelope, 1), (lambda kept: kept[0], 2)])
def test_where_an_older_program_did_not_record_the_bytes_they_still_name_their_message(
    served: Site, kept: list[bytes], forge: Callable[[list[bytes]], bytes], delivered: int
) -> None:
    served.unguard_log()
    for seq, body in served.raw("SELECT seq, body FROM log_entry WHERE event = 'message.sending'"):
        older = re.sub(rb'"envelope":"[0-9a-f]{64}",', b"", bytes(body))
        served.raw("UPDATE log_entry SET body = ? WHERE seq = ?", older, seq)
    served.raw("UPDATE kept_bytes SET envelope = ? WHERE message_id = 1", forge(kept))
    assert exchange.send(served.terminal, served.session(OPERATOR)).delivered == delivered
