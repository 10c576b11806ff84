"""An agency made by itself: what its terminals register, and which terminals it admits."""

from pathlib import Path

import pytest

from console.errors import AgencyValueInvalid, HomeNotEmpty, RegistrationIncomplete
from console.jobs.rehearsal import agency_setup


def _make(home: Path) -> agency_setup.MadeAgency:
    return agency_setup.init(home, name="agency-1", address="127.0.0.1", port=9443)


def test_it_is_made_whole_and_once(tmp_path: Path) -> None:
    made = _make(tmp_path / "agency")
    assert made.public.is_file()
    (keys,) = agency_setup.keys(made.home)
    assert (keys.fingerprint, keys.in_use) == (made.fingerprint, True)
    with pytest.raises(HomeNotEmpty):
        _make(made.home)


def test_a_value_that_no_terminal_could_use_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(AgencyValueInvalid):
        agency_setup.init(tmp_path / "agency", name="", address="127.0.0.1", port=9443)
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_without_a_municipality_is_asked_for_it(tmp_path: Path) -> None:
    made, other = _make(tmp_path / "agency"), _make(tmp_path / "other")
    with pytest.raises(RegistrationIncomplete) as caught:
        agency_setup.register(made.home, other.public)
    assert caught.value.facts == {"missing": "--municipality"}
    admitted = agency_setup.register(made.home, other.public, municipality="131041")
    assert (admitted.municipality, admitted.fingerprint) == ("131041", other.fingerprint)
