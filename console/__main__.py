"""The program `renkei`: the console when no command is named, else the command line."""

import sys

from console.process import environment


def main() -> int:
    """Run the program and return its exit status."""
    arguments = sys.argv[1:]
    environment.isolate(arguments)
    environment.harden()
    opening = environment.opening(arguments)
    if opening is None:
        from console.commands import cli

        return cli(arguments)
    return _open(opening)


def _open(opening: environment.Opening) -> int:
    """Silence the terminal first, then import what paints it."""
    from console.errors import SurroundingsFault
    from console.process import tty

    try:
        tty.check_surroundings()
    except SurroundingsFault as error:
        tty.say(tty.told_in_both_languages(error))
        return error.exit_status
    terminal = tty.Tty()
    try:
        from console.process.launch import run

        return run(opening.home, opening.language, terminal)
    finally:
        terminal.give_back()


if __name__ == "__main__":
    sys.exit(main())
