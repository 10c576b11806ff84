"""The tables' trials with as many seeds as wanted: whatever is done to a row is found, and that row is named."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from store.database import Database
from store.log import Log
from store.message.states import Step
from store.people import Pepper
from store.sealing.sources.file import KeyFile
from store.sealing.vault import Vault
from tests.clusters import ClusterMissing, running
from tests.store.conftest import TERMINAL
from tests.store.table_world import TableWorld, assert_noticed, tampering_table


def tamper_with_tables(seed: int, count: int) -> dict[str, object]:
    """Do each kind of tampering in `count` variants on each engine that is there. Raises AssertionError."""
    engines: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="renkei-tables-") as name, ExitStack() as servers:
        place = Path(name)
        place.chmod(0o700)
        urls = {"sqlite": f"sqlite:///{place / 'store.sqlite'}"}
        with suppress(ClusterMissing):
            urls["postgresql"] = servers.enter_context(running()).new_database()
        for engine, url in urls.items():
            with _world(url, place / engine) as world:
                engines[engine] = _tamper(world, seed, count)
    return {"variants": sum(engines.values()), "kinds_by_engine": engines, "undetected": 0}


@contextmanager
def _world(url: str, keys: Path) -> Iterator[TableWorld]:
    database = Database.create(url)
    vault = Vault.create(KeyFile(keys), terminal_id=TERMINAL)
    world = TableWorld(database, vault, Log(TERMINAL), Pepper(b"p" * 32, TERMINAL))
    world.fill()
    yield world
    database.close()


def _tamper(world: TableWorld, seed: int, count: int) -> int:
    older = world.snapshot()
    world.step(1, Step.APPROVE)
    world.change_pin("ka-301")
    world.fail("ap-201")
    world.confirm("log.keep_years", "10")
    world.protect("a" * 32, protected=False)
    tried = tampering_table(older)
    for variant in range(seed, seed + count):
        for name, tampering in tried.items():
            assert_noticed(world, tampering, random.Random(f"{name} {variant}"))
    return count * len(tried)
