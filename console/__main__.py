"""The program `renkei`: the console when no command is named, else the command line."""

import sys

from console import preamble


def main() -> int:
    """Run the program and return its exit status."""
    arguments = sys.argv[1:]
    preamble.isolate(arguments)
    preamble.harden()
    opening = preamble.opening(arguments)
    if opening is None:
        from console.commands import cli

        return cli(arguments)
    return _open(opening)


def _open(opening: preamble.Opening) -> int:
    """Silence the terminal first, then import what paints it."""
    from console import surroundings
    from console.errors import UnusableSurroundings

    try:
        surroundings.check_surroundings()
    except UnusableSurroundings as error:
        surroundings.say(surroundings.told_in_both_languages(error))
        return error.exit_status
    tty = surroundings.Tty()
    try:
        from console.launch import run

        return run(opening.home, opening.language, tty)
    finally:
        tty.give_back()


if __name__ == "__main__":
    sys.exit(main())
