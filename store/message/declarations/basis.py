"""The basis of a change in the resident record: by report (届出) or ex officio (職権).

The action that a report causes, and the paragraphs that a cause belongs to, are dated data; this module has the rules
that apply them.
"""

from datetime import date, timedelta
from typing import Final

from store.clock import day_in_japan
from store.message import tables
from store.message.codes import Action, BasisKind
from store.message.dates import parse_day, parse_moment
from store.message.declarations.conditions import Group, check_pending
from store.message.declarations.findings import AGENCY_NOTICE, RECORD_NOTICE, Findings, Rule, error, wanted, warning
from store.message.declarations.items import DAY, TEXT, Item, Items, Shape, Value, checked_after, closed, dated
from store.message.declarations.values import check_day, check_paper_date, is_not_sent, is_text
from store.message.groups import value_at

BIRTH: Final = "birth"
"""The cause by which a newborn is entered."""

_ORDER: Final = ("juki-order-12",)
# A departure that was never reported within this time is deleted ex officio instead (住基法24条, 施行令12条1項).
_LONGEST_AFTER_DEPARTURE: Final = timedelta(days=14)

BASIS_RULES: Final[tuple[Rule, ...]] = (
    error("report_article_unknown", *RECORD_NOTICE),
    error("action_report_mismatch", *RECORD_NOTICE),
    error("category_report_mismatch", "juki-30-46", "juki-30-47"),
    wanted("planned_departure_wanted", "juki-24"),
    error("planned_departure_unwanted", "juki-24"),
    warning("departure_long_past", "juki-24", *_ORDER),
    error("paragraph_unknown", *_ORDER),
    error("cause_unknown", *_ORDER),
    error("cause_not_sent", *AGENCY_NOTICE),
    error("cause_paragraph_mismatch", *_ORDER),
    error("action_cause_mismatch", *_ORDER),
    error("date_note_unwanted", *RECORD_NOTICE),
    error("basis_item_unwanted", *RECORD_NOTICE),
    error("corrected_basis_mismatch", *RECORD_NOTICE),
    warning("category_unusual_for_cause", "juki-30-45"),
    warning("basis_date_not_birth", *RECORD_NOTICE),
    warning("basis_date_not_change", *RECORD_NOTICE),
)
"""The rules on the basis."""

_REPORT_ITEMS: Final = ("article", "reported_on")
_EX_OFFICIO_ITEMS: Final = ("paragraph", "cause", "date")


def _check_cause(value: object, field: str, findings: Findings) -> None:
    """Check that a cause is one of the ex-officio causes. A change that an agency notice caused is never sent."""
    if not is_text(value, field, findings) or tables.causes().at(str(value), findings.day) is not None:
        return
    if is_not_sent(str(value)):
        findings.add(field, "cause_not_sent")
    else:
        findings.add(field, "cause_unknown", allowed=tables.causes().codes(findings.day))


# All items but the kind are optional here, because a record has only those of its own basis.
BASIS: Final = Items(
    "basis",
    required=(Item("basis.kind", closed(BasisKind), ("届出・職権の別",)),),
    optional=(
        Item(
            "basis.article", dated(tables.reports, "report_article_unknown"), ("住基法の届出の別", "住民票の届出の根拠")
        ),
        # The report of residence that goes with it is deemed made by this report, so both have one day
        # (入管法19条の7第3項 etc.).
        Item("basis.reported_on", DAY, ("住民票の届出の年月日",), same_as="reported_on"),
        Item("basis.planned_departure", DAY, ("転出予定年月日",)),
        Item("basis.paragraph", dated(tables.paragraphs, "paragraph_unknown"), ("職権の根拠",)),
        Item("basis.cause", Value(_check_cause, Shape.CODE, table=tables.causes), ("職権の事由",)),
        # The cause decides how well the day must be known, so the conditions check it.
        Item(
            "basis.date",
            Value(checked_after, Shape.PAPER_DATE),
            ("記載等の年月日（発生年月日）", "記載等をした年月日", "事由の発生年月日", "事由の生じた年月日"),
        ),
        Item("basis.date_note", TEXT, ("事由の発生年月日の注記",)),
    ),
)


def check_basis(record: Group, basis: Group, findings: Findings) -> None:
    """Check that the basis has all of its own items and none of the other basis, then their values."""
    kind = findings.sound(basis, "kind", "basis.")
    if kind == BasisKind.REPORT:
        _check_basis_items(basis, _REPORT_ITEMS, (*_EX_OFFICIO_ITEMS, "date_note"), findings)
        _check_report(record, basis, findings)
    elif kind == BasisKind.EX_OFFICIO:
        _check_basis_items(basis, _EX_OFFICIO_ITEMS, (*_REPORT_ITEMS, "planned_departure"), findings)
        _check_ex_officio(record, basis, findings)


def _check_basis_items(basis: Group, own: tuple[str, ...], others: tuple[str, ...], findings: Findings) -> None:
    for name in own:
        if name not in basis:
            findings.add(f"basis.{name}", "item_missing")
    for name in others:
        if name in basis:
            findings.add(f"basis.{name}", "basis_item_unwanted")


def _check_report(record: Group, basis: Group, findings: Findings) -> None:
    """Check 届出による場合: the action that the report causes, who makes it, and the planned day of a departure."""
    article = findings.sound(basis, "article", "basis.")
    report = article and tables.reports().at(article, findings.day)
    if not report:
        return
    action = findings.sound(record, "action")
    if action is not None and action != report.action:
        findings.add("action", "action_report_mismatch", article=article, action=report.action)
    if findings.sound(record, "category") in report.not_for:
        findings.add("category", "category_report_mismatch", article=article)
    check_pending(record, allowed=report.card_pending, article=article, findings=findings)
    _check_corrected_alone(record, report.corrected, article, findings)
    _check_departure(basis, report, findings)


def _check_departure(basis: Group, report: tables.Report, findings: Findings) -> None:
    there = "planned_departure" in basis
    if report.planned_departure and not there:
        findings.add("basis.planned_departure", "planned_departure_wanted")
    elif there and not report.planned_departure:
        findings.add("basis.planned_departure", "planned_departure_unwanted")
    elif there:
        planned = _day(findings.sound(basis, "planned_departure", "basis."))
        reported = _day(findings.sound(basis, "reported_on", "basis."))
        if planned and reported and reported - planned > _LONGEST_AFTER_DEPARTURE:
            findings.add("basis.planned_departure", "departure_long_past")


def _check_ex_officio(record: Group, basis: Group, findings: Findings) -> None:
    """Check 職権による場合: cause and paragraph, cause and action, and how well the day must be known."""
    name = findings.sound(basis, "cause", "basis.")
    cause = tables.causes().at(name, findings.day) if name is not None else None
    if "date" in basis:
        # The day of some causes comes from papers, which may state only a part of it; so may that of an unknown cause.
        exact = cause is not None and not cause.partial_date
        (check_day if exact else check_paper_date)(basis["date"], "basis.date", findings)
    if cause is None:
        return
    paragraph = findings.sound(basis, "paragraph", "basis.")
    if paragraph is not None and paragraph not in cause.paragraphs:
        listed = ", ".join(cause.paragraphs)
        findings.add("basis.cause", "cause_paragraph_mismatch", cause=name, paragraphs=listed)
    action = findings.sound(record, "action")
    if action is not None and action not in cause.actions:
        findings.add("action", "action_cause_mismatch", cause=name, actions=", ".join(cause.actions))
    if "date_note" in basis and not cause.date_note:
        findings.add("basis.date_note", "date_note_unwanted", cause=name)
    _check_corrected_alone(record, cause.corrected, name, findings)
    _check_usual(record, basis, cause, findings)


def _check_usual(record: Group, basis: Group, cause: tables.Cause, findings: Findings) -> None:
    """Warn of a category that the cause seldom has, and of a date that is not the one that the cause states."""
    category = findings.sound(record, "category")
    if cause.category is not None and category is not None and category != cause.category:
        findings.add("category", "category_unusual_for_cause", cause=cause.code, category=cause.category)
    day = findings.sound(basis, "date", "basis.")
    if day is None:
        return
    if cause.code == BIRTH:
        born = None if "person.birth_date" in findings.faulty else value_at(record, "person.birth_date")
        if born is not None and born != day:
            findings.add("basis.date", "basis_date_not_birth")
    elif not cause.own_date and (change := _day_of_change(record, findings)) is not None and change != day:
        findings.add("basis.date", "basis_date_not_change")


def _check_corrected_alone(record: Group, allowed: tuple[str, ...], basis: str, findings: Findings) -> None:
    """Check that a correction by a basis of certain items corrects these and nothing else."""
    corrected = findings.sound(record, "corrected")
    # An empty list is missing; an action that does not fit the basis has been reported at the action.
    if allowed and corrected and findings.sound(record, "action") == Action.CORRECTION and {*corrected} != {*allowed}:
        findings.add("corrected", "corrected_basis_mismatch", basis=basis, allowed=", ".join(allowed))


def _day(text: object) -> date | None:
    return parse_day(text) if isinstance(text, str) else None


def _day_of_change(record: Group, findings: Findings) -> str | None:
    """Return the Japanese day of `occurred_at` (記載等をした年月日), or None while that is not known."""
    text = findings.sound(record, "occurred_at")
    moment = parse_moment(text) if isinstance(text, str) else None
    return None if moment is None else day_in_japan(moment).isoformat()
