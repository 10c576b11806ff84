"""The one byte form of a message, as it is sealed, digested and sent: digests of it are kept for ever.

A message of each kind beside its bytes, so that a change of the form, of an item's name or of a code shows.
"""

from typing import Final

import pytest

from store.message.canonical import decode, encode
from store.message.errors import ContentDamaged
from tests.store.message.specimens import good, judge

PERSON: Final = (
    '"person":{"address":"東京都新宿区架空町一丁目2番3号","birth_date":"1990-02-28","name":"HOSSAIN RAFIQ",'
    '"nationality":"BGD","sex":"male"}'
)
NOTICED: Final = PERSON.replace('"HOSSAIN RAFIQ",', '"HOSSAIN RAFIQ","name_kanji":"邊\U000e0100\U0002000b",')
KNOWN: Final = {
    "move_within": (
        '{"action":"correction","basis":{"article":"juki-23","kind":"report","reported_on":"2026-11-19"},'
        '"card_number":"AB12345678CD","category":"mid_long_term","corrected":["address"],"kind":"resident_record",'
        f'"municipality":"131041","occurred_at":"2026-11-20T09:30:00+09:00",{PERSON},'
        '"previous_address":"東京都新宿区仮設町9番9号","reference":"X-0004","subject":"0000000004"}'
    ),
    "status_housed": (
        '{"article":"immigration-19-8","card_number":"AB12345678CD","category":"mid_long_term","had_residence":true,'
        f'"kind":"residence_report","municipality":"131041","occurred_at":"2026-11-20T09:30:00+09:00",{PERSON},'
        '"reference":"X-0023","reported_on":"2026-11-19","subject":"0000000023"}'
    ),
    "delivery": (
        '{"certificate_number":"EF87654321GH","delivered_on":"2026-11-18","kind":"certificate_delivery",'
        '"municipality":"131041","occurred_at":"2026-11-20T09:30:00+09:00","reference":"X-0030","subject":"0000000030"}'
    ),
    "notice": (
        '{"card_number":"AB12345678CD","category":"mid_long_term","changes":['
        '{"after":"永住者","before":"留学","item":"status_of_residence","reason":"changed"},'
        '{"after":"無期限","before":"4年3月","item":"period_of_stay","reason":"changed"},'
        '{"after":"AB12345678CD","before":"ZZ00000000ZZ","item":"card_number","reason":"changed"},'
        '{"after":"邊\U000e0100\U0002000b","item":"name_kanji","reason":"error"}],'
        '"kind":"agency_notice","municipality":"131041","noticed_on":"2026-11-19",'
        f'"occurred_at":"2026-11-20T09:30:00+09:00",{NOTICED},"reference":"X-0040"}}'
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_message_has_the_bytes_that_are_kept(name: str) -> None:
    message = judge(good(name)).message
    assert message is not None
    assert encode(message.to_record()).decode() == KNOWN[name]
    assert judge(decode(KNOWN[name].encode())).message == message


def test_nothing_is_normalised_and_only_what_json_asks_for_is_escaped() -> None:
    record = {"é": {"z": "", "y": "e\u0301"}, "b": '\x01"\\/\x7f\u2028邊\U000e0100\U0002000b', "a": [True, None, 1]}
    kept = '{"a":[true,null,1],"b":"\\u0001\\"\\\\/\x7f\u2028邊\U000e0100\U0002000b","é":{"y":"e\u0301","z":""}}'
    assert encode(record) == kept.encode()
    assert decode(kept.encode()) == record


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b'"text"', b"[" * 100_000])
def test_what_is_no_record_is_damaged(data: bytes) -> None:
    with pytest.raises(ContentDamaged):
        decode(data)
