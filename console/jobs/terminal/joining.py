"""Joining a queue that another terminal began: what is asked for on the new machine, and what it is given.

The request holds public keys alone. What is given for it, the keys that open what is kept in the queue, is sealed
(X-Wing) to a key that was made for this one grant and is destroyed with it: nothing secret travels in the clear.
"""

import json
import shutil
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from console.errors import GrantUnfit, QueueUnshared, RequestUnfit
from console.files import drafted, new_file, refuse_occupied
from console.jobs import checkpoints
from console.jobs.terminal.setup import write_settings
from console.keysource import key_source
from console.settings import FILE_NAME, Settings
from console.terminal import LINE_KEYS, LOG_KEYS, PEPPER_KEY, Terminal, write_origin
from store.errors import LogBroken, TerminalNotAdmitted
from store.log import Event, Occasion, SigningKeys
from store.log.signing_keys import key_from_text, key_text
from store.log.terminals import NAME
from store.sealing.keyfile import destroy_key_file, read_key_file, write_key_file
from store.sealing.sources import PassphraseParts
from store.sealing.sources.source import KEY_BYTES
from store.sealing.vault import QueueKeys, Vault, hand_over, take_over
from transport.parties.authority import Use
from transport.parties.identity import Identity
from transport.parties.sealing import SEED_BYTES, NotOpened, SealingKey, check_public, seal_for

_REQUEST: Final = "renkei-join-request/1"
_GRANT: Final = "renkei-join-grant/1"
_INFO: Final = b"renkei/join/1 "
_REQUEST_FILE: Final = "request.json"
_SEED: Final = "joining.seed"
_LADDER: Final = "log"
_MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Requested:
    """A request that was written: its file, and the fingerprint that two people compare by another way."""

    file: Path
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A terminal that stands: its name, whose queue it shares, and how many log entries were verified."""

    home: Path
    terminal: str
    origin: str
    entries: int


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """What a new terminal asks with: its name, the root of its ladder (32 bytes), the key to seal to (1216 bytes)."""

    terminal: str
    municipality: str
    root: bytes
    sealing_key: bytes

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Read what `to_bytes` wrote. Raises RequestUnfit."""
        try:
            told = json.loads(raw)
            root, sealing_key = key_from_text(told["ladder"]), b64decode(told["sealing_key"], validate=True)
            check_public(sealing_key)
            read = cls(str(told["terminal"]), str(told["municipality"]), root or b"", sealing_key)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise RequestUnfit from None
        if root is None or not NAME.fullmatch(read.terminal) or read.to_bytes() != raw:
            raise RequestUnfit
        return read

    def to_bytes(self) -> bytes:
        """Return the one line that the request is."""
        return _encode(
            {
                "format": _REQUEST,
                "terminal": self.terminal,
                "municipality": self.municipality,
                "ladder": key_text(self.root),
                "sealing_key": b64encode(self.sealing_key).decode("ascii"),
            }
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the request, in hex."""
        return sha256(self.to_bytes()).hexdigest()


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """What a terminal gets that was let in: the keys of the queue, the pepper of its PINs, and who began its log."""

    keys: QueueKeys
    pepper: bytes
    origin: str
    root: bytes
    municipality: str

    def sealed_for(self, request: JoinRequest) -> bytes:
        """Return the file of the grant, which only who made `request` opens."""
        told = {
            "terminal_key": self.keys.terminal.hex(),
            "pseudonym_key": self.keys.pseudonym.hex(),
            "pepper": self.pepper.hex(),
            "origin": self.origin,
            "root": key_text(self.root),
            "municipality": self.municipality,
        }
        sealed = seal_for(request.sealing_key, _encode(told), _info(request))
        return _encode({"format": _GRANT, "for": request.fingerprint, "sealed": b64encode(sealed).decode("ascii")})

    @classmethod
    def open(cls, raw: bytes, request: JoinRequest, seed: bytes) -> Self:
        """Open the file of a grant. Raises GrantUnfit: it is for another request, or was changed."""
        try:
            sealed = b64decode(json.loads(raw)["sealed"], validate=True)
            told: dict[str, str] = json.loads(SealingKey(seed).open(sealed, _info(request)))
            root = key_from_text(told["root"])
            keys = QueueKeys(bytes.fromhex(told["terminal_key"]), bytes.fromhex(told["pseudonym_key"]))
            opened = cls(keys, bytes.fromhex(told["pepper"]), told["origin"], root or b"", told["municipality"])
        except (ValueError, KeyError, TypeError, RecursionError, NotOpened):
            raise GrantUnfit from None
        if root is None or {*map(len, keys)} != {KEY_BYTES}:
            raise GrantUnfit
        return opened


def request(home: Path, settings: Settings, file: Path) -> Requested:
    """Write the request of a new terminal to the new file `file`; what it needs later waits beside `home`.

    Raises QueueUnshared (a database that is a file is one terminal's), HomeNotEmpty, HomeUnwritable, FileExists,
    FileUnwritable, DiskFull.
    """
    if settings.database_file(home) is not None:
        raise QueueUnshared
    refuse_occupied(home)
    with drafted(_waiting(home)) as draft:
        write_settings(draft / FILE_NAME, settings)
        key, ladder = SealingKey.generate(), SigningKeys.create(draft / _LADDER)
        write_key_file(draft / _SEED, key.seed)
        made = JoinRequest(settings.terminal.id, settings.municipality.code, ladder.root, key.public)
        write_key_file(draft / _REQUEST_FILE, made.to_bytes())
        with new_file(file) as stream:
            stream.write(made.to_bytes())
    return Requested(file, made.fingerprint)


def accept(home: Path, file: Path, *, parts: PassphraseParts | None = None) -> Joined:
    """Make the terminal at `home` with the grant in `file`, once the whole log has verified; then it signs itself.

    `parts` as for `key_source`. Raises GrantUnfit, TerminalNotAdmitted, LogBroken, HomeNotEmpty, HomeUnwritable,
    KeyFileFaults, DatabaseFaults; then nothing stands at `home`, and the grant may be tried again.
    """
    place = _waiting(home)
    made = JoinRequest.read(read_small(place / _REQUEST_FILE))
    grant = Grant.open(read_small(file), made, read_key_file(place / _SEED, size=SEED_BYTES))
    settings = Settings.read(place / FILE_NAME)
    if grant.municipality != settings.municipality.code:
        raise GrantUnfit
    with drafted(home) as draft:
        write_settings(draft / FILE_NAME, settings)
        for kept in sorted((place / _LADDER).iterdir()):
            write_key_file(draft / LOG_KEYS / kept.name, kept.read_bytes())
        source = key_source(settings, draft, parts)
        with source.provisional():
            take_over(source, grant.keys)
            write_key_file(draft / PEPPER_KEY, grant.pepper)
            write_origin(draft, grant.origin, grant.root)
            cover = Vault.open(source, terminal_id=grant.origin).cover
            Identity.create(draft / LINE_KEYS, settings.terminal.id, Use.TERMINAL, cover=cover)
            with Terminal.open(draft, parts) as terminal:
                entries = _prove(terminal)
    _forget(place)
    with Terminal.open(home, parts) as terminal:
        with terminal.database.writing() as tx:
            terminal.log.append(tx, Event.TERMINAL_CREATED, actor=None, session=None)
        checkpoints.make(terminal, Occasion.CREATED)
    return Joined(home, settings.terminal.id, grant.origin, entries)


def read_small(file: Path) -> bytes:
    """Return what a request or a grant holds. Raises RequestUnfit when there is no such file, or a longer one."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
    except OSError:
        raise RequestUnfit from None
    if len(raw) > _MOST_BYTES:
        raise RequestUnfit
    return raw


def granted(terminal: Terminal) -> Grant:
    """Return what `terminal` shares with another one. Raises KeyFileFaults."""
    origin = terminal.log.origin
    assert origin.root is not None, "a terminal has its ladder"
    pepper = read_key_file(terminal.home / PEPPER_KEY, size=KEY_BYTES)
    keys = hand_over(terminal.key_source)
    return Grant(keys, pepper, origin.name, origin.root, terminal.settings.municipality.code)


def _prove(terminal: Terminal) -> int:
    """Verify the whole log, in which this terminal was let in; return how many entries it has."""
    with terminal.database.reading() as reading:
        found = terminal.log.verify(reading)
    if not found.ok:
        raise LogBroken(first_bad=found.first_bad or 0)
    with terminal.database.writing() as tx:
        flaw = terminal.log.standing(tx)
    if flaw is not None:
        raise TerminalNotAdmitted(terminal=terminal.name)
    return found.entries


def _waiting(home: Path) -> Path:
    return home.with_name(f"{home.name}.joining")


def _forget(place: Path) -> None:
    """Destroy what was only for joining."""
    for secret in (place / _SEED, *(place / _LADDER).glob("*.key")):
        destroy_key_file(secret)
    shutil.rmtree(place)


def _info(made: JoinRequest) -> bytes:
    return _INFO + made.fingerprint.encode("ascii")


def _encode(told: dict[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"
