"""Invented residents and notices for rehearsal, tests and benchmarks; none of these people exists.

The records have the shapes of domain sections 1.1–1.4 and pass every rule. The same seed and moment give the same
records.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from store.clock import JAPAN

Record = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of one nationality, in the order of the card: in Latin letters, with the kanji beside them if any."""

    families: tuple[tuple[str, str], ...]
    givens: tuple[tuple[str, str], ...]


# The names include characters that break careless programs: a variation sequence (葛 with U+E0100), a character outside
# the basic plane (𠮷), an apostrophe and a hyphen, and a character that Japanese registers hardly use (兰).
_NAMES = {
    "VNM": _Names(
        (("NGUYEN", ""), ("TRAN", ""), ("LE", ""), ("DANG", ""), ("VU", "")),
        (("THI MAI", ""), ("VAN DUC", ""), ("HOANG PHUONG", ""), ("QUANG HUY", ""), ("NGOC ANH", "")),
    ),
    "CHN": _Names(
        (("WANG", "王"), ("LI", "李"), ("GE", "葛\U000e0100"), ("SUN", "孫"), ("ZHOU", "周")),
        (("XIULAN", "秀兰"), ("ZHIQIANG", "志強"), ("MINGYUAN", "明元"), ("YUTING", "雨婷"), ("JIANHUA", "建華")),
    ),
    "KOR": _Names(
        (("KIM", "金"), ("PARK", "朴"), ("HAN", "韓"), ("SEO", "徐"), ("YOON", "尹")),
        (("JIWOO", "知宇"), ("SOMIN", "昭旻"), ("DAEUN", "多恩"), ("JUNHO", "俊浩"), ("HYEJIN", "惠珍")),
    ),
    "NPL": _Names(
        (("SHRESTHA", ""), ("RAI", ""), ("GURUNG", ""), ("MAGAR", "")),
        (("ANITA", ""), ("SURESH", ""), ("PRAKASH", ""), ("SUNITA", "")),
    ),
    "TWN": _Names(
        (("CHANG", "張"), ("HSU", "許"), ("WU", "\U00020bb7"), ("LIN", "林")),
        (("YA-TING", "雅婷"), ("CHIH-HAO", "志豪"), ("MEI-HUA", "美華"), ("CHIA-YING", "家穎")),
    ),
    "USA": _Names(
        (("ANDERSON", ""), ("O'NEILL", ""), ("SMITH-JONES", "")),
        (("MARIA LUZ", ""), ("PATRICK", ""), ("ALEX", ""), ("DANA", "")),
    ),
    "MMR": _Names(
        (("THIDA", ""), ("ZAW MIN", ""), ("NAY CHI", ""), ("KHIN", "")),
        (("AYE", ""), ("OO", ""), ("LIN", ""), ("HTWE", "")),
    ),
    "PHL": _Names(
        (("DELA CRUZ", ""), ("SANTOS", ""), ("REYES", "")),
        (("JOSE MIGUEL", ""), ("ANNA LIZA", ""), ("MARK", "")),
    ),
}
_TOWNS = (
    "西新宿七丁目",
    "北新宿一丁目",
    "大久保二丁目",
    "百人町三丁目",
    "高田馬場四丁目",
    "早稲田鶴巻町",
    "神楽坂六丁目",
    "若松町",
)
_HOUSES = ("", "", " メゾン若葉", " コーポみどり", " ハイツ桜")
_ELSEWHERE = (
    "東京都千代田区飯田橋一丁目",
    "東京都中野区東中野三丁目",
    "神奈川県川崎市川崎区駅前本町",
    "北海道札幌市北区北七条西",
)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
# Shares of special permanent residents, of messages that have waited too long, and of birth dates with an unknown day.
_SPECIAL_SHARE = 0.2
_LATE_SHARE = 0.1
_PARTLY_KNOWN_SHARE = 0.04


@dataclass(frozen=True, slots=True)
class _Event:
    """A kind of event (異動): the messages that it gives for a person (domain table 1.6), and how frequent it is."""

    messages: Callable[["Inventor", Record], tuple[Record, ...]]
    weight: int


class Inventor:
    """Makes invented records for one municipality at one moment."""

    def __init__(self, *, seed: int, now: datetime, municipality: str) -> None:
        self._random = random.Random(seed)  # noqa: S311  # Nothing here is secret; a seed must repeat its records.
        self._now = now.astimezone(JAPAN)
        self._today = self._now.date()
        self._municipality = municipality
        self._numbers = {"resident_record": 0, "residence_report": 0, "certificate_delivery": 0, "agency_notice": 0}

    def outgoing(self, count: int) -> Iterator[Record]:
        """Yield `count` records of the three outgoing kinds; the messages of one event follow each other."""
        events = (
            _Event(_moved_in_from_abroad, 6),
            _Event(_moved_in, 5),
            _Event(_moved_within, 5),
            _Event(_moved_out, 4),
            _Event(_born, 1),
            _Event(_died, 1),
            _Event(_naturalised, 1),
            _Event(_name_corrected, 2),
            _Event(_residence_reported_later, 3),
            _Event(_certificate_delivered, 2),
        )
        # Each kind of event comes once before chance decides, so that even a small rehearsal has all of them.
        upcoming = list(events)
        weights = [event.weight for event in events]
        made = 0
        while made < count:
            event = upcoming.pop(0) if upcoming else self._random.choices(events, weights)[0]
            for record in event.messages(self, self._resident())[: count - made]:
                made += 1
                yield record

    def notices(self, count: int) -> Iterator[Record]:
        """Yield `count` agency notices (住基法30条の50)."""
        makers = (_stay_extended, _name_mended, _birth_date_mended, _status_changed, _departed)
        for index in range(count):
            yield makers[index % len(makers)](self, self._resident(special_share=0.0))

    def message(self, kind: str, base: Record, **items: object) -> Record:
        """Return a record of `kind` about the resident `base`, with the further `items`."""
        self._numbers[kind] += 1
        initial = {"resident_record": "R", "residence_report": "T", "certificate_delivery": "C", "agency_notice": "N"}
        record: Record = {
            "kind": kind,
            "reference": f"{initial[kind]}{self._today:%y}-{self._numbers[kind]:06}",
            "municipality": self._municipality,
            "occurred_at": base["occurred_at"],
        }
        # The agency does not know the key (宛名番号) of the municipality's resident-record system.
        subject = {"subject": base["subject"]} if kind != "agency_notice" else {}
        about = {name: base[name] for name in ("person", "category", _number_of(base))}
        if kind == "certificate_delivery":
            # The order names three items only (入管特例法施行令2条): no name, and no address.
            about = {"certificate_number": base["certificate_number"]}
        return {**record, **subject, **about, **items}

    def day(self, least: int, most: int) -> str:
        """Return a day that lies `least` to `most` days before today."""
        return (self._today - timedelta(days=self._random.randint(least, most))).isoformat()

    def later(self, least: int, most: int) -> str:
        """Return a day that lies `least` to `most` days after today."""
        return self.day(-most, -least)

    def number(self) -> str:
        """Return an invented card or certificate number: two letters, eight digits, two letters."""
        letters = "".join(self._random.choices(_LETTERS, k=4))
        return f"{letters[:2]}{self._random.randrange(10**8):08}{letters[2:]}"

    def address(self) -> str:
        """Return an invented address in the municipality."""
        return f"東京都新宿区{self._random.choice(_TOWNS)}{self._plot()}{self._house()}"

    def address_elsewhere(self) -> str:
        """Return an invented address in another municipality."""
        return f"{self._random.choice(_ELSEWHERE)}{self._plot()}"

    def _resident(self, *, special_share: float = _SPECIAL_SHARE) -> Record:
        nationality = self._random.choice(tuple(_NAMES))
        names = _NAMES[nationality]
        family, given = self._random.choice(names.families), self._random.choice(names.givens)
        kanji = family[1] + given[1]
        person: Record = {
            "name": f"{family[0]} {given[0]}",
            "birth_date": self._birth_date(),
            "sex": self._random.choice(("male", "female")),
            "nationality": nationality,
            "address": self.address(),
        }
        if kanji:
            person["name_kanji"] = kanji
        # Notices ask for a share of 0: they change items that only holders of residence cards have.
        special = self._random.random() < special_share
        return {
            "subject": f"{self._random.randrange(10**10):010}",
            "person": person,
            "category": "special_permanent" if special else "mid_long_term",
            "certificate_number" if special else "card_number": self.number(),
            "occurred_at": self._moment(),
        }

    def _birth_date(self) -> str:
        # Some papers give a birth date only to the month; its unknown part is written as 00.
        born = date(1940, 1, 1) + timedelta(days=self._random.randrange(28_000))
        return f"{born:%Y-%m}-00" if self._random.random() < _PARTLY_KNOWN_SHARE else born.isoformat()

    def _moment(self) -> str:
        # Most things happened within the last day; a few have been waiting too long, so that the mark of overdue
        # messages can be seen.
        late = self._random.random() < _LATE_SHARE
        minutes = self._random.randint(25 * 60, 50 * 60) if late else self._random.randint(20, 20 * 60)
        return (self._now - timedelta(minutes=minutes)).replace(second=0, microsecond=0).isoformat()

    def _plot(self) -> str:
        return f"{self._random.randint(1, 40)}番{self._random.randint(1, 30)}号"

    def _house(self) -> str:
        # Some houses have a name and a room, so that the lengths of addresses differ much.
        house = self._random.choice(_HOUSES)
        return house and f"{house}{self._random.randint(1, 9)}0{self._random.randint(1, 9)}"


def _number_of(base: Record) -> str:
    return "certificate_number" if base["category"] == "special_permanent" else "card_number"


def _certified(base: Record) -> Record:
    """Return the resident as a special permanent resident (特別永住者)."""
    kept = {name: value for name, value in base.items() if name not in {"card_number", "certificate_number"}}
    number = base.get("certificate_number", base.get("card_number"))
    return {**kept, "category": "special_permanent", "certificate_number": number}


def _report(article: str, day: str, **more: str) -> Record:
    return {"kind": "report", "article": article, "reported_on": day, **more}


def _ex_officio(paragraph: str, cause: str, day: str) -> Record:
    return {"kind": "ex_officio", "paragraph": paragraph, "cause": cause, "date": day}


def _moved_in_from_abroad(inventor: Inventor, base: Record) -> tuple[Record, ...]:
    # A pair: the report of moving in is deemed to be the report of residence as well, if the card was handed in.
    day = inventor.day(3, 10)
    article = "special-10-1" if base["category"] == "special_permanent" else "immigration-19-7"
    return (
        inventor.message("resident_record", base, action="entry", basis=_report("juki-30-46", day)),
        inventor.message(
            "residence_report", base, article=article, reported_on=day, deemed_by="juki-30-46", settled_on=day
        ),
    )


def _moved(inventor: Inventor, base: Record, deemed_by: str, previous: str) -> Record:
    day = inventor.day(3, 10)
    article = "special-10-2" if base["category"] == "special_permanent" else "immigration-19-9"
    items: Record = {"article": article, "reported_on": day, "moved_on": day, "previous_address": previous}
    return inventor.message("residence_report", base, **items, **({"deemed_by": deemed_by} if deemed_by else {}))


def _moved_in(inventor: Inventor, base: Record) -> tuple[Record, ...]:
    entry = inventor.message("resident_record", base, action="entry", basis=_report("juki-22", inventor.day(3, 10)))
    return entry, _moved(inventor, base, "juki-22", inventor.address_elsewhere())


def _moved_within(inventor: Inventor, base: Record) -> tuple[Record, ...]:
    previous = inventor.address()
    correction = inventor.message(
        "resident_record",
        base,
        action="correction",
        corrected=["address"],
        previous_address=previous,
        basis=_report("juki-23", inventor.day(3, 10)),
    )
    return correction, _moved(inventor, base, "juki-23", previous)


def _moved_out(inventor: Inventor, base: Record) -> tuple[Record, ...]:
    # The planned day lies ahead, so that a rehearsal has messages that are held until their day.
    basis = _report("juki-24", inventor.day(3, 10), planned_departure=inventor.later(2, 8))
    return (inventor.message("resident_record", base, action="deletion", basis=basis),)


def _born(inventor: Inventor, base: Record) -> tuple[Record, ...]:
    day = inventor.day(5, 20)
    # A newborn has no card yet: 経過滞在者, for 60 days from birth.
    person = base["person"]
    child = {**person, "birth_date": day} if isinstance(person, dict) else person
    kept = {name: value for name, value in base.items() if name not in {"card_number", "certificate_number"}}
    born: Record = {**kept, "person": child, "category": "transitional", "card_number": None}
    record = inventor.message("resident_record", born, action="entry", basis=_ex_officio("12-2", "birth", day))
    del record["card_number"]
    return (record,)


def _died(inventor: Inventor, base: Record) -> tuple[Record, ...]:
    basis = _ex_officio("12-2", "death", inventor.day(4, 12))
    return (inventor.message("resident_record", base, action="deletion", basis=basis),)


def _naturalised(inventor: Inventor, base: Record) -> tuple[Record, ...]:
    basis = _ex_officio("12-2", "naturalisation", inventor.day(4, 12))
    return (inventor.message("resident_record", base, action="deletion", basis=basis),)


def _name_corrected(inventor: Inventor, base: Record) -> tuple[Record, ...]:
    # The date is that of the change in the record (記載等をした年月日), the Japanese day of the moment.
    basis = _ex_officio("12-3", "error", str(base["occurred_at"])[:10])
    return (inventor.message("resident_record", base, action="correction", corrected=["name"], basis=basis),)


def _residence_reported_later(inventor: Inventor, base: Record) -> tuple[Record, ...]:
    return (_moved(inventor, base, "", inventor.address_elsewhere()),)


def _certificate_delivered(inventor: Inventor, base: Record) -> tuple[Record, ...]:
    return (inventor.message("certificate_delivery", _certified(base), delivered_on=inventor.day(1, 5)),)


def _change(item: str, before: object, after: object, reason: str = "changed") -> Record:
    return {"item": item, "before": before, "after": after, "reason": reason}


def _notice(inventor: Inventor, base: Record, changes: list[Record], **more: object) -> Record:
    return inventor.message("agency_notice", base, noticed_on=inventor.day(0, 4), changes=changes, **more)


def _stay_extended(inventor: Inventor, base: Record) -> Record:
    changes = [
        _change("period_of_stay", "1年", "3年"),
        _change("expiry_date", inventor.later(5, 40), inventor.later(1000, 1090)),
        _change("card_number", inventor.number(), base["card_number"]),
    ]
    return _notice(inventor, base, changes)


def _person_item(base: Record, item: str) -> str:
    person = base["person"]
    return str(person[item]) if isinstance(person, dict) else ""


def _name_mended(inventor: Inventor, base: Record) -> Record:
    # Header and `after` have to agree, so the wrong value is the one before.
    name = _person_item(base, "name")
    return _notice(inventor, base, [_change("name", f"{name} X", name, "error")])


def _birth_date_mended(inventor: Inventor, base: Record) -> Record:
    return _notice(inventor, base, [_change("birth_date", "1980-01-01", _person_item(base, "birth_date"), "error")])


def _status_changed(inventor: Inventor, base: Record) -> Record:
    changes = [
        _change("status_of_residence", "留学", "技術・人文知識・国際業務"),
        _change("card_number", inventor.number(), base["card_number"]),
    ]
    return _notice(inventor, base, changes)


def _departed(inventor: Inventor, base: Record) -> Record:
    return _notice(inventor, base, [], category_lost={"cause": "departed", "on": inventor.day(2, 6)})
