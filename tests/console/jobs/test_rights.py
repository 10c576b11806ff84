"""Each job asks for its right: who has not got it is refused, and nothing changes.

The check itself is `console.jobs.admission`, which every job calls first.
"""

import importlib
import inspect
import pkgutil
import shutil
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from console import jobs
from console.errors import ConsoleError, PinToChange, RightMissing
from console.jobs import exchange, timekeeping
from console.jobs.entry import keeping as kept_drafts
from console.jobs.entry import known
from console.jobs.handins import examination, keeping, places, report
from console.jobs.handins.intake_outcome import Intake
from console.jobs.log import conditions, export, pruning, questions, search, tables, viewing
from console.jobs.messages import (
    claims,
    confirmation,
    entry,
    extract,
    intake,
    listing,
    pairs,
    reading,
    retention,
    review,
)
from console.jobs.peers import line_keys
from console.jobs.peers import register as peer_register
from console.jobs.people import changes, register
from console.jobs.people import sessions as kept_sessions
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.jobs.residents import hits, person, protection
from console.jobs.terminal import backup, layouts, protections, rekey, sharing
from console.jobs.work import lists, outline, today
from console.session import Session
from console.terminal import Terminal
from console.words import Words
from store.errors import StoreError
from store.log import Event
from store.message.codes import Category, NoticeItem
from store.message.states import Pointer, Step
from store.message.worklists import PARTS, WorkList
from store.peers import PeerDraft
from store.people import RIGHTS, Right, Role
from tests.clusters import ON_SQLITE
from tests.console.jobs import neighbour
from tests.console.jobs.site import LONG_AGO, PEOPLE, Site, second
from tests.console.jobs.site import entry as written
from transport.errors import TransportError


def _target(terminal: Terminal) -> export.Target:
    return export.Target(terminal.home, "A", same_disk=True)


Job = Callable[[Terminal, Session], object]
NUMBERS: Final = [1, 2]
TODO: Final = lists.Wanted(PARTS[WorkList.TODO])
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
    "terminal.backup.back_up": (Right.SETTINGS, lambda t, s: backup.back_up(t, s, t.home.with_name("backup"))),
    "messages.claims.begin_edit": (Right.ENTER, lambda t, s: claims.begin_edit(t, s, 1)),
    "messages.confirmation.confirm": (Right.CONFIRM, lambda t, s: confirmation.confirm(t, s, NUMBERS)),
    "messages.confirmation.put_on_hold": (
        Right.CONFIRM,
        lambda t, s: confirmation.put_on_hold(t, s, NUMBERS, reason="why"),
    ),
    "messages.confirmation.take_up": (Right.CONFIRM, lambda t, s: confirmation.take_up(t, s, NUMBERS)),
    "messages.confirmation.waiting_changes": (
        Right.READ,
        lambda t, s: confirmation.waiting_changes(t, s, NoticeItem.CATEGORY),
    ),
    "messages.entry.cancel": (Right.ENTER, lambda t, s: entry.cancel(t, s, 1)),
    "messages.entry.counter": (Right.ENTER, lambda t, s: entry.counter(t, s, 1, Pointer.CANCELS)),
    "messages.entry.enter": (Right.ENTER, lambda t, s: entry.enter(t, s, [written(77)])),
    "messages.entry.open_for_revision": (Right.ENTER, lambda t, s: entry.open_for_revision(t, s, 1)),
    "messages.entry.propose": (
        Right.ENTER,
        lambda t, s: entry.propose(t, s, "move_in", category=Category.MID_LONG_TERM),
    ),
    "messages.entry.replacement": (Right.ENTER, lambda t, s: entry.replacement(t, s, 1, written(1))),
    "messages.entry.revise": (Right.ENTER, lambda t, s: entry.revise(t, s, 1, written(1), version=1)),
    "entry.keeping.discard": (Right.ENTER, lambda t, s: kept_drafts.discard(t, s, "0" * 32)),
    "entry.keeping.keep": (Right.ENTER, lambda t, s: kept_drafts.keep(t, s, "0" * 32, {})),
    "entry.keeping.mine": (Right.ENTER, kept_drafts.mine),
    "entry.keeping.resume": (Right.ENTER, lambda t, s: kept_drafts.resume(t, s, "0" * 32)),
    "entry.known.look_up": (Right.ENTER, lambda t, s: known.look_up(t, s, subject="1")),
    "residents.person.person": (Right.READ, lambda t, s: person.person(t, s, 1)),
    "residents.protection.protect": (Right.ENTER, lambda t, s: protection.protect(t, s, 1)),
    "residents.protection.unprotect": (Right.APPROVE, lambda t, s: protection.unprotect(t, s, 1)),
    "exchange.receive": (Right.EXCHANGE, exchange.receive),
    "exchange.recover": (Right.EXCHANGE, exchange.recover),
    "exchange.resend": (Right.APPROVE, lambda t, s: exchange.resend(t, s, NUMBERS)),
    "exchange.set_cursor": (Right.FEED, lambda t, s: exchange.set_cursor(t, s, 0)),
    "exchange.send": (Right.EXCHANGE, exchange.send),
    "handins.examination.examine": (
        Right.ENTER,
        lambda t, s: examination.examine(t, s, [t.home.with_name("more.jsonl")]),
    ),
    "handins.keeping.former": (Right.ENTER, lambda t, s: keeping.former(t, s, t.home.with_name("more.jsonl"))),
    "handins.places.handed_in": (Right.ENTER, places.handed_in),
    "handins.report.write_out": (
        Right.ENTER,
        lambda t, s: report.write_out(
            t, s, keeping.FileReport("more.jsonl", "0" * 32, Intake()), t.home.with_name("out.txt"), Words()
        ),
    ),
    "messages.extract.write_out": (Right.ENTER, lambda t, s: extract.write_out(t, s, 1, t.home.with_name("out.jsonl"))),
    "messages.intake.take_in": (Right.ENTER, lambda t, s: intake.take_in(t, s, [t.home.with_name("more.jsonl")])),
    "peers.line_keys.hand_over": (Right.SETTINGS, lambda t, s: line_keys.hand_over(t, s, t.home.with_name("keys"))),
    "peers.line_keys.line_keys": (Right.SETTINGS, line_keys.line_keys),
    "peers.line_keys.renew": (Right.PEER, line_keys.renew),
    "peers.register.register": (Right.PEER, lambda t, s: peer_register.register(t, s, DRAFT)),
    "peers.register.register_file": (
        Right.PEER,
        lambda t, s: peer_register.register_file(t, s, t.home, peer_register.PeerChange()),
    ),
    "peers.register.registered": (Right.PEER, peer_register.registered),
    "messages.reading.read": (Right.READ, lambda t, s: reading.read(t, s, 1)),
    "messages.reading.read_revision": (Right.READ, lambda t, s: reading.read_revision(t, s, 1, 1)),
    "people.changes.make": (
        Right.PEOPLE,
        lambda t, s: changes.make(t, s, PersonChange(PersonDeed.SUSPEND, "op-101"), second=second("ap-201")),
    ),
    "people.changes.plan": (Right.PEOPLE, lambda t, s: changes.plan(t, s, PersonChange(PersonDeed.SUSPEND, "op-101"))),
    "people.register.entry": (Right.PEOPLE, lambda t, s: register.entry(t, s, "op-101")),
    "people.register.everybody": (Right.PEOPLE, register.everybody),
    "people.sessions.recent": (Right.PEOPLE, kept_sessions.recent),
    "messages.listing.find": (Right.READ, lambda t, s: listing.find(t, s, listing.QueueQuery(), "A")),
    "messages.listing.ids": (Right.READ, lambda t, s: listing.ids(t, s, listing.QueueQuery())),
    "messages.listing.page": (Right.READ, lambda t, s: listing.page(t, s, listing.QueueQuery())),
    "messages.listing.rows": (Right.READ, lambda t, s: listing.rows(t, s, NUMBERS)),
    "residents.hits.find": (Right.READ, lambda t, s: hits.find(t, s, "A")),
    "residents.hits.rows": (Right.READ, lambda t, s: hits.rows(t, s, NUMBERS, {})),
    "work.lists.count_kinds": (Right.READ, lambda t, s: lists.count_kinds(t, s, TODO)),
    "work.lists.first": (Right.READ, lambda t, s: lists.first(t, s, TODO, 10)),
    "work.lists.folded": (Right.READ, lambda t, s: lists.folded(t, s, array("q"))),
    "work.lists.numbers": (Right.READ, lambda t, s: lists.numbers(t, s, TODO)),
    "work.today.today": (Right.READ, today.today),
    "work.outline.outline": (Right.READ, lambda t, s: outline.outline(t, s, NUMBERS, Step.APPROVE)),
    "terminal.layouts.draft": (Right.ENTER, lambda t, s: layouts.draft(t, s, t.home.with_name("more.jsonl"), "ward")),
    "terminal.protections.confirm": (
        Right.PROTECTIONS,
        lambda t, s: protections.confirm(t, s, second=neighbour.SECOND),
    ),
    "terminal.protections.show": (Right.AGREE_PROTECTIONS, protections.show),
    "terminal.rekey.change_key": (Right.SETTINGS, rekey.change_key),
    "messages.retention.erase_expired": (Right.SETTINGS, retention.erase_expired),
    "messages.review.approve": (Right.APPROVE, lambda t, s: review.approve(t, s, NUMBERS)),
    "messages.review.give_back": (Right.APPROVE, lambda t, s: review.give_back(t, s, NUMBERS, reason="why")),
    "messages.review.hold": (Right.APPROVE, lambda t, s: review.hold(t, s, NUMBERS)),
    "messages.review.release": (Right.APPROVE, lambda t, s: review.release(t, s, NUMBERS)),
    "messages.pairs.cancel_event": (Right.READ, lambda t, s: pairs.cancel_event(t, s, 1)),
    "messages.review.bring_forward": (
        Right.APPROVE,
        lambda t, s: review.bring_forward(t, s, NUMBERS, moved_in=LONG_AGO.date()),
    ),
    "messages.review.call_off": (Right.WITHDRAW, lambda t, s: review.call_off(t, s, NUMBERS)),
    "messages.review.withdraw": (Right.WITHDRAW, lambda t, s: review.withdraw(t, s, NUMBERS, reason="why")),
    "terminal.sharing.let_in": (
        Right.PEOPLE,
        lambda t, s: sharing.let_in(t, s, t.home, t.home, fingerprint="", second=neighbour.SECOND),
    ),
    "terminal.sharing.retire": (Right.PEOPLE, lambda t, s: sharing.retire(t, s, "131041-02", second=neighbour.SECOND)),
    "terminal.sharing.shared_by": (Right.LOG, sharing.shared_by),
    "log.pruning.prune": (Right.EXPORT_LOG, lambda t, s: pruning.prune(t, s, second=second("ka-301"))),
    "log.pruning.resume": (Right.EXPORT_LOG, lambda t, s: pruning.resume(t, s, second=second("ka-301"))),
    "log.export.export": (
        Right.EXPORT_LOG,
        lambda t, s: export.export(t, s, _target(t)),
    ),
    "log.questions.ask": (Right.LOG, lambda t, s: questions.ask(t, s, questions.Question.FAILED_LOGINS)),
    "log.conditions.understand": (
        Right.LOG,
        lambda t, s: conditions.understand(t, s, conditions.Conditions(person="op-101")),
    ),
    "log.search.find": (Right.LOG, lambda t, s: search.find(t, s, "op-101")),
    "log.viewing.newest": (Right.LOG, viewing.newest),
    "log.viewing.page": (Right.LOG, viewing.page),
    "log.viewing.span": (Right.LOG, viewing.span),
    "log.tables.verify": (Right.LOG, tables.verify),
    "log.viewing.verify": (Right.LOG, viewing.verify),
    "timekeeping.overrule": (Right.CLOCK, lambda t, s: timekeeping.overrule(t, s, "sync_down")),
}
"""Each job that acts for a person, the right it asks for, and a call that does something."""

# What everybody who is logged on does for themselves.
OWN: Final = {
    "messages.claims.end_edit",
    "messages.claims.put_back",
    "people.logon.check_pin",
    "people.logon.ended_as",
    "people.logon.log_off",
    "people.logon.renew",
    "people.register.change_pin",
    "people.sessions.look_back",
    "terminal.announcements.at_log_on",
}


# What jobs are made of: each asks for no right itself, because the job that calls it or that it calls has asked.
STEPS: Final = {
    "admission.admit",
    "handins.keeping.keep",
    "handins.keeping.refusing",
    "intents.conclude",
    "intents.intended",
    "log.tables.compare_all",
    "entry.draft.begin",
    "entry.draft.reopen",
    "entry.draft.replace",
    "messages.enqueue.add",
    "messages.enqueue.add_sealed",
    "messages.enqueue.draft_of",
    "messages.enqueue.key_of",
    "messages.enqueue.seal",
    "messages.entry.put_in",
    "messages.intake.foresee",
    "residents.protection.note_shown",
    "residents.protection.note_shown_of",
    "residents.protection.put",
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
    (person,) = [person_id for person_id, (roles, _) in PEOPLE.items() if roles == (role,)]
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
    jobs_found = set()
    for module_info in pkgutil.walk_packages(jobs.__path__, "console.jobs."):
        module = importlib.import_module(module_info.name)
        place = module_info.name.removeprefix("console.jobs.")
        if place.startswith("exchange."):
            # The exchange counts by what its package exports: what stands in it besides are steps of its jobs.
            continue
        for name, function in inspect.getmembers(module, inspect.isfunction):
            own = name in getattr(module, "__all__", ()) or function.__module__ == module.__name__
            if own and not name.startswith("_") and "session" in inspect.signature(function).parameters:
                jobs_found.add(f"{place}.{name}")
    assert jobs_found - STEPS == set(JOBS) | OWN
