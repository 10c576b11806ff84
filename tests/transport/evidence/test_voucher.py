"""What remains of an envelope proves who sent which content, and nothing else."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest

from transport.errors import EnvelopeFault
from transport.evidence.envelope import Opened, Opener, Purpose, Sealer
from transport.evidence.receipts import sign_receipts
from transport.evidence.voucher import Voucher, header_of
from transport.parties.authority import Use
from transport.parties.identity import DatedIdentity, Identity

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)
CONTENT = b'{"outcome":"accepted"}'


class Case(NamedTuple):
    opened: Opened
    terminal: Identity
    senders: list[DatedIdentity]
    kept: bytes

    def fault(self, change: Callable[["Voucher"], "Voucher"] = lambda voucher: voucher, **given: object) -> str:
        """Return the code with which a changed voucher, content, salt or list of senders is refused."""
        arguments = {"content": CONTENT, "salt": self.opened.salt, "senders": self.senders, **given}
        with pytest.raises(EnvelopeFault) as caught:
            change(Voucher.read(self.kept)).verify(**arguments)  # type: ignore[arg-type]  # Of any type on purpose.
        return caught.value.code


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    home: Path = tmp_path_factory.mktemp("voucher")
    terminal = Identity.create(home / "terminal", "131041-01", Use.TERMINAL)
    agency = Identity.create(home / "agency", "rehearsal-agency", Use.AGENCY)
    sealer = Sealer(agency, terminal.public, "131041", "1")
    made = sealer.seal(CONTENT, message_id=uuid.uuid4().hex, purpose=Purpose.RESULT, created_at=NOW)
    senders = [DatedIdentity("1", agency.public, NOW - timedelta(days=1))]
    opened = Opener(terminal, senders, "131041", {Purpose.RESULT}).open(made.raw, now=NOW)
    return Case(opened, terminal, senders, Voucher.of(opened.envelope).to_bytes())


def test_it_proves_the_content_with_its_salt(case: Case) -> None:
    assert Voucher.read(case.kept).verify(CONTENT, case.opened.salt, senders=case.senders) == case.opened.header
    assert len(case.kept) < len(case.opened.envelope.raw) / 2


def test_anything_else_it_does_not_prove(case: Case) -> None:
    later = [DatedIdentity("1", case.senders[0].public, NOW + timedelta(seconds=1))]
    assert case.fault(content=CONTENT + b" ") == "envelope_content_changed"
    assert case.fault(salt=bytes(32)) == "envelope_content_changed"
    assert case.fault(senders=[]) == "envelope_sender_unknown"
    assert case.fault(senders=later) == "envelope_sender_key_not_in_force"
    assert case.fault(lambda voucher: voucher._replace(sealed_digest=bytes(32))) == "envelope_signature_broken"
    assert case.fault(lambda voucher: voucher._replace(signature=bytes(64))) == "envelope_signature_broken"
    other = case.opened.header._replace(id="0" * 32).to_bytes()
    assert case.fault(lambda voucher: voucher._replace(header_bytes=other)) == "envelope_signature_broken"
    assert case.fault(lambda voucher: voucher._replace(header_bytes=b"{}")) == "envelope_malformed"


def test_an_acknowledgement_takes_no_more_than_its_header(case: Case) -> None:
    envelope = case.opened.envelope
    assert header_of(case.kept) == header_of(envelope.raw) == envelope.header
    whole, remaining = (
        sign_receipts([each], recipient=case.terminal, received_at=NOW) for each in (envelope, envelope.label)
    )
    assert whole == remaining


@pytest.mark.parametrize("kept", [b"", bytes(96)])
def test_too_few_bytes_are_none(kept: bytes) -> None:
    with pytest.raises(EnvelopeFault) as caught:
        header_of(kept)
    assert caught.value.code == "envelope_truncated"
