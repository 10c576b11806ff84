"""Faults of the line, one row each: its code, its texts in both languages, and the number of its technical record."""

import re
import ssl
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from console.incidents import TECHNICAL_LOG
from console.jobs import exchange
from console.jobs.peers import register
from console.words import LANGUAGES, Words
from store import clock
from store.log import Event
from tests.console.jobs.site import AGENCY, LONG_AGO, MUNICIPALITY, OPERATOR, Site, entry, free_port, notice
from tests.faults.impostors import (
    DAY,
    answering,
    http_answer,
    in_clear,
    problem,
)
from tests.faults.scenes import Scene, Told
from transport import agency, bounds, wire
from transport.agency.home import AgencyHome
from transport.evidence.envelope import Envelope, Purpose, Sealer
from transport.evidence.receipts import sign_receipts
from transport.line.client import Line
from transport.parties.authority import RehearsalAuthority, Use, Validity

_INCIDENT: Final = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6,8}")


# ── The line ──────────────────────────────────────────────────────────────────────────────────────


def _no_peer(scene: Scene) -> Told:
    return scene.send()


def _nobody_there(scene: Scene) -> Told:
    scene.site.register_peer(free_port())
    return scene.send()


def _silent(scene: Scene) -> Told:
    scene.hurry()
    scene.listen(lambda connection, _: _wait(connection))
    return scene.send()


def _wait(connection: Any) -> None:
    while connection.recv(4096):
        continue


def _impostor(scene: Scene) -> Told:
    scene.listen(answering(scene.certified("impostor").context()), scene.certified("registered").pem)
    return scene.send()


def _certificate(**how: Any) -> Callable[[Scene], Told]:
    def induce(scene: Scene) -> Told:
        made = scene.certified(**how)
        scene.listen(answering(made.context()), made.pem)
        return scene.send()

    return induce


def _in_clear(scene: Scene) -> Told:
    scene.listen(in_clear(b"SSH-2.0-OpenSSH_9.2\r\n"))
    return scene.send()


def _old_tls(scene: Scene) -> Told:
    made = scene.certified()
    scene.listen(answering(made.context(newest=ssl.TLSVersion.TLSv1_2)), made.pem)
    return scene.send()


def _not_admitted(scene: Scene) -> Told:
    now = clock.now()
    agency.register_terminal(
        scene.site.agency_home,
        scene.site.terminal.identity.public,
        municipality=MUNICIPALITY,
        valid_from=LONG_AGO,
        valid_to=now - DAY,
    )
    scene.serve()
    return scene.send()


def _name_for_address(scene: Scene) -> Told:
    scene.site.register_peer(443)
    scene.site.rewrite("UPDATE peer_version SET address = 'agency.example'")
    return scene.send()


def _greets(**status: Any) -> Callable[[Scene], Told]:
    def induce(scene: Scene) -> Told:
        scene.script(**status)
        return scene.send()

    return induce


def _clock_apart(scene: Scene) -> Told:
    scene.script(time=wire.to_time(datetime.now(UTC) + timedelta(seconds=400)))
    return scene.send()


def _answers(answer: bytes | None) -> Callable[[Scene], Told]:
    def induce(scene: Scene) -> Told:
        scene.hurry()
        scene.script({"/v1/messages": answer})
        return scene.send()

    return induce


# ── Our own keys ──────────────────────────────────────────────────────────────────────────────────


def _key_missing(scene: Scene) -> Told:
    scene.site.register_peer(443)
    scene.key_file("signing.key").unlink()
    return scene.send()


def _key_exposed(scene: Scene) -> Told:
    scene.site.register_peer(443)
    scene.key_file("tls.key").chmod(0o644)
    return scene.send()


def _key_damaged(scene: Scene) -> Told:
    scene.site.register_peer(443)
    scene.key_file("sealing.covered").write_bytes(b"short")
    return scene.send()


def _put_tls_key(scene: Scene, *, begin: timedelta, with_certificate: bool) -> None:
    scene.site.register_peer(443)
    name = scene.site.terminal.settings.terminal.id
    key = ec.generate_private_key(ec.SECP256R1())
    since = datetime.now(UTC).replace(microsecond=0) + begin
    made = scene.authority.issue(name, key.public_key(), Use.TERMINAL, period=Validity(since, since + DAY))
    scene.key_file("tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    if with_certificate:
        scene.key_file("tls.crt").write_bytes(made.public_bytes(Encoding.PEM))


def _key_of_another(scene: Scene) -> Told:
    _put_tls_key(scene, begin=-DAY / 2, with_certificate=False)
    return scene.send()


def _own_certificate(begin: timedelta) -> Callable[[Scene], Told]:
    def induce(scene: Scene) -> Told:
        _put_tls_key(scene, begin=begin, with_certificate=True)
        return scene.send()

    return induce


# ── What the peer says of a message ───────────────────────────────────────────────────────────────


def _kept_receipt(scene: Scene, change: Callable[[bytes], bytes]) -> Told:
    """Deliver, change the receipt that the agency keeps, and ask for it again."""
    scene.serve()
    done = exchange.send(scene.site.terminal, scene.site.session(OPERATOR))
    assert done.delivered == 1
    scene.site.rewrite("UPDATE message SET state = 'sending'")
    with AgencyHome(scene.site.agency_home).database() as database, database.writing():
        ((receipt,),) = database._db.execute("SELECT receipt FROM message").fetchall()
        database._db.execute("UPDATE message SET receipt = ?", (change(receipt),))
    return scene.send()


def _receipt_changed(scene: Scene) -> Told:
    return _kept_receipt(scene, lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]))


def _receipt_cut(scene: Scene) -> Told:
    return _kept_receipt(scene, lambda raw: raw[:-1])


def _receipt_by_stranger(scene: Scene) -> Told:
    def change(_: bytes) -> bytes:
        with AgencyHome(scene.site.agency_home).database() as database:
            ((raw,),) = database._db.execute("SELECT envelope FROM message").fetchall()
        return sign_receipts([Envelope.read(raw)], recipient=scene.site.terminal.identity, received_at=clock.now())[0]

    return _kept_receipt(scene, change)


def _conflict(scene: Scene) -> Told:
    scene.serve()
    sealer = Sealer(scene.site.terminal.identity, agency.public_identity(scene.site.agency_home), MUNICIPALITY, "v1")
    uid = scene.site.row(1).uid
    first = sealer.seal(b"{}", message_id=uid, purpose=Purpose.MESSAGE, created_at=clock.now())
    with Line(register.endpoint(scene.site.terminal), scene.site.terminal.identity) as line:
        line.deliver([first.raw])
    return scene.send()


# ── What comes from the peer ──────────────────────────────────────────────────────────────────────


def _comes(content: Mapping[str, Any] | bytes, purpose: Purpose) -> Callable[[Scene], Told]:
    def induce(scene: Scene) -> Told:
        scene.serve()
        scene.feed(content, purpose)
        return scene.receive()

    return induce


def _envelope_changed(scene: Scene) -> Told:
    scene.serve()
    home, uid = AgencyHome(scene.site.agency_home), uuid.uuid4().hex
    sealer = Sealer(home.identity(clock.now()), scene.site.terminal.identity.public, MUNICIPALITY, "1")
    raw = sealer.seal(b"{}", message_id=uid, purpose=Purpose.NOTICE, created_at=clock.now()).raw
    scene.site.feed_raw(uid, raw[:-1])
    return scene.receive()


def _replayed(scene: Scene) -> Told:
    scene.serve()
    uid = uuid.uuid4().hex
    scene.feed(notice(1), Purpose.NOTICE, uid)
    with AgencyHome(scene.site.agency_home).database() as database:
        raw = database.envelope_at(scene.site.terminal.identity.name, 1)
    assert raw is not None
    scene.site.feed_raw(uid, raw)
    return scene.receive()


def _said_differently(scene: Scene) -> Told:
    scene.serve()
    scene.feed(notice(1), Purpose.NOTICE)
    scene.feed(notice(1, noticed_on="2026-11-18"), Purpose.NOTICE)
    return scene.receive()


def _result(scene: Scene, **changes: Any) -> Told:
    scene.serve()
    row = scene.site.row(1)
    known = {"message": row.uid, "kind": row.kind, "reference": row.reference, "outcome": "accepted"}
    scene.feed({**known, "code": None, "cause": None, "remedy": None, **changes}, Purpose.RESULT)
    return scene.receive()


def _result_of_another(scene: Scene) -> Told:
    return _result(scene, reference="R-999999")


def _result_of_none(scene: Scene) -> Told:
    return _result(scene, message="0" * 32)


def _result_too_early(scene: Scene) -> Told:
    return _result(scene)


@dataclass(frozen=True)
class Row:
    """A fault: how it is induced, its code, and whether its number is in the technical log: not where none is due."""

    induce: Callable[[Scene], Told]
    code: str
    recorded: bool = True


_TOO_LARGE: Final = f"HTTP/1.1 200 OK\r\nContent-Length: {bounds.MOST_BODY_BYTES + 1}\r\n\r\n".encode()
_REFUSED: Final = http_answer(problem(413, "request_too_large"), status="413 Too Large", problem=True)
_FAILED: Final = http_answer(problem(500, "agency_failed"), status="500 Failed", problem=True)
_REDIRECT: Final = b"HTTP/1.1 307 Moved\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"

TABLE: Final[Mapping[str, Row]] = {
    "no peer is registered": Row(_no_peer, "peer_missing", recorded=False),
    "nobody listens": Row(_nobody_there, "line_unreachable"),
    "somebody listens and says nothing": Row(_silent, "line_timeout"),
    "an impostor of the same authority": Row(_impostor, "peer_not_trusted"),
    "the peer's certificate has ended": Row(_certificate(begin=-3 * DAY), "peer_certificate_expired"),
    "the peer's certificate has not begun": Row(_certificate(begin=DAY), "peer_certificate_not_yet_valid"),
    "the peer's certificate is a terminal's": Row(_certificate(use=Use.TERMINAL), "peer_certificate_misused"),
    "no TLS": Row(_in_clear, "peer_not_secured"),
    "TLS 1.2": Row(_old_tls, "peer_tls_too_old"),
    "the peer does not admit us": Row(_not_admitted, "terminal_not_trusted"),
    "a name for an address": Row(_name_for_address, "endpoint_invalid"),
    "the peer has another name": Row(_greets(name="somebody"), "peer_is_another"),
    "the peer serves another municipality": Row(_greets(municipality="131016"), "peer_serves_another"),
    "the peer speaks another protocol": Row(_greets(protocol="renkei/2"), "protocol_unknown"),
    "the clocks are apart": Row(_clock_apart, "clocks_apart"),
    "no answer": Row(_answers(None), "answer_timeout"),
    "half an answer": Row(_answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), "answer_cut"),
    "an answer that is none": Row(_answers(http_answer(b"no parts at all")), "answer_malformed"),
    "an answer without end": Row(_answers(_TOO_LARGE), "answer_too_large"),
    "a redirect": Row(_answers(_REDIRECT), "answer_redirects"),
    "the peer refuses the request": Row(_answers(_REFUSED), "request_refused"),
    "the peer fails": Row(_answers(_FAILED), "peer_failed"),
    "a key file is gone": Row(_key_missing, "identity_missing"),
    "a key file can be read by others": Row(_key_exposed, "identity_exposed"),
    "a key file is damaged": Row(_key_damaged, "identity_damaged"),
    "key and certificate do not belong together": Row(_key_of_another, "identity_mismatch"),
    "our certificate has ended": Row(_own_certificate(-3 * DAY), "certificate_expired"),
    "our certificate has not begun": Row(_own_certificate(DAY), "certificate_not_yet_valid"),
    "a receipt was changed": Row(_receipt_changed, "receipt_signature_broken"),
    "a receipt was cut": Row(_receipt_cut, "receipt_malformed"),
    "a receipt by somebody else": Row(_receipt_by_stranger, "receipt_key_unknown"),
    "the peer knows our id for something else": Row(_conflict, "id_conflict"),
    "an envelope was cut": Row(_envelope_changed, "envelope_truncated"),
    "an envelope comes twice": Row(_replayed, "item_replayed"),
    "a notice is said differently": Row(_said_differently, "notice_conflict"),
    "a notice that breaks the rules": Row(_comes({"kind": "agency_notice"}, Purpose.NOTICE), "notice_unfit"),
    "a notice that is no text": Row(_comes(b"\xff", Purpose.NOTICE), "item_unreadable"),
    "a result that says nothing": Row(_comes({}, Purpose.RESULT), "result_unfit"),
    "a result under another reference": Row(_result_of_another, "result_of_another"),
    "a result of no message": Row(_result_of_none, "result_of_none"),
    "a result of what was never sent": Row(_result_too_early, "result_unexpected"),
}


@pytest.fixture(scope="module")
def authority() -> RehearsalAuthority:
    return RehearsalAuthority()


@pytest.fixture
def scene(site: Site, tmp_path: Path, authority: RehearsalAuthority) -> Iterator[Scene]:
    site.approve([entry(1)])
    with _stack() as stack:
        yield Scene(site, tmp_path, authority, stack)


@contextmanager
def _stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_the_table_is_long_enough_and_names_each_code_once() -> None:
    codes = [row.code for row in TABLE.values()]
    assert len(codes) >= 25
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("name", TABLE)
def test_a_fault_is_told_in_both_languages_and_recorded(scene: Scene, name: str) -> None:
    row = TABLE[name]
    answer = row.induce(scene)

    assert answer.code == row.code
    for language in LANGUAGES:
        words = Words(language)
        text, unknown = words.fault(answer.code, answer.facts), words.fault("no_such_code")
        assert text.remedy not in {"", unknown.remedy}
        assert text.cause not in {"", unknown.cause}
        # Whatever is to be filled in is there.
        assert "?" not in text.cause + text.remedy
    _check_record(scene.site, answer, recorded=row.recorded)


def _check_record(site: Site, answer: Told, *, recorded: bool) -> None:
    if not recorded:
        assert answer.incident is None
        return
    assert answer.incident is not None
    assert _INCIDENT.fullmatch(answer.incident)
    (line,) = [
        line for line in (site.home / TECHNICAL_LOG).read_text().splitlines() if line.startswith(answer.incident)
    ]
    assert answer.code in line
    assert AGENCY not in line
    # The log of the terminal names the same number, so that one leads to the other.
    assert answer.incident in {entry.detail.get("incident") for entry in site.entries(*Event)}
