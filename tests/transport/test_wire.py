"""Parts in a row, each after its length: the bodies that carry envelopes, and the answers to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transport import bounds, wire

MOST = 300


@given(st.lists(st.binary(max_size=MOST), max_size=20))
def test_parts_come_back_as_they_were(parts: list[bytes]) -> None:
    assert wire.split(wire.join(parts), "parts", MOST) == parts


@given(st.lists(st.binary(max_size=MOST), min_size=1, max_size=5), st.data())
def test_a_row_that_is_cut_is_refused_unless_it_ends_between_parts(parts: list[bytes], data: st.DataObject) -> None:
    raw = wire.join(parts)
    end = data.draw(st.integers(0, len(raw) - 1))
    whole = [wire.join(parts[:count]) for count in range(len(parts))]
    if raw[:end] in whole:
        assert wire.join(wire.split(raw[:end], "parts", MOST)) == raw[:end]
        return
    with pytest.raises(wire.WireError, match="parts"):
        wire.split(raw[:end], "parts", MOST)


@pytest.mark.parametrize(
    "raw", [wire.join([bytes(MOST + 1)]), wire.join([b""] * (bounds.MOST_ITEMS + 1)), b"\xff\xff\xff\xff", b"\x00"]
)
def test_too_large_too_many_and_lengths_of_nothing_are_refused(raw: bytes) -> None:
    with pytest.raises(wire.WireError, match="parts"):
        wire.split(raw, "parts", MOST)


def test_as_many_as_may_be() -> None:
    assert len(wire.split(wire.join([b""] * bounds.MOST_ITEMS), "parts", MOST)) == bounds.MOST_ITEMS
