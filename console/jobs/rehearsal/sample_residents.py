"""Invented residents, and messages about them; none of these people exists."""

import random
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


class Residents:
    """Draws invented residents of one municipality at one moment, and what messages say about them."""

    def __init__(self, *, seed: int, now: datetime, municipality: str) -> None:
        self.dice = random.Random(seed)  # noqa: S311  # Nothing here is secret; a seed must repeat its records.
        self._now = now.astimezone(JAPAN)
        self._today = self._now.date()
        self._municipality = municipality
        self._numbers = {"resident_record": 0, "residence_report": 0, "certificate_delivery": 0, "agency_notice": 0}

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
        about = {name: base[name] for name in ("person", "category", number_of(base)) if name in base}
        if kind == "certificate_delivery":
            # The order names three items only (入管特例法施行令2条): no name, and no address.
            about = {"certificate_number": base["certificate_number"]}
        return {**record, **subject, **about, **items}

    def day(self, least: int, most: int) -> str:
        """Return a day that lies `least` to `most` days before today."""
        return (self._today - timedelta(days=self.dice.randint(least, most))).isoformat()

    def later(self, least: int, most: int) -> str:
        """Return a day that lies `least` to `most` days after today."""
        return self.day(-most, -least)

    def number(self) -> str:
        """Return an invented card or certificate number: two letters, eight digits, two letters."""
        letters = "".join(self.dice.choices(_LETTERS, k=4))
        return f"{letters[:2]}{self.dice.randrange(10**8):08}{letters[2:]}"

    def address(self) -> str:
        """Return an invented address in the municipality."""
        return f"東京都新宿区{self.dice.choice(_TOWNS)}{self._plot()}{self._house()}"

    def address_elsewhere(self) -> str:
        """Return an invented address in another municipality."""
        return f"{self.dice.choice(_ELSEWHERE)}{self._plot()}"

    def resident(self, *, special_share: float = _SPECIAL_SHARE) -> Record:
        """Return an invented resident, with the moment at which something happened to them."""
        nationality = self.dice.choice(tuple(_NAMES))
        names = _NAMES[nationality]
        family, given = self.dice.choice(names.families), self.dice.choice(names.givens)
        kanji = family[1] + given[1]
        person: Record = {
            "name": f"{family[0]} {given[0]}",
            "birth_date": self._birth_date(),
            "sex": self.dice.choice(("male", "female")),
            "nationality": nationality,
            "address": self.address(),
        }
        if kanji:
            person["name_kanji"] = kanji
        # Notices ask for a share of 0: they change items that only holders of residence cards have.
        special = self.dice.random() < special_share
        return {
            "subject": f"{self.dice.randrange(10**10):010}",
            "person": person,
            "category": "special_permanent" if special else "mid_long_term",
            "certificate_number" if special else "card_number": self.number(),
            "occurred_at": self._moment(),
        }

    def _birth_date(self) -> str:
        # Some papers give a birth date only to the month; its unknown part is written as 00.
        born = date(1940, 1, 1) + timedelta(days=self.dice.randrange(28_000))
        return f"{born:%Y-%m}-00" if self.dice.random() < _PARTLY_KNOWN_SHARE else born.isoformat()

    def _moment(self) -> str:
        # Most things happened within the last day; a few have been waiting too long, so that the mark of overdue
        # messages can be seen.
        late = self.dice.random() < _LATE_SHARE
        minutes = self.dice.randint(25 * 60, 50 * 60) if late else self.dice.randint(20, 20 * 60)
        return (self._now - timedelta(minutes=minutes)).replace(second=0, microsecond=0).isoformat()

    def _plot(self) -> str:
        return f"{self.dice.randint(1, 40)}番{self.dice.randint(1, 30)}号"

    def _house(self) -> str:
        # Some houses have a name and a room, so that the lengths of addresses differ much.
        house = self.dice.choice(_HOUSES)
        return house and f"{house}{self.dice.randint(1, 9)}0{self.dice.randint(1, 9)}"


def number_of(base: Record) -> str:
    """Return the name of the number that a resident has."""
    return "certificate_number" if base["category"] == "special_permanent" else "card_number"
