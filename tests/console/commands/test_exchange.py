"""`send`, `receive` and `recover` as scripts call them: counts, what interrupted them, and the exit status."""

from dataclasses import replace
from pathlib import Path

from tests.console.here import register, served_here
from tests.console.jobs.site import entry, write_lines
from tests.running import World, run


def test_what_is_sent_and_received_is_counted(world: World) -> None:
    with served_here(world) as port:
        register(world, port)
        assert world.run("ap-201", "approve", "1", "2").json["changed"] == [1, 2]
        sent = world.run("op-101", "send")
        assert sent.status == 0
        assert {name: sent.json[name] for name in ("sent", "delivered", "unknown", "refused", "held", "waiting")} == {
            "sent": 2,
            "delivered": 2,
            "unknown": 0,
            "refused": 0,
            "held": 0,
            "waiting": 0,
        }
        assert (sent.json["interruption"], sent.json["clock_warned"], sent.json["elsewhere"]) == (None, False, {})
        received = world.run("op-101", "receive").json
        assert (received["received"], received["rejected"], received["results"]) == (10, 0, 2)


def test_a_peer_that_does_not_answer_is_an_error_of_the_line(world: World) -> None:
    for command in ("send", "receive"):
        down = world.run("op-101", command)
        assert (down.status, down.error["code"]) == (5, "line_unreachable")
    who = ("--home", world.home, "--as", "op-101", "--pin-file", world.pin_files["op-101"])
    lines = run("send", *who, "--language", "en")
    assert (lines.status, lines.out, lines.err.count("\n")) == (5, "", 1)


def test_only_an_officer_says_why_the_clocks_may_differ(world: World) -> None:
    assert world.run("op-101", "send", "--clock-reason", "sync_down").error["code"] == "right_missing"
    assert world.run("op-101", "send", "--clock-reason", "because").status == 2


def test_an_officer_sets_back_how_far_the_feed_was_read(noticed: World) -> None:
    assert noticed.run("op-101", "receive", "--set-cursor", "0").status == 3
    assert noticed.run("ka-301", "receive", "--set-cursor", "10").error["code"] == "cursor_not_before"
    assert noticed.run("ka-301", "receive", "--set-cursor", "4").json == {"cursor": 4, "former": 10}
    (made,) = noticed.run("ka-301", "log", "show", "--event", "feed.set_back").json["entries"]
    assert made["actor"] == "ka-301"


def test_setting_back_and_reading_again_do_not_go_together(noticed: World) -> None:
    assert noticed.run("ka-301", "receive", "--set-cursor", "4", "--after", "4").status == 2


def test_the_way_back_after_an_older_backup_was_restored(world: World, tmp_path: Path) -> None:
    """As the README says: restored, refused, resumed by two persons, and recovered from what the peer signed."""
    with served_here(world) as port:
        register(world, port)
        world.run("cu-501", "backup", tmp_path / "backup")
        assert world.run("op-101", "import", write_lines(tmp_path / "new.jsonl", [entry(901)])).status == 0
        world.run("ap-201", "approve", "1", "41", "--confirm-warnings")
        assert world.run("op-101", "send").json["delivered"] == 2
        key = world.home / "keys" / "terminal.key"
        assert run("restore", tmp_path / "backup", "--home", tmp_path / "again", "--key", key, "--json").status == 0
        again = replace(world, home=tmp_path / "again")
        assert (again.run("op-101", "send").status, again.run("op-101", "recover").error["code"]) == (6, "log_behind")
        second = ("--second", "au-401", "--second-pin-file", world.pin_files["au-401"])
        assert again.run("ka-301", "log", "resume", *second).status == 0

        done = again.run("op-101", "recover")

        assert done.status == 0, done.out
        counts = {name: done.json[name] for name in ("recovered", "lost", "results", "rejected", "awaited")}
        assert counts == {"recovered": 1, "lost": 1, "results": 2, "rejected": 0, "awaited": []}
        (lost,) = done.json["messages"]
        assert (lost["reference"], lost["kind"], lost["outcome"]) == ("R-000901", "resident_record", "accepted")
        who = ("--home", again.home, "--as", "op-101", "--pin-file", world.pin_files["op-101"], "--language", "ja")
        lines = run("recover", *who).out.splitlines()
        assert any("R-000901" in line and "受理" in line for line in lines)
        sent = again.run("op-101", "send")
        assert (sent.status, sent.json["sent"]) == (0, 0)
