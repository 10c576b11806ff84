"""The program `renkei`: the full-screen console when no command is named, else the command line."""

import atexit
import sys

from console.process import environment


def main() -> int:
    """Run the program and return its exit status."""
    arguments = sys.argv[1:]
    # First of all: whatever is imported later may read a hostile environment.
    environment.isolate(arguments)
    environment.harden()
    opening = environment.opening(arguments)
    if opening is None:
        # Imported here: the console is opened without click and the commands.
        from console.commands import cli

        return cli()
    return _open(opening)


def _open(opening: environment.Opening) -> int:
    """Silence the terminal first, and only then import what paints it: until then, typed keys are echoed."""
    # Not at the top of this module, which runs a first time only to start itself again.
    from console.errors import SurroundingsFault
    from console.process import tty

    try:
        tty.check_surroundings()
    except SurroundingsFault as error:
        tty.print_line(tty.describe_in_both_languages(error))
        return error.exit_status
    terminal = tty.Tty()
    # Registered before everything else, so that it is the last that the process does: a key that is pressed while
    # the program ends would be echoed, and the shell would get it.
    atexit.register(terminal.give_back)
    # Textual and the screens, which take most of the time until the login screen is painted.
    from console.process.launch import run

    return run(opening.home, opening.language, terminal)


if __name__ == "__main__":
    sys.exit(main())
