"""Finding messages under one 宛名番号 that tell of two persons or two records, beside what stands in the queue.

They are found by the keyed pseudonym of the number, for all records of a portion at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

from console.jobs.messages.candidates import Candidate
from console.terminal import Terminal
from store import queue
from store.errors import ImportUnderWay
from store.message import contradictions
from store.message.canonical import decode
from store.message.checks.rules import RULES, Finding
from store.message.codes import NoticeItem
from store.message.contradictions import Contradiction, Stated
from store.message.kinds import AgencyNotice
from store.message.states import Direction, Pointer
from store.queue import MessageKey

_RULES: Final = MappingProxyType(
    {
        contradictions.NAME: RULES["subject_two_names"],
        contradictions.BIRTH_DATE: RULES["subject_two_birth_dates"],
        contradictions.SEX: RULES["subject_two_sexes"],
        contradictions.NATIONALITY: RULES["subject_two_nationalities"],
        contradictions.CARD: RULES["subject_two_numbers"],
        contradictions.CERTIFICATE: RULES["subject_two_numbers"],
        contradictions.ADDRESS: RULES["subject_other_address"],
        contradictions.PREVIOUS: RULES["subject_other_address"],
    }
)
_SECOND_RECORD: Final = RULES["subject_has_record"]
_OTHER_PERSON: Final = RULES["subject_not_of_target"]
_NO_NOTICE: Final = "-"
_OF_THE_LATER: Final = frozenset({contradictions.ADDRESS, contradictions.PREVIOUS})
_CHANGING: Final = MappingProxyType(
    {
        contradictions.NAME: NoticeItem.NAME,
        contradictions.BIRTH_DATE: NoticeItem.BIRTH_DATE,
        contradictions.SEX: NoticeItem.SEX,
        contradictions.NATIONALITY: NoticeItem.NATIONALITY,
        contradictions.CARD: NoticeItem.CARD_NUMBER,
        contradictions.CERTIFICATE: NoticeItem.CERTIFICATE_NUMBER,
    }
)


def find_contradictions(
    terminal: Terminal, conn: Connection, candidates: Sequence[Candidate], *, intake_id: str | None = None
) -> list[tuple[Finding, ...]]:
    """Return for each candidate the warnings that another message of its 宛名番号 states another person or record.

    The candidates are compared with each other as well. `intake_id` is the file that they come from.
    """
    own: defaultdict[str, list[Candidate]] = defaultdict(list)
    pseudonym = terminal.vault.pseudonym
    for candidate in candidates:
        if candidate.subject is not None:
            own[pseudonym("subject", candidate.subject)].append(candidate)
    # Most people of a file have one message in it and none in the queue: nothing is built for them.
    here: defaultdict[str, list[Stated]] = defaultdict(list)
    for message in queue.about_persons(conn, terminal.vault, own, intake_id=intake_id):
        here[message.subject].append(_of_message(message))
    found: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
    for about, mine in own.items():
        if about in here or len(mine) > 1:
            _compare(terminal, conn, mine, here[about], found)
    for at in find_other_persons(terminal, conn, candidates, intake_id=intake_id):
        candidate = candidates[at]
        facts = MappingProxyType({"other": str(candidate.target)})
        wrong = Finding("subject", _OTHER_PERSON.name, _OTHER_PERSON.severity, facts)
        found[candidate.kind, candidate.reference].append(wrong)
    return [tuple(found[candidate.kind, candidate.reference]) if found else () for candidate in candidates]


def find_other_persons(
    terminal: Terminal, conn: Connection, candidates: Sequence[Candidate], *, intake_id: str | None = None
) -> list[int]:
    """Return the places of the candidates that cancel or replace a message with another 宛名番号.

    The peer knows no 宛名番号: it would take the message of one person out and put that of another in, without a word.
    """
    pointing = {at: MessageKey(each.kind, each.target) for at, each in enumerate(candidates) if each.target is not None}
    # Few messages point at another one: the database is asked for those alone.
    if not pointing:
        return []
    beside = {MessageKey(each.kind, each.reference): each.subject for each in candidates}
    subjects = {key: terminal.vault.pseudonym("subject", about) for key, about in beside.items() if about is not None}
    with suppress(ImportUnderWay):
        known = queue.known(conn, Direction.OUT, set(pointing.values()), intake_id=intake_id)
        rows = {row.id: row.subject for row in queue.rows_of(conn, [found.id for found in known.values()])}
        subjects |= {key: rows[found.id] or "" for key, found in known.items() if found.id in rows}
    return [
        at
        for at, key in pointing.items()
        if key in subjects and subjects[key] != subjects.get(MessageKey(candidates[at].kind, candidates[at].reference))
    ]


def _compare(
    terminal: Terminal,
    conn: Connection,
    mine: Sequence[Candidate],
    here: Sequence[Stated],
    found: defaultdict[tuple[str, str], list[Finding]],
) -> None:
    """Add to `found`, by kind and reference, what speaks against candidates about one person, and against others."""
    own = {(candidate.kind, candidate.reference): _of_candidate(candidate) for candidate in mine}
    # What a candidate is to replace as a revision counts no more.
    others = [stated for stated in here if stated.key not in own]
    for each in contradictions.find([*own.values(), *others]):
        if not {each.earlier.key, each.later.key}.isdisjoint(own) and not _noticed(terminal, conn, each):
            found[each.later.key].append(_finding(each, each.earlier))
            # Where somebody lived before is not wrong because another address comes later.
            if each.field not in _OF_THE_LATER:
                found[each.earlier.key].append(_finding(each, each.later))
    for second, first in contradictions.find_second_records([*own.values(), *others]):
        if second.key in own:
            found[second.key].append(_second_record(terminal, conn, second, first))


def _of_candidate(candidate: Candidate) -> Stated:
    return Stated(
        (candidate.kind, candidate.reference),
        candidate.effective_at,
        candidate.content,
        None if candidate.target is None else (candidate.kind, candidate.target),
        candidate.pointer is Pointer.CANCELS,
    )


def _of_message(message: queue.AboutPerson) -> Stated:
    return Stated(
        (message.kind, message.reference),
        message.effective_at,
        message.content,
        None if message.target is None else (message.kind, message.target),
        message.pointer == Pointer.CANCELS,
    )


def _finding(contradiction: Contradiction, other: Stated) -> Finding:
    rule = _RULES[contradiction.field]
    return Finding(contradiction.field, rule.name, rule.severity, MappingProxyType({"other": other.key[1]}))


def _second_record(terminal: Terminal, conn: Connection, second: Stated, first: Stated) -> Finding:
    """Return the warning, with the newest notice that changes the person's 区分 if one has come."""
    notices = _notices_changing(terminal, conn, [decode(second.content), decode(first.content)], NoticeItem.CATEGORY)
    facts = {"other": first.key[1], "notice": next(iter(notices), _NO_NOTICE)}
    return Finding("basis.article", _SECOND_RECORD.name, _SECOND_RECORD.severity, MappingProxyType(facts))


def _noticed(terminal: Terminal, conn: Connection, contradiction: Contradiction) -> bool:
    """Tell whether the agency itself changed the item: then no message of ours says so."""
    # Asked only where two messages contradict each other, which is rare.
    item = _CHANGING.get(contradiction.field)
    return item is not None and bool(_notices_changing(terminal, conn, contradiction.records, item))


def _notices_changing(
    terminal: Terminal, conn: Connection, records: Iterable[dict[str, Any]], item: NoticeItem
) -> list[str]:
    """Return the references of the notices that change an item of the person, the newest first."""
    # A notice is found by the number of the card.
    abouts = {terminal.vault.pseudonym("number", number) for number in _numbers(records)}
    rows = queue.rows_about(conn, abouts) if abouts else []
    opened = queue.sound_contents_of(conn, terminal.vault, (row.id for row in rows)).opened
    return [
        row.reference
        for row in rows
        if row.id in opened
        and any(change.item is item for change in AgencyNotice.from_record(decode(opened[row.id])).changes)
    ]


def _numbers(records: Iterable[dict[str, Any]]) -> set[str]:
    names = ("card_number", "certificate_number")
    return {str(record[name]) for record in records for name in names if name in record}
