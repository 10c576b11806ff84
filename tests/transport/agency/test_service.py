"""What the agency does with requests, called without a line: received, answered, acknowledged, witnessed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.transport.rehearsing import MUNICIPALITY, Rehearsal, record
from transport import bounds, wire
from transport.agency.database import AgencyDatabase
from transport.agency.home import AgencyHome
from transport.agency.records import TerminalRecord
from transport.agency.service import Service
from transport.errors import AgencyTerminalUnknown
from transport.evidence.envelope import Envelope
from transport.evidence.receipts import sign_receipts, verify_receipt
from transport.evidence.witness import verify_witness
from transport.parties.identity import DatedIdentity

DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def database(rehearsal: Rehearsal) -> Iterator[AgencyDatabase]:
    with AgencyHome(rehearsal.home).database() as opened:
        yield opened


@pytest.fixture
def service(rehearsal: Rehearsal, database: AgencyDatabase) -> Service:
    return Service(AgencyHome(rehearsal.home), database)


@pytest.fixture
def terminal(database: AgencyDatabase) -> TerminalRecord:
    (registered,) = database.terminals()
    return registered


def _code(answer: bytes) -> str:
    return str(json.loads(answer)["code"])


def _results(rehearsal: Rehearsal, page: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    opener = rehearsal.peer(port=1).opener(rehearsal.identity)
    raws = [wire.from_base64(item["envelope"], "envelope", bounds.MOST_ENVELOPE_BYTES) for item in page["items"]]
    return [json.loads(opener.open(raw, now=now).content) for raw in raws]


def test_it_says_who_it_is_and_what_time_it_has(service: Service, terminal: TerminalRecord, now: datetime) -> None:
    status = service.status(terminal, now)

    assert (status["protocol"], status["name"], status["municipality"]) == (
        "renkei/1",
        "rehearsal-agency",
        MUNICIPALITY,
    )
    assert wire.from_time(status["time"], "time") == now


def test_each_item_of_a_batch_is_answered_by_itself(
    rehearsal: Rehearsal, service: Service, terminal: TerminalRecord, now: datetime
) -> None:
    good = rehearsal.seal(record())
    receipt, problem = service.take_in(terminal, [good.raw, b"no envelope"], now)

    signers = [DatedIdentity("1", rehearsal.agency, now - DAY)]
    assert verify_receipt(receipt, envelope=good, signers=signers)
    assert _code(problem) == "envelope_malformed"


def test_a_duplicate_gets_the_same_receipt_and_a_conflict_a_problem(
    rehearsal: Rehearsal, service: Service, database: AgencyDatabase, terminal: TerminalRecord, now: datetime
) -> None:
    envelope = rehearsal.seal(record("C-1"))
    other = rehearsal.seal(record("C-2"), envelope.id)
    (receipt,) = service.take_in(terminal, [envelope.raw], now)
    again, conflict = service.take_in(terminal, [envelope.raw, other.raw], now + DAY)

    assert again == receipt
    assert _code(conflict) == "id_conflict"
    assert database.received().alarms == 1


def test_receipts_are_given_again_and_null_for_what_never_came(
    rehearsal: Rehearsal, service: Service, terminal: TerminalRecord, now: datetime
) -> None:
    envelope = rehearsal.seal(record())
    (receipt,) = service.take_in(terminal, [envelope.raw], now)

    assert service.receipts(terminal, ["f" * 32, envelope.id]) == [
        {"id": "f" * 32, "receipt": None},
        {"id": envelope.id, "receipt": wire.to_base64(receipt)},
    ]


def test_a_result_says_accepted_or_refused_with_cause_and_remedy(
    rehearsal: Rehearsal, service: Service, terminal: TerminalRecord, now: datetime
) -> None:
    envelopes = [rehearsal.seal(record("C-1")).raw, rehearsal.seal(record("C-2", delivered_on="")).raw]
    service.take_in(terminal, envelopes, now)
    accepted, refused = _results(rehearsal, service.feed(terminal, 0, 10, now), now)

    assert (accepted["reference"], accepted["outcome"], accepted["cause"]) == ("C-1", "accepted", None)
    assert (refused["reference"], refused["outcome"], refused["code"]) == ("C-2", "refused", "item_missing")
    assert "delivered_on" in refused["cause"]["en"]


def test_pages_of_results_promise_more_until_all_are_there(
    rehearsal: Rehearsal, service: Service, terminal: TerminalRecord, now: datetime
) -> None:
    service.take_in(terminal, [rehearsal.seal(record(f"C-{number}")).raw for number in range(3)], now)
    pages = [service.feed(terminal, after, 2, now) for after in (0, 2, 3)]

    assert [([item["position"] for item in page["items"]], page["more"]) for page in pages] == [
        ([1, 2], True),
        ([3], False),
        ([], False),
    ]


def test_a_receipt_is_taken_only_for_its_own_item(
    rehearsal: Rehearsal, service: Service, database: AgencyDatabase, terminal: TerminalRecord, now: datetime
) -> None:
    service.take_in(terminal, [rehearsal.seal(record(f"C-{number}")).raw for number in range(2)], now)
    service.feed(terminal, 0, 2, now)
    items = [Envelope.read(raw) for _, raw in database.feed(terminal.name, 0, 2)[0]]
    first, second = sign_receipts(items, recipient=rehearsal.identity, received_at=now)
    results = service.acknowledge(terminal, [(1, first), (2, first), (3, second)])

    problems = [result["problem"] and result["problem"]["code"] for result in results]
    assert [result["position"] for result in results] == [1, 2, 3]
    assert problems == [None, "receipt_of_another", "position_unknown"]
    assert database.received().acknowledged == 1


def test_a_checkpoint_below_the_highest_gets_the_statement_about_the_highest(
    rehearsal: Rehearsal, service: Service, terminal: TerminalRecord, now: datetime
) -> None:
    highest = service.witness(terminal, 5, "a" * 64, now)
    technical_log = rehearsal.home / "technical.log"

    assert not technical_log.exists()
    assert service.witness(terminal, 4, "b" * 64, now + DAY) == highest
    assert "log_behind" in technical_log.read_text()
    statement = wire.from_base64(highest["witness"], "witness", 4096)
    signers = [DatedIdentity("1", rehearsal.agency, now - DAY)]
    assert verify_witness(statement, terminal=terminal.name, municipality=MUNICIPALITY, signers=signers).number == 5


def test_nothing_is_sealed_for_a_terminal_out_of_its_period(
    service: Service, terminal: TerminalRecord, now: datetime
) -> None:
    ended = replace(terminal, versions=tuple(replace(dated, valid_to=now) for dated in terminal.versions))

    with pytest.raises(AgencyTerminalUnknown):
        service.sealer(ended, now)
