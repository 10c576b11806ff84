"""`peer show` and `peer register`: the custodian registers what the peer handed over as its next version."""

from pathlib import Path

import pytest

from tests.running import World
from transport import agency

CUSTODIAN = "cu-501"


@pytest.fixture
def file(world: World, tmp_path: Path) -> Path:
    """What the agency handed over."""
    path = tmp_path / "peer.json"
    path.write_text(agency.public_identity(world.agency_home).to_json())
    return path


def test_what_no_option_names_is_taken_from_the_version_in_force(world: World, file: Path) -> None:
    added = world.run(CUSTODIAN, "peer", "register", file, "--port", "4443", "--from", "2040-04-01").json
    newest, before = world.run(CUSTODIAN, "peer", "show").json["versions"]
    assert newest == added
    assert (added["port"], added["in_force"], before["in_force"]) == (4443, False, True)
    assert (added["name"], added["address"]) == (before["name"], before["address"])
    assert added["valid_from"] == "2040-03-31T15:00:00+00:00"
    # Both are valid for a day, so that nobody has to change over at the same moment.
    assert before["valid_to"] == "2040-04-01T15:00:00+00:00"
    assert added["fingerprint"] == before["fingerprint"]


def test_what_cannot_be_registered_changes_nothing(world: World, file: Path, tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text("{}")
    refused = [
        world.run(CUSTODIAN, "peer", "register", tmp_path / "none.json"),
        # A name is never looked up: no name server decides whom the terminal talks with.
        world.run(CUSTODIAN, "peer", "register", file, "--address", "agency.example"),
        world.run("ka-301", "peer", "register", file),
    ]
    assert [ran.error["code"] for ran in refused] == ["peer_file_unusable", "endpoint_invalid", "right_missing"]
    assert len(world.run(CUSTODIAN, "peer", "show").json["versions"]) == 1
