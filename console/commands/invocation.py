"""What is said for every command: which terminal, which language, which form of output, who acts."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from console import jobs
from console.commands.credentials import read_parts, read_pin
from console.commands.output import Output
from console.errors import ConsoleError, CredentialsMissing
from console.session import Session
from console.settings import Settings
from console.words import LANGUAGES, Language, Words
from store.endings import Ending
from store.sealing.sources import PassphraseParts

if TYPE_CHECKING:
    from console.terminal import Terminal

HOME_VARIABLE = "RENKEI_HOME"


@dataclass(slots=True)
class Invocation:
    """The common options of one call, filled in while click reads the arguments from left to right."""

    home: Path | None = None
    language: Language | None = None
    as_json: bool = False
    person: str | None = None
    pin_file: Path | None = None
    part_files: tuple[Path, ...] = ()
    _words: Words | None = field(default=None, repr=False)

    @property
    def words(self) -> Words:
        """The catalogue in the language of the option, else of the terminal's settings, else in Japanese."""
        if self._words is None:
            self._words = Words(self.language or self._set_language())
        return self._words

    @property
    def output(self) -> Output:
        """Where the result goes, in the form that was asked for."""
        return Output(self.words, as_json=self.as_json)

    def named_home(self) -> Path:
        """Return the directory that was named; without one the call is wrong usage."""
        if self.home is None:
            raise click.UsageError(self.words("commands.usage.home"), click.get_current_context(silent=True))
        return self.home

    def parts(self) -> PassphraseParts | None:
        """Return the parts of the passphrase that opens the terminal, if their files were named."""
        return read_parts(self.part_files, self.words)

    @contextmanager
    def acting(self) -> Iterator[tuple["Terminal", Session]]:
        """Open the terminal, log the named person on, and log off however the work ends.

        Sessions whose process died without closing them get their closing entry first.

        Raises CredentialsMissing, or what is wrong with the files of PIN and parts, before anything is opened.
        """
        if self.person is None or self.pin_file is None:
            raise CredentialsMissing
        pin, parts = read_pin(self.pin_file), self.parts()
        with jobs.terminal.opening.open_terminal(self.named_home(), parts, origin="command") as terminal:
            session = jobs.people.logon.log_on(terminal, self.person, pin, origin="command")
            ending = Ending.CRASH
            try:
                # The work meets a store that refuses the lease as well, and says so itself.
                with jobs.people.lease.Lease(terminal, session):
                    yield terminal, session
                ending = Ending.LOGGED_OFF
            except BaseException as error:
                ending = _ending_after(error)
                raise
            finally:
                jobs.people.logon.log_off(terminal, session, ending)

    def _set_language(self) -> Language:
        if self.home is not None:
            try:
                return "en" if Settings.load(self.home).language == "en" else "ja"
            except ConsoleError:
                # The command itself will say what is wrong with the settings; here only the language is wanted.
                return "ja"
        return "ja"


class _Directory(click.Path):
    """A directory, as an absolute path: "." has no name of its own, and a change of directory must not move it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the absolute path."""
        return Path(os.path.abspath(str(super().convert(value, param, ctx))))  # noqa: PTH100 - it also takes ".." out.


class CommonOption(click.Option):
    """An option that every command takes; what it says is kept in the `Invocation`."""

    def __init__(self, flag: str, name: str, **settings: Any) -> None:
        super().__init__([flag, name], expose_value=False, callback=_remember, **settings)


def common_options(*, outermost: bool) -> list[CommonOption]:
    """Return the options that every command takes. The environment is read once, by the outermost group."""
    return [
        CommonOption("--home", "home", type=_Directory(), envvar=HOME_VARIABLE if outermost else None),
        CommonOption("--language", "language", type=click.Choice(LANGUAGES)),
        CommonOption("--json", "as_json", is_flag=True),
        CommonOption("--as", "person", metavar="ID"),
        CommonOption("--pin-file", "pin_file", type=click.Path(path_type=Path)),
        CommonOption("--part-file", "part_files", type=click.Path(path_type=Path), multiple=True),
    ]


def glance(arguments: Sequence[str]) -> Invocation:
    """Read the common options alone, wherever they stand, to know how to speak about what comes next.

    Whatever else is among the arguments, also when it is wrong, is left for the real reading.
    """
    invocation = Invocation()
    reader = click.Command(
        "renkei",
        params=list(common_options(outermost=True)),
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    )
    reader.make_context("renkei", list(arguments), obj=invocation, resilient_parsing=True)
    return invocation


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep `value` when it was said: a command's own options come after those before its name, and win."""
    invocation = context.find_object(Invocation)
    said = context.get_parameter_source(parameter.name) not in {None, ParameterSource.DEFAULT}
    if invocation is not None and said and value is not None:
        setattr(invocation, parameter.name, value)


def _ending_after(error: BaseException) -> Ending:
    if isinstance(error, Exception):
        from console.foreseen import foreseen

        return Ending.CRASH if foreseen(error) is None else Ending.LOGGED_OFF
    return Ending.SIGNAL
