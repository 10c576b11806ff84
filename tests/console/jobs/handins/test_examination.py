"""A dry run says of each file what an import would: the field inputs, as `python -m tests.field` takes them in."""

from hashlib import sha256
from pathlib import Path

import pytest

from console.jobs.handins import examination
from console.jobs.messages import intake
from console.jobs.pace import Pace
from console.jobs.progress import Progress
from store import clock
from store.endings import Ending
from store.errors import FileFault, ImportUnderWay, SessionClosed
from store.people.sessions import close_session
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import OPERATOR, Site, doubtful, entry, write_lines
from tests.field import DATA, LAYOUT, VERDICTS, Verdict, layout_of

pytestmark = ON_SQLITE


def judge(site: Site, name: str) -> Verdict:
    try:
        found = examination.examine(site.terminal, site.session(OPERATOR), [DATA / name], layout_of(name)).found
    except FileFault as fault:
        return Verdict(error=fault.code)
    rules = frozenset(fault.rule for fault in (*found.errors, *found.warnings))
    return Verdict(found.accepted, found.refused, rules)


def test_each_file_gets_its_verdict(site: Site) -> None:
    layouts = site.home / "layouts"
    layouts.mkdir(mode=0o700)
    (layouts / LAYOUT.name).write_bytes(LAYOUT.read_bytes())
    assert {name: judge(site, name) for name in VERDICTS} == dict(VERDICTS)
    unjudged = {path.name for path in DATA.iterdir() if path.suffix not in {".toml", ".sha256"}} - set(VERDICTS)
    assert unjudged == set()


def test_it_foresees_what_the_queue_makes_of_a_file(site: Site, tmp_path: Path) -> None:
    operator = site.session(OPERATOR)
    intake.take_in(site.terminal, operator, [write_lines(tmp_path / "before.jsonl", [entry(1), entry(2)])])
    # One known, one that conflicts, two new; then the first new one once more, the same and with another content,
    # behind more lines than a portion has.
    other = {"person": entry(9)["person"] | {"name": "OTHER NAME"}}
    lines = [entry(1), entry(2, **other), entry(3), doubtful(4), *[entry(1)] * Pace().size, entry(3), entry(3, **other)]
    file = write_lines(tmp_path / "mixed.jsonl", lines)
    before = site.contents()
    foreseen = examination.examine(site.terminal, operator, [file]).found
    assert site.contents() == before
    assert (foreseen.accepted, foreseen.known, foreseen.refused) == (2, Pace().size + 2, 2)
    assert {fault.rule for fault in foreseen.errors} == {"reference_conflict"}
    assert foreseen == intake.take_in(site.terminal, operator, [file])


def test_a_dry_run_of_what_another_import_brings_waits_for_its_end(site: Site, tmp_path: Path) -> None:
    operator = site.session(OPERATOR)
    large = write_lines(tmp_path / "large.jsonl", [entry(number) for number in range(1, Pace().size + 2)])
    same = write_lines(tmp_path / "same.jsonl", [entry(1), entry(900_001)])
    refused: list[ImportUnderWay] = []

    def look(step: Progress) -> None:
        # Between two portions the first is in the tables and in no answer.
        if 0 < step.done < step.total and not refused:
            with pytest.raises(ImportUnderWay) as error:
                examination.examine(site.terminal, operator, [same])
            refused.append(error.value)

    intake.take_in(site.terminal, operator, [large], report=look)
    assert [fault.facts["person"] for fault in refused] == [OPERATOR]
    after = examination.examine(site.terminal, operator, [same]).found
    assert (after.known, after.accepted) == (1, 1)


def test_each_file_has_its_digest_and_its_progress(site: Site, tmp_path: Path) -> None:
    operator = site.session(OPERATOR)
    files = [write_lines(tmp_path / f"{number}.jsonl", [entry(number)]) for number in (1, 2)]
    steps: list[Progress] = []
    examined = examination.examine(site.terminal, operator, files, report=steps.append)
    assert examined.digests == [sha256(file.read_bytes()).hexdigest() for file in files]
    assert [(totals.file, totals.accepted) for totals in examined.found.files] == [("1.jsonl", 1), ("2.jsonl", 1)]
    assert [(step.phase, step.done, step.total) for step in steps] == [
        ("examine", done, file.stat().st_size) for file in files for done in (0, file.stat().st_size)
    ]


def test_a_session_that_was_ended_meanwhile_takes_nothing_in(site: Site, tmp_path: Path) -> None:
    operator = site.session(OPERATOR)
    file = write_lines(tmp_path / "some.jsonl", [entry(number) for number in range(Pace().size + 1)])
    (digest,) = examination.examine(site.terminal, operator, [file]).digests
    with site.terminal.database.writing() as tx:
        close_session(tx, operator.id, Ending.IDLE, clock.now())
    before = site.contents()
    with pytest.raises(SessionClosed):
        intake.take_in(site.terminal, operator, [file], wanted=digest)
    assert site.contents() == before
    assert site.raw("SELECT count(*) FROM file_outcome") == [(0,)]
