"""A part of the log on a medium: what is written, how a segment is checked, and what refuses a bundle.

It shows `store.log.bundle.contents`, `store.log.bundle.segment` and `store.log.bundle.verification`.
"""

import random
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from store.errors import BundleMissing, NothingToExport
from store.log import Flaw
from store.log.bundle.contents import Bundle, SignedWord, parts, pem, plan, segment_name
from store.log.bundle.segment import CheckedSegment, Segment, check_segment
from store.log.bundle.verification import BundleFinding, bundles_in, verify_bundle
from tests.escapes import ESCAPES, steering
from tests.store.log.log_world import ENTRIES, MARKS, TERMINAL, House, export, make_house

SEGMENT = segment_name(1)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A log that the tests only read."""
    return make_house(tmp_path_factory.mktemp("bundle") / "house")


@pytest.fixture(scope="module")
def exported(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(house, tmp_path_factory.mktemp("medium"), 1, 0, None)


@pytest.fixture
def bundle(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / exported.name))


def _plan(house: House, after: int, number: int = 1) -> Bundle:
    database = house.database
    with database.reading() as reading:
        planned = plan(reading, TERMINAL, house.log.origin, number=number, after=after, previous=None)
    database.close()
    return planned


def _check(path: Path, first: int = 1, writers: tuple[tuple[str, int], ...] = ((TERMINAL, 1),)) -> CheckedSegment:
    return check_segment(Segment(str(path), first, writers, frozenset({MARKS[0]})))


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def _sum_again(bundle: Path) -> None:
    """Write the sums as they would be if nothing had been changed since."""
    names = sorted(path.name for path in bundle.iterdir() if path.name != "SHA256SUMS")
    sums = [f"{sha256((bundle / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (bundle / "SHA256SUMS").write_text("".join(sums))


def test_a_bundle_ends_at_the_last_checkpoint(house: House) -> None:
    whole, rest = _plan(house, 0), _plan(house, MARKS[1], number=2)

    assert (whole.first, whole.last.seq, whole.entries, whole.before) == (1, MARKS[-1], MARKS[-1], None)
    assert (rest.first, rest.entries) == (MARKS[1] + 1, MARKS[-1] - MARKS[1])
    assert rest.before is not None
    assert rest.before.seq == MARKS[1]
    assert rest.name == f"renkei-log-{TERMINAL}-000002"


@pytest.mark.parametrize("after", [MARKS[-1], ENTRIES])
def test_what_no_checkpoint_signs_is_not_exported(house: House, after: int) -> None:
    with pytest.raises(NothingToExport):
        _plan(house, after)


def test_the_size_of_the_entries_is_known_before_they_are_written(house: House, exported: Path) -> None:
    assert _plan(house, 0).entry_bytes == (exported / SEGMENT).stat().st_size


def test_the_sums_come_last_and_are_those_of_all_other_files(house: House) -> None:
    database = house.database
    word = SignedWord(b"{}", bytes(64), bytes(32))
    with database.reading() as reading:
        written = [(part.name, b"".join(part.pieces)) for part in parts(reading, _plan(house, 0), [word])]
    database.close()
    names = [name for name, _ in written]
    lines = [line.split("  ") for line in written[-1][1].decode().splitlines()]
    sums = {name: digest for digest, name in lines}

    assert names[-1] == "SHA256SUMS"
    assert {"README.txt", "verify.sh", "manifest.json", SEGMENT, "witnesses.sig"} < {*names}
    assert sums == {name: sha256(content).hexdigest() for name, content in written[:-1]}


def test_the_first_bundle_tells_the_first_key_and_is_held_against_it(house: House, exported: Path) -> None:
    first_key = house.log.first_key
    assert first_key is not None
    assert verify_bundle(exported).first_key == first_key

    def script(*arguments: str) -> tuple[int, list[str]]:
        command = ["sh", str(exported / "verify.sh"), *arguments]
        ran = subprocess.run(command, capture_output=True, check=False, text=True)
        return ran.returncode, ran.stdout.splitlines()

    status, lines = script(first_key)
    assert (status, lines[-2]) == (0, f"FIRST KEY: {first_key}")
    assert script() == (status, lines)
    assert script("ab" * 32) == (1, [f"BAD: the first key is {first_key}, not {'ab' * 32}"])


def test_without_words_of_the_peer_there_are_no_files_for_them(exported: Path) -> None:
    assert [path.name for path in exported.glob("witnesses*")] == []


def test_a_key_is_written_as_openssl_reads_it() -> None:
    assert pem(bytes(32)) == (
        b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA" + b"A" * 43 + b"=\n-----END PUBLIC KEY-----\n"
    )


def test_a_good_segment_gives_its_sum_its_ends_and_the_hashes_asked_for(exported: Path) -> None:
    lines = _lines(exported / SEGMENT)
    checked = _check(exported / SEGMENT)

    assert (checked.flaw, checked.entries) == (None, MARKS[-1])
    assert checked.digest == sha256(b"".join(lines)).hexdigest()
    assert checked.hashes == {MARKS[0]: sha256(lines[MARKS[0] - 1][:-1]).hexdigest()}
    assert checked.end.hash == sha256(lines[-1][:-1]).hexdigest()
    assert checked.begins == lines[0][:-1]


@pytest.mark.parametrize(
    ("old", "new", "flaw", "bad"),
    [
        (b'"v":2}', b'"v":3}', Flaw.BODY, 7),
        (b'"actor":"op-101"', b'"actor":"op 101"', Flaw.BODY, 7),
        (b'"actor":"op-101"', b'"actor":"op-\xff01"', Flaw.BODY, 7),
        (b"\n", b"", Flaw.BODY, 7),
        (b"\n", b"\n\n", Flaw.BODY, 8),
        (TERMINAL.encode(), b"t-131041-02", Flaw.TERMINAL, 7),
        (b'"seq":7,', b'"seq":8,', Flaw.GAP, 7),
        # The line itself is an entry still, so only the next one shows that it is another.
        (b'"actor":"op-101"', b'"actor":"op-102"', Flaw.LINK, 8),
    ],
)
def test_the_first_bad_line_is_named(bundle: Path, old: bytes, new: bytes, flaw: Flaw, bad: int) -> None:
    lines = _lines(bundle / SEGMENT)
    assert old in lines[6]
    lines[6] = lines[6].replace(old, new)
    (bundle / SEGMENT).write_bytes(b"".join(lines))
    checked = _check(bundle / SEGMENT)

    assert (checked.flaw, checked.bad) == (flaw, bad)


def test_a_segment_is_read_from_its_own_first_number(bundle: Path) -> None:
    assert _check(bundle / SEGMENT, first=2).flaw is Flaw.GAP


@pytest.mark.parametrize(("since", "flaw"), [(1, None), (2, Flaw.TERMINAL)])
def test_a_terminal_writes_from_its_admission_on(bundle: Path, since: int, flaw: Flaw | None) -> None:
    assert _check(bundle / SEGMENT, writers=((TERMINAL, since),)).flaw is flaw


def test_an_empty_segment_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / SEGMENT).write_bytes(b"")
    checked = _check(tmp_path / SEGMENT)

    assert (checked.entries, checked.flaw, checked.begins) == (0, None, b"")


def test_a_good_bundle_verifies_with_its_progress(exported: Path) -> None:
    progress: list[tuple[int, int]] = []
    finding = verify_bundle(exported, lambda done, total: progress.append((done, total)))

    assert (finding.ok, finding.entries, finding.first, finding.last) == (True, MARKS[-1], 1, MARKS[-1])
    assert finding.digest == sha256((exported / "SHA256SUMS").read_bytes()).hexdigest()
    assert progress == [(MARKS[-1], MARKS[-1])]


@pytest.mark.parametrize("name", ["README.txt", "manifest.json", "checkpoints.sig", SEGMENT])
def test_a_file_that_is_missing_or_too_many_or_a_link_is_named(bundle: Path, tmp_path: Path, name: str) -> None:
    shutil.move(bundle / name, tmp_path / "aside")
    assert verify_bundle(bundle) == BundleFinding(ok=False, entries=0, cause=Flaw.FILES, file=name)
    (bundle / name).symlink_to(tmp_path / "aside")
    assert verify_bundle(bundle).file == name
    (bundle / name).unlink()
    shutil.move(tmp_path / "aside", bundle / name)
    assert verify_bundle(bundle).ok
    # What is named like a part of the log could be taken for one.
    (bundle / "Entries-000000000099.jsonl").touch()
    assert verify_bundle(bundle).file == "Entries-000000000099.jsonl"


LEFT_BEHIND = [
    "Thumbs.db",
    "desktop.ini",
    ".DS_Store",
    "._README.txt",
    "System Volume Information",
    ".*",
    "[a-z]*",
    r"\033[2J",
]


def test_foreign_files_are_named_safely_and_the_entries_verified(bundle: Path) -> None:
    names = sorted([*LEFT_BEHIND, *(text.replace("/", "") for text in ESCAPES.values()), "a\nREADME.txt"])
    for name in names:
        (bundle / name).mkdir() if name.startswith("System") else (bundle / name).touch()
    finding = verify_bundle(bundle)
    assert (finding.ok, finding.entries, sorted(finding.foreign)) == (True, MARKS[-1], names)

    ran = subprocess.run(["sh", str(bundle / "verify.sh")], capture_output=True, check=False)
    lines = ran.stdout.decode("ascii").splitlines()
    assert (ran.returncode, ran.stderr) == (3, b"")
    assert sum(line.startswith("FOREIGN: ") for line in lines) == len(names)
    assert steering("\n".join(lines)) == []
    assert lines[-1].startswith("OK: entries 1 to")
    assert {f"FOREIGN: {name}" for name in LEFT_BEHIND} <= set(lines)


@pytest.mark.parametrize("sums", [b"", b"nonsense\n", b"\n"])
def test_sums_of_another_form_are_refused(bundle: Path, sums: bytes) -> None:
    kept = (bundle / "SHA256SUMS").read_bytes()
    (bundle / "SHA256SUMS").write_bytes((kept + sums) if sums else b"")

    assert verify_bundle(bundle).cause is Flaw.FILES


@pytest.mark.parametrize(
    ("name", "changed", "cause"),
    [
        ("README.txt", b"changed", None),
        ("manifest.json", b"{}", Flaw.FILES),
        ("manifest.json", b"[" * 60_000, Flaw.FILES),
        ("manifest.json", b" " * 65_537, Flaw.FILES),
        ("checkpoints.jsonl", b"", Flaw.SIGNATURE),
        ("checkpoints.jsonl", b"{}\n" * len(MARKS), Flaw.CHECKPOINT),
        ("checkpoints.sig", bytes(64 * len(MARKS)), Flaw.SIGNATURE),
        (SEGMENT, b"", Flaw.CUT),
    ],
)
def test_changed_contents_are_refused_even_with_new_sums(
    bundle: Path, name: str, changed: bytes, cause: Flaw | None
) -> None:
    (bundle / name).write_bytes(changed)
    assert not verify_bundle(bundle).ok
    _sum_again(bundle)
    finding = verify_bundle(bundle)

    # The page for people is proved by nothing but the sums.
    assert (finding.ok, finding.cause) == (cause is None, cause)


def test_bundles_are_found_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = ["renkei-log-t-2-000001", "renkei-log-t-1-000002", "renkei-log-t-1-000010", "renkei-log-t-1-1", "photos"]
    random.Random(0).shuffle(names)
    for name in names:
        (tmp_path / name).mkdir()

    assert [path.name for path in bundles_in(tmp_path)] == [
        "renkei-log-t-2-000001",
        "renkei-log-t-1-000002",
        "renkei-log-t-1-000010",
    ]


def test_a_bundle_may_be_named_itself(exported: Path) -> None:
    assert bundles_in(exported) == [exported]


@pytest.mark.parametrize("place", ["", "missing"])
def test_where_no_bundle_is_that_is_an_error(tmp_path: Path, place: str) -> None:
    with pytest.raises(BundleMissing):
        bundles_in(tmp_path / place)


def test_sums_without_end_are_not_read(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (bundle / "SHA256SUMS").open("r+b") as sums:
        sums.truncate(1024 * 1024 + 1)

    def never(path: Path) -> bytes:
        raise AssertionError(path)

    monkeypatch.setattr(Path, "read_bytes", never)
    assert verify_bundle(bundle).file == "SHA256SUMS"
