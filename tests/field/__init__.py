"""Files as offices have them, in `data`, and what the program has to say of each."""

from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

DATA: Final = Path(__file__).parent / "data"
LAYOUT: Final = DATA / "ward.toml"


class Verdict(NamedTuple):
    """What an import says of a file: its counts, the rules of errors and warnings, or the error of the whole."""

    good: int = 0
    refused: int = 0
    rules: frozenset[str] = frozenset()
    error: str | None = None


def _verdict(good: int, refused: int, *rules: str) -> Verdict:
    return Verdict(good, refused, frozenset(rules))


VERDICTS: Final = MappingProxyType(
    {
        "05_reference_with_kanji.jsonl": _verdict(0, 1, "reference_character"),
        "06_checksum_right.csv": _verdict(1, 0),
        "06_checksum_wrong.csv": Verdict(error="file_checksum_differs"),
        "06_cut_in_address.csv": _verdict(1, 0, "file_end_missing"),
        "07_future_dates.jsonl": _verdict(
            4, 1, "moment_ahead", "date_ahead", "birth_long_ago", "death_before_birth", "departure_far_ahead"
        ),
        "08_blank_by_invisible.jsonl": _verdict(
            2, 3, "item_missing", "blank_at_end", "blank_doubled", "character_no_break"
        ),
        "09_lost_character_marks.jsonl": _verdict(3, 1, "character_placeholder", "character_lost", "text_escaped"),
        "10_excel_keys.jsonl": _verdict(0, 4, "subject_from_spreadsheet"),
        "14_blank_and_marks_in_header.csv": _verdict(1, 0),
        "14_carriage_returns.csv": Verdict(error="file_carriage_returns"),
        "14_encoded_twice.csv": Verdict(error="file_encoded_twice"),
        "14_rows_quoted.csv": Verdict(error="file_rows_quoted"),
        "14_semicolons.csv": Verdict(error="file_delimiter"),
        "14_separator_line.csv": Verdict(error="file_separator_line"),
        "14_tabs.csv": Verdict(error="file_delimiter"),
        "14_title.csv": Verdict(error="file_title_row"),
        "14_trailing_columns.csv": _verdict(1, 0),
        "14_trailing_rows.csv": _verdict(1, 0),
        "14_value_without_name.csv": _verdict(0, 1, "csv_column_nameless"),
        "16_kosovo.jsonl": _verdict(1, 0),
        "18_empty.csv": _verdict(0, 0, "file_empty"),
        "18_header_alone.csv": _verdict(0, 0, "file_header_alone"),
        "layout_ward.csv": _verdict(1, 2, "layout_code_unknown", "layout_character_private"),
    }
)


def layout_of(name: str) -> str | None:
    """Return the name of the layout by which a file is read, if it is."""
    return LAYOUT.stem if name.startswith("layout_") else None
