"""A real terminal's store in a directory of its own: database, keys, log, and helpers to fill the queue."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from store import queue
from store.database import Database
from store.log import Log
from store.message.states import Direction
from store.sealing.sources.file import KeyFile
from store.sealing.vault import Vault

TERMINAL = "t-131041-01"
NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # Noon in Japan.

Fill = Callable[..., list[queue.Added]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


@pytest.fixture
def url(engine: str, home: Path, request: pytest.FixtureRequest) -> str:
    if engine == "sqlite":
        return f"sqlite:///{home / 'store.sqlite'}"
    cluster = request.getfixturevalue("cluster")
    url: str = cluster.new_store() if "database" in request.fixturenames else cluster.new_database()
    return url


@pytest.fixture
def database(engine: str, url: str) -> Iterator[Database]:
    made = Database.create(url) if engine == "sqlite" else Database.open(url)
    yield made
    made.close()


@pytest.fixture
def vault(home: Path) -> Vault:
    return Vault.create(KeyFile(home / "keys"), terminal_id=TERMINAL)


@pytest.fixture
def log() -> Log:
    return Log(TERMINAL)


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def fill(database: Database, vault: Vault, now: datetime) -> Fill:
    """Put outgoing messages in the queue, each happening a minute after the one before."""

    def add(
        references: list[str],
        *,
        subject: str | None = None,
        author: str = "op-101",
        due_on: date | None = None,
        warnings: int = 0,
        start: datetime = now - timedelta(hours=1),
    ) -> list[queue.Added]:
        drafts = [
            queue.MessageDraft(
                direction=Direction.OUT,
                kind="resident_record",
                reference=reference,
                effective_at=start + timedelta(minutes=minute),
                content=f"content of {reference}".encode(),
                author=author,
                subject=vault.pseudonym("subject", subject or reference),
                due_on=due_on,
                warnings=warnings,
            )
            for minute, reference in enumerate(references)
        ]
        with database.writing() as tx:
            return queue.add_messages(tx, vault, drafts, now=now)

    return add
