"""A terminal with one approved message, and the ways to put somebody else in its peer's place."""

import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from console.errors import ClocksApart
from console.jobs import exchange
from console.jobs.peers import register
from console.settings import LineSettings
from console.terminal import LINE_KEYS
from store.errors import PeerMissing
from tests.console.jobs.site import LONG_AGO, MUNICIPALITY, OPERATOR, Site
from tests.faults.impostors import Certified, Heard, Listener, certify, scripted
from transport import agency
from transport.errors import TransportError
from transport.evidence.envelope import Purpose
from transport.parties.authority import RehearsalAuthority


@dataclass(frozen=True)
class Told:
    """What the operator got: a code, its facts, and the number of a technical record."""

    code: str
    facts: Mapping[str, str]
    incident: str | None


@dataclass
class Scene:
    """A terminal with one approved message, and what stands in the peer's place while the fault is induced."""

    site: Site
    place: Path
    authority: RehearsalAuthority
    stack: ExitStack

    def send(self) -> Told:
        """Send; return what went wrong, however it is told."""
        try:
            done = exchange.send(self.site.terminal, self.site.session(OPERATOR))
        except (TransportError, ClocksApart, PeerMissing) as error:
            return Told(error.code, error.facts, getattr(error, "incident", None))
        if done.interruption is not None:
            return Told(done.interruption.code, done.interruption.facts, done.interruption.incident)
        (item,) = [item for item in done.items if item.code is not None]
        return Told(str(item.code), item.facts or {}, item.incident)

    def receive(self) -> Told:
        """Receive; return what was wrong with the one item that was rejected."""
        done = exchange.receive(self.site.terminal, self.site.session(OPERATOR))
        (item,) = [item for item in done.items if item.outcome == "rejected"]
        return Told(str(item.code), item.facts or {}, item.incident)

    def serve(self) -> None:
        """Let the agency serve, registered as the peer."""
        self.stack.enter_context(self.site.served())

    def listen(self, behave: Callable[[Any, Heard], None], pem: str | None = None) -> None:
        """Let somebody listen in the peer's place, with the certificate `pem` registered for it (the agency's)."""
        listener = self.stack.enter_context(Listener(behave))
        public = agency.public_identity(self.site.agency_home)
        draft = register.draft_of(
            public if pem is None else replace(public, certificate_pem=pem),
            address="127.0.0.1",
            port=listener.port,
            municipality=MUNICIPALITY,
            legal_basis="immigration-61-8-2",
            valid_from=LONG_AGO,
        )
        register.record(self.site.terminal, draft, actor=None, session_id=None)

    def certified(self, name: str = "made", **how: Any) -> Certified:
        """Make a key and a certificate in the peer's name."""
        return certify(self.authority, self.place / name, **how)

    def script(self, answers: Mapping[str, bytes | None] | None = None, **status: Any) -> None:
        """Let a peer with the agency's own keys answer by a script."""
        public = agency.public_identity(self.site.agency_home)
        own = Certified(self.site.agency_home / "identity", public.certificate_pem)
        self.listen(scripted(own.context(), answers or {}, status=status))

    def hurry(self) -> None:
        """Let the terminal wait a second at most."""
        limits = LineSettings(connect_seconds=1, read_seconds=1)
        self.site.terminal.settings = replace(self.site.terminal.settings, line=limits)

    def feed(self, content: Mapping[str, Any] | bytes, purpose: Purpose, uid: str | None = None) -> None:
        """Put something into the terminal's feed."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.site.feed(raw, purpose, uid or uuid.uuid4().hex)

    def key_file(self, name: str) -> Path:
        """Return a file of the terminal's own keys, writable."""
        path = self.site.home / LINE_KEYS / name
        path.chmod(0o600)
        return path
