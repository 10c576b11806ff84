"""What one side hands over before the first exchange: its public identity, and what else the other side registers.

An agency names the address and the port at which it is reached, a terminal its municipality. All of it is one line of
JSON: the fields of the public identity with these beside them, each of which may be missing.
"""

from dataclasses import dataclass

from transport import wire
from transport.parties.identity import PublicIdentity


@dataclass(frozen=True, slots=True)
class Introduction:
    """A public identity with `address` (IP) and `port` of an agency, or with the `municipality` code of a terminal."""

    public: PublicIdentity
    address: str | None = None
    port: int | None = None
    municipality: str | None = None

    def __post_init__(self) -> None:
        """Raise wire.WireError for a value that the other side could not register."""
        if self.address is not None:
            wire.address(self.address)
        if self.port is not None:
            wire.whole(self.port, "port", least=1, most=65535)
        if self.municipality is not None:
            wire.municipality(self.municipality)

    def to_json(self) -> str:
        """Return the introduction as one line of canonical JSON."""
        more = {"address": self.address, "port": self.port, "municipality": self.municipality}
        named = {name: value for name, value in more.items() if value is not None}
        return wire.encode({**wire.decode(self.public.to_json().encode("ascii"), "identity"), **named}).decode("ascii")

    @classmethod
    def from_json(cls, text: bytes) -> "Introduction":
        """Read what `to_json` wrote, or a public identity alone. Raises wire.WireError naming the field at fault."""
        fields = wire.decode(text, "identity")
        more = {name: fields.pop(name) for name in ("address", "port", "municipality") if name in fields}
        return cls(PublicIdentity.from_json(wire.encode(fields)), **more)
