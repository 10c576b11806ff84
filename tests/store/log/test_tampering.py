"""Everything that somebody might do to the log, each in seeded variants, and what is found of it; on media as well.

`python -m tests.faults tampering` and `histories` do the same with as many seeds as wanted.
"""

import base64
import json
import random
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from store.log import Flaw, Verification
from store.log.bundle import bundles_in, contents, verification, verify_bundle
from store.log.signing_keys import key_text
from tests.store.log.histories import live
from tests.store.log.log_world import ENTRIES, MARKS, STEADY, STEPPED, House, encode, export, make_house, rebuild
from tests.store.log.media_tampering import ON_MEDIA, make_media, refused_by_both, script, sum_again
from tests.store.log.tampering import TABLE, assert_noticed

SEEDS: Final = range(1)
MEDIA_SEEDS: Final = range(1)
HISTORIES: Final = (*range(3), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 6)))


@pytest.fixture(
    scope="module",
    params=[pytest.param(STEADY, id="steady"), pytest.param(STEPPED, id="stepped", marks=pytest.mark.long)],
)
def grown(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A log under a clock that was always right, and one whose clock was wrong by years, hours and seconds."""
    return make_house(tmp_path_factory.mktemp("grown") / "house", request.param).home


@pytest.fixture(params=SEEDS)
def house(grown: Path, tmp_path: Path, request: pytest.FixtureRequest) -> House:
    return House(Path(shutil.copytree(grown, tmp_path / "house")), random.Random(request.param))


@pytest.fixture(scope="module")
def media(grown: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_media(tmp_path_factory.mktemp("media"), grown)


@pytest.fixture
def bundle(media: Path, tmp_path: Path) -> Path:
    return bundles_in(Path(shutil.copytree(media, tmp_path / "medium")))[0]


@pytest.mark.parametrize("tampering", TABLE, ids=lambda name: name.replace(" ", "-"))
def test_tampering_is_found_and_the_first_bad_entry_named(house: House, tampering: str) -> None:
    assert_noticed(house, tampering)


def test_the_log_that_is_tampered_with_was_sound(grown: Path, tmp_path: Path) -> None:
    house = House(Path(shutil.copytree(grown, tmp_path / "house")), random.Random(0))
    assert house.verify() == Verification(ok=True, entries=ENTRIES, checkpoints=len(MARKS))


def test_what_lies_after_the_last_checkpoint_is_not_proved(grown: Path, tmp_path: Path) -> None:
    """Whoever holds the live machine may cut or rewrite it: the documentation says so."""
    house = House(Path(shutil.copytree(grown, tmp_path / "house")), random.Random(0))
    rebuild(house, lambda wanted: wanted.pop())
    house.guard_again()
    assert house.verify().ok


@pytest.mark.parametrize("seed", HISTORIES)
def test_an_honest_history_raises_no_alarm(tmp_path: Path, seed: int) -> None:
    live(tmp_path, seed)


@pytest.mark.parametrize("seed", MEDIA_SEEDS)
@pytest.mark.parametrize("tampering", ON_MEDIA, ids=lambda name: name.replace(" ", "-"))
def test_both_proofs_refuse_a_bad_bundle(bundle: Path, tampering: str, seed: int) -> None:
    refused_by_both(bundle, tampering, random.Random(seed))


def test_both_proofs_accept_good_bundles(media: Path) -> None:
    findings = [verify_bundle(bundle) for bundle in bundles_in(media)]
    assert [(finding.ok, finding.first, finding.last) for finding in findings] == [
        (True, 1, MARKS[-1]),
        (True, MARKS[-1] + 1, ENTRIES),
    ]
    assert [script(bundle) for bundle in bundles_in(media)] == [0, 0]


def test_the_same_log_gives_the_same_bytes(grown: Path, tmp_path: Path) -> None:
    house = House(Path(shutil.copytree(grown, tmp_path / "house")), random.Random(0))
    once, again = (export(house, tmp_path / name, 1, 0, None) for name in ("once", "again"))
    assert {path.name: path.read_bytes() for path in once.iterdir()} == {
        path.name: path.read_bytes() for path in again.iterdir()
    }


def test_a_bundle_forged_with_the_attackers_own_keys_is_refused(bundle: Path) -> None:
    """A chain that is right in itself, signed by somebody else: its first key is not the one in the manifest."""
    own = Ed25519PrivateKey.generate()
    path = bundle / "checkpoints.jsonl"
    marks = [json.loads(line) for line in path.read_bytes().splitlines()]
    key = key_text(own.public_key().public_bytes_raw())
    previous, raws = "0" * 64, []
    for mark in marks:
        raws.append(encode({**mark, "key": key, "next": key, "prev": previous}))
        previous = sha256(raws[-1]).hexdigest()
    path.write_bytes(b"".join(raw + b"\n" for raw in raws))
    (bundle / "checkpoints.sig").write_bytes(b"".join(own.sign(raw) for raw in raws))
    pem = f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(base64.b64decode(key)).decode()}\n-----END PUBLIC KEY-----\n"
    (bundle / "checkpoints.pem").write_text(pem * len(raws))
    sum_again(bundle)
    assert (verify_bundle(bundle).cause, script(bundle)) == (Flaw.LADDER, 1)


@pytest.fixture
def segmented(grown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle in many segments."""
    for module in (contents, verification):
        monkeypatch.setattr(module, "SEGMENT_ENTRIES", 10)
    house = House(Path(shutil.copytree(grown, tmp_path / "house")), random.Random(0))
    return export(house, tmp_path / "medium", 1, 0, None)


def test_segments_are_joined_in_one_process_and_in_several(segmented: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(list(segmented.glob("entries-*"))) == MARKS[-1] / 10
    progress: list[tuple[int, int]] = []
    alone = verify_bundle(segmented, lambda done, total: progress.append((done, total)))
    monkeypatch.setattr(verification, "_PARALLEL_FROM", 2)
    together = verify_bundle(segmented)
    assert alone == together
    assert (alone.ok, alone.entries, script(segmented)) == (True, MARKS[-1], 0)
    assert progress == [(seq, MARKS[-1]) for seq in range(10, MARKS[-1] + 1, 10)]


def _edit(lines: list[bytes]) -> None:
    lines[4] = lines[4].replace(b'"actor":"op-101"', b'"actor":"op-999"')


@pytest.mark.parametrize(
    ("tamper", "first_bad"),
    [
        pytest.param(_edit, 26, id="edited"),
        pytest.param(lambda lines: lines.pop(), 30, id="last-cut"),
        pytest.param(lambda lines: lines.pop(0), 21, id="first-cut"),
        pytest.param(lambda lines: lines.append(lines[-1]), 31, id="last-doubled"),
        pytest.param(lambda lines: lines.insert(0, b"x" + lines.pop(0)), 21, id="something-before"),
    ],
)
def test_the_first_bad_entry_is_named_whichever_segment_it_is_in(
    segmented: Path, tamper: Callable[[list[bytes]], object], first_bad: int
) -> None:
    path = segmented / "entries-000000000021.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    tamper(lines)
    path.write_bytes(b"".join(lines))
    sum_again(segmented)
    finding = verify_bundle(segmented)
    assert (finding.ok, finding.first_bad, script(segmented)) == (False, first_bad, 1)
