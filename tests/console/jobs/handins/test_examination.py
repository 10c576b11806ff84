"""A dry run says of each file what an import would: the field inputs, as `python -m tests.field` takes them in."""

from pathlib import Path

from console.jobs.handins import examination
from console.jobs.messages import intake
from console.jobs.pace import Pace
from store.errors import FileFault
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
