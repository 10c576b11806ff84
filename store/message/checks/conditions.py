"""The rules over several items: what must or must not be there because of something else in the message.

The pairs and dependencies themselves (which report causes which action, what each report of residence
carries) are dated data; here stands how they bind. A rule is passed over where an item that it
depends on is missing or faulty: that fault is told at its own place.
"""

from collections.abc import Mapping
from typing import Any

from store.message import tables
from store.message.checks.findings import Findings
from store.message.checks.values import check_day, check_paper_date
from store.message.codes import Action, BasisKind, Category, CorrectedItem

Group = Mapping[str, Any]

_REPORT_ITEMS = ("article", "reported_on")
_EX_OFFICIO_ITEMS = ("paragraph", "cause", "date")
_REPORTED_CATEGORIES = frozenset({str(Category.MID_LONG_TERM), str(Category.SPECIAL_PERMANENT)})


def _settle(record: Group, field: str, presence: bool | None, notes: Findings, name: str) -> None:  # noqa: FBT001  # The three answers of a condition: must, must not, cannot be said.
    """Tell an item that must be there and is not (`…_wanted`), or the other way (`…_unwanted`)."""
    if presence is True and field not in record:
        notes.add(field, f"{name}_wanted")
    elif presence is False and field in record:
        notes.add(field, f"{name}_unwanted")


def check_pointers(record: Group, notes: Findings) -> None:
    """Judge `cancels`, `replaces` and `supersedes`: never the message itself, never undone and corrected at once."""
    for field in ("cancels", "replaces", "supersedes"):
        if field in record and record[field] == record.get("reference"):
            notes.add(field, "reference_to_itself")
    if "cancels" in record and "replaces" in record:
        notes.add("replaces", "cancels_and_replaces")


def check_numbers(record: Group, notes: Findings) -> None:
    """Judge the number by category: the card's, the certificate's, or none."""
    category = notes.sound(record, "category")
    if category is None:
        return
    mid_long_term = category == Category.MID_LONG_TERM
    pending = record.get("card_pending") is True
    if pending and not mid_long_term:
        notes.add("card_pending", "card_pending_unwanted")
    # A card that is delivered later may have a planned number or none yet.
    open_question = mid_long_term and (pending or "card_pending" in notes.faulty)
    card = None if open_question else mid_long_term
    _settle(record, "card_number", card, notes, "card_number")
    _settle(record, "certificate_number", category == Category.SPECIAL_PERMANENT, notes, "certificate_number")


def check_resident_record(record: Group, notes: Findings) -> None:
    """Judge 住民票の記載等に関する通知 as a whole."""
    check_pointers(record, notes)
    check_numbers(record, notes)
    basis = record.get("basis")
    if isinstance(basis, dict):
        _check_basis(record, basis, notes)
    _check_correction(record, notes)


def _check_basis(record: Group, basis: Group, notes: Findings) -> None:
    """Judge the one basis: its own items, all of them, and none of the other's."""
    kind = notes.sound(basis, "kind", "basis.")
    if kind == BasisKind.REPORT:
        _check_own_items(basis, _REPORT_ITEMS, _EX_OFFICIO_ITEMS, notes)
        _check_report(record, basis, notes)
    elif kind == BasisKind.EX_OFFICIO:
        _check_own_items(basis, _EX_OFFICIO_ITEMS, (*_REPORT_ITEMS, "planned_departure"), notes)
        _check_ex_officio(record, basis, notes)


def _check_own_items(basis: Group, own: tuple[str, ...], others: tuple[str, ...], notes: Findings) -> None:
    for name in own:
        if name not in basis:
            notes.add(f"basis.{name}", "item_missing")
    for name in others:
        if name in basis:
            notes.add(f"basis.{name}", "basis_item_unwanted")


def _check_report(record: Group, basis: Group, notes: Findings) -> None:
    """Judge 届出による場合: the action that the report causes, and the planned day of a departure."""
    article = notes.sound(basis, "article", "basis.")
    report = article and tables.reports().at(article, notes.day)
    if not report:
        return
    action = notes.sound(record, "action")
    if action is not None and action != report.action:
        notes.add("action", "action_report_mismatch", article=article, action=report.action)
    there = "planned_departure" in basis
    if report.planned_departure and not there:
        notes.add("basis.planned_departure", "planned_departure_wanted")
    elif there and not report.planned_departure:
        notes.add("basis.planned_departure", "planned_departure_unwanted")


def _check_ex_officio(record: Group, basis: Group, notes: Findings) -> None:
    """Judge 職権による場合: cause and paragraph, cause and action, and how well the day must be known."""
    name = notes.sound(basis, "cause", "basis.")
    cause = tables.causes().at(name, notes.day) if name is not None else None
    if "date" in basis:
        exact = cause is not None and not cause.partial_date
        (check_day if exact else check_paper_date)(basis["date"], "basis.date", notes)
    if cause is None:
        return
    paragraph = notes.sound(basis, "paragraph", "basis.")
    if paragraph is not None and paragraph != cause.paragraph:
        notes.add("basis.cause", "cause_paragraph_mismatch", cause=name, paragraph=cause.paragraph)
    action = notes.sound(record, "action")
    if action is not None and action not in cause.actions:
        notes.add("action", "action_cause_mismatch", cause=name, actions=", ".join(cause.actions))


def _check_correction(record: Group, notes: Findings) -> None:
    """Judge 修正した項目 and 修正前の住所: both go with a correction, the latter with one of the address."""
    action = notes.sound(record, "action")
    if action is None:
        return
    if action == Action.CORRECTION and not record.get("corrected", ()):
        if "corrected" not in notes.faulty:
            notes.add("corrected", "corrected_wanted")
        return
    _settle(record, "corrected", action == Action.CORRECTION, notes, "corrected")
    if "corrected" not in notes.faulty:
        of_address = CorrectedItem.ADDRESS in record.get("corrected", ())
        _settle(record, "previous_address", of_address, notes, "corrected_address")


def check_residence_report(record: Group, notes: Findings) -> None:
    """Judge 住居地の届出の伝達 as a whole."""
    category = notes.sound(record, "category")
    if category is not None and category not in _REPORTED_CATEGORIES:
        notes.add("category", "category_not_reported")
        category = None
    check_pointers(record, notes)
    check_numbers(record, notes)
    name = notes.sound(record, "article")
    article = name and tables.residence_articles().at(name, notes.day)
    if not article:
        return
    if category is not None and category != article.category:
        notes.add("article", "article_category_mismatch", article=name, category=article.category)
        return
    _check_deeming(record, article, notes)
    _check_residence_items(record, article, notes)


def _check_deeming(record: Group, article: tables.ResidenceArticle, notes: Findings) -> None:
    """Judge whether the report may be deemed made by the one named."""
    deemed_by = notes.sound(record, "deemed_by")
    if deemed_by is not None and deemed_by not in article.deemed_by:
        notes.add("deemed_by", "deeming_not_allowed", article=article.code, allowed=", ".join(article.deemed_by))


def _check_residence_items(record: Group, article: tables.ResidenceArticle, notes: Findings) -> None:
    """Judge the days and the address that the report carries."""
    settled = _unless_deemed(record, article.settled_on, article.settled_on_not_deemed_by, notes)
    if settled and article.settled_on_first_residence and "had_residence" in record:
        settled = None if "had_residence" in notes.faulty else not record["had_residence"]
    _settle(record, "settled_on", settled, notes, "settled_on")
    _settle(record, "moved_on", article.moved_on, notes, "moved_on")
    left = _unless_deemed(record, article.previous_address, article.previous_address_not_deemed_by, notes)
    _settle(record, "previous_address", left, notes, "left_address")


def _unless_deemed(record: Group, carried: bool, exceptions: tuple[str, ...], notes: Findings) -> bool | None:  # noqa: FBT001  # A fact of the article, not a switch.
    """Say whether an item is carried, given the reports by which the deeming takes it away."""
    if not carried or not exceptions:
        return carried
    return None if "deemed_by" in notes.faulty else record.get("deemed_by") not in exceptions
