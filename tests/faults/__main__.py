"""`python -m tests.faults` with `cuts`, `kills`, `crashes`, `power`, `keys` ...: what the tests make a choice of.

Prints one line of JSON at the end: how many trials there were and what a person was told how often; any trial that
does not end well ends the whole with its traceback.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path

from store.message.states import OutState
from store.people.attempts import LOCKED_AFTER
from tests.console.jobs.site import OPERATOR, PATIENCE
from tests.console.live import PERSON
from tests.faults import failing, failing_files
from tests.faults.competing import compete
from tests.faults.crashes import CONFIRMED, SERIES, crash
from tests.faults.endings import SERIES as ENDINGS
from tests.faults.endings import end_each
from tests.faults.guessing import NOBODY, guess
from tests.faults.keys import SERIES as BURSTS
from tests.faults.keys import press_keys, rehearsal_world
from tests.faults.log_trials import live_honestly, tamper
from tests.faults.power import PAGES, cut_power
from tests.faults.proxy import Fault, Harm, Way
from tests.faults.table_trials import tamper_with_tables
from tests.faults.trials import OWNED, SUDDEN, bench, faults, fresh_site, harm_each
from tests.faults.worker import working

_AT_ONCE = 250
_AT_ONCE_POWER = 250
_STRIDE = 100


def main() -> None:
    """Read what is wanted and do it."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    kinds = parser.add_subparsers(required=True)
    cuts = kinds.add_parser("cuts", help="harm a small exchange at many bytes")
    cuts.add_argument("--all", action="store_true", help="at every byte of both ways; takes half an hour or so")
    cuts.add_argument("--harm", type=Harm, choices=SUDDEN, help="this harm at each byte; else all of them by turns")
    cuts.add_argument("--at-once", type=int, default=os.cpu_count(), help="trials side by side, one a core")
    cuts.add_argument("--stride", type=int, default=_STRIDE)
    cuts.set_defaults(run=_cut)
    kills = kinds.add_parser("kills", help="kill the console in the middle of exchanges")
    kills.add_argument("--rounds", type=int, default=50)
    kills.set_defaults(run=_kill)
    crashes = kinds.add_parser(
        "crashes", help="kill the console at any moment of taking in, approving, exchanging, confirming"
    )
    crashes.add_argument("--count", type=int, default=1000, help="10000 take half an hour or so")
    crashes.add_argument("--at-once", type=int, default=os.cpu_count(), help="series side by side, one a core")
    crashes.set_defaults(run=_crash)
    power = kinds.add_parser("power", help="cut the power at any moment of a day's work, and look at the disk")
    power.add_argument("--count", type=int, default=5000, help="5000 take some minutes")
    power.set_defaults(run=_cut_power)
    failures = kinds.add_parser("failures", help="let each write, sync and rename of database and files fail once")
    failures.add_argument("--stride", type=int, default=1, help="only each so manieth; all of them take an hour or so")
    failures.set_defaults(run=_fail)
    writers = kinds.add_parser("writers", help="let eight processes write at once; the slowest write is under 1 s")
    writers.add_argument("--seconds", type=float, default=60)
    writers.set_defaults(run=lambda chosen: compete(chosen.seconds))
    tampering = kinds.add_parser("tampering", help="do everything to the log, in the database and on media")
    tampering.add_argument("--count", type=int, default=100, help="variants of each kind")
    tampering.set_defaults(run=lambda chosen: tamper(chosen.seed, chosen.count))
    tables = kinds.add_parser("tables", help="do everything to the rows that decide something, on both engines")
    tables.add_argument("--count", type=int, default=100, help="variants of each kind")
    tables.set_defaults(run=lambda chosen: tamper_with_tables(chosen.seed, chosen.count))
    histories = kinds.add_parser("histories", help="let logs live through honest years: no alarm")
    histories.add_argument("--count", type=int, default=1000)
    histories.set_defaults(run=lambda chosen: live_honestly(chosen.seed, chosen.count))
    keys = kinds.add_parser("keys", help="let bursts of keys, pastes and sizes fall on the screens: no incident")
    keys.add_argument("--count", type=int, default=20_000, help="20000 take an hour or so on two cores")
    keys.add_argument("--at-once", type=int, default=os.cpu_count(), help="consoles side by side, one a core")
    keys.set_defaults(run=_press_keys)
    guessing = kinds.add_parser("guessing", help="guess PINs in many processes that are killed: ten are looked at")
    guessing.add_argument("--count", type=int, default=20, help="terminals, each with two IDs that are guessed")
    guessing.set_defaults(run=_guess)
    endings = kinds.add_parser("endings", help="end sessions of the console in every way: one closing entry each")
    endings.add_argument("--count", type=int, default=1000, help="1000 take half an hour or so on one core")
    endings.add_argument("--at-once", type=int, default=os.cpu_count(), help="consoles side by side, one a core")
    endings.set_defaults(run=_end_sessions)
    for item in kinds.choices.values():
        item.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    chosen = parser.parse_args()
    print(json.dumps({"seed": chosen.seed, **chosen.run(chosen)}))  # noqa: T201  # The line is what the command is for.


def _cut(chosen: argparse.Namespace) -> dict[str, object]:
    """Harm an exchange at every `stride`-th byte of each way."""
    stride = 1 if chosen.all else chosen.stride
    seen: Counter[str] = Counter()
    done = 0
    with fresh_site() as site, site.served(register=False) as port, bench(site, port, 1) as first:
        lengths = first.measure()
    # What a fault holds besides cannot be handed to another process.
    wanted = [(fault.way, fault.at, chosen.harm or fault.harm) for fault in faults(lengths, stride, chosen.seed)]
    parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
    with ProcessPoolExecutor(chosen.at_once, get_context("spawn")) as processes:
        for part, answer in zip(parts, processes.map(harm_each, parts), strict=True):
            seen += answer
            done += len(part)
            sys.stderr.write(f"\r{done} of {len(wanted)}   ")
    return {"trials": done, "bytes": {way.value: count for way, count in lengths.items()}, "told": dict(seen)}


def _kill(chosen: argparse.Namespace) -> dict[str, object]:
    """Kill a console `rounds` times in the middle of an exchange of twenty messages."""
    chance = random.Random(chosen.seed)
    struck = 0
    with (
        fresh_site() as site,
        site.served(register=False) as port,
        bench(site, port, 20 * chosen.rounds + 1, batch=5) as trials,
    ):
        lengths = trials.measure()
        for done in range(chosen.rounds):
            numbers = trials.approve(20)
            with working(site.home) as worker:
                way = chance.choice(list(Way))
                kill = Fault(way, chance.randrange(lengths[way] * 4), Harm.CALL, act=worker.kill)
                trials.proxy.tell(kill)
                worker.wait(PATIENCE)
            struck += kill.struck.is_set()
            trials.check(numbers, OWNED | {OutState.SENDING})
            trials.recover()
            trials.check(numbers, {OutState.ACCEPTED})
            sys.stderr.write(f"\r{done + 1} ({kill})   ")
        trials.check_all()
    return {"rounds": chosen.rounds, "killed": struck}


def _crash(chosen: argparse.Namespace) -> dict[str, object]:
    """Kill a console for each of `count` seeds from `seed` on, in series; hold what is left against what it said."""
    text: Counter[str] = Counter()
    ends = chosen.seed + chosen.count
    parts = [range(start, min(start + SERIES, ends)) for start in range(chosen.seed, ends, SERIES)]
    with fresh_site() as site, ProcessPoolExecutor(chosen.at_once, get_context("spawn")) as processes:
        site.terminal.close()
        try:
            for answer in processes.map(partial(crash, site.home, site.agency_home), parts):
                text += answer
                sys.stderr.write(f"\r{text.total()}   ")
        except KeyboardInterrupt:
            sys.stderr.write(f"\rstopped; go on with --seed {chosen.seed + text.total()}\n")
        finally:
            processes.shutdown(cancel_futures=True)
    killed = text.total() - text[CONFIRMED]
    return {"trials": text.total(), "killed": killed, "lost": 0, "half_done": 0, "said_last": dict(text)}


def _cut_power(chosen: argparse.Namespace) -> dict[str, object]:
    """Cut `count` disks out of recordings of a day's work, each of another day."""
    found: Counter[str] = Counter()
    for start, pages in zip(range(0, chosen.count, _AT_ONCE_POWER), cycle(PAGES), strict=False):
        with fresh_site() as site:
            site.terminal.close()
            seeds = range(chosen.seed + start, chosen.seed + min(start + _AT_ONCE_POWER, chosen.count))
            found += cut_power(site.home, site.agency_home, seeds, pages=pages)
        sys.stderr.write(f"\r{found.total()}   ")
        assert found.total() == found["whole"], found
    return {"cuts": found.total(), "lost": 0, "half_done": 0}


def _fail(chosen: argparse.Namespace) -> dict[str, object]:
    """Let operations of the database and calls on our own files fail, each `stride`-th of them."""
    answer: Counter[str] = Counter()
    with fresh_site() as site, tempfile.TemporaryDirectory(prefix="renkei-world-") as name:
        site.terminal.close()
        many = failing.count_operations(site.home, site.agency_home)
        for at in range(1 + chosen.seed % chosen.stride, many + 1, chosen.stride):
            answer += failing.fail_each(site.home, site.agency_home, at)
            sys.stderr.write(f"\rdatabase {at} of {many}   ")
        operations = answer.total()
        if failing_files.can_trace():
            world = failing_files.make_world(site.home, Path(name) / "world")
            for title, job in failing_files.JOBS.items():
                answer += failing_files.fail_each(world, job, chosen.seed, chosen.stride)
                sys.stderr.write(f"\r{answer.total() - operations} calls, {title} done   ")
    return {
        "operations": operations,
        "calls": answer.total() - operations,
        "lost": 0,
        "half_done": 0,
        "told": dict(answer),
    }


def _press_keys(chosen: argparse.Namespace) -> dict[str, object]:
    """Let `count` bursts of keys fall on consoles, one for each seed from `seed` on."""
    seen: Counter[str] = Counter()
    ends = chosen.seed + chosen.count
    parts = [range(start, min(start + BURSTS, ends)) for start in range(chosen.seed, ends, BURSTS)]
    with rehearsal_world() as home, ProcessPoolExecutor(chosen.at_once, get_context("spawn")) as processes:
        for answer in processes.map(partial(press_keys, home), parts):
            seen += answer
            sys.stderr.write(f"\r{seen.total()}   ")
    return {"bursts": seen.total(), "incidents": 0, "seen": dict(seen)}


def _guess(chosen: argparse.Namespace) -> dict[str, object]:
    """Let PINs be guessed on `count` terminals, one for each seed from `seed` on."""
    counted: Counter[str] = Counter()
    for seed in range(chosen.seed, chosen.seed + chosen.count):
        with fresh_site() as site:
            site.terminal.close()
            for person_id in (OPERATOR, NOBODY):
                counted += guess(site.home, person_id, seed)
        sys.stderr.write(f"\r{seed - chosen.seed + 1}   ")
    return {"terminals": chosen.count, "most_allowed": LOCKED_AFTER, **counted}


def _end_sessions(chosen: argparse.Namespace) -> dict[str, object]:
    """End `count` sessions of real programs, way by way."""
    taken: Counter[str] = Counter()
    ends = chosen.seed + chosen.count
    parts = [range(start, min(start + ENDINGS, ends)) for start in range(chosen.seed, ends, ENDINGS)]
    with rehearsal_world() as home, ProcessPoolExecutor(chosen.at_once, get_context("spawn")) as processes:
        pin = (home / "rehearsal" / f"{PERSON}.pin").read_text().strip()
        for answer in processes.map(partial(end_each, home, pin), parts):
            taken += answer
            sys.stderr.write(f"\r{taken.total()}   ")
    return {"sessions": taken.total(), "closing_entries": taken.total(), "ways": dict(taken)}


if __name__ == "__main__":
    main()
