"""A real terminal with a real agency beside it, for the jobs to work in, and ways to look at what they did."""

import json
import socket
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlmodel import SQLModel

from console.jobs.messages import intake, review
from console.jobs.peers import register
from console.jobs.people import changes
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.jobs.people.logon import SecondPerson
from console.jobs.rehearsal import world
from console.jobs.terminal import setup
from console.session import Session
from console.settings import MunicipalitySettings, Settings, StoreSettings, TerminalSettings
from console.terminal import Terminal
from store import clock, queue
from store.handins import outcomes
from store.log import Event, LogFilter, LogRow
from store.log import newest as newest_entry
from store.log import page as log_page
from store.message.states import Direction
from store.peers import PeerDraft
from store.people import Role, open_session, person
from tests.resealing import reseal
from transport import agency
from transport.agency.home import AgencyHome
from transport.agency.records import Outgoing
from transport.evidence.envelope import Purpose, Sealer
from transport.parties.authority import RehearsalAuthority
from transport.parties.identity import Identity

PATIENCE: Final = 20.0
MUNICIPALITY: Final = "131041"
AGENCY: Final = "agency-test"
LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
OPERATOR, APPROVER, CHIEF, AUDITOR, CUSTODIAN = "op-101", "ap-201", "ka-301", "au-401", "cu-501"
PEOPLE: Final[dict[str, tuple[tuple[Role, ...], str]]] = {
    OPERATOR: ((Role.OPERATOR,), "27182845"),
    APPROVER: ((Role.APPROVER,), "31415926"),
    CHIEF: ((Role.OFFICER,), "16180339"),
    AUDITOR: ((Role.AUDITOR,), "14142135"),
    CUSTODIAN: ((Role.CUSTODIAN,), "17320508"),
}
"""One person for each role, with a PIN."""

Record = dict[str, Any]


def second(person_id: str) -> SecondPerson:
    """Return the person as the second of two who act together."""
    return SecondPerson(person_id, PEOPLE[person_id][1], "command")


def entry(number: int, **items: Any) -> Record:
    """Return a message without fault about an invented person of its own; `items` change it."""
    return {
        "kind": "resident_record",
        "reference": f"R-{number:06}",
        "municipality": MUNICIPALITY,
        "occurred_at": "2026-11-20T09:30:00+09:00",
        "subject": f"{number:010}",
        "person": person_of(),
        "category": "mid_long_term",
        "card_number": "AB12345678CD",
        "action": "entry",
        "basis": {"kind": "report", "article": "juki-22", "reported_on": "2026-11-19"},
        **items,
    }


def person_of(**items: Any) -> Record:
    """Return the items of an invented person."""
    return {
        "name": "HOSSAIN RAFIQ",
        "birth_date": "1990-02-28",
        "sex": "male",
        "nationality": "BGD",
        "address": "東京都新宿区架空町一丁目2番3号",
        **items,
    }


def doubtful(number: int, **items: Any) -> Record:
    """Return a message with one warning: its birthday is on no calendar."""
    return entry(number, person=person_of(birth_date="1985-02-29"), **items)


def moving_out(number: int, planned: str, **items: Any) -> Record:
    """Return a deletion after 転出届, to be held until the day `planned`."""
    basis = {"kind": "report", "article": "juki-24", "reported_on": "2026-11-19", "planned_departure": planned}
    return entry(number, action="deletion", basis=basis, **items)


def notice(number: int, **items: Any) -> Record:
    """Return an agency notice without fault about an invented person of its own."""
    return {
        "kind": "agency_notice",
        "reference": f"N-{number:06}",
        "municipality": MUNICIPALITY,
        "occurred_at": "2026-11-20T10:00:00+09:00",
        "noticed_on": "2026-11-19",
        "person": person_of(),
        "category": "mid_long_term",
        "card_number": f"AB{number:08}CD",
        "changes": [{"item": "period_of_stay", "before": "1年", "after": "3年", "reason": "changed"}],
        **items,
    }


def write_lines(path: Path, records: Iterable[Record]) -> Path:
    """Write a file of JSON Lines."""
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


@dataclass
class Site:
    """The terminal, opened, and the directory of the agency that is its peer."""

    home: Path
    agency_home: Path
    terminal: Terminal
    administrator: str | None = None
    """How PostgreSQL's administrator reaches the database; None on SQLite."""

    @classmethod
    def make(cls, home: Path, agency_home: Path, store: StoreSettings) -> None:
        """Make both, each registered with the other but for the agency's port, which is not known yet."""
        authority = RehearsalAuthority()
        settings = Settings(
            municipality=MunicipalitySettings(
                code=MUNICIPALITY, name="新宿区", name_en="Shinjuku City", section="戸籍", section_en="Residents"
            ),
            terminal=TerminalSettings(id="131041-01"),
            store=store,
        )
        with setup.new_terminal(home, settings, authority=authority) as terminal:
            people = [(person_id, roles, pin) for person_id, (roles, pin) in PEOPLE.items()]
            setup.add_people(terminal, people, pin_given=False)
            agency.prepare(agency_home, AGENCY, authority=authority)
            agency.register_terminal(
                agency_home, terminal.identity.public, municipality=MUNICIPALITY, valid_from=LONG_AGO
            )

    # Acting

    def session(self, person_id: str) -> Session:
        """Return a session of that person, opened without a PIN: checking one takes longer than most tests."""
        return open_as(self.terminal, person_id)

    def enrol(self, person_id: str, *roles: Role) -> str:
        """Register a person as the officer and the custodian; return the one-time code."""
        codes: list[str] = []
        number = staff_number_of(person_id)
        wanted = PersonChange(PersonDeed.ADD, person_id, name="試験 花子", staff_number=number, roles=frozenset(roles))
        changes.make(self.terminal, self.session(CHIEF), wanted, second=second(CUSTODIAN), hand_over=codes.append)
        return codes[0]

    def change(
        self, deed: PersonDeed, person_id: str, *, by: str = CHIEF, agreed: str = CUSTODIAN, **wanted: Any
    ) -> None:
        """Do something with an ID, as an officer and a second person."""
        asked = PersonChange(deed, person_id, **wanted)
        changes.make(self.terminal, self.session(by), asked, second=second(agreed))

    def take_in(self, records: Sequence[Record]) -> list[int]:
        """Take messages in as the operator; return their numbers."""
        file = write_lines(self.home.with_name("outgoing.jsonl"), records)
        taken = intake.take_in(self.terminal, self.session(OPERATOR), [file])
        assert (taken.accepted, taken.errors) == (len(records), [])
        keys = [queue.MessageKey(str(record["kind"]), str(record["reference"])) for record in records]
        with self.terminal.database.reading() as reading:
            known = queue.known(reading, Direction.OUT, keys)
        return [known[key].id for key in keys]

    def approve(self, records: Sequence[Record]) -> list[int]:
        """Take messages in and approve them; return their numbers."""
        numbers = self.take_in(records)
        done = review.approve(self.terminal, self.session(APPROVER), numbers, confirm_warnings=True)
        assert (done.changed, done.refused) == (numbers, [])
        return numbers

    # Looking

    def number(self, reference: str) -> int:
        """Return the number of the message with exactly that reference."""
        with self.terminal.database.reading() as reading:
            chosen = [
                row
                for direction in Direction
                for row in queue.page(reading, queue.QueueFilter(direction, reference=reference), limit=10)
                if row.reference == reference
            ]
        (row,) = chosen
        return row.id

    def row(self, number: int) -> queue.MessageRow:
        """Return a message's row."""
        with self.terminal.database.reading() as reading:
            return queue.get(reading, number)

    def states(self, numbers: Iterable[int]) -> list[str]:
        """Return where messages stand."""
        return [str(self.row(number).state) for number in numbers]

    def entries(self, *events: Event, about: str | None = None) -> list[LogRow]:
        """Return the log's entries of these events (all), oldest first."""
        chosen = LogFilter(events=frozenset(events), objects=frozenset() if about is None else frozenset({about}))
        with self.terminal.database.reading() as reading:
            return log_page(reading, limit=100_000, chosen=chosen)[::-1]

    def newest(self) -> int:
        """Return how many entries the log has."""
        with self.terminal.database.reading() as reading:
            return newest_entry(reading)

    def log_holds(self) -> bool:
        """Tell whether the whole log verifies."""
        with self.terminal.database.reading() as reading:
            return self.terminal.log.verify(reading).ok

    @property
    def database_file(self) -> Path:
        """Where the database lies."""
        return self.home / "database" / "renkei.sqlite3"

    def raw(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement behind the program's back."""
        if self.administrator is not None:
            with psycopg.connect(self.administrator) as served:
                cursor = served.execute(statement.replace("?", "%s").encode(), values)
                return cursor.fetchall() if cursor.description else []
        with closing(sqlite3.connect(self.database_file)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def rewrite(self, statement: str, *values: Any) -> None:
        """Run a statement behind the program's back, and seal the rows as if the terminal had written them so."""
        self.raw(statement, *values)
        with self.terminal.database.writing() as tx:
            reseal(tx, self.terminal.vault)

    def agency_raw(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement in the agency's database."""
        with closing(sqlite3.connect(self.agency_home / "agency.db")) as connection, connection:
            return connection.execute(statement).fetchall()

    def contents(self) -> str:
        """Return a digest of everything that the database holds but where refusals are recorded: log and files."""
        recorded = {"log_entry", *(table.name for table in outcomes.TABLES)}
        tables = sorted(SQLModel.metadata.tables.keys() - recorded)
        return sha256(
            repr([sorted(map(repr, self.raw(f'SELECT * FROM "{table}"'))) for table in tables]).encode()
        ).hexdigest()

    def unguard_log(self) -> None:
        """Let the log be changed, as somebody who owns the machine can."""
        if self.administrator is None:
            for verb in ("UPDATE", "DELETE"):
                self.raw(f"DROP TRIGGER log_entry_stands_{verb}")

    # The peer

    def register_peer(self, port: int, **changes: Any) -> PeerDraft:
        """Register the agency as the peer, answering at `port`."""
        draft = register.draft_of(
            agency.public_identity(self.agency_home),
            **{
                "address": "127.0.0.1",
                "port": port,
                "municipality": MUNICIPALITY,
                "legal_basis": "immigration-61-8-2",
                "valid_from": LONG_AGO,
                **changes,
            },
        )
        register.record(self.terminal, draft, actor=None, session_id=None)
        return draft

    @contextmanager
    def served(self, *, register: bool = True) -> Iterator[int]:
        """Serve the agency in a thread, registered as the peer; yield the port."""
        ready, stop = threading.Event(), threading.Event()
        ports: list[int] = []

        def note(_address: str, port: int) -> None:
            ports.append(port)
            ready.set()

        thread = threading.Thread(target=agency.serve, args=(self.agency_home,), kwargs={"ready": note, "stop": stop})
        thread.start()
        try:
            assert ready.wait(PATIENCE)
            if register:
                self.register_peer(ports[0])
            yield ports[0]
        finally:
            stop.set()
            thread.join(PATIENCE)
            assert not thread.is_alive()

    @contextmanager
    def running(self, port: int) -> Iterator[int]:
        """Run the agency at `port` as a process of its own; yield its process id."""
        (self.agency_home / "agency.json").write_text(
            json.dumps({"address": "127.0.0.1", "port": port, "version": "1"})
        )
        with world.start_agency(world.World(self.home, self.agency_home, ())) as process_id:
            yield process_id

    def received(self) -> agency.Holdings:
        """Count what the agency holds."""
        return agency.received(self.agency_home)

    def feed(self, content: Record | bytes, purpose: Purpose, uid: str, *, signer: Identity | None = None) -> None:
        """Put whatever we like into the terminal's feed, sealed and signed by the agency or by `signer`."""
        home = AgencyHome(self.agency_home)
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        sealer = Sealer(signer or home.identity(clock.now()), self.terminal.identity.public, MUNICIPALITY, "1")
        envelope = sealer.seal(raw, message_id=uid, purpose=purpose, created_at=clock.now())
        self.feed_raw(uid, envelope.raw)

    def feed_raw(self, uid: str, envelope: bytes) -> None:
        """Put bytes into the terminal's feed."""
        with AgencyHome(self.agency_home).database() as database, database.writing():
            database.put(self.terminal.identity.name, Outgoing(uid, envelope))


def open_as(terminal: Terminal, person_id: str) -> Session:
    """Open a session as `access.log_on` does when the PIN is right."""
    now = clock.now()
    with terminal.database.writing() as tx:
        known = person(tx, terminal.vault.rows, person_id)
        opened = open_session(tx, person_id, origin="command", now=now)
    return Session(opened.id, known.id, frozenset(known.roles), frozenset(known.rights), now, known.pin_given)


def staff_number_of(person_id: str) -> str:
    """Return a staff number of the ID's own."""
    return person_id.upper()[:16]


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
