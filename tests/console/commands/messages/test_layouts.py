"""`layout draft` and `import --check`: a layout is begun, completed, tried, confirmed and used by commands alone."""

import getpass
from pathlib import Path

from tests.console.jobs.terminal.test_layouts import HEADER, LAYOUT, ROW
from tests.running import World, run


def test_from_a_file_to_its_import_by_commands(world: World, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes((HEADER + ROW.format(1)).encode("cp932"))
    drafted = world.run("op-101", "layout", "draft", file, "--name", "ward")
    assert (drafted.status, drafted.json) == (0, {"file": str(world.home / "layouts" / "ward.toml")})
    Path(drafted.json["file"]).write_text(LAYOUT, encoding="utf-8")

    tried = world.run("op-101", "import", "--check", "--layout", "ward", file)
    assert (tried.status, tried.json["good"], tried.json["refused"]) == (0, 1, 0)
    assert {"field": "person.sex", "column": "性別", "cell": "1", "value": "male"} in tried.json["rows"][0]["items"]
    who = ("--home", world.home, "--as", "op-101", "--pin-file", world.pin_files["op-101"], "--language", "en")
    spoken = run("import", "--check", "--layout", "ward", file, *who)
    assert "  性別 “1” → person.sex = male" in spoken.out.splitlines()
    assert spoken.out.splitlines()[-1] == "1 good, 0 known, 0 with errors (nothing was taken in)"

    refused = world.run("op-101", "import", "--layout", "ward", file)
    assert (refused.status, refused.error["code"]) == (3, "layout_unconfirmed")
    pair = ("--second", "cu-501", "--second-pin-file", str(world.pin_files["cu-501"]))
    (shown,) = world.run("cu-501", "settings", "show").json["layouts"]
    assert (shown["name"], shown["pending"], shown["fault"]) == ("ward", True, None)
    (changed,) = world.run("ka-301", "settings", "confirm", *pair).json["changed"]
    assert (changed["name"], changed["former"], changed["in_force"]) == ("layouts.ward", "none", shown["file"])
    assert world.run("op-101", "import", "--layout", "ward", file).json["accepted"] == 1
    # A file that a system handed in is read by the layout of its place, and taken in only if it is of that system.
    settings = world.home / "renkei.toml"
    place = f'[[handin]]\ndirectory = "{tmp_path}"\nowner = "{getpass.getuser()}"\npurpose = "x"\nlayout = "ward"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + place, encoding="utf-8")
    assert world.run("op-101", "import", file).json["known"] == 1
    assert world.run("op-101", "import", "--check", file).json["rows"]
    given = settings.read_text(encoding="utf-8").replace(f'owner = "{getpass.getuser()}"', 'owner = "nobody"')
    settings.write_text(given, encoding="utf-8")
    foreign = world.run("op-101", "import", file)
    assert (foreign.status, foreign.error["code"]) == (4, "handin_foreign")
    custodian = ("--home", world.home, "--as", "cu-501", "--pin-file", world.pin_files["cu-501"], "--language", "en")
    listed = run("settings", "show", *custodian)
    assert f"Layout layouts.ward: in force {shown['file']}, in the file {shown['file']}" in listed.out
