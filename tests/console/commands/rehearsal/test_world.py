"""`demo --prepare` and `agency`: a world for scripts, and the agency on its other side.

It shows `console.commands.rehearsal.reference_agency` as well.
"""

import json
from pathlib import Path

from console.jobs.rehearsal.sample_records import Inventor
from store import clock
from tests.running import World, run


def test_a_prepared_world_is_found_again_and_shown_to_people(world: World) -> None:
    again = run("demo", "--prepare", "--home", world.home, "--json").json
    assert again["home"] == str(world.home)
    assert {person["id"]: Path(person["pin_file"]) for person in again["operators"]} == dict(world.pin_files)
    lines = run("demo", "--prepare", "--home", world.home, "--language", "en").out.splitlines()
    assert str(world.home) in lines[0]
    assert str(world.agency_home) in lines[1]
    assert [line.split()[0] for line in lines[3:]] == list(world.pin_files)


def test_the_agency_takes_notices_once_and_counts_what_it_got(world: World, tmp_path: Path) -> None:
    notices = Inventor(seed=7, now=clock.now(), municipality="131041").notices(2)
    file = tmp_path / "notices.jsonl"
    file.write_text("".join(json.dumps({**notice, "reference": f"M-{at}"}) + "\n" for at, notice in enumerate(notices)))
    agency = ("--home", world.agency_home, "--json")
    assert run("agency", "post", file, *agency).json == {"posted": 2, "known": 0}
    assert run("agency", "post", file, *agency).json == {"posted": 0, "known": 2}
    assert run("agency", "received", *agency).json == {"messages": 0, "distinct": 0}
    assert run("agency", "received", "--home", tmp_path, "--json").error["code"] == "agency_missing"
