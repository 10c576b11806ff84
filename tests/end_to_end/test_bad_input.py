"""What goes wrong gets one clear line with its remedy and the right exit status, and nothing is lost."""

import json
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from console.settings import Settings
from tests.running import PROGRAM, World, environment, run, serving

OPERATOR, APPROVER, CHIEF = "op-101", "ap-201", "ka-301"
KEY_FILES = ("keys/terminal.key", "keys/pepper.key", "keys/line/tls.key", "keys/line/signing.key")


def _said(world: World, *arguments: str | Path) -> str:
    """Return the one line that people read about the failure of a command."""
    who = ("--as", CHIEF, "--pin-file", world.pin_files[CHIEF])
    ran = run(*arguments, "--home", world.home, *who, "--language", "en")
    assert ran.out == ""
    assert ran.err.startswith("Error: ")
    assert ran.err.count("\n") == 1
    return ran.err


def _refused(world: World, code: str, status: int, *arguments: str | Path, person: str = CHIEF) -> None:
    """Show that a command is refused with `code` and `status`."""
    ran = world.run(person, *(arguments or ("queue",)))
    assert (ran.error["code"], ran.status) == (code, status)


def _settings(world: World, change: Callable[[str], str]) -> None:
    path = world.home / "renkei.toml"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace('language = "ja"', 'language = "fr"'), "settings_invalid"),
        (lambda text: text.replace("[review]", "[review]\nspeed = 3"), "settings_unknown"),
        (lambda text: text.replace("lock_seconds", "lock_second"), "settings_unknown"),
        (lambda text: text + "\n= broken", "settings_unreadable"),
        (lambda _text: "", "setting_absent"),
    ],
    ids=["value", "setting", "spelling", "syntax", "empty"],
)
def test_refused_settings(world: World, change: Callable[[str], str], code: str) -> None:
    kept = (world.home / "renkei.toml").read_text(encoding="utf-8")
    before = world.states()
    _settings(world, change)
    _refused(world, code, 1)
    _settings(world, lambda _text: kept)
    assert world.states() == before


def test_settings_that_are_gone(world: World) -> None:
    (world.home / "renkei.toml").unlink()
    _refused(world, "settings_missing", 1)


def test_no_terminal_there(world: World) -> None:
    shutil.rmtree(world.home / "database")
    _refused(world, "database_missing", 1)
    pin = world.pin_files[CHIEF]
    ran = run("queue", "--home", world.home / "nowhere", "--as", CHIEF, "--pin-file", pin, "--json")
    assert (ran.error["code"], ran.status) == ("home_missing", 1)


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777])
def test_a_directory_that_others_can_read(world: World, mode: int) -> None:
    world.home.chmod(mode)
    _refused(world, "home_exposed", 7)
    assert f"chmod -R go= {world.home}" in _said(world, "queue")
    world.home.chmod(0o700)
    assert world.log_is_whole()


@pytest.mark.parametrize("name", KEY_FILES)
def test_missing_keys(world: World, name: str) -> None:
    key = world.home / name
    kept = key.read_bytes()
    key.unlink()
    with serving(world.agency_home):
        ran = world.run(CHIEF, "send")
        assert ran.error["code"] in {"key_file_missing", "identity_missing"}
        assert ran.status == 1
        _said(world, "send")
    key.write_bytes(kept)
    key.chmod(0o400)
    assert world.log_is_whole()


@pytest.mark.parametrize("name", KEY_FILES)
def test_keys_that_others_can_read(world: World, name: str) -> None:
    (world.home / name).chmod(0o444)
    ran = world.run(CHIEF, "send")
    assert (ran.error["code"], ran.status) in {("key_file_exposed", 7), ("identity_exposed", 7)}


def test_a_database_from_a_newer_program(world: World) -> None:
    with sqlite3.connect(_database(world)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    _refused(world, "database_newer", 1)


def test_a_database_that_is_none(world: World) -> None:
    _database(world).write_bytes(b"\0" * 65536)
    for rest in world.home.glob("database/*-wal"):
        rest.unlink()
    _refused(world, "database_damaged", 6)


def test_wrong_credentials_and_rights(world: World, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("27182818\n")
    wrong.chmod(0o600)
    for person in (CHIEF, "nobody-1"):
        ran = run("queue", "--home", world.home, "--as", person, "--pin-file", wrong, "--json")
        assert (ran.error["code"], ran.status) == ("credentials_refused", 3)
    _refused(world, "right_missing", 3, "approve", "1", person=OPERATOR)
    _refused(world, "right_missing", 3, "log", "verify", person=OPERATOR)
    wrong.chmod(0o644)
    ran = run("queue", "--home", world.home, "--as", CHIEF, "--pin-file", wrong, "--json")
    assert (ran.error["code"], ran.status) == ("pin_file_exposed", 3)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("records.txt", b"{}\n", "file_suffix_unknown"),
        ("missing.jsonl", None, "file_unreadable"),
        ("sjis.csv", "種別,整理番号\n".encode("cp932"), "file_shift_jis"),
        ("bytes.jsonl", b"\xff\xfe\x00\x01", "file_utf16"),
    ],
)
def test_files_that_cannot_be_read(world: World, tmp_path: Path, name: str, content: bytes | None, code: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = world.states()
    _refused(world, code, 4, "import", tmp_path / name, person=OPERATOR)
    assert world.states() == before


def test_bad_records_are_told_one_by_one(world: World, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text('{"kind": "resident_record"}\nnot json\n{"kind": "holiday"}\n', encoding="utf-8")
    ran = world.run(OPERATOR, "import", file)
    assert ran.status == 4
    assert ran.json["accepted"] == 0
    assert {fault["line"] for fault in ran.json["errors"]} == {1, 2, 3}
    for fault in ran.json["errors"]:
        assert fault["file"] == "bad.jsonl"
        assert all(fault[name] for name in ("rule", "message", "remedy"))


def test_a_peer_that_is_down(world: World) -> None:
    approved = world.run(APPROVER, "approve", "--all", "--confirm-warnings").json["changed"]
    assert approved
    before = world.states()
    _refused(world, "line_unreachable", 5, "send")
    assert "peer" in _said(world, "send")
    _refused(world, "line_unreachable", 5, "receive")
    assert world.states() == before
    with serving(world.agency_home):
        assert world.run(CHIEF, "send").json["delivered"] > 0
    assert world.log_is_whole()


def test_a_wrong_certificate_at_the_peer(world: World, tmp_path: Path) -> None:
    _replace_identity(world.agency_home / "identity", "agency", tmp_path)
    world.run(APPROVER, "approve", "--all", "--confirm-warnings")
    before = world.states()
    with serving(world.agency_home):
        _refused(world, "peer_not_trusted", 5, "send")
    assert world.states() == before


def test_a_wrong_certificate_of_ours(world: World, tmp_path: Path) -> None:
    # Under the terminal's own name: only the keys are others.
    _replace_identity(world.home / "keys" / "line", Settings.load(world.home).terminal.id, tmp_path)
    world.run(APPROVER, "approve", "--all", "--confirm-warnings")
    before = world.states()
    with serving(world.agency_home):
        _refused(world, "terminal_not_trusted", 5, "send")
    assert world.states() == before


@pytest.mark.long
def test_a_file_that_may_not_grow(world: World, tmp_path: Path) -> None:
    """A limit on the size of files stops the database in the middle of a transaction."""
    before = world.states()
    largest = max(path.stat().st_size for path in world.home.rglob("*") if path.is_file())

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    ran = world.run_program(OPERATOR, "import", _many_records(world, tmp_path), before=limit)
    assert ran.status == 7
    assert ran.error["code"] in {"disk_full", "database_failed"}
    assert world.states() == before
    assert world.log_is_whole()


needs_namespaces = pytest.mark.skipif(
    subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode != 0,
    reason="needs a mount namespace of its own (unshare -rm)",
)


@pytest.mark.long
@needs_namespaces
def test_a_full_disk(world: World, tmp_path: Path) -> None:
    """The terminal lies on a small disk of its own, which somebody else has filled."""
    records = _many_records(world, tmp_path)
    script = (
        'mount -t tmpfs -o size=160m,mode=0700 disk "$DISK" && cp -a "$WORLD/." "$DISK/" && '
        'head -c 400m /dev/zero >"$DISK/ballast" 2>/dev/null; '
        'truncate -s -262144 "$DISK/ballast"; '
        '"$@" import "$RECORDS" --as op-101; first=$?; rm "$DISK/ballast"; '
        '"$@" import "$RECORDS" --as op-101; exit $((first * 10 + $?))'
    )
    disk = tmp_path / "disk"
    disk.mkdir(mode=0o700)
    pin_file = ("--pin-file", world.pin_files[OPERATOR])
    ended = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", PROGRAM, "--json", "--home", disk, *pin_file],
        env=environment(DISK=str(disk), WORLD=str(world.home), RECORDS=str(records)),
        capture_output=True,
        check=False,
    )
    first, second = (json.loads(line) for line in ended.stdout.splitlines())
    # No new work begins on a disk that is nearly full; what it then still takes is kept for logging off.
    assert first["error"]["code"] == "disk_low"
    assert second["accepted"] == 400
    assert ended.returncode == 70
    assert not list(disk.iterdir())


def _database(world: World) -> Path:
    return next((world.home / "database").glob("*.sqlite3"))


def _replace_identity(directory: Path, name: str, scratch: Path) -> None:
    """Put keys and a certificate in the place of those that the other side knows."""
    from transport.parties.authority import Use
    from transport.parties.identity import Identity

    use = Use.AGENCY if name == "agency" else Use.TERMINAL
    Identity.create(scratch / "identity", name, use, authority=None)
    shutil.rmtree(directory)
    shutil.copytree(scratch / "identity", directory)


def _many_records(world: World, directory: Path) -> Path:
    """Write 400 good records, made from one that the world holds, and return their file."""
    answer = world.run(CHIEF, "queue", "--direction", "out", "--state", "review").json["messages"]
    record = world.run(CHIEF, "show", str(answer[0]["id"])).json["record"]
    file = directory / "many.jsonl"
    lines = (json.dumps(record | {"reference": f"M{number:06}"}, ensure_ascii=False) for number in range(400))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
