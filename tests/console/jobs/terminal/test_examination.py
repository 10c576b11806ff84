"""A dry run says of each file what an import would: the field inputs, as `python -m tests.field` takes them in."""

from console.jobs.terminal import examination
from store.errors import FileFault
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import OPERATOR, Site
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
