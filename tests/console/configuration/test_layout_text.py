"""A layout is read once, names the place of what is wrong, and has the digest of its text."""

from hashlib import sha256

import pytest

from console.configuration.layout_text import LayoutText, file_of
from store.message.errors import LayoutInvalid, LayoutUnreadable

TEXT = "[items.reference]\ncolumn = 1\n"


def test_the_digest_is_that_of_the_file() -> None:
    assert LayoutText("ward", TEXT).digest == sha256(TEXT.encode()).hexdigest()
    assert LayoutText("ward", TEXT).parsed().name == "ward"
    assert file_of("ward").as_posix() == "layouts/ward.toml"


@pytest.mark.parametrize(
    ("text", "fault", "place"),
    [
        (f"{TEXT}digits = 0\n", LayoutInvalid, "layouts/ward.toml:3"),
        ("a = [\n\n", LayoutUnreadable, "layouts/ward.toml"),
        (f"{TEXT}column = 2\n", LayoutUnreadable, "layouts/ward.toml:3"),
        ("a = " + "[" * 5000, LayoutUnreadable, "layouts/ward.toml"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(text: str, fault: type[Exception], place: str) -> None:
    with pytest.raises((LayoutInvalid, LayoutUnreadable)) as refused:
        LayoutText("ward", text).parsed()
    assert type(refused.value) is fault
    assert refused.value.facts["place"].startswith(place)
