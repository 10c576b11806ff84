"""What may happen to a bundle of the log on its medium, by chance or by hand."""

import random
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from store.log.bundle import verify_bundle
from tests.store.log.log_world import MARKS, House, export


def make_media(place: Path, grown: Path) -> Path:
    """Make a medium with two bundles of the log at `grown`, one after the other."""
    house = House(Path(shutil.copytree(grown, place / "house")), random.Random(0))
    first = export(house, place / "medium", 1, 0, None)
    house.mark()
    export(house, place / "medium", 2, MARKS[-1], verify_bundle(first).digest)
    return place / "medium"


def script(bundle: Path) -> int:
    ran = subprocess.run(["sh", str(bundle / "verify.sh")], capture_output=True, check=False, text=True)
    assert ran.returncode in {0, 1}, ran
    assert ran.stderr == ""
    assert ran.stdout.splitlines()[-1].startswith("OK" if ran.returncode == 0 else "BAD")
    return ran.returncode


def sum_again(bundle: Path) -> None:
    """Write the sums anew, as somebody who changes a file would."""
    names = sorted(path.name for path in bundle.iterdir() if path.name != "SHA256SUMS")
    lines = [f"{sha256((bundle / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (bundle / "SHA256SUMS").write_text("".join(lines))


def flip(path: Path, chance: random.Random) -> None:
    raw = bytearray(path.read_bytes())
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    path.write_bytes(raw)


def segment_of(bundle: Path) -> Path:
    (path,) = bundle.glob("entries-*")
    return path


def lines_changed(change: Callable[[list[bytes]], object], name: str = "") -> Callable[[Path, random.Random], None]:
    def tamper(bundle: Path, _chance: random.Random) -> None:
        path = bundle / name if name else segment_of(bundle)
        lines = path.read_bytes().splitlines(keepends=True)
        change(lines)
        path.write_bytes(b"".join(lines))
        sum_again(bundle)

    return tamper


def flip_in(name: str, *, summed: bool) -> Callable[[Path, random.Random], None]:
    def tamper(bundle: Path, chance: random.Random) -> None:
        flip(next(bundle.glob(name)), chance)
        if summed:
            sum_again(bundle)

    return tamper


def exchanged(name: str) -> Callable[[Path, random.Random], None]:
    def tamper(bundle: Path, _chance: random.Random) -> None:
        other = next(path for path in bundle.parent.iterdir() if path != bundle)
        shutil.copy(next(other.glob(name)), next(bundle.glob(name)))
        sum_again(bundle)

    return tamper


def remove(name: str) -> Callable[[Path, random.Random], None]:
    def tamper(bundle: Path, _chance: random.Random) -> None:
        next(bundle.glob(name)).unlink()
        sum_again(bundle)

    return tamper


def empty(name: str) -> Callable[[Path, random.Random], None]:
    def tamper(bundle: Path, _chance: random.Random) -> None:
        (bundle / name).write_bytes(b"")
        sum_again(bundle)

    return tamper


def link(bundle: Path, _chance: random.Random) -> None:
    segment_of(bundle).rename(bundle.parent / "elsewhere")
    (bundle / "entries-000000000001.jsonl").symlink_to(bundle.parent / "elsewhere")


ON_MEDIA: Final[dict[str, Callable[[Path, random.Random], object]]] = {
    **{f"bit flip in {name}": flip_in(name, summed=False) for name in ("entries-*", "checkpoints.*", "manifest.json")},
    "bit flip in the sums": flip_in("SHA256SUMS", summed=False),
    "bit flip in an entry, summed": flip_in("entries-*", summed=True),
    "bit flip in a signature, summed": flip_in("checkpoints.sig", summed=True),
    "bit flip in a key, summed": flip_in("checkpoints.pem", summed=True),
    "missing segment": lambda bundle, _chance: segment_of(bundle).unlink(),
    "missing segment, summed": remove("entries-*"),
    "missing sums": lambda bundle, _chance: (bundle / "SHA256SUMS").unlink(),
    "missing signatures, summed": empty("checkpoints.sig"),
    "extra segment": lambda bundle, _chance: (bundle / "entries-000000100001.jsonl").write_text("more"),
    "extra witness": lambda bundle, _chance: (bundle / "witnesses.more").write_text("more"),
    "linked segment": link,
    "older segment": exchanged("entries-*"),
    "older checkpoints": exchanged("checkpoints.jsonl"),
    "older manifest": exchanged("manifest.json"),
    "first entry cut": lines_changed(lambda lines: lines.pop(0)),
    "last entry cut": lines_changed(lambda lines: lines.pop()),
    "entry cut out": lines_changed(lambda lines: lines.pop(30)),
    "entry doubled": lines_changed(lambda lines: lines.insert(7, lines[7])),
    "entries swapped": lines_changed(lambda lines: lines.insert(7, lines.pop(9))),
    "end of line cut": lines_changed(lambda lines: lines.append(lines.pop().rstrip(b"\n"))),
    "checkpoint cut out": lines_changed(lambda lines: lines.pop(2), "checkpoints.jsonl"),
    "checkpoints swapped": lines_changed(lambda lines: lines.insert(1, lines.pop(2)), "checkpoints.jsonl"),
}


def refused_by_both(bundle: Path, tampering: str, chance: random.Random) -> None:
    """Tamper, and raise AssertionError unless both proofs refuse the bundle and the program names what is bad."""
    ON_MEDIA[tampering](bundle, chance)
    finding = verify_bundle(bundle)
    assert not finding.ok, tampering
    assert finding.first_bad is not None or finding.file is not None
    assert script(bundle) == 1, tampering
