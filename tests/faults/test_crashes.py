"""A short run of what `python -m tests.faults crashes` does at length."""

from tests.console.jobs.site import Site, free_port
from tests.faults.crashes import crash

RUNS = 25


def test_whatever_moment_the_console_is_killed_at_nothing_is_lost_and_nothing_half_done(site: Site) -> None:
    port = free_port()
    site.register_peer(port)
    site.terminal.close()
    with site.running(port):
        said = crash(site.home, site.agency_home, seed=1, runs=RUNS)
    assert said.total() == RUNS
    assert len(said) > 1, "killed at different moments"
