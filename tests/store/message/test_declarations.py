"""What the kinds declare, and the vocabulary in which they do.

The vocabulary is `store.message.declarations.items`, `store.message.declarations.values`,
`store.message.declarations.findings`, `store.message.declarations.conditions` and `store.message.declarations.common`.
The kinds are `store.message.declarations.resident_record` with its `store.message.declarations.basis`,
`store.message.declarations.residence_report`, `store.message.declarations.certificate_delivery`, and
`store.message.declarations.agency_notice` with its `store.message.declarations.changes`. The tests of the rules break
each rule that they declare.
"""

import pytest

from store.message.checks.items import FIELDS, ITEMS, ordered_fields
from store.message.checks.rules import RULES
from store.message.codes import Kind, Sex
from store.message.declarations.findings import Finding, Findings, Severity
from store.message.declarations.items import DAY, YES_NO, Item, Items, closed
from store.message.files.columns import columns_of
from store.message.kinds import CLASSES
from tests.store.message.specimens import MUNICIPALITY, NOW

HEAD = ["kind", "reference", "municipality", "occurred_at"]
PERSON = [f"person.{name}" for name in ("name", "birth_date", "sex", "nationality", "address")]
NOTES = ["person.name_kanji", "person.birth_date_note"]
BASIS = [
    f"basis.{name}"
    for name in ("kind", "article", "reported_on", "planned_departure", "paragraph", "cause", "date", "date_note")
]
ABOUT = [*PERSON, *NOTES, "category"]
POINTERS = ["cancels", "replaces"]
NUMBERS = ["card_number", "certificate_number"]
PENDING = ["card_pending"]
CHANGES = ["changes.item", "changes.before", "changes.after", "changes.reason"]
CORRECTED = ["corrected", "previous_address"]
LOST = ["category_lost.cause", "category_lost.on"]
REPORTED = ["deemed_by", "settled_on", "had_residence", "moved_on", "previous_address"]
ON_THE_FORM = [
    "person.name",
    "person.name_kanji",
    "person.birth_date",
    "person.birth_date_note",
    "person.sex",
    "person.nationality",
    "person.address",
    "category",
    "card_number",
    "card_pending",
    "certificate_number",
]
ON_THE_FORM_OF_A_RECORD = ["person.name", "name_pending", *ON_THE_FORM[1:]]


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        (
            Kind.RESIDENT_RECORD,
            [
                *HEAD,
                "subject",
                *ABOUT,
                "action",
                *BASIS,
                "protected",
                *POINTERS,
                "name_pending",
                *NUMBERS,
                "card_pending",
                *CORRECTED,
            ],
        ),
        (
            Kind.RESIDENCE_REPORT,
            [
                *HEAD,
                "subject",
                *ABOUT,
                "reported_on",
                "article",
                "protected",
                *POINTERS,
                *NUMBERS,
                "card_pending",
                *REPORTED,
            ],
        ),
        (Kind.CERTIFICATE_DELIVERY, [*HEAD, "subject", "certificate_number", "delivered_on", *POINTERS]),
        (
            Kind.AGENCY_NOTICE,
            [*HEAD, "noticed_on", *ABOUT, *POINTERS, *NUMBERS, "card_pending", *CHANGES, *LOST, "supersedes"],
        ),
    ],
)
def test_the_columns_of_a_kind_keep_their_order(kind: Kind, columns: list[str]) -> None:
    assert list(columns_of([kind])) == columns


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (
            Kind.RESIDENT_RECORD,
            [
                *HEAD,
                "subject",
                "protected",
                "person.name",
                "name_pending",
                *ON_THE_FORM[1:],
                "action",
                *CORRECTED,
                *BASIS,
                *POINTERS,
            ],
        ),
        (
            Kind.RESIDENCE_REPORT,
            [*HEAD, "subject", "protected", *ON_THE_FORM, "reported_on", "article", *POINTERS, *REPORTED],
        ),
        (Kind.CERTIFICATE_DELIVERY, [*HEAD, "subject", "certificate_number", "delivered_on", *POINTERS]),
    ],
)
def test_the_form_asks_in_the_order_of_the_law(kind: Kind, fields: list[str]) -> None:
    assert list(ordered_fields(kind)) == fields


@pytest.mark.parametrize("kind", list(Kind))
def test_a_field_is_declared_alike_in_every_kind_that_has_it(kind: Kind) -> None:
    assert [item for item in ITEMS[kind] if item is not FIELDS[item.field]] == []


def test_no_rule_is_declared_twice() -> None:
    declared = [rule for kind in Kind for rule in CLASSES[kind].rules]

    assert [rule for rule in declared if RULES[rule.name] is not rule] == []
    assert len({rule.name for rule in declared}) == len(declared)


GROUP = Items("group", required=(Item("group.sex", closed(Sex)),), optional=(Item("group.sure", YES_NO),))
WHOLE = Items("", required=(Item("day", DAY), GROUP))


def checked(record: dict[object, object]) -> list[tuple[str, str]]:
    """Return the field and the rule of each finding in a record of `WHOLE`; another kind has an item `article`."""
    findings = Findings(RULES, municipality=MUNICIPALITY, now=NOW)
    WHOLE.check_all(record, findings, elsewhere={"article"})
    return [(finding.field, finding.rule) for finding in findings.findings]


def test_a_group_checks_its_items_and_those_of_its_groups() -> None:
    assert list(WHOLE.fields()) == ["day", "group.sex", "group.sure"]
    assert checked({"day": "2026-11-23", "group": {"sex": "female"}}) == []
    assert checked({"day": "x", "group": {"sure": 1}}) == [
        ("day", "date_malformed"),
        ("group.sure", "yes_no_expected"),
        ("group.sex", "item_missing"),
    ]
    assert checked({"day": "2026-11-23", "group": "x"}) == [("group", "group_expected")]


def test_an_item_that_the_group_does_not_have_is_told_from_one_of_another_kind() -> None:
    strangers: dict[object, object] = {"article": 1, "household_head": 1, 7: 1, "\x1b" * 50: 1}
    rest: dict[object, object] = {"day": "2026-11-23", "group": {"sex": "male", "article": 1}}

    assert checked({**strangers, **rest}) == [
        ("article", "item_not_for_kind"),
        ("household_head", "item_not_sent"),
        ("int", "item_unknown"),
        ("\ufffd" * 40, "item_unknown"),
        ("group.article", "item_unknown"),
    ]


def test_only_an_error_makes_an_item_faulty() -> None:
    findings = Findings(RULES, municipality=MUNICIPALITY, now=NOW)
    findings.add("first", "paper_date_impossible")
    findings.add("second", "date_malformed")

    assert findings.findings[0] == Finding("first", "paper_date_impossible", Severity.WARNING, {})
    assert findings.faulty == {"second"}
    assert findings.sound({"first": "1", "second": "2"}, "first") == "1"
    assert findings.sound({"first": "1", "second": "2"}, "second") is None
