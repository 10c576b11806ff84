"""Two people set both sides up by commands alone, as the README writes it, up to the first exchange.

`python -m tests.end_to_end.first_exchange PROGRAM PLACE` does it with another installation of the program.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from console.jobs.rehearsal.sample_records import Inventor
from console.settings import MunicipalitySettings, Settings, TerminalSettings, dump, names
from store import clock
from store.message.canonical import encode
from store.people import draw_pin
from tests.console.jobs.site import free_port
from tests.running import environment, serving

Call = Callable[..., dict[str, Any]]
MUNICIPALITY: Final = "131041"
_OFFICER: Final = "officer-1"
_OTHERS: Final = {"op-1": "operator", "ap-1": "approver", "au-1": "auditor", "cu-1": "custodian"}


def set_up_and_exchange(call: Call, place: Path, program: Path) -> dict[str, Any]:
    """Make both sides below `place` by `call`, let `program` serve the agency, and return what was exchanged."""
    agency, home = place / "agency", place / "terminal"
    handed_over = call("agency", "init", "--home", agency, "--port", str(free_port()))["public"]
    made = call("init", "--home", home, "--settings", _settings(place))
    pins = {_OFFICER: _choose_pin(call, home, _OFFICER, Path(made["one_time_code_file"]), place)}

    def as_person(person: str, *arguments: str | Path) -> dict[str, Any]:
        return call(*arguments, "--home", home, "--as", person, "--pin-file", pins[person])

    for person, role in _OTHERS.items():
        code = place / f"{person}.code"
        given = ("--name", "試験 花子", "--staff-number", person, "--role", role, "--code-file", code)
        # As soon as somebody else can agree, the officer no longer decides alone.
        second = ("--second", "ap-1", "--second-pin-file", pins["ap-1"]) if "ap-1" in pins else ()
        as_person(_OFFICER, "operator", "add", person, *given, *second)
        pins[person] = _choose_pin(call, home, person, code, place)
    as_person("cu-1", "keys", "show", "--out", place / "terminal.json")
    call("agency", "register", place / "terminal.json", "--home", agency)
    as_person("cu-1", "peer", "register", handed_over, "--legal-basis", "immigration-61-8-2")
    imported = as_person("op-1", "import", _records(place))
    approved = as_person("ap-1", "approve", "--all", "--confirm-warnings")
    with serving(agency, program=program):
        sent = as_person("op-1", "send")
        received = as_person("op-1", "receive")
        check = as_person("cu-1", "check")
    arrived = call("agency", "received", "--home", agency)
    return {
        "accepted": imported["accepted"],
        "approved": len(approved["changed"]),
        "delivered": sent["delivered"],
        "results": received["results"],
        "distinct": arrived["distinct"],
        "verified": as_person("au-1", "log", "verify")["ok"],
        "wrong": [check_["name"] for check_ in check["checks"] if not check_["ok"]],
    }


def _settings(place: Path) -> Path:
    file = place / "prepared.toml"
    municipality = MunicipalitySettings(
        code=MUNICIPALITY, name="新宿区", name_en="Shinjuku City", section="戸籍住民課", section_en="Residents' Section"
    )
    settings = Settings(municipality=municipality, terminal=TerminalSettings(id="131041-01"))
    file.write_text(dump(settings, dict.fromkeys(names(), "")), encoding="utf-8")
    return file


def _choose_pin(call: Call, home: Path, person: str, code: Path, place: Path) -> Path:
    chosen = place / f"{person}.pin"
    chosen.touch(mode=0o600)
    chosen.write_text(draw_pin() + "\n", encoding="utf-8")
    call("operator", "pin", "--new-pin-file", chosen, "--home", home, "--as", person, "--pin-file", code)
    return chosen


def _records(place: Path) -> Path:
    file = place / "records.jsonl"
    records = Inventor(seed=1, now=clock.now(), municipality=MUNICIPALITY).outgoing(3)
    file.write_text("".join(encode(record).decode() + "\n" for record in records), encoding="utf-8")
    return file


def _main(arguments: Sequence[str]) -> None:
    program, place = map(Path, arguments)

    def call(*words: str | Path) -> dict[str, Any]:
        ended = subprocess.run(
            [program, *words, "--json"], env=environment(), stdout=subprocess.PIPE, text=True, check=False
        )
        answer: dict[str, Any] = json.loads(ended.stdout)
        # `check` ends with another status when something is left to do; its answer is what counts.
        assert "error" not in answer, (words, answer)
        return answer

    sys.stdout.write(json.dumps(set_up_and_exchange(call, place, program)) + "\n")


if __name__ == "__main__":
    _main(sys.argv[1:])
