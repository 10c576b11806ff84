"""The rules of sshd for operators: which block, which limits, and what an older sshd is spared."""

import re
from dataclasses import replace
from pathlib import Path

from console.configuration.machine import Machine
from console.configuration.sshd import CLOSES_IDLE, rules
from console.settings import SessionSettings
from tests.console.test_settings import GOOD
from tests.console.test_settings import parse as parse_settings

SETTINGS = parse_settings(GOOD)
MACHINE = Machine(Path("/opt/renkei/.venv/bin/renkei"), Path("/var/lib/renkei"), "renkei")
_JAPANESE = re.compile("[ぁ-んァ-ン一-龯]")


def _options(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_every_rule_stands_in_the_block_of_the_account_alone() -> None:
    options = _options(rules(SETTINGS, MACHINE, CLOSES_IDLE))
    # Only this one has no place in a block; it is the default, which a machine may have changed for everybody.
    assert options[:2] == ["PermitUserEnvironment no", "Match User renkei"]
    assert options[-1] == "Match all"
    assert len({option.split()[0] for option in options[2:-1]}) == len(options) - 3


def test_the_limits_follow_those_of_the_console() -> None:
    # A dead line is closed before the screen would be locked; sshd closes only what the console did not log off.
    for lock, logoff in ((180, 300), (15, 30)):
        settings = replace(SETTINGS, session=SessionSettings(lock_seconds=lock, logoff_seconds=logoff))
        options = dict(option.split(maxsplit=1) for option in _options(rules(settings, MACHINE, CLOSES_IDLE)))
        assert 0 < int(options["ClientAliveInterval"]) * int(options["ClientAliveCountMax"]) < lock
        assert int(options["ChannelTimeout"].removeprefix("session:*=")) > logoff


def test_an_older_sshd_gets_no_word_that_it_does_not_know_and_people_are_told() -> None:
    text, old = rules(SETTINGS, MACHINE, CLOSES_IDLE), rules(SETTINGS, MACHINE, (9, 1))
    left_out = {option.split()[0] for option in _options(text)} - {option.split()[0] for option in _options(old)}
    assert left_out == {"ChannelTimeout", "UnusedConnectionTimeout"}
    assert "ssh -N" in old
    assert "older than 9.2" in old


def test_each_comment_is_there_in_both_languages() -> None:
    for version in (CLOSES_IDLE, (8, 4)):
        lines = map(str.strip, rules(SETTINGS, MACHINE, version).splitlines())
        comments = [line for line in lines if re.match(r"# \S", line)]
        assert len(comments) % 2 == 0
        for japanese, english in zip(comments[::2], comments[1::2], strict=True):
            assert _JAPANESE.search(japanese)
            assert not _JAPANESE.search(english)


def test_odd_paths_mean_themselves() -> None:
    odd = replace(MACHINE, home=Path("/srv/it's $HOME"))
    (command,) = (line for line in _options(rules(SETTINGS, odd, CLOSES_IDLE)) if line.startswith("ForceCommand "))
    assert command.endswith(""" --home '/srv/it'"'"'s $HOME'""")
