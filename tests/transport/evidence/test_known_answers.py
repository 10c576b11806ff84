"""Fixed keys in, fixed bytes out, for what the vectors of PROTOCOL.md do not hold.

Envelopes, receipts and key ids are in `tests/transport/envelope_vectors.json`, Merkle trees in `test_merkle.py`. Here
are the witness (`transport.evidence.witness`), which lies in the log's exports for ever, and the text form in which an
identity is handed over and registered (`transport.parties.identity`).
"""

from base64 import b64encode
from typing import Final

from tests.transport.vectors import AGENCY, MUNICIPALITY, NOW, TERMINAL, VALID_FROM
from transport.evidence.witness import issue_witness, verify_witness
from transport.parties.identity import DatedIdentity, PublicIdentity

WITNESS: Final = (
    b"\x00\x00\x01\x24"
    b'{"checkpoint":"abababababababababababababababababababababababababababababababab","municipality":"131041",'
    b'"number":7,"protocol":"renkei/1","terminal":"131041-01","witness":"rehearsal-agency",'
    b'"witness_signing_key":"50544e4e1113f2064166e7b867b6b2e9","witnessed_at":"2026-11-23T07:15:00.000000Z"}'
    + bytes.fromhex(
        "b64bfa3612e995c5566c27c9b454f2954abcf2fa9fafd86e4a19c20ac0076238"
        "b724ab79365fd5f4174e928b52b09cff8eaba4b96c7349282693850e2da93d02"
    )
)


def test_a_witness_has_the_bytes_that_are_kept() -> None:
    name = TERMINAL.name
    assert issue_witness(name, MUNICIPALITY, number=7, checkpoint="ab" * 32, witness=AGENCY, now=NOW) == WITNESS
    signers = [DatedIdentity("v1", AGENCY.public, VALID_FROM)]
    statement = verify_witness(WITNESS, terminal=name, municipality=MUNICIPALITY, signers=signers)
    assert (statement.number, statement.checkpoint, statement.witnessed_at) == (7, "ab" * 32, NOW)


def test_an_identity_has_the_text_that_is_registered() -> None:
    public = AGENCY.public
    certificate = public.certificate_pem.replace("\n", "\\n")
    sealing_key, signing_key = (b64encode(key).decode("ascii") for key in (public.sealing_key, public.signing_key))
    text = (
        f'{{"certificate":"{certificate}","name":"rehearsal-agency","sealing_key":"{sealing_key}",'
        f'"signing_key":"{signing_key}"}}'
    )
    assert signing_key == "orXsiE9cYtqAlCXRIbKvrsALbFw84xZZuDWWyPhh/HA="
    assert public.to_json() == text
    assert PublicIdentity.from_json(text) == public


def test_keys_have_the_ids_that_stand_in_envelopes_and_receipts() -> None:
    assert AGENCY.public.signing_key_id == "50544e4e1113f2064166e7b867b6b2e9"
    assert AGENCY.public.sealing_key_id == "182e7689aadfc3daa2010f65b9567577"
