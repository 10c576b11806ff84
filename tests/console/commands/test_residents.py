"""`protect` and `show --address` as scripts call them."""

from tests.running import World


def test_a_protected_address_is_in_no_output_unless_it_is_asked_for(world: World) -> None:
    address = world.run("op-101", "show", "1").json["record"]["person"]["address"]
    assert world.run("op-101", "protect", "1").json == {"protected": True, "changed": True}
    plain = world.run("op-101", "show", "1").json
    assert (plain["protected"], plain["record"]["person"]["address"]) == (True, "＊＊＊")
    asked = world.run("op-101", "show", "1", "--address").json
    assert asked["record"]["person"]["address"] == address
    assert world.run("op-101", "show", "1", "--out", "out.jsonl").error["code"] == "address_hidden"
    # Who sets it does not end it.
    assert world.run("op-101", "protect", "1", "--end").status == 3
    assert world.run("ap-201", "protect", "1", "--end").json == {"protected": False, "changed": True}
