"""The main job by script: the same jobs, rights and log as the screens."""

import json
import stat
import subprocess
from datetime import datetime
from pathlib import Path

from tests.cheap_pins import cheap_pins
from tests.running import NEW_TERMINAL, PROGRAM, World, environment, run, run_program, serving

OPERATOR, APPROVER, CHIEF = "op-101", "ap-201", "ka-301"


def test_the_main_job_by_script(world: World) -> None:
    file = world.home / "rehearsal" / "outgoing.jsonl"
    count = len(file.read_text(encoding="utf-8").splitlines())
    assert world.run_program(OPERATOR, "import", file).json == {
        "accepted": 0,
        "known": count,
        "refused": 0,
        "errors": [],
        "warnings": [],
        "more": {"errors": {}, "warnings": {}},
        "files": [{"file": "outgoing.jsonl", "accepted": 0, "known": count, "refused": 0}],
        "left": [],
    }

    listed = world.run(OPERATOR, "queue", "--state", "review").json
    assert listed["total"] == len(listed["messages"]) == count
    first, second = (message["id"] for message in listed["messages"][:2])
    assert datetime.fromisoformat(listed["messages"][0]["occurred_at"]).tzinfo is not None
    assert listed["messages"][0]["waiting_seconds"] > 0

    assert world.run(CHIEF, "return", str(first), "--reason", "番地を確かめてください").json["changed"] == [first]
    approved = world.run(APPROVER, "approve", "--all", "--confirm-warnings").json
    assert second in approved["changed"]
    assert first not in approved["changed"]
    with serving(world.agency_home):
        sent = world.run_program(OPERATOR, "send").json
        assert sent["sent"] == sent["delivered"] == world.states().count("delivered") > 0
        got = world.run(OPERATOR, "receive").json
        assert (got["received"], got["rejected"]) == (len(world.states("in")), 0)
        states = world.states()
        assert got["results"] == states.count("accepted") + states.count("refused") == sent["sent"]
        assert states.count("refused") == 1  # The agency of a rehearsal refuses one, so that this can be seen.
        assert world.run(CHIEF, "check").json["ok"] is True
    held = run("agency", "received", "--home", world.agency_home, "--json").json
    assert held == {"messages": sent["sent"], "distinct": sent["sent"]}
    assert world.log_is_whole()


def test_rights_hold_for_scripts_as_they_do_on_screens(world: World) -> None:
    assert world.run(OPERATOR, "approve", "--all").error["code"] == "right_missing"
    assert world.run(APPROVER, "import", world.home / "rehearsal" / "outgoing.jsonl").status == 3
    assert world.run(OPERATOR, "operator", "list").status == 3
    assert set(world.states()) == {"review"}


def test_hold_release_and_withdraw(world: World) -> None:
    ours = [str(message["id"]) for message in world.run(CHIEF, "queue", "--limit", "3").json["messages"]]
    numbers = [int(number) for number in ours]
    assert world.run(APPROVER, "approve", *ours).json["changed"] == numbers
    assert world.run(APPROVER, "hold", *ours).json["changed"] == numbers
    assert sorted(world.run(APPROVER, "release", "--all").json["changed"]) == sorted(numbers)
    assert world.run(APPROVER, "withdraw", *ours, "--reason", "二重の登録").json["changed"] == numbers
    again = world.run(APPROVER, "hold", ours[0])
    assert again.status == 4
    assert again.json["refused"][0]["reason"] == "step_refused"
    assert world.run(APPROVER, "approve", "999999").json["refused"][0]["reason"] == "message_missing"


def test_a_return_without_a_reason_is_refused_and_one_from_standard_input_is_taken(world: World) -> None:
    assert world.run(CHIEF, "return", "1").error["code"] == "reason_missing"
    who = ("--home", world.home, "--as", CHIEF, "--pin-file", world.pin_files[CHIEF], "--json")
    assert run("return", "1", "--reason", "-", *who, stdin="氏名の綴り\n").json["changed"] == [1]
    assert world.run(CHIEF, "show", "1").json["reason"] == "氏名の綴り"


def test_pages_of_the_queue_and_the_log_go_on_where_they_ended(world: World) -> None:
    whole = [message["id"] for message in world.run(CHIEF, "queue", "--limit", "0").json["messages"]]
    assert [message["id"] for message in world.run(CHIEF, "queue", "--limit", "7").json["messages"]] == whole[:7]
    newest = world.run(CHIEF, "log", "show", "--limit", "5").json["entries"]
    older = world.run(CHIEF, "log", "show", "--limit", "5", "--before", str(newest[-1]["seq"])).json["entries"]
    numbers = [entry["seq"] for entry in [*newest, *older]]
    assert numbers == list(range(numbers[0], numbers[0] - 10, -1))


def test_a_script_whose_reader_leaves_does_its_work_and_logs_off(world: World) -> None:
    who = ["--home", str(world.home), "--as", CHIEF, "--pin-file", str(world.pin_files[CHIEF])]
    piped = subprocess.run(
        ["bash", "-c", '"$@" | head -n 1; exit "${PIPESTATUS[0]}"', "bash", str(PROGRAM), "queue", *who],
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert (piped.returncode, piped.stderr) == (0, b"")
    events = [entry["event"] for entry in world.run(CHIEF, "log", "show", "--limit", "3").json["entries"]]
    assert events == ["operator.logged_on", "operator.logged_off", "operator.logged_on"]


@cheap_pins()
def test_a_new_terminal_is_set_up_by_its_first_officer(tmp_path: Path) -> None:
    home, settings = tmp_path / "terminal", tmp_path / "prepared.toml"
    made = run_program("init", "--home", home, *NEW_TERMINAL, "--json").json
    settings.write_text((home / "renkei.toml").read_text(encoding="utf-8").replace("131041-01", "terminal-2"))
    code = Path(made["one_time_code_file"])
    assert stat.S_IMODE(code.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert run("init", "--home", home, *NEW_TERMINAL, "--json").error["code"] == "home_not_empty"
    assert run("init", "--home", tmp_path / "other", "--settings", settings, "--json").status == 0

    chosen, first_pin = tmp_path / "chosen", tmp_path / "first-pin"
    chosen.write_text("正しい 馬の 電池を とめる針\n", encoding="utf-8")
    chosen.chmod(0o600)

    def officer(*arguments: str | Path, pin_file: Path = chosen) -> dict[str, object]:
        who = ("--home", home, "--as", made["operator"], "--pin-file", pin_file, "--json")
        return run("operator", *arguments, *who).json

    assert "error" in officer("list", pin_file=code)
    assert officer("pin", "--new-pin-file", chosen, pin_file=code) == {"operator": made["operator"]}
    given = ("--name", "田中 光", "--staff-number", "20101", "--role", "operator", "--code-file")
    added = officer("add", "op-1", *given, first_pin)
    assert added == {"operator": "op-1", "done": "add", "one_time_code_file": str(first_pin)}
    assert stat.S_IMODE(first_pin.stat().st_mode) == 0o600
    assert "error" in officer("add", "op-1", *given, tmp_path / "second-pin")
    assert not (tmp_path / "second-pin").exists()
    assert "error" in officer("add", "op-2", *given, first_pin)
    listed = json.dumps(officer("list"))
    assert "op-1" in listed
    assert "op-2" not in listed
    checked = run_program("check", "--home", home, "--json")
    assert {check["name"] for check in checked.json["checks"] if not check["ok"]} == {
        "peer",
        # One officer alone could not go on after a fault of the log, and does not do everybody's work.
        "people",
        "roles",
    }
    assert checked.status == 5
