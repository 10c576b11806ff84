"""What the agency keeps: each message once, results and notices in feeds, and all of a transaction or nothing.

It shows `transport.agency.records` as well, which are what the database takes and returns.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from transport import bounds, wire
from transport.agency.database import AgencyDatabase
from transport.agency.records import Holdings, Incoming, KnownMessage, Outgoing, Unanswered, Witnessed
from transport.agency.texts import Rejection
from transport.errors import AgencyTerminalKnown, AgencyVersionUnknown
from transport.parties.authority import Use
from transport.parties.identity import OVERLAP, Identity, PublicIdentity

NOW = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)
DAY = timedelta(days=1)
MUNICIPALITY = "131041"
TERMINAL = "131041-01"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    AgencyDatabase.create(tmp_path / "agency.db")
    return tmp_path / "agency.db"


@pytest.fixture
def database(path: Path) -> Iterator[AgencyDatabase]:
    opened = AgencyDatabase(path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> PublicIdentity:
    return Identity.create(tmp_path_factory.mktemp("terminal") / "line", TERMINAL, Use.TERMINAL).public


@pytest.fixture(scope="module")
def renewed(tmp_path_factory: pytest.TempPathFactory) -> PublicIdentity:
    return Identity.create(tmp_path_factory.mktemp("renewed") / "line", TERMINAL, Use.TERMINAL).public


def _message(number: int, **changes: Any) -> Incoming:
    fields: dict[str, Any] = {
        "id": f"{number:032x}",
        "digest": f"{number:064x}",
        "envelope": b"envelope",
        "receipt": f"receipt {number}".encode(),
        "received_at": NOW,
        "kind": "certificate_delivery",
        "reference": f"C-{number}",
        "refusal": None,
    }
    return Incoming(**{**fields, **changes})


def _keep(database: AgencyDatabase, *messages: Incoming) -> dict[str, KnownMessage]:
    with database.writing():
        return database.keep(TERMINAL, messages)


def _refusals(database: AgencyDatabase) -> list[Rejection | None]:
    return [message.refusal for message in database.unanswered(TERMINAL, 100)]


def test_only_its_owner_can_read_the_file_and_it_is_made_once(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        AgencyDatabase.create(path)


def test_a_database_of_another_version_is_refused(path: Path) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA user_version = 1")
    db.close()

    with pytest.raises(AgencyVersionUnknown) as caught:
        AgencyDatabase(path)
    assert caught.value.facts == {"found": "1", "known": "2"}


def test_a_message_is_kept_with_its_receipt_and_found_by_its_id(database: AgencyDatabase) -> None:
    kept = {f"{1:032x}": KnownMessage(f"{1:064x}", b"receipt 1")}

    assert _keep(database, _message(1)) == kept
    assert database.known(TERMINAL, [f"{1:032x}", "f" * 32]) == kept
    assert database.known("131041-02", [f"{1:032x}"]) == {}


def test_the_first_message_under_an_id_stays(database: AgencyDatabase) -> None:
    _keep(database, _message(1))
    stored = _keep(database, _message(1, digest="f" * 64, receipt=b"other"), _message(2))

    assert stored[f"{1:032x}"] == KnownMessage(f"{1:064x}", b"receipt 1")
    assert stored[f"{2:032x}"].receipt == b"receipt 2"


def test_the_first_of_two_with_one_id_in_a_batch_stays(database: AgencyDatabase) -> None:
    stored = _keep(database, _message(1), _message(1, receipt=b"other"))

    assert stored == {f"{1:032x}": KnownMessage(f"{1:064x}", b"receipt 1")}


def test_nothing_of_a_failed_transaction_is_kept(database: AgencyDatabase, terminal: PublicIdentity) -> None:
    def fail() -> None:
        with database.writing():
            database.keep(TERMINAL, [_message(1)])
            database.register(terminal, MUNICIPALITY, NOW, None)
            # Read within the transaction, and so remembered for a moment.
            assert len(database.terminals()) == 1
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert database.known(TERMINAL, [f"{1:032x}"]) == {}
    assert database.terminals() == ()


def test_a_reference_is_accepted_once_for_a_kind(database: AgencyDatabase) -> None:
    _keep(database, _message(1, reference="C-1"), _message(2, reference="C-1"))
    _keep(database, _message(3, reference="C-1"), _message(4, reference="C-1", kind="residence_report"))

    taken = Rejection("reference_known", "reference")
    assert _refusals(database) == [None, taken, taken, None]


def test_a_refused_reference_may_come_again(database: AgencyDatabase) -> None:
    _keep(database, _message(1, reference="C-1", refusal=Rejection("item_missing", "delivered_on")))
    _keep(database, _message(2, reference="C-1"))

    assert _refusals(database) == [Rejection("item_missing", "delivered_on"), None]


def test_a_rule_refuses_a_message_when_it_arrives(database: AgencyDatabase) -> None:
    with database.writing():
        database.refuse("C-1", "number_not_current")
        database.refuse("C-1", "person_not_found")
    _keep(database, _message(1), _message(2))

    assert _refusals(database) == [Rejection("person_not_found"), None]


def test_a_message_without_kind_and_reference_is_kept_with_its_refusal(database: AgencyDatabase) -> None:
    _keep(database, _message(1, kind=None, reference=None, refusal=Rejection("content_unreadable")))

    assert database.unanswered(TERMINAL, 1) == [
        Unanswered(1, f"{1:032x}", None, None, Rejection("content_unreadable")),
    ]


def test_a_message_is_answered_once(database: AgencyDatabase) -> None:
    _keep(database, _message(1), _message(2))
    number = database.unanswered(TERMINAL, 1)[0].number
    with database.writing():
        database.answer(TERMINAL, number, Outgoing("a" * 32, b"first"))
        database.answer(TERMINAL, number, Outgoing("b" * 32, b"second"))

    assert database.feed(TERMINAL, 0, 10) == ([(1, b"first")], False)
    assert [message.id for message in database.unanswered(TERMINAL, 10)] == [f"{2:032x}"]


def test_each_terminal_has_its_own_feed_in_order(database: AgencyDatabase) -> None:
    with database.writing():
        for number, name in enumerate(["131041-01", "131041-02", "131041-01", "131041-01"]):
            database.put(name, Outgoing(f"{number:032x}", str(number).encode()))

    assert database.feed("131041-01", 0, 10) == ([(1, b"0"), (2, b"2"), (3, b"3")], False)
    assert database.feed("131041-01", 1, 1) == ([(2, b"2")], True)
    assert database.envelope_at("131041-02", 1) == b"1"
    assert database.envelope_at("131041-02", 2) is None


def test_a_page_ends_where_the_next_item_would_not_fit_in_an_answer(database: AgencyDatabase) -> None:
    largest = bytes(bounds.MOST_ENVELOPE_BYTES)
    with database.writing():
        for number in range(60):
            database.put(TERMINAL, Outgoing(f"{number:032x}", largest))

    page, more = database.feed(TERMINAL, 0, bounds.MOST_ITEMS)
    assert more
    assert sum(len(wire.to_base64(raw)) for _, raw in page) < bounds.MOST_BODY_BYTES
    rest, more = database.feed(TERMINAL, len(page), bounds.MOST_ITEMS)
    assert ([position for position, _ in page + rest], more) == (list(range(1, 61)), False)


def test_a_notice_is_known_by_its_reference(database: AgencyDatabase) -> None:
    notice = Outgoing("a" * 32, b"envelope", "N-1", "c" * 64)
    with database.writing():
        database.put(TERMINAL, notice)

    assert database.notice_digest(TERMINAL, "N-1") == "c" * 64
    assert database.notice_digest(TERMINAL, "N-2") is None
    assert database.notice_digest("131041-02", "N-1") is None
    with pytest.raises(sqlite3.IntegrityError), database.writing():
        database.put(TERMINAL, notice)


def test_the_first_receipt_for_an_item_stays(database: AgencyDatabase, path: Path) -> None:
    with database.writing():
        database.put(TERMINAL, Outgoing("a" * 32, b"envelope"))
        database.acknowledge(TERMINAL, 1, b"first")
        database.acknowledge(TERMINAL, 1, b"second")
        database.acknowledge(TERMINAL, 2, b"of nothing")
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT receipt FROM feed").fetchall() == [(b"first",)]
    db.close()


def test_a_lower_checkpoint_never_replaces_a_higher_one(database: AgencyDatabase) -> None:
    with database.writing():
        assert database.witness(TERMINAL, 7, "a" * 64, b"seven") == Witnessed(7, "a" * 64, b"seven")
        assert database.witness(TERMINAL, 6, "b" * 64, b"six").number == 7
        # The same number with another digest is not above either.
        assert database.witness(TERMINAL, 7, "b" * 64, b"another").statement == b"seven"
        assert database.witness(TERMINAL, 8, "c" * 64, b"eight").statement == b"eight"
        assert database.witness("131041-02", 1, "d" * 64, b"one").number == 1


def test_what_is_held_is_counted(database: AgencyDatabase) -> None:
    assert database.received() == Holdings(0, 0, 0, 0)
    _keep(database, _message(1, reference="C-1"), _message(2, reference="C-1"), _message(3))
    with database.writing():
        database.alarm(TERMINAL, f"{1:032x}", "f" * 64, NOW)
        database.put(TERMINAL, Outgoing("a" * 32, b"envelope"))
        database.acknowledge(TERMINAL, 1, b"receipt")

    assert database.received() == Holdings(messages=3, distinct=2, alarms=1, acknowledged=1)


def test_the_keys_of_a_terminal_overlap(
    database: AgencyDatabase, terminal: PublicIdentity, renewed: PublicIdentity
) -> None:
    with database.writing():
        database.register(terminal, MUNICIPALITY, NOW, None)
        database.register(renewed, MUNICIPALITY, NOW + DAY, None)
    (record,) = database.terminals()

    assert (record.name, record.municipality) == (TERMINAL, MUNICIPALITY)
    assert [(dated.public, dated.valid_to) for dated in record.versions] == [
        (terminal, NOW + DAY + OVERLAP),
        (renewed, None),
    ]


def test_registering_again_changes_the_period(database: AgencyDatabase, terminal: PublicIdentity) -> None:
    with database.writing():
        database.register(terminal, MUNICIPALITY, NOW, None)
        database.register(terminal, MUNICIPALITY, NOW, NOW + DAY)
    (record,) = database.terminals()

    assert [dated.valid_to for dated in record.versions] == [NOW + DAY]


def test_a_name_or_a_certificate_of_another_is_refused(
    database: AgencyDatabase, terminal: PublicIdentity, renewed: PublicIdentity
) -> None:
    with database.writing():
        database.register(terminal, MUNICIPALITY, NOW, None)
    with pytest.raises(AgencyTerminalKnown) as caught, database.writing():
        database.register(renewed, "131016", NOW, None)
    assert caught.value.facts == {"municipality": MUNICIPALITY}
    alias = PublicIdentity("131041-02", terminal.certificate_pem, terminal.signing_key, terminal.sealing_key)
    with pytest.raises(AgencyTerminalKnown), database.writing():
        database.register(alias, MUNICIPALITY, NOW, None)


def test_a_registration_by_another_process_is_seen_at_once(
    database: AgencyDatabase, path: Path, terminal: PublicIdentity
) -> None:
    assert database.terminals() == ()
    other = AgencyDatabase(path)
    with other.writing():
        other.register(terminal, MUNICIPALITY, NOW, None)
    other.close()

    assert [record.name for record in database.terminals()] == [TERMINAL]
