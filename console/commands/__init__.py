"""The command line: the same jobs, rights and log as the screens, for scripts and smoke tests.

`cli` is the only entrance. A module holds one group of commands and is imported when one of them is called; each
imports the jobs it needs inside its function, so that `renkei --help` never waits for the database's libraries.
"""

from console.commands.cli import cli

__all__ = ["cli"]
