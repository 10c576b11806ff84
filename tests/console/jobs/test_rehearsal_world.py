"""`console.jobs.rehearsal.world`: the five people of a rehearsal world, and what each of them may do."""

from store.rights import Right, Role, rights_of
from tests.running import World

ROLES = {
    "op-101": ["operator"],
    "ap-201": ["approver"],
    "ka-301": ["officer", "approver"],
    "au-401": ["auditor"],
    "cu-501": ["custodian"],
}


def test_a_world_has_a_person_for_every_role(world: World) -> None:
    listed = world.run("ka-301", "operator", "list").json["operators"]
    assert {person["id"]: person["roles"] for person in listed} == {name: sorted(of) for name, of in ROLES.items()}
    assert {role for of in ROLES.values() for role in of} == set(Role)


def test_every_right_has_somebody_and_nobody_has_all(world: World) -> None:
    rights = {name: rights_of(map(Role, of)) for name, of in ROLES.items()}
    assert frozenset().union(*rights.values()) == set(Right)
    assert all(held < set(Right) for held in rights.values())


def test_auditor_and_custodian_do_their_work_and_see_nobody(world: World) -> None:
    assert world.run("au-401", "log", "verify").json["ok"] is True
    assert world.run("cu-501", "peer", "show").json["versions"]
    for person in ("au-401", "cu-501"):
        assert world.run(person, "show", "1").error["code"] == "right_missing"
        assert world.run(person, "queue").error["code"] == "right_missing"
