"""A row bears its seal only with its own values, in its own table and queue."""

from typing import Any, Final

import pytest

from store.errors import RowSealBroken
from store.sealing.row_seals import Plain, RowSeals
from store.sealing.vault import Vault
from tests.store.sealing.test_known_answers import KEY, PSEUDONYM_KEY

SEALS = RowSeals(bytes(range(32)), "t-131041-01")
VALUES: Final[list[Plain]] = ["a", 1, None, "氏名"]


def test_rows_sealed_earlier_still_hold() -> None:
    """Worked out a second time by hand: HKDF-SHA256, then HMAC-SHA256 over two lists in JSON."""
    kept = "e234e11c2725473a33ef4419b389c4682a388341f3e09d9e105bf5e4b7e6a756"
    assert Vault(KEY, PSEUDONYM_KEY, "t-131041-01").rows.seal("message", VALUES).hex() == kept
    SEALS.check("message", "a", VALUES, SEALS.seal("message", VALUES))


def test_whether_a_seal_is_borne_can_be_asked_of_anything() -> None:
    seal = SEALS.seal("message", VALUES)
    assert SEALS.bears("message", VALUES, seal)
    for other in (b"", seal[:-1], seal + b"x", None, seal.hex(), 1):
        assert not SEALS.bears("message", VALUES, other)
    assert not SEALS.bears("person", VALUES, seal)
    assert not SEALS.bears("message", [*VALUES, 1.5], SEALS.seal("message", [*VALUES, 1]))  # type: ignore[list-item]  # What SQLite may hold.


@pytest.mark.parametrize(
    "values",
    [["a", 1, None, "氏"], ["b", 1, None, "氏名"], ["a", "1", None, "氏名"], ["a", 1, "null", "氏名"], ["a", 1, None]],
    ids=repr,
)
def test_other_values_break_the_seal(values: list[Any]) -> None:
    with pytest.raises(RowSealBroken) as caught:
        SEALS.check("message", "a", values, SEALS.seal("message", VALUES))
    assert caught.value.facts == {"table": "message", "row": "a"}


def test_texts_that_look_like_the_next_column_do_not_pass_for_it() -> None:
    assert SEALS.seal("message", ['a","b', "c"]) != SEALS.seal("message", ["a", 'b","c'])


@pytest.mark.parametrize("seal", [b"", bytes(32), "text", None, 7, 0.5], ids=repr)
def test_what_is_no_seal_holds_nothing(seal: object) -> None:
    with pytest.raises(RowSealBroken):
        SEALS.check("message", "a", VALUES, seal)


def test_an_endless_number_is_not_an_empty_column() -> None:
    """SQLite stores either wherever somebody puts it, and JSON has no word for the former."""
    # In ASCII and beyond it, which are written by two encoders.
    for name in ("NAME", "氏名"):
        seal = SEALS.seal("message", [1, None, name])
        with pytest.raises(RowSealBroken):
            SEALS.check("message", "a", [1, float("inf"), name], seal)  # type: ignore[list-item]  # As SQLite stores it.


def test_a_value_of_no_kind_that_is_sealed_breaks_the_seal() -> None:
    with pytest.raises(RowSealBroken):
        SEALS.check("message", "a", [b"bytes in a column of text"], bytes(32))  # type: ignore[list-item]  # As SQLite stores it.


def test_a_seal_of_another_table_queue_or_key_holds_nothing() -> None:
    seal = SEALS.seal("message", VALUES)
    for other, table in (
        (SEALS, "person"),
        (RowSeals(bytes(range(32)), "t-131041-02"), "message"),
        (RowSeals(bytes(32), "t-131041-01"), "message"),
    ):
        with pytest.raises(RowSealBroken):
            other.check(table, "a", VALUES, seal)
