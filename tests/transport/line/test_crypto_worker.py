"""Sealing and verifying many: here, in a process beside this one, and when that process is lost."""

import os
import select
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from transport.errors import EnvelopeTooLarge
from transport.evidence.envelope import Envelope, Opener, Purpose, Sealer
from transport.evidence.receipts import sign_receipts
from transport.line.crypto_worker import (
    CryptoWorker,
    CryptoWorkerProcess,
    LocalCryptoWorker,
    PlainContent,
    Proof,
    SealedEnvelope,
)
from transport.parties.authority import Use
from transport.parties.identity import DatedIdentity, Identity

MUNICIPALITY = "131041"
NOW = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.create(tmp_path_factory.mktemp("keys") / "agency", "agency", Use.AGENCY)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.create(tmp_path_factory.mktemp("keys") / "terminal", "131041-01", Use.TERMINAL)


@pytest.fixture
def sealer(terminal: Identity, agency: Identity) -> Sealer:
    return Sealer(terminal, agency.public, MUNICIPALITY, "v1")


@contextmanager
def process() -> Iterator[CryptoWorkerProcess]:
    with CryptoWorkerProcess() as worker:
        yield worker


@pytest.fixture(params=["here", "beside"])
def worker(request: pytest.FixtureRequest) -> Iterator[CryptoWorker]:
    if request.param == "here":
        yield LocalCryptoWorker()
        return
    with process() as beside:
        yield beside


def contents(number: int) -> list[PlainContent]:
    return [PlainContent(uuid.uuid4().hex, f"content {place}".encode()) for place in range(number)]


def proofs(sealed: list[SealedEnvelope], recipient: Identity) -> list[Proof]:
    envelopes = [Envelope.read(item.raw) for item in sealed]
    receipts = [sign_receipts([envelope], recipient=recipient, received_at=NOW)[0] for envelope in envelopes]
    return [Proof(receipt, envelope.label) for receipt, envelope in zip(receipts, envelopes, strict=True)]


def test_what_is_sealed_opens_in_the_same_order(
    worker: CryptoWorker, sealer: Sealer, terminal: Identity, agency: Identity
) -> None:
    given = contents(20)
    sealed = worker.seal(sealer, given, NOW).result(60)
    opener = Opener(agency, [DatedIdentity("v1", terminal.public, NOW)], MUNICIPALITY, {Purpose.MESSAGE})
    opened = [opener.open(item.raw, now=NOW) for item in sealed]
    assert [(item.header.id, item.content) for item in opened] == given
    assert [item.envelope.digest for item in opened] == [item.digest.hex() for item in sealed]
    assert [item.header.content_digest for item in opened] == [item.content_digest.hex() for item in sealed]
    assert [item.envelope.header_bytes for item in opened] == [item.header for item in sealed]


def test_only_receipts_that_prove_something_verify(worker: CryptoWorker, sealer: Sealer, agency: Identity) -> None:
    sealed = worker.seal(sealer, contents(4), NOW).result(60)
    first, second, third, fourth = proofs(sealed, agency)
    given = [
        first,
        second._replace(receipt=second.receipt[:-1] + bytes([second.receipt[-1] ^ 1])),
        third._replace(receipt=fourth.receipt),
        fourth,
    ]
    signers = [DatedIdentity("1", agency.public, NOW)]
    assert worker.verify(given, signers).result(60) == [True, False, False, True]


def test_the_process_does_the_work_itself(sealer: Sealer, agency: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    def here(*_: object) -> None:
        raise AssertionError("this process did the work that the other one is there for")

    monkeypatch.setattr("transport.line.crypto_worker._seal_all", here)
    monkeypatch.setattr("transport.line.crypto_worker._verify_all", here)
    with process() as beside:
        sealed = beside.seal(sealer, contents(3), NOW).result(60)
        verified = beside.verify(proofs(sealed, agency), [DatedIdentity("1", agency.public, NOW)])
        assert verified.result(60) == [True, True, True]


def test_envelopes_made_elsewhere_are_verified_as_well(sealer: Sealer, agency: Identity) -> None:
    sealed = LocalCryptoWorker().seal(sealer, contents(3), NOW).result()
    with process() as beside:
        verified = beside.verify(proofs(sealed, agency), [DatedIdentity("1", agency.public, NOW)])
        assert verified.result(60) == [True, True, True]


def test_what_cannot_be_sealed_is_told(worker: CryptoWorker, sealer: Sealer) -> None:
    future = worker.seal(sealer, [PlainContent(uuid.uuid4().hex, bytes(70_000))], NOW)
    with pytest.raises(EnvelopeTooLarge):
        future.result(60)


def test_what_a_lost_process_was_to_do_is_done_here(sealer: Sealer) -> None:
    with process() as beside:
        assert beside.seal(sealer, contents(1), NOW).result(60)
        os.kill(beside.process_id, signal.SIGKILL)
        futures = [beside.seal(sealer, contents(50), NOW) for _ in range(3)]
        assert [len(future.result(60)) for future in futures] == [50, 50, 50]


def test_closing_ends_the_process_and_gives_up_what_is_left(sealer: Sealer) -> None:
    with process() as beside:
        futures = [beside.seal(sealer, contents(200), NOW) for _ in range(5)]
        number = beside.process_id
    assert futures[-1].cancelled() or futures[-1].done()
    assert not Path(f"/proc/{number}").exists()


def test_process_ends_when_its_parent_is_killed() -> None:
    program = (
        "import time; from transport.line.crypto_worker import CryptoWorkerProcess\n"
        "beside = CryptoWorkerProcess(); print(beside.process_id, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    handle = os.pidfd_open(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    try:
        readable, _, _ = select.select([handle], [], [], 30)
        assert readable, "the process outlived its parent"
    finally:
        os.close(handle)
