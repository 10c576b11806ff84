"""The reason of a refusal: problem details (RFC 9457) with a code, texts in both languages, and whether to retry."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from transport import wire

_TYPE: Final = "urn:renkei:problem:"
# Longer than any text of ours, and short enough for a screen: like everything from outside, texts have a limit.
_MOST_TEXT: Final = 1000


class Retry(StrEnum):
    """Whether the same request may be sent again."""

    NEVER = "never"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text in Japanese and in English."""

    ja: str
    en: str

    def to_wire(self) -> dict[str, str]:
        """Return the JSON object of the text."""
        return {"ja": self.ja, "en": self.en}

    @classmethod
    def from_wire(cls, value: Any, place: str) -> "Bilingual":
        """Read the JSON object of a text. Raises wire.WireError."""
        both = wire.only(wire.table(value, place), "ja", "en")
        return cls(wire.text(both["ja"], place, _MOST_TEXT), wire.text(both["en"], place, _MOST_TEXT))


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something was refused. `incident` is the number under which the refusing side recorded it."""

    code: str
    status: int
    retry: Retry
    cause: Bilingual
    remedy: Bilingual
    incident: str

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object (RFC 9457 with the extension members of PROTOCOL.md, 7)."""
        # RFC 9457 requires neither code nor texts; its title is one short text, for readers that know only the RFC.
        return {
            "type": _TYPE + self.code,
            "title": self.cause.en,
            "status": self.status,
            "code": self.code,
            "retry": self.retry,
            "cause": self.cause.to_wire(),
            "remedy": self.remedy.to_wire(),
            "incident": self.incident,
        }

    @classmethod
    def from_wire(cls, value: Any) -> "Problem":
        """Read the JSON object of a problem. Unknown members are ignored (RFC 9457, 3.2). Raises wire.WireError."""
        # Type and title repeat code and cause; only the members that are used are read.
        members = wire.table(value, "problem")
        try:
            retry = Retry(str(members.get("retry")))
        except ValueError as error:
            raise wire.WireError("retry") from error
        return cls(
            code=wire.name(members.get("code"), "code"),
            status=wire.whole(members.get("status"), "status", least=400, most=599),
            retry=retry,
            cause=Bilingual.from_wire(members.get("cause"), "cause"),
            remedy=Bilingual.from_wire(members.get("remedy"), "remedy"),
            incident=wire.name(members.get("incident"), "incident"),
        )
