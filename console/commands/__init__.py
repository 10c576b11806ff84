"""The command line: the same jobs, rights and log as the screens, for scripts and smoke tests.

`cli` is the only entrance. The commands lie in folders by subject, as the jobs and the screens do. A module is imported
when one of its commands is called, and a job when it is first used (see `console.lazy`), so that `renkei --help` never
waits for the database's libraries.
"""

from console.commands.cli import cli

__all__ = ["cli"]
