"""Whether a file is whole: nobody wrote to it while it was read, and it is the one whose checksum lies beside it."""

import hashlib
import re
from pathlib import Path
from typing import Final, NamedTuple, Self

from store.errors import FileUnreadable
from store.message.errors import FileChanged, FileChecksumDiffers, FileChecksumUnusable

CHECKSUM_SUFFIX: Final = ".sha256"
# What sha256sum writes for a file takes a hundred bytes, and for a directory of files some kilobytes.
_LONGEST_CHECKSUMS: Final = 64 * 1024
_DIGEST: Final = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{64}(?![0-9A-Fa-f])")


class Stamp(NamedTuple):
    """Which file has a name, how long it is in bytes, and when it was written to last (nanoseconds)."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the stamp of the file at `path`. Raises FileUnreadable."""
        try:
            status = path.stat()
        except OSError as error:
            raise FileUnreadable(file=path.name) from error
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    def check(self, path: Path) -> None:
        """Raise FileChanged unless the file at `path` is still the same, FileUnreadable when it is gone."""
        if Stamp.of(path) != self:
            raise FileChanged(file=path.name)


def check_checksum(path: Path, digest: str | None = None) -> None:
    """Hold the file at `path` against the SHA-256 in the file beside it, where there is one.

    `digest` is that of the file, where it was computed already. Raises FileChecksumUnusable, FileChecksumDiffers,
    FileUnreadable.
    """
    beside = path.with_name(path.name + CHECKSUM_SUFFIX)
    try:
        text = _read_checksums(beside)
    except FileNotFoundError:
        return
    except OSError as error:
        raise FileChecksumUnusable(file=path.name, checksum=beside.name) from error
    wanted = _digest_for(path.name, text)
    if wanted is None:
        raise FileChecksumUnusable(file=path.name, checksum=beside.name)
    # The whole file is read once more for it, at about a second for each gigabyte.
    if (digest or digest_of(path)) != wanted:
        raise FileChecksumDiffers(file=path.name, checksum=beside.name)


def _read_checksums(beside: Path) -> str:
    if beside.exists() and not beside.is_file():
        # A pipe could keep the reader waiting forever.
        raise IsADirectoryError(beside.name)
    with beside.open("rb") as stream:
        raw = stream.read(_LONGEST_CHECKSUMS + 1)
    if len(raw) > _LONGEST_CHECKSUMS:
        return ""
    # PowerShell writes UTF-16; without its zero bytes, the digits are the same.
    return raw.replace(b"\0", b"").decode("utf-8", "replace")


def _digest_for(name: str, text: str) -> str | None:
    """Return the digest that a list of checksums has for the file `name`, or its only one; None for any other text."""
    found = [(match[0].lower(), line[match.end() :]) for line in text.splitlines() for match in _DIGEST.finditer(line)]
    # sha256sum writes a list for several files; other programs write the digest without any name.
    # The name counts and not its directory, which is another one at the sender.
    own = {digest for digest, rest in found if re.split(r"[/\\]", rest.strip(" *"))[-1] == name}
    digests = own or {digest for digest, _ in found}
    return digests.pop() if len(digests) == 1 else None


def digest_of(path: Path) -> str:
    """Return the SHA-256 of the file at `path` in hex. Raises FileUnreadable."""
    if not path.is_file():
        # A pipe or a device could keep the reader waiting forever.
        raise FileUnreadable(file=path.name)
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise FileUnreadable(file=path.name) from error
