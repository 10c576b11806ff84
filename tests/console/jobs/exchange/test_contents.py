"""What the peer signed is still read with care: a result of the proper form, or a notice that passes every rule."""

import json
from typing import Any

from console.errors import ConsoleError
from console.jobs.exchange.contents import ItemContent, is_about, kept_of, signed_in, words_in
from store import clock, queue
from store.message.canonical import decode, encode
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import MUNICIPALITY, Site, entry, notice
from transport import agency
from transport.agency.home import AgencyHome
from transport.evidence.envelope import Envelope, Opened, Purpose, Sealer
from transport.parties.identity import DatedIdentity

RESULT = {"message": "ab" * 16, "kind": "resident_record", "reference": "R-1", "outcome": "refused", "code": "unknown"}


def opened(site: Site, content: bytes, purpose: Purpose) -> Opened:
    """Return an item of the agency's feed as the terminal opened it."""
    identity = AgencyHome(site.agency_home).identity(clock.now())
    sealer = Sealer(identity, site.terminal.identity.public, MUNICIPALITY, "1")
    sealed = sealer.seal(content, message_id="cd" * 16, purpose=purpose, created_at=clock.now())
    sender = DatedIdentity("v1", agency.public_identity(site.agency_home), clock.now(), None)
    return Opened(Envelope.read(sealed.raw), sender, content, bytes(32))


def code_of(site: Site, content: bytes, purpose: Purpose) -> str:
    try:
        ItemContent.read(opened(site, content, purpose), site.terminal, clock.now())
    except ConsoleError as error:
        return error.code
    return ""


@ON_SQLITE
def test_a_notice_that_passes_the_rules_is_read(site: Site) -> None:
    read = ItemContent.read(opened(site, encode(notice(1)), Purpose.NOTICE), site.terminal, clock.now())
    assert read.notice is not None
    assert read.notice.reference == "N-000001"


@ON_SQLITE
def test_what_passes_no_rule_or_is_no_record_is_refused_by_its_code(site: Site) -> None:
    cases: list[tuple[bytes, Purpose, str]] = [
        (b"\xff", Purpose.NOTICE, "item_unreadable"),
        (b"[1]", Purpose.RESULT, "item_unreadable"),
        (encode(notice(1, noticed_on="never")), Purpose.NOTICE, "notice_unfit"),
        # One of our own messages is no notice, however good it is.
        (encode(entry(1)), Purpose.NOTICE, "notice_unfit"),
        (encode(RESULT), Purpose.RESULT, ""),
    ]
    assert [code_of(site, content, purpose) for content, purpose, _ in cases] == [code for *_, code in cases]


@ON_SQLITE
def test_a_field_of_a_result_that_has_another_form_is_refused(site: Site) -> None:
    changes: list[dict[str, Any]] = [
        {"outcome": "perhaps"},
        {"outcome": None},
        {"message": 7},
        # A code goes into the log and is a single word: free text could name a person.
        {"code": "HOSSAIN RAFIQ"},
        {"code": "a" * 65},
        {"code": ["unknown"]},
        {"cause": "only one language"},
        {"remedy": {"ja": 7}},
    ]
    for change in changes:
        assert code_of(site, encode({**RESULT, **change}), Purpose.RESULT) == "result_unfit", change


@ON_SQLITE
def test_a_lone_surrogate_could_not_be_stored(site: Site) -> None:
    raw = encode(RESULT).replace(b'"R-1"', b'"\\ud800"')
    assert code_of(site, raw, Purpose.RESULT) in {"result_unfit", "item_unreadable"}


@ON_SQLITE
def test_a_result_is_kept_as_the_peer_wrote_it_with_what_proves_that(site: Site) -> None:
    words = {"cause": {"ja": "該当者なし", "en": "nobody"}, "remedy": None}
    # Not as this side would write it: what was signed is kept byte for byte.
    content = json.dumps({**RESULT, **words}, indent=1).encode()
    kept = kept_of(opened(site, content, Purpose.RESULT))
    assert words_in(kept) == {**RESULT, **words}
    assert signed_in(kept) == (content, bytes(32))
    assert decode(kept) == {"content": content.decode(), "salt": "00" * 32}
    assert words_in(encode(words)) == words, "an older program kept the explanation alone"
    assert signed_in(encode(words)) == (b"", b"")


@ON_SQLITE
def test_a_result_names_its_message_and_a_refusal_may_leave_out_what_was_not_read(site: Site) -> None:
    (number,) = site.take_in([entry(1)])
    row: queue.MessageRow = site.row(number)
    named = {"kind": row.kind, "reference": row.reference}
    for outcome in ("accepted", "refused"):
        assert is_about({**named, "outcome": outcome}, row)
        assert not is_about({**named, "outcome": outcome, "reference": "R-999999"}, row)
    assert is_about({"outcome": "refused"}, row)
    assert not is_about({"outcome": "accepted"}, row)
