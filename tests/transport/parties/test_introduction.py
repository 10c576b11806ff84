import pytest

from transport.parties.authority import Use
from transport.parties.identity import Identity, PublicIdentity
from transport.parties.introduction import Introduction
from transport.wire import WireError


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> PublicIdentity:
    return Identity.create(tmp_path_factory.mktemp("introduction") / "line", "agency-1", Use.AGENCY).public


def test_an_introduction_is_read_as_it_was_written(public: PublicIdentity) -> None:
    for introduction in (
        Introduction(public),
        Introduction(public, "192.0.2.1", 443),
        Introduction(public, "2001:db8::1", 65535),
        Introduction(public, municipality="131041"),
    ):
        assert Introduction.from_json(introduction.to_json().encode()) == introduction


def test_a_public_identity_alone_introduces_as_well(public: PublicIdentity) -> None:
    assert Introduction.from_json(public.to_json().encode()) == Introduction(public)


@pytest.mark.parametrize(
    "more",
    [
        {"address": "agency.example"},
        {"address": 1},
        {"port": 0},
        {"port": True},
        {"port": "443"},
        {"municipality": "13104"},
        {"municipality": 131041},
    ],
)
def test_what_could_not_be_registered_is_refused(public: PublicIdentity, more: dict[str, object]) -> None:
    with pytest.raises(WireError) as refused:
        Introduction(public, **more)  # type: ignore[arg-type]  # Wrong types come out of files.
    assert [refused.value.place] == list(more)


def test_a_field_that_nobody_knows_is_refused(public: PublicIdentity) -> None:
    with pytest.raises(WireError):
        Introduction.from_json(public.to_json()[:-1].encode() + b',"trusted":true}')
