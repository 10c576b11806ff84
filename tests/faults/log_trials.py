"""The log's trials with as many seeds as wanted: everything that is done to it is found, and what is honest is not."""

import os
import random
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from console.settings import StoreSettings
from console.terminal import Terminal
from store.log.bundle import bundles_in
from tests.cheap_pins import cheap_pins
from tests.console.jobs.log.table_histories import live as live_at
from tests.console.jobs.site import Site
from tests.store.log import shared_tampering
from tests.store.log.histories import live
from tests.store.log.log_world import House, make_house
from tests.store.log.media_tampering import ON_MEDIA, make_media, refused_by_both
from tests.store.log.shared_tampering import make_shared_house
from tests.store.log.tampering import TABLE, assert_noticed


def tamper(seed: int, count: int) -> dict[str, object]:
    """Do each kind of tampering in `count` variants, in the database and on media. Raises AssertionError."""
    with tempfile.TemporaryDirectory(prefix="renkei-tampering-") as name:
        place = Path(name)
        grown = make_house(place / "grown").home
        make_media(place, grown)
        make_shared_house(place / "shared")
        each(partial(_tamper, place), seed, count)
    kinds = len(TABLE) + len(shared_tampering.TABLE) + len(ON_MEDIA)
    return {"variants": count * kinds, "kinds": kinds, "undetected": 0}


def live_honestly(seed: int, count: int) -> dict[str, object]:
    """Let a log live through `count` honest histories, and as many terminals. Raises AssertionError."""
    each(_live, seed, count)
    with tempfile.TemporaryDirectory(prefix="renkei-site-") as name, cheap_pins():
        made = Path(name) / "made"
        made.mkdir()
        Site.make(made / "terminal", made / "agency", StoreSettings())
        each(partial(_live_with_tables, made), seed, count)
    return {"histories": count, "histories_with_tables": count, "alarms": 0}


def each(trial: Callable[[int], None], seed: int, count: int) -> None:
    """Do a trial with `count` seeds from `seed` on, some side by side. Raises AssertionError with the seed at fault."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for done, failure in enumerate(pool.map(partial(_failure_of, trial), range(seed, seed + count)), 1):
            assert failure is None, failure
            sys.stderr.write(f"\r{done} of {count}   ")


def _failure_of(trial: Callable[[int], None], seed: int) -> str | None:
    # As text: our errors are built from facts by name, and cannot be taken from one process to another.
    try:
        trial(seed)
    except Exception:  # noqa: BLE001  # Whatever it is, the seed has to be told with it.
        return f"seed {seed}\n{traceback.format_exc()}"
    return None


def _tamper(place: Path, seed: int) -> None:
    for tampering in TABLE:
        with tempfile.TemporaryDirectory(dir=place) as name:
            house = House(Path(shutil.copytree(place / "grown", Path(name) / "house")), random.Random(seed))
            assert_noticed(house, tampering)
    for tampering in shared_tampering.TABLE:
        with tempfile.TemporaryDirectory(dir=place) as name:
            house = House(Path(shutil.copytree(place / "shared", Path(name) / "house")), random.Random(seed))
            shared_tampering.assert_noticed(house, tampering)
    for tampering in ON_MEDIA:
        with tempfile.TemporaryDirectory(dir=place) as name:
            medium = Path(shutil.copytree(place / "medium", Path(name) / "medium"))
            refused_by_both(bundles_in(medium)[0], tampering, random.Random(seed))


def _live_with_tables(made: Path, seed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="renkei-history-") as name, cheap_pins():
        place = Path(shutil.copytree(made, Path(name) / "site"))
        with Terminal.open(place / "terminal") as terminal:
            live_at(Site(place / "terminal", place / "agency", terminal), random.Random(seed))


def _live(seed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="renkei-history-") as name:
        live(Path(name), seed)
