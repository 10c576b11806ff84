"""Verification of a bundle: its files, its chain and its signatures, exactly as `verify.sh` checks them.

Several processes check the segments, each hashed line by line; their ends are joined afterwards. Only a block that is
not as it should be is examined line by line, to name the first bad entry.
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
from store.log.entries import LAYOUT
from store.log.findings import START, Flaw, Link, Progress
from store.log.rows import is_in_time
from store.log.signing_keys import SIGNATURE_BYTES, has_signed, key_fingerprint, key_from_text
from store.log.terminals import NextKeys, from_texts
from store.log.verification import Marks

_SUM_LINE: Final = re.compile(rb"([0-9a-f]{64})  ([A-Za-z0-9._][A-Za-z0-9._-]*)\n")
# What is named like a part of a bundle and is not listed: somebody might take it for one.
_LIKE_A_PART: Final = re.compile(r"(entries|checkpoints|witnesses|manifest|sha256sums)", re.IGNORECASE)
_DIRECTORY: Final = re.compile(r"renkei-log-[a-z0-9-]+-(\d{6})")
WITNESS_CONTEXT: Final = b"renkei/1 witness signature\x00"
"""The bytes before the body in what the peer signs (PROTOCOL.md, 6.6). The line's own side holds them as well, since
neither room imports the other; a test keeps both equal."""
# Starting a process takes as long as checking several segments.
_PARALLEL_FROM: Final = 8
_MOST_BYTES: Final = {SUMS: 1024 * 1024, MANIFEST: 64 * 1024}


@dataclass(frozen=True, slots=True)
class BundleFinding:
    """The result of checking a bundle. `file`: the first file that is not as it should be.

    `digest`: the digest of its sums, which the next bundle names. `previous`: the digest that it names itself.
    `first_key`: the fingerprint of the log's first key, which the first bundle alone holds. `foreign`: files beside the
    bundle that are no part of it, such as those that other machines leave on a medium; they say nothing about the log.
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
    first_key: str | None = None
    foreign: tuple[str, ...] = ()


def bundles_in(directory: Path) -> list[Path]:
    """Return the bundles in `directory` in order, or the directory itself when it is one. Raises BundleMissing."""
    if (directory / SUMS).exists() or (directory / MANIFEST).exists():
        return [directory]
    try:
        matches = ((_DIRECTORY.fullmatch(path.name), path) for path in directory.iterdir())
        # Sorted by number and not by name: bundles of several terminals share one numbering.
        bundles = [path for _, path in sorted((match[1], path) for match, path in matches if match)]
    except OSError:
        raise BundleMissing(directory=directory.name) from None
    if not bundles:
        raise BundleMissing(directory=directory.name)
    return bundles


def verify_bundle(directory: Path, progress: Progress | None = None) -> BundleFinding:
    """Check one bundle. It never raises for its contents: what cannot be read is a finding."""
    try:
        return _BundleCheck(directory, progress).run()
    except _Wrong as wrong:
        return wrong.finding()
    except OSError as error:
        return BundleFinding(ok=False, entries=0, cause=Flaw.FILES, file=Path(error.filename or directory).name)


class _Wrong(Exception):
    """The first thing that does not hold. It ends the check from any depth."""

    def __init__(self, cause: Flaw, *, file: str | None = None, first_bad: int | None = None, first: int = 0) -> None:
        super().__init__(cause)
        self._cause, self._file, self._first_bad, self._first = cause, file, first_bad, first

    def finding(self) -> BundleFinding:
        """Return it as a finding."""
        return BundleFinding(
            ok=False,
            entries=0 if self._first_bad is None else max(self._first_bad - self._first, 0),
            first=self._first,
            first_bad=self._first_bad,
            cause=self._cause,
            file=self._file,
        )


class _Row(NamedTuple):
    """A checkpoint of the bundle with the members of a stored row, which is what `Marks` reads."""

    number: int
    seq: int
    body: bytes
    signature: bytes


class _BundleCheck:
    """The check of one bundle."""

    def __init__(self, directory: Path, progress: Progress | None) -> None:
        self._directory = directory
        self._progress = progress
        self._sums: dict[str, str] = {}
        self._foreign: tuple[str, ...] = ()

    def run(self) -> BundleFinding:
        digest = self._read_sums()
        manifest = self._manifest()
        first, last = manifest["first"], manifest["last"]
        rows = self._rows()
        next_keys = _first_keys(manifest)
        segments = self._check_segments(_writers(next_keys, first, rows), {row.seq for row in rows})
        link, hashes = self._join(manifest, segments)
        if link.seq < last:
            raise _Wrong(Flaw.CUT, first_bad=link.seq + 1, first=first)
        if link.seq > last:
            raise _Wrong(Flaw.FILES, file=MANIFEST)
        resumed = self._check_marks(manifest, next_keys, rows, hashes)
        self._check_witnesses()
        return BundleFinding(
            ok=True,
            entries=last - first + 1,
            first=first,
            last=last,
            number=manifest["bundle"],
            digest=digest,
            previous=manifest["previous"],
            resumed=resumed,
            first_key=key_fingerprint(manifest["ladder"]) if first == 1 else None,
            foreign=self._foreign,
        )

    def _read_sums(self) -> str:
        """Read the sums, and check that the listed files are there. Segments are summed later, while read."""
        raw = self._plain(SUMS)
        lines = _SUM_LINE.findall(raw)
        # Nothing may be left between the lines: a tool might read there what this pattern skipped.
        if b"".join(b"%s  %s\n" % line for line in lines) != raw:
            raise _Wrong(Flaw.FILES, file=SUMS)
        self._sums = {name.decode("ascii"): digest.decode("ascii") for digest, name in lines}
        there = {path.name for path in self._directory.iterdir()} - {SUMS}
        foreign = there - self._sums.keys()
        odd = sorted(self._sums.keys() - there) + sorted(filter(_LIKE_A_PART.match, foreign))
        if odd:
            raise _Wrong(Flaw.FILES, file=odd[0])
        self._foreign = tuple(sorted(foreign))
        for name, digest in self._sums.items():
            # lstat() does not follow a link, behind which somebody could exchange the file after the check.
            if not stat.S_ISREG((self._directory / name).lstat().st_mode):
                raise _Wrong(Flaw.FILES, file=name)
            if not name.startswith(SEGMENT_PREFIX) and sha256(self._plain(name)).hexdigest() != digest:
                raise _Wrong(Flaw.FILES, file=name)
        return sha256(raw).hexdigest()

    def _plain(self, name: str) -> bytes:
        path = self._directory / name
        found = path.lstat()
        # A medium comes from outside. What is parsed as a whole has a limit, so that no file of it fills the memory.
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_BYTES.get(name, found.st_size):
            raise _Wrong(Flaw.FILES, file=name)
        return path.read_bytes()

    def _listed(self, name: str) -> bytes:
        if name not in self._sums:
            raise _Wrong(Flaw.FILES, file=name)
        return self._plain(name)

    def _manifest(self) -> dict[str, Any]:
        raw = self._listed(MANIFEST)
        try:
            fields: dict[str, Any] = json.loads(raw.decode("ascii"))
            whole = all(type(fields[name]) is int and fields[name] > 0 for name in ("first", "last", "bundle"))
            texts = all(isinstance(fields[name], str) for name in ("terminal", "prev", "ladder", "checkpoint_prev"))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise _Wrong(Flaw.FILES, file=MANIFEST) from None
        # verify.sh reads the manifest with `sed`, so it must be spelt in the one way that both read alike.
        canonical = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"
        version = SHARED_FORMAT if "others" in fields else FORMAT
        if canonical != raw or not (whole and texts) or fields["v"] != version:
            raise _Wrong(Flaw.FILES, file=MANIFEST)
        return fields

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
            # A strange name gets number 0, which no entry has, so that its check fails.
            first = int(number) if number.isdigit() else 0
            here = frozenset(seq for seq in wanted if first <= seq < first + SEGMENT_ENTRIES)
            jobs.append(Segment(str(self._directory / name), first, tuple(writers.items()), here))
        for name, checked in zip(names, _check_all(jobs), strict=True):
            # A flaw comes before the sum: it names the bad entry, not only the file.
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
            flaw = _flaw_of_joint(checked.begins, link)
            if flaw is not None:
                raise _Wrong(flaw, first_bad=begins, first=first)
            if checked.flaw is not None:
                raise _Wrong(checked.flaw, first_bad=checked.bad, first=first)
            if checked.end.seq - checked.entries != link.seq:
                raise _Wrong(Flaw.GAP, first_bad=begins, first=first)
            # The segment is good and begins where the one before ended.
            hashes.update(checked.hashes)
            link = checked.end
            if self._progress is not None:
                self._progress(link.seq - first + 1, manifest["last"] - first + 1)
        return link, hashes

    def _check_marks(
        self, manifest: Mapping[str, Any], next_keys: NextKeys, rows: Sequence[_Row], hashes: Mapping[int, str]
    ) -> tuple[int, ...]:
        first, last = manifest["first"], manifest["last"]
        begun = checkpoints.read(rows[0].body, rows[0].signature)
        if begun is None or begun.previous.hex() != manifest["checkpoint_prev"]:
            raise _Wrong(Flaw.LADDER, first_bad=first, first=first)
        # The manifest's `checkpoint_prev` takes the place of the checkpoint before, which the bundle does not hold.
        marks = Marks(iter(rows), next_keys, begun=True)
        for seq in sorted({row.seq for row in rows}):
            # A checkpoint at the last entry of the bundle before has no entry here; the manifest names its hash.
            flaw = marks.reach(Link(seq, hashes.get(seq, manifest["prev"] if seq == first - 1 else ""), ""))
            if flaw is not None:
                raise _Wrong(flaw, first_bad=max(marks.proved + 1, first), first=first)
        if marks.proved != last:
            raise _Wrong(Flaw.CUT, first_bad=marks.proved + 1, first=first)
        # The PEM file is a convenience for `openssl`. It must hold the keys that the bodies name, not others.
        keys = b"".join(pem(mark.key) for row in rows if (mark := checkpoints.read(row.body, row.signature)))
        if keys != self._listed("checkpoints.pem"):
            raise _Wrong(Flaw.SIGNATURE, file="checkpoints.pem")
        return tuple(marks.resumed)

    def _check_witnesses(self) -> None:
        if "witnesses.jsonl" not in self._sums:
            return
        bodies = self._listed("witnesses.jsonl").splitlines()
        signatures, keys = self._listed("witnesses.sig"), self._listed("witnesses.pem").splitlines()
        for place, body in enumerate(bodies):
            # Each key takes three lines of PEM, the middle one being its base64.
            key = key_from_text(keys[place * 3 + 1].decode("ascii")) if len(keys) > place * 3 + 1 else None
            signature = signatures[place * SIGNATURE_BYTES : (place + 1) * SIGNATURE_BYTES]
            if key is None or not has_signed(key, signature, WITNESS_CONTEXT + body):
                raise _Wrong(Flaw.SIGNATURE, file="witnesses.sig")


def _flaw_of_joint(begins: bytes, link: Link) -> Flaw | None:
    """Compare the first entry of a segment, which is good in itself, with the last one of the segment before."""
    entry = LAYOUT.fullmatch(begins)
    if entry is None:
        return None
    if entry["prev"].decode("ascii") != link.hash:
        return Flaw.LINK
    if int(entry["v"]) < link.version:
        return Flaw.BODY
    return None if is_in_time(entry, link) else Flaw.TIME


def _first_keys(manifest: Mapping[str, Any]) -> NextKeys:
    """Return by terminal the key that must sign its first checkpoint."""
    own, others = key_from_text(manifest["ladder"]), from_texts(manifest.get("others", []))
    if own is None or others is None or manifest["terminal"] in others:
        raise _Wrong(Flaw.FILES, file=MANIFEST)
    return {**others, manifest["terminal"]: own}


def _writers(next_keys: NextKeys, first: int, rows: Sequence[_Row]) -> dict[str, int]:
    """Return by terminal the number of the first entry that it may have written.

    The segments are checked before the checkpoints that this relies on. That is safe: if those are forged, their own
    check refuses the bundle afterwards.
    """
    writers = dict.fromkeys(next_keys, first)
    for row in rows:
        mark = checkpoints.read(row.body, row.signature)
        for name in mark.next_keys if mark else ():
            writers.setdefault(name, row.seq + 1)
    return writers


def _check_all(jobs: Sequence[Segment]) -> Iterator[CheckedSegment]:
    """Check every segment in order, several at a time on several processors."""
    # The processors that this process may use, which may be fewer than the machine has.
    processes = len(os.sched_getaffinity(0))
    if processes == 1 or len(jobs) < _PARALLEL_FROM:
        yield from map(check_segment, jobs)
        return
    # spawn and not fork: the console runs threads, and a forked child would inherit whatever locks they hold.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(check_segment, jobs)
