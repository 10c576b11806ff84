"""Every rule, item and code has a name in both languages, and the names agree with the headers of files.

The codes are those of `store.message.codes`, the errors those of `store.message.errors`.
"""

import re
from enum import StrEnum
from itertools import product

import pytest

from console.words import LANGUAGES, Words
from store.errors import StoreError
from store.message import codes, tables
from store.message.checks.rules import RULES
from store.message.codes import ALL_KINDS, Kind
from store.message.errors import ContentDamaged, FileHeaderMissing, FileHeaderRepeated, TableFault
from store.message.files.columns import columns_of, japanese_headers
from tests.store.message.checks.test_rules import CASES
from tests.store.message.specimens import changed, good, judge

VALUES: dict[str, type[StrEnum]] = {
    "person.sex": codes.Sex,
    "category": codes.Category,
    "action": codes.Action,
    "corrected": codes.CorrectedItem,
    "basis.kind": codes.BasisKind,
    "changes.item": codes.NoticeItem,
    "changes.reason": codes.ChangeReason,
    "category_lost.cause": codes.LossCause,
}


def test_every_rule_says_what_is_wrong_and_what_to_do() -> None:
    for rule, language in product(RULES, LANGUAGES):
        words = Words("ja" if language == "ja" else "en")
        fault = words.finding(rule, {})

        assert fault.cause, rule
        assert fault.remedy, rule
        assert rule not in fault.cause  # The text itself, not the text for unknown faults.


def test_the_facts_fill_the_texts() -> None:
    for case, language in product(CASES, LANGUAGES):
        assert isinstance(case, tuple)
        words = Words("ja" if language == "ja" else "en")
        for finding in judge(changed(good(case[2]), case[3])).findings:
            fault = words.finding(finding.rule, finding.facts)
            assert not re.search(r"\?|\{", fault.cause + fault.remedy), finding.rule


def test_every_field_and_kind_is_named() -> None:
    words = Words("ja")

    assert all(words.has(f"items.field.{field}") for field in columns_of(ALL_KINDS))
    assert all(words.has(f"items.group.{group}") for group in ("record", "person", "basis", "changes", "category_lost"))
    assert all(words.has(f"kinds.{kind}") for kind in Kind)


@pytest.mark.parametrize("field", VALUES)
def test_every_code_is_named(field: str) -> None:
    words = Words("ja")

    assert all(words.has(f"items.value.{field}.{code}") for code in VALUES[field])


def test_the_usual_header_of_a_column_is_the_name_of_the_item() -> None:
    words = Words("ja")

    for field, names in japanese_headers().items():
        assert words(f"items.field.{field}") == names[0]


@pytest.mark.parametrize("error", [FileHeaderMissing, FileHeaderRepeated, ContentDamaged, *TableFault.__subclasses__()])
def test_the_errors_of_messages_have_texts_in_both_languages(error: type[StoreError]) -> None:
    for language in LANGUAGES:
        fault = Words(language).fault(
            error.code, dict.fromkeys(("file", "field", "table", "entry", "line", "item", "wanted"), "x")
        )
        assert not re.search(r"\?|\{", fault.cause + fault.remedy)


def test_every_event_that_is_never_notified_says_why_and_what_to_do_instead() -> None:
    words = Words("ja")
    silent = (event.code for event in tables.events() if not event.messages)

    assert [code for code in silent if not words.has(f"entry.never.{code}")] == []


def test_every_report_and_cause_has_a_word_for_the_lists() -> None:
    words = Words("ja")
    dated = (*tables.reports(), *tables.causes(), *tables.residence_articles())

    assert [entry.code for entry in dated if not words.has(f"queue.matter.{entry.code}")] == []
