"""Layouts: the quick way writes and reads exactly what the general one does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transport import wire
from transport.evidence.flat_json import Layout

LAYOUT = Layout(own={"a": wire.DIGEST, "id": wire.ID}, shared={"name": wire.NAME, "time": wire.TIME})
FIELDS = {"a": "0" * 64, "id": "1" * 32, "name": "131041-01", "time": "2026-11-23T07:15:00.000000Z"}
ANY = st.text(alphabet=st.characters()) | st.from_regex(wire.NAME, fullmatch=True)


def test_what_is_written_is_canonical_and_read_again() -> None:
    assert LAYOUT.write(FIELDS) == wire.encode(FIELDS)
    assert LAYOUT.read(wire.encode(FIELDS)) == FIELDS


@given(name=st.sampled_from(list(FIELDS)), value=ANY)
def test_whatever_is_in_the_fields_is_written_in_canonical_bytes(name: str, value: str) -> None:
    fields = {**FIELDS, name: value}
    assert LAYOUT.write(fields) == wire.encode(fields)
    assert LAYOUT.read(LAYOUT.write(fields)) in (None, fields)


@pytest.mark.parametrize("name", list(FIELDS))
def test_a_value_of_another_form_is_left_to_the_general_reader(name: str) -> None:
    for value in ("", "x", FIELDS[name] + "\n", 'x"', FIELDS[name][:-1] + "\u0660"):
        if value != "x" or name != "name":
            assert LAYOUT.read(wire.encode({**FIELDS, name: value})) is None


def test_other_fields_and_other_spellings_are_left_to_the_general_reader() -> None:
    raw, more = wire.encode(FIELDS), wire.encode({**FIELDS, "z": "1"})
    for other in (b"", raw[:-1], raw + b"\n", b" " + raw, raw.replace(b",", b", ", 1), more):
        assert LAYOUT.read(other) is None


def test_one_part_that_was_seen_before_vouches_for_no_other() -> None:
    assert LAYOUT.read(wire.encode(FIELDS)) == FIELDS
    # The shared part is known by now; the own one of this has a digest that is none.
    assert LAYOUT.read(wire.encode({**FIELDS, "a": "g" * 64})) is None
    assert LAYOUT.read(wire.encode({**FIELDS, "a": "f" * 64})) == {**FIELDS, "a": "f" * 64}


def test_what_was_read_belongs_to_the_reader() -> None:
    first = LAYOUT.read(wire.encode(FIELDS))
    assert first is not None
    first["name"] = "somebody-else"
    assert LAYOUT.read(wire.encode(FIELDS)) == FIELDS


def test_fields_out_of_canonical_order_are_no_layout() -> None:
    with pytest.raises(ValueError, match="canonical order"):
        Layout(own={"name": wire.NAME}, shared={"id": wire.ID})
