"""Checking a record: all its faults at once, and the typed message when there is no error."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from store.message.checks.items import ITEMS, NAMES, ordered_fields
from store.message.checks.plausibility import check_plausibility
from store.message.checks.rules import RECORD_FIELD, RULES, Finding, Severity
from store.message.checks.texts import check_texts
from store.message.codes import INCOMING, OUTGOING, Kind
from store.message.declarations.findings import Findings
from store.message.declarations.values import check_moment, is_not_sent
from store.message.groups import value_at, with_value
from store.message.kinds import CLASSES, Message, message_from_record
from store.message.states import Direction

_KINDS: Final[Mapping[str, Kind]] = MappingProxyType({str(kind): kind for kind in Kind})
# A notice among the messages to send, or another kind among those that arrive, is refused by its kind.
_TRAVELLING: Final = MappingProxyType({Direction.OUT: OUTGOING, Direction.IN: INCOMING})


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of checking a record. `message` is None if and only if there is an error."""

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


def check(
    record: object,
    *,
    municipality: str,
    now: datetime,
    direction: Direction | None = None,
    subject_digits: int = 0,
) -> Checked:
    """Check a record against every rule of its kind.

    `municipality` is the terminal's own code. `now` tells what lies ahead; the dated tables are read for the Japanese
    day of `occurred_at`, or for that of `now` where that cannot be read. With `direction` only the kinds that travel
    that way pass. `subject_digits`: see Findings. Never raises, whatever the record holds.
    """
    findings = Findings(RULES, municipality=municipality, now=now, subject_digits=subject_digits)
    if not isinstance(record, dict):
        findings.add(RECORD_FIELD, "record_not_object")
    else:
        _check_record(record, direction, findings)
    message = None if findings.faulty else message_from_record(record)  # type: ignore[arg-type]  # A record without a fault is a dictionary.
    return Checked(message, tuple(findings.findings))


def wanted_items(record: Mapping[str, Any], *, municipality: str, now: datetime) -> tuple[str, ...]:
    """Return the fields that the rules still want in a record that is being entered, in the kind's order.

    Empty for a record without a kind. Filling in an item may make the rules want others.
    """
    findings = check(record, municipality=municipality, now=now).findings
    # No list says what to ask for next: the rules do, so that the form and the check never disagree.
    wanted = {finding.field for finding in findings if RULES[finding.rule].wants}
    kind = _KINDS.get(str(record.get("kind")))
    # An element of a list has fields of its own (`changes[2].after`), which come after the items.
    order = [] if kind is None else list(ITEMS[kind].fields())
    return tuple(sorted(wanted, key=lambda field: (order.index(field) if field in order else len(order), field)))


def possible_items(record: Mapping[str, Any], *, municipality: str, now: datetime) -> tuple[str, ...]:
    """Return the fields that may still be added to a record that is being entered, wanted or not, in the law's order.

    Empty for a record without a kind. Fields that must not be there, according to a rule, are left out.
    """
    kind = _KINDS.get(str(record.get("kind")))
    if kind is None:
        return ()
    return tuple(
        field
        for field in ordered_fields(kind)
        if value_at(record, field) is None and not _is_unwanted(record, field, municipality, now)
    )


def _is_unwanted(record: Mapping[str, Any], field: str, municipality: str, now: datetime) -> bool:
    """Tell whether the rules refuse the item whatever its value is."""
    # A hyphen says nothing, so a rule that then refuses the item itself does so for every value.
    findings = check(with_value(record, field, "-"), municipality=municipality, now=now).findings
    return any(finding.field == field and RULES[finding.rule].unwanted for finding in findings)


def _check_record(record: dict[Any, Any], direction: Direction | None, findings: Findings) -> None:
    """Check the items that others depend on, then every item, then the rules over several items."""
    # The kind decides which items there are, and the moment decides for which day the tables are read.
    kind = _kind_of(record, direction, findings)
    if "occurred_at" in record:
        check_moment(record["occurred_at"], "occurred_at", findings)
    if kind is None:
        return
    ITEMS[kind].check_all(record, findings, elsewhere=NAMES)
    # The conditions come after the items, because they skip those in which a fault was found.
    CLASSES[kind].check_conditions(record, findings)
    check_plausibility(record, kind, findings)
    check_texts(record, kind, findings)


def _kind_of(record: dict[Any, Any], direction: Direction | None, findings: Findings) -> Kind | None:
    """Return the kind; report why there is none, and a kind that travels the other way."""
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
