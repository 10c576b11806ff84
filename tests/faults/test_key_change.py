"""All keys of both sides are renewed while a thousand messages flow: nothing fails, and old receipts still verify."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.errors import PeerFileUnusable, RegistrationIncomplete, RightMissing, TimePast
from console.jobs import exchange
from console.jobs.exchange.kept_bytes import label_of
from console.jobs.messages import review
from console.jobs.peers import line_keys, register
from console.jobs.progress import Progress
from store import clock, queue
from store.log import Event
from tests.console.jobs.site import APPROVER, CUSTODIAN, LONG_AGO, MUNICIPALITY, OPERATOR, PATIENCE, Site, entry, notice
from transport import agency
from transport.errors import AnswerCut, IdentityPending, LineUnreachable
from transport.evidence.envelope import Header, Purpose
from transport.evidence.receipts import Receipt, ReceiptVerifier
from transport.parties.identity import OVERLAP, PublicIdentity

pytestmark = pytest.mark.long

MANY = 1000
PORTION = 100
# The other side registers next keys before their owner uses them; in a test a moment before is enough.
SOON = timedelta(seconds=0.2)


@dataclass
class Flow:
    """Messages that are sent, portion by portion, and their results received, in a thread of its own."""

    site: Site
    numbers: list[int]
    at: dict[int, Callable[[], None]]
    codes: list[str] = field(default_factory=list)
    done: int = 0

    def run(self) -> None:
        """Approve, send and receive everything; at the numbers named, do what is to be done meanwhile."""
        site = self.site
        approver, operator = site.session(APPROVER), site.session(OPERATOR)
        for start in range(0, len(self.numbers), PORTION):
            portion = self.numbers[start : start + PORTION]
            review.approve(site.terminal, approver, portion)
            sent = exchange.send(site.terminal, operator, report=self._report)
            got = exchange.receive(site.terminal, operator)
            self.codes += [item.code for item in (*sent.items, *got.items) if item.code is not None]
            self.codes += [item.interruption.code for item in (sent, got) if item.interruption is not None]
            self.codes += ["missing"] * (sent.unknown + sent.waiting + (got.results != len(portion)))
            self.done += len(portion)

    def _report(self, progress: Progress) -> None:
        due = [number for number in self.at if number <= self.done + progress.done]
        for number in due:
            self.at.pop(number)()


def _renew_terminal(site: Site) -> None:
    made = line_keys.renew(site.terminal, site.session(CUSTODIAN), used_from=clock.now() + SOON)
    agency.register_terminal(
        site.agency_home, PublicIdentity.from_json(made.public), municipality=MUNICIPALITY, valid_from=clock.now()
    )


def _renew_peer(site: Site) -> None:
    public = agency.renew(site.agency_home, clock.now() + SOON).identity.public
    file = site.home.with_name("peer.json")
    file.write_text(public.to_json() + "\n")
    register.register_file(site.terminal, site.session(CUSTODIAN), file, register.PeerChange())


def _renew_both(site: Site) -> None:
    _renew_peer(site)
    _renew_terminal(site)


def test_all_keys_change_while_a_thousand_messages_flow(site: Site) -> None:
    site.terminal.settings = replace(site.terminal.settings, line=replace(site.terminal.settings.line, batch=50))
    numbers = site.take_in([entry(number) for number in range(1, MANY + 1)])
    with site.served():
        flow = Flow(
            site,
            numbers,
            {
                150: lambda: _renew_terminal(site),
                350: lambda: _renew_peer(site),
                550: lambda: _renew_both(site),
            },
        )
        thread = threading.Thread(target=flow.run)
        thread.start()
        thread.join(PATIENCE * 6)
        assert not thread.is_alive()

        assert flow.codes == []
        assert set(site.states(numbers)) == {"accepted"}
        assert site.received() == agency.Holdings(messages=MANY, distinct=MANY, alarms=0, acknowledged=MANY)

    receipts = _receipts(site, numbers)
    assert len(receipts) == MANY
    assert len({receipt.recipient_signing_key for receipt in receipts}) == 3
    assert len({header.sender_key for header in _headers(site, numbers)}) == 3
    assert len({header.recipient_key for header in _headers(site, numbers)}) == 3
    assert len(site.entries(Event.KEYS_PREPARED)) == 2
    assert len(site.entries(Event.PEER_REGISTERED)) == 3
    assert site.entries(Event.LINE_FAILED) == []
    # Long after the former keys have ended, what they signed still verifies.
    with site.terminal.database.reading() as reading:
        ended = [
            version for version in register.versions(reading, site.terminal.vault.rows) if version.valid_to is not None
        ]
    assert len(ended) == 2


def _receipts(site: Site, numbers: list[int]) -> list[Receipt]:
    with site.terminal.database.reading() as reading:
        shipments = queue.shipments_of(reading, numbers)
        signers = register.versions(reading, site.terminal.vault.rows)
    verifier = ReceiptVerifier(signers)
    return [verifier.verify(shipment.receipt or b"", label_of(shipment)) for shipment in shipments.values()]


def _headers(site: Site, numbers: list[int]) -> list[Header]:
    with site.terminal.database.reading() as reading:
        shipments = queue.shipments_of(reading, numbers)
    return [label_of(shipment).header for shipment in shipments.values()]


def test_a_message_sealed_for_the_former_key_arrives_after_the_change(site: Site) -> None:
    """Its bytes are made and kept, and then the line fails until both sides have changed their keys."""
    (number,) = site.approve([entry(1)])
    with site.served() as port:
        made = site.terminal
        site.rewrite("UPDATE peer_version SET port = 1")
        with pytest.raises(LineUnreachable):
            exchange.send(made, site.session(OPERATOR))
        site.rewrite("UPDATE peer_version SET port = ?", port)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("transport.line.client.Line.deliver", _cut)
            assert exchange.send(made, site.session(OPERATOR)).unknown == 1
        _renew_peer(site)
        _renew_terminal(site)
        before = _headers(site, [number])
        _wait_for_change(site)

        assert exchange.send(made, site.session(OPERATOR)).delivered == 1
        assert exchange.receive(made, site.session(OPERATOR)).results == 1
        assert _headers(site, [number]) == before
        assert before[0].sender_key != made.identity.public.signing_key_id


def _cut(*_: object) -> None:
    raise AnswerCut


def _wait_for_change(site: Site) -> None:
    before = [generation for generation in site.terminal.keys.generations() if generation.used_from <= clock.now()]
    deadline = clock.now() + timedelta(seconds=PATIENCE)
    waiting = threading.Event()
    while len(before) < 2:
        waiting.wait(0.05)
        assert clock.now() < deadline
        before = [generation for generation in site.terminal.keys.generations() if generation.used_from <= clock.now()]


def test_the_former_certificate_is_trusted_for_the_overlap_and_no_longer(site: Site) -> None:
    site.register_peer(443, valid_from=LONG_AGO)
    _renew_peer(site)
    begun = clock.now()
    endpoint = register.endpoint(site.terminal)
    assert len(endpoint.certificates_in_force(begun)) == 2
    assert len(endpoint.certificates_in_force(begun + OVERLAP)) == 1
    assert endpoint.in_force(begun).version == "v2"


def test_next_keys_wait_for_their_time_and_are_made_once(site: Site) -> None:
    custodian = site.session(CUSTODIAN)
    made = line_keys.renew(site.terminal, custodian)
    assert not made.in_use
    assert made.used_from is not None
    assert made.used_from > clock.now() + timedelta(days=6)
    with pytest.raises(IdentityPending):
        line_keys.renew(site.terminal, custodian)
    with pytest.raises(TimePast):
        line_keys.renew(site.terminal, custodian, used_from=clock.now() - timedelta(minutes=1))
    shown = line_keys.line_keys(site.terminal, custodian)
    assert [(item.number, item.in_use) for item in shown] == [(1, True), (2, False)]
    assert PublicIdentity.from_json(shown[1].public).fingerprint == shown[1].fingerprint
    (entry,) = site.entries(Event.KEYS_PREPARED)
    assert (entry.actor, entry.detail["version"]) == (CUSTODIAN, 2)


def test_keys_and_peer_are_the_custodians(site: Site) -> None:
    for job in (line_keys.renew, line_keys.line_keys, register.registered):
        with pytest.raises(RightMissing):
            job(site.terminal, site.session(OPERATOR))


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", json.dumps({"name": "x"}).encode()])
def test_a_file_that_no_peer_would_hand_over_is_refused(site: Site, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "peer.json"
    file.write_bytes(content)
    with pytest.raises(PeerFileUnusable):
        register.register_file(site.terminal, site.session(CUSTODIAN), file, register.PeerChange(address="127.0.0.1"))


def test_the_first_version_needs_everything_named(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "peer.json"
    file.write_text(agency.public_identity(site.agency_home).to_json())
    custodian = site.session(CUSTODIAN)
    with pytest.raises(RegistrationIncomplete) as incomplete:
        register.register_file(site.terminal, custodian, file, register.PeerChange(address="127.0.0.1"))
    assert incomplete.value.facts == {"missing": "--port, --legal-basis"}
    whole = register.PeerChange(address="127.0.0.1", port=443, legal_basis="immigration-61-8-2")
    added = register.register_file(site.terminal, custodian, file, whole)
    assert (added.version, added.in_force, added.valid_to) == (1, True, None)


def test_a_notice_posted_across_the_change_is_received(site: Site) -> None:
    with site.served():
        site.feed(notice(1), Purpose.NOTICE, "a" * 32)
        _renew_terminal(site)
        _renew_peer(site)
        _wait_for_change(site)
        site.feed(notice(2), Purpose.NOTICE, "b" * 32)
        assert exchange.receive(site.terminal, site.session(OPERATOR)).received == 2
