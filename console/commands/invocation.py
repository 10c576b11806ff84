"""What every call says by its common options: which terminal, which language, which form of output, who acts."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from console import jobs
from console.commands.credentials import read_parts, read_pin
from console.commands.output import Output, write_lines
from console.commands.progress import show_waiting
from console.errors import ConsoleError, CredentialsMissing
from console.foreseen import foreseen
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
    """The common options of one call. Click fills them in while it reads the arguments from left to right."""

    home: Path | None = None
    language: Language | None = None
    as_json: bool = False
    person: str | None = None
    pin_file: Path | None = None
    part_files: tuple[Path, ...] = ()
    # Made when the first text is needed: by that time click has read the language and the directory.
    _words: Words | None = field(default=None, repr=False)

    @property
    def words(self) -> Words:
        """The catalogues in the language of the option, else of the terminal's settings, else in Japanese."""
        if self._words is None:
            self._words = Words(self.language or self._language_of_settings())
        return self._words

    @property
    def output(self) -> Output:
        """Where the result goes, in the form that was asked for."""
        return Output(self.words, as_json=self.as_json)

    def named_home(self) -> Path:
        """Return the terminal's directory. Raises click.UsageError when none was named."""
        if self.home is None:
            raise click.UsageError(self.words("commands.usage.home"), click.get_current_context(silent=True))
        return self.home

    def parts(self) -> PassphraseParts | None:
        """Return the two parts of the passphrase that opens the terminal; None when no files were named."""
        return read_parts(self.part_files, self.words)

    @contextmanager
    def acting(self) -> Iterator[tuple["Terminal", Session]]:
        """Open the terminal, log the person of `--as` on, and log off however the work ends.

        Sessions whose process died without closing them get their closing entry first. Raises CredentialsMissing, or
        what is wrong with the files of the PIN and of the parts, before anything is opened.
        """
        if self.person is None or self.pin_file is None:
            raise CredentialsMissing
        pin, parts = read_pin(self.pin_file), self.parts()
        waiting = partial(show_waiting, self.words)
        with jobs.terminal.opening.open_terminal(
            self.named_home(), parts, origin="command", on_wait=waiting
        ) as terminal:
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

    def _language_of_settings(self) -> Language:
        if self.home is not None:
            try:
                return "en" if Settings.load(self.home).language == "en" else "ja"
            except ConsoleError:
                # The command itself will say what is wrong with the settings. This only asks for the language.
                return "ja"
        return "ja"


class _Directory(click.Path):
    """A directory as an absolute path: "." has no name to show, and must mean the same after a change of directory."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the absolute path."""
        return Path(os.path.abspath(str(super().convert(value, param, ctx))))  # noqa: PTH100  # It also resolves "..".


class CommonOption(click.Option):
    """An option that every command takes; its value goes into the `Invocation`, not into the command's parameters."""

    def __init__(self, flag: str, name: str, **settings: Any) -> None:
        super().__init__([flag, name], expose_value=False, callback=_remember, **settings)


class HelpOption(CommonOption):
    """`--help`. Click's own is made once for each command, in the language of the first call."""

    def __init__(self) -> None:
        super().__init__("--help", "help", is_flag=True, is_eager=True)
        self.callback = _show_help


def common_options(*, outermost: bool) -> list[CommonOption]:
    """Return the options that every command takes.

    Only the outermost group reads the environment: read again by the command, it would win over `--home` before it.
    """
    return [
        CommonOption("--home", "home", metavar="DIR", type=_Directory(), envvar=HOME_VARIABLE if outermost else None),
        CommonOption("--language", "language", type=click.Choice(LANGUAGES), metavar="|".join(LANGUAGES)),
        CommonOption("--json", "as_json", is_flag=True),
        CommonOption("--as", "person", metavar="ID"),
        CommonOption("--pin-file", "pin_file", metavar="FILE", type=click.Path(path_type=Path)),
        CommonOption("--part-file", "part_files", metavar="FILE", type=click.Path(path_type=Path), multiple=True),
        HelpOption(),
    ]


def glance(arguments: Sequence[str]) -> Invocation:
    """Read only the common options, wherever they are among `arguments`, to know how to report what comes next.

    All other arguments, also wrong ones, are left for the real reading.
    """
    invocation = Invocation()
    reader = click.Command(
        "renkei",
        params=list(common_options(outermost=True)),
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    )
    # Resilient parsing: nothing is refused here, or a wrong value would be reported before its language is known.
    reader.make_context("renkei", list(arguments), obj=invocation, resilient_parsing=True)
    return invocation


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep `value` if it was given. Options after the command's name are read later than those before it, and win."""
    invocation = context.find_object(Invocation)
    given = context.get_parameter_source(parameter.name) not in {None, ParameterSource.DEFAULT}
    if invocation is not None and given and value is not None:
        setattr(invocation, parameter.name, value)


def _show_help(context: click.Context, _parameter: click.Parameter, value: object) -> None:
    if value and not context.resilient_parsing:
        write_lines(sys.stdout, context.get_help().split("\n"))
        context.exit()


def _ending_after(error: BaseException) -> Ending:
    # A foreseen error is reported and the call ends in good order; what is no `Exception` comes from a signal.
    if isinstance(error, Exception):
        return Ending.CRASH if foreseen(error) is None else Ending.LOGGED_OFF
    return Ending.SIGNAL
