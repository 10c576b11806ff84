"""A sealed file opens whole or not at all: nobody changes, drops, repeats or reorders its pieces."""

import io
import json

import pytest

from store.errors import SealedFileBroken
from store.sealing.sealedfile import SealedWriter, read_head, read_pieces

KEY = bytes(range(32))
PIECE = 1 << 20
TAG = 16


def _sealed(*parts: bytes, head: dict[str, object] | None = None, key: bytes = KEY) -> bytes:
    stream = io.BytesIO()
    writer = SealedWriter(stream, key, head or {"v": 1})
    for part in parts:
        writer.write(part)
    writer.close()
    return stream.getvalue()


def _opened(raw: bytes, key: bytes = KEY) -> bytes:
    return b"".join(read_pieces(io.BytesIO(raw), key))


def _split(raw: bytes) -> tuple[bytes, list[bytes]]:
    """Return the line of the head and the pieces, each with its length."""
    line, _, rest = raw.partition(b"\n")
    pieces = []
    while rest:
        end = 4 + int.from_bytes(rest[:4], "big")
        pieces.append(rest[:end])
        rest = rest[end:]
    return line + b"\n", pieces


@pytest.fixture(scope="module")
def three_pieces() -> bytes:
    return _sealed(b"a" * PIECE + b"b" * PIECE + b"c")


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1])
def test_what_was_written_is_read_again(size: int) -> None:
    assert _opened(_sealed(b"x" * size)) == b"x" * size


def test_it_does_not_matter_in_which_parts_it_is_written() -> None:
    assert _opened(_sealed(b"one ", b"", b"two ", b"three")) == b"one two three"


def test_a_piece_is_never_larger_than_a_megabyte(three_pieces: bytes) -> None:
    _, pieces = _split(three_pieces)

    assert [len(piece) - 4 - TAG for piece in pieces] == [PIECE, PIECE, 1]


def test_anybody_can_read_the_head_and_nobody_the_rest() -> None:
    raw = _sealed(b"REHEARSAL PERSON", head={"v": 1, "terminal": "t-131041-01"})
    head = read_head(io.BytesIO(raw))

    assert (head["v"], head["terminal"]) == (1, "t-131041-01")
    assert b"REHEARSAL" not in raw


def test_two_files_under_one_key_have_nothing_in_common() -> None:
    first, second = (_split(_sealed(b"the same"))[1] for _ in range(2))

    assert first != second


def test_a_wrong_key_opens_nothing() -> None:
    with pytest.raises(SealedFileBroken):
        _opened(_sealed(b"content"), key=bytes(32))


def test_pieces_cannot_be_dropped_repeated_or_reordered(three_pieces: bytes) -> None:
    head, (first, second, last) = _split(three_pieces)
    dropped: list[list[bytes]] = [[first, second], [first], [], [second, last], [last]]

    for pieces in [*dropped, [second, first, last], [first, first, last]]:
        with pytest.raises(SealedFileBroken):
            _opened(head + b"".join(pieces))
    with pytest.raises(SealedFileBroken):
        _opened(three_pieces + last)


def test_a_piece_of_another_file_does_not_fit() -> None:
    head, _ = _split(_sealed(b"content"))
    _, pieces = _split(_sealed(b"content"))

    with pytest.raises(SealedFileBroken):
        _opened(head + pieces[0])


def test_every_changed_byte_is_noticed() -> None:
    raw = _sealed(b"content")
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(SealedFileBroken):
            _opened(bytes(changed))


def test_every_cut_is_noticed() -> None:
    raw = _sealed(b"content")
    for end in range(len(raw)):
        with pytest.raises(SealedFileBroken):
            _opened(raw[:end])


def test_a_file_that_was_never_closed_does_not_open() -> None:
    stream = io.BytesIO()
    writer = SealedWriter(stream, KEY, {"v": 1})
    writer.write(b"x" * (2 * PIECE + 1))

    # Two whole pieces are there and open; only the last one is missing.
    with pytest.raises(SealedFileBroken):
        _opened(stream.getvalue())


@pytest.mark.parametrize("length", [0, TAG - 1, PIECE + TAG + 1, 2**32 - 1])
def test_an_absurd_length_reads_no_piece(length: int) -> None:
    head, _ = _split(_sealed(b""))

    with pytest.raises(SealedFileBroken):
        _opened(head + length.to_bytes(4, "big") + bytes(TAG))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}\n",
        b"[]\n",
        b"nonsense\n",
        b'{"salt":"xyz"}\n',
        b'{"salt":1}\n',
        b'{"salt":null}\n',
        b'{"salt":"00"}',
        b"[" * 60_000 + b"\n",
        b'{"salt":"' + b"0" * (1 << 16) + b'"}\n',
    ],
    ids=["empty", "no salt", "list", "no JSON", "no hex", "number", "null", "no end", "nested", "too long"],
)
def test_a_head_of_another_form_is_refused(line: bytes) -> None:
    with pytest.raises(SealedFileBroken):
        read_head(io.BytesIO(line))


def test_the_head_is_bound_to_the_pieces() -> None:
    head, pieces = _split(_sealed(b"content", head={"v": 1, "revision": 7}))
    fields = json.loads(head)
    changed = json.dumps({**fields, "revision": 8}, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    assert _opened(head + pieces[0]) == b"content"
    with pytest.raises(SealedFileBroken):
        _opened(changed + pieces[0])
