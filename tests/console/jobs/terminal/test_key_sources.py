"""A terminal is made, opened, backed up, restored and given a new key alike, wherever its key comes from."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from console.jobs.messages import reading
from console.jobs.progress import Progress
from console.jobs.terminal import backup, health, opening, rekey, setup
from console.settings import FILE_NAME, KeysSettings, MunicipalitySettings, Settings, TerminalSettings, dump, names
from console.terminal import LINE_KEYS, Terminal
from console.words import Words
from store import queue as store_queue
from store.errors import (
    CredentialDiffers,
    DatabaseFault,
    KeyFileDamaged,
    KeyFileExists,
    KeyFileFault,
    KeyPartsMissing,
    KeyPartsRefused,
    SealBroken,
)
from store.log import Event
from store.sealing.sources import PassphraseParts
from store.sealing.sources import passphrase as wrapping
from store.sealing.sources.passphrase import Cost
from tests.canaries import files_with
from tests.console.jobs.site import CUSTODIAN, MUNICIPALITY, OPERATOR, PEOPLE, Site, entry
from transport.parties.authority import RehearsalAuthority
from transport.parties.identity import Identity
from transport.parties.sealing import NotOpened, seal_for

PARTS, NEW_PARTS = (
    PassphraseParts("first part of two", "the other part of two"),
    PassphraseParts("a new first part", "a new second part"),
)
NAME = "renkei-terminal-key"
ROWS = 12
# A content each, the block of their names, and the report of their file.
SEALS = ROWS + 2
KINDS = ("home", "file", "credential", "passphrase")


@dataclass
class Place:
    """A terminal with its source, the way its custodian sees it."""

    kind: str
    home: Path
    credentials: Path
    elsewhere: Path
    parts: PassphraseParts | None

    @property
    def settings(self) -> Settings:
        file = str(self.elsewhere) if self.kind == "file" else ""
        return Settings(
            municipality=MunicipalitySettings(
                code=MUNICIPALITY, name="新宿区", name_en="Shinjuku City", section="戸籍", section_en="Residents"
            ),
            terminal=TerminalSettings(id="131041-01"),
            keys=KeysSettings(source=self.kind, file=file, credential=NAME),
        )

    def make(self) -> None:
        authority = RehearsalAuthority()
        with setup.new_terminal(self.home, self.settings, authority=authority, parts=self.parts) as terminal:
            people = [(person_id, roles, pin) for person_id, (roles, pin) in PEOPLE.items()]
            setup.add_people(terminal, people, pin_given=False)
        with self.open() as terminal:
            self.site(terminal).take_in([entry(number) for number in range(1, ROWS + 1)])

    def open(self) -> Terminal:
        return Terminal.open(self.home, self.parts)

    def site(self, terminal: Terminal) -> Site:
        return Site(self.home, self.home.with_name("agency"), terminal)

    def reads_all(self) -> bool:
        with self.open() as terminal:
            session = self.site(terminal).session(OPERATOR)
            return all(reading.read(terminal, session, number).record["reference"] for number in range(1, ROWS + 1))

    @property
    def kept_key(self) -> Path:
        """What the custodian keeps apart, to restore with."""
        names = {"home": self.home / "keys" / "terminal.key", "file": self.elsewhere}
        names["credential"] = self.credentials / NAME
        return names.get(self.kind, self.home / "keys" / "terminal.wrapped")

    def install_waiting(self) -> None:
        waiting = self.home / "keys" / "terminal-next.key"
        if waiting.exists():
            put(self.credentials / NAME, waiting.read_bytes())


def put(file: Path, key: bytes) -> Path:
    file.unlink(missing_ok=True)
    file.write_bytes(key)
    file.chmod(0o400)
    return file


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(wrapping, "STANDARD_COST", Cost(1, 8, 1))
    credentials, apart = tmp_path / "credentials", tmp_path / "apart"
    credentials.mkdir(mode=0o700)
    apart.mkdir(mode=0o700)
    put(credentials / NAME, bytes(range(32)))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    kind = str(request.param)
    parts = PARTS if kind == "passphrase" else None
    made = Place(kind, tmp_path / "terminal", credentials, apart / "terminal.key", parts)
    made.make()
    return made


def only(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("place", [kind], indirect=True)


def test_it_opens_again_and_says_where_its_key_is(place: Place) -> None:
    assert place.reads_all()
    words = Words("en")
    parts = {part.name: part for part in health.check(place.home, words, place.parts).checks}
    assert parts["keys"].ok
    assert words(f"check.found.key_source.{place.kind}") in parts["keys"].detail


def test_the_key_changes_and_a_backup_of_before_needs_the_key_of_before(place: Place, tmp_path: Path) -> None:
    before = put(tmp_path / "before", place.kept_key.read_bytes())
    with place.open() as terminal:
        custodian = place.site(terminal).session(CUSTODIAN)
        backup.back_up(terminal, custodian, tmp_path / "backup")
        done = rekey.change_key(terminal, custodian)
        assert (done.total, done.changed) == (SEALS, SEALS)
        assert (done.to_install is None) == (place.kind != "credential")
    place.install_waiting()
    with place.open() as terminal:
        assert not terminal.key_source.changing or place.kind == "credential"
        if terminal.key_source.changing:
            assert rekey.change_key(terminal, place.site(terminal).session(CUSTODIAN)).to_install is None
            assert not terminal.key_source.changing
    assert place.reads_all()
    assert not [path for path in (place.home / "keys").iterdir() if "former" in path.name or "next" in path.name]
    again = replace(place, home=tmp_path / "again")
    if place.kind in {"file", "credential"}:
        # The restored terminal's settings name one place for the key, where the newer one lies.
        with pytest.raises((KeyFileExists, CredentialDiffers)):
            backup.restore(tmp_path / "backup", again.home, before, parts=place.parts)
        assert not again.home.exists()
        put(place.kept_key, before.read_bytes())
    backup.restore(tmp_path / "backup", again.home, before, parts=place.parts)
    assert again.reads_all()


class Interrupted(BaseException):
    pass


def test_a_backup_amid_a_change_of_the_key_is_whole(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekey, "_PORTION", 5)

    def stop(progress: Progress) -> None:
        if progress.done >= 5:
            raise Interrupted

    with place.open() as terminal:
        custodian = place.site(terminal).session(CUSTODIAN)
        with pytest.raises(Interrupted):
            rekey.change_key(terminal, custodian, report=stop)
        backup.back_up(terminal, custodian, tmp_path / "backup")
        with terminal.database.reading() as connection:
            assert store_queue.count_left(connection, terminal.vault) == SEALS - 5
    place.install_waiting()
    key = put(tmp_path / "kept", place.kept_key.read_bytes())
    if place.kind == "file":
        place.elsewhere.unlink()
        place.elsewhere.with_name("terminal-former.key").unlink()
    again = replace(place, home=tmp_path / "again")
    backup.restore(tmp_path / "backup", again.home, key, parts=place.parts)
    assert again.reads_all()
    with again.open() as terminal:
        assert rekey.change_key(terminal, again.site(terminal).session(CUSTODIAN)).changed == SEALS - 5
        assert not terminal.key_source.changing
    assert again.reads_all()


def test_no_backup_holds_the_key_in_any_form(place: Place, tmp_path: Path) -> None:
    with place.open() as terminal:
        key = terminal.key_source.read().current
        names = [name for name, content in backup._files(terminal) if key in content or name.startswith("keys/term")]
    assert names == []


@only("file")
def test_the_database_holds_no_key_and_the_home_none_either(place: Place) -> None:
    with place.open() as terminal:
        sealing_key = terminal.identity._sealing_key
        assert sealing_key is not None
        keys = (place.elsewhere.read_bytes(), sealing_key.seed)
        sealed = seal_for(terminal.identity.public.sealing_key, b"a notice", b"")
        assert terminal.identity.open(sealed, b"") == b"a notice"
    kept = [path.read_bytes() for path in place.home.rglob("*") if path.is_file()]
    assert not [content for content in kept if any(key in content for key in keys)]
    # Who takes the whole directory reads the peer's notices no more than the contents.
    taken = Identity.load(place.home / LINE_KEYS)
    with pytest.raises(NotOpened):
        taken.open(sealed, b"")
    assert taken.public.has_signed(taken.sign(b"x"), b"x"), "a process beside this one still signs"


@only("passphrase")
def test_a_terminal_with_a_passphrase_opens_for_two_persons_alone(place: Place, tmp_path: Path) -> None:
    with pytest.raises(KeyPartsMissing):
        Terminal.open(place.home)
    with pytest.raises(KeyPartsRefused):
        Terminal.open(place.home, NEW_PARTS)
    with place.open() as terminal:
        custodian = place.site(terminal).session(CUSTODIAN)
        rekey.change_key(terminal, custodian, new_parts=NEW_PARTS)
        backup.back_up(terminal, custodian, tmp_path / "backup")
    with pytest.raises(KeyPartsRefused):
        place.open()
    place.parts = NEW_PARTS
    assert place.reads_all()
    typed = (PARTS.first, PARTS.second, NEW_PARTS.first, NEW_PARTS.second)
    assert files_with([place.home, tmp_path], typed) == []
    for parts, error in ((None, KeyPartsMissing), (PARTS, KeyPartsRefused)):
        with pytest.raises(error):
            backup.restore(tmp_path / "backup", tmp_path / "again", place.kept_key, parts=parts)
    assert not (tmp_path / "again").exists()


@only("passphrase")
def test_parts_refused_before_the_log_is_open_are_in_it_as_soon_as_it_is(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        with pytest.raises(KeyPartsRefused):
            Terminal.open(place.home, NEW_PARTS)
    with place.open() as terminal:
        # The power goes between the entry and its being noted: rather told twice than never.
        with monkeypatch.context() as patch:
            patch.setattr(terminal.key_source, "mark_refusals_recorded", _power_goes)
            with pytest.raises(KeyboardInterrupt):
                opening.begin(terminal, origin="screen")
        opening.begin(terminal, origin="screen")
        opening.begin(terminal, origin="screen")
        refusals = place.site(terminal).entries(Event.KEY_REFUSED)
        assert [(row.actor, row.result, row.detail) for row in refusals] == [(None, "refused", {"attempts": 3})] * 2
        assert place.site(terminal).log_holds()


def _power_goes(_: int) -> None:
    raise KeyboardInterrupt


@only("file")
@pytest.mark.parametrize("spoil", ["database", "directory"])
def test_a_terminal_that_cannot_be_made_leaves_no_key_behind(place: Place, tmp_path: Path, spoil: str) -> None:
    apart = tmp_path / "other" / "terminal.key"
    apart.parent.mkdir(mode=0o700 if spoil == "database" else 0o777)
    apart.parent.chmod(0o700 if spoil == "database" else 0o777)
    settings = replace(place.settings, keys=KeysSettings(source="file", file=str(apart)))
    if spoil == "database":
        settings = replace(settings, store=replace(settings.store, url="sqlite:////proc/nowhere/x/store.sqlite3"))
    with pytest.raises((DatabaseFault, KeyFileFault)):
        setup.init(tmp_path / "new", settings)
    assert list(apart.parent.iterdir()) == []
    assert not (tmp_path / "new").exists()


@only("credential")
def test_who_installs_the_new_key_before_its_time_finds_out(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekey, "_PORTION", 5)

    def stop(progress: Progress) -> None:
        if progress.done >= 5:
            raise Interrupted

    former = (place.credentials / NAME).read_bytes()
    with place.open() as terminal, pytest.raises(Interrupted):
        rekey.change_key(terminal, place.site(terminal).session(CUSTODIAN), report=stop)
    place.install_waiting()
    with place.open() as terminal, pytest.raises(SealBroken):
        rekey.change_key(terminal, place.site(terminal).session(CUSTODIAN))
    put(place.credentials / NAME, former)
    with place.open() as terminal:
        assert rekey.change_key(terminal, place.site(terminal).session(CUSTODIAN)).changed == SEALS - 5
    assert place.reads_all()


@pytest.mark.parametrize(("place", "kind"), list(zip(KINDS, (*KINDS[1:], KINDS[0]), strict=True)), indirect=["place"])
def test_a_key_moves_to_another_source(place: Place, tmp_path: Path, kind: str) -> None:
    moved = replace(place, kind=kind, parts=PARTS if "passphrase" in {kind, place.kind} else None)
    kept = place.kept_key
    if kind == "credential":
        with place.open() as terminal:
            put(place.credentials / NAME, terminal.key_source.read().current)
    stranger = put(tmp_path / "stranger", bytes(32))
    write_settings(moved)
    with pytest.raises(KeyFileDamaged):
        rekey.move_key(place.home, stranger, moved.parts)
    rekey.move_key(place.home, kept, moved.parts)
    with moved.open() as terminal:
        rekey.change_key(terminal, moved.site(terminal).session(CUSTODIAN))
    moved.install_waiting()
    if kept.exists() and kept.parent != place.credentials:
        kept.chmod(0o600)
        kept.unlink()
    assert moved.reads_all()


def write_settings(place: Place) -> None:
    file = place.home / FILE_NAME
    file.write_text(dump(place.settings, dict.fromkeys(names(), "")), encoding="utf-8")
