"""Problem details say the same on both sides of the wire, and what breaks their form is refused by its place."""

from typing import Any

import pytest

from transport import wire
from transport.problems import Bilingual, Problem, Retry

PROBLEM = Problem(
    code="id_conflict",
    status=409,
    retry=Retry.NEVER,
    cause=Bilingual("同じ番号で別の封筒が届いています。", "Another envelope came under this id."),
    remedy=Bilingual("両者を比べてください。", "Compare both."),
    incident="20261123-071500-0a1b2c3d",
)


def test_a_problem_comes_back_as_it_was_sent() -> None:
    raw = wire.encode(PROBLEM.to_wire())

    assert Problem.from_wire(wire.decode(raw, "problem")) == PROBLEM


def test_readers_that_know_only_the_rfc_find_its_members() -> None:
    members = PROBLEM.to_wire()

    assert members["type"] == "urn:renkei:problem:id_conflict"
    assert (members["title"], members["status"]) == (PROBLEM.cause.en, 409)


def test_unknown_members_are_ignored() -> None:
    assert Problem.from_wire({**PROBLEM.to_wire(), "instance": "/v1/messages", "type": "about:blank"}) == PROBLEM


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"retry": "soon"}, "retry"),
        ({"retry": None}, "retry"),
        ({"code": "no spaces"}, "code"),
        ({"status": 399}, "status"),
        ({"status": 600}, "status"),
        ({"status": True}, "status"),
        ({"status": "409"}, "status"),
        ({"cause": "text"}, "cause"),
        ({"cause": {"ja": "日本語", "en": "x" * 1001}}, "cause"),
        ({"remedy": {"ja": "日本語", "en": None}}, "remedy"),
        ({"remedy": {"ja": "日本語"}}, "fields"),
        ({"remedy": {"ja": "日本語", "en": "English", "de": "Deutsch"}}, "fields"),
        ({"incident": "../technical.log"}, "incident"),
    ],
)
def test_a_member_of_another_form_is_refused_by_its_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(wire.WireError) as caught:
        Problem.from_wire({**PROBLEM.to_wire(), **changes})
    assert caught.value.place == place


@pytest.mark.parametrize("member", ["code", "status", "retry", "cause", "remedy", "incident"])
def test_a_member_that_is_missing_is_refused(member: str) -> None:
    members = PROBLEM.to_wire()
    del members[member]

    with pytest.raises(wire.WireError, match=member):
        Problem.from_wire(members)


@pytest.mark.parametrize("value", [None, [], "problem", 1])
def test_what_is_no_object_is_no_problem(value: object) -> None:
    with pytest.raises(wire.WireError, match="problem"):
        Problem.from_wire(value)
