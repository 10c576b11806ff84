"""The dry run of a file (点検), taking in what was looked at, and the report of the last time."""

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.keys import HANDIN_REPORT, STOP, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.handins.faults import SEVERITIES, FaultLine, FaultList, FaultPanel, ReportSummary, ReportTitle
from console.screens.handins.progress import ImportProgress
from console.screens.output import ask_where
from console.widgets.frame import CountsLine, FootLine, HeadLine
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.handins.intake_outcome import Intake
    from console.jobs.handins.keeping import FileReport
    from console.jobs.messages.listing import Counts
    from console.jobs.progress import Report
    from console.session import Session
    from console.terminal import Terminal

Looked = tuple["FileReport", str]
"""The report of a dry run, and the digest of the bytes of which it speaks."""
_SHOWN: Final = (None, *SEVERITIES)


class ReportScreen(ConsoleScreen):
    """Looks at the file at `path`, and takes it in when the person says so; `former` shows the last report instead."""

    NAME = "handin_report"
    help_topic = "handin_report"
    KEYS: ClassVar[Sequence[Key]] = HANDIN_REPORT
    BINDINGS: ClassVar[list[BindingType]] = bindings(HANDIN_REPORT)
    DEFAULT_CSS = """
    ReportScreen #progress { display: none; }
    ReportScreen.running #progress { display: block; }
    ReportScreen.running #list { display: none; }
    ReportScreen.running #fault { display: none; }
    """

    def __init__(self, path: Path, *, former: bool = False) -> None:
        super().__init__()
        self.path = path
        self.counts: Counts | None = None
        self.report: FileReport | None = None
        # The catalogue key of what is shown: running, dry_run, taking_in, taken, former, or refused.
        self.stage = "former" if former else "running"
        self.only: str | None = None
        # What the dry run has looked at; without it nothing is taken in.
        self._digest: str | None = None
        # There while a job is under way; set, it asks the job to stop.
        self._cancel: threading.Event | None = None

    def compose(self) -> ComposeResult:
        """Lay out the title, the counts of the file, the lines or the progress, and the line under the cursor."""
        yield HeadLine()
        yield CountsLine(id="counts")
        yield ReportTitle(self)
        yield ReportSummary(self)
        yield FaultList(id="list")
        yield FaultPanel(id="fault")
        yield ImportProgress(self)
        yield self.notice
        yield FootLine(HANDIN_REPORT)

    def on_mount(self) -> None:
        """Begin the dry run, or read the last report."""
        self.set_focus(self.rows)
        self.look("counts", _read_counts, self._counted)
        if self.stage == "former":
            self.look("report", partial(read_former, path=self.path), self._former_read)
        else:
            self._examine()

    @property
    def rows(self) -> FaultList:
        """The errors and warnings."""
        return self.query_one("#list", FaultList)

    @property
    def unfinished(self) -> bool:
        """Whether the file is being taken in. A dry run may be interrupted, since it changes nothing."""
        return self._cancel is not None and self.stage == "taking_in"

    def _counted(self, counts: "Counts") -> None:
        self.counts = counts
        self.query_one("#counts").refresh()

    # The dry run, and taking in

    def _examine(self) -> None:
        # What was found before is of the past as soon as somebody asks again.
        self._digest = self.report = None
        report = self._begin("running")
        job = partial(_examine, path=self.path, report=report, cancel=self._cancel)
        self.work(job, self._examined, self._failed)

    def _begin(self, stage: str) -> "Report":
        self.stage, self._cancel = stage, threading.Event()
        self.notice.clear()
        self.add_class("running")
        self._show()
        return self.query_one("#progress", ImportProgress).report

    def _end(self, stage: str) -> None:
        self.stage, self._cancel = stage, None
        self.query_one("#progress", ImportProgress).finish()
        self.remove_class("running")
        # Hidden while the job ran, the list has lost it.
        self.set_focus(self.rows)
        self._show()

    def _examined(self, looked: Looked) -> None:
        self.report, self._digest = looked
        self._end("dry_run")

    def _failed(self, error: Exception) -> None:
        # A report that was there before the failure is one of other bytes, or of a moment before.
        self._digest = self.report = None
        self._end("refused")
        self.show_error(error)

    def action_take_in(self) -> None:
        """Take in what the dry run has looked at, and nothing else."""
        if self._cancel is not None:
            self.say("note", "handins.under_way")
        elif self._digest is not None and self.offered:
            report = self._begin("taking_in")
            job = partial(_take_in, path=self.path, wanted=self._digest, report=report, cancel=self._cancel)
            self.work(job, self._taken, self._failed)
        elif self.stage == "dry_run":
            self.say("note", "handins.nothing_good")

    @property
    def offered(self) -> bool:
        """Whether the dry run has found something that can be taken in."""
        if self.stage != "dry_run" or self.report is None:
            return False
        # Where all are known there is nothing new, but the list is told that the file is in.
        return self.report.taken.accepted + self.report.taken.known > 0

    def _taken(self, report: "FileReport") -> None:
        self.report = report
        self._end("taken")
        taken = report.taken
        counts = {name: f"{getattr(taken, name):,}" for name in ("accepted", "known", "refused")}
        self.say("done", "handins.done", **counts)
        self.look("counts", _read_counts, self._counted)

    def _former_read(self, report: "FileReport | None") -> None:
        self.report = report
        self._show()
        if report is None:
            self.say("note", "handins.no_report")
        elif report.outcome is not None and report.outcome.code is not None:
            self.show_fault(report.outcome.code, dict(report.facts))

    # What is shown

    def _show(self) -> None:
        # All lines are in memory: an import lists a bounded number of them.
        lines = [line for line in self._lines() if self.only in (None, line.severity)]
        # Nobody finds "no errors" on a screen that has not looked yet.
        self.rows.empty_text = "" if self.report is None else "handins.nothing_found"
        self.rows.load(range(len(lines)), lambda keys: [lines[key] for key in keys], lines)
        for name in ("#title", "#summary", "#foot", "#progress"):
            self.query_one(name).refresh()

    def _lines(self) -> list[FaultLine]:
        if self.report is None:
            return []
        taken: Intake = self.report.taken
        return [FaultLine(name, fault) for name in SEVERITIES for fault in getattr(taken, name)]

    def on_virtual_list_moved(self) -> None:
        """Explain the line under the cursor."""
        for name in ("#title", "#fault"):
            self.query_one(name).refresh()

    def offers(self, key: Key) -> bool:
        """Show only the keys that mean something for what is on the screen."""
        # While a job runs the one thing to do is to stop it.
        if self._cancel is not None or key is STOP:
            return self._cancel is not None and key is STOP
        if key.action == "take_in":
            return self.offered and super().offers(key)
        if key.action in {"export", "filter", "along(1)"}:
            return self.report is not None and super().offers(key)
        return super().offers(key)

    def action_filter(self) -> None:
        """Show all lines, then the errors alone, then the warnings alone."""
        if self.report is not None:
            self.only = _SHOWN[(_SHOWN.index(self.only) + 1) % len(_SHOWN)]
            self._show()

    def action_along(self, step: int) -> None:
        """Go to the next error, or to the one before; where no line is an error, along the warnings."""
        lines = [line.severity for line in self._lines() if self.only in (None, line.severity)]
        wanted = SEVERITIES[0] if SEVERITIES[0] in lines else SEVERITIES[-1]
        at = self.rows.position - 1
        after = range(at + 1, len(lines)) if step > 0 else range(at - 1, -1, -1)
        found = next((index for index in after if lines[index] == wanted), None)
        self.notice.clear()
        if found is None:
            self.say("note", "handins.no_error")
        else:
            self.rows.go_to(found)

    def action_reload(self) -> None:
        """Make the dry run again: the file may have been mended meanwhile."""
        if self._cancel is None:
            self._examine()

    # The report as a file

    def action_export(self) -> None:
        """Ask where the report is to be written."""
        if self.report is not None and self._cancel is None:
            write_report(self, self.report)

    def action_back(self) -> None:
        """Stop what is under way; with nothing under way, go back to the list."""
        if self._cancel is not None:
            # The job stops between two transactions, and its error tells that nothing was taken in.
            self._cancel.set()
            self.say("note", "handins.stopping")
        else:
            self.dismiss()

    def on_unmount(self) -> None:
        """Stop when the session ends: the thread would go on without anybody logged on."""
        if self._cancel is not None:
            self._cancel.set()


def write_report(screen: ConsoleScreen, report: "FileReport") -> None:
    """Ask where a report is to be written, and write it."""
    # In the language of this moment: who switches it afterwards has the file in the former one.
    write = partial(_write_out, report=report, words=Words(screen.words.language))
    ask_where(screen, write, question="handins.output", done="handins.written")


# The jobs are named inside functions that run in a thread: the first use of one imports it.


def _read_counts(terminal: "Terminal", _session: "Session") -> "Counts":
    return jobs.messages.listing.counts(terminal)


def read_former(terminal: "Terminal", session: "Session", *, path: Path) -> "FileReport | None":
    """Return the report that is kept of the file at `path`."""
    return jobs.handins.keeping.former(terminal, session, path)


def _examine(
    terminal: "Terminal", session: "Session", *, path: Path, report: "Report", cancel: threading.Event | None
) -> Looked:
    examined = jobs.handins.examination.examine(terminal, session, [path], report=report, cancel=cancel)
    (digest,) = examined.digests
    file = jobs.handins.keeping.pseudonym_of(terminal, digest)
    return jobs.handins.keeping.FileReport(path.name, file, examined.found), digest


def _take_in(
    terminal: "Terminal",
    session: "Session",
    *,
    path: Path,
    wanted: str,
    report: "Report",
    cancel: threading.Event | None,
) -> "FileReport":
    taken = jobs.messages.intake.take_in(terminal, session, [path], report=report, cancel=cancel, wanted=wanted)
    file = jobs.handins.keeping.pseudonym_of(terminal, wanted)
    return jobs.handins.keeping.FileReport(path.name, file, taken)


def _write_out(terminal: "Terminal", session: "Session", *, report: "FileReport", target: Path, words: Words) -> Path:
    return jobs.handins.report.write_out(terminal, session, report, target, words)
