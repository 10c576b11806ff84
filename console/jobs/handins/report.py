"""The report of a file as a text that people of the other system can read, and writing it out.

It quotes records, so only its owner can read the file (mode 0600), and the log has each one among what was exported.
"""

from collections.abc import Iterator
from pathlib import Path

from console.files import new_file
from console.jobs.admission import admit
from console.jobs.handins.intake_outcome import RecordFault
from console.jobs.handins.keeping import FileReport
from console.session import Session
from console.terminal import Terminal
from console.words import Words
from console.words.visible import visible
from store import clock
from store.log import Event
from store.rights import Right


def write_out(terminal: Terminal, session: Session, report: FileReport, target: Path, words: Words) -> Path:
    """Write the report as a new text file in UTF-8; in a directory under a name of its own. Return its path.

    Raises RightMissing, FileExists, FileUnwritable, DiskFull, DiskFailed.
    """
    admit(terminal, session, Right.ENTER)
    if target.is_dir():
        target /= f"{Path(report.name).stem}-{clock.now().astimezone(clock.JAPAN):%Y%m%d-%H%M%S}.txt"
    with new_file(target) as stream:
        # The entry is durable before the file appears, as for a message that is written out.
        with terminal.database.writing() as tx:
            terminal.log.append(
                tx, Event.REPORT_EXPORTED, actor=session.person_id, session=session.id, object=report.file
            )
        # Names and values come from outside: what steers a terminal is made visible, in a file as on the screen.
        stream.writelines(f"{visible(line)}\n".encode("utf-8", "replace") for line in lines(report, words))
    return target


def lines(report: FileReport, words: Words) -> Iterator[str]:
    """Yield the lines of a report: the file, the counts, and each error and warning with cause and remedy."""
    taken, outcome = report.taken, report.outcome
    yield words("handins.text.title", file=report.name)
    if outcome is None:
        yield words("handins.text.dry_run", time=words.exact_time(clock.now()))
    else:
        yield words("handins.text.taken", time=words.exact_time(outcome.taken_at), person=outcome.taken_by)
    if outcome is not None and outcome.code is not None:
        fault = words.fault(outcome.code, report.facts)
        yield f"{fault.cause} {fault.remedy}"
    counts = {name: getattr(taken, name) for name in ("accepted", "known", "refused")}
    yield words("handins.text.counts", **counts, errors=taken.error_count, warnings=taken.warning_count)
    for name in ("errors", "warnings"):
        for fault in getattr(taken, name):
            yield ""
            yield from _of_fault(name, fault, words)
        for rule, count in getattr(taken, f"more_{name}").items():
            yield words(f"handins.text.more_{name}", rule=words.finding(rule).cause, count=count)


def label_of(field: str, words: Words) -> str:
    """Return the name of the item that a fault is about; a field that nobody knows is named as the file has it."""
    keys = (f"items.{group}.{field}" for group in ("field", "group"))
    return next((words(key) for key in keys if words.has(key)), field)


def _of_fault(name: str, fault: RecordFault, words: Words) -> Iterator[str]:
    text = words.finding(fault.rule, fault.facts)
    place = {"line": fault.line, "reference": fault.reference or "-", "field": label_of(fault.field, words)}
    yield words(f"handins.text.{name}", **place)
    if fault.value:
        yield words("handins.text.value", value=fault.value)
    yield words("handins.text.cause", text=text.cause)
    yield words("handins.text.remedy", text=text.remedy)
