"""`settings show` and `settings confirm`: an edited file changes no protection until two persons let it."""

from tests.running import World, run

OFFICER, CUSTODIAN = "ka-301", "cu-501"


def edit(world: World, *changes: tuple[str, str]) -> None:
    file = world.home / "renkei.toml"
    text = file.read_text(encoding="utf-8")
    for before, after in changes:
        assert f"\n{before}\n" in text
        text = text.replace(f"\n{before}\n", f"\n{after}\n")
    file.write_text(text, encoding="utf-8")


def test_two_persons_bring_an_edited_file_into_force(world: World) -> None:
    second = ("--second", CUSTODIAN, "--second-pin-file", str(world.pin_files[CUSTODIAN]))
    assert world.run(OFFICER, "settings", "confirm", *second).json == {"changed": []}
    edit(world, ("two_persons = true", "two_persons = false"), ("lock_seconds = 180", "lock_seconds = 240"))
    shown = {each["name"]: each for each in world.run(CUSTODIAN, "settings", "show").json["settings"]}
    lock = shown["session.lock_seconds"]
    assert (lock["file"], lock["in_force"], lock["default"]) == (240, 180, 180)
    assert (lock["pending"], lock["weaker"], lock["officer"]) == (True, False, None)
    assert shown["log.keep_years"]["pending"] is False
    assert world.run("op-101", "settings", "show").error["code"] == "right_missing"

    alone = ("--second", OFFICER, "--second-pin-file", str(world.pin_files[OFFICER]))
    assert world.run(OFFICER, "settings", "confirm", *alone).error["code"] == "own_person_refused"
    assert world.run(CUSTODIAN, "settings", "confirm", *alone).error["code"] == "right_missing"
    assert world.run(OFFICER, "settings", "confirm").status == 2
    assert world.run(OFFICER, "settings", "confirm", *second).json["changed"] == [
        {"name": "review.two_persons", "former": True, "in_force": False},
        {"name": "session.lock_seconds", "former": 180, "in_force": 240},
    ]
    (newest, _) = world.run(OFFICER, "log", "show", "--event", "settings.confirmed").json["entries"]
    assert (newest["actor"], newest["object"]) == (OFFICER, CUSTODIAN)
    assert newest["detail"] == {"setting": "session.lock_seconds", "from": "180", "to": "240", "second": CUSTODIAN}
    weaker = world.run(CUSTODIAN, "settings", "show").json["settings"]
    assert [each["name"] for each in weaker if each["weaker"]] == ["review.two_persons", "session.lock_seconds"]


def test_people_read_which_value_holds(world: World) -> None:
    edit(world, ("keep_years = 7", "keep_years = 1"))
    pin_file = world.pin_files[OFFICER]
    for language, remark in (("ja", "確認待ち"), ("en", "pending")):
        who = ("--home", world.home, "--as", OFFICER, "--pin-file", pin_file, "--language", language)
        lines = run("settings", "show", *who).out.splitlines()
        (line,) = [line for line in lines if line.startswith("log.keep_years")]
        assert line.split()[1:4] == ["1", "7", "7"]
        assert remark in line
        assert len(lines) == 6
