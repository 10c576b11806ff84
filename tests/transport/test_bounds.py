"""What one text may become in memory is known from its bytes: `transport.bounds`."""

import http.client
import io
import json
import os
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transport import bounds
from transport.bounds import Bound

PLENTY: Final = Bound(10_000, 1000, 100)
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def _values(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_values, value.values()))
    return len(value) + sum(map(_values, value)) if isinstance(value, list) else 0


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def _empties(value: Any) -> int:
    if isinstance(value, dict | list):
        return (not value) + sum(map(_empties, value.values() if isinstance(value, dict) else value))
    return 0


@given(value=JSON)
@pytest.mark.parametrize("escaped", [True, False])
def test_values_and_depth_are_those_that_the_text_decodes_to(*, value: Any, escaped: bool) -> None:
    raw = json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    # An empty list counts as if it held something: its bracket takes memory as well.
    exact = Bound(len(raw), _values(value) + _empties(value), _depth(value))

    assert exact.holds(raw)
    assert not exact._replace(length=exact.length - 1).holds(raw)
    if exact.values:
        assert not exact._replace(values=exact.values - 1).holds(raw)
        assert not exact._replace(depth=exact.depth - 1).holds(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'"' + b"[" * 500 + b'"',
        b'"' + rb"\"[" * 500 + b'"',
        b'"' + rb"\\" * 500 + b'"',
        b'{"a":"' + b"," * 5000 + b'"}',
        b'["' + "〔,〕".encode() * 500 + b'"]',
    ],
)
def test_what_stands_in_a_text_structures_nothing(raw: bytes) -> None:
    assert PLENTY._replace(values=1, depth=1).holds(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 101,
        b'{"a":' * 101,
        b"[" + b"[]," * 1000,
        b"[" + b"1," * 1000,
        b"{" + b'"":1,' * 1000,
        b'["' + rb"\\" + b'",' + b"[]," * 1000,
        b"[" + b'"",' * 1000,
        b'"' * 5000,
        b" " * 10_001,
    ],
)
def test_few_bytes_that_would_become_many_are_refused(raw: bytes) -> None:
    assert not PLENTY.holds(raw)


def test_quotes_alone_are_not_looked_at_for_ever() -> None:
    bound = Bound(10_000, 10, 5)
    assert bound.holds(b'"' * 44)
    assert not bound.holds(b'"' * 45)


def test_both_sides_know_the_same_bounds() -> None:
    """Known answers: a side that reads less than the other sends would never get over it."""
    most = (bounds.MOST_ITEMS, bounds.MOST_ENVELOPE_BYTES, bounds.MOST_BODY_BYTES, bounds.MOST_HEAD_BYTES)
    assert most == (512, 65_536, 4_194_304, 16_384)
    fixed = [bounds.SMALL, bounds.PROBLEM, bounds.STATUS, bounds.WITNESS, bounds.QUESTION, bounds.IDS]
    assert [tuple(bound) for bound in fixed] == [
        (65_536, 65_536, 64),
        (32_768, 256, 16),
        (8192, 128, 8),
        (4096, 8, 2),
        (1024, 8, 2),
        (32_768, 516, 3),
    ]
    assert (bounds.results(1), bounds.results(512)) == (32_772, 4_194_304)
    assert bounds.receipts(2) == Bound(9216, 10, 4)
    assert (bounds.envelopes(1), bounds.envelopes(512)) == (Bound(89_429, 7, 4), Bound(4_194_304, 1540, 4))
    assert (bounds.problems(1), bounds.problems(512)) == (Bound(33_856, 36, 16), Bound(4_194_304, 16_388, 16))


def test_every_bound_of_a_body_is_within_the_largest() -> None:
    for bound in (bounds.receipts, bounds.envelopes, bounds.problems):
        assert bound(bounds.MOST_ITEMS).length <= bounds.MOST_BODY_BYTES
    assert bounds.results(1) < bounds.results(bounds.MOST_ITEMS) == bounds.MOST_BODY_BYTES


def test_a_head_is_read_up_to_its_bound_and_the_body_is_not_counted() -> None:
    line = b"a: b\r\n"
    fits = bounds.MOST_HEAD_BYTES // len(line)
    with bounds.BoundedHead(_raw(line * fits + bytes(bounds.MOST_HEAD_BYTES * 2))) as stream:
        for _ in range(fits):
            assert stream.readline(65537) == line
        assert len(stream.read(bounds.MOST_HEAD_BYTES)) == bounds.MOST_HEAD_BYTES
        with pytest.raises(http.client.LineTooLong):
            stream.readline()


def test_a_line_is_read_as_far_as_is_asked_for() -> None:
    with bounds.BoundedHead(_raw(b"a: b\r\n")) as stream:
        assert (stream.readline(3), stream.readline(None)) == (b"a: ", b"b\r\n")


def test_the_next_message_has_a_head_of_its_own() -> None:
    line = b"a" * (bounds.MOST_HEAD_BYTES - 1) + b"\n"
    with bounds.BoundedHead(_raw(line * 3)) as stream:
        assert stream.readline() == line
        stream.begin()
        assert stream.readline(None) == line
        with pytest.raises(http.client.LineTooLong):
            stream.readline()


def _raw(content: bytes) -> io.RawIOBase:
    handle = os.memfd_create("stream")
    os.write(handle, content)
    os.lseek(handle, 0, os.SEEK_SET)
    return io.FileIO(handle)
