"""`guide` as people and scripts call it."""

from pathlib import Path

from console.commands import guide
from console.guide import TOPICS
from tests.console.pseudo import PROGRAM, Pseudo
from tests.running import run


def test_the_list_and_each_topic_are_plain_where_there_is_no_terminal() -> None:
    listed = run("guide", "--json", "--language", "en").json["topics"]
    assert [each["topic"] for each in listed] == list(TOPICS)
    assert all(each["title"] in run("guide", "--language", "en").out for each in listed)
    whole = run("guide", "backup", "--json").json
    assert whole["text"].splitlines()[0] == whole["title"] == "バックアップと復元"
    assert run("guide", "backup").out.rstrip("\n") == whole["text"].rstrip("\n")
    assert run("guide", "nothing").status == 2


def test_on_a_terminal_it_goes_by_pages_and_starts_no_other_program() -> None:
    # Neither of these is heard.
    hostile = {"PAGER": "touch /tmp/renkei-pager", "LESS": "x", "LESSOPEN": "|touch /tmp/renkei-pager"}
    with Pseudo([PROGRAM, "guide", "setup", "--language", "en"], environment=hostile) as console:
        seen = console.read_until("(blank: on, b: back, q: quit)")
        assert b"Setting a terminal up" in seen
        console.write(b"!")
        console.write(b" ")
        console.read_until("renkei check", since=len(seen))
        console.write(b"q")
        assert console.wait() == 0
    assert not Path("/tmp/renkei-pager").exists()


def test_the_terminal_decides() -> None:
    assert not guide._is_terminal()
