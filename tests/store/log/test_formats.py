"""Logs that were begun in the older format of entries go on in the newer one, in the database and on media.

Shown of `store.log.entries`, `store.log.rows` and `store.log.findings`.
"""

import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from store.log import Flaw, Verification, entries
from store.log.bundle import bundles_in, contents, verification, verify_bundle
from tests.store.log.log_world import (
    ENTRIES,
    MARKS,
    NOON,
    STEP,
    House,
    bodies,
    encode,
    export,
    make_house,
    write,
)
from tests.store.log.media_tampering import script, sum_again

YEARS = timedelta(days=3650)
GROWN = 20


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An older log: its last entry was written under a clock that was years ahead."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(entries, "FORMAT", 1)
        house = make_house(tmp_path_factory.mktemp("older") / "house")
        house.grow(1, NOON + YEARS)
        house.mark()
    return house.home


@pytest.fixture
def house(grown: Path, tmp_path: Path) -> House:
    return House(Path(shutil.copytree(grown, tmp_path / "house")), random.Random(0))


def go_on(house: House) -> None:
    """Let the program of today write, under a clock that is right again, and steps once more."""
    house.grow(GROWN // 2, NOON + timedelta(hours=2))
    house.grow(GROWN // 2, NOON + timedelta(hours=1))
    house.mark()


def test_an_older_log_verifies_as_before_and_goes_on_with_the_right_time(house: House) -> None:
    assert house.verify() == Verification(ok=True, entries=ENTRIES + 1, checkpoints=len(MARKS) + 1)
    go_on(house)
    assert house.verify() == Verification(ok=True, entries=ENTRIES + 1 + GROWN, checkpoints=len(MARKS) + 2)
    bare = house.bare()
    kept = bodies(bare)
    bare.close()
    assert [body["v"] for body in kept] == [1] * (ENTRIES + 1) + [2] * GROWN
    steps = [body for body in kept if body["event"] == STEP]
    assert [(body["detail"]["clock_before"][:4], body["at"][:4]) for body in steps] == [("2036", "2026"), ("2026",) * 2]


def test_in_the_older_format_time_never_runs_backwards(house: House) -> None:
    """A word about a step does not help there: it came with the newer format."""
    bare = house.bare()
    last = bodies(bare)[-1]
    (digest,) = bare.execute("SELECT hash FROM log_entry WHERE seq = ?", (last["seq"],)).fetchone()
    at = "2026-11-24T03:00:00.000000Z"
    answer = {"event": STEP, "detail": {"clock_after": at, "clock_before": last["at"]}}
    write(bare, last["seq"] + 1, {**last, **answer, "at": at, "prev": digest.hex(), "seq": last["seq"] + 1})
    bare.close()
    house.guard_again()
    found = house.verify()
    assert (found.cause, found.first_bad) == (Flaw.TIME, last["seq"] + 1)


def test_no_entry_of_the_older_format_follows_one_of_the_newer(house: House) -> None:
    go_on(house)
    bare = house.bare()
    last = bodies(bare)[-1]
    (digest,) = bare.execute("SELECT hash FROM log_entry WHERE seq = ?", (last["seq"],)).fetchone()
    body = {**last, "v": 1, "prev": digest.hex(), "seq": last["seq"] + 1}
    write(bare, last["seq"] + 1, body, encode(body))
    bare.close()
    house.guard_again()
    found = house.verify()
    assert (found.cause, found.first_bad) == (Flaw.BODY, last["seq"] + 1)


@pytest.mark.parametrize("segment", [contents.SEGMENT_ENTRIES, ENTRIES + 1])
def test_older_bundles_verify_beside_newer_ones_and_one_may_hold_both_formats(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, segment: int
) -> None:
    for module in (contents, verification):
        monkeypatch.setattr(module, "SEGMENT_ENTRIES", segment)
    older = export(house, tmp_path / "medium", 1, 0, None)
    go_on(house)
    export(house, tmp_path / "medium", 2, ENTRIES + 1, verify_bundle(older).digest)
    export(house, tmp_path / "whole", 1, 0, None)
    bundles = [*bundles_in(tmp_path / "medium"), *bundles_in(tmp_path / "whole")]
    findings = [verify_bundle(bundle) for bundle in bundles]
    assert [(found.ok, found.entries) for found in findings] == [
        (True, ENTRIES + 1),
        (True, GROWN),
        (True, ENTRIES + 1 + GROWN),
    ]
    assert [script(bundle) for bundle in bundles] == [0, 0, 0]


@pytest.mark.parametrize(
    ("spelt", "otherwise", "cause"),
    [
        pytest.param(b'"clock_before":"2036', b'"clock_before":"2035', Flaw.TIME, id="step from another time"),
        pytest.param(b'"v":2}', b'"v":1}', Flaw.TIME, id="step in the older format"),
    ],
)
def test_a_segment_follows_the_one_before_in_time(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelt: bytes, otherwise: bytes, cause: Flaw
) -> None:
    for module in (contents, verification):
        monkeypatch.setattr(module, "SEGMENT_ENTRIES", ENTRIES + 1)
    go_on(house)
    bundle = export(house, tmp_path / "medium", 1, 0, None)
    segment = bundle / contents.segment_name(ENTRIES + 2)
    segment.write_bytes(segment.read_bytes().replace(spelt, otherwise, 1))
    sum_again(bundle)
    finding = verify_bundle(bundle)
    assert (finding.ok, finding.cause, finding.first_bad, script(bundle)) == (False, cause, ENTRIES + 2, 1)
