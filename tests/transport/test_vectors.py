"""The vectors of PROTOCOL.md: read by the program, by hand after the page alone, and by a second implementation."""

import hashlib
import json
import re
import shutil
import struct
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.transport import vectors
from tests.transport.vectors import AGENCY, FILE, MUNICIPALITY, NOW, TERMINAL, VALID_FROM, VALID_TO
from transport import bounds, wire
from transport.agency import texts
from transport.bounds import Bound
from transport.errors import EnvelopeFault, EnvelopeTooLarge, ReceiptFault
from transport.evidence.envelope import MOST_HEADER_BYTES, RETIRED_SUITES, SUITE, Envelope, Opener, Purpose
from transport.evidence.receipts import sign_receipts, verify_receipt
from transport.parties.identity import DatedIdentity, Identity
from transport.parties.signing import SIGNATURE_BYTES

VECTORS: Final[Mapping[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
SECOND: Final = Path(__file__).with_name("second")
_INSTALL_SECONDS: Final = 120
FROM_AGENCY: Final = frozenset({Purpose.NOTICE, Purpose.RESULT})


def _dated(identity: Identity) -> DatedIdentity:
    return DatedIdentity("v1", identity.public, VALID_FROM, VALID_TO)


def _opener(recipient: str) -> Opener:
    if recipient == AGENCY.name:
        return Opener(AGENCY, (_dated(TERMINAL),), MUNICIPALITY, frozenset({Purpose.MESSAGE}))
    return Opener(TERMINAL, (_dated(AGENCY),), MUNICIPALITY, FROM_AGENCY)


def _named(kind: str) -> list[Any]:
    return [pytest.param(vector, id=vector["name"]) for vector in VECTORS[kind]]


# ── The program ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("vector", _named("opened"))
def test_the_program_opens_a_vector(vector: Mapping[str, Any]) -> None:
    opened = _opener(vector["header"]["recipient"]).open(bytes.fromhex(vector["envelope"]), now=NOW)
    assert opened.content == bytes.fromhex(vector["content"])
    assert opened.envelope.digest == vector["envelope_digest"]
    assert json.loads(opened.envelope.header_bytes) == vector["header"]


@pytest.mark.parametrize("vector", _named("opened"))
def test_the_program_makes_and_verifies_the_receipt(vector: Mapping[str, Any]) -> None:
    envelope, receipt = Envelope.read(bytes.fromhex(vector["envelope"])), bytes.fromhex(vector["receipt"])
    recipient = AGENCY if envelope.header.recipient == AGENCY.name else TERMINAL
    answer = verify_receipt(receipt, envelope=envelope, signers=(_dated(recipient),))
    assert answer.envelope_digest == vector["envelope_digest"]
    (alone,) = sign_receipts([envelope], recipient=recipient, received_at=answer.received_at)
    assert receipt.startswith(alone[: -SIGNATURE_BYTES - 4])
    assert (receipt == alone) == (vector["name"] == "a message"), "the others share their signatures"


@pytest.mark.parametrize("vector", _named("refused"))
def test_the_program_refuses_a_vector_with_its_code(vector: Mapping[str, Any]) -> None:
    with pytest.raises(EnvelopeFault) as caught:
        _opener(AGENCY.name).open(bytes.fromhex(vector["envelope"]), now=NOW)
    assert caught.value.code == vector["code"]


@pytest.mark.parametrize("vector", _named("receipts_refused"))
def test_the_program_refuses_a_receipt_with_its_code(vector: Mapping[str, Any]) -> None:
    envelope = Envelope.read(bytes.fromhex(vector["envelope"]))
    with pytest.raises(ReceiptFault) as caught:
        verify_receipt(bytes.fromhex(vector["receipt"]), envelope=envelope, signers=(_dated(AGENCY),))
    assert caught.value.code == vector["code"]


def test_there_is_a_vector_for_every_way_to_refuse() -> None:
    """But for what is too large: its vector would be larger than all others together."""
    for kind, root in (("refused", EnvelopeFault), ("receipts_refused", ReceiptFault)):
        codes = {leaf.code for leaf in root.__subclasses__()} - {EnvelopeTooLarge.code}
        assert {vector["code"] for vector in VECTORS[kind]} == codes


def test_the_committed_file_is_what_the_command_makes() -> None:
    """All but what is random: the envelopes themselves and what follows from them."""
    assert _steady(vectors.make()) == _steady(VECTORS)


def _steady(found: Mapping[str, Any]) -> dict[str, Any]:
    random = {"envelope", "envelope_digest", "receipt", "content_digest"}
    rows = {
        kind: [{name: value for name, value in item.items() if name not in random | {"header"}} for item in found[kind]]
        for kind in ("opened", "refused", "receipts_refused")
    }
    headers = [
        {name: value for name, value in item["header"].items() if name not in random} for item in found["opened"]
    ]
    return {**found, **rows, "headers": headers}


# ── By hand, after the page alone ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("vector", _named("opened"))
def test_the_page_alone_is_enough_to_take_a_vector_apart(vector: Mapping[str, Any]) -> None:
    raw = bytes.fromhex(vector["envelope"])
    assert raw[:4] == bytes.fromhex("524E4B31")
    (header_length,) = struct.unpack(">I", raw[4:8])
    header = raw[8 : 8 + header_length]
    (sealed_length,) = struct.unpack(">I", raw[8 + header_length : 12 + header_length])
    sealed = raw[12 + header_length : 12 + header_length + sealed_length]
    signature = raw[12 + header_length + sealed_length :]
    answer = json.loads(header)
    sender, recipient = (VECTORS["parties"][answer[side]] for side in ("sender", "recipient"))

    signed = b"renkei/1 envelope signature\x00" + raw[4:8] + header + hashlib.sha256(sealed).digest()
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(sender["signing_public"])).verify(signature, signed)

    expanded = hashlib.shake_256(bytes.fromhex(recipient["sealing_seed"])).digest(96)
    key = hpke.MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])
    )
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    plain = suite.decrypt(sealed, key, info=b"renkei/1 envelope seal\x00" + header)

    assert plain[32:].hex() == vector["content"]
    assert answer["content_digest"] == hashlib.sha256(b"renkei/1 content digest\x00" + plain).hexdigest()

    receipt = bytes.fromhex(vector["receipt"])
    (length,) = struct.unpack(">I", receipt[:4])
    body, place, path, proof = (
        receipt[4 : 4 + length],
        receipt[4 + length : 8 + length],
        receipt[8 + length : -64],
        receipt[-64:],
    )
    index, count = struct.unpack(">HH", place)
    assert index == count - 1, "the last leaf, so that whatever stands beside it stands on its left"
    root = hashlib.sha256(b"\x00" + body).digest()
    for start in range(0, len(path), 32):
        root = hashlib.sha256(b"\x01" + path[start : start + 32] + root).digest()
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(recipient["signing_public"])).verify(
        proof, b"renkei/1 receipt signature\x00" + place[2:] + root
    )
    assert json.loads(body)["envelope_digest"] == hashlib.sha256(raw).hexdigest()


# ── A second implementation ───────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second reader with its libraries, installed into a directory of its own."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node or npm is not installed: the second implementation is left out")
    place = tmp_path_factory.mktemp("second")
    for name in ("package.json", "reader.mjs"):
        shutil.copy(SECOND / name, place)
    command = [npm, "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    try:
        subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip("the libraries of the second implementation cannot be installed here: it is left out")
    return place


def _second_says(second: Path, file: Path) -> dict[str, Any]:
    command = ["node", "reader.mjs", str(file)]
    ran = subprocess.run(command, cwd=second, capture_output=True, check=True, timeout=_INSTALL_SECONDS)
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def test_a_second_implementation_agrees_on_all_vectors(second: Path) -> None:
    """Another HPKE library, in another language, written after the page: the same contents and the same refusals."""
    answer = _second_says(second, FILE)

    assert answer["opened"] == [{"content": item["content"], "receipt": "holds"} for item in VECTORS["opened"]]
    assert answer["refused"] == [item["code"] for item in VECTORS["refused"]]
    assert answer["receipts_refused"] == [item["code"] for item in VECTORS["receipts_refused"]]


def test_it_agrees_on_envelopes_made_just_now(second: Path, tmp_path: Path) -> None:
    fresh = vectors.make()
    file = tmp_path / "fresh.json"
    file.write_text(json.dumps(fresh))
    answer = _second_says(second, file)
    assert [item["content"] for item in answer["opened"]] == [item["content"] for item in fresh["opened"]]
    assert answer["refused"] == [item["code"] for item in fresh["refused"]]


def test_the_program_opens_what_the_second_implementation_sealed(second: Path) -> None:
    answer = _second_says(second, FILE)
    for item, vector in zip(answer["sealed"], VECTORS["opened"], strict=True):
        opened = _opener(vector["header"]["recipient"]).open(bytes.fromhex(item), now=NOW)
        assert opened.content.hex() == vector["content"]
        assert opened.header.created_at == wire.from_time(vector["header"]["created_at"], "created_at")


# ── The page itself ───────────────────────────────────────────────────────────────────────────────

PAGE: Final = (Path(wire.__file__).parent / "PROTOCOL.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", sorted(texts.problems()))
def test_every_problem_is_on_the_page(code: str) -> None:
    family = f"{code.split('_', maxsplit=1)[0]}_…"
    assert f"`{code}`" in PAGE or (code.startswith(("envelope_", "receipt_")) and family in PAGE)


@pytest.mark.parametrize("leaf", [*EnvelopeFault.__subclasses__(), *ReceiptFault.__subclasses__()])
def test_every_refusal_is_on_the_page(leaf: type[EnvelopeFault] | type[ReceiptFault]) -> None:
    assert f"`{leaf.code}`" in PAGE


def test_every_endpoint_is_on_the_page() -> None:
    source = (Path(wire.__file__).parent / "agency" / "server.py").read_text(encoding="utf-8")
    endpoints = set(re.findall(r'"(/v1/[a-z]+)"', source))
    assert endpoints == set(re.findall(r"^### 6\.\d `(?:GET|POST) (/v1/[a-z]+)`", PAGE, re.MULTILINE))


def _spelt(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _growth(bound: Callable[[int], Bound]) -> tuple[str, ...]:
    """Return the cells of a bound that grows with the number of items."""
    none, some = bound(0), bound(1)
    grown = [(least, more - least) for least, more in zip(none, some, strict=True)]
    return tuple(f"{_spelt(each)} *n* + {_spelt(least)}" if each else _spelt(least) for least, each in grown)


def test_limits_and_names_are_those_of_the_page() -> None:
    for number in (bounds.MOST_ENVELOPE_BYTES, MOST_HEADER_BYTES, bounds.MOST_BODY_BYTES, bounds.MOST_HEAD_BYTES):
        assert _spelt(number) in PAGE
    assert f"{bounds.MOST_ITEMS} items" in PAGE
    for name in (SUITE, *RETIRED_SUITES, wire.PROTOCOL):
        assert name in PAGE


@pytest.mark.parametrize(
    "row",
    [
        bounds.STATUS,
        bounds.PROBLEM,
        bounds.IDS,
        bounds.QUESTION,
        bounds.WITNESS,
        bounds.SMALL,
        _growth(bounds.receipts),
        _growth(bounds.envelopes),
        _growth(bounds.problems),
    ],
)
def test_bounds_are_those_of_the_page(row: Bound | tuple[str, ...]) -> None:
    cells = map(_spelt, row) if isinstance(row, Bound) else row
    assert f"| {' | '.join(cells)} |" in PAGE
