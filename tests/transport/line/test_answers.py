"""Answers of the peer are read strictly, and only as answers to what was asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from transport import bounds, wire
from transport.errors import AnswerMalformed, AnswerRedirects, LineFault, PeerFailed, RequestRefused
from transport.evidence.receipts import MOST_RECEIPT_BYTES
from transport.evidence.witness import MOST_WITNESS_BYTES
from transport.line import answers
from transport.line.answers import Delivery, FeedItem, FeedPage
from transport.line.connection import Response
from transport.problems import Bilingual, Problem, Retry

ASKED = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)
PROBLEM = Problem("id_conflict", 409, Retry.NEVER, Bilingual("原因", "cause"), Bilingual("対処", "remedy"), "number-1")
STATUS: dict[str, Any] = {
    "name": "agency",
    "protocol": "renkei/1",
    "municipality": "131041",
    "time": wire.to_time(ASKED + timedelta(seconds=5)),
}
RECEIPT = b"\x00\x00\x00\x04body"
ID, OTHER_ID = "1" * 32, "2" * 32


def _base64(raw: bytes) -> str:
    return wire.to_base64(raw)


def _problem_answer(status: int) -> Response:
    return Response(status, wire.PROBLEM_TYPE, wire.encode(PROBLEM.to_wire()))


def test_a_good_answer_gives_its_body() -> None:
    assert answers.good_body(Response(200, wire.JSON_TYPE, b"{}"), wire.JSON_TYPE) == b"{}"


@pytest.mark.parametrize(
    ("answer", "error", "facts"),
    [
        (Response(302, wire.JSON_TYPE, b"{}"), AnswerRedirects, {}),
        (_problem_answer(400), RequestRefused, {"problem": "id_conflict", "incident": "number-1"}),
        (_problem_answer(503), PeerFailed, {"status": "503", "incident": "number-1"}),
        # A server that fails may not get as far as a problem.
        (Response(502, "text/html", b"<html>"), PeerFailed, {"status": "502", "incident": "-"}),
        (Response(404, "text/html", b"<html>"), AnswerMalformed, {"place": "status"}),
        (Response(200, "text/html", b"{}"), AnswerMalformed, {"place": "status"}),
        (Response(201, wire.JSON_TYPE, b"{}"), AnswerMalformed, {"place": "status"}),
        (Response(400, wire.PROBLEM_TYPE, b"{}"), AnswerMalformed, {"place": "retry"}),
        (Response(400, wire.PROBLEM_TYPE, b"["), AnswerMalformed, {"place": "problem"}),
    ],
)
def test_any_other_answer_is_an_error(answer: Response, error: type[LineFault], facts: dict[str, str]) -> None:
    with pytest.raises(error) as caught:
        answers.good_body(answer, wire.JSON_TYPE)
    assert caught.value.facts == facts


def test_only_a_refusal_is_sure_that_nothing_arrived() -> None:
    arrived = {}
    for status in (400, 503):
        with pytest.raises(LineFault) as caught:
            answers.good_body(_problem_answer(status), wire.JSON_TYPE)
        arrived[status] = caught.value.may_have_arrived

    assert arrived == {400: False, 503: True}


def test_the_clock_is_compared_with_the_middle_of_question_and_answer() -> None:
    status = answers.read_status(STATUS, ASKED, ASKED + timedelta(seconds=4))

    assert (status.name, status.municipality, status.protocol) == ("agency", "131041", "renkei/1")
    assert (status.clock_offset, status.uncertainty) == (3.0, 2.0)


def test_a_greeting_may_hold_more_than_we_know() -> None:
    assert answers.read_status({**STATUS, "suites": [1], "more": None}, ASKED, ASKED).name == "agency"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": "the agency"}, "name"),
        ({"protocol": "x" * 65}, "protocol"),
        ({"municipality": 131041}, "municipality"),
        ({"time": "2026-11-23T07:15:00Z"}, "time"),
        ({"time": None}, "time"),
    ],
)
def test_a_greeting_of_another_form_is_refused(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(AnswerMalformed) as caught:
        answers.read_status({**STATUS, **changes}, ASKED, ASKED)
    assert caught.value.facts == {"place": place}


def test_receipts_and_problems_belong_to_the_envelopes_in_order() -> None:
    results = [RECEIPT, wire.encode(PROBLEM.to_wire())]

    assert answers.read_deliveries(results, [ID, OTHER_ID]) == [
        Delivery(ID, RECEIPT, None),
        Delivery(OTHER_ID, None, PROBLEM),
    ]


@pytest.mark.parametrize(
    "results",
    [[], [RECEIPT, RECEIPT], [b""], [bytes(MOST_RECEIPT_BYTES + 1)], [b"{"], [b"{}"]],
    ids=["too few", "too many", "empty", "too large", "no JSON", "no problem"],
)
def test_results_that_do_not_fit_the_batch_are_refused(results: list[bytes]) -> None:
    with pytest.raises(AnswerMalformed):
        answers.read_deliveries(results, [ID])


def test_an_id_without_a_receipt_is_unknown_to_the_peer() -> None:
    rows = [{"id": ID, "receipt": _base64(RECEIPT)}, {"id": OTHER_ID, "receipt": None}]

    assert answers.read_receipts({"receipts": rows}, [ID, OTHER_ID]) == {ID: RECEIPT, OTHER_ID: None}


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"receipts": []},
        {"receipts": [{"id": OTHER_ID, "receipt": None}]},
        {"receipts": [{"id": ID, "receipt": None}, {"id": ID, "receipt": None}]},
        {"receipts": [{"id": ID}]},
        {"receipts": [{"id": ID, "receipt": None, "more": 1}]},
        {"receipts": [{"id": ID, "receipt": "not base64"}]},
        {"receipts": [{"id": ID, "receipt": _base64(bytes(MOST_RECEIPT_BYTES + 1))}]},
        {"receipts": [{"id": ID, "receipt": None}], "more": True},
    ],
)
def test_receipts_for_another_question_are_refused(value: dict[str, Any]) -> None:
    with pytest.raises(AnswerMalformed):
        answers.read_receipts(value, [ID])


def _page(*positions: object, more: object = False) -> dict[str, Any]:
    return {"items": [{"position": at, "envelope": _base64(b"raw")} for at in positions], "more": more}


def test_a_page_goes_on_from_the_cursor() -> None:
    items = (FeedItem(4, b"raw"), FeedItem(5, b"raw"))

    assert answers.read_page(_page(4, 5, more=True), after=3, limit=2) == FeedPage(items, more=True)
    assert answers.read_page(_page(), after=3, limit=2) == FeedPage((), more=False)


@pytest.mark.parametrize(
    "value",
    [
        _page(3),
        _page(5, 5),
        _page(5, 4),
        _page(4, 5, 6),
        _page(4, 6),
        _page(2**53),
        _page("4"),
        _page(4, more=1),
        _page(more=True),
        {**_page(4), "next": 5},
        {"items": [{"position": 4}], "more": False},
        {"items": [{"position": 4, "envelope": _base64(bytes(bounds.MOST_ENVELOPE_BYTES + 1))}], "more": False},
    ],
    ids=[
        "at the cursor",
        "repeated",
        "going back",
        "too many",
        "leaving one out",
        "leaping ahead",
        "no number",
        "no flag",
        "empty, and more",
        "unknown member",
        "no envelope",
        "too large",
    ],
)
def test_a_page_that_breaks_the_protocol_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(AnswerMalformed):
        answers.read_page(value, after=3, limit=2)


def test_only_acknowledgements_with_a_problem_are_returned() -> None:
    rows = [{"position": 1, "problem": None}, {"position": 2, "problem": PROBLEM.to_wire()}]

    assert answers.read_unacknowledged({"results": rows}, [1, 2]) == {2: PROBLEM}


@pytest.mark.parametrize(
    "rows", [[], [{"position": 2, "problem": None}], [{"position": 1, "problem": "none"}], [{"position": 1}]]
)
def test_results_for_other_positions_are_refused(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(AnswerMalformed):
        answers.read_unacknowledged({"results": rows}, [1])


def test_a_witness_statement_has_a_limit() -> None:
    largest = bytes(MOST_WITNESS_BYTES)

    assert answers.read_witness({"witness": _base64(largest)}) == largest
    with pytest.raises(AnswerMalformed):
        answers.read_witness({"witness": _base64(largest + b"\x00")})


def _object(body: bytes) -> dict[str, Any]:
    return answers.read_object(body, bounds.QUESTION)


@pytest.mark.parametrize(
    ("body", "read"),
    [(b"", _object), (b"[]", _object), (b"[" * 9, _object), (b"\x00\x00\x00\x09x", answers.read_parts)],
)
def test_a_body_of_another_form_is_malformed(body: bytes, read: Any) -> None:
    with pytest.raises(AnswerMalformed):
        read(body)
