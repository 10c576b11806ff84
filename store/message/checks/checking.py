"""Checking a record: all its faults at once, and the typed message when there is no error."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from store.message.checks.items import ITEMS, NAMES, ordered_fields
from store.message.checks.rules import RECORD_FIELD, RULES, Finding, Severity
from store.message.codes import INCOMING, OUTGOING, Kind
from store.message.declarations.findings import Findings
from store.message.declarations.values import check_moment, is_not_sent
from store.message.groups import value_at, with_value
from store.message.kinds import CLASSES, Message, message_from_record
from store.message.states import Direction

_KINDS: Final[Mapping[str, Kind]] = MappingProxyType({str(kind): kind for kind in Kind})
_TRAVELLING: Final = MappingProxyType({Direction.OUT: OUTGOING, Direction.IN: INCOMING})


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking a record gave. `message` is None if and only if there is an error."""

    message: Message | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that block."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that a person confirms."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.WARNING)


def check(record: object, *, municipality: str, today: date, direction: Direction | None = None) -> Checked:
    """Check a record against every rule of its kind.

    `municipality` is the terminal's own code. The dated tables are read for the Japanese day of
    `occurred_at`, or for `today` where that cannot be read. With `direction` only the kinds that
    travel that way pass. Never raises, whatever the record holds.
    """
    findings = Findings(RULES, municipality=municipality, day=today)
    if not isinstance(record, dict):
        findings.add(RECORD_FIELD, "record_not_object")
    else:
        _check_record(record, direction, findings)
    message = None if findings.faulty else message_from_record(record)  # type: ignore[arg-type]  # A record without fault is one.
    return Checked(message, tuple(findings.findings))


def wanted_items(record: Mapping[str, Any], *, municipality: str, today: date) -> tuple[str, ...]:
    """Return the fields that the rules still want of a record that is being entered, in the kind's order.

    Empty for a record without a kind. As items are filled in, others come to be wanted.
    """
    findings = check(record, municipality=municipality, today=today).findings
    wanted = {finding.field for finding in findings if RULES[finding.rule].wants}
    kind = _KINDS.get(str(record.get("kind")))
    order = [] if kind is None else list(ITEMS[kind].fields())
    return tuple(sorted(wanted, key=lambda field: (order.index(field) if field in order else len(order), field)))


def possible_items(record: Mapping[str, Any], *, municipality: str, today: date) -> tuple[str, ...]:
    """Return the fields that may still be added to a record that is being entered, wanted or not, in the law's order.

    Empty for a record without a kind. Left out are those of which a rule says that they must not be there.
    """
    kind = _KINDS.get(str(record.get("kind")))
    if kind is None:
        return ()
    return tuple(
        field
        for field in ordered_fields(kind)
        if value_at(record, field) is None and not _is_unwanted(record, field, municipality, today)
    )


def _is_unwanted(record: Mapping[str, Any], field: str, municipality: str, today: date) -> bool:
    """Say whether the rules would refuse the item whatever its value: they are asked with one that says nothing."""
    findings = check(with_value(record, field, "-"), municipality=municipality, today=today).findings
    return any(finding.field == field and RULES[finding.rule].unwanted for finding in findings)


def _check_record(record: dict[Any, Any], direction: Direction | None, findings: Findings) -> None:
    """Check what other items depend on first, then item by item, then the rules over several items."""
    kind = _kind_of(record, direction, findings)
    if "occurred_at" in record:
        check_moment(record["occurred_at"], "occurred_at", findings)
    if kind is None:
        return
    ITEMS[kind].check_all(record, findings, elsewhere=NAMES)
    CLASSES[kind].check_conditions(record, findings)


def _kind_of(record: dict[Any, Any], direction: Direction | None, findings: Findings) -> Kind | None:
    """Return the kind, or tell why there is none that may pass here."""
    name = record.get("kind")
    if name is None or name == "":
        findings.add("kind", "item_missing")
        return None
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        rule = "kind_not_sent" if isinstance(name, str) and is_not_sent(name) else "kind_unknown"
        findings.add("kind", rule, allowed=", ".join(Kind))
    elif direction is not None and kind not in _TRAVELLING[direction]:
        findings.add("kind", "kind_other_way")
    return kind
