"""Joining a queue that another terminal began: the request of the new machine, and the grant that answers it.

A request holds only public keys. The grant holds the keys that open what is stored in the queue. It is sealed (X-Wing)
to a key that was made for this one grant and is destroyed afterwards, so nothing secret travels in the clear.
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
from console.jobs.terminal import protections
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
_LOG_KEYS: Final = "log"
# Both files take a few kilobytes. They come from outside, so no more than this is read into memory.
_MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Requested:
    """A request that was written: its file, and the fingerprint that two people compare by another way, in hex."""

    file: Path
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A terminal that has joined: its name, the terminal that began the queue, and how many log entries verified."""

    home: Path
    terminal: str
    origin: str
    entries: int


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """A request: the terminal's name, municipality (code of six digits) and public keys.

    `root` (32 bytes) verifies its first checkpoint; the grant is sealed to `sealing_key` (X-Wing, 1216 bytes).
    """

    terminal: str
    municipality: str
    root: bytes
    sealing_key: bytes

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Read what `to_bytes` wrote. Raises RequestUnfit."""
        try:
            fields = json.loads(raw)
            root, sealing_key = key_from_text(fields["ladder"]), b64decode(fields["sealing_key"], validate=True)
            check_public(sealing_key)
            request = cls(str(fields["terminal"]), str(fields["municipality"]), root or b"", sealing_key)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise RequestUnfit from None
        # One form only: the fingerprint that people compare covers every byte of the file, and nothing else in it.
        if root is None or not NAME.fullmatch(request.terminal) or request.to_bytes() != raw:
            raise RequestUnfit
        return request

    def to_bytes(self) -> bytes:
        """Return the request as one line of JSON."""
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
    """What an admitted terminal gets: the keys of the queue, the pepper of its PINs, and the origin of its log.

    `root` is the public key (32 bytes) of the first checkpoint of the terminal `origin`, which began the log.
    """

    keys: QueueKeys
    pepper: bytes
    origin: str
    root: bytes
    municipality: str

    def sealed_for(self, request: JoinRequest) -> bytes:
        """Return the file of the grant, which only the terminal that made `request` can open."""
        fields = {
            "terminal_key": self.keys.terminal.hex(),
            "pseudonym_key": self.keys.pseudonym.hex(),
            "pepper": self.pepper.hex(),
            "origin": self.origin,
            "root": key_text(self.root),
            "municipality": self.municipality,
        }
        # Bound to the whole request: a grant does not open for another request that names the same sealing key.
        sealed = seal_for(request.sealing_key, _encode(fields), _info(request))
        return _encode({"format": _GRANT, "for": request.fingerprint, "sealed": b64encode(sealed).decode("ascii")})

    @classmethod
    def open(cls, raw: bytes, request: JoinRequest, seed: bytes) -> Self:
        """Open the file of a grant. Raises GrantUnfit when it is for another request, or was changed."""
        try:
            sealed = b64decode(json.loads(raw)["sealed"], validate=True)
            fields: dict[str, str] = json.loads(SealingKey(seed).open(sealed, _info(request)))
            root = key_from_text(fields["root"])
            keys = QueueKeys(bytes.fromhex(fields["terminal_key"]), bytes.fromhex(fields["pseudonym_key"]))
            opened = cls(keys, bytes.fromhex(fields["pepper"]), fields["origin"], root or b"", fields["municipality"])
        except (ValueError, KeyError, TypeError, RecursionError, NotOpened):
            raise GrantUnfit from None
        if root is None or {*map(len, keys)} != {KEY_BYTES}:
            raise GrantUnfit
        return opened


def request(home: Path, settings: Settings, file: Path) -> Requested:
    """Write the request of a new terminal to the new file `file`; its private keys wait in a directory beside `home`.

    Raises QueueUnshared (a database in a file belongs to one terminal), HomeNotEmpty, HomeUnwritable, FileExists,
    FileUnwritable, DiskFull.
    """
    if settings.database_file(home) is not None:
        raise QueueUnshared
    refuse_occupied(home)
    with drafted(_waiting(home)) as draft:
        write_settings(draft / FILE_NAME, settings)
        key, signing_keys = SealingKey.generate(), SigningKeys.create(draft / _LOG_KEYS)
        write_key_file(draft / _SEED, key.seed)
        made = JoinRequest(settings.terminal.id, settings.municipality.code, signing_keys.root, key.public)
        write_key_file(draft / _REQUEST_FILE, made.to_bytes())
        # Inside the draft's block: when the request cannot be written, the keys for it are gone as well.
        with new_file(file) as stream:
            stream.write(made.to_bytes())
    return Requested(file, made.fingerprint)


def accept(home: Path, file: Path, *, parts: PassphraseParts | None = None) -> Joined:
    """Make the terminal at `home` with the grant in `file` once the whole log verifies; then make its first checkpoint.

    `parts` as for `key_source`. Raises GrantUnfit, TerminalNotAdmitted, LogBroken, HomeNotEmpty, HomeUnwritable,
    KeyFileFaults, DatabaseFaults; nothing is left at `home` then, and the grant may be tried again.
    """
    # The stored request and settings are used, not given again: they are what the fingerprint was compared for.
    place = _waiting(home)
    made = JoinRequest.read(read_small(place / _REQUEST_FILE))
    grant = Grant.open(read_small(file), made, read_key_file(place / _SEED, size=SEED_BYTES))
    settings = Settings.read(place / FILE_NAME)
    # Records name their municipality, so a queue belongs to one.
    if grant.municipality != settings.municipality.code:
        raise GrantUnfit
    with drafted(home) as draft:
        write_settings(draft / FILE_NAME, settings)
        # Copied, not moved: until the terminal is complete, the grant may have to be tried again with the same keys.
        for kept in sorted((place / _LOG_KEYS).iterdir()):
            write_key_file(draft / LOG_KEYS / kept.name, kept.read_bytes())
        source = key_source(settings, draft, parts)
        with source.provisional():
            take_over(source, grant.keys)
            write_key_file(draft / PEPPER_KEY, grant.pepper)
            write_origin(draft, grant.origin, grant.root)
            cover = Vault.open(source, terminal_id=grant.origin).cover
            Identity.create(draft / LINE_KEYS, settings.terminal.id, Use.TERMINAL, cover=cover)
            with Terminal.open(draft, parts) as terminal:
                entries = _verify_log(terminal)
    _forget(place)
    # Under its final name only: the shared database would keep a checkpoint that a draft made, even if the draft then
    # failed and its keys were gone.
    with Terminal.open(home, parts) as terminal:
        with terminal.database.writing() as tx:
            terminal.log.append(tx, Event.TERMINAL_CREATED, actor=None, session=None)
        protections.take_first(terminal)
        checkpoints.make(terminal, Occasion.CREATED)
    return Joined(home, settings.terminal.id, grant.origin, entries)


def read_small(file: Path) -> bytes:
    """Return the bytes of a request or a grant. Raises RequestUnfit when there is no such file, or it is too long."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
    except OSError:
        raise RequestUnfit from None
    if len(raw) > _MOST_BYTES:
        raise RequestUnfit
    return raw


def granted(terminal: Terminal) -> Grant:
    """Return the grant by which `terminal` shares its queue. Raises KeyFileFaults."""
    origin = terminal.log.origin
    assert origin.root is not None, "a terminal has its signing keys"
    pepper = read_key_file(terminal.home / PEPPER_KEY, size=KEY_BYTES)
    keys = hand_over(terminal.key_source)
    return Grant(keys, pepper, origin.name, origin.root, terminal.settings.municipality.code)


def _verify_log(terminal: Terminal) -> int:
    """Verify the whole log, and that it admits this terminal; return how many entries it has."""
    with terminal.database.reading() as reading:
        verification = terminal.log.verify(reading)
    if not verification.ok:
        raise LogBroken(first_bad=verification.first_bad or 0)
    # A verified log is not enough: its latest checkpoint must also name the key with which this terminal signs first.
    with terminal.database.writing() as tx:
        flaw = terminal.log.standing(tx)
    if flaw is not None:
        raise TerminalNotAdmitted(terminal=terminal.name)
    return verification.entries


def _waiting(home: Path) -> Path:
    return home.with_name(f"{home.name}.joining")


def _forget(place: Path) -> None:
    """Destroy what was only needed for joining."""
    # The seed opens the grant, of which a copy may still lie on the medium that brought it.
    for secret in (place / _SEED, *(place / _LOG_KEYS).glob("*.key")):
        destroy_key_file(secret)
    shutil.rmtree(place)


def _info(made: JoinRequest) -> bytes:
    return _INFO + made.fingerprint.encode("ascii")


def _encode(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"
