"""The peer signs a witness under a fixed context, and the log's bundle checks it: neither room may import the other.

So each room holds the bytes itself, and so does `verify.sh`, which runs without the program.
"""

import re
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from store.log import signing_keys
from store.log.bundle.verification import WITNESS_CONTEXT
from transport.evidence import witness
from transport.parties import signing
from transport.parties.authority import Use
from transport.parties.identity import Identity

NOW = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)


def test_store_and_transport_hold_the_same_context() -> None:
    assert WITNESS_CONTEXT == witness.SIGNED
    assert signing_keys.SIGNATURE_BYTES == signing.SIGNATURE_BYTES


def test_the_script_of_a_bundle_holds_the_same_context() -> None:
    script = (files("store.log.bundle") / "verify.sh").read_text(encoding="utf-8")
    printed = re.findall(r"printf '(renkei/[^']*)\\000'", script)
    assert [text.encode("ascii") + b"\x00" for text in printed] == [WITNESS_CONTEXT]


def test_what_the_peer_signed_verifies_with_the_logs_own_means(tmp_path: Path) -> None:
    peer = Identity.create(tmp_path / "peer", "agency-01", Use.AGENCY)
    raw = witness.issue_witness("t-131041-01", "131041", number=7, checkpoint="ab" * 32, witness=peer, now=NOW)
    body, signature = witness.split_witness(raw)
    assert signing_keys.has_signed(peer.public.signing_key, signature, WITNESS_CONTEXT + body)
    assert not signing_keys.has_signed(peer.public.signing_key, signature, body)
