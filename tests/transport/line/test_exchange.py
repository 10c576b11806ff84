"""The line to a peer that works: messages out, receipts, results and notices back. It shows `transport.line.client`."""

import json
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import pytest

from tests.transport.rehearsing import LONG_AGO, MUNICIPALITY, Rehearsal, notice, record
from transport import agency, bounds
from transport.errors import (
    AgencyNoticeChanged,
    AgencyNoticeMalformed,
    AgencyRefusalUnknown,
    AgencyTerminalKnown,
    AgencyTerminalUnknown,
    LineCancelled,
    PeerIsAnother,
    PeerServesAnother,
    RequestRefused,
)
from transport.evidence.envelope import Envelope, Purpose
from transport.evidence.holdings import Inquiry, Statement
from transport.evidence.receipts import verify_receipt
from transport.line.client import Line, LineLimits
from transport.parties.authority import Use
from transport.parties.identity import DatedIdentity, Identity


def _contents(rehearsal: Rehearsal, line: Line, after: int = 0) -> list[dict[str, Any]]:
    opener = rehearsal.peer().opener(rehearsal.identity)
    page = line.pull(after, 512)
    assert not page.more
    return [json.loads(opener.open(item.envelope, now=datetime.now(UTC)).content) for item in page.items]


def test_the_peer_says_who_it_is_and_what_time_it_is(served: Rehearsal) -> None:
    with served.line() as line:
        status = line.status()

    assert (status.name, status.municipality, status.protocol) == ("rehearsal-agency", MUNICIPALITY, "renkei/1")
    assert abs(status.clock_offset) <= status.uncertainty + 0.001


def test_a_message_is_delivered_with_a_receipt_that_proves_it(served: Rehearsal) -> None:
    envelope = served.seal(record())
    with served.line() as line:
        (delivery,) = line.deliver([envelope.raw])

    assert delivery.id == envelope.id
    assert delivery.problem is None
    assert delivery.receipt is not None
    receipt = verify_receipt(delivery.receipt, envelope=envelope, signers=served.peer().versions)
    assert receipt.envelope_digest == envelope.digest
    assert agency.received(served.home) == agency.Holdings(messages=1, distinct=1, alarms=0, acknowledged=0)


def test_a_batch_gives_a_result_for_each_and_poison_blocks_nobody(served: Rehearsal) -> None:
    good = [served.seal(record(f"C-{n}")) for n in range(3)]
    poison = bytearray(served.seal(record("C-9")).raw)
    poison[-1] ^= 1
    nested = served.seal(b'{"kind":' * 900 + b"0" + b"}" * 900)
    with served.line() as line:
        deliveries = line.deliver([good[0].raw, bytes(poison), good[1].raw, nested.raw, good[2].raw])

    assert [delivery.problem.code if delivery.problem else None for delivery in deliveries] == [
        None,
        "envelope_signature_broken",
        None,
        None,
        None,
    ]
    assert agency.received(served.home).messages == 4
    assert deliveries[1].problem is not None
    assert deliveries[1].problem.incident in (served.home / "technical.log").read_text()


def test_the_same_envelope_gets_the_same_receipt_byte_for_byte(served: Rehearsal) -> None:
    envelope = served.seal(record())
    with served.line() as line:
        first = line.deliver([envelope.raw, envelope.raw])
        again = line.deliver([envelope.raw])
        asked = line.ask([envelope.id])

    receipts = {item.receipt for item in [*first, *again]} | set(asked.values())
    assert len(receipts) == 1
    assert agency.received(served.home).messages == 1


def test_the_same_envelope_from_many_lines_at_once_is_kept_once(served: Rehearsal) -> None:
    envelope = served.seal(record())
    receipts: list[bytes | None] = []
    start = threading.Barrier(6)

    def hand_over() -> None:
        with served.line() as line:
            line.status()
            start.wait()
            receipts.extend(item.receipt for item in line.deliver([envelope.raw]))

    threads = [threading.Thread(target=hand_over) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 6
    assert len(set(receipts)) == 1
    assert agency.received(served.home).messages == 1


def test_the_same_id_with_another_content_is_an_alarm_and_the_first_stands(served: Rehearsal) -> None:
    first = served.seal(record("C-1"))
    second = served.seal(record("C-2"), message_id=first.id)
    with served.line() as line:
        line.deliver([first.raw])
        (refused,) = line.deliver([second.raw])
        (again,) = line.deliver([first.raw])

    assert refused.receipt is None
    assert refused.problem is not None
    assert (refused.problem.code, refused.problem.status, refused.problem.retry) == ("id_conflict", 409, "never")
    assert again.receipt is not None
    assert agency.received(served.home) == agency.Holdings(messages=1, distinct=1, alarms=1, acknowledged=0)


def test_a_conflict_within_one_batch_is_noticed(served: Rehearsal) -> None:
    first = served.seal(record("C-1"))
    second = served.seal(record("C-2"), message_id=first.id)
    with served.line() as line:
        deliveries = line.deliver([first.raw, second.raw])
    assert [delivery.problem is None for delivery in deliveries] == [True, False]


def test_envelopes_that_do_not_fit_in_a_body_go_in_two(served: Rehearsal) -> None:
    content = json.dumps(record(padding="p" * (bounds.MOST_ENVELOPE_BYTES - 4096))).encode()
    envelopes = [served.seal(content).raw for _ in range(70)]
    with served.line() as line:
        deliveries = line.deliver(envelopes)
    assert [delivery.id for delivery in deliveries] == [Envelope.id_of(raw) for raw in envelopes]
    assert all(delivery.receipt for delivery in deliveries)


def test_who_asks_for_what_never_came_is_told_so(served: Rehearsal) -> None:
    envelope, never = served.seal(record()), uuid.uuid4().hex
    with served.line() as line:
        (delivery,) = line.deliver([envelope.raw])
        assert line.ask([never, envelope.id]) == {never: None, envelope.id: delivery.receipt}
        assert line.ask([]) == {}


def _holdings(rehearsal: Rehearsal, line: Line, asked: Inquiry) -> Statement:
    opener = rehearsal.peer().opener(rehearsal.identity, purposes={Purpose.HOLDINGS})
    raw = line.holdings(asked)
    assert raw is not None
    return Statement.from_bytes(opener.open(raw, now=datetime.now(UTC)).content, asked)


def test_the_agency_states_what_it_holds_page_by_page(served: Rehearsal) -> None:
    sent = [served.seal(content) for content in (record("C-1"), b"no record", record("C-3"))]
    before = datetime.now(UTC)
    with served.line() as line:
        line.deliver([envelope.raw for envelope in sent])
        first = _holdings(served, line, Inquiry(LONG_AGO, 0, 2))
        rest = _holdings(served, line, Inquiry(LONG_AGO, first.messages[-1].position, 2))
        none = _holdings(served, line, Inquiry(before + timedelta(hours=1), 0))
    assert (first.more, rest.more, none) == (True, False, Statement((), more=False))
    held = first.messages + rest.messages
    assert [message.id for message in held] == [envelope.id for envelope in sent]
    assert [(message.kind, message.reference) for message in held] == [
        ("certificate_delivery", "C-1"),
        (None, None),
        ("certificate_delivery", "C-3"),
    ]
    assert all(before - timedelta(seconds=1) <= message.received_at for message in held)


def test_an_agency_that_states_no_holdings_is_told_from_one_that_refuses(
    served: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Line, _path: str, *_more: object) -> dict[str, Any]:
        raise RequestRefused(problem=codes.pop(), incident="-")

    codes = ["request_unreadable", "path_unknown"]
    monkeypatch.setattr(Line, "_call", refuse)
    with served.line() as line:
        assert line.holdings(Inquiry(LONG_AGO, 0)) is None
        with pytest.raises(RequestRefused):
            line.holdings(Inquiry(LONG_AGO, 0))


def test_results_come_back_accepted_or_refused_with_cause_and_remedy(served: Rehearsal) -> None:
    agency.refuse(served.home, "C-2", "number_not_current")
    good, ruled, wrong = served.seal(record("C-1")), served.seal(record("C-2")), served.seal(record("C-3", subject="1"))
    with served.line() as line:
        line.deliver([good.raw, ruled.raw, wrong.raw])
        results = _contents(served, line)

    assert results[0] == {
        "message": good.id,
        "kind": "certificate_delivery",
        "reference": "C-1",
        "outcome": "accepted",
        "code": None,
        "cause": None,
        "remedy": None,
    }
    assert [(result["message"], result["outcome"], result["code"]) for result in results[1:]] == [
        (ruled.id, "refused", "number_not_current"),
        (wrong.id, "refused", "item_unknown"),
    ]
    assert "subject" in results[2]["cause"]["ja"]
    assert all(
        result[part][language] for result in results[1:] for part in ("cause", "remedy") for language in ("ja", "en")
    )


def test_a_reference_that_was_taken_is_not_taken_twice_but_a_refused_one_may_be_mended(served: Rehearsal) -> None:
    with served.line() as line:
        for content in (record("C-1"), record("C-1"), record("C-2", delivered_on="today"), record("C-2")):
            line.deliver([served.seal(content).raw])
        results = _contents(served, line)

    assert [result["code"] for result in results] == [None, "reference_known", "item_malformed", None]
    assert agency.received(served.home).distinct == 2


def test_notices_posted_while_serving_arrive_to_the_character(served: Rehearsal) -> None:
    with served.line() as line:
        assert line.pull(0, 10).items == ()
        posted = agency.post(served.home, [notice("N-1"), notice("N-2")])
        arrived = _contents(served, line)

    assert posted == agency.Posted(posted=2, known=0)
    assert arrived == [notice("N-1"), notice("N-2")]


def test_a_notice_is_posted_once(served: Rehearsal) -> None:
    agency.post(served.home, [notice("N-1")])
    assert agency.post(served.home, [notice("N-1"), notice("N-2")]) == agency.Posted(posted=1, known=1)
    with pytest.raises(AgencyNoticeChanged):
        agency.post(served.home, [notice("N-3"), notice("N-1", noticed_on="2026-11-20")])
    with served.line() as line:
        assert [content["reference"] for content in _contents(served, line)] == ["N-1", "N-2"]


def test_what_is_no_notice_is_not_posted(rehearsal: Rehearsal) -> None:
    for wrong, field in (
        ({**notice(), "kind": "resident_record"}, "kind"),
        ({**notice(), "municipality": 131041}, "municipality"),
        ({**notice(), "noticed_on": "yesterday"}, "noticed_on"),
        ({**notice(), "person": "somebody"}, "person.name"),
    ):
        with pytest.raises(AgencyNoticeMalformed) as caught:
            agency.post(rehearsal.home, [notice(), wrong])
        assert caught.value.facts == {"line": "2", "field": field}
    with pytest.raises(AgencyTerminalUnknown):
        agency.post(rehearsal.home, [notice(municipality="131016")])


def test_the_feed_is_paged_in_order_from_any_position(served: Rehearsal) -> None:
    agency.post(served.home, [notice(f"N-{n}") for n in range(5)])
    with served.line() as line:
        line.deliver([served.seal(record(f"C-{n}")).raw for n in range(4)])
        pages, after = [], 0
        while True:
            page = line.pull(after, 2)
            pages.append([item.position for item in page.items])
            after = page.items[-1].position
            if not page.more:
                break
        assert pages == [[1, 2], [3, 4], [5, 6], [7, 8], [9]]
        assert line.pull(9, 2).items == ()
        assert line.pull(3, 2) == line.pull(3, 2)


def test_what_is_acknowledged_is_signed_for(served: Rehearsal) -> None:
    agency.post(served.home, [notice("N-1"), notice("N-2")])
    with served.line() as line:
        items = line.pull(0, 10).items
        assert line.acknowledge(items) == {}
        assert line.acknowledge(items) == {}
    assert agency.received(served.home).acknowledged == 2


def test_an_acknowledgement_of_another_item_is_refused_by_itself(served: Rehearsal) -> None:
    agency.post(served.home, [notice("N-1"), notice("N-2")])
    with served.line() as line:
        first, second = line.pull(0, 10).items
        swapped = type(first)(first.position, second.envelope)
        beyond = type(first)(99, second.envelope)
        problems = line.acknowledge([swapped, second, beyond])

    assert {at: problem.code for at, problem in problems.items()} == {1: "receipt_of_another", 99: "position_unknown"}
    assert agency.received(served.home).acknowledged == 1


def test_each_terminal_has_a_feed_and_ids_of_its_own(served: Rehearsal, tmp_path: Path) -> None:
    second = Identity.create(tmp_path / "second", "131016-01", Use.TERMINAL)
    agency.register_terminal(served.home, second.public, municipality="131016", valid_from=LONG_AGO)
    agency.post(served.home, [notice("N-1"), notice("N-1", municipality="131016")])
    peer = served.peer(municipality="131016")
    with Line(peer, second) as line, served.line() as ours:
        envelope = served.seal(record())
        ours.deliver([envelope.raw])
        (item,) = line.pull(0, 10).items
        assert json.loads(peer.opener(second).open(item.envelope, now=datetime.now(UTC)).content)["municipality"] == (
            "131016"
        )
        assert line.ask([envelope.id]) == {envelope.id: None}
        (stolen,) = line.deliver([envelope.raw])

    assert stolen.problem is not None
    assert stolen.problem.code == "envelope_municipality_foreign"


def test_one_certificate_is_one_terminal(rehearsal: Rehearsal) -> None:
    with pytest.raises(AgencyTerminalKnown):
        agency.register_terminal(rehearsal.home, rehearsal.identity.public, municipality="131016")


def test_a_new_key_of_the_terminal_is_admitted_beside_the_old_one(served: Rehearsal, tmp_path: Path) -> None:
    before = served.seal(record("C-1"))
    renewed = Identity.create(tmp_path / "renewed", served.identity.name, Use.TERMINAL)
    agency.register_terminal(served.home, renewed.public, municipality=MUNICIPALITY)
    with Line(served.peer(), renewed) as line:
        (delivery,) = line.deliver([before.raw])
        assert delivery.receipt is not None
        (item,) = line.pull(0, 10).items

    # The result is sealed for the key that began last.
    assert served.peer().opener(renewed).open(item.envelope, now=datetime.now(UTC)).header.purpose is Purpose.RESULT


def test_a_peer_that_answers_for_another_municipality_gets_no_message(served: Rehearsal) -> None:
    envelope = served.seal(record())
    with served.line(municipality="131016") as line, pytest.raises(PeerServesAnother) as caught:
        line.deliver([envelope.raw])

    assert caught.value.facts == {"found": MUNICIPALITY, "wanted": "131016"}
    assert not caught.value.may_have_arrived
    assert agency.received(served.home).messages == 0


def test_a_peer_of_another_name_gets_no_message(served: Rehearsal) -> None:
    versions = (DatedIdentity("1", served.agency, LONG_AGO),)
    with served.line(name="former-agency", versions=versions) as line, pytest.raises(PeerIsAnother):
        line.deliver([served.seal(record()).raw])
    assert agency.received(served.home).messages == 0


def test_a_refusal_has_to_be_one_that_the_agency_can_explain(rehearsal: Rehearsal) -> None:
    with pytest.raises(AgencyRefusalUnknown):
        agency.refuse(rehearsal.home, "C-1", "because")


def test_a_line_that_was_closed_stays_closed(served: Rehearsal) -> None:
    line = served.line()
    line.status()
    line.close()
    with pytest.raises(LineCancelled):
        line.status()
    with pytest.raises(LineCancelled):
        line.ask([])


def test_a_line_that_lay_still_is_opened_anew(served: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transport.line.client._IDLE_SECONDS", -1.0)
    with served.line(settings=LineLimits()) as line:
        assert line.ask([]) == {}
        assert line.ask([]) == {}


def test_the_clock_of_the_peer_is_measured(served: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(time.time() + 90, tz)

    monkeypatch.setattr("transport.agency.server.datetime", Ahead)
    with served.line() as line:
        assert 89.5 < line.status().clock_offset < 90.5
