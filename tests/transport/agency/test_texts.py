"""The agency has words in both languages for every code that it answers with."""

import json

import pytest

from transport import wire
from transport.agency import texts
from transport.errors import EnvelopeFault, ReceiptFault
from transport.problems import Problem, Retry


def test_every_fault_of_an_envelope_or_receipt_has_its_words() -> None:
    leaves = [*EnvelopeFault.__subclasses__(), *ReceiptFault.__subclasses__()]
    assert {leaf.code for leaf in leaves} <= texts.problems()
    for code in texts.problems():
        problem = texts.problem(code, "20261123-071500-0a1b2c3d", "field")
        assert problem.cause.ja
        assert problem.remedy.en
        assert Problem.from_wire(json.loads(wire.encode(problem.to_wire()))) == problem


def test_every_refusal_has_cause_and_remedy_in_both_languages() -> None:
    for code in texts.refusals():
        cause, remedy = texts.refusal(code, "reference")
        assert all((cause.ja, cause.en, remedy.ja, remedy.en)), code
        assert "{field}" not in cause.ja + cause.en + remedy.ja + remedy.en


def test_a_text_names_the_field_at_fault() -> None:
    cause, _ = texts.refusal("item_missing", "certificate_number")

    assert "certificate_number" in cause.ja
    assert "certificate_number" in cause.en


@pytest.mark.parametrize("field", ["{field}", "{0}", "{"])
def test_braces_in_a_field_are_no_placeholders(field: str) -> None:
    assert texts.problem("request_unreadable", "incident-1", field).cause.en.count(field) == 1


def test_a_problem_says_whether_to_send_again() -> None:
    assert texts.problem("path_unknown", "incident-1").retry is Retry.NEVER
    assert texts.problem("agency_not_durable", "incident-1").retry is Retry.LATER


@pytest.mark.parametrize("code", ["", "nonsense", "item_missing"])
def test_a_code_without_texts_is_a_mistake_of_ours(code: str) -> None:
    with pytest.raises(KeyError):
        texts.problem(code, "incident-1")
