"""One log of several terminals: who was let in may write and sign, with keys of its own, and nobody else may.

It shows `store.log.admissions` as well.
"""

import json
import random
import shutil
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from store.errors import TerminalNotAdmitted
from store.log import Event, Flaw, Occasion, Verification, admissions, checkpoints, pruning
from store.log.bundle import bundles_in, contents, verification, verify_bundle
from store.log.signing_keys import SigningKeys, key_text
from tests.store.log.log_world import (
    MARKS,
    NOON,
    SECOND,
    TERMINAL,
    House,
    Neighbour,
    encode,
    forged_mark,
    let_in,
    make_house,
    stolen,
)
from tests.store.log.media_tampering import script, sum_again
from tests.store.log.shared_tampering import ADMITTED, LAST, STRANGER, TABLE, assert_noticed, make_shared_house

Shared = tuple[House, Neighbour]


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shared_house(tmp_path_factory.mktemp("shared") / "house").home


@pytest.fixture
def shared(grown: Path, tmp_path: Path) -> Shared:
    home, chance = Path(shutil.copytree(grown, tmp_path / "house")), random.Random(0)
    return House(home, chance), Neighbour(home, chance)


def test_one_chain_verifies_from_each_terminal(shared: Shared) -> None:
    marks = [10, 25, 31, 47, 60, ADMITTED, 74, 81, 88]
    for terminal in shared:
        assert terminal.verify() == Verification(ok=True, entries=LAST, checkpoints=len(marks))
        database = terminal.database
        with database.reading() as reading:
            kept = [checkpoints.read(row.body, row.signature) for row in checkpoints.since(reading, 1)]
            since = checkpoints.at_entry(reading, 74)
            assert terminal.log.verify(reading, since=since).ok
        assert [mark.seq for mark in kept if mark] == marks
        assert [mark.terminal for mark in kept if mark][-4:] == [TERMINAL, SECOND, TERMINAL, SECOND]
        database.close()


def test_a_terminal_alone_writes_as_it_always_did(grown: Path, tmp_path: Path) -> None:
    house = House(Path(shutil.copytree(grown, tmp_path / "house")), random.Random(0))
    bare = house.bare()
    marks = [json.loads(body) for (body,) in bare.execute("SELECT body FROM log_checkpoint ORDER BY number")]
    bare.close()
    assert [(mark["v"], "others" in mark) for mark in marks] == [(1, False)] * 5 + [(2, True)] * 4


# ── What somebody might do ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tampering", TABLE, ids=lambda name: name.replace(" ", "-"))
def test_tampering_is_found_from_each_terminal(shared: Shared, tampering: str) -> None:
    assert_noticed(shared[0], tampering)


def test_a_roll_back_is_told_by_whose_checkpoints_are_gone(shared: Shared) -> None:
    house, other = shared
    bare = house.bare()
    bare.execute("DELETE FROM log_entry WHERE seq > 81")
    bare.execute("DELETE FROM log_checkpoint WHERE seq > 81")
    bare.close()
    house.guard_again()
    assert house.verify().ok, "the first terminal's last checkpoint is there"
    assert other.verify().cause is Flaw.CUT
    database = other.database
    with database.writing() as tx:
        other.log.append(tx, Event.LOG_RESUMED, actor="ka-301", session=None)
        made = other.log.resume(tx)
    database.close()
    other.log.erase_used(made)
    assert house.verify().resumed == other.verify().resumed == (82,)
    for terminal in (house, other):
        terminal.grow(1, NOON + timedelta(hours=12))
        terminal.mark()
        assert house.verify().ok
        assert other.verify().ok


def test_who_was_retired_signs_no_more_and_may_be_let_in_anew(shared: Shared) -> None:
    house, other = shared
    database = house.database
    with database.writing() as tx:
        house.log.append(tx, Event.TERMINAL_RETIRED, actor="ka-301", session=None)
        made = house.log.retire(tx, SECOND)
    house.log.erase_used(made)
    other.grow(1, NOON + timedelta(hours=12))
    assert house.verify().ok, "what it still wrote is kept"
    for act in (lambda tx: other.log.checkpoint(tx, Occasion.STOP), other.log.resume):
        with pytest.raises(TerminalNotAdmitted), database.writing() as tx:
            act(tx)
    database.close()
    assert other.verify().cause is Flaw.LADDER
    shutil.rmtree(other.keys)
    let_in(house, NOON + timedelta(hours=13))
    other.grow(1, NOON + timedelta(hours=13))
    other.mark()
    assert house.verify().ok
    assert other.verify().ok


def test_a_name_stands_for_the_machine_that_was_let_in_last(shared: Shared, tmp_path: Path) -> None:
    house, other = shared
    first_root = other.signing_keys.root
    assert _admits(house)
    assert _admits(other)
    database = house.database
    with database.writing() as tx:
        house.log.append(tx, Event.TERMINAL_RETIRED, actor="ka-301", session=None)
        made = house.log.retire(tx, SECOND)
    house.log.erase_used(made)
    assert not _admits(other)
    old = Path(other.keys.rename(tmp_path / "old"))
    anew = let_in(house, NOON + timedelta(hours=13))
    assert _admits(anew)
    shutil.rmtree(anew.keys)
    shutil.copytree(old, anew.keys)
    assert not _admits(anew), "the old keys under the name of the new machine"
    with pytest.raises(TerminalNotAdmitted), database.writing() as tx:
        anew.log.resume(tx)
    with database.reading() as reading:
        assert admissions.was_let_in(reading, first_root, house.log.origin)
        assert admissions.was_let_in(reading, house.signing_keys.root, house.log.origin)
        assert not admissions.was_let_in(reading, b"n" * 32, house.log.origin)
    database.close()


def test_a_terminal_that_was_always_alone_is_the_one_that_began(tmp_path: Path) -> None:
    alone = make_house(tmp_path / "alone")
    assert _admits(alone)
    # Even with other keys: nobody else ever had the name, so two persons may go on after all keys are lost.
    shutil.rmtree(alone.keys)
    SigningKeys.create(alone.keys)
    assert _admits(alone)


def test_the_first_name_stands_for_the_machine_that_began(shared: Shared) -> None:
    house, other = shared
    database = house.database
    with database.reading() as reading:
        assert admissions.admits(reading, house.signing_keys, TERMINAL, house.log.origin)
        assert not admissions.admits(reading, other.signing_keys, TERMINAL, house.log.origin)
    database.close()


@pytest.mark.parametrize(
    ("up_to", "told_by_keys"), [pytest.param(MARKS[0], 1, id="first-checkpoint"), pytest.param(LAST - 2, 2, id="both")]
)
def test_after_pruning_a_machine_is_known_by_keys_from_after_it(
    shared: Shared, tmp_path: Path, up_to: int, told_by_keys: int
) -> None:
    house, _ = shared
    last = _boundary_number(house, up_to)
    _prune(house, up_to)
    for terminal in shared[:told_by_keys]:
        # Keys that the log knows nothing of, as a machine has them that was retired, or whose database was set back.
        (expected,) = terminal.keys.glob("*.key")
        aside = expected.rename(tmp_path / "aside.key")
        SigningKeys(terminal.keys).prepare(last)
        assert not _admits(terminal)
        SigningKeys(terminal.keys).prepare(last + 1)
        assert _admits(terminal)
        for key in terminal.keys.glob("*.key"):
            key.unlink()
        aside.rename(terminal.keys / f"{1:010}.key")
        assert _admits(terminal), "the key that the log expects, of a machine that was quiet ever since"


def _boundary_number(house: House, last: int) -> int:
    database = house.database
    with database.reading() as reading:
        _, kept = pruning.boundary(reading, last)
    database.close()
    return kept.number


def _prune(house: House, last: int) -> None:
    database = house.database
    with database.pruning() as tx:
        count, kept = pruning.boundary(tx, last)
        house.log.append(tx, Event.LOG_PRUNED, actor="ka-301", session=None, detail={"to": last, "count": count})
        pruning.prune(tx, kept)
    database.close()


def _admits(terminal: House) -> bool:
    database = terminal.database
    try:
        with database.reading() as reading:
            return terminal.log.admits(reading)
    finally:
        database.close()


def test_a_retired_terminal_s_key_forges_nothing(shared: Shared) -> None:
    house, other = shared
    key = stolen(max(other.keys.glob("*.key")))
    database = house.database
    with database.writing() as tx:
        house.log.append(tx, Event.TERMINAL_RETIRED, actor="ka-301", session=None)
        house.log.retire(tx, SECOND)
    database.close()
    house.grow(1, NOON + timedelta(hours=12))
    house.mark()
    bare = house.bare()
    own = f"{TERMINAL}:{key_text(bytes(32))}"
    forged_mark(bare, 11, key, terminal=SECOND, others=[own], cause="resumed")
    bare.close()
    house.guard_again()
    assert house.verify().cause is Flaw.TERMINAL
    assert other.verify().cause is Flaw.TERMINAL


def test_another_terminal_s_own_log_is_not_this_one(shared: Shared, tmp_path: Path) -> None:
    """A log that somebody made anew, with the second terminal let in: it was begun by somebody else."""
    _, other = shared
    forged = make_house(tmp_path / "forged")
    let_in(forged, NOON + timedelta(hours=2))
    database = forged.database
    with database.reading() as reading:
        result = other.log.verify(reading)
    database.close()
    assert (result.ok, result.first_bad, result.cause) == (False, 1, Flaw.LADDER)


@pytest.mark.parametrize("last", [60, ADMITTED, 74, 81])
def test_what_is_left_after_pruning_verifies_for_each(shared: Shared, last: int) -> None:
    house, other = shared
    _prune(house, last)
    for terminal in shared:
        terminal.grow(1, NOON + timedelta(hours=12))
        terminal.mark()
        assert house.verify().ok
        assert other.verify().ok
        assert terminal.verify().pruned == last


# ── On media ──────────────────────────────────────────────────────────────────────────────────────


def exported(house: House, by: House, medium: Path, number: int, after: int, previous: str | None) -> Path:
    database = house.database
    name = SECOND if isinstance(by, Neighbour) else TERMINAL
    with database.reading() as reading:
        bundle = contents.plan(reading, name, by.log.origin, number=number, after=after, previous=previous)
        made = medium / bundle.name
        made.mkdir(parents=True)
        for part in contents.parts(reading, bundle, []):
            (made / part.name).write_bytes(b"".join(part.pieces))
    database.close()
    return made


def test_bundles_of_either_terminal_hold_and_follow_each_other(shared: Shared, tmp_path: Path) -> None:
    house, other = shared
    medium = tmp_path / "medium"
    made = [exported(house, writer, medium, 1, 0, None) for writer in (other, house)]
    for after in (60, ADMITTED, 74, 81):
        made += [exported(house, writer, medium / str(after), 2, after, "0" * 64) for writer in shared]
    for bundle in made:
        finding = verify_bundle(bundle)
        assert (finding.ok, finding.last, script(bundle)) == (True, 88, 0), bundle
    assert [bundle.name[-6:] for bundle in bundles_in(medium / "74")] == ["000002", "000002"]


@pytest.mark.parametrize(
    "tampering", sorted(TABLE.keys() - {"entries of a stranger"}), ids=lambda it: it.replace(" ", "-")
)
def test_both_proofs_refuse_what_was_forged_before_the_export(shared: Shared, tmp_path: Path, tampering: str) -> None:
    house, other = shared
    TABLE[tampering][0](house)
    bundle = exported(house, other, tmp_path / "medium", 1, 0, None)
    assert (verify_bundle(bundle).ok, script(bundle)) == (False, 1)


def _in_lines(path: Path, change: Callable[[list[bytes]], object]) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    change(lines)
    path.write_bytes(b"".join(lines))


def _written_by(name: str, seq: int) -> Callable[[Path], None]:
    """Put another terminal into an entry, and mend the chain after it."""

    def tamper(bundle: Path) -> None:
        def change(lines: list[bytes]) -> None:
            previous = None
            for place in range(seq - 1, len(lines)):
                entry = json.loads(lines[place])
                if previous is None:
                    entry["terminal"] = name
                else:
                    entry["prev"] = previous
                raw = encode(entry)
                lines[place], previous = raw + b"\n", sha256(raw).hexdigest()

        _in_lines(next(bundle.glob("entries-*")), change)

    return tamper


def _others(change: Callable[[dict[str, object]], object], line: int) -> Callable[[Path], None]:
    def tamper(bundle: Path) -> None:
        def alter(lines: list[bytes]) -> None:
            fields = json.loads(lines[line])
            change(fields)
            lines[line] = encode(fields) + b"\n"

        _in_lines(bundle / "checkpoints.jsonl", alter)

    return tamper


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(_written_by(STRANGER, 84), id="stranger"),
        pytest.param(_written_by(SECOND, 40), id="before-let-in"),
        pytest.param(_others(lambda fields: fields.pop("others"), 6), id="left-out"),
        pytest.param(_others(lambda fields: fields.update(others=[f"{STRANGER}:"]), 7), id="exchanged"),
        pytest.param(_others(lambda fields: fields.update(terminal=STRANGER), 7), id="signer"),
    ],
)
def test_both_proofs_refuse_a_bad_bundle(shared: Shared, tmp_path: Path, tamper: Callable[[Path], None]) -> None:
    house, other = shared
    bundle = exported(house, other, tmp_path / "medium", 1, 0, None)
    tamper(bundle)
    sum_again(bundle)
    assert (verify_bundle(bundle).ok, script(bundle)) == (False, 1)


@pytest.mark.long
def test_segments_of_several_terminals_are_joined(
    shared: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (contents, verification):
        monkeypatch.setattr(module, "SEGMENT_ENTRIES", 10)
    bundle = exported(shared[0], shared[1], tmp_path / "medium", 1, 0, None)
    assert (verify_bundle(bundle).ok, script(bundle)) == (True, 0)
