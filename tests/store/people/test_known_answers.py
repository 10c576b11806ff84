"""Fixed pepper in, fixed bytes out: PINs that are kept have to match for as long as their persons stay.

Holds `store.people.pins` to what lies in the tables of persons and of attempts. The values were derived a second time
by hand: HMAC-SHA256 under the pepper, then Argon2id.
"""

from typing import Final

from store.people.pins import Pepper

PEPPER: Final = Pepper(bytes(range(32)), "t-131041-01")
KEPT: Final = "$argon2id$v=19$m=8,t=1,p=1$paWlpaWlpaWlpaWlpaWlpQ$OwK2lFVRJCVTaWHHun6QVsqTiazF4c6VK5tEbycqIbM"
"""The PIN 40718295, at the lowest cost there is: a kept PIN is checked at the cost that it names itself."""


def test_a_pin_kept_earlier_still_matches() -> None:
    assert PEPPER.matches("op-101", "40718295", KEPT)
    assert not PEPPER.matches("op-101", "40718296", KEPT)


def test_the_count_of_failures_is_found_again_under_its_mark() -> None:
    assert PEPPER.mark_of("op-101") == "a021c742fa527d2481dc7523a12b5f2a"
