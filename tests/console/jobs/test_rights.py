"""Each job asks for its right: who has not got it is refused, and nothing changes."""

import importlib
import inspect
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from console.errors import ConsoleError, PinToChange, RightMissing
from console.jobs import (
    backup,
    claims,
    confirmation,
    custody,
    entry,
    exchange,
    export,
    extract,
    intake,
    keys,
    message,
    people,
    questions,
    queue,
    rekey,
    retention,
    review,
    terminals,
    trail,
)
from console.jobs import peers as register
from console.session import Session
from console.terminal import Terminal
from store.errors import StoreError
from store.log import Event
from store.message.codes import Category
from store.message.states import Pointer
from store.peers import PeerDraft
from store.people import RIGHTS, Right, Role
from tests.clusters import ON_SQLITE
from tests.console.jobs import neighbour
from tests.console.jobs.site import LONG_AGO, PEOPLE, Site
from tests.console.jobs.site import entry as written
from transport.errors import TransportError

Job = Callable[[Terminal, Session], object]
NUMBERS: Final = [1, 2]
DRAFT: Final = PeerDraft(
    name="agency-other",
    address="127.0.0.1",
    port=1,
    certificates_pem="",
    signing_key=b"",
    sealing_key=b"",
    municipality="131041",
    legal_basis="immigration-61-8-2",
    valid_from=LONG_AGO,
)

JOBS: Final[Mapping[str, tuple[Right, Job]]] = {
    "backup.back_up": (Right.SETTINGS, lambda t, s: backup.back_up(t, s, t.home.with_name("backup"))),
    "claims.begin_edit": (Right.ENTER, lambda t, s: claims.begin_edit(t, s, 1)),
    "confirmation.confirm": (Right.CONFIRM, lambda t, s: confirmation.confirm(t, s, NUMBERS)),
    "confirmation.put_on_hold": (Right.CONFIRM, lambda t, s: confirmation.put_on_hold(t, s, NUMBERS, reason="why")),
    "confirmation.take_up": (Right.CONFIRM, lambda t, s: confirmation.take_up(t, s, NUMBERS)),
    "entry.cancel": (Right.ENTER, lambda t, s: entry.cancel(t, s, 1)),
    "entry.counter": (Right.ENTER, lambda t, s: entry.counter(t, s, 1, Pointer.CANCELS)),
    "entry.enter": (Right.ENTER, lambda t, s: entry.enter(t, s, [written(77)])),
    "entry.open_for_revision": (Right.ENTER, lambda t, s: entry.open_for_revision(t, s, 1)),
    "entry.propose": (Right.ENTER, lambda t, s: entry.propose(t, s, "move_in", category=Category.MID_LONG_TERM)),
    "entry.replacement": (Right.ENTER, lambda t, s: entry.replacement(t, s, 1, written(1))),
    "entry.revise": (Right.ENTER, lambda t, s: entry.revise(t, s, 1, written(1), version=1)),
    "exchange.receive": (Right.EXCHANGE, exchange.receive),
    "exchange.resend": (Right.APPROVE, lambda t, s: exchange.resend(t, s, NUMBERS)),
    "exchange.send": (Right.EXCHANGE, exchange.send),
    "extract.write_out": (Right.ENTER, lambda t, s: extract.write_out(t, s, 1, t.home.with_name("out.jsonl"))),
    "intake.take_in": (Right.ENTER, lambda t, s: intake.take_in(t, s, [t.home.with_name("more.jsonl")])),
    "keys.line_keys": (Right.SETTINGS, keys.line_keys),
    "keys.renew": (Right.PEER, keys.renew),
    "peers.register": (Right.PEER, lambda t, s: register.register(t, s, DRAFT)),
    "peers.register_file": (Right.PEER, lambda t, s: register.register_file(t, s, t.home, register.Change())),
    "peers.registered": (Right.PEER, register.registered),
    "message.read": (Right.READ, lambda t, s: message.read(t, s, 1)),
    "message.read_revision": (Right.READ, lambda t, s: message.read_revision(t, s, 1, 1)),
    "people.add": (Right.PEOPLE, lambda t, s: people.add(t, s, "new-person", [Role.OPERATOR])),
    "people.everybody": (Right.PEOPLE, people.everybody),
    "people.release": (Right.PEOPLE, lambda t, s: people.release(t, s, "op-101")),
    "queue.find": (Right.READ, lambda t, s: queue.find(t, s, queue.QueueQuery(), "A")),
    "queue.ids": (Right.READ, lambda t, s: queue.ids(t, s, queue.QueueQuery())),
    "queue.page": (Right.READ, lambda t, s: queue.page(t, s, queue.QueueQuery())),
    "queue.rows": (Right.READ, lambda t, s: queue.rows(t, s, NUMBERS)),
    "rekey.change_key": (Right.SETTINGS, rekey.change_key),
    "retention.erase_expired": (Right.SETTINGS, retention.erase_expired),
    "review.approve": (Right.APPROVE, lambda t, s: review.approve(t, s, NUMBERS)),
    "review.give_back": (Right.APPROVE, lambda t, s: review.give_back(t, s, NUMBERS, reason="why")),
    "review.hold": (Right.APPROVE, lambda t, s: review.hold(t, s, NUMBERS)),
    "review.release": (Right.APPROVE, lambda t, s: review.release(t, s, NUMBERS)),
    "review.withdraw": (Right.WITHDRAW, lambda t, s: review.withdraw(t, s, NUMBERS, reason="why")),
    "terminals.let_in": (
        Right.PEOPLE,
        lambda t, s: terminals.let_in(t, s, t.home, t.home, fingerprint="", second=neighbour.SECOND),
    ),
    "terminals.retire": (Right.PEOPLE, lambda t, s: terminals.retire(t, s, "131041-02", second=neighbour.SECOND)),
    "terminals.shared_by": (Right.LOG, terminals.shared_by),
    "custody.prune": (Right.EXPORT_LOG, lambda t, s: custody.prune(t, s, "ka-301", "16180339", origin="command")),
    "custody.resume": (Right.EXPORT_LOG, lambda t, s: custody.resume(t, s, "ka-301", "16180339", origin="command")),
    "export.export": (Right.EXPORT_LOG, lambda t, s: export.export(t, s, t.home, label="A")),
    "questions.ask": (Right.LOG, lambda t, s: questions.ask(t, s, questions.Question.FAILED_LOGINS)),
    "questions.find": (Right.LOG, lambda t, s: questions.find(t, s, "op-101")),
    "trail.newest": (Right.LOG, trail.newest),
    "trail.page": (Right.LOG, trail.page),
    "trail.span": (Right.LOG, trail.span),
    "trail.verify": (Right.LOG, trail.verify),
}
"""Each job that acts for a person, the right it asks for, and a call that does something."""

# What everybody who is logged on does for themselves.
OWN: Final = {
    "claims.end_edit",
    "claims.put_back",
    "access.check_pin",
    "access.log_off",
    "access.renew",
    "people.change_pin",
}


@pytest.fixture(scope="module")
def shared(_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One terminal for all refusals: none of them changes anything."""
    place = tmp_path_factory.mktemp("rights") / "site"
    shutil.copytree(_made, place)
    with Terminal.open(place / "terminal") as terminal:
        site = Site(place / "terminal", place / "agency", terminal)
        site.take_in([written(1), written(2)])
        (site.home.with_name("more.jsonl")).write_text("{}\n")
        yield site


@pytest.fixture(scope="module")
def sessions(shared: Site) -> Mapping[Role, Session]:
    """A session for each role."""
    return {role: shared.session(person) for person, ((role,), _) in PEOPLE.items()}


def _lacking() -> list[Any]:
    return [
        pytest.param(job, role, id=f"{job}-{role}")
        for job, (right, _) in JOBS.items()
        for role in Role
        if right not in RIGHTS[role]
    ]


def _having() -> list[Any]:
    return [
        pytest.param(job, role, id=f"{job}-{role}")
        for job, (right, _) in JOBS.items()
        for role in Role
        if right in RIGHTS[role]
    ]


@pytest.mark.parametrize(("job", "role"), _lacking())
def test_without_the_right_nothing_happens(
    shared: Site, sessions: Mapping[Role, Session], job: str, role: Role
) -> None:
    right, call = JOBS[job]
    before, newest = shared.contents(), shared.newest()
    with pytest.raises(RightMissing) as refused:
        call(shared.terminal, sessions[role])
    assert refused.value.facts == {"right": right}
    assert shared.contents() == before
    assert shared.newest() == newest + 1
    denied = shared.entries(Event.ACCESS_DENIED)[-1]
    assert (denied.actor, denied.detail) == (sessions[role].person_id, {"code": "right_missing", "step": right})


@ON_SQLITE
@pytest.mark.parametrize(("job", "role"), _having())
def test_with_the_right_it_is_done_or_refused_for_another_reason(site: Site, job: str, role: Role) -> None:
    (person,) = [one for one, (roles, _) in PEOPLE.items() if roles == (role,)]
    session = site.session(person)
    with suppress(StoreError, TransportError, ConsoleError):
        JOBS[job][1](site.terminal, session)
    with pytest.raises(RightMissing):
        JOBS[job][1](site.terminal, replace(session, rights=frozenset()))


@pytest.mark.parametrize("job", JOBS)
def test_who_has_a_given_pin_does_nothing(shared: Site, sessions: Mapping[Role, Session], job: str) -> None:
    everything = replace(sessions[Role.OFFICER], rights=frozenset(Right), pin_given=True)
    before = shared.contents()
    with pytest.raises(PinToChange):
        JOBS[job][1](shared.terminal, everything)
    assert shared.contents() == before


def test_no_job_that_acts_for_a_person_is_left_out() -> None:
    # Packages count by what they export: what stands in them besides are steps of their jobs.
    found = set()
    for room in sorted({job.partition(".")[0] for job in set(JOBS) | OWN}):
        module = importlib.import_module(f"console.jobs.{room}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            own = name in module.__all__ if hasattr(module, "__path__") else function.__module__ == module.__name__
            if own and not name.startswith("_") and "session" in inspect.signature(function).parameters:
                found.add(f"{room}.{name}")
    assert found == set(JOBS) | OWN
