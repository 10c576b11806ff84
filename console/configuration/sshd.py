"""The rules of sshd for the account under which operators open the console over SSH, made from the settings.

Whoever logs on there gets the console and nothing else: no shell, no file, no forwarding, no variable of their own.
Each rule stands in the block of that account (`Match`), so that what a machine allows its administrators changes
nothing. What a group of rules is for stands above it in both languages, from the catalogue `sshd` (sshd_config(5)).
"""

import shlex
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final

from console.configuration.machine import Machine
from console.settings import Settings
from console.words import LANGUAGES, Words

#: Since this version sshd closes connections in which nothing happens (its release notes).
CLOSES_IDLE: Final = (9, 2)
#: The keys lie where the account itself cannot write, so that nobody who works under it lets others in.
KEYS_FILE: Final = "/etc/renkei/authorized_keys"
# A list of what may come in replaces the machine's, and no list means the machine's: so one that nobody sends.
_NEVER_SENT: Final = "RENKEI_NONE"
# So many questions go unanswered before a line counts as dead.
_QUESTIONS: Final = 3
# Time for a client to ask for its one session.
_UNUSED_SECONDS: Final = 30
# The console ends an idle session itself, with its entry in the log; sshd closes only what it did not end.
_SPARE_SECONDS: Final = 60

_KEYS: Final = (
    "AuthenticationMethods publickey",
    "PubkeyAuthentication yes",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    f"AuthorizedKeysFile {KEYS_FILE}",
    "AuthorizedKeysCommand none",
    "AuthorizedPrincipalsFile none",
    "TrustedUserCAKeys none",
)
# Each by itself as well: before OpenSSH 10.0 the first one forgot the agent and X11.
_FORWARDING: Final = (
    "DisableForwarding yes",
    "AllowAgentForwarding no",
    "AllowStreamLocalForwarding no",
    "AllowTcpForwarding no",
    "GatewayPorts no",
    "PermitListen none",
    "PermitOpen none",
    "PermitTunnel no",
    "X11Forwarding no",
)


def rules(settings: Settings, machine: Machine, version: tuple[int, int]) -> str:
    """Return the text of a file for `/etc/ssh/sshd_config.d`, as sshd of that version understands it.

    An unknown word would keep sshd from starting, and administrators from their machine; so for an older one the two
    that it does not know are left out, and the text says what that costs.
    """
    lines = [*_heading(machine), "", "PermitUserEnvironment no", "", f"Match User {machine.account}"]
    for topic, options in _groups(settings, machine, version):
        lines += [*_comment(topic, "    "), *(f"    {option}" for option in options), ""]
    # The machine's own file goes on behind this one, for everybody.
    return "\n".join([*lines, "Match all"]) + "\n"


def _groups(settings: Settings, machine: Machine, version: tuple[int, int]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the rules with the key of what they are for."""
    yield "keys", _KEYS
    yield "console", (f"ForceCommand {_command(machine)}", "PermitTTY yes", "MaxSessions 1")
    yield "forwarding", _FORWARDING
    yield "surroundings", ("PermitUserRC no", f"AcceptEnv {_NEVER_SENT}")
    # A dead line is noticed before the screen of its session would have been locked.
    interval = settings.session.lock_seconds // (_QUESTIONS + 1)
    yield "dead", (f"ClientAliveInterval {interval}", f"ClientAliveCountMax {_QUESTIONS}")
    if version >= CLOSES_IDLE:
        longest = settings.session.logoff_seconds + _SPARE_SECONDS
        yield "idle", (f"ChannelTimeout session:*={longest}", f"UnusedConnectionTimeout {_UNUSED_SECONDS}")
    else:
        yield "old", ()


def _command(machine: Machine) -> str:
    """Return the one command of the account. A shell reads it, and goes; of its variables the terminal's type stays."""
    words = ["exec", "/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "LANG=C.UTF-8", 'TERM="$TERM"']
    return " ".join([*words, shlex.quote(str(machine.program)), "--home", shlex.quote(str(machine.home))])


def _heading(machine: Machine) -> Iterator[str]:
    """Yield what this file is, and what the account needs besides: commands for root, to be read and run once."""
    yield from _comment("heading", "")
    yield "#"
    yield from _comment("account", "")
    # A shell that reads no file of the account's, a directory in which it cannot write, and a password that none is:
    # "!" would lock the account, where sshd does not ask PAM.
    yield f"#   usermod --shell /bin/sh --home / --password '*' {machine.account}"
    yield from _comment("keys_file", "")
    yield f"#   install -d {PurePath(KEYS_FILE).parent} && touch {KEYS_FILE} && chmod 644 {KEYS_FILE}"
    yield from _comment("try", "")
    yield "#   sshd -t && systemctl reload ssh"


def _comment(topic: str, indent: str) -> Iterator[str]:
    for language in LANGUAGES:
        facts = {"keys": KEYS_FILE, "version": ".".join(map(str, CLOSES_IDLE))}
        yield f"{indent}# {Words(language)(f'sshd.{topic}', **facts)}"
