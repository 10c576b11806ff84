"""A short run of `python -m tests.faults power`, and that it finds out a store which does not wait for its disk."""

import random

import pytest

from tests.console.jobs.site import Site
from tests.faults.power import PAGES, cut_power, unsafe
from tests.faults.power_disk import SECTOR, Created, Deleted, Disk, Operation, Synced, Truncated, Written

pytestmark = pytest.mark.long

CUTS = 30
OLD, NEW = bytes(4 * SECTOR), b"\1" * 4 * SECTOR


@pytest.mark.parametrize("pages", PAGES)
def test_whenever_the_power_goes_what_was_kept_is_there_and_nothing_by_halves(site: Site, pages: int | None) -> None:
    site.terminal.close()
    assert cut_power(site.home, site.agency_home, range(CUTS), pages=pages) == {"whole": CUTS}


@pytest.mark.parametrize(("synchronous", "found"), [("NORMAL", "lost"), ("OFF", "damaged")])
def test_a_store_that_does_not_wait_for_its_disk_is_found_out(site: Site, synchronous: str, found: str) -> None:
    site.terminal.close()
    with unsafe(synchronous):
        seen = cut_power(site.home, site.agency_home, range(CUTS))
    assert seen[found], seen


def cuts_after(*operations: Operation) -> set[tuple[tuple[str, bytes], ...]]:
    """Return the disks that may be found after a file "a" was there and these were done."""
    disk = Disk({"a": OLD})
    disk.run(operations)
    return {tuple(sorted(disk.after_cut(random.Random(seed)).items())) for seed in range(300)}


def test_what_was_synced_stays() -> None:
    assert cuts_after(Written("a", 0, NEW), Synced("a")) == {(("a", NEW),)}
    assert cuts_after(Truncated("a", 1), Synced("a")) == {(("a", b"\0"),)}


def test_of_what_was_not_synced_each_sector_is_there_or_is_not() -> None:
    found = {dict(item)["a"] for item in cuts_after(Written("a", 0, NEW))}
    assert {OLD, NEW} < found
    assert len(found) == 2**4
    assert all(part in (OLD[:SECTOR], NEW[:SECTOR]) for item in found for part in (item[:SECTOR], item[-SECTOR:]))


def test_names_are_as_far_as_they_were_synced_and_in_their_order() -> None:
    names = {tuple(dict(item)) for item in cuts_after(Created("b"), Deleted("b", synced=False), Created("c"))}
    assert names == {("a",), ("a", "b"), ("a", "c")}
    assert {tuple(dict(item)) for item in cuts_after(Created("b"), Deleted("a", synced=True))} == {("b",)}
