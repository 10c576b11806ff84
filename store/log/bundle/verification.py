"""The proof of a bundle: its files, its chain, its signatures, exactly as `verify.sh` checks them.

Segments are checked in several processes: each is hashed line by line, and their ends are joined afterwards. Only bytes
that differ from what they should be are looked at one by one, to name the first bad entry.
"""

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, NamedTuple

from store.errors import BundleMissing
from store.log import checkpoints
from store.log.bundle.contents import FORMAT, MANIFEST, SEGMENT_ENTRIES, SEGMENT_PREFIX, SHARED_FORMAT, SUMS, pem
from store.log.bundle.segment import CheckedSegment, Segment, check_segment
from store.log.findings import START, Flaw, Link, Progress
from store.log.signing_keys import SIGNATURE_BYTES, has_signed, key_from_text
from store.log.terminals import Ladders, from_texts
from store.log.verification import Marks

_SUM_LINE: Final = re.compile(rb"([0-9a-f]{64})  ([A-Za-z0-9._-]+)\n")
_DIRECTORY: Final = re.compile(r"renkei-log-[a-z0-9-]+-(\d{6})")
_WORD_CONTEXT: Final = b"renkei/1 witness signature\x00"
# Starting a process takes as long as checking some segments does.
_PARALLEL_FROM: Final = 8


@dataclass(frozen=True, slots=True)
class BundleFinding:
    """What checking a bundle found. `file`: the first file that is not as it should be.

    `digest`: of its sums, which the next bundle names; `previous`: what it says of the bundle before.
    """

    ok: bool
    entries: int
    first: int = 0
    last: int = 0
    first_bad: int | None = None
    cause: Flaw | None = None
    file: str | None = None
    number: int = 0
    digest: str = ""
    previous: str | None = None
    resumed: tuple[int, ...] = ()


def bundles_in(directory: Path) -> list[Path]:
    """Return the bundles in `directory` in their order, or itself when it is one. Raises BundleMissing."""
    if (directory / SUMS).exists() or (directory / MANIFEST).exists():
        return [directory]
    try:
        numbered = ((_DIRECTORY.fullmatch(one.name), one) for one in directory.iterdir())
        # Whichever terminal wrote them: they count on.
        found = [one for _, one in sorted((name[1], one) for name, one in numbered if name)]
    except OSError:
        raise BundleMissing(directory=directory.name) from None
    if not found:
        raise BundleMissing(directory=directory.name)
    return found


def verify_bundle(directory: Path, progress: Progress | None = None) -> BundleFinding:
    """Check one bundle. Never raises for what is in it: whatever cannot be read is a finding."""
    try:
        return _Proof(directory, progress).run()
    except _Wrong as wrong:
        return wrong.finding()
    except OSError as error:
        return BundleFinding(ok=False, entries=0, cause=Flaw.FILES, file=Path(error.filename or directory).name)


class _Wrong(Exception):
    """Something does not hold."""

    def __init__(self, cause: Flaw, *, file: str | None = None, first_bad: int | None = None, first: int = 0) -> None:
        super().__init__(cause)
        self._told = {"cause": cause, "file": file, "first_bad": first_bad, "first": first}

    def finding(self) -> BundleFinding:
        """Return it as a finding."""
        told: dict[str, Any] = self._told
        bad = told["first_bad"]
        return BundleFinding(ok=False, entries=max(bad - told["first"], 0) if bad is not None else 0, **told)


class _Row(NamedTuple):
    """A checkpoint of the bundle as `Marks` reads it."""

    number: int
    seq: int
    body: bytes
    signature: bytes


class _Proof:
    """One bundle under proof."""

    def __init__(self, directory: Path, progress: Progress | None) -> None:
        self._directory = directory
        self._progress = progress
        self._sums: dict[str, str] = {}

    def run(self) -> BundleFinding:
        digest = self._read_sums()
        manifest = self._manifest()
        first, last = manifest["first"], manifest["last"]
        rows = self._rows()
        ladders = _ladders(manifest)
        segments = self._check_segments(_writers(ladders, first, rows), {row.seq for row in rows})
        link, hashes = self._join(manifest, segments)
        if link.seq < last:
            raise _Wrong(Flaw.CUT, first_bad=link.seq + 1, first=first)
        if link.seq > last:
            raise _Wrong(Flaw.FILES, file=MANIFEST)
        resumed = self._check_marks(manifest, ladders, rows, hashes)
        self._check_words()
        return BundleFinding(
            ok=True,
            entries=last - first + 1,
            first=first,
            last=last,
            number=manifest["bundle"],
            digest=digest,
            previous=manifest["previous"],
            resumed=resumed,
        )

    def _read_sums(self) -> str:
        """Read the sums, and see that exactly the files that they list are there; segments are summed later."""
        raw = self._plain(SUMS)
        lines = _SUM_LINE.findall(raw)
        if b"".join(b"%s  %s\n" % line for line in lines) != raw:
            raise _Wrong(Flaw.FILES, file=SUMS)
        self._sums = {name.decode("ascii"): digest.decode("ascii") for digest, name in lines}
        there = {one.name for one in self._directory.iterdir()} - {SUMS}
        odd = sorted(there ^ self._sums.keys())
        if odd:
            raise _Wrong(Flaw.FILES, file=odd[0])
        for name, digest in self._sums.items():
            if not stat.S_ISREG((self._directory / name).lstat().st_mode):
                raise _Wrong(Flaw.FILES, file=name)
            if not name.startswith(SEGMENT_PREFIX) and sha256(self._plain(name)).hexdigest() != digest:
                raise _Wrong(Flaw.FILES, file=name)
        return sha256(raw).hexdigest()

    def _plain(self, name: str) -> bytes:
        path = self._directory / name
        if not stat.S_ISREG(path.lstat().st_mode):
            raise _Wrong(Flaw.FILES, file=name)
        return path.read_bytes()

    def _listed(self, name: str) -> bytes:
        if name not in self._sums:
            raise _Wrong(Flaw.FILES, file=name)
        return self._plain(name)

    def _manifest(self) -> dict[str, Any]:
        raw = self._listed(MANIFEST)
        try:
            said = json.loads(raw.decode("ascii"))
            whole = all(type(said[name]) is int and said[name] > 0 for name in ("first", "last", "bundle"))
            texts = all(isinstance(said[name], str) for name in ("terminal", "prev", "ladder", "checkpoint_prev"))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise _Wrong(Flaw.FILES, file=MANIFEST) from None
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"
        version = SHARED_FORMAT if "others" in said else FORMAT
        if canonical != raw or not (whole and texts) or said["v"] != version:
            raise _Wrong(Flaw.FILES, file=MANIFEST)
        manifest: dict[str, Any] = said
        return manifest

    def _rows(self) -> list[_Row]:
        bodies = self._listed("checkpoints.jsonl").splitlines()
        signatures = self._listed("checkpoints.sig")
        if not bodies or len(signatures) != len(bodies) * SIGNATURE_BYTES:
            raise _Wrong(Flaw.SIGNATURE, file="checkpoints.sig")
        rows = []
        for place, body in enumerate(bodies):
            signature = signatures[place * SIGNATURE_BYTES : (place + 1) * SIGNATURE_BYTES]
            read = checkpoints.read(body, signature)
            if read is None:
                raise _Wrong(Flaw.CHECKPOINT, file="checkpoints.jsonl")
            rows.append(_Row(read.number, read.seq, body, signature))
        return rows

    def _check_segments(self, writers: Mapping[str, int], wanted: set[int]) -> Iterator[CheckedSegment]:
        names = sorted(name for name in self._sums if name.startswith(SEGMENT_PREFIX))
        jobs = []
        for name in names:
            number = name.removeprefix(SEGMENT_PREFIX).removesuffix(".jsonl")
            first = int(number) if number.isdigit() else 0
            here = frozenset(seq for seq in wanted if first <= seq < first + SEGMENT_ENTRIES)
            jobs.append(Segment(str(self._directory / name), first, tuple(writers.items()), here))
        for name, checked in zip(names, _each(jobs), strict=True):
            if checked.flaw is None and checked.digest != self._sums[name]:
                raise _Wrong(Flaw.FILES, file=name)
            yield checked

    def _join(self, manifest: Mapping[str, Any], segments: Iterator[CheckedSegment]) -> tuple[Link, dict[int, str]]:
        """Follow the chain from segment to segment; return where it ends and the hashes at the checkpoints."""
        first = manifest["first"]
        link = START._replace(seq=first - 1, hash=manifest["prev"])
        hashes: dict[int, str] = {}
        for checked in segments:
            begins = link.seq + 1
            if checked.entries and checked.previous != link.hash:
                raise _Wrong(Flaw.LINK, first_bad=begins, first=first)
            if checked.entries and checked.begins_at < link.at:
                raise _Wrong(Flaw.TIME, first_bad=begins, first=first)
            if checked.flaw is not None:
                raise _Wrong(checked.flaw, first_bad=checked.bad, first=first)
            if checked.end.seq - checked.entries != link.seq:
                raise _Wrong(Flaw.GAP, first_bad=begins, first=first)
            hashes.update(checked.hashes)
            link = checked.end
            if self._progress is not None:
                self._progress(link.seq - first + 1, manifest["last"] - first + 1)
        return link, hashes

    def _check_marks(
        self, manifest: Mapping[str, Any], ladders: Ladders, rows: Sequence[_Row], hashes: Mapping[int, str]
    ) -> tuple[int, ...]:
        first, last = manifest["first"], manifest["last"]
        begun = checkpoints.read(rows[0].body, rows[0].signature)
        if begun is None or begun.previous.hex() != manifest["checkpoint_prev"]:
            raise _Wrong(Flaw.LADDER, first_bad=first, first=first)
        marks = Marks(iter(rows), ladders, begun=True)
        for seq in sorted({row.seq for row in rows}):
            # Checkpoints at the last entry of the bundle before have no entry here to be held against.
            flaw = marks.reach(Link(seq, hashes.get(seq, manifest["prev"] if seq == first - 1 else ""), ""))
            if flaw is not None:
                raise _Wrong(flaw, first_bad=max(marks.proved + 1, first), first=first)
        if marks.proved != last:
            raise _Wrong(Flaw.CUT, first_bad=marks.proved + 1, first=first)
        keys = b"".join(pem(one.key) for row in rows if (one := checkpoints.read(row.body, row.signature)))
        if keys != self._listed("checkpoints.pem"):
            raise _Wrong(Flaw.SIGNATURE, file="checkpoints.pem")
        return tuple(marks.resumed)

    def _check_words(self) -> None:
        if "witnesses.jsonl" not in self._sums:
            return
        bodies = self._listed("witnesses.jsonl").splitlines()
        signatures, keys = self._listed("witnesses.sig"), self._listed("witnesses.pem").splitlines()
        for place, body in enumerate(bodies):
            key = key_from_text(keys[place * 3 + 1].decode("ascii")) if len(keys) > place * 3 + 1 else None
            signature = signatures[place * SIGNATURE_BYTES : (place + 1) * SIGNATURE_BYTES]
            if key is None or not has_signed(key, signature, _WORD_CONTEXT + body):
                raise _Wrong(Flaw.SIGNATURE, file="witnesses.sig")


def _ladders(manifest: Mapping[str, Any]) -> Ladders:
    """Return by which keys the first checkpoints have to be signed, by terminal."""
    own, others = key_from_text(manifest["ladder"]), from_texts(manifest.get("others", []))
    if own is None or others is None or manifest["terminal"] in others:
        raise _Wrong(Flaw.FILES, file=MANIFEST)
    return {**others, manifest["terminal"]: own}


def _writers(ladders: Ladders, first: int, rows: Sequence[_Row]) -> dict[str, int]:
    """Return from which entry on each terminal may have written; that the checkpoints are right is proved later."""
    writers = dict.fromkeys(ladders, first)
    for row in rows:
        mark = checkpoints.read(row.body, row.signature)
        for name in mark.ladders if mark else ():
            writers.setdefault(name, row.seq + 1)
    return writers


def _each(jobs: Sequence[Segment]) -> Iterator[CheckedSegment]:
    """Check every segment, several at a time where there are several."""
    processes = len(os.sched_getaffinity(0))
    if processes == 1 or len(jobs) < _PARALLEL_FROM:
        yield from map(check_segment, jobs)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(check_segment, jobs)
