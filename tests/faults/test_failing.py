"""A short run of `python -m tests.faults failures`: operations of the database, and calls on our own files."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.console.jobs.site import Site
from tests.faults import failing_files
from tests.faults.failing import Fault, count_operations, fail
from tests.faults.failing_files import JOBS, World, calls_of, can_trace, make_world, run_on_little_room

pytestmark = pytest.mark.long

PLACES = 2


def test_whichever_operation_of_the_database_fails_nothing_is_lost_or_half_done(site: Site) -> None:
    site.terminal.close()
    many = count_operations(site.home, site.agency_home)
    outcomes = set()
    for number, fault in enumerate(Fault):
        for at in range(1 + number * many // PLACES // len(Fault), many, many // PLACES):
            trial = fail(site.home, site.agency_home, at, fault)
            assert trial.struck
            outcomes.add(trial.outcome)
    assert {"database_failed", "disk_full"} <= outcomes


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    made = Path(request.getfixturevalue("_made"))
    return make_world(made / "terminal", tmp_path_factory.mktemp("failing") / "world")


def test_whichever_call_of_a_backup_fails_it_is_there_whole_or_not_at_all(world: World) -> None:
    if not can_trace():
        pytest.skip("strace is not here, or may not trace")
    job = JOBS["backup"]
    draft = {call.name: call for call in calls_of(world, job) if "/.copy." in call.line}
    for name, error, code in (("write", "ENOSPC", "disk_full"), ("fsync", "EIO", "disk_failed")):
        ended = failing_files.fail(world, job, draft[name], error)
        assert (ended.status, ended.code) == (7, code)


def test_a_write_that_is_done_in_part_leaves_nothing(world: World) -> None:
    ended = run_on_little_room(world, replace(JOBS["backup"], command=("backup", "PLACE/medium/copy")))
    if ended is None:
        pytest.skip("no file system can be mounted here")
    assert (ended.status, ended.code) == (7, "disk_full")
